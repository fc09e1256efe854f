/* SPDX-License-Identifier: BSD-2-Clause */
/* The states of the protocol, step by step: what is asked of Redis after what was heard. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fleet_rig.h"

#define NOW 5000000ULL /* our clock */

static struct fleet_node nodes[2];
static struct batch said; /* the last batch that was published */
static uint8_t buffer[BATCH_BYTES_MAX];

static struct {
	uint32_t marks, pages, follows, publishes, changes;
	char text[64]; /* of the last page or follow */
	uint64_t for_ms;
} asked;

static void on_mark(void *context)
{
	(void)context;
	asked.marks++;
}

static void on_page(void *context, const char *cursor)
{
	(void)context;
	asked.pages++;
	strcpy(asked.text, cursor);
}

static void on_follow(void *context, const char *after_id)
{
	(void)context;
	asked.follows++;
	strcpy(asked.text, after_id);
}

static void on_publish(void *context, const char *field, const uint8_t *bytes, size_t length, uint64_t for_ms)
{
	struct batch_head head;

	(void)context;
	assert_int_equal(strncmp(field, "edge1:", 6), 0);
	assert_true(batch_head(bytes, length, &head));
	assert_true(batch_decode(&head, &said));
	asked.publishes++;
	asked.for_ms = for_ms;
}

static void on_changed(void *context, const struct prefix *target)
{
	(void)context;
	(void)target;
	asked.changes++;
}

static struct sync *sync_new_of(uint64_t wall_ahead_us, uint64_t entry_every_us, uint64_t burst_us)
{
	struct sync_options options = {
		.admission = {.nodes = 2,
			      .node = nodes,
			      .longest_us = 86400 * US_PER_S,
			      .share = 100,
			      .entry_every_us = entry_every_us,
			      .burst_us = burst_us},
		.link = {NULL, on_mark, on_page, on_follow, on_publish},
		.sink = {.changed = on_changed},
		.entries_max = 100,
		.queue_max = 3,
		.jitter_us = US_PER_S,
		.seed = 7,
		.guess_us = START_US + wall_ahead_us,
		.mono_us = NOW,
	};
	struct sync *sync;

	memset(&asked, 0, sizeof(asked));
	nodes[0] = rig_node("edge1");
	nodes[1] = rig_node("edge2");
	options.signer = rig_signer(&nodes[0]);
	assert_int_equal(sync_new(&sync, &options), 0);
	return sync;
}

static struct sync *sync_of(uint64_t wall_ahead_us)
{
	return sync_new_of(wall_ahead_us, 0, 0);
}

static void mark(struct sync *sync, const char *run, uint64_t counter, uint64_t mono_us)
{
	struct sync_mark mark = {.redis_us = START_US + mono_us - NOW, .last_id = "7-1", .counter = counter};

	snprintf(mark.run, sizeof(mark.run), "%s", run);
	sync_connected(sync, mono_us);
	sync_marked(sync, &mark, mono_us);
}

static struct sync *following_at(uint64_t entry_every_us, uint64_t burst_us)
{
	struct sync *sync = sync_new_of(0, entry_every_us, burst_us);

	mark(sync, "run", 10, NOW);
	sync_paged(sync, "0", NOW);
	return sync;
}

static struct sync *following(void)
{
	return following_at(0, 0);
}

static void hear(struct sync *sync, uint64_t number, uint64_t mono_us)
{
	const struct entry entry = rig_entry("203.0.113.7", ENTRY_BAN, START_US + number, 600);

	sync_heard(sync, "8-1", number, buffer, rig_batch(&nodes[1], number, &entry, 1, buffer), mono_us);
}

static struct sync_report report_of(const struct sync *sync)
{
	struct sync_report report;

	sync_report(sync, NOW + US_PER_S, &report);
	return report;
}

static int decide(struct sync *sync, const char *target, enum entry_kind kind, uint64_t for_s, uint64_t mono_us)
{
	const struct entry entry = rig_entry(target, kind, 0, for_s);

	return sync_decide(sync, &entry, mono_us);
}

/* ---- following --------------------------------------------------------------------------------------------------- */

static void a_node_marks_reads_the_pages_and_follows_from_the_mark(void **state)
{
	struct sync *sync = sync_of(0);

	(void)state;
	mark(sync, "run", 10, NOW);
	assert_int_equal(asked.pages, 1);
	assert_string_equal(asked.text, "0");
	sync_paged(sync, "17", NOW);
	assert_string_equal(asked.text, "17");
	assert_int_equal(asked.follows, 0);
	sync_paged(sync, "0", NOW);
	assert_string_equal(asked.text, "7-1");
	assert_int_equal(report_of(sync).state, SYNC_FOLLOW);
	hear(sync, 11, NOW);
	assert_int_equal(asked.changes, 1);
	sync_free(sync);
}

static void after_a_lost_connection_the_same_redis_goes_on_where_it_was(void **state)
{
	struct sync *sync = following();

	(void)state;
	hear(sync, 11, NOW);
	sync_lost(sync, NOW);
	mark(sync, "run", 15, NOW + US_PER_S);
	assert_int_equal(asked.pages, 1);
	assert_string_equal(asked.text, "8-1");
	assert_int_equal(report_of(sync).behind, 4);
	sync_free(sync);
}

static void another_redis_or_one_that_counts_less_is_read_anew_after_a_wait(void **state)
{
	static const struct {
		const char *run;
		uint64_t counter;
	} row[] = {{"another", 15}, {"run", 5}};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct sync *sync = following();

		sync_lost(sync, NOW);
		mark(sync, row[i].run, row[i].counter, NOW);
		assert_int_equal(report_of(sync).state, SYNC_WAIT);
		sync_tick(sync, NOW + US_PER_S);
		assert_int_equal(report_of(sync).state, SYNC_MARK);
		mark(sync, row[i].run, row[i].counter, NOW + US_PER_S);
		assert_int_equal(asked.pages, 2);
		sync_free(sync);
	}
}

static void a_gap_in_the_stream_means_to_begin_anew(void **state)
{
	struct sync *sync = following();

	(void)state;
	hear(sync, 12, NOW);
	assert_int_equal(report_of(sync).state, SYNC_WAIT);
	assert_int_equal(report_of(sync).gaps, 1);
	assert_int_equal(asked.changes, 0);
	hear(sync, 13, NOW); /* what comes meanwhile is not heard */
	assert_int_equal(asked.changes, 0);
	sync_free(sync);
}

static void keys_that_were_emptied_are_noticed_by_the_count(void **state)
{
	struct sync *sync = following();

	(void)state;
	hear(sync, 11, NOW);
	sync_clock(sync, START_US, 11, NOW);
	sync_clock(sync, START_US, 0, NOW);
	assert_int_equal(report_of(sync).state, SYNC_WAIT);
	sync_free(sync);
}

/* ---- telling ------------------------------------------------------------------------------------------------------
 */

static void a_decision_is_told_at_once_with_redis_time(void **state)
{
	struct sync *sync = sync_of(3600 * US_PER_S); /* our wall clock is an hour ahead */

	(void)state;
	mark(sync, "run", 10, NOW);
	sync_paged(sync, "0", NOW);
	assert_int_equal(decide(sync, "203.0.113.7", ENTRY_BAN, 600, NOW + 1000), 1);
	sync_pump(sync, NOW + 1000);
	assert_int_equal(asked.publishes, 1);
	assert_int_equal(said.entries, 1);
	assert_int_equal(said.entry[0].revision_us, START_US + 1000);
	assert_int_equal(said.entry[0].for_us, 600 * US_PER_S);
	assert_int_equal(asked.for_ms, 600000);
	sync_free(sync);
}

static void many_decisions_share_a_batch_and_batches_keep_their_pace(void **state)
{
	struct sync *sync = following();
	char target[16];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(target, sizeof(target), "203.0.113.%d", i);
		decide(sync, target, ENTRY_BAN, 600, NOW);
	}
	sync_pump(sync, NOW);
	assert_int_equal(said.entries, 20);
	decide(sync, "203.0.113.100", ENTRY_BAN, 600, NOW);
	sync_pump(sync, NOW); /* one is in flight */
	sync_published(sync, true, NOW);
	assert_true(sync_pump(sync, NOW + SYNC_PACE_US - 1));
	assert_int_equal(asked.publishes, 1);
	assert_false(sync_pump(sync, NOW + SYNC_PACE_US));
	assert_int_equal(asked.publishes, 2);
	sync_free(sync);
}

static void what_was_not_answered_is_told_again(void **state)
{
	struct sync *sync = following();

	(void)state;
	decide(sync, "203.0.113.7", ENTRY_BAN, 600, NOW);
	sync_pump(sync, NOW);
	sync_lost(sync, NOW);
	assert_int_equal(report_of(sync).queued, 1);
	mark(sync, "run", 10, NOW + US_PER_S);
	sync_pump(sync, NOW + US_PER_S);
	assert_int_equal(asked.publishes, 2);
	assert_int_equal(said.entry[0].revision_us, START_US); /* the same, not another one */
	sync_published(sync, true, NOW + US_PER_S);
	assert_int_equal(report_of(sync).queued, 0);
	sync_free(sync);
}

static void what_a_new_snapshot_has_is_not_told_again_and_the_rest_is(void **state)
{
	struct sync *sync = following();
	struct entry there;

	(void)state;
	decide(sync, "203.0.113.7", ENTRY_BAN, 600, NOW);
	decide(sync, "203.0.113.8", ENTRY_BAN, 600, NOW);
	sync_pump(sync, NOW);
	sync_published(sync, true, NOW);
	there = said.entry[0];
	sync_lost(sync, NOW);
	mark(sync, "another", 10, NOW);
	sync_tick(sync, NOW + US_PER_S);
	mark(sync, "another", 10, NOW + US_PER_S);
	sync_batch(sync, buffer, rig_batch(&nodes[0], said.number, &there, 1, buffer), NOW + US_PER_S);
	sync_paged(sync, "0", NOW + US_PER_S);
	sync_pump(sync, NOW + US_PER_S);
	assert_int_equal(asked.publishes, 2);
	assert_int_equal(said.entries, 1);
	assert_false(prefix_equal(&said.entry[0].target, &there.target));
	sync_free(sync);
}

static void a_decision_that_adds_nothing_is_not_told(void **state)
{
	struct sync *sync = following();

	(void)state;
	assert_int_equal(decide(sync, "203.0.113.7", ENTRY_BAN, 600, NOW), 1);
	assert_int_equal(decide(sync, "203.0.113.7", ENTRY_BAN, 300, NOW + 1), 0);
	assert_int_equal(decide(sync, "203.0.113.7", ENTRY_LIMIT, 60, NOW + 2), 0);
	assert_int_equal(decide(sync, "203.0.113.7", ENTRY_BAN, 900, NOW + 3), 1);
	sync_free(sync);
}

static void a_node_never_says_less_than_before_unless_it_was_lifted(void **state)
{
	struct sync *sync = following();

	(void)state;
	decide(sync, "203.0.113.7", ENTRY_BAN, 600, NOW);
	decide(sync, "203.0.113.7", ENTRY_LIMIT, 900, NOW);
	sync_pump(sync, NOW);
	assert_int_equal(said.entry[0].kind, ENTRY_BAN);
	assert_int_equal(entry_until_us(&said.entry[0]), START_US + 1 + 900 * US_PER_S);
	sync_published(sync, true, NOW);
	decide(sync, "203.0.113.7", ENTRY_UNBAN, 0, NOW + 2 * SYNC_PACE_US);
	decide(sync, "203.0.113.7", ENTRY_LIMIT, 60, NOW + 2 * SYNC_PACE_US);
	sync_pump(sync, NOW + 2 * SYNC_PACE_US);
	assert_int_equal(said.entries, 2);
	assert_int_equal(said.entry[0].for_us, 86400 * US_PER_S); /* an unban lasts as long as anything may */
	assert_int_equal(said.entry[1].kind, ENTRY_LIMIT);
	assert_int_equal(said.entry[1].for_us, 60 * US_PER_S);
	sync_free(sync);
}

static void nothing_lasts_longer_than_is_agreed(void **state)
{
	struct sync *sync = following();

	(void)state;
	decide(sync, "203.0.113.7", ENTRY_BAN, 365 * 86400, NOW);
	sync_pump(sync, NOW);
	assert_int_equal(said.entry[0].for_us, 86400 * US_PER_S);
	sync_free(sync);
}

static void a_full_queue_is_counted_not_hidden(void **state)
{
	struct sync *sync = sync_of(0);

	(void)state;
	assert_int_equal(decide(sync, "203.0.113.1", ENTRY_BAN, 600, NOW), 1);
	assert_int_equal(decide(sync, "203.0.113.2", ENTRY_BAN, 600, NOW), 1);
	assert_int_equal(decide(sync, "203.0.113.3", ENTRY_BAN, 600, NOW), 1);
	assert_int_equal(decide(sync, "203.0.113.4", ENTRY_BAN, 600, NOW), -ENOSPC);
	assert_int_equal(report_of(sync).lost, 1);
	sync_free(sync);
}

static void what_waited_for_redis_is_told_with_the_time_that_is_left(void **state)
{
	struct sync *sync = sync_of(3600 * US_PER_S);

	(void)state;
	decide(sync, "203.0.113.1", ENTRY_BAN, 600, NOW);
	decide(sync, "203.0.113.2", ENTRY_BAN, 10, NOW);
	mark(sync, "run", 10, NOW + 60 * US_PER_S);
	sync_paged(sync, "0", NOW + 60 * US_PER_S);
	sync_pump(sync, NOW + 60 * US_PER_S);
	assert_int_equal(said.entries, 1); /* the other one is over */
	assert_int_equal(said.entry[0].revision_us, START_US);
	assert_int_equal(asked.for_ms, 540000);
	sync_free(sync);
}

/* ---- a stolen key -------------------------------------------------------------------------------------------------
 */

#define FLOOD 1000000

static uint64_t refused_of(const struct sync *sync, enum refusal refusal)
{
	return admission_count(sync_admission(sync), 1, refusal);
}

/* Entries of one listed node, all right but for their number. */
static void flood(struct sync *sync, bool live, uint64_t mono_us)
{
	static struct entry entry[BATCH_ENTRIES_MAX];
	uint64_t number = 10, sent = 0;

	while (sent < FLOOD) {
		for (int i = 0; i < BATCH_ENTRIES_MAX; i++) {
			entry[i] = rig_entry("203.0.113.7", ENTRY_BAN, START_US, 600);
			entry[i].target.source = GP_SOURCE_V4 | (0x0a000000 + sent++);
		}
		number++;
		if (live)
			sync_heard(sync, "8-1", number, buffer,
				   rig_batch(&nodes[1], number, entry, BATCH_ENTRIES_MAX, buffer), mono_us);
		else
			sync_batch(sync, buffer, rig_batch(&nodes[1], number, entry, BATCH_ENTRIES_MAX, buffer),
				   mono_us);
	}
}

static void a_million_entries_of_a_stolen_node_come_to_its_share(void **state)
{
	struct sync *sync = following();

	(void)state;
	flood(sync, true, NOW);
	assert_int_equal(replica_count_of(sync_replica(sync), 1), 100);
	assert_true(refused_of(sync, REFUSED_SHARE) >= FLOOD - 100);
	assert_int_equal(asked.changes, 100);
	assert_int_equal(report_of(sync).state, SYNC_FOLLOW); /* and the others are heard as before */
	sync_free(sync);
	sync = sync_of(0);
	mark(sync, "run", 10, NOW);
	flood(sync, false, NOW);
	assert_int_equal(replica_count_of(sync_replica(sync), 1), 100);
	sync_free(sync);
}

/* It writes into the hash at will, and makes all read that again and again by a gap. */
static void a_stolen_node_does_not_get_past_its_rate_by_way_of_snapshots(void **state)
{
	struct sync *sync = following_at(US_PER_S, 9 * US_PER_S);
	uint64_t mono_us = NOW;

	(void)state;
	for (int i = 0; i < 3; i++) {
		hear(sync, 1, mono_us); /* no number that could come next */
		mono_us += 10 * US_PER_S;
		sync_tick(sync, mono_us);
		mark(sync, "run", 10, mono_us);
		flood(sync, false, mono_us);
		sync_paged(sync, "0", mono_us);
		assert_int_equal(replica_count_of(sync_replica(sync), 1), 10 + 10 * (i + 1));
	}
	sync_free(sync);
}

static void what_was_refused_for_now_is_read_again_later(void **state)
{
	struct sync *sync = following_at(US_PER_S, 0);

	(void)state;
	hear(sync, 11, NOW);
	hear(sync, 12, NOW);
	assert_int_equal(replica_count_of(sync_replica(sync), 1), 1);
	assert_int_equal(refused_of(sync, REFUSED_RATE), 1);
	sync_tick(sync, NOW);
	sync_tick(sync, NOW + SYNC_AGAIN_US / 3);
	assert_int_equal(report_of(sync).state, SYNC_FOLLOW);
	sync_tick(sync, NOW + SYNC_AGAIN_US);
	assert_int_equal(report_of(sync).state, SYNC_MARK);
	mark(sync, "run", 12, NOW + SYNC_AGAIN_US);
	assert_int_equal(report_of(sync).state, SYNC_SNAPSHOT);
	sync_paged(sync, "0", NOW + SYNC_AGAIN_US);
	sync_tick(sync, NOW + 3 * SYNC_AGAIN_US);
	assert_int_equal(report_of(sync).state, SYNC_FOLLOW); /* once */
	sync_free(sync);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_marks_reads_the_pages_and_follows_from_the_mark),
		cmocka_unit_test(after_a_lost_connection_the_same_redis_goes_on_where_it_was),
		cmocka_unit_test(another_redis_or_one_that_counts_less_is_read_anew_after_a_wait),
		cmocka_unit_test(a_gap_in_the_stream_means_to_begin_anew),
		cmocka_unit_test(keys_that_were_emptied_are_noticed_by_the_count),
		cmocka_unit_test(a_decision_is_told_at_once_with_redis_time),
		cmocka_unit_test(many_decisions_share_a_batch_and_batches_keep_their_pace),
		cmocka_unit_test(what_was_not_answered_is_told_again),
		cmocka_unit_test(what_a_new_snapshot_has_is_not_told_again_and_the_rest_is),
		cmocka_unit_test(a_decision_that_adds_nothing_is_not_told),
		cmocka_unit_test(a_node_never_says_less_than_before_unless_it_was_lifted),
		cmocka_unit_test(nothing_lasts_longer_than_is_agreed),
		cmocka_unit_test(a_full_queue_is_counted_not_hidden),
		cmocka_unit_test(a_million_entries_of_a_stolen_node_come_to_its_share),
		cmocka_unit_test(a_stolen_node_does_not_get_past_its_rate_by_way_of_snapshots),
		cmocka_unit_test(what_was_refused_for_now_is_read_again_later),
		cmocka_unit_test(what_waited_for_redis_is_told_with_the_time_that_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
