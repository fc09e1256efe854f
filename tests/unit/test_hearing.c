/* SPDX-License-Identifier: BSD-2-Clause */
/* How people and attackers fare before the judge, as sentences. */
#include "tests/unit/court.h"

static void a_mistyped_password_and_then_the_right_one_is_nothing(void **state)
{
	struct court court = court_of(stuffing());

	(void)state;
	open_court(&court);
	for (int i = 0; i < 3; i++)
		wrong(&court, SUBSCRIBER, 1);
	succeed(&court, SUBSCRIBER, 1);
	assert_int_equal(court.decisions, 0);
	judge_free(court.judge);
}

static void a_stale_phone_is_one_failure_ten_thousand_times(void **state)
{
	struct court court = court_of(stuffing());
	struct source_record record;

	(void)state;
	open_court(&court);
	for (int i = 0; i < 10000; i++) {
		attempt(&court, SUBSCRIBER, OUTCOME_FAILURE, 1, 4711);
		court.now_ns += NS_PER_S;
	}
	assert_int_equal(court.decisions, 0);
	assert_true(judge_source(court.judge, SUBSCRIBER, court.now_ns, &record));
	assert_int_equal(record.failures, 10000);
	assert_int_equal(record.repeats, 9999);
	assert_int_equal(record.attempts, 10000);
	judge_free(court.judge);
}

static void a_household_of_stale_phones_is_left_alone_too(void **state)
{
	struct court court = court_of(stuffing());

	(void)state;
	open_court(&court);
	for (int i = 0; i < 5000; i++) {
		attempt(&court, SUBSCRIBER, OUTCOME_FAILURE, (uint64_t)i % 10, 4711 + (uint64_t)i % 10);
		court.now_ns += NS_PER_S;
	}
	assert_int_equal(court.decisions, 0);
	judge_free(court.judge);
}

static void a_wrong_password_is_new_again_when_it_is_forgotten(void **state)
{
	struct court court = court_of(stuffing());
	struct source_record record;

	(void)state;
	open_court(&court);
	attempt(&court, SUBSCRIBER, OUTCOME_FAILURE, 1, 4711);
	court.now_ns += NS_PER_DAY - NS_PER_S;
	attempt(&court, SUBSCRIBER, OUTCOME_FAILURE, 1, 4711);
	court.now_ns += NS_PER_DAY;
	attempt(&court, SUBSCRIBER, OUTCOME_FAILURE, 1, 4711);
	assert_true(judge_source(court.judge, SUBSCRIBER, court.now_ns, &record));
	assert_int_equal(record.repeats, 1);
	judge_free(court.judge);
}

static void failures_without_a_visible_credential_all_count(void **state)
{
	struct court court = court_of(stuffing());

	(void)state;
	open_court(&court);
	for (int i = 0; i < 20; i++)
		attempt(&court, ATTACKER, OUTCOME_FAILURE, 1, 0);
	assert_int_equal(court.last.action, ACTION_BAN);
	judge_free(court.judge);
}

static void respond(struct court *court, uint64_t source, uint64_t account)
{
	const struct attempt attempt = {.time_ns = court->now_ns,
					.source = source,
					.outcome = OUTCOME_FAILURE,
					.ends = {.service = GP_SERVICE_IMAP},
					.account = account,
					.challenge = true};

	judge_attempt(court->judge, &attempt, court->now_ns);
}

static void a_stale_phone_with_cram_md5_is_left_alone_and_a_list_is_not(void **state)
{
	static const struct {
		uint64_t accounts;
		uint64_t every_ns;
		unsigned int decisions;
	} rows[] = {{1, 5 * NS_PER_MINUTE, 0}, {1, NS_PER_S, 1}, {12, 5 * NS_PER_S, 1}};
	struct rule rule = stuffing();

	(void)state;
	rule.window_ns = 6 * NS_PER_HOUR;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct court court = court_of(rule);

		open_court(&court);
		for (uint64_t n = 0; n < 288 && !court.decisions; n++) {
			respond(&court, ATTACKER, 1 + n % rows[i].accounts);
			court.now_ns += rows[i].every_ns;
		}
		assert_int_equal(court.decisions, rows[i].decisions);
		judge_free(court.judge);
	}
}

static void a_guess_that_hits_earns_nothing(void **state)
{
	struct court court = court_of(stuffing());
	struct source_record record;

	(void)state;
	open_court(&court);
	fail_times(&court, ATTACKER, SOURCE_GUESSES_MAX);
	succeed(&court, ATTACKER, 1);
	fail_times(&court, ATTACKER, 10);
	assert_int_equal(court.last.action, ACTION_BAN);
	assert_true(judge_source(court.judge, ATTACKER, court.now_ns, &record));
	assert_int_equal(record.successes, 1);
	assert_int_equal(record.last_success_ns, 0);
	judge_free(court.judge);
}

static void a_login_excuses_fifty_wrong_passwords_and_not_a_list(void **state)
{
	static const struct {
		unsigned int logins, wrong;
		enum action action;
	} rows[] = {{1, 49, ACTION_LIMIT}, {1, 50, ACTION_BAN}, {24, 1199, ACTION_LIMIT}, {24, 1200, ACTION_BAN}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rule rule = stuffing();
		struct court court;

		rule.threshold = rows[i].wrong;
		court = court_of(rule);
		court.settings.credit.per_success = 0;
		open_court(&court);
		for (unsigned int n = 0; n < rows[i].logins; n++)
			succeed(&court, SUBSCRIBER, 1);
		fail_times(&court, SUBSCRIBER, rows[i].wrong);
		assert_int_equal(court.decisions, 1);
		assert_int_equal(court.last.action, rows[i].action);
		judge_free(court.judge);
	}
}

/* The rule is full long before the fiftieth: it says limit, goes on counting, and says ban once. */
static void what_a_login_excused_is_judged_again_when_it_is_too_much(void **state)
{
	struct rule rule = stuffing();
	struct court court;

	(void)state;
	rule.threshold = 5;
	court = court_of(rule);
	court.settings.credit.per_success = 0;
	open_court(&court);
	succeed(&court, SUBSCRIBER, 1);
	fail_times(&court, SUBSCRIBER, 49);
	assert_int_equal(court.decisions, 1);
	assert_int_equal(court.last.action, ACTION_LIMIT);
	fail_times(&court, SUBSCRIBER, 10);
	assert_int_equal(court.decisions, 2);
	assert_int_equal(court.last.action, ACTION_BAN);
	fail_times(&court, SUBSCRIBER, 100);
	assert_int_equal(court.decisions, 2);
	judge_free(court.judge);
}

/* The day after the password database was down: everybody has failed, and then one after the other gets in. */
static void an_office_is_believed_again_at_its_second_login(void **state)
{
	struct court court = court_of(stuffing());
	struct source_record record;

	(void)state;
	open_court(&court);
	fail_times(&court, SUBSCRIBER, 500);
	succeed(&court, SUBSCRIBER, 1);
	assert_true(judge_source(court.judge, SUBSCRIBER, court.now_ns, &record));
	assert_int_equal(record.last_success_ns, 0);
	succeed(&court, SUBSCRIBER, 2);
	assert_true(judge_source(court.judge, SUBSCRIBER, court.now_ns, &record));
	assert_int_equal(record.last_success_ns, court.now_ns);
	judge_free(court.judge);
}

static void ten_strikes_are_not_out(void **state)
{
	struct court court = court_of(stuffing());
	struct source_record record;

	(void)state;
	open_court(&court);
	fail_times(&court, SUBSCRIBER, SOURCE_GUESSES_MAX - 1);
	succeed(&court, SUBSCRIBER, 1);
	assert_true(judge_source(court.judge, SUBSCRIBER, court.now_ns, &record));
	assert_int_equal(record.last_success_ns, court.now_ns);
	judge_free(court.judge);
}

static void attempts_of_unknown_outcome_are_not_failures(void **state)
{
	struct court court = court_of(stuffing());
	struct source_record record;

	(void)state;
	open_court(&court);
	for (uint64_t i = 0; i < 100; i++)
		attempt(&court, SUBSCRIBER, OUTCOME_UNKNOWN, 1, 100 + i);
	assert_int_equal(court.decisions, 0);
	assert_true(judge_source(court.judge, SUBSCRIBER, court.now_ns, &record));
	assert_int_equal(record.evidence, GP_E4_ATTEMPT);
	judge_free(court.judge);
}

static void a_shared_address_with_an_attacker_is_limited_not_banned(void **state)
{
	struct court court = court_of(stuffing());

	(void)state;
	open_court(&court);
	for (uint64_t user = 0; user < 1000; user++) {
		succeed(&court, SUBSCRIBER, 1000 + user);
		court.now_ns += NS_PER_S / 10;
	}
	fail_times(&court, SUBSCRIBER, 100);
	assert_int_equal(court.decisions, 1);
	assert_int_equal(court.last.wanted, ACTION_BAN);
	assert_int_equal(court.last.action, ACTION_LIMIT);
	assert_non_null(strstr(court.last.reason, "limit, not ban"));
	judge_free(court.judge);
}

static void a_success_long_enough_ago_does_not_help(void **state)
{
	struct court court = court_of(stuffing());

	(void)state;
	court.settings.credit.per_success = 0;
	open_court(&court);
	succeed(&court, ATTACKER, 1);
	court.now_ns += 10 * NS_PER_MINUTE; /* exactly: no longer in the last 10m */
	fail_times(&court, ATTACKER, 20);
	assert_int_equal(court.last.action, ACTION_BAN);
	judge_free(court.judge);
}

static void a_success_just_recent_enough_helps(void **state)
{
	struct court court = court_of(stuffing());

	(void)state;
	court.settings.credit.per_success = 0;
	open_court(&court);
	succeed(&court, ATTACKER, 1);
	court.now_ns += 10 * NS_PER_MINUTE - 1;
	fail_times(&court, ATTACKER, 20);
	assert_int_equal(court.last.action, ACTION_LIMIT);
	judge_free(court.judge);
}

static void credit_pays_for_failures_before_they_count(void **state)
{
	struct court court = court_of(stuffing());

	(void)state;
	open_court(&court);
	succeed(&court, SUBSCRIBER, 1);
	succeed(&court, SUBSCRIBER, 1); /* the same account again buys nothing */
	fail_times(&court, SUBSCRIBER, 5 + 19);
	assert_int_equal(court.decisions, 0);
	fail_times(&court, SUBSCRIBER, 1);
	assert_int_equal(court.decisions, 1);
	judge_free(court.judge);
}

static void credit_does_not_hide_failures_from_the_account(void **state)
{
	struct rule rule = {.name = "account",
			    .count = COUNT_FAILURES,
			    .per = PER_ACCOUNT,
			    .threshold = 3,
			    .window_ns = NS_PER_HOUR,
			    .action = ACTION_ALERT,
			    .for_ns = NS_PER_HOUR,
			    .at_most_ns = NS_PER_HOUR};
	struct court court = court_of(rule);

	(void)state;
	open_court(&court);
	succeed(&court, SUBSCRIBER, 1);
	fail_times(&court, SUBSCRIBER, 3);
	assert_int_equal(court.decisions, 1);
	assert_int_equal(court.last.action, ACTION_ALERT);
	assert_int_equal(court.last.target.bits, 0);
	judge_free(court.judge);
}

static void hydra_is_banned_at_its_twentieth_wrong_password(void **state)
{
	struct court court = court_of(stuffing());
	char text[ADDR_TEXT_BYTES];

	(void)state;
	open_court(&court);
	for (int i = 0; i < 19; i++) {
		wrong(&court, ATTACKER, 1);
		court.now_ns += NS_PER_S;
	}
	assert_int_equal(court.decisions, 0);
	wrong(&court, ATTACKER, 1);
	assert_int_equal(court.decisions, 1);
	assert_int_equal(court.last.action, ACTION_BAN);
	assert_int_equal(court.last.seen, 20);
	assert_int_equal(court.last.for_ns, NS_PER_HOUR);
	assert_int_equal(court.last.offences, 1);
	assert_int_equal(court.last.evidence, GP_E5_OUTCOME);
	assert_string_equal(prefix_text(&court.last.target, text), "203.0.113.1");
	assert_string_equal(court.last.reason, "20 failures in 10m from 203.0.113.1, 1 account");
	assert_int_equal(court.last.time_ns, court.now_ns);
	judge_free(court.judge);
}

static void the_window_is_exact(void **state)
{
	static const struct {
		uint64_t span_ns; /* from the first failure to the twentieth */
		unsigned int decisions;
	} rows[] = {{10 * NS_PER_MINUTE - 1, 1}, {10 * NS_PER_MINUTE, 0}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct court court = court_of(stuffing());

		open_court(&court);
		wrong(&court, ATTACKER, 1);
		court.now_ns += rows[i].span_ns;
		fail_times(&court, ATTACKER, 19);
		assert_int_equal(court.decisions, rows[i].decisions);
		assert_int_equal(judge_count(court.judge, 0, ATTACKER, court.now_ns), rows[i].decisions ? 0 : 19);
		judge_free(court.judge);
	}
}

static void sources_are_counted_apart(void **state)
{
	struct court court = court_of(stuffing());

	(void)state;
	open_court(&court);
	fail_times(&court, ATTACKER, 19);
	fail_times(&court, ATTACKER + 1, 19);
	assert_int_equal(court.decisions, 0);
	assert_int_equal(judge_count(court.judge, 0, ATTACKER, court.now_ns), 19);
	judge_free(court.judge);
}

static void accounts_are_counted_once_each(void **state)
{
	struct rule rule = stuffing();
	struct court court;

	(void)state;
	rule.count = COUNT_ACCOUNTS;
	rule.threshold = 8;
	court = court_of(rule);
	open_court(&court);
	for (int round = 0; round < 5; round++)
		for (uint64_t account = 1; account <= 7; account++)
			wrong(&court, ATTACKER, account);
	assert_int_equal(court.decisions, 0);
	wrong(&court, ATTACKER, 0); /* a name that was not seen is no account */
	assert_int_equal(court.decisions, 0);
	wrong(&court, ATTACKER, 8);
	assert_int_equal(court.decisions, 1);
	judge_free(court.judge);
}

static void a_spray_from_a_prefix_is_counted_together(void **state)
{
	static const struct {
		uint64_t first, step;
		const char *target;
	} rows[] = {
		{GP_SOURCE_V4 | 0xc6336400, 1, "198.51.100.0/24"},
		{0x20010db800010000, 1, "2001:db8:1::/56"},
	};
	struct rule rule = stuffing();

	(void)state;
	rule.per = PER_PREFIX;
	rule.v4_bits = 24;
	rule.v6_bits = 56;
	for (size_t i = 0; i < 2; i++) {
		struct court court = court_of(rule);
		char text[ADDR_TEXT_BYTES];

		open_court(&court);
		for (uint64_t n = 0; n < 20; n++)
			wrong(&court, rows[i].first + n * rows[i].step, n);
		assert_int_equal(court.decisions, 1);
		assert_string_equal(prefix_text(&court.last.target, text), rows[i].target);
		assert_int_equal(judge_count(court.judge, 0, rows[i].first + 200, court.now_ns), 0);
		judge_free(court.judge);
	}
}

static void a_neighbours_success_turns_a_prefix_ban_into_a_limit(void **state)
{
	struct rule rule = stuffing();
	struct court court;

	(void)state;
	rule.per = PER_PREFIX;
	rule.v4_bits = 24;
	rule.v6_bits = 48;
	court = court_of(rule);
	open_court(&court);
	succeed(&court, ATTACKER + 100, 1);
	for (uint64_t n = 0; n < 20; n++)
		wrong(&court, ATTACKER + n, n);
	assert_int_equal(court.decisions, 1);
	assert_int_equal(court.last.action, ACTION_LIMIT);
	judge_free(court.judge);
}

/* Its own hits do not excuse a site that guesses. */
static void a_hundred_wrong_passwords_of_a_site_need_more_than_one_login(void **state)
{
	(void)state;
	for (uint64_t logins = 1; logins <= 2; logins++) {
		struct rule rule = stuffing();
		struct court court;

		rule.per = PER_PREFIX;
		rule.v4_bits = 24;
		rule.v6_bits = 48;
		rule.threshold = 100;
		court = court_of(rule);
		court.settings.credit.per_success = 0;
		open_court(&court);
		for (uint64_t n = 0; n < logins; n++)
			succeed(&court, ATTACKER + 100 + n, 1);
		for (uint64_t n = 0; n < 100; n++)
			wrong(&court, ATTACKER + n % 20, n);
		assert_int_equal(court.decisions, 1);
		assert_int_equal(court.last.action, logins == 1 ? ACTION_BAN : ACTION_LIMIT);
		judge_free(court.judge);
	}
}

static void a_success_elsewhere_does_not_soften_a_prefix_ban(void **state)
{
	struct rule rule = stuffing();
	struct court court;

	(void)state;
	rule.per = PER_PREFIX;
	rule.v4_bits = 24;
	rule.v6_bits = 48;
	court = court_of(rule);
	open_court(&court);
	succeed(&court, SUBSCRIBER, 1);
	for (uint64_t n = 0; n < 20; n++)
		wrong(&court, ATTACKER + n, n);
	assert_int_equal(court.last.action, ACTION_BAN);
	judge_free(court.judge);
}

static void many_sources_on_one_account_alert(void **state)
{
	struct rule rule = {.name = "account",
			    .count = COUNT_SOURCES,
			    .per = PER_ACCOUNT,
			    .threshold = 10,
			    .window_ns = NS_PER_HOUR,
			    .action = ACTION_ALERT,
			    .for_ns = NS_PER_HOUR,
			    .at_most_ns = NS_PER_HOUR};
	struct court court = court_of(rule);

	(void)state;
	open_court(&court);
	for (uint64_t n = 0; n < 30; n++)
		wrong(&court, ATTACKER + n, 5);
	assert_int_equal(court.decisions, 1); /* and is silent for its hour */
	assert_int_equal(court.last.key, 5);
	judge_free(court.judge);
}

static void connections_and_handshakes_can_limit(void **state)
{
	static const struct fingerprint none;
	struct rule rule = stuffing();
	struct court court;

	(void)state;
	rule.action = ACTION_LIMIT;
	rule.unless_success_ns = 0;
	rule.count = COUNT_CONNECTIONS;
	court = court_of(rule);
	rule.count = COUNT_HANDSHAKES;
	strcpy(rule.name, "handshakes");
	add_rule(&court, rule);
	open_court(&court);
	for (int i = 0; i < 20; i++)
		judge_connection(court.judge, ATTACKER, GP_SERVICE_IMAPS, court.now_ns);
	assert_int_equal(court.decisions, 1);
	assert_int_equal(court.last.evidence, GP_E2_PROVEN);
	for (int i = 0; i < 20; i++)
		judge_handshake(court.judge, ATTACKER + 1, GP_SERVICE_IMAPS, &none, court.now_ns);
	assert_int_equal(court.decisions, 2);
	assert_int_equal(court.last.evidence, GP_E3_TALKED);
	judge_free(court.judge);
}

/* GnuTLS shuffles what it offers: the JA3 differs each time, the JA4 does not. */
static void a_client_that_shuffles_is_counted_by_its_ja4(void **state)
{
	struct rule rule = {.name = "shuffler",
			    .count = COUNT_HANDSHAKES,
			    .per = PER_JA3,
			    .threshold = 20,
			    .window_ns = NS_PER_HOUR,
			    .action = ACTION_ALERT,
			    .for_ns = NS_PER_HOUR,
			    .at_most_ns = NS_PER_HOUR};
	struct court court = court_of(rule);

	(void)state;
	strcpy(rule.name, "by-ja4");
	rule.per = PER_JA4;
	add_rule(&court, rule);
	open_court(&court);
	for (uint64_t n = 0; n < 20; n++) {
		const struct fingerprint fingerprint = {.ja3 = 100 + n, .ja4 = 5};

		judge_handshake(court.judge, ATTACKER + n, GP_SERVICE_IMAPS, &fingerprint, court.now_ns);
	}
	assert_int_equal(court.decisions, 1);
	assert_string_equal(court.last.rule->name, "by-ja4");
	assert_int_equal(court.last.key, 5);
	assert_int_equal(court.last.target.bits, 0);
	assert_string_equal(court.last.reason, "20 handshakes in 1h with one JA4");
	judge_free(court.judge);
}

static void an_attempt_carries_both_fingerprints(void **state)
{
	struct rule rule = {.name = "ja3",
			    .count = COUNT_FAILURES,
			    .per = PER_JA3,
			    .threshold = 2,
			    .window_ns = NS_PER_HOUR,
			    .action = ACTION_ALERT,
			    .for_ns = NS_PER_HOUR,
			    .at_most_ns = NS_PER_HOUR};
	struct court court = court_of(rule);

	(void)state;
	strcpy(rule.name, "ja4");
	rule.per = PER_JA4;
	rule.threshold = 3;
	add_rule(&court, rule);
	open_court(&court);
	fail_times(&court, ATTACKER, 2);
	assert_int_equal(court.last.key, 8);
	assert_string_equal(court.last.reason, "2 failures in 1h with one JA3");
	fail_times(&court, ATTACKER, 1);
	assert_int_equal(court.last.key, 9);
	judge_free(court.judge);
}

static void a_rule_counts_only_its_services(void **state)
{
	struct rule rule = stuffing();
	struct court court;

	(void)state;
	rule.services = 1u << GP_SERVICE_POP3;
	court = court_of(rule);
	open_court(&court);
	fail_times(&court, ATTACKER, 100);
	assert_int_equal(court.decisions, 0);
	judge_free(court.judge);
}

static void a_clock_that_steps_back_a_little_changes_nothing(void **state)
{
	struct court court = court_of(stuffing());

	(void)state;
	open_court(&court);
	for (int i = 0; i < 20; i++) {
		court.now_ns += i % 2 ? NS_PER_S : -(NS_PER_S / 2);
		wrong(&court, ATTACKER, 1);
	}
	assert_int_equal(court.decisions, 1);
	judge_free(court.judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mistyped_password_and_then_the_right_one_is_nothing),
		cmocka_unit_test(a_stale_phone_is_one_failure_ten_thousand_times),
		cmocka_unit_test(a_household_of_stale_phones_is_left_alone_too),
		cmocka_unit_test(a_wrong_password_is_new_again_when_it_is_forgotten),
		cmocka_unit_test(failures_without_a_visible_credential_all_count),
		cmocka_unit_test(a_stale_phone_with_cram_md5_is_left_alone_and_a_list_is_not),
		cmocka_unit_test(a_guess_that_hits_earns_nothing),
		cmocka_unit_test(a_login_excuses_fifty_wrong_passwords_and_not_a_list),
		cmocka_unit_test(what_a_login_excused_is_judged_again_when_it_is_too_much),
		cmocka_unit_test(an_office_is_believed_again_at_its_second_login),
		cmocka_unit_test(ten_strikes_are_not_out),
		cmocka_unit_test(attempts_of_unknown_outcome_are_not_failures),
		cmocka_unit_test(a_shared_address_with_an_attacker_is_limited_not_banned),
		cmocka_unit_test(a_success_long_enough_ago_does_not_help),
		cmocka_unit_test(a_success_just_recent_enough_helps),
		cmocka_unit_test(credit_pays_for_failures_before_they_count),
		cmocka_unit_test(credit_does_not_hide_failures_from_the_account),
		cmocka_unit_test(hydra_is_banned_at_its_twentieth_wrong_password),
		cmocka_unit_test(the_window_is_exact),
		cmocka_unit_test(sources_are_counted_apart),
		cmocka_unit_test(accounts_are_counted_once_each),
		cmocka_unit_test(a_spray_from_a_prefix_is_counted_together),
		cmocka_unit_test(a_neighbours_success_turns_a_prefix_ban_into_a_limit),
		cmocka_unit_test(a_hundred_wrong_passwords_of_a_site_need_more_than_one_login),
		cmocka_unit_test(a_success_elsewhere_does_not_soften_a_prefix_ban),
		cmocka_unit_test(many_sources_on_one_account_alert),
		cmocka_unit_test(connections_and_handshakes_can_limit),
		cmocka_unit_test(a_client_that_shuffles_is_counted_by_its_ja4),
		cmocka_unit_test(an_attempt_carries_both_fingerprints),
		cmocka_unit_test(a_rule_counts_only_its_services),
		cmocka_unit_test(a_clock_that_steps_back_a_little_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
