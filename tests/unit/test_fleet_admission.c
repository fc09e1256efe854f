/* SPDX-License-Identifier: BSD-2-Clause */
/* Every reason for which something from Redis is refused, each beside a neighbour that is admitted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fleet_rig.h"

static struct fleet_node nodes[2];
static struct batch batch;
static uint8_t buffer[BATCH_BYTES_MAX];

static bool allows(void *context, const struct prefix *target)
{
	struct prefix allowed;

	(void)context;
	return !prefix_parse("198.51.100.0/24", &allowed) &&
	       (prefix_covers(&allowed, target) || prefix_covers(target, &allowed));
}

static struct admission *admission_of(uint64_t every_us, uint64_t burst_us)
{
	struct admission_settings settings = {
		.nodes = 2,
		.node = nodes,
		.widest_v4_bits = 20,
		.widest_v6_bits = 44,
		.longest_us = 86400 * US_PER_S,
		.entry_every_us = every_us,
		.burst_us = burst_us,
		.share = 100,
		.allows = allows,
	};
	struct admission *admission;
	struct signer signer;

	nodes[0] = rig_node("edge1");
	nodes[1] = rig_node("edge2");
	signer = rig_signer(&nodes[0]);
	assert_int_equal(admission_new(&admission, &settings, &signer), 0);
	return admission;
}

static enum refusal hear(struct admission *admission, const struct fleet_node *node, uint64_t number, bool live)
{
	const struct entry entry = rig_entry("203.0.113.7", ENTRY_BAN, START_US, 60);
	uint8_t from;

	return admission_batch(admission, buffer, rig_batch(node, number, &entry, 1, buffer), live, &batch, &from);
}

static void only_listed_nodes_are_heard(void **state)
{
	struct admission *admission = admission_of(0, 0);
	struct fleet_node stranger = rig_node("edge9"), thief = rig_node("edge2");

	(void)state;
	thief.key[0] ^= 1;
	assert_int_equal(hear(admission, &nodes[1], 5, true), REFUSED_NOT);
	assert_int_equal(hear(admission, &stranger, 6, true), REFUSED_UNLISTED);
	assert_int_equal(hear(admission, &thief, 7, true), REFUSED_SIGNATURE);
	admission_free(admission);
}

static void every_changed_bit_breaks_the_signature(void **state)
{
	struct admission *admission = admission_of(0, 0);
	const struct entry entry = rig_entry("203.0.113.7", ENTRY_BAN, START_US, 60);
	const size_t length = rig_batch(&nodes[1], 5, &entry, 1, buffer);
	uint8_t from;

	(void)state;
	for (size_t bit = 0; bit < 8 * length; bit++) {
		buffer[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(admission_batch(admission, buffer, length, true, &batch, &from), REFUSED_NOT);
		buffer[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(admission_batch(admission, buffer, length, true, &batch, &from), REFUSED_NOT);
	admission_free(admission);
}

static void an_old_batch_that_comes_again_is_a_replay(void **state)
{
	struct admission *admission = admission_of(0, 0);

	(void)state;
	assert_int_equal(hear(admission, &nodes[1], 5, true), REFUSED_NOT);
	assert_int_equal(hear(admission, &nodes[1], 5, true), REFUSED_REPLAYED);
	assert_int_equal(hear(admission, &nodes[1], 4, true), REFUSED_REPLAYED);
	assert_int_equal(hear(admission, &nodes[1], 4, false), REFUSED_NOT); /* a snapshot has no order */
	assert_int_equal(hear(admission, &nodes[1], 6, true), REFUSED_NOT);
	admission_restart(admission);
	assert_int_equal(hear(admission, &nodes[1], 2, true), REFUSED_NOT);
	admission_free(admission);
}

static void somebody_with_our_name_and_key_is_noticed(void **state)
{
	struct admission *admission = admission_of(0, 0);

	(void)state;
	admission_sent(admission, 10);
	assert_int_equal(hear(admission, &nodes[0], 10, true), REFUSED_NOT);
	assert_int_equal(batch.entries, 0);
	assert_int_equal(hear(admission, &nodes[0], 11, true), REFUSED_CLONE);
	admission_free(admission);
}

static void an_entry_stays_within_what_a_node_may_say(void **state)
{
	static const struct {
		const char *target;
		enum entry_kind kind;
		uint8_t evidence;
		uint64_t ahead_s, for_s;
		enum refusal refusal;
	} row[] = {
		{"203.0.113.7", ENTRY_BAN, 5, 0, 60, REFUSED_NOT},
		{"203.0.0.0/20", ENTRY_BAN, 5, 0, 60, REFUSED_NOT},
		{"203.0.0.0/19", ENTRY_BAN, 5, 0, 60, REFUSED_WIDE},
		{"0.0.0.0/0", ENTRY_BAN, 5, 0, 60, REFUSED_WIDE},
		{"2001:db8::/44", ENTRY_BAN, 5, 0, 60, REFUSED_NOT},
		{"2001:db8::/43", ENTRY_BAN, 5, 0, 60, REFUSED_WIDE},
		{"2000::/3", ENTRY_LIMIT, 5, 0, 60, REFUSED_WIDE},
		{"203.0.113.7", ENTRY_BAN, 5, 0, 86400, REFUSED_NOT},
		{"203.0.113.7", ENTRY_BAN, 5, 0, 86401, REFUSED_LONG},
		{"203.0.113.7", ENTRY_BAN, 5, 60, 60, REFUSED_NOT},
		{"203.0.113.7", ENTRY_UNBAN, 5, 61, 60, REFUSED_FUTURE},
		{"203.0.113.7", ENTRY_BAN, 4, 0, 60, REFUSED_EVIDENCE},
		{"203.0.113.7", ENTRY_LIMIT, 4, 0, 60, REFUSED_NOT},
		{"203.0.113.7", ENTRY_LIMIT, 3, 0, 60, REFUSED_EVIDENCE},
		{"198.51.100.9", ENTRY_BAN, 5, 0, 60, REFUSED_ALLOWED},
		{"198.51.96.0/20", ENTRY_LIMIT, 5, 0, 60, REFUSED_ALLOWED},
		{"198.51.100.9", ENTRY_UNBAN, 5, 0, 60, REFUSED_NOT},
	};
	struct admission *admission = admission_of(0, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct entry entry =
			rig_entry(row[i].target, row[i].kind, START_US + row[i].ahead_s * US_PER_S, row[i].for_s);
		enum refusal refusal;

		entry.evidence = row[i].evidence;
		refusal = admission_entry(admission, &entry, 0, START_US);
		if (refusal != row[i].refusal)
			fail_msg("row %zu: '%s', expected '%s'", i, refusal_text(refusal),
				 refusal_text(row[i].refusal));
	}
	admission_free(admission);
}

static void a_flood_of_one_node_is_cut_to_its_rate(void **state)
{
	struct admission *admission = admission_of(US_PER_S, 9 * US_PER_S);
	int admitted = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		admitted += admission_pace(admission, 1, 0, START_US, START_US) == REFUSED_NOT;
	assert_int_equal(admitted, 10);
	assert_int_equal(admission_pace(admission, 1, 0, START_US + US_PER_S, START_US + US_PER_S), REFUSED_NOT);
	assert_int_equal(admission_pace(admission, 1, 0, START_US + US_PER_S, START_US + US_PER_S), REFUSED_RATE);
	assert_int_equal(admission_pace(admission, 1, 0, 0, START_US + US_PER_S), REFUSED_NOT);
	assert_int_equal(admission_pace(admission, 1, 100, 0, START_US + US_PER_S), REFUSED_SHARE);
	assert_int_equal(admission_pace(admission, REPLICA_SELF, 100, START_US, START_US), REFUSED_NOT);
	admission_free(admission);
}

static void what_was_not_heard_for_a_while_may_be_the_work_of_that_while(void **state)
{
	struct admission *admission = admission_of(US_PER_S, 9 * US_PER_S);
	int admitted = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		admitted += admission_pace(admission, 1, 0, START_US, START_US + 50 * US_PER_S) == REFUSED_NOT;
	assert_int_equal(admitted, 60);
	admission_free(admission);
}

/* Redis's clock was an hour ahead and is right again: what was decided by it can be lifted all the same. */
static void what_comes_after_something_in_the_future_is_believed(void **state)
{
	struct entry entry = rig_entry("203.0.113.7", ENTRY_UNBAN, START_US + 3600 * US_PER_S, 60);
	struct admission *admission = admission_of(0, 0);

	(void)state;
	assert_int_equal(admission_entry(admission, &entry, entry.revision_us - 1, START_US), REFUSED_NOT);
	assert_int_equal(admission_entry(admission, &entry, entry.revision_us - US_PER_S, START_US), REFUSED_FUTURE);
	assert_int_equal(admission_entry(admission, &entry, 0, START_US), REFUSED_FUTURE);
	admission_free(admission);
}

static void refusals_are_counted_by_name(void **state)
{
	struct admission *admission = admission_of(0, 0);

	(void)state;
	admission_refused(admission, 1, REFUSED_WIDE);
	admission_refused(admission, 1, REFUSED_RATE);
	admission_refused(admission, -1, REFUSED_UNLISTED);
	assert_int_equal(admission_count(admission, 1, REFUSED_WIDE), 1);
	assert_int_equal(admission_total(admission, 1), 2);
	assert_int_equal(admission_total(admission, 0), 0);
	assert_int_equal(admission_count(admission, -1, REFUSED_UNLISTED), 1);
	admission_free(admission);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_listed_nodes_are_heard),
		cmocka_unit_test(every_changed_bit_breaks_the_signature),
		cmocka_unit_test(an_old_batch_that_comes_again_is_a_replay),
		cmocka_unit_test(somebody_with_our_name_and_key_is_noticed),
		cmocka_unit_test(an_entry_stays_within_what_a_node_may_say),
		cmocka_unit_test(a_flood_of_one_node_is_cut_to_its_rate),
		cmocka_unit_test(what_was_not_heard_for_a_while_may_be_the_work_of_that_while),
		cmocka_unit_test(what_comes_after_something_in_the_future_is_believed),
		cmocka_unit_test(refusals_are_counted_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
