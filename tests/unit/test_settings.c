/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator writes, as the kernel half reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "user/core/duration.h"
#include "user/core/settings.h"
#include "user/shape/servers.h"

static void rates_become_intervals(void **state)
{
	static const struct {
		struct rate_settings rate;
		struct gp_rate kernel;
	} rows[] = {
		{{20000, 50}, {48828, 49 * 48828}}, /* 20/s burst 50, in ticks of 1024 ns */
		{{100, 3}, {9765625, 2 * 9765625}}, /* 6/m burst 3 */
		{{0, 0}, {0, 0}}, /* no limit */
		{{1000000000, 1}, {1, 0}}, /* as fast as can be said */
		{{4000000000, 1}, {1, 0}}, /* faster is not no limit */
		{{300000000, 11}, {3, 30}}, /* 300000/s: to the nearest tick */
		{{1, 4294967295}, {976562500, 4294967295}}, /* what does not fit is the most that does */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct gp_rate kernel = rate_to_kernel(&rows[i].rate);

		assert_int_equal(kernel.interval_ticks, rows[i].kernel.interval_ticks);
		assert_int_equal(kernel.burst_ticks, rows[i].kernel.burst_ticks);
	}
}

static void flags_and_spans_are_carried_over_and_the_seed_is_not_touched(void **state)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	struct gp_settings kernel = {.flags = ~0u, .seed = {1, 2}};

	(void)state;
	settings->one_way = true;
	settings->proven_for_ns = NS_PER_DAY;
	settings->flow_idle_ns = 2100 * NS_PER_S;
	settings->flooded_for_ns = 30 * NS_PER_S;
	settings->prefix_v4_bits = 24;
	settings->prefix_v6_bits = 48;
	settings_to_kernel(settings, &kernel);
	assert_int_equal(kernel.flags, GP_OBSERVE | GP_ONE_WAY);
	assert_int_equal(kernel.proven_ticks, 86400 * NS_PER_S / 1024);
	assert_int_equal(kernel.flow_idle_beats, 978);
	assert_int_equal(kernel.flooded_ticks, 30 * NS_PER_S / 1024);
	assert_true(kernel.retry_min_pulses < kernel.retry_late_pulses);
	assert_true(kernel.retry_late_pulses < kernel.retry_max_pulses && kernel.retry_max_pulses < 256);
	assert_int_equal(kernel.prefix_v4_bits, 24);
	assert_int_equal(kernel.prefix_v6_bits, 48);
	assert_int_equal(kernel.seed[0], 1);
	assert_int_equal(kernel.seed[1], 2);
	settings->enforce = settings->drop_fragments = true;
	settings_to_kernel(settings, &kernel);
	assert_int_equal(kernel.flags, GP_ONE_WAY | GP_DROP_FRAGMENTS);
	free(settings);
}

static void profiles_are_in_the_state_directory_unless_said_otherwise(void **state)
{
	static const struct {
		const char *written, *path;
	} rows[] = {
		{"profiles", "/var/lib/gatepost/profiles"},
		{"a/b", "/var/lib/gatepost/a/b"},
		{"/srv/profiles", "/srv/profiles"},
		{"", ""},
	};
	struct settings *settings = calloc(1, sizeof(*settings));
	char path[SETTINGS_PROFILES_BYTES];

	(void)state;
	strcpy(settings->state_dir, "/var/lib/gatepost");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		strcpy(settings->profiles_dir, rows[i].written);
		assert_string_equal(settings_profiles_dir(settings, path), rows[i].path);
	}
	memset(settings->state_dir, 'a', sizeof(settings->state_dir) - 1);
	memset(settings->profiles_dir, 'b', sizeof(settings->profiles_dir) - 1);
	assert_int_equal(strlen(settings_profiles_dir(settings, path)), 2 * (SETTINGS_PATH_BYTES - 1) + 1);
	free(settings);
}

static void servers_are_in_the_budget(void **state)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	uint64_t without;

	(void)state;
	settings->servers_max = 16;
	without = settings_memory_bytes(settings);
	settings->servers_max += 1000;
	assert_true(settings_memory_bytes(settings) - without >= 1000 * sizeof(struct server));
	free(settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_become_intervals),
		cmocka_unit_test(profiles_are_in_the_state_directory_unless_said_otherwise),
		cmocka_unit_test(servers_are_in_the_budget),
		cmocka_unit_test(flags_and_spans_are_carried_over_and_the_seed_is_not_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
