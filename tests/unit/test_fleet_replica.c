/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands against a target: the same for every order of arrival and any number of deliveries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fleet_rig.h"

static const char target[] = "203.0.113.7";

static struct replica *replica_of(uint32_t capacity)
{
	struct replica *replica;

	assert_int_equal(replica_new(&replica, capacity, 1), 0);
	return replica;
}

static enum merged merge(struct replica *replica, uint8_t node, enum entry_kind kind, uint64_t at_s, uint64_t for_s)
{
	const struct entry entry = rig_entry(target, kind, START_US + at_s * US_PER_S, for_s);

	return replica_merge(replica, node, &entry, true, START_US + at_s * US_PER_S);
}

static struct fleet_standing standing_at(const struct replica *replica, uint64_t at_s)
{
	struct fleet_standing standing;
	struct prefix prefix;

	assert_int_equal(prefix_parse(target, &prefix), 0);
	replica_standing(replica, &prefix, START_US + at_s * US_PER_S, &standing);
	return standing;
}

static void the_strongest_action_counts_as_long_as_it_lasts(void **state)
{
	struct replica *replica = replica_of(8);

	(void)state;
	merge(replica, 1, ENTRY_BAN, 0, 60);
	merge(replica, 2, ENTRY_LIMIT, 1, 600);
	merge(replica, 3, ENTRY_BAN, 2, 30);
	assert_int_equal(standing_at(replica, 10).action, ACTION_BAN);
	assert_int_equal(standing_at(replica, 10).until_us, START_US + 60 * US_PER_S);
	assert_int_equal(standing_at(replica, 10).nodes, 3);
	assert_int_equal(standing_at(replica, 60).action, ACTION_LIMIT);
	assert_int_equal(standing_at(replica, 601).action, ACTION_OBSERVE);
	replica_free(replica);
}

static void an_unban_lifts_what_was_before_it_and_not_what_comes_after(void **state)
{
	struct replica *replica = replica_of(8);

	(void)state;
	merge(replica, 1, ENTRY_BAN, 0, 600);
	merge(replica, 2, ENTRY_UNBAN, 10, 1000);
	assert_int_equal(standing_at(replica, 11).action, ACTION_OBSERVE);
	merge(replica, 3, ENTRY_BAN, 5, 600); /* decided before, told after */
	assert_int_equal(standing_at(replica, 11).action, ACTION_OBSERVE);
	merge(replica, 3, ENTRY_BAN, 20, 600);
	assert_int_equal(standing_at(replica, 21).action, ACTION_BAN);
	assert_int_equal(standing_at(replica, 21).nodes, 1);
	replica_free(replica);
}

static void a_node_that_bans_again_after_its_unban_does_not_bring_back_what_it_lifted(void **state)
{
	struct replica *replica = replica_of(8);

	(void)state;
	merge(replica, 1, ENTRY_BAN, 0, 6000);
	merge(replica, 2, ENTRY_UNBAN, 10, 10000);
	merge(replica, 2, ENTRY_BAN, 20, 60);
	assert_int_equal(standing_at(replica, 30).until_us, START_US + 80 * US_PER_S);
	assert_int_equal(standing_at(replica, 90).action, ACTION_OBSERVE);
	replica_free(replica);
}

static void a_decision_comes_after_all_that_its_node_knew_whatever_the_clock_says(void **state)
{
	struct replica *replica = replica_of(8);
	struct entry entry = rig_entry(target, ENTRY_BAN, 0, 600);
	struct claim_view claim;

	(void)state;
	merge(replica, 1, ENTRY_UNBAN, 100, 600);
	replica_order(replica, &entry, START_US);
	assert_int_equal(entry.revision_us, START_US + 100 * US_PER_S + 1);
	replica_merge(replica, REPLICA_SELF, &entry, false, START_US);
	replica_shift(replica, -3600 * (int64_t)US_PER_S, START_US); /* nor when it is found to be wrong */
	assert_true(replica_own(replica, &entry.target, ENTRY_BAN, &claim));
	assert_int_equal(claim.entry.revision_us, START_US + 100 * US_PER_S + 1);
	replica_free(replica);
}

static void what_was_heard_before_or_is_over_changes_nothing(void **state)
{
	struct replica *replica = replica_of(8);
	const struct entry over = rig_entry(target, ENTRY_BAN, START_US, 10);

	(void)state;
	assert_int_equal(merge(replica, 1, ENTRY_BAN, 0, 60), MERGED_NEW);
	assert_int_equal(merge(replica, 1, ENTRY_BAN, 0, 60), MERGED_KNOWN);
	assert_int_equal(replica_merge(replica, 2, &over, true, START_US + 10 * US_PER_S), MERGED_LATE);
	assert_int_equal(replica_count(replica), 1);
	replica_free(replica);
}

static void a_full_replica_refuses_and_forgets_only_what_is_over(void **state)
{
	struct replica *replica = replica_of(3);

	(void)state;
	assert_int_equal(merge(replica, 1, ENTRY_BAN, 0, 10), MERGED_NEW);
	assert_int_equal(merge(replica, 2, ENTRY_BAN, 0, 20), MERGED_NEW);
	assert_int_equal(merge(replica, 3, ENTRY_BAN, 0, 30), MERGED_NEW);
	assert_int_equal(merge(replica, 4, ENTRY_BAN, 0, 40), MERGED_FULL);
	replica_sweep(replica, 10, START_US + 15 * US_PER_S);
	assert_int_equal(replica_count(replica), 2);
	assert_int_equal(standing_at(replica, 15).nodes, 2);
	assert_int_equal(merge(replica, 4, ENTRY_BAN, 15, 40), MERGED_NEW);
	replica_sweep(replica, 10, START_US + 100 * US_PER_S);
	assert_int_equal(replica_count(replica), 0);
	assert_int_equal(replica_count_of(replica, 4), 0);
	replica_free(replica);
}

static void inventing_rule_names_costs_their_inventor_the_names_only(void **state)
{
	struct replica *replica = replica_of(1000);

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		struct entry entry = rig_entry("203.0.113.7", ENTRY_BAN, START_US, 60);

		entry.target.source += i;
		snprintf(entry.rule, sizeof(entry.rule), "rule-%u", i);
		assert_int_equal(replica_merge(replica, 1, &entry, true, START_US), MERGED_NEW);
	}
	assert_string_equal(standing_at(replica, 0).entry.rule, "rule-0");
	replica_free(replica);
}

static void only_what_was_never_sent_moves_with_the_clock(void **state)
{
	struct replica *replica = replica_of(8);
	struct entry entry = rig_entry(target, ENTRY_BAN, START_US, 60);
	struct claim_view claim;

	(void)state;
	replica_merge(replica, REPLICA_SELF, &entry, false, START_US);
	replica_shift(replica, 3600 * (int64_t)US_PER_S, START_US + 3600 * US_PER_S);
	assert_true(replica_own(replica, &entry.target, ENTRY_BAN, &claim));
	assert_int_equal(claim.entry.revision_us, START_US + 3600 * US_PER_S);
	assert_int_equal(claim.entry.for_us, 60 * US_PER_S);
	replica_sent(replica, &claim.entry, false);
	replica_shift(replica, -3600 * (int64_t)US_PER_S, START_US);
	assert_true(replica_own(replica, &entry.target, ENTRY_BAN, &claim));
	assert_int_equal(claim.entry.revision_us, START_US + 3600 * US_PER_S);
	replica_free(replica);
}

static void a_clock_that_was_behind_does_not_send_decisions_into_the_future(void **state)
{
	struct replica *replica = replica_of(8);
	struct entry lift = rig_entry(target, ENTRY_UNBAN, START_US, 60);
	struct entry ban = rig_entry(target, ENTRY_BAN, START_US + 1, 60);
	struct claim_view claim;

	(void)state;
	replica_merge(replica, REPLICA_SELF, &lift, false, START_US);
	replica_merge(replica, REPLICA_SELF, &ban, false, START_US);
	replica_shift(replica, 3600 * (int64_t)US_PER_S, START_US + 5 * US_PER_S);
	assert_true(replica_own(replica, &ban.target, ENTRY_BAN, &claim));
	assert_int_equal(claim.entry.revision_us, START_US + 5 * US_PER_S);
	assert_int_equal(standing_at(replica, 6).action, ACTION_BAN); /* in the order in which they were decided */
	replica_free(replica);
}

/* ---- properties, on random entries ---------------------------------------------------------------------------------
 */

#define ENTRIES 40
#define TARGETS 5

static void random_entries(uint64_t *random, struct entry *entry, uint8_t *node)
{
	for (int i = 0; i < ENTRIES; i++) {
		node[i] = (uint8_t)(1 + rig_random(random, 4));
		entry[i] = rig_entry("203.0.113.0", (enum entry_kind)(1 + rig_random(random, 3)),
				     START_US + rig_random(random, 50) * US_PER_S + node[i],
				     100 + rig_random(random, 900));
		entry[i].target.source += rig_random(random, TARGETS);
		if (entry[i].kind == ENTRY_UNBAN)
			entry[i].for_us = 2000 * US_PER_S;
	}
	/* what one node says of one target at one moment is one thing */
	for (int i = 0; i < ENTRIES; i++)
		entry[i].revision_us += (uint64_t)i * 10;
}

static void same_standing(const struct replica *a, const struct replica *b, uint64_t seed)
{
	for (uint64_t at_s = 60; at_s < 2000; at_s += 97)
		for (uint64_t i = 0; i < TARGETS; i++) {
			struct entry entry = rig_entry("203.0.113.0", ENTRY_BAN, 1, 1);
			struct fleet_standing left, right;

			entry.target.source += i;
			replica_standing(a, &entry.target, START_US + at_s * US_PER_S, &left);
			replica_standing(b, &entry.target, START_US + at_s * US_PER_S, &right);
			if (left.action != right.action || left.until_us != right.until_us ||
			    left.lifted_us != right.lifted_us || left.nodes != right.nodes)
				fail_msg("seed %llu: unequal", (unsigned long long)seed);
		}
}

static void every_order_and_repetition_comes_to_the_same(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		struct replica *a = replica_of(200), *b = replica_of(200);
		struct entry entry[ENTRIES];
		uint8_t node[ENTRIES];
		uint64_t random = seed;

		random_entries(&random, entry, node);
		for (int i = 0; i < ENTRIES; i++)
			replica_merge(a, node[i], &entry[i], true, START_US + 60 * US_PER_S);
		/* the first in any order, with repetitions, then all of them backwards */
		for (int i = 0; i < 3 * ENTRIES; i++) {
			const uint64_t pick =
				i < 2 * ENTRIES ? rig_random(&random, ENTRIES) : (uint64_t)(3 * ENTRIES - 1 - i);

			replica_merge(b, node[pick], &entry[pick], true, START_US + 60 * US_PER_S);
		}
		same_standing(a, b, seed);
		replica_free(a);
		replica_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_strongest_action_counts_as_long_as_it_lasts),
		cmocka_unit_test(an_unban_lifts_what_was_before_it_and_not_what_comes_after),
		cmocka_unit_test(a_node_that_bans_again_after_its_unban_does_not_bring_back_what_it_lifted),
		cmocka_unit_test(a_decision_comes_after_all_that_its_node_knew_whatever_the_clock_says),
		cmocka_unit_test(what_was_heard_before_or_is_over_changes_nothing),
		cmocka_unit_test(a_full_replica_refuses_and_forgets_only_what_is_over),
		cmocka_unit_test(inventing_rule_names_costs_their_inventor_the_names_only),
		cmocka_unit_test(only_what_was_never_sent_moves_with_the_clock),
		cmocka_unit_test(a_clock_that_was_behind_does_not_send_decisions_into_the_future),
		cmocka_unit_test(every_order_and_repetition_comes_to_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
