/* SPDX-License-Identifier: BSD-2-Clause */
/* The table against a plain array, and its promises about age, eviction and removal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "user/core/table.h"

#define SEED 42

static struct table *table_of(uint32_t capacity)
{
	struct table *table;

	assert_int_equal(table_new(&table, capacity, sizeof(uint64_t), SEED), 0);
	return table;
}

static void put(struct table *table, uint64_t key, uint64_t value)
{
	*(uint64_t *)table_take(table, key, NULL) = value;
}

static void a_record_is_found_under_its_key_and_no_other(void **state)
{
	struct table *table = table_of(8);

	(void)state;
	put(table, 0, 10); /* 0 is a key like any other */
	put(table, 7, 17);
	assert_int_equal(*(uint64_t *)table_find(table, 0), 10);
	assert_int_equal(*(uint64_t *)table_find(table, 7), 17);
	assert_null(table_find(table, 8));
	assert_int_equal(table_count(table), 2);
	table_free(table);
}

static void a_new_record_is_zeroed_even_where_another_was(void **state)
{
	struct table *table = table_of(1);
	bool added;

	(void)state;
	put(table, 1, 99);
	assert_int_equal(*(uint64_t *)table_take(table, 2, &added), 0);
	assert_true(added);
	table_free(table);
}

static void a_full_table_gives_up_what_was_touched_longest_ago(void **state)
{
	struct table *table = table_of(3);
	bool added;

	(void)state;
	put(table, 1, 1);
	put(table, 2, 2);
	put(table, 3, 3);
	table_touch(table, 1);
	table_take(table, 4, &added);
	assert_true(added);
	assert_null(table_find(table, 2));
	assert_non_null(table_find(table, 1));
	assert_int_equal(table_evictions(table), 1);
	assert_int_equal(table_count(table), 3);
	table_free(table);
}

static void finding_does_not_make_young(void **state)
{
	struct table *table = table_of(2);

	(void)state;
	put(table, 1, 1);
	put(table, 2, 2);
	table_find(table, 1);
	put(table, 3, 3);
	assert_null(table_find(table, 1));
	table_free(table);
}

static void a_full_table_refuses_an_addition_that_may_not_evict(void **state)
{
	struct table *table = table_of(1);

	(void)state;
	assert_non_null(table_add(table, 1));
	assert_null(table_add(table, 2));
	table_remove(table, 1);
	assert_non_null(table_add(table, 2));
	table_free(table);
}

static void the_walk_goes_from_the_oldest_and_survives_removal(void **state)
{
	struct table *table = table_of(8);
	uint64_t key, expected = 1;
	uint32_t cursor = 0;

	(void)state;
	for (uint64_t i = 1; i <= 6; i++)
		put(table, i, i);
	while (table_next(table, &cursor, &key)) {
		assert_int_equal(key, expected++);
		if (key % 2)
			table_remove(table, key);
	}
	assert_int_equal(expected, 7);
	assert_int_equal(table_count(table), 3);
	assert_null(table_next(table, &cursor, &key));
	table_free(table);
}

static void count_drop(void *context, uint64_t key, void *record)
{
	(void)record;
	*(uint64_t *)context += key;
}

static void drop_is_called_once_for_every_record(void **state)
{
	struct table *table = table_of(2);
	uint64_t sum = 0;

	(void)state;
	table_on_drop(table, count_drop, &sum);
	put(table, 1, 0);
	put(table, 2, 0);
	put(table, 4, 0); /* evicts 1 */
	assert_int_equal(sum, 1);
	table_remove(table, 2);
	assert_int_equal(sum, 3);
	table_free(table);
	assert_int_equal(sum, 7);
}

/* Deliberately dumb: values by key, and when each was touched. */
static void it_agrees_with_an_array_over_random_use(void **state)
{
	enum { KEYS = 64, CAPACITY = 16 };
	uint64_t touched[KEYS] = {0}, clock = 0;
	struct table *table = table_of(CAPACITY);
	unsigned int random = 1;

	(void)state;
	for (int step = 0; step < 20000; step++) {
		unsigned int key = (random = random * 1103515245 + 12345) >> 16 & (KEYS - 1);
		unsigned int live = 0, oldest = 0;

		for (unsigned int i = 0; i < KEYS; i++) {
			live += touched[i] != 0;
			if (touched[i] && (!touched[oldest] || touched[i] < touched[oldest]))
				oldest = i;
		}
		if (step % 5 == 0) {
			table_remove(table, key);
			touched[key] = 0;
		} else {
			if (!touched[key] && live == CAPACITY)
				touched[oldest] = 0;
			put(table, key, ++clock);
			touched[key] = clock;
		}
		for (unsigned int i = 0; i < KEYS; i++) {
			const uint64_t *found = table_find(table, i);

			assert_int_equal(found ? *found : 0, touched[i]);
		}
	}
	table_free(table);
}

static void prefixes_of_different_lengths_have_different_keys(void **state)
{
	const struct prefix a = {.source = 0x20010db800000000, .bits = 32},
			    b = {.source = 0x20010db800000000, .bits = 48},
			    c = {.source = 0x20010db800000000, .bits = 64};

	struct table *table, *other;

	(void)state;
	assert_int_equal(table_new(&table, 1, 1, 1), 0);
	assert_int_equal(table_new(&other, 1, 1, 2), 0);
	assert_true(table_prefix_key(table, &a) != table_prefix_key(table, &b));
	assert_true(table_prefix_key(table, &a) != table_prefix_key(other, &a)); /* nobody knows it beforehand */
	assert_int_equal(table_prefix_key(table, &c), c.source);
	table_free(table);
	table_free(other);
}

static void no_capacity_is_refused(void **state)
{
	struct table *table = NULL;

	(void)state;
	assert_int_equal(table_new(&table, 0, 8, SEED), -22);
	assert_null(table);
	table_free(NULL);
}

/* Half of the records go, the others are touched and new ones come while it is under way. */
static void a_walk_by_place_leaves_out_nothing_that_stays(void **state)
{
	struct table *table = table_of(64);
	bool seen[100] = {false};
	uint32_t place = 1;
	uint64_t *record;

	(void)state;
	for (uint64_t i = 0; i < 50; i++)
		*(uint64_t *)table_add(table, i + 1000) = i;
	for (uint64_t step = 0; table_walk(table, &place, (void **)&record); step++) {
		if (record)
			seen[*record] = true;
		table_touch(table, 1000 + (step * 7) % 50);
		if (step % 2 && step < 50)
			table_remove(table, 1000 + step);
		if (step == 20)
			*(uint64_t *)table_add(table, 2000) = 60;
	}
	for (int i = 0; i < 50; i += 2)
		assert_true(seen[i]);
	assert_int_equal(place, 65);
	assert_false(table_walk(table, &place, (void **)&record));
	table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_found_under_its_key_and_no_other),
		cmocka_unit_test(a_new_record_is_zeroed_even_where_another_was),
		cmocka_unit_test(a_full_table_gives_up_what_was_touched_longest_ago),
		cmocka_unit_test(finding_does_not_make_young),
		cmocka_unit_test(a_full_table_refuses_an_addition_that_may_not_evict),
		cmocka_unit_test(the_walk_goes_from_the_oldest_and_survives_removal),
		cmocka_unit_test(a_walk_by_place_leaves_out_nothing_that_stays),
		cmocka_unit_test(drop_is_called_once_for_every_record),
		cmocka_unit_test(it_agrees_with_an_array_over_random_use),
		cmocka_unit_test(prefixes_of_different_lengths_have_different_keys),
		cmocka_unit_test(no_capacity_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
