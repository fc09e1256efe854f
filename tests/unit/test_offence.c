/* SPDX-License-Identifier: BSD-2-Clause */
/* The ladder: what counts as another offence, for how long, and what is forgotten. */
#include "tests/unit/court.h"

static void a_ban_doubles_with_each_offence_up_to_at_most(void **state)
{
	struct rule rule = stuffing();
	struct court court;

	(void)state;
	rule.at_most_ns = 5 * NS_PER_HOUR;
	court = court_of(rule);
	open_court(&court);
	static const uint64_t hours[] = {1, 2, 4, 5, 5};

	for (uint32_t i = 0; i < 5; i++) {
		fail_times(&court, ATTACKER, 20);
		assert_int_equal(court.decisions, i + 1);
		assert_int_equal(court.last.offences, i + 1);
		assert_int_equal(court.last.for_ns, hours[i] * NS_PER_HOUR);
		court.now_ns += court.last.for_ns; /* exactly its end */
	}
	judge_free(court.judge);
}

static void offences_are_forgotten(void **state)
{
	static const struct {
		uint64_t after_ns;
		uint32_t offences;
	} rows[] = {{30 * NS_PER_DAY - 1, 2}, {30 * NS_PER_DAY, 1}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct court court = court_of(stuffing());

		open_court(&court);
		fail_times(&court, ATTACKER, 20);
		court.now_ns += NS_PER_HOUR + rows[i].after_ns;
		fail_times(&court, ATTACKER, 20);
		assert_int_equal(court.last.offences, rows[i].offences);
		judge_free(court.judge);
	}
}

static void attempts_under_way_when_the_ban_lands_are_no_second_offence(void **state)
{
	struct court court = court_of(stuffing());

	(void)state;
	open_court(&court);
	fail_times(&court, ATTACKER, 20 + 50);
	assert_int_equal(court.decisions, 1);
	court.now_ns += NS_PER_HOUR;
	fail_times(&court, ATTACKER, 20);
	assert_int_equal(court.last.offences, 2);
	judge_free(court.judge);
}

static void another_rule_may_lengthen_a_ban_but_adds_no_offence(void **state)
{
	struct court court = court_of(stuffing());
	struct rule longer = stuffing();

	(void)state;
	strcpy(longer.name, "longer");
	longer.threshold = 25;
	longer.for_ns = 6 * NS_PER_HOUR;
	add_rule(&court, longer);
	open_court(&court);
	fail_times(&court, ATTACKER, 25);
	assert_int_equal(court.decisions, 2);
	assert_int_equal(court.last.for_ns, 6 * NS_PER_HOUR);
	assert_int_equal(court.last.offences, 1);
	judge_free(court.judge);
}

static void another_rule_that_says_less_is_silent(void **state)
{
	struct court court = court_of(stuffing());
	struct rule weaker = stuffing();

	(void)state;
	strcpy(weaker.name, "weaker");
	weaker.threshold = 25;
	weaker.action = ACTION_LIMIT;
	weaker.unless_success_ns = 0;
	add_rule(&court, weaker);
	open_court(&court);
	fail_times(&court, ATTACKER, 60);
	assert_int_equal(court.decisions, 1);
	judge_free(court.judge);
}

static void offences_from_before_a_restart_count(void **state)
{
	struct court court = court_of(stuffing());
	const struct prefix target = prefix_of_source(ATTACKER);

	(void)state;
	open_court(&court);
	judge_remember(court.judge, &target, 2, court.now_ns);
	fail_times(&court, ATTACKER, 20);
	assert_int_equal(court.last.offences, 3);
	assert_int_equal(court.last.for_ns, 4 * NS_PER_HOUR);
	judge_free(court.judge);
}

static void forgiving_forgets_counts_and_offences(void **state)
{
	struct court court = court_of(stuffing());
	const struct prefix target = prefix_of_source(ATTACKER);

	(void)state;
	open_court(&court);
	fail_times(&court, ATTACKER, 20 + 19);
	judge_forgive(court.judge, &target);
	assert_int_equal(judge_count(court.judge, 0, ATTACKER, court.now_ns), 0);
	fail_times(&court, ATTACKER, 19);
	assert_int_equal(court.decisions, 1);
	fail_times(&court, ATTACKER, 1);
	assert_int_equal(court.decisions, 2);
	assert_int_equal(court.last.offences, 1);
	judge_free(court.judge);
}

static void forgiving_a_prefix_forgives_the_sources_inside(void **state)
{
	struct court court = court_of(stuffing());
	const struct prefix inside = prefix_of(ATTACKER, 24, 48), elsewhere = prefix_of(SUBSCRIBER, 24, 48);

	(void)state;
	open_court(&court);
	fail_times(&court, ATTACKER, 15);
	judge_forgive(court.judge, &elsewhere);
	assert_int_equal(judge_count(court.judge, 0, ATTACKER, court.now_ns), 15);
	judge_forgive(court.judge, &inside);
	assert_int_equal(judge_count(court.judge, 0, ATTACKER, court.now_ns), 0);
	judge_free(court.judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ban_doubles_with_each_offence_up_to_at_most),
		cmocka_unit_test(offences_are_forgotten),
		cmocka_unit_test(attempts_under_way_when_the_ban_lands_are_no_second_offence),
		cmocka_unit_test(another_rule_may_lengthen_a_ban_but_adds_no_offence),
		cmocka_unit_test(another_rule_that_says_less_is_silent),
		cmocka_unit_test(offences_from_before_a_restart_count),
		cmocka_unit_test(forgiving_forgets_counts_and_offences),
		cmocka_unit_test(forgiving_a_prefix_forgives_the_sources_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
