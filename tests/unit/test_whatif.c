/* SPDX-License-Identifier: BSD-2-Clause */
/* Two sets of rules over one record: who is treated differently, and how. */
#include "tests/unit/stage.h"

struct sides {
	struct stage stage;
	struct trial now, then;
	struct whatif whatif;
};

/* One source fails five times, the rules that are ban at the third. */
static struct sides *compare(struct sides *sides, const struct ruleset *then)
{
	stage_open(&sides->stage, NULL);
	attempted(&sides->stage, "203.0.113.1", 4000, 1, "FFFFF");
	sides->now = stage_trial(&sides->stage, &sides->stage.settings->rules);
	sides->then = stage_trial(&sides->stage, then);
	assert_int_equal(whatif_compare(&sides->whatif, &sides->now, &sides->then), 0);
	return sides;
}

static void close_sides(struct sides *sides)
{
	whatif_free(&sides->whatif);
	trial_free(&sides->now);
	trial_free(&sides->then);
	stage_close(&sides->stage);
}

static void the_same_rules_make_no_difference(void **state)
{
	const struct ruleset rules = {.count = 1, .rule = {stage_rule()}};
	struct sides sides;

	(void)state;
	compare(&sides, &rules);
	assert_int_equal(sides.whatif.differences, 0);
	assert_int_equal(sides.whatif.same, 1);
	close_sides(&sides);
}

static void each_kind_of_difference_has_its_word(void **state)
{
	static const struct {
		uint32_t threshold;
		enum action action;
		uint64_t for_ns;
		enum whatif_how how;
		uint64_t prevented;
	} rows[] = {
		{2, ACTION_BAN, NS_PER_HOUR, WHATIF_EARLIER, 3},  {4, ACTION_BAN, NS_PER_HOUR, WHATIF_LATER, 1},
		{9, ACTION_BAN, NS_PER_HOUR, WHATIF_ONLY_NOW, 0}, {3, ACTION_LIMIT, NS_PER_HOUR, WHATIF_SOFTER, 0},
		{3, ACTION_BAN, NS_PER_MINUTE, WHATIF_REASON, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ruleset rules = {.count = 1, .rule = {stage_rule()}};
		const struct whatif_difference *difference;
		struct sides sides;

		rules.rule[0].threshold = rows[i].threshold;
		rules.rule[0].action = rows[i].action;
		rules.rule[0].for_ns = rules.rule[0].at_most_ns = rows[i].for_ns;
		compare(&sides, &rules);
		assert_int_equal(sides.whatif.differences, 1);
		difference = &sides.whatif.difference[0];
		assert_int_equal(difference->how, rows[i].how);
		assert_int_equal(difference->prevented_now, 2);
		assert_int_equal(difference->prevented_then, rows[i].prevented);
		assert_non_null(difference->now);
		assert_string_equal(difference->now->reason, "3 failures in 10m from 203.0.113.1");
		close_sides(&sides);
	}
}

static void who_is_new_is_told_with_the_reason(void **state)
{
	struct ruleset rules = {.count = 2, .rule = {stage_rule(), stage_rule()}};
	struct sides sides;

	(void)state;
	strcpy(rules.rule[1].name, "of-a-network");
	rules.rule[1].per = PER_PREFIX;
	rules.rule[1].v4_bits = 24;
	rules.rule[1].v6_bits = 48;
	rules.rule[1].action = ACTION_LIMIT;
	compare(&sides, &rules);
	assert_int_equal(sides.whatif.same, 1);
	assert_int_equal(sides.whatif.differences, 1);
	assert_int_equal(sides.whatif.difference[0].how, WHATIF_ONLY_THEN);
	assert_null(sides.whatif.difference[0].now);
	assert_string_equal(sides.whatif.difference[0].then->rule, "of-a-network");
	assert_string_equal(sides.whatif.difference[0].then->reason, "3 failures in 10m from 203.0.113.0/24");
	close_sides(&sides);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_rules_make_no_difference),
		cmocka_unit_test(each_kind_of_difference_has_its_word),
		cmocka_unit_test(who_is_new_is_told_with_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
