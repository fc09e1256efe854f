/* SPDX-License-Identifier: BSD-2-Clause */
/* The synthetic month on a small scale (two thousand subscribers, the attacks to match): the bar of `make month` holds,
 * and the default rules stop what they are for. The shares are those of the full month, generously rounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bench/month/course.h"
#include "user/core/duration.h"
#include "user/synth/world.h"

#define SCENARIO "bench/month/month.scenario"
#define SCALE_PPM 2000
#define TEXT_BYTES 65536
#define OBSERVE_NS (2 * NS_PER_DAY)

struct month {
	struct scenario *scenario;
	struct world *world;
	struct guard *guard[2]; /* gatepost, CrowdSec */
	struct balance *balance;
	struct course *course;
};

static struct scenario *small_scenario(void)
{
	char *text = calloc(1, TEXT_BYTES);
	FILE *file = fopen(SCENARIO, "r");
	struct fault fault = {.text = ""};
	struct scenario *scenario;

	assert_non_null(text);
	assert_non_null(file);
	assert_in_range(fread(text, 1, TEXT_BYTES, file), 1, TEXT_BYTES - 1);
	if (scenario_read(&scenario, SCENARIO, text, &fault) || scenario_scale(scenario, SCALE_PPM, &fault))
		fail_msg("%s", fault.text);
	fclose(file);
	free(text);
	return scenario;
}

static void on_ban(void *context, unsigned index, uint64_t source, uint64_t from_ns, bool limit)
{
	const struct month *month = context;

	if (from_ns >= month->scenario->begins_ns + OBSERVE_NS)
		balance_ban(month->balance, index, source, from_ns, limit);
}

static int month_run(void **state)
{
	struct month *month = calloc(1, sizeof(*month));
	struct synth_connection connection;
	struct fault fault = {.text = ""};

	month->scenario = small_scenario();
	assert_int_equal(world_new(&month->world, month->scenario, 1, &fault), 0);
	assert_int_equal(balance_new(&month->balance, 2, 1 << 16), 0);
	assert_int_equal(guard_gatepost_new(&month->guard[0], "gatepost", NULL, &fault), 0);
	assert_int_equal(peer_crowdsec_new(&month->guard[1], &crowdsec_default, 1 << 16), 0);
	for (unsigned i = 0; i < 2; i++)
		month->guard[i]->listener = (struct guard_listener){.on_ban = on_ban, .context = month, .index = i};
	assert_int_equal(
		course_new(&month->course, month->guard, 2, month->balance, month->scenario->begins_ns + OBSERVE_NS),
		0);
	while (world_next(month->world, &connection) == 1)
		assert_int_equal(course_connection(month->course, &connection, connection.attack ? connection.actor : 0,
						   2 * NS_PER_S),
				 0);
	course_finish(month->course);
	*state = month;
	return 0;
}

static int month_free(void **state)
{
	struct month *month = *state;

	course_free(month->course);
	for (unsigned i = 0; i < 2; i++)
		month->guard[i]->kind->free(month->guard[i]);
	balance_free(month->balance);
	world_free(month->world);
	scenario_free(month->scenario);
	free(month);
	return 0;
}

static void nobody_who_logs_in_is_banned_without_an_attack(void **state)
{
	const struct month *month = *state;
	struct balance_subscribers subscribers;

	balance_subscribers(month->balance, 0, &subscribers);
	assert_in_range(subscribers.sources, 500, 2000);
	assert_in_range(subscribers.logins, 50000, 500000);
	assert_int_equal(subscribers.banned, subscribers.banned_shared);
}

static double through_percent(const struct month *month, const char *name, unsigned index)
{
	struct balance_family family;

	for (unsigned i = 0; i < month->scenario->actors; i++) {
		if (strcmp(month->scenario->actor[i].name, name))
			continue;
		assert_int_equal(balance_family(month->balance, i, index, &family), 0);
		assert_true(family.attempts > 0);
		return 100 * (double)family.through / (double)family.attempts;
	}
	fail_msg("there is no attack '%s'", name);
	return 0;
}

static void each_family_is_stopped_as_well_as_it_can_be(void **state)
{
	static const struct {
		const char *family;
		double at_most;
	} rows[] = {{"patient machine", 10}, {"held open", 10},     {"guessing", 10}, {"slow", 10},
		    {"very slow", 15},       {"ipv6 in a /64", 10}, {"botnet 20", 70}};
	const struct month *month = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const double percent = through_percent(month, rows[i].family, 0);

		if (percent > rows[i].at_most)
			fail_msg("%s: %.2f %% got through", rows[i].family, percent);
	}
}

/* The attempts of a shared address are not its subscribers': they are let through, and a peer does not. */
static void a_thousand_subscribers_are_not_shut_out_for_one_attacker(void **state)
{
	const struct month *month = *state;
	struct balance_subscribers gatepost, peer;

	balance_subscribers(month->balance, 0, &gatepost);
	balance_subscribers(month->balance, 1, &peer);
	assert_true(gatepost.refused_by_ban * 20 < peer.refused_by_ban);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_who_logs_in_is_banned_without_an_attack),
		cmocka_unit_test(each_family_is_stopped_as_well_as_it_can_be),
		cmocka_unit_test(a_thousand_subscribers_are_not_shut_out_for_one_attacker),
	};

	return cmocka_run_group_tests(tests, month_run, month_free);
}
