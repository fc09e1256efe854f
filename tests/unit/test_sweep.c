/* SPDX-License-Identifier: BSD-2-Clause */
/* The expression of a sweep, and the curve. */
#include <errno.h>

#include "tests/unit/stage.h"

static void an_expression_says_rule_field_and_range(void **state)
{
	static const struct {
		const char *text, *rule;
		bool window;
		uint64_t from, to, step;
		size_t points;
	} rows[] = {
		{"stuffing.threshold=1..50", "stuffing", false, 1, 50, 1, 50},
		{"stuffing.threshold=10..50:20", "stuffing", false, 10, 50, 20, 3},
		{"stuffing.threshold=10..49:20", "stuffing", false, 10, 49, 20, 2},
		{"a.b-1.threshold=7..7", "a.b-1", false, 7, 7, 1, 1},
		{"spray.window=1m..10m", "spray", true, NS_PER_MINUTE, 10 * NS_PER_MINUTE, NS_PER_MINUTE, 10},
		{"spray.window=30s..1h30m:5m", "spray", true, 30 * NS_PER_S, 90 * NS_PER_MINUTE, 5 * NS_PER_MINUTE, 18},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault fault = {0};
		struct sweep sweep;

		if (sweep_parse(rows[i].text, &sweep, &fault))
			fail_msg("%s: %s", rows[i].text, fault.text);
		assert_string_equal(sweep.rule, rows[i].rule);
		assert_int_equal(sweep.window, rows[i].window);
		assert_true(sweep.from == rows[i].from && sweep.to == rows[i].to && sweep.step == rows[i].step);
		assert_int_equal(sweep_points(&sweep), rows[i].points);
	}
}

#define FORM "RULE.threshold=FROM..TO[:STEP] or RULE.window=FROM..TO[:STEP]"

static void a_bad_expression_is_refused_in_words(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"", "--sweep wants " FORM ": '=' is missing"},
		{"stuffing", "--sweep wants " FORM ": '=' is missing"},
		{"threshold=1..5", "--sweep wants " FORM ": the name of a rule is missing"},
		{".threshold=1..5", "--sweep wants " FORM ": the name of a rule is missing"},
		{"stuffing.for=1..5", "--sweep: a rule's 'threshold' or 'window' can be tried, not 'for'"},
		{"stuffing.threshold=5", "--sweep wants " FORM ": '..' is missing"},
		{"stuffing.threshold=..5", "--sweep: '' is not a number from 1 on"},
		{"stuffing.threshold=1..", "--sweep: '' is not a number from 1 on"},
		{"stuffing.threshold=0..5", "--sweep: '0' is not a number from 1 on"},
		{"stuffing.threshold=-1..5", "--sweep: '-1' is not a number from 1 on"},
		{"stuffing.threshold=1..5m", "--sweep: '5m' is not a number from 1 on"},
		{"stuffing.threshold=1..5:0", "--sweep: '0' is not a number from 1 on"},
		{"stuffing.threshold=1..5:", "--sweep: '' is not a number from 1 on"},
		{"stuffing.threshold=1..99999999999", "--sweep: '99999999999' is not a number from 1 on"},
		{"stuffing.threshold=9..5", "--sweep: '9' is more than '5'"},
		{"stuffing.threshold=1..5000", "--sweep: that makes 5000 values, at most 1000 are tried"},
		{"stuffing.window=1..5", "--sweep: '1' is not a time with its unit, such as 10m"},
		{"stuffing.window=0s..5s", "--sweep: '0s' is not a time with its unit, such as 10m"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault fault = {0};
		struct sweep sweep;

		assert_int_equal(sweep_parse(rows[i].text, &sweep, &fault), -EINVAL);
		assert_string_equal(fault.text, rows[i].words);
	}
}

static void only_a_rule_that_stops_somebody_can_be_swept(void **state)
{
	struct ruleset rules = {.count = 2, .rule = {stage_rule(), stage_rule()}};
	struct sweep sweep = {.rule = "three", .from = 1, .to = 5, .step = 1};
	struct fault fault = {0};
	uint32_t index = 9;

	(void)state;
	strcpy(rules.rule[1].name, "told");
	rules.rule[1].action = ACTION_ALERT;
	assert_int_equal(sweep_find(&sweep, &rules, &index, &fault), 0);
	assert_int_equal(index, 0);
	strcpy(sweep.rule, "told");
	assert_int_equal(sweep_find(&sweep, &rules, &index, &fault), -EINVAL);
	assert_string_equal(fault.text, "--sweep: rule 'told' stops nobody, its action is alert");
	strcpy(sweep.rule, "four");
	assert_int_equal(sweep_find(&sweep, &rules, &index, &fault), -ENOENT);
	assert_string_equal(fault.text, "--sweep: there is no rule 'four'");
}

static void attack_and_mistype(struct stage *stage)
{
	stage_open(stage, STAGE_HEAD "203.0.113.1,4000,198.51.100.1,993,FFFFFFFF,1700000000,1,list\n"
				     "192.0.2.7,4000,198.51.100.1,993,FFFS,1700000001,0,user\n");
	attempted(stage, "203.0.113.1", 4000, 1, "FFFFFFFF");
	attempted(stage, "192.0.2.7", 4000, 20, "FFFS");
}

static void the_curve_says_what_each_threshold_costs(void **state)
{
	static const struct {
		uint32_t true_bans, false_bans, through, hurt;
	} expected[] = {{0, 0, 0, 0}, {1, 1, 2, 1}, {1, 1, 3, 1}, {1, 0, 4, 0}, {1, 0, 5, 0}};
	const struct sweep sweep = {.rule = "three", .from = 1, .to = 5, .step = 1};
	struct sweep_point point[5];
	struct fault fault = {0};
	struct stage stage;
	struct trial_options options;

	(void)state;
	attack_and_mistype(&stage);
	stage.settings->rules.rule[0].shadow = true; /* it is taken out of it */
	options = (struct trial_options){stage.record, stage.settings, &stage.settings->rules};
	if (sweep_run(&sweep, &options, point, &fault))
		fail_msg("%s", fault.text);
	assert_string_equal(point[0].refused, "rule 'three': a ban needs a 'threshold' of at least 2 attempts");
	for (int i = 1; i < 5; i++) {
		assert_string_equal(point[i].refused, "");
		assert_int_equal(point[i].value, i + 1);
		assert_int_equal(point[i].attack.banned, expected[i].true_bans);
		assert_int_equal(point[i].benign.banned, expected[i].false_bans);
		assert_int_equal(point[i].attack.through, expected[i].through);
		assert_int_equal(point[i].benign.hurt, expected[i].hurt);
		assert_int_equal(point[i].rule_bans, expected[i].true_bans + expected[i].false_bans);
		assert_true(point[i].attack.to_ban_median_ns == (uint64_t)i * NS_PER_S);
	}
	assert_true(stage.settings->rules.rule[0].shadow); /* of a copy */
	stage_close(&stage);
}

static void a_window_is_swept_as_well(void **state)
{
	const struct sweep sweep = {
		.rule = "three", .window = true, .from = NS_PER_S, .to = 3 * NS_PER_S, .step = NS_PER_S};
	struct sweep_point point[3];
	struct fault fault = {0};
	struct stage stage;
	struct trial_options options;

	(void)state;
	attack_and_mistype(&stage);
	options = (struct trial_options){stage.record, stage.settings, &stage.settings->rules};
	if (sweep_run(&sweep, &options, point, &fault))
		fail_msg("%s", fault.text);
	assert_int_equal(point[0].attack.banned, 0);
	assert_int_equal(point[1].attack.banned, 0); /* at exactly the window a moment is out of it */
	assert_int_equal(point[2].attack.banned, 1);
	stage_close(&stage);
}

static void when_every_value_is_refused_it_is_an_error(void **state)
{
	const struct ruleset rules = {.count = 1, .rule = {stage_rule()}};
	const struct sweep low = {.rule = "three", .from = 1, .to = 1, .step = 1};
	const struct sweep high = {.rule = "three", .from = 5000, .to = 5900, .step = 1};
	struct fault fault = {0};
	uint32_t index;

	(void)state;
	assert_int_equal(sweep_find(&low, &rules, &index, &fault), -EINVAL);
	assert_string_equal(fault.text, "--sweep: rule 'three': a ban needs a 'threshold' of at least 2 attempts");
	assert_int_equal(sweep_find(&high, &rules, &index, &fault), -EINVAL);
	assert_string_equal(fault.text, "--sweep: rule 'three': 'threshold' wants 1 to 4096, got 5000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_says_rule_field_and_range),
		cmocka_unit_test(a_bad_expression_is_refused_in_words),
		cmocka_unit_test(only_a_rule_that_stops_somebody_can_be_swept),
		cmocka_unit_test(the_curve_says_what_each_threshold_costs),
		cmocka_unit_test(a_window_is_swept_as_well),
		cmocka_unit_test(when_every_value_is_refused_it_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
