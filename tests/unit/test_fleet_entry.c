/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of entries and batches: one way to write each, and nothing else is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fleet_rig.h"
#include "user/fleet/beat.h"
#include "user/fleet/good.h"

static uint8_t buffer[BATCH_BYTES_MAX], again[BATCH_BYTES_MAX];
static struct batch batch;

static void an_entry_reads_back_as_it_was(void **state)
{
	static const char *const target[] = {"203.0.113.7", "203.0.113.0/24", "2001:db8:1:2::/64", "2001:db8::/44"};

	(void)state;
	for (size_t i = 0; i < sizeof(target) / sizeof(target[0]); i++) {
		const struct entry entry = rig_entry(target[i], ENTRY_BAN, START_US, 3600);
		const size_t length = entry_encode(&entry, buffer);
		struct entry read;

		assert_int_equal(entry_decode(buffer, length, &read), length);
		assert_true(prefix_equal(&read.target, &entry.target));
		assert_int_equal(read.revision_us, entry.revision_us);
		assert_int_equal(read.for_us, entry.for_us);
		assert_int_equal(read.count, 20);
		assert_string_equal(read.rule, entry.rule);
		assert_string_equal(read.reason, entry.reason);
	}
}

static void every_shorter_entry_is_refused(void **state)
{
	const struct entry entry = rig_entry("203.0.113.7", ENTRY_LIMIT, START_US, 60);
	const size_t length = entry_encode(&entry, buffer);
	struct entry read;

	(void)state;
	for (size_t cut = 0; cut < length; cut++)
		assert_int_equal(entry_decode(buffer, cut, &read), 0);
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *why;
		size_t at;
		uint8_t byte;
	} row[] = {
		{"no kind", 0, 0},
		{"unknown kind", 0, 4},
		{"evidence beyond E5", 1, 6},
		{"no target", 2, 0},
		{"more bits than 64", 2, 65},
		{"bits beyond the prefix", 2, 40},
		{"a revision below 0", 11, 0x80},
		{"for ever", 19, 0x10},
	};
	struct entry entry = rig_entry("203.0.113.7", ENTRY_BAN, START_US, 60), read;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const size_t length = entry_encode(&entry, buffer);

		buffer[row[i].at] = row[i].byte;
		if (entry_decode(buffer, length, &read))
			fail_msg("%s was read", row[i].why);
	}
	entry.for_us = 0;
	assert_int_equal(entry_decode(buffer, entry_encode(&entry, buffer), &read), 0);
	entry.for_us = US_PER_S;
	entry.rule[0] = '\0';
	assert_int_equal(entry_decode(buffer, entry_encode(&entry, buffer), &read), 0);
}

static void texts_cannot_carry_control_characters(void **state)
{
	struct entry entry = rig_entry("203.0.113.7", ENTRY_BAN, START_US, 60), read;
	size_t length;

	(void)state;
	strcpy(entry.reason, "a\033[2Jb\n");
	length = entry_encode(&entry, buffer);
	assert_int_equal(entry_decode(buffer, length, &read), length);
	assert_string_equal(read.reason, "a?[2Jb?");
	buffer[length - 1] = '\n';
	assert_int_equal(entry_decode(buffer, length, &read), 0);
}

static void a_batch_reads_back_and_is_the_only_way_to_write_it(void **state)
{
	const struct fleet_node node = rig_node("edge-1.paris_2");
	const struct signer signer = rig_signer(&node);
	struct entry entry[3] = {rig_entry("203.0.113.7", ENTRY_BAN, START_US, 60),
				 rig_entry("2001:db8::/44", ENTRY_LIMIT, START_US + 1, 60),
				 rig_entry("203.0.113.0/24", ENTRY_UNBAN, START_US + 2, 60)};
	const size_t length = rig_batch(&node, 7, entry, 3, buffer);
	struct batch_head head;

	(void)state;
	assert_true(batch_head(buffer, length, &head));
	assert_string_equal(head.node, "edge-1.paris_2");
	assert_int_equal(head.number, 7);
	assert_true(batch_decode(&head, &batch));
	assert_int_equal(batch.entries, 3);
	assert_int_equal(batch.entry[2].kind, ENTRY_UNBAN);
	assert_int_equal(batch_encode(&batch, &signer, again), length);
	assert_memory_equal(again, buffer, length);
}

static void every_shorter_or_longer_batch_is_refused(void **state)
{
	const struct fleet_node node = rig_node("edge1");
	const struct entry entry = rig_entry("203.0.113.7", ENTRY_BAN, START_US, 60);
	const size_t length = rig_batch(&node, 7, &entry, 1, buffer);
	struct batch_head head;

	(void)state;
	for (size_t size = 0; size < length + 8; size++)
		if (size != length)
			assert_false(batch_head(buffer, size, &head) && batch_decode(&head, &batch));
}

static void a_node_has_a_name_that_is_safe_to_print(void **state)
{
	(void)state;
	assert_true(fleet_is_node_name("edge1.example-net_7"));
	assert_false(fleet_is_node_name(""));
	assert_false(fleet_is_node_name("edge 1"));
	assert_false(fleet_is_node_name("edge:1"));
	assert_false(fleet_is_node_name("a-name-of-more-than-31-characters"));
}

/* ---- what is not decided by ------------------------------------------------------------------------------------- */

static struct good good, heard_good;

static void a_beat_reads_back_and_only_a_listed_node_is_heard(void **state)
{
	const struct fleet_node list[2] = {rig_node("edge1"), rig_node("edge2")}, stranger = rig_node("edge9");
	const struct signer signer = rig_signer(&list[1]), other = rig_signer(&stranger);
	struct beat beat = {.node = "edge2", .time_us = START_US, .enforces = true, .bans = 7, .behind = 3}, heard;
	size_t length = beat_encode(&beat, &signer, buffer);
	uint8_t node = 0;

	(void)state;
	assert_true(beat_decode(buffer, length, list, 2, &signer, &heard, &node));
	assert_int_equal(node, 1);
	assert_int_equal(heard.bans, 7);
	assert_int_equal(heard.behind, 3);
	assert_true(heard.enforces);
	for (size_t cut = 0; cut < length; cut++)
		assert_false(beat_decode(buffer, cut, list, 2, &signer, &heard, &node));
	length = beat_encode(&beat, &other, buffer);
	assert_false(beat_decode(buffer, length, list, 2, &signer, &heard, &node));
	strcpy(beat.node, "edge9");
	length = beat_encode(&beat, &other, buffer);
	assert_false(beat_decode(buffer, length, list, 2, &signer, &heard, &node));
}

static void good_sources_read_back_and_only_of_a_listed_node(void **state)
{
	const struct fleet_node list[2] = {rig_node("edge1"), rig_node("edge2")}, thief = rig_node("edge9");
	const struct signer signer = rig_signer(&list[1]), other = rig_signer(&thief);
	uint8_t node = 0;
	size_t length;

	(void)state;
	good = (struct good){.node = "edge2", .time_us = START_US, .sources = GOOD_SOURCES_MAX};
	for (uint32_t i = 0; i < good.sources; i++)
		good.source[i] = GP_SOURCE_V4 + i;
	length = good_encode(&good, &signer, buffer);
	assert_true(length <= GOOD_BYTES_MAX);
	assert_true(good_decode(buffer, length, list, 2, &signer, &heard_good, &node));
	assert_int_equal(node, 1);
	assert_int_equal(heard_good.sources, GOOD_SOURCES_MAX);
	assert_int_equal(heard_good.source[1000], GP_SOURCE_V4 + 1000);
	for (size_t cut = 0; cut < length; cut++)
		assert_false(good_decode(buffer, cut, list, 2, &signer, &heard_good, &node));
	length = good_encode(&good, &other, buffer);
	assert_false(good_decode(buffer, length, list, 2, &signer, &heard_good, &node));
	good.sources = 0;
	length = good_encode(&good, &signer, buffer);
	assert_false(good_decode(buffer, length, list, 2, &signer, &heard_good, &node));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_reads_back_as_it_was),
		cmocka_unit_test(every_shorter_entry_is_refused),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(texts_cannot_carry_control_characters),
		cmocka_unit_test(a_batch_reads_back_and_is_the_only_way_to_write_it),
		cmocka_unit_test(every_shorter_or_longer_batch_is_refused),
		cmocka_unit_test(a_beat_reads_back_and_only_a_listed_node_is_heard),
		cmocka_unit_test(good_sources_read_back_and_only_of_a_listed_node),
		cmocka_unit_test(a_node_has_a_name_that_is_safe_to_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
