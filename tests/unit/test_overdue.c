/* SPDX-License-Identifier: BSD-2-Clause */
/* Logins that wait for longer than a success takes: counted before the server says so, never twice, and taken back. */
#include <stdlib.h>

#include "tests/unit/court.h"

#define MS (NS_PER_S / 1000)
#define CROWD (GP_SOURCE_V4 | 0xc0000300) /* 192.0.3.x: people who log in */
#define GUESSES 32

struct hall {
	struct court court;
	struct awaited guess[GUESSES];
	uint32_t people;
	unsigned int confirmed, withdrawn;
	unsigned int values; /* told to the fleet */
};

static void on_settled(void *context, const struct rule *rule, const struct prefix *target, bool confirmed)
{
	struct hall *hall = context;

	assert_string_equal(rule->name, "stuffing");
	assert_int_equal(target->source, ATTACKER);
	hall->confirmed += confirmed;
	hall->withdrawn += !confirmed;
}

static void on_value(void *context, const struct rule *rule, uint64_t key, uint64_t value)
{
	(void)rule;
	(void)key;
	(void)value;
	((struct hall *)context)->values++;
}

static struct attempt attempt_of(const struct hall *hall, uint64_t source, uint64_t credential)
{
	return (struct attempt){
		.time_ns = hall->court.now_ns,
		.source = source,
		.ends = {.server = {{[15] = 10}}, .server_port = 143, .service = GP_SERVICE_IMAP},
		.account = 77,
		.credential = credential,
	};
}

static void pass(struct hall *hall, uint64_t ns)
{
	hall->court.now_ns += ns;
	judge_tick(hall->court.judge, hall->court.now_ns);
}

static void ask(struct hall *hall, struct awaited *awaited, uint64_t source, uint64_t credential)
{
	const struct attempt attempt = attempt_of(hall, source, credential);

	judge_awaits(hall->court.judge, awaited, &attempt, hall->court.now_ns);
}

static void answer(struct hall *hall, struct awaited *awaited, uint64_t source, uint64_t credential,
		   enum outcome outcome)
{
	struct attempt attempt = attempt_of(hall, source, credential);

	attempt.outcome = outcome;
	judge_answered(hall->court.judge, awaited, &attempt, hall->court.now_ns);
}

/* Another person each time; the answer takes so long. */
static void log_in(struct hall *hall, uint64_t ns)
{
	const uint64_t source = CROWD + hall->people++ % 32;
	struct awaited awaited = {0};

	ask(hall, &awaited, source, 1);
	pass(hall, ns);
	answer(hall, &awaited, source, 1, OUTCOME_SUCCESS);
}

static void log_in_times(struct hall *hall, unsigned int times, uint64_t ns)
{
	while (times--)
		log_in(hall, ns);
}

static void guess(struct hall *hall, unsigned int times)
{
	for (unsigned int i = 0; i < times; i++)
		ask(hall, &hall->guess[i], ATTACKER, 100 + i);
}

static void refuse(struct hall *hall, unsigned int times)
{
	for (unsigned int i = 0; i < times; i++)
		answer(hall, &hall->guess[i], ATTACKER, 100 + i, OUTCOME_FAILURE);
}

static struct hall *hall_new(void)
{
	struct hall *hall = calloc(1, sizeof(*hall));
	struct rule rule = stuffing();

	rule.threshold = 10;
	hall->court = court_of(rule);
	hall->court.settings.overdue = true;
	open_court(&hall->court);
	judge_on_settled(hall->court.judge, on_settled, hall);
	judge_on_fleet_value(hall->court.judge, on_value, hall);
	return hall;
}

static void hall_free(struct hall *hall)
{
	judge_free(hall->court.judge);
	free(hall);
}

static struct source_record record_of(const struct hall *hall)
{
	struct source_record record = {0};

	judge_source(hall->court.judge, ATTACKER, hall->court.now_ns, &record);
	return record;
}

static uint32_t counted(const struct hall *hall)
{
	return judge_count(hall->court.judge, 0, ATTACKER, hall->court.now_ns);
}

static void who_waits_longer_than_anybody_who_got_in_has_failed(void **state)
{
	struct hall *hall = hall_new();

	(void)state;
	log_in_times(hall, 8, 100 * MS);
	guess(hall, 3);
	log_in(hall, 100 * MS);
	pass(hall, 299 * MS); /* the slowest, four times over, but for a millisecond */
	assert_int_equal(counted(hall), 0);
	pass(hall, MS);
	pass(hall, 10 * MS);
	assert_int_equal(counted(hall), 3);
	assert_int_equal(record_of(hall).failures, 3);
	assert_int_equal(record_of(hall).presumed, 3);
	assert_int_equal(record_of(hall).evidence, GP_E4_ATTEMPT);
	hall_free(hall);
}

static void fast_servers_are_given_a_quarter_of_a_second(void **state)
{
	struct hall *hall = hall_new();

	(void)state;
	log_in_times(hall, 8, MS);
	guess(hall, 3);
	log_in(hall, MS);
	pass(hall, 240 * MS);
	assert_int_equal(counted(hall), 0);
	pass(hall, 20 * MS);
	assert_int_equal(counted(hall), 3);
	hall_free(hall);
}

static void nobody_is_overdue_at_a_server_of_which_too_little_is_known(void **state)
{
	struct hall *hall = hall_new();

	(void)state;
	guess(hall, 12);
	log_in_times(hall, 7, MS);
	pass(hall, 2 * NS_PER_S);
	assert_int_equal(counted(hall), 0);
	log_in(hall, MS); /* the eighth */
	pass(hall, 10 * MS);
	assert_int_equal(hall->court.decisions, 1);
	hall_free(hall);
}

static void what_was_known_an_hour_ago_is_not_known(void **state)
{
	struct hall *hall = hall_new();

	(void)state;
	log_in_times(hall, 20, MS);
	pass(hall, 61 * NS_PER_MINUTE);
	guess(hall, 12);
	log_in_times(hall, 7, MS);
	pass(hall, NS_PER_S);
	assert_int_equal(counted(hall), 0);
	hall_free(hall);
}

static void when_nobody_is_answered_nobody_is_overdue(void **state)
{
	struct hall *hall = hall_new();

	(void)state;
	log_in_times(hall, 20, MS);
	guess(hall, 12);
	pass(hall, 10 * NS_PER_S);
	assert_int_equal(counted(hall), 0);
	/* it comes back, and answers in whatever order: whoever was in the queue is let off */
	for (unsigned int i = 0; i < 12; i++) {
		struct awaited person = {.waiting = true, .since_ns = hall->court.now_ns - 9 * NS_PER_S};

		answer(hall, &person, CROWD + i, 1, OUTCOME_SUCCESS);
		log_in(hall, MS);
		pass(hall, 20 * MS);
	}
	assert_int_equal(counted(hall), 0);
	refuse(hall, 12); /* and what is refused then is counted then */
	assert_int_equal(hall->court.decisions, 1);
	assert_int_equal(hall->court.last.evidence, GP_E5_OUTCOME);
	hall_free(hall);
}

static void a_server_in_trouble_says_so_and_lets_everybody_off(void **state)
{
	struct hall *hall = hall_new();
	struct awaited person = {0};

	(void)state;
	log_in_times(hall, 20, MS);
	guess(hall, 12);
	ask(hall, &person, SUBSCRIBER, 5);
	pass(hall, 200 * MS);
	answer(hall, &person, SUBSCRIBER, 5, OUTCOME_UNKNOWN); /* "temporary failure" */
	log_in(hall, MS);
	pass(hall, NS_PER_S);
	assert_int_equal(counted(hall), 0);
	hall_free(hall);
}

static void sixteen_at_once_are_banned_before_the_first_refusal_and_the_ban_is_shared_after_the_last(void **state)
{
	struct hall *hall = hall_new();

	(void)state;
	log_in_times(hall, 8, MS);
	guess(hall, 16);
	log_in(hall, MS);
	pass(hall, 300 * MS);
	assert_int_equal(hall->court.decisions, 1);
	assert_int_equal(hall->court.last.action, ACTION_BAN);
	assert_int_equal(hall->court.last.evidence, GP_E4_ATTEMPT);
	assert_string_equal(hall->court.last.reason,
			    "10 failures in 10m from 203.0.113.1, 1 account; 10 before the server answered");
	pass(hall, 1700 * MS);
	refuse(hall, 15);
	assert_int_equal(hall->confirmed, 0);
	refuse(hall, 16);
	assert_int_equal(hall->confirmed, 1);
	assert_int_equal(hall->withdrawn, 0);
	assert_int_equal(hall->court.decisions, 1);
	hall_free(hall);
}

static void a_refusal_of_what_was_presumed_is_not_a_second_failure(void **state)
{
	struct hall *hall = hall_new();

	(void)state;
	log_in_times(hall, 8, MS);
	guess(hall, 5);
	log_in(hall, MS);
	pass(hall, NS_PER_S);
	refuse(hall, 5);
	assert_int_equal(counted(hall), 5);
	assert_int_equal(record_of(hall).failures, 5);
	assert_int_equal(record_of(hall).presumed, 0);
	assert_int_equal(record_of(hall).attempts, 5);
	hall_free(hall);
}

static void the_same_wrong_password_is_a_repeat_however_it_is_known(void **state)
{
	struct hall *hall = hall_new();

	(void)state;
	log_in_times(hall, 8, MS);
	for (unsigned int round = 0; round < 12; round++) { /* a forgotten phone */
		ask(hall, &hall->guess[0], ATTACKER, 100);
		log_in(hall, MS);
		pass(hall, NS_PER_S);
		answer(hall, &hall->guess[0], ATTACKER, 100, OUTCOME_FAILURE);
		pass(hall, NS_PER_S);
	}
	assert_int_equal(counted(hall), 1);
	assert_int_equal(record_of(hall).failures, 12);
	assert_int_equal(record_of(hall).repeats, 11);
	hall_free(hall);
}

static void a_success_takes_back_what_was_presumed_of_it(void **state)
{
	struct hall *hall = hall_new();

	(void)state;
	log_in_times(hall, 8, MS);
	guess(hall, 4);
	log_in(hall, MS);
	pass(hall, NS_PER_S);
	assert_int_equal(counted(hall), 4);
	answer(hall, &hall->guess[1], ATTACKER, 101, OUTCOME_SUCCESS);
	assert_int_equal(counted(hall), 3);
	assert_int_equal(record_of(hall).failures, 3);
	assert_int_equal(record_of(hall).successes, 1);
	assert_int_equal(record_of(hall).presumed, 3);
	hall_free(hall);
}

static void a_ban_is_taken_back_when_one_of_what_it_counts_gets_in(void **state)
{
	struct hall *hall = hall_new();
	struct presumed_tally tally;

	(void)state;
	log_in_times(hall, 8, MS);
	guess(hall, 10);
	log_in(hall, MS);
	pass(hall, NS_PER_S);
	assert_int_equal(hall->court.decisions, 1);
	answer(hall, &hall->guess[0], ATTACKER, 100, OUTCOME_SUCCESS);
	assert_int_equal(hall->withdrawn, 1);
	assert_int_equal(counted(hall), 9);
	judge_presumed_tally(hall->court.judge, &tally);
	assert_int_equal(tally.presumed, 10);
	assert_int_equal(tally.taken_back, 1);
	/* it was no offence: what comes of the others is the first one */
	for (unsigned int i = 1; i < 10; i++)
		answer(hall, &hall->guess[i], ATTACKER, 100 + i, OUTCOME_FAILURE);
	assert_int_equal(hall->confirmed, 0);
	for (unsigned int i = 0; i < 10; i++)
		wrong(&hall->court, ATTACKER, 77);
	assert_int_equal(hall->court.decisions, 2);
	assert_int_equal(hall->court.last.offences, 1);
	assert_int_equal(hall->court.last.evidence, GP_E5_OUTCOME);
	hall_free(hall);
}

static void who_hangs_up_unanswered_has_failed_and_the_fleet_is_not_told(void **state)
{
	struct hall *hall = hall_new();

	(void)state;
	log_in_times(hall, 8, MS);
	guess(hall, 10);
	log_in(hall, MS);
	pass(hall, NS_PER_S);
	for (unsigned int i = 0; i < 10; i++) {
		struct attempt attempt = attempt_of(hall, ATTACKER, 100 + i);

		attempt.outcome = OUTCOME_FAILURE;
		attempt.basis = BASIS_SILENCE;
		judge_answered(hall->court.judge, &hall->guess[i], &attempt, hall->court.now_ns);
	}
	assert_int_equal(hall->court.decisions, 1);
	assert_int_equal(hall->confirmed, 0);
	assert_int_equal(hall->withdrawn, 0);
	assert_int_equal(record_of(hall).failures, 10);
	assert_int_equal(record_of(hall).presumed, 10);
	hall_free(hall);
}

static void nobody_is_presumed_from_where_somebody_has_logged_in(void **state)
{
	struct hall *hall = hall_new();

	(void)state;
	succeed(&hall->court, ATTACKER, 5);
	log_in_times(hall, 8, MS);
	guess(hall, 16);
	log_in(hall, MS);
	pass(hall, NS_PER_S);
	assert_int_equal(counted(hall), 0);
	assert_int_equal(record_of(hall).failures, 0);
	hall_free(hall);
}

static void a_success_that_was_made_to_wait_is_no_measure(void **state)
{
	struct hall *hall = hall_new();

	(void)state;
	log_in_times(hall, 8, MS);
	for (unsigned int i = 0; i < 8; i++) { /* of whoever was refused a moment ago: Dovecot's penalty */
		struct awaited person = {0};

		wrong(&hall->court, SUBSCRIBER, 5);
		ask(hall, &person, SUBSCRIBER, 5);
		pass(hall, 15 * NS_PER_S);
		answer(hall, &person, SUBSCRIBER, 5, OUTCOME_SUCCESS);
	}
	guess(hall, 10);
	log_in(hall, MS);
	pass(hall, NS_PER_S);
	assert_int_equal(hall->court.decisions, 1);
	hall_free(hall);
}

static struct rule spray(void)
{
	struct rule rule = stuffing();

	snprintf(rule.name, sizeof(rule.name), "spray");
	rule.count = COUNT_SOURCES;
	rule.per = PER_ACCOUNT;
	rule.action = ACTION_ALERT;
	rule.threshold = 1;
	rule.unless_success_ns = 0;
	rule.fleet = true;
	return rule;
}

static void what_counts_against_others_waits_for_the_server(void **state)
{
	struct hall *hall = hall_new();
	struct ruleset rules = hall->court.ruleset;
	struct fault fault;

	(void)state;
	rules.rule[rules.count++] = spray();
	assert_int_equal(judge_reload(hall->court.judge, &rules, &fault), 0);
	log_in_times(hall, 8, MS);
	guess(hall, 1);
	log_in(hall, MS);
	pass(hall, NS_PER_S);
	assert_int_equal(counted(hall), 1);
	assert_int_equal(hall->court.decisions, 0);
	assert_int_equal(hall->values, 0);
	refuse(hall, 1);
	assert_int_equal(hall->court.decisions, 1);
	assert_string_equal(hall->court.last.rule->name, "spray");
	assert_int_equal(hall->values, 1);
	hall_free(hall);
}

static void it_is_a_setting(void **state)
{
	struct hall *hall = calloc(1, sizeof(*hall));

	(void)state;
	hall->court = court_of(stuffing());
	open_court(&hall->court);
	log_in_times(hall, 8, MS);
	guess(hall, 20);
	log_in(hall, MS);
	pass(hall, NS_PER_S);
	assert_int_equal(counted(hall), 0);
	refuse(hall, 20);
	assert_int_equal(hall->court.decisions, 1);
	hall_free(hall);
}

static void more_servers_than_there_is_room_for_push_out_the_oldest(void **state)
{
	struct hall *hall = hall_new();
	struct awaited *many = calloc(3000, sizeof(*many));

	(void)state;
	for (unsigned int i = 0; i < 3000; i++) {
		struct attempt attempt = attempt_of(hall, ATTACKER, i);

		attempt.ends.server_port = (uint16_t)(1 + i);
		judge_awaits(hall->court.judge, &many[i], &attempt, hall->court.now_ns);
	}
	for (unsigned int i = 0; i < 3000; i += 2)
		judge_awaits_no_more(&many[i]);
	pass(hall, NS_PER_MINUTE);
	for (unsigned int i = 0; i < 3000; i++)
		assert_null(many[i].at);
	assert_int_equal(counted(hall), 0);
	free(many);
	hall_free(hall);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_longer_than_anybody_who_got_in_has_failed),
		cmocka_unit_test(fast_servers_are_given_a_quarter_of_a_second),
		cmocka_unit_test(nobody_is_overdue_at_a_server_of_which_too_little_is_known),
		cmocka_unit_test(what_was_known_an_hour_ago_is_not_known),
		cmocka_unit_test(when_nobody_is_answered_nobody_is_overdue),
		cmocka_unit_test(a_server_in_trouble_says_so_and_lets_everybody_off),
		cmocka_unit_test(
			sixteen_at_once_are_banned_before_the_first_refusal_and_the_ban_is_shared_after_the_last),
		cmocka_unit_test(a_refusal_of_what_was_presumed_is_not_a_second_failure),
		cmocka_unit_test(the_same_wrong_password_is_a_repeat_however_it_is_known),
		cmocka_unit_test(a_success_takes_back_what_was_presumed_of_it),
		cmocka_unit_test(a_ban_is_taken_back_when_one_of_what_it_counts_gets_in),
		cmocka_unit_test(who_hangs_up_unanswered_has_failed_and_the_fleet_is_not_told),
		cmocka_unit_test(nobody_is_presumed_from_where_somebody_has_logged_in),
		cmocka_unit_test(a_success_that_was_made_to_wait_is_no_measure),
		cmocka_unit_test(what_counts_against_others_waits_for_the_server),
		cmocka_unit_test(it_is_a_setting),
		cmocka_unit_test(more_servers_than_there_is_room_for_push_out_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
