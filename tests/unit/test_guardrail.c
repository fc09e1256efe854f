/* SPDX-License-Identifier: BSD-2-Clause */
/* The guardrail, seen from the bench: when it trips, what it holds back, how it is reset. */
#include "tests/unit/court.h"

static void too_many_bans_in_a_minute_trip_the_guardrail(void **state)
{
	struct court court = court_of(stuffing());
	const char *why = NULL;

	(void)state;
	court.settings.guardrail.bans_per_minute = 3;
	open_court(&court);
	for (uint64_t n = 0; n < 3; n++)
		fail_times(&court, ATTACKER + n, 20);
	assert_int_equal(court.last.action, ACTION_BAN);
	assert_false(judge_guardrail_tripped(court.judge, &why));
	fail_times(&court, ATTACKER + 3, 20);
	assert_int_equal(court.decisions, 4);
	assert_int_equal(court.last.action, ACTION_OBSERVE);
	assert_int_equal(court.last.wanted, ACTION_BAN);
	assert_non_null(strstr(court.last.reason, "held back by the guardrail"));
	assert_true(judge_guardrail_tripped(court.judge, &why));
	assert_non_null(strstr(why, "more than 3 new bans"));
	court.now_ns += NS_PER_HOUR;
	fail_times(&court, ATTACKER + 4, 20); /* time alone does not heal it */
	assert_int_equal(court.last.action, ACTION_OBSERVE);
	judge_guardrail_reset(court.judge);
	fail_times(&court, ATTACKER + 3, 20); /* what was held back can be decided again */
	assert_int_equal(court.last.action, ACTION_BAN);
	assert_int_equal(court.last.offences, 1);
	judge_free(court.judge);
}

static void bans_a_minute_apart_do_not_trip_it(void **state)
{
	struct court court = court_of(stuffing());

	(void)state;
	court.settings.guardrail.bans_per_minute = 1;
	open_court(&court);
	fail_times(&court, ATTACKER, 20);
	court.now_ns += NS_PER_MINUTE;
	fail_times(&court, ATTACKER + 1, 20);
	assert_int_equal(court.last.action, ACTION_BAN);
	judge_free(court.judge);
}

/* The day when the password database is down: everybody who used to log in fails. */
static void touching_too_many_who_logged_in_trips_the_guardrail(void **state)
{
	struct court court = court_of(stuffing());
	unsigned int limited = 0;

	(void)state;
	court.settings.guardrail.successful_share_ppm = 1000;
	court.settings.credit.per_success = 0;
	open_court(&court);
	for (uint64_t n = 0; n < 40; n++)
		succeed(&court, SUBSCRIBER + n, n);
	for (uint64_t n = 0; n < 40; n++) {
		fail_times(&court, SUBSCRIBER + n, 20);
		limited += court.last.action == ACTION_LIMIT;
	}
	assert_int_equal(limited, GUARDRAIL_TOUCHED_MIN);
	assert_true(judge_guardrail_tripped(court.judge, NULL));
	judge_free(court.judge);
}

static void rules_in_shadow_are_not_the_guardrails_business(void **state)
{
	struct rule rule = stuffing();
	struct court court;

	(void)state;
	rule.shadow = true;
	court = court_of(rule);
	court.settings.guardrail.bans_per_minute = 1;
	open_court(&court);
	for (uint64_t n = 0; n < 10; n++)
		fail_times(&court, ATTACKER + n, 20);
	assert_false(judge_guardrail_tripped(court.judge, NULL));
	judge_free(court.judge);
}

static void rules_that_do_not_fit_the_settings_are_refused(void **state)
{
	struct court court = court_of(stuffing());
	struct fault fault = {.text = ""};

	(void)state;
	court.ruleset.rule[0].per = PER_PREFIX;
	court.ruleset.rule[0].v4_bits = 16;
	court.ruleset.rule[0].v6_bits = 48;
	assert_int_not_equal(judge_new(&court.judge, &court.settings, &court.ruleset, on_decision, &court, &fault), 0);
	assert_non_null(strstr(fault.text, "wider than the guardrail"));
	court.ruleset.rule[0] = stuffing();
	court.ruleset.rule[0].unless_success_ns = 8 * NS_PER_DAY;
	assert_int_not_equal(judge_new(&court.judge, &court.settings, &court.ruleset, on_decision, &court, &fault), 0);
	assert_non_null(strstr(fault.text, "successful_for"));
	court.ruleset.rule[0] = stuffing();
	add_rule(&court, stuffing());
	assert_int_not_equal(judge_new(&court.judge, &court.settings, &court.ruleset, on_decision, &court, &fault), 0);
	assert_non_null(strstr(fault.text, "twice"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_many_bans_in_a_minute_trip_the_guardrail),
		cmocka_unit_test(bans_a_minute_apart_do_not_trip_it),
		cmocka_unit_test(touching_too_many_who_logged_in_trips_the_guardrail),
		cmocka_unit_test(rules_in_shadow_are_not_the_guardrails_business),
		cmocka_unit_test(rules_that_do_not_fit_the_settings_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
