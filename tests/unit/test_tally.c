/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/core/duration.h"
#include "user/results/tally.h"

#define START (1700000000 * NS_PER_S)

static const struct ruleset rules = {
	.count = 3,
	.rule = {{.name = "guessing", .per = PER_SOURCE},
		 {.name = "spray", .per = PER_PREFIX, .v4_bits = 24, .v6_bits = 64},
		 {.name = "spray-too", .per = PER_PREFIX, .v4_bits = 24, .v6_bits = 64}},
};

struct world {
	struct tally *tally;
	struct replay_listener to;
	struct tally_ban last;
	unsigned int bans;
};

static void on_ban(void *context, const struct tally_ban *ban)
{
	struct world *world = context;

	world->last = *ban;
	world->bans++;
}

static struct world *open_world(uint32_t targets)
{
	static struct world world;

	memset(&world, 0, sizeof(world));
	assert_int_equal(tally_new(&world.tally, targets, &rules, true, on_ban, &world), 0);
	world.to = tally_listener(world.tally);
	return &world;
}

static uint64_t source(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix.source;
}

static void attempt(struct world *world, const char *from, enum outcome outcome, uint64_t second)
{
	const struct attempt attempt = {.source = source(from), .outcome = outcome};

	world->to.attempt(world->to.context, &attempt, START + second * NS_PER_S);
}

static void decide(struct world *world, const char *target, size_t rule, enum action action, uint64_t second)
{
	struct decision decision = {.rule = &rules.rule[rule], .action = action, .offences = 1};
	const struct ban ban = {.shadow = false};

	assert_int_equal(prefix_parse(target, &decision.target), 0);
	world->to.decision(world->to.context, &decision, &ban, START + second * NS_PER_S);
}

static void a_ban_is_counted_from_the_first_attempt(void **state)
{
	struct world *world = open_world(100);

	(void)state;
	for (uint64_t second = 1; second <= 20; second++)
		attempt(world, "192.0.2.7", OUTCOME_FAILURE, second);
	decide(world, "192.0.2.7", 0, ACTION_BAN, 20);
	assert_int_equal(world->bans, 1);
	assert_int_equal(world->last.first_ns, START + NS_PER_S);
	assert_int_equal(world->last.attempts, 20);
	assert_true(world->last.in_force);
	tally_free(world->tally);
}

static void a_prefix_is_counted_as_one(void **state)
{
	struct world *world = open_world(100);

	(void)state;
	attempt(world, "192.0.2.7", OUTCOME_FAILURE, 5);
	attempt(world, "192.0.2.8", OUTCOME_SUCCESS, 6);
	attempt(world, "198.51.100.1", OUTCOME_FAILURE, 1);
	decide(world, "192.0.2.0/24", 1, ACTION_LIMIT, 9);
	assert_int_equal(world->last.first_ns, START + 5 * NS_PER_S);
	assert_int_equal(world->last.attempts, 2);
	assert_string_equal(tally_decided(world->tally, source("192.0.2.8"))->rule, "spray");
	assert_null(tally_decided(world->tally, source("198.51.100.1")));
	tally_free(world->tally);
}

static void an_ipv6_source_that_is_its_own_prefix_counts_once(void **state)
{
	struct world *world = open_world(100);

	(void)state;
	attempt(world, "2001:db8:1:2::7", OUTCOME_FAILURE, 1);
	decide(world, "2001:db8:1:2::/64", 1, ACTION_BAN, 2);
	assert_int_equal(world->last.attempts, 1);
	assert_int_equal(tally_sources(world->tally), 1);
	tally_free(world->tally);
}

static void what_is_only_observed_is_no_ban(void **state)
{
	struct world *world = open_world(100);

	(void)state;
	decide(world, "192.0.2.7", 0, ACTION_OBSERVE, 1);
	decide(world, "192.0.2.7", 0, ACTION_ALERT, 1);
	assert_int_equal(world->bans, 0);
	decide(world, "192.0.2.7", 0, ACTION_BAN, 1);
	assert_int_equal(world->last.first_ns, 0);
	tally_free(world->tally);
}

static void the_top_is_who_failed_most(void **state)
{
	struct world *world = open_world(100);
	const struct tally_target *top[3];

	(void)state;
	attempt(world, "192.0.2.1", OUTCOME_FAILURE, 1);
	attempt(world, "192.0.2.2", OUTCOME_SUCCESS, 1);
	attempt(world, "192.0.2.3", OUTCOME_FAILURE, 1);
	attempt(world, "192.0.2.3", OUTCOME_FAILURE, 2);
	attempt(world, "192.0.2.4", OUTCOME_FAILURE, 1);
	attempt(world, "192.0.2.4", OUTCOME_UNKNOWN, 1);
	assert_int_equal(tally_top(world->tally, top, 3), 3);
	assert_true(top[0]->target.source == source("192.0.2.3"));
	assert_true(top[1]->target.source == source("192.0.2.4"));
	assert_true(top[2]->target.source == source("192.0.2.1"));
	assert_int_equal(tally_top(world->tally, top, 0), 0);
	assert_int_equal(tally_sources(world->tally), 4);
	tally_free(world->tally);
}

static void who_does_not_fit_is_counted_as_forgotten(void **state)
{
	struct world *world = open_world(4);
	char text[16];

	(void)state;
	for (int i = 0; i < 10; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", i);
		attempt(world, text, OUTCOME_FAILURE, 1);
	}
	assert_true(tally_forgotten(world->tally) >= 6);
	assert_true(tally_sources(world->tally) <= 4);
	tally_free(world->tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ban_is_counted_from_the_first_attempt),
		cmocka_unit_test(a_prefix_is_counted_as_one),
		cmocka_unit_test(an_ipv6_source_that_is_its_own_prefix_counts_once),
		cmocka_unit_test(what_is_only_observed_is_no_ban),
		cmocka_unit_test(the_top_is_who_failed_most),
		cmocka_unit_test(who_does_not_fit_is_counted_as_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
