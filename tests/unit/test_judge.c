/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules in shadow, other rules over a reload, memory, answers. */
#include "tests/unit/court.h"

static void a_rule_in_shadow_counts_the_logins_it_would_have_hurt(void **state)
{
	struct rule rule = stuffing();
	struct rule_tally tally;
	struct court court;

	(void)state;
	rule.shadow = true;
	court = court_of(rule);
	open_court(&court);
	fail_times(&court, SUBSCRIBER, 20);
	assert_true(court.last.shadow);
	assert_int_equal(court.last.action, ACTION_BAN);
	succeed(&court, SUBSCRIBER, 1);
	succeed(&court, ATTACKER, 1);
	court.now_ns += NS_PER_HOUR; /* it would have ended */
	succeed(&court, SUBSCRIBER, 1);
	judge_rule_tally(court.judge, 0, &tally);
	assert_int_equal(tally.decisions, 1);
	assert_int_equal(tally.hurt, 1);
	judge_free(court.judge);
}

struct heard {
	uint32_t values;
	uint64_t key, value;
};

static void on_value(void *context, const struct rule *rule, uint64_t key, uint64_t value)
{
	struct heard *heard = context;

	assert_string_equal(rule->name, "spray");
	heard->values++;
	heard->key = key;
	heard->value = value;
}

static struct rule spray(void)
{
	struct rule rule = stuffing();

	strcpy(rule.name, "spray");
	rule.count = COUNT_ACCOUNTS;
	rule.threshold = 6;
	rule.fleet = true;
	return rule;
}

static void what_a_fleet_rule_counts_is_told_and_what_the_fleet_has_seen_decides(void **state)
{
	struct court court = court_of(spray());
	struct heard heard = {0};

	(void)state;
	open_court(&court);
	judge_on_fleet_value(court.judge, on_value, &heard);
	wrong(&court, ATTACKER, 41);
	wrong(&court, ATTACKER, 42);
	assert_int_equal(heard.values, 2);
	assert_int_equal(heard.key, ATTACKER);
	assert_int_equal(heard.value, 42);
	judge_fleet_count(court.judge, "spray", ATTACKER, 5, court.now_ns);
	judge_fleet_count(court.judge, "spray", SUBSCRIBER, 50, court.now_ns); /* has done nothing here */
	judge_fleet_count(court.judge, "stuffing", ATTACKER, 50, court.now_ns); /* no such rule */
	assert_int_equal(court.decisions, 0);
	judge_fleet_count(court.judge, "spray", ATTACKER, 6, court.now_ns);
	assert_int_equal(court.decisions, 1);
	assert_int_equal(court.last.action, ACTION_BAN);
	assert_int_equal(court.last.target.source, ATTACKER);
	assert_non_null(strstr(court.last.reason, "6 fleet accounts"));
	judge_fleet_count(court.judge, "spray", ATTACKER, 7, court.now_ns); /* said already */
	assert_int_equal(court.decisions, 1);
	judge_free(court.judge);
}

static void sources_of_an_account_and_of_a_fingerprint_are_counted_over_the_fleet(void **state)
{
	static const struct {
		enum per per;
		uint64_t key;
	} row[] = {{PER_ACCOUNT, 41}, {PER_JA3, 8}, {PER_JA4, 9}};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rule rule = spray();
		struct heard heard = {0};
		struct court court;

		rule.count = COUNT_SOURCES;
		rule.per = row[i].per;
		rule.action = ACTION_ALERT;
		rule.unless_success_ns = 0;
		court = court_of(rule);
		open_court(&court);
		judge_on_fleet_value(court.judge, on_value, &heard);
		wrong(&court, ATTACKER, 41);
		assert_int_equal(heard.key, row[i].key);
		assert_int_equal(heard.value, ATTACKER);
		judge_fleet_count(court.judge, "spray", row[i].key, 6, court.now_ns);
		assert_int_equal(court.decisions, 1);
		assert_int_equal(court.last.key, row[i].key);
		assert_int_equal(court.last.target.bits, 0); /* it has no address to ban */
		judge_free(court.judge);
	}
}

static void a_fleet_rule_counts_alone_as_well(void **state)
{
	struct court court = court_of(spray());

	(void)state;
	open_court(&court);
	for (uint64_t account = 1; account <= 6; account++)
		wrong(&court, ATTACKER, account);
	assert_int_equal(court.decisions, 1);
	judge_free(court.judge);
}

static void a_rule_can_count_what_credit_pays_for(void **state)
{
	struct rule rule = stuffing();
	struct court court;

	(void)state;
	rule.threshold = 4;
	rule.action = ACTION_LIMIT;
	rule.unless_success_ns = 0;
	for (int i = 0; i < 2; i++) {
		rule.despite_credit = i;
		court = court_of(rule);
		open_court(&court);
		judge_success_elsewhere(court.judge, SUBSCRIBER, court.now_ns);
		fail_times(&court, SUBSCRIBER, 3);
		assert_int_equal(court.decisions, 0);
		fail_times(&court, SUBSCRIBER, 1);
		assert_int_equal(court.decisions, i);
		judge_free(court.judge);
	}
}

static void a_login_at_another_edge_is_one_account_of_credit_and_spares_the_ban(void **state)
{
	struct court court = court_of(stuffing());
	struct source_record record;

	(void)state;
	open_court(&court);
	judge_success_elsewhere(court.judge, SUBSCRIBER, court.now_ns - NS_PER_MINUTE);
	judge_success_elsewhere(court.judge, SUBSCRIBER, court.now_ns); /* bought once */
	assert_true(judge_source(court.judge, SUBSCRIBER, court.now_ns, &record));
	assert_true(record.credit > 4.9 && record.credit < 5.1);
	fail_times(&court, SUBSCRIBER, 23); /* four of the credit, as a little of it has decayed */
	assert_int_equal(court.decisions, 0);
	fail_times(&court, SUBSCRIBER, 1);
	assert_int_equal(court.last.wanted, ACTION_BAN);
	assert_int_equal(court.last.action, ACTION_LIMIT);
	judge_free(court.judge);
}

static void a_rule_in_shadow_moves_nobody_up_the_ladder(void **state)
{
	struct court court = court_of(stuffing());
	struct rule shadow = stuffing();

	(void)state;
	strcpy(shadow.name, "shadow");
	shadow.threshold = 10;
	shadow.shadow = true;
	add_rule(&court, shadow);
	open_court(&court);
	fail_times(&court, ATTACKER, 20);
	assert_int_equal(court.decisions, 2);
	assert_false(court.last.shadow);
	assert_int_equal(court.last.offences, 1);
	judge_free(court.judge);
}

static void a_reload_keeps_the_counts_of_rules_that_count_the_same(void **state)
{
	struct court court = court_of(stuffing());
	struct ruleset changed = {.count = 2, .rule = {stuffing(), stuffing()}};

	(void)state;
	open_court(&court);
	fail_times(&court, ATTACKER, 19);
	strcpy(changed.rule[0].name, "new");
	changed.rule[1].for_ns = 2 * NS_PER_HOUR;
	changed.rule[1].shadow = true;
	assert_int_equal(judge_reload(court.judge, &changed, NULL), 0);
	assert_int_equal(judge_count(court.judge, 0, ATTACKER, court.now_ns), 0);
	assert_int_equal(judge_count(court.judge, 1, ATTACKER, court.now_ns), 19);
	fail_times(&court, ATTACKER, 1);
	assert_int_equal(court.decisions, 1);
	assert_int_equal(court.last.for_ns, 2 * NS_PER_HOUR);
	assert_ptr_equal(court.last.rule, &judge_ruleset(court.judge)->rule[1]);
	judge_free(court.judge);
}

static void a_reload_that_counts_otherwise_starts_anew(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct court court = court_of(stuffing());
		struct ruleset changed = {.count = 1, .rule = {stuffing()}};
		struct rule *rule = &changed.rule[0];

		open_court(&court);
		fail_times(&court, ATTACKER, 15);
		rule->window_ns += i == 0;
		rule->threshold += i == 1;
		rule->services = i == 2 ? 1u << GP_SERVICE_IMAP : 0;
		rule->count = i == 3 ? COUNT_ACCOUNTS : COUNT_FAILURES;
		rule->name[0] = i == 4 ? 'S' : 's';
		assert_int_equal(judge_reload(court.judge, &changed, NULL), 0);
		assert_int_equal(judge_count(court.judge, 0, ATTACKER, court.now_ns), 0);
		judge_free(court.judge);
	}
}

static void a_reload_with_a_broken_rule_keeps_the_old_ones(void **state)
{
	struct court court = court_of(stuffing());
	struct ruleset broken = {.count = 1, .rule = {stuffing()}};
	struct fault fault = {.text = ""};

	(void)state;
	open_court(&court);
	fail_times(&court, ATTACKER, 19);
	broken.rule[0].count = COUNT_CONNECTIONS;
	assert_int_not_equal(judge_reload(court.judge, &broken, &fault), 0);
	assert_non_null(strstr(fault.text, "never ban"));
	fail_times(&court, ATTACKER, 1);
	assert_int_equal(court.decisions, 1);
	judge_free(court.judge);
}

static void memory_is_bounded_and_the_quiet_are_forgotten_first(void **state)
{
	struct court court = court_of(stuffing());
	struct rule_tally tally;

	(void)state;
	open_court(&court);
	for (uint64_t n = 0; n < 1000; n++)
		wrong(&court, ATTACKER + n, 1);
	judge_rule_tally(court.judge, 0, &tally);
	assert_int_equal(tally.keys, 64);
	assert_int_equal(tally.evictions, 1000 - 64);
	assert_int_equal(judge_count(court.judge, 0, ATTACKER + 999, court.now_ns), 1);
	assert_int_equal(judge_count(court.judge, 0, ATTACKER, court.now_ns), 0);
	judge_free(court.judge);
}

static void failures_do_not_wash_out_who_logged_in(void **state)
{
	struct court court = court_of(stuffing());
	struct source_record record;

	(void)state;
	open_court(&court);
	succeed(&court, SUBSCRIBER, 1);
	for (uint64_t n = 0; n < 1000; n++)
		wrong(&court, ATTACKER + n, 1);
	assert_true(judge_source(court.judge, SUBSCRIBER, court.now_ns, &record));
	assert_int_equal(record.last_success_ns, court.now_ns);
	assert_true(record.credit == 5);
	judge_free(court.judge);
}

static void a_source_never_seen_is_unknown(void **state)
{
	struct court court = court_of(stuffing());
	struct source_record record;

	(void)state;
	open_court(&court);
	assert_false(judge_source(court.judge, SUBSCRIBER, court.now_ns, &record));
	judge_free(court.judge);
}

static void the_judge_says_how_much_memory_it_wants(void **state)
{
	struct court court = court_of(stuffing());
	uint64_t one = judge_memory_bytes(&court.settings, &court.ruleset), two;

	(void)state;
	add_rule(&court, stuffing());
	two = judge_memory_bytes(&court.settings, &court.ruleset);
	assert_true(two - one > 64 * 20 * sizeof(uint64_t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_in_shadow_counts_the_logins_it_would_have_hurt),
		cmocka_unit_test(what_a_fleet_rule_counts_is_told_and_what_the_fleet_has_seen_decides),
		cmocka_unit_test(sources_of_an_account_and_of_a_fingerprint_are_counted_over_the_fleet),
		cmocka_unit_test(a_fleet_rule_counts_alone_as_well),
		cmocka_unit_test(a_rule_can_count_what_credit_pays_for),
		cmocka_unit_test(a_login_at_another_edge_is_one_account_of_credit_and_spares_the_ban),
		cmocka_unit_test(a_rule_in_shadow_moves_nobody_up_the_ladder),
		cmocka_unit_test(a_reload_keeps_the_counts_of_rules_that_count_the_same),
		cmocka_unit_test(a_reload_that_counts_otherwise_starts_anew),
		cmocka_unit_test(a_reload_with_a_broken_rule_keeps_the_old_ones),
		cmocka_unit_test(memory_is_bounded_and_the_quiet_are_forgotten_first),
		cmocka_unit_test(failures_do_not_wash_out_who_logged_in),
		cmocka_unit_test(a_source_never_seen_is_unknown),
		cmocka_unit_test(the_judge_says_how_much_memory_it_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
