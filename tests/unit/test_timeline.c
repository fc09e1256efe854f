/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/core/duration.h"
#include "user/results/timeline.h"

#define START (1700000000 * NS_PER_S + 123456789)

static struct timeline timeline;

static void frame_at(uint64_t time_ns)
{
	const struct replay_listener to = timeline_listener(&timeline);
	const struct frame frame = {.time_ns = time_ns};
	const struct replay_verdict verdict = {.spared = true};

	to.frame(to.context, &frame, &verdict);
}

static uint64_t frames(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < timeline.spans; i++) {
		assert_int_equal(timeline.span[i].frames, timeline.span[i].spared);
		sum += timeline.span[i].frames;
	}
	return sum;
}

static void spans_start_at_whole_multiples_of_their_width(void **state)
{
	(void)state;
	memset(&timeline, 0, sizeof(timeline));
	frame_at(START);
	frame_at(START + 50 * NS_PER_MS);
	frame_at(START + 250 * NS_PER_MS);
	assert_int_equal(timeline_width_ns(&timeline), 100 * NS_PER_MS);
	assert_int_equal(timeline.first_ns, 1700000000 * NS_PER_S + 100 * NS_PER_MS);
	assert_int_equal(timeline.spans, 3);
	assert_int_equal(timeline.span[0].frames, 2);
	assert_int_equal(timeline.span[2].frames, 1);
}

/* Whatever the widths on the way, each span holds what fell into it: the same as a dumb count. */
static void a_long_capture_has_wider_spans_and_loses_nothing(void **state)
{
	static const uint64_t steps_ns[] = {37 * NS_PER_MS, NS_PER_S, 61 * NS_PER_S, 3 * NS_PER_HOUR, 40 * NS_PER_DAY};

	(void)state;
	for (size_t step = 0; step < sizeof(steps_ns) / sizeof(steps_ns[0]); step++) {
		uint64_t width_ns, counted[TIMELINE_SPANS_MAX] = {0};

		memset(&timeline, 0, sizeof(timeline));
		for (uint64_t i = 0; i < 2000; i++)
			frame_at(START + i * steps_ns[step]);
		width_ns = timeline_width_ns(&timeline);
		assert_int_equal(timeline.first_ns % width_ns, 0);
		assert_true(timeline.first_ns <= START && START < timeline.first_ns + width_ns);
		assert_true(timeline.spans <= TIMELINE_SPANS_MAX);
		for (uint64_t i = 0; i < 2000; i++) {
			uint64_t place = (START + i * steps_ns[step] - timeline.first_ns) / width_ns;

			counted[place < TIMELINE_SPANS_MAX ? place : TIMELINE_SPANS_MAX - 1]++;
		}
		for (size_t i = 0; i < timeline.spans; i++)
			assert_int_equal(timeline.span[i].frames, counted[i]);
		assert_int_equal(frames(), 2000);
	}
}

static void a_clock_that_is_far_off_costs_no_memory(void **state)
{
	(void)state;
	memset(&timeline, 0, sizeof(timeline));
	frame_at(START);
	frame_at(0);
	frame_at(UINT64_MAX);
	assert_int_equal(frames(), 3);
}

static void attempts_and_decisions_are_counted_where_they_fall(void **state)
{
	const struct replay_listener to = timeline_listener(&timeline);
	const struct attempt attempt = {.outcome = OUTCOME_FAILURE};
	const struct decision ban = {.action = ACTION_BAN}, alert = {.action = ACTION_ALERT};

	(void)state;
	memset(&timeline, 0, sizeof(timeline));
	to.attempt(to.context, &attempt, START);
	to.decision(to.context, &ban, NULL, START + NS_PER_S);
	to.decision(to.context, &alert, NULL, START + NS_PER_S);
	assert_int_equal(timeline.span[0].attempts[OUTCOME_FAILURE], 1);
	assert_int_equal(timeline.span[10].decisions, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_start_at_whole_multiples_of_their_width),
		cmocka_unit_test(a_long_capture_has_wider_spans_and_loses_nothing),
		cmocka_unit_test(a_clock_that_is_far_off_costs_no_memory),
		cmocka_unit_test(attempts_and_decisions_are_counted_where_they_fall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
