/* SPDX-License-Identifier: BSD-2-Clause */
/* Sliding windows at their borders, and against a count over everything that ever happened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "user/judge/window.h"

static void a_moment_counts_until_just_before_the_window_is_over(void **state)
{
	static const struct {
		uint64_t age;
		uint32_t count;
	} rows[] = {{0, 1}, {1, 1}, {99, 1}, {100, 0}, {101, 0}};
	struct window *window = calloc(1, window_bytes(3));

	(void)state;
	window_add(window, 3, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(window_count(window, 3, 100, 1000 + rows[i].age), rows[i].count);
	free(window);
}

static void it_never_counts_beyond_the_threshold(void **state)
{
	struct window *window = calloc(1, window_bytes(4));

	(void)state;
	for (uint64_t now = 0; now < 50; now++)
		window_add(window, 4, now);
	assert_int_equal(window_count(window, 4, 1000, 50), 4);
	free(window);
}

static void it_agrees_with_a_count_over_all_moments(void **state)
{
	enum { THRESHOLD = 7, MOMENTS = 2000, WINDOW = 40 };
	static uint64_t all[MOMENTS];
	struct window *window = calloc(1, window_bytes(THRESHOLD));
	uint64_t now = 1;
	unsigned int random = 7;

	(void)state;
	for (unsigned int i = 0; i < MOMENTS; i++) {
		uint32_t expected = 0;

		now += (random = random * 1103515245 + 12345) >> 16 & 15;
		all[i] = now;
		window_add(window, THRESHOLD, now);
		for (unsigned int j = 0; j <= i; j++)
			expected += now - all[j] < WINDOW;
		if (expected > THRESHOLD)
			expected = THRESHOLD;
		assert_int_equal(window_count(window, THRESHOLD, WINDOW, now), expected);
	}
	free(window);
}

static void a_clock_that_steps_back_a_little_loses_nothing(void **state)
{
	struct window *window = calloc(1, window_bytes(3));

	(void)state;
	window_add(window, 3, 1000);
	window_add(window, 3, 990);
	window_add(window, 3, 1001);
	assert_int_equal(window_count(window, 3, 100, 995), 3);
	assert_int_equal(window_count(window, 3, 100, 1099), 3);
	assert_int_equal(window_count(window, 3, 100, 1100), 1);
	free(window);
}

/* Beside a list from which moments are taken out in any order, threshold and all. */
static void what_is_taken_back_was_never_there(void **state)
{
	enum { THRESHOLD = 5, ROUNDS = 5000 };
	struct window *window = calloc(1, window_bytes(THRESHOLD));
	uint64_t list[THRESHOLD + 1], now = 1;
	unsigned int random = 7, count = 0;

	(void)state;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		const unsigned int dice = (random = random * 1103515245 + 12345) >> 16;

		if (dice % 3 || !count) {
			window_add(window, THRESHOLD, ++now);
			list[count++] = now;
			if (count > THRESHOLD)
				memmove(list, list + 1, --count * sizeof(list[0]));
		} else {
			const unsigned int at = dice / 3 % count;

			window_take_back(window, THRESHOLD, list[at]);
			memmove(list + at, list + at + 1, (--count - at) * sizeof(list[0]));
		}
		window_take_back(window, THRESHOLD, now + 1); /* nothing is there */
		assert_int_equal(window_count(window, THRESHOLD, UINT64_MAX, now), count);
		for (unsigned int j = 0; j < count; j++) /* the window that begins right there */
			assert_int_equal(window_count(window, THRESHOLD, now - list[j] + 1, now), count - j);
	}
	free(window);
}

static void a_value_that_is_taken_back_counts_no_more_unless_it_came_again(void **state)
{
	struct distinct *distinct = calloc(1, distinct_bytes(3));

	(void)state;
	distinct_add(distinct, 3, 7, 10);
	distinct_add(distinct, 3, 8, 20);
	distinct_take_back(distinct, 7, 9);
	assert_int_equal(distinct_count(distinct, 100, 30), 2);
	distinct_add(distinct, 3, 7, 25);
	distinct_take_back(distinct, 7, 10);
	assert_int_equal(distinct_count(distinct, 100, 30), 2);
	distinct_take_back(distinct, 7, 25);
	assert_int_equal(distinct_count(distinct, 100, 30), 1);
	free(distinct);
}

static void the_same_value_again_counts_once_with_its_latest_moment(void **state)
{
	struct distinct *distinct = calloc(1, distinct_bytes(3));

	(void)state;
	distinct_add(distinct, 3, 5, 100);
	distinct_add(distinct, 3, 5, 180);
	assert_int_equal(distinct_count(distinct, 100, 180), 1);
	assert_int_equal(distinct_count(distinct, 100, 279), 1);
	assert_int_equal(distinct_count(distinct, 100, 280), 0);
	free(distinct);
}

static void the_oldest_value_makes_room(void **state)
{
	struct distinct *distinct = calloc(1, distinct_bytes(2));

	(void)state;
	distinct_add(distinct, 2, 1, 100);
	distinct_add(distinct, 2, 2, 110);
	distinct_add(distinct, 2, 1, 120);
	distinct_add(distinct, 2, 3, 130); /* in the place of 2 */
	assert_int_equal(distinct_count(distinct, 15, 134), 2);
	distinct_add(distinct, 2, 2, 140); /* in the place of 1 */
	assert_int_equal(distinct_count(distinct, 11, 140), 2);
	free(distinct);
}

static void zero_is_a_value_and_a_moment(void **state)
{
	struct distinct *distinct = calloc(1, distinct_bytes(2));

	(void)state;
	distinct_add(distinct, 2, 0, 0);
	assert_int_equal(distinct_count(distinct, 10, 0), 1);
	free(distinct);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment_counts_until_just_before_the_window_is_over),
		cmocka_unit_test(it_never_counts_beyond_the_threshold),
		cmocka_unit_test(it_agrees_with_a_count_over_all_moments),
		cmocka_unit_test(a_clock_that_steps_back_a_little_loses_nothing),
		cmocka_unit_test(what_is_taken_back_was_never_there),
		cmocka_unit_test(a_value_that_is_taken_back_counts_no_more_unless_it_came_again),
		cmocka_unit_test(the_same_value_again_counts_once_with_its_latest_moment),
		cmocka_unit_test(the_oldest_value_makes_room),
		cmocka_unit_test(zero_is_a_value_and_a_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
