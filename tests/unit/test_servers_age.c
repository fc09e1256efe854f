/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of servers, as days go by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "user/shape/servers.h"

#define DAY_S 86400
#define NOON (20000ULL * DAY_S + DAY_S / 2)

struct one {
	struct servers *servers;
	struct server *server;
};

static struct one known(uint16_t failures, uint16_t successes)
{
	const struct servers_options options = {.servers_max = 4, .seed = 1, .learn = true};
	struct profile profile = {.protocol = PROTOCOL_IMAP, .origin = ORIGIN_LEARNED, .changed_s = NOON};
	struct addr address;
	struct one one;

	assert_int_equal(addr_parse("192.0.2.10", &address), 0);
	assert_int_equal(servers_new(&one.servers, &options), 0);
	servers_time(one.servers, NOON);
	profile_note(&profile, REPLY_FAILURE, 50, failures);
	profile_note(&profile, REPLY_SUCCESS, 200, successes);
	one.server = servers_put(one.servers, &address, 993, &profile);
	return one;
}

static uint32_t failures_of(const struct one *one)
{
	return profile_seen(&one->server->profile, REPLY_FAILURE);
}

static void with_each_day_what_was_seen_often_weighs_half(void **state)
{
	struct one one = known(4000, 3);

	(void)state;
	servers_age(one.servers, NOON);
	servers_age(one.servers, NOON + 11 * 3600); /* the same day */
	assert_int_equal(failures_of(&one), 4000);
	assert_true(one.server->stored);
	servers_age(one.servers, NOON + DAY_S / 2);
	assert_int_equal(failures_of(&one), 2000);
	assert_false(one.server->stored);
	servers_age(one.servers, NOON + DAY_S / 2 + 3600);
	assert_int_equal(failures_of(&one), 2000);
	servers_age(one.servers, NOON + 2 * DAY_S);
	assert_int_equal(failures_of(&one), 1000);
	servers_free(one.servers);
}

static void what_was_seen_rarely_is_never_forgotten(void **state)
{
	struct one one = known(4000, 1);

	(void)state;
	for (int day = 1; day < 1000; day++)
		servers_age(one.servers, NOON + (uint64_t)day * DAY_S);
	assert_int_equal(profile_seen(&one.server->profile, REPLY_SUCCESS), 1);
	assert_in_range(failures_of(&one), 16, 32);
	one.server->stored = true;
	servers_age(one.servers, NOON + 1000ULL * DAY_S);
	assert_true(one.server->stored); /* nothing to write */
	servers_free(one.servers);
}

static void delays_age_like_lengths(void **state)
{
	struct one one = known(1, 1);
	struct profile *profile = &one.server->profile;

	(void)state;
	profile_note_delay(profile, REPLY_FAILURE, 2000, 400);
	profile_note_delay(profile, REPLY_SUCCESS, 10, 4);
	servers_age(one.servers, NOON + DAY_S);
	assert_int_equal(profile->delay_failure[5], 200);
	assert_int_equal(profile->delay_success[0], 4);
	servers_free(one.servers);
}

static void a_night_without_the_daemon_is_a_night(void **state)
{
	struct one one = known(4000, 1); /* as from a file of that noon */

	(void)state;
	servers_age(one.servers, NOON + 5 * DAY_S);
	assert_int_equal(failures_of(&one), 2000);
	servers_free(one.servers);
}

static void a_clock_that_is_set_back_ages_nothing_and_stops_nothing(void **state)
{
	struct one one = known(4000, 1);

	(void)state;
	servers_age(one.servers, NOON + 9999ULL * DAY_S);
	assert_int_equal(failures_of(&one), 2000);
	servers_age(one.servers, NOON);
	assert_int_equal(failures_of(&one), 2000);
	servers_age(one.servers, NOON + DAY_S);
	assert_int_equal(failures_of(&one), 1000);
	servers_free(one.servers);
}

static void states_are_told_apart(void **state)
{
	static const struct {
		uint16_t failures, successes;
		uint32_t strangers, relearned;
		const char *text;
	} rows[] = {
		{0, 0, 0, 0, "learning"},   {2, 1, 0, 0, "learning"},   {4, 0, 0, 0, "known"},
		{0, 4, 0, 0, "known"},      {4, 4, 1, 0, "relearning"}, {1, 1, 0, 1, "relearning"},
		{40, 4, 0, 1, "relearned"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct one one = known(rows[i].failures, rows[i].successes);

		one.server->strangers = rows[i].strangers;
		one.server->relearned = rows[i].relearned;
		assert_string_equal(server_state_text(server_state(one.server)), rows[i].text);
		servers_free(one.servers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_each_day_what_was_seen_often_weighs_half),
		cmocka_unit_test(what_was_seen_rarely_is_never_forgotten),
		cmocka_unit_test(delays_age_like_lengths),
		cmocka_unit_test(a_night_without_the_daemon_is_a_night),
		cmocka_unit_test(a_clock_that_is_set_back_ages_nothing_and_stops_nothing),
		cmocka_unit_test(states_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
