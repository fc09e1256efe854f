/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <float.h>
#include <math.h>
#include <cmocka.h>

#include "user/shape/likely.h"
#include "user/shape/nats.h"

#define RIGHT_TO 0.003

static void a_cost_is_the_logarithm_of_a_share(void **state)
{
	(void)state;
	for (double nats = 0; nats < 60; nats += 0.01)
		assert_float_equal(nats_of((float)exp(-nats)), nats, RIGHT_TO);
}

static void a_share_is_what_its_cost_says(void **state)
{
	(void)state;
	for (double nats = 0; nats < 60; nats += 0.01)
		assert_float_equal(share_of_nats((float)nats) / exp(-nats), 1, RIGHT_TO);
}

static void what_costs_less_is_more_probable(void **state)
{
	float before = 2;

	(void)state;
	for (double nats = 0; nats < 40; nats += 0.01) {
		const float share = share_of_nats((float)nats);

		assert_true(share < before);
		before = share;
	}
}

static void what_cannot_be_has_no_share(void **state)
{
	(void)state;
	assert_true(share_of_nats(80) == 0);
	assert_true(share_of_nats(COST_NEVER) == 0);
	assert_true(share_of_nats(20 * COST_NEVER) == 0);
	assert_true(share_of_nats(FLT_MAX) == 0); /* no integer holds it */
	assert_true(share_of_nats(INFINITY) == 0);
	assert_true(share_of_nats(NAN) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cost_is_the_logarithm_of_a_share),
		cmocka_unit_test(a_share_is_what_its_cost_says),
		cmocka_unit_test(what_costs_less_is_more_probable),
		cmocka_unit_test(what_cannot_be_has_no_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
