/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections that are open at the same time, and the rules that count them. */
#include "tests/unit/court.h"

#define HELD 64

static struct rule held(enum count count)
{
	return (struct rule){.name = "held",
			     .count = count,
			     .per = PER_SOURCE,
			     .threshold = 20,
			     .window_ns = 30 * NS_PER_S,
			     .action = ACTION_LIMIT,
			     .for_ns = 10 * NS_PER_MINUTE,
			     .at_most_ns = NS_PER_HOUR};
}

static struct court court_of_open(struct rule rule)
{
	struct court court = court_of(rule);

	court.settings.open_max = HELD;
	return court;
}

static void hold(struct court *court, struct standing *standing, uint64_t source, int from, int to)
{
	for (int i = from; i < to; i++)
		judge_opened(court->judge, &standing[i], source, GP_SERVICE_IMAP, court->now_ns);
}

static void let_go(struct court *court, struct standing *standing, int from, int to)
{
	for (int i = from; i < to; i++)
		judge_closed(court->judge, &standing[i], court->now_ns);
}

static void wait_for(struct court *court, uint64_t ns)
{
	court->now_ns += ns;
	judge_tick(court->judge, court->now_ns);
}

static uint32_t counted(const struct court *court, uint64_t source)
{
	return judge_count(court->judge, 0, source, court->now_ns);
}

static void held_long_enough_by_one_source_is_a_limit(void **state)
{
	struct court court = court_of_open(held(COUNT_OPEN));
	struct standing standing[HELD] = {0};

	(void)state;
	open_court(&court);
	hold(&court, standing, ATTACKER, 0, 20);
	hold(&court, standing, SUBSCRIBER, 20, 39);
	wait_for(&court, 30 * NS_PER_S - 1);
	assert_int_equal(court.decisions, 0);
	assert_int_equal(counted(&court, ATTACKER), 0);
	wait_for(&court, 1);
	assert_int_equal(court.decisions, 1);
	assert_int_equal(court.last.action, ACTION_LIMIT);
	assert_int_equal(court.last.evidence, GP_E2_PROVEN);
	assert_int_equal(court.last.target.source, ATTACKER);
	assert_string_equal(court.last.reason, "20 connections open for 30s from 203.0.113.1");
	assert_int_equal(counted(&court, SUBSCRIBER), 19);
	judge_free(court.judge);
}

static void what_comes_and_goes_is_never_counted(void **state)
{
	struct court court = court_of_open(held(COUNT_OPEN));
	struct standing standing[HELD] = {0};

	(void)state;
	open_court(&court);
	for (int turn = 0; turn < 100; turn++) {
		hold(&court, standing, ATTACKER, 0, 40);
		wait_for(&court, 30 * NS_PER_S - 1);
		let_go(&court, standing, 0, 40);
	}
	assert_int_equal(court.decisions, 0);
	assert_int_equal(judge_open_count(court.judge), 0);
	judge_free(court.judge);
}

static void the_count_is_what_is_open_whichever_ends(void **state)
{
	struct court court = court_of_open(held(COUNT_OPEN));
	struct standing standing[HELD] = {0};
	bool open[HELD] = {0};
	uint64_t since[HELD] = {0};
	unsigned int random = 1;

	(void)state;
	court.ruleset.rule[0].threshold = HELD + 1;
	open_court(&court);
	for (int step = 0; step < 20000; step++) {
		int at = (int)((random = random * 1103515245 + 12345) >> 16) % HELD;
		uint32_t old = 0;

		if (open[at])
			let_go(&court, standing, at, at + 1);
		else
			hold(&court, standing, ATTACKER, at, at + 1);
		open[at] = !open[at];
		since[at] = court.now_ns;
		wait_for(&court, NS_PER_S);
		for (int i = 0; i < HELD; i++)
			old += open[i] && court.now_ns - since[i] >= 30 * NS_PER_S;
		assert_int_equal(counted(&court, ATTACKER), old);
	}
	judge_free(court.judge);
}

static void who_has_logged_in_does_not_wait(void **state)
{
	struct court court = court_of_open(held(COUNT_WAITING));
	struct standing standing[HELD] = {0};

	(void)state;
	open_court(&court);
	hold(&court, standing, ATTACKER, 0, 40);
	for (int i = 0; i < 11; i++)
		judge_settled(court.judge, &standing[i], court.now_ns);
	wait_for(&court, 10 * NS_PER_S);
	for (int i = 11; i < 21; i++)
		judge_settled(court.judge, &standing[i], court.now_ns);
	wait_for(&court, 20 * NS_PER_S);
	assert_int_equal(counted(&court, ATTACKER), 19);
	for (int i = 21; i < 30; i++)
		judge_settled(court.judge, &standing[i], court.now_ns);
	assert_int_equal(counted(&court, ATTACKER), 10);
	let_go(&court, standing, 0, 40);
	assert_int_equal(counted(&court, ATTACKER), 0);
	assert_int_equal(court.decisions, 0);
	judge_free(court.judge);
}

static void said_twice_is_counted_once(void **state)
{
	struct court court = court_of_open(held(COUNT_OPEN));
	struct standing standing[HELD] = {0};

	(void)state;
	open_court(&court);
	hold(&court, standing, ATTACKER, 0, 3);
	hold(&court, standing, ATTACKER, 0, 3);
	wait_for(&court, NS_PER_MINUTE);
	assert_int_equal(counted(&court, ATTACKER), 3);
	let_go(&court, standing, 0, 3);
	let_go(&court, standing, 0, 3);
	judge_settled(court.judge, &standing[0], court.now_ns);
	assert_int_equal(counted(&court, ATTACKER), 0);
	assert_int_equal(judge_open_count(court.judge), 0);
	judge_free(court.judge);
}

/* What is held stays held; the rule is silent while its limit lasts and speaks up at the next one after that. */
static void one_decision_a_limit_however_many_are_held(void **state)
{
	struct court court = court_of_open(held(COUNT_OPEN));
	struct standing standing[HELD] = {0};

	(void)state;
	open_court(&court);
	for (int i = 0; i < 40; i++) {
		hold(&court, standing, ATTACKER, i, i + 1);
		wait_for(&court, 2 * NS_PER_S);
	}
	wait_for(&court, 11 * NS_PER_MINUTE);
	assert_int_equal(court.decisions, 2);
	assert_int_equal(court.last.offences, 2);
	assert_int_equal(counted(&court, ATTACKER), 40);
	judge_free(court.judge);
}

/* A limit on a /24 where sixteen have logged in is more than the guardrail lets through. */
static void in_shadow_and_held_back_it_does_not_fill_the_log(void **state)
{
	struct rule rule = held(COUNT_OPEN);

	(void)state;
	rule.per = PER_PREFIX;
	rule.v4_bits = 24;
	rule.v6_bits = 48;
	for (int shadow = 0; shadow < 2; shadow++) {
		struct standing standing[HELD] = {0};
		struct court court;

		rule.shadow = shadow;
		court = court_of_open(rule);
		court.settings.guardrail.successful_share_ppm = 1;
		open_court(&court);
		for (uint64_t i = 0; i < 16; i++)
			succeed(&court, ATTACKER + i, i);
		hold(&court, standing, ATTACKER, 0, 40);
		wait_for(&court, 30 * NS_PER_S);
		hold(&court, standing, ATTACKER, 40, 60);
		wait_for(&court, 29 * NS_PER_S);
		assert_int_equal(court.decisions, 1);
		assert_int_equal(court.last.action, shadow ? ACTION_LIMIT : ACTION_OBSERVE);
		judge_free(court.judge);
	}
}

static void a_reload_counts_again_what_is_open(void **state)
{
	struct court court = court_of_open(held(COUNT_OPEN));
	struct standing standing[HELD] = {0};
	struct ruleset other = court.ruleset;

	(void)state;
	open_court(&court);
	hold(&court, standing, ATTACKER, 0, 10);
	wait_for(&court, 30 * NS_PER_S);
	assert_int_equal(counted(&court, ATTACKER), 10);
	other.rule[1] = held(COUNT_WAITING);
	strcpy(other.rule[1].name, "first");
	other.rule[0] = other.rule[1];
	other.rule[1] = court.ruleset.rule[0];
	other.count = 2;
	assert_int_equal(judge_reload(court.judge, &other, NULL), 0);
	wait_for(&court, 0);
	assert_int_equal(judge_count(court.judge, 0, ATTACKER, court.now_ns), 10);
	assert_int_equal(judge_count(court.judge, 1, ATTACKER, court.now_ns), 10);
	let_go(&court, standing, 0, 4);
	assert_int_equal(judge_count(court.judge, 0, ATTACKER, court.now_ns), 6);
	assert_int_equal(judge_count(court.judge, 1, ATTACKER, court.now_ns), 6);
	other.rule[1].threshold = 6;
	assert_int_equal(judge_reload(court.judge, &other, NULL), 0);
	wait_for(&court, 0);
	assert_int_equal(court.decisions, 1);
	judge_free(court.judge);
}

static void forgiven_connections_are_not_counted_again(void **state)
{
	struct court court = court_of_open(held(COUNT_OPEN));
	struct standing standing[HELD] = {0};
	const struct prefix target = prefix_of_source(ATTACKER);

	(void)state;
	open_court(&court);
	hold(&court, standing, ATTACKER, 0, 20);
	wait_for(&court, 30 * NS_PER_S);
	assert_int_equal(court.decisions, 1);
	judge_forgive(court.judge, &target);
	assert_int_equal(counted(&court, ATTACKER), 0);
	hold(&court, standing, ATTACKER, 20, 39);
	wait_for(&court, 30 * NS_PER_S);
	let_go(&court, standing, 0, 20); /* none of these takes one of the others with it */
	assert_int_equal(counted(&court, ATTACKER), 19);
	assert_int_equal(court.decisions, 1);
	judge_free(court.judge);
}

/* Each of as many connections as there may be has a source of its own, and long before that others were decided on. */
static void no_key_with_something_open_is_ever_forgotten(void **state)
{
	struct rule rule = held(COUNT_OPEN);
	struct court court;
	struct standing standing[HELD] = {0};

	(void)state;
	rule.threshold = 1;
	rule.action = ACTION_ALERT;
	rule.for_ns = rule.at_most_ns = NS_PER_DAY;
	court = court_of_open(rule);
	open_court(&court);
	hold(&court, standing, SUBSCRIBER, 0, 1);
	wait_for(&court, 30 * NS_PER_S);
	for (uint64_t source = 0; source < 1000; source++) {
		hold(&court, standing, ATTACKER + source, 1, 2);
		wait_for(&court, 30 * NS_PER_S);
		let_go(&court, standing, 1, 2);
		assert_int_equal(counted(&court, SUBSCRIBER), 1);
	}
	for (int i = 1; i < HELD; i++)
		hold(&court, standing, ATTACKER + 2000 + (uint64_t)i, i, i + 1);
	wait_for(&court, 30 * NS_PER_S);
	assert_int_equal(counted(&court, SUBSCRIBER), 1);
	for (int i = 1; i < HELD; i++)
		assert_int_equal(counted(&court, ATTACKER + 2000 + (uint64_t)i), 1);
	judge_free(court.judge);
}

static void more_than_there_is_room_for_are_not_counted(void **state)
{
	struct court court = court_of_open(held(COUNT_OPEN));
	struct standing standing[HELD] = {0}, beyond = {0};

	(void)state;
	open_court(&court);
	hold(&court, standing, SUBSCRIBER, 0, HELD);
	judge_opened(court.judge, &beyond, SUBSCRIBER, GP_SERVICE_IMAP, court.now_ns);
	assert_false(beyond.open);
	judge_closed(court.judge, &beyond, court.now_ns);
	assert_int_equal(judge_open_count(court.judge), HELD);
	judge_free(court.judge);
}

static void a_prefix_is_counted_as_one(void **state)
{
	struct rule rule = held(COUNT_OPEN);
	struct court court;
	struct standing standing[HELD] = {0};

	(void)state;
	rule.per = PER_PREFIX;
	rule.v4_bits = 24;
	rule.v6_bits = 48;
	rule.services = 1u << GP_SERVICE_IMAP;
	court = court_of_open(rule);
	open_court(&court);
	for (int i = 0; i < 20; i++)
		hold(&court, standing, ATTACKER + (uint64_t)i, i, i + 1);
	judge_opened(court.judge, &standing[20], ATTACKER, GP_SERVICE_POP3, court.now_ns); /* not of these services */
	wait_for(&court, 30 * NS_PER_S);
	assert_int_equal(court.decisions, 1);
	assert_int_equal(court.last.seen, 20);
	assert_int_equal(court.last.target.bits, GP_V4_BITS + 24);
	judge_free(court.judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held_long_enough_by_one_source_is_a_limit),
		cmocka_unit_test(what_comes_and_goes_is_never_counted),
		cmocka_unit_test(the_count_is_what_is_open_whichever_ends),
		cmocka_unit_test(who_has_logged_in_does_not_wait),
		cmocka_unit_test(said_twice_is_counted_once),
		cmocka_unit_test(one_decision_a_limit_however_many_are_held),
		cmocka_unit_test(in_shadow_and_held_back_it_does_not_fill_the_log),
		cmocka_unit_test(a_reload_counts_again_what_is_open),
		cmocka_unit_test(forgiven_connections_are_not_counted_again),
		cmocka_unit_test(no_key_with_something_open_is_ever_forgotten),
		cmocka_unit_test(more_than_there_is_room_for_are_not_counted),
		cmocka_unit_test(a_prefix_is_counted_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
