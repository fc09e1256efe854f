/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "user/shape/beam.h"

static struct reading reading_of(float cost, uint16_t tag_bytes, enum outcome outcome)
{
	struct reading reading = {.cost = cost, .tag_bytes = tag_bytes};

	reading_add(&reading, outcome);
	return reading;
}

static void offer(struct beam *beam, float cost, uint16_t tag_bytes, enum outcome outcome)
{
	const struct reading reading = reading_of(cost, tag_bytes, outcome);

	beam_offer(beam, &reading);
}

static void a_full_beam_keeps_its_best(void **state)
{
	struct beam beam = {0};

	(void)state;
	for (uint16_t i = 0; i < 4 * BEAM_READINGS; i++)
		offer(&beam, (float)(i * 7 % (4 * BEAM_READINGS)), i, OUTCOME_FAILURE);
	assert_int_equal(beam.count, BEAM_READINGS);
	assert_true(beam_best(&beam)->cost == 0);
	for (int i = 0; i < beam.count; i++)
		assert_true(beam.reading[i].cost < BEAM_READINGS);
}

static void of_two_that_say_the_same_the_cheaper_one_stays(void **state)
{
	static const float costs[][2] = {{2, 5}, {5, 2}};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct beam beam = {0};

		offer(&beam, costs[i][0], 2, OUTCOME_FAILURE);
		offer(&beam, costs[i][1], 2, OUTCOME_FAILURE);
		assert_int_equal(beam.count, 1);
		assert_true(beam_best(&beam)->cost == 2);
	}
}

static void what_differs_stays_apart(void **state)
{
	struct reading reading[] = {
		{.cost = 1},
		{.cost = 1, .tag_bytes = 2},
		{.cost = 1, .stage = STAGE_LOGGED_IN},
		{.cost = 1, .prompts = 1},
		{.cost = 1, .asks_name = 1},
		{.cost = 1, .refusal_bytes = 51},
		{.cost = 1, .pendings = 1},
	};
	struct beam beam = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(reading) / sizeof(reading[0]); i++)
		beam_offer(&beam, &reading[i]);
	assert_int_equal(beam.count, sizeof(reading) / sizeof(reading[0]));
}

static void what_cannot_be_is_not_taken(void **state)
{
	struct beam beam = {0};

	(void)state;
	assert_null(beam_best(&beam));
	offer(&beam, COST_NEVER, 2, OUTCOME_FAILURE);
	offer(&beam, COST_NEVER + 5, 2, OUTCOME_FAILURE);
	offer(&beam, 0.0F / 0.0F, 2, OUTCOME_FAILURE);
	assert_int_equal(beam.count, 0);
}

static void who_is_far_behind_is_out_and_costs_start_at_nothing(void **state)
{
	struct beam beam = {0};

	(void)state;
	offer(&beam, 30, 1, OUTCOME_FAILURE);
	offer(&beam, 30 + BEAM_WIDTH - 1, 2, OUTCOME_FAILURE);
	offer(&beam, 30 + BEAM_WIDTH + 1, 3, OUTCOME_FAILURE);
	beam_settle(&beam);
	assert_int_equal(beam.count, 2);
	assert_true(beam_best(&beam)->cost == 0);
	assert_int_equal(beam_best(&beam)->tag_bytes, 1);
}

static void shares_add_up_by_probability(void **state)
{
	struct beam beam = {0};

	(void)state;
	assert_true(beam_share(&beam, OUTCOME_FAILURE) == 0);
	offer(&beam, 5.0F, 1, OUTCOME_FAILURE);
	offer(&beam, 5.0F, 2, OUTCOME_FAILURE);
	offer(&beam, 5.0F, 3, OUTCOME_SUCCESS);
	offer(&beam, 5.0F + 0.6931F, 4, OUTCOME_UNKNOWN);
	assert_float_equal(beam_share(&beam, OUTCOME_FAILURE), 2 / 3.5, 0.001);
	assert_float_equal(beam_share(&beam, OUTCOME_SUCCESS), 1 / 3.5, 0.001);
	assert_float_equal(beam_share(&beam, OUTCOME_UNKNOWN), 0.5 / 3.5, 0.001);
}

static void nothing_pending_is_no_share(void **state)
{
	const struct reading none = {.cost = 1};
	struct beam beam;

	(void)state;
	beam_start(&beam, &none);
	assert_true(beam_share(&beam, OUTCOME_UNKNOWN) == 0);
	offer(&beam, 1, 1, OUTCOME_UNKNOWN);
	assert_float_equal(beam_share(&beam, OUTCOME_UNKNOWN), 0.5, 0.001);
}

static void what_was_reported_rules_out_who_says_otherwise(void **state)
{
	struct reading both = reading_of(1, 2, OUTCOME_FAILURE);
	struct beam beam = {0};

	(void)state;
	reading_add(&both, OUTCOME_SUCCESS);
	beam_offer(&beam, &both);
	offer(&beam, 0, 3, OUTCOME_SUCCESS);
	beam_report(&beam, OUTCOME_FAILURE);
	assert_int_equal(beam.count, 1);
	assert_int_equal(beam.reading[0].tag_bytes, 2);
	assert_int_equal(beam.reading[0].pendings, 1);
	assert_int_equal(reading_pending(&beam.reading[0], 0), OUTCOME_SUCCESS);
}

static void what_is_forgotten_costs_nobody_his_place(void **state)
{
	const struct reading none = {.cost = 1};
	struct beam beam;

	(void)state;
	beam_start(&beam, &none);
	offer(&beam, 0, 3, OUTCOME_SUCCESS);
	offer(&beam, 0, 2, OUTCOME_FAILURE);
	beam_forget(&beam);
	assert_int_equal(beam.count, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(beam.reading[i].pendings, 0);
}

static void only_so_many_outcomes_wait(void **state)
{
	static const enum outcome outcomes[] = {OUTCOME_FAILURE, OUTCOME_SUCCESS, OUTCOME_UNKNOWN};
	struct reading reading = {0};

	(void)state;
	for (int i = 0; i < PENDING_MAX; i++)
		reading_add(&reading, outcomes[i % 3]);
	reading_add(&reading, OUTCOME_FAILURE);
	assert_int_equal(reading.pendings, PENDING_MAX);
	for (unsigned int i = 0; i < PENDING_MAX; i++)
		assert_int_equal(reading_pending(&reading, i), outcomes[i % 3]);
}

static void the_trace_knows_how_long_the_tag_was(void **state)
{
	const uint64_t grew = 1U << (TRACE_BITS - 1);
	const struct reading reading = {
		.tag_bytes = 4,
		.trace = REPLY_CAPABILITY << 2 * TRACE_BITS | (REPLY_FAILURE | grew) << TRACE_BITS | REPLY_SUCCESS,
	};

	(void)state;
	assert_int_equal(reading_trace(&reading, 0), REPLY_SUCCESS);
	assert_int_equal(reading_trace(&reading, 1), REPLY_FAILURE);
	assert_int_equal(reading_trace(&reading, 2), REPLY_CAPABILITY);
	assert_int_equal(reading_trace_tag(&reading, 0), 4);
	assert_int_equal(reading_trace_tag(&reading, 1), 4);
	assert_int_equal(reading_trace_tag(&reading, 2), 3);
	for (unsigned int back = 0; back < TRACE_LENGTH; back++)
		assert_int_equal(reading_trace(&(struct reading){.trace = TRACE_UNKNOWN}, back), REPLY_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_beam_keeps_its_best),
		cmocka_unit_test(of_two_that_say_the_same_the_cheaper_one_stays),
		cmocka_unit_test(what_differs_stays_apart),
		cmocka_unit_test(what_cannot_be_is_not_taken),
		cmocka_unit_test(who_is_far_behind_is_out_and_costs_start_at_nothing),
		cmocka_unit_test(shares_add_up_by_probability),
		cmocka_unit_test(nothing_pending_is_no_share),
		cmocka_unit_test(what_was_reported_rules_out_who_says_otherwise),
		cmocka_unit_test(what_is_forgotten_costs_nobody_his_place),
		cmocka_unit_test(only_so_many_outcomes_wait),
		cmocka_unit_test(the_trace_knows_how_long_the_tag_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
