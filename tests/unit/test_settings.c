/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator writes, as the kernel half reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "user/core/duration.h"
#include "user/core/settings.h"

static void rates_become_intervals(void **state)
{
	static const struct {
		struct rate_settings rate;
		struct gp_rate kernel;
	} rows[] = {
		{{20000, 50}, {50000, 49 * 50000}}, /* 20/s burst 50 */
		{{100, 3}, {10000000, 20000000}}, /* 6/m burst 3 */
		{{0, 0}, {0, 0}}, /* no limit */
		{{1000000000, 1}, {1, 0}}, /* as fast as can be said */
		{{4000000000, 1}, {1, 0}}, /* faster is not no limit */
		{{300000000, 11}, {3, 30}}, /* 300000/s: to the nearest microsecond */
		{{1, 4294967295}, {1000000000, 4294967295}}, /* what does not fit is the most that does */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct gp_rate kernel = rate_to_kernel(&rows[i].rate);

		assert_int_equal(kernel.interval_us, rows[i].kernel.interval_us);
		assert_int_equal(kernel.burst_us, rows[i].kernel.burst_us);
	}
}

static void flags_and_spans_are_carried_over_and_the_seed_is_not_touched(void **state)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	struct gp_settings kernel = {.flags = ~0u, .seed = {1, 2}};

	(void)state;
	settings->one_way = true;
	settings->proven_for_ns = NS_PER_DAY;
	settings->flow_idle_ns = NS_PER_S + 1; /* rounded up */
	settings->prefix_v4_bits = 24;
	settings->prefix_v6_bits = 48;
	settings_to_kernel(settings, &kernel);
	assert_int_equal(kernel.flags, GP_OBSERVE | GP_ONE_WAY);
	assert_int_equal(kernel.proven_for_s, 86400);
	assert_int_equal(kernel.flow_idle_s, 2);
	assert_int_equal(kernel.prefix_v4_bits, 24);
	assert_int_equal(kernel.prefix_v6_bits, 48);
	assert_int_equal(kernel.seed[0], 1);
	assert_int_equal(kernel.seed[1], 2);
	settings->enforce = settings->drop_fragments = true;
	settings_to_kernel(settings, &kernel);
	assert_int_equal(kernel.flags, GP_ONE_WAY | GP_DROP_FRAGMENTS);
	free(settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_become_intervals),
		cmocka_unit_test(flags_and_spans_are_carried_over_and_the_seed_is_not_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
