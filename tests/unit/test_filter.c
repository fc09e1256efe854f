/* SPDX-License-Identifier: BSD-2-Clause */
/* A bit for each neighbourhood in which something is listed, as long as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user/ban/filter.h"

static const uint64_t seed[2] = {7, 9};

struct shelf {
	uint64_t *word, *region;
	struct filter *filter;
};

static int set_up(void **state)
{
	struct shelf *shelf = calloc(1, sizeof(*shelf));

	shelf->word = calloc(GP_FILTER_WORDS, sizeof(*shelf->word));
	shelf->region = calloc(GP_REGION_WORDS, sizeof(*shelf->region));
	*state = shelf;
	return filter_new(&shelf->filter, shelf->word, shelf->region, seed);
}

static int tear_down(void **state)
{
	struct shelf *shelf = *state;

	filter_free(shelf->filter);
	free(shelf->word);
	free(shelf->region);
	free(shelf);
	return 0;
}

static struct prefix prefix(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

/* As bpf/ban.bpf.h asks. */
static bool is_listed(const struct shelf *shelf, const char *text)
{
	const __u64 same[2] = {seed[0], seed[1]};
	const uint32_t bit = gp_neighbourhood(prefix(text).source, same);

	return shelf->word[bit / 64] >> bit % 64 & 1;
}

static bool is_region_listed(const struct shelf *shelf, const char *text)
{
	const __u64 same[2] = {seed[0], seed[1]};
	const uint32_t bit = gp_neighbourhood(prefix(text).source, same) >> GP_REGION_SHIFT;

	return shelf->region[bit / 64] >> bit % 64 & 1;
}

static void add(struct shelf *shelf, const char *text)
{
	const struct prefix target = prefix(text);

	filter_add(shelf->filter, &target);
}

static void take_back(struct shelf *shelf, const char *text)
{
	const struct prefix target = prefix(text);

	filter_remove(shelf->filter, &target);
}

static void a_source_lists_its_neighbourhood_and_no_other(void **state)
{
	struct shelf *shelf = *state;

	add(shelf, "192.0.2.7");
	assert_true(is_listed(shelf, "192.0.2.7"));
	assert_true(is_listed(shelf, "192.0.2.255"));
	assert_false(is_listed(shelf, "192.0.3.7"));
	assert_false(is_listed(shelf, "192.0.1.7"));
	add(shelf, "2001:db8:1:2::/64");
	assert_true(is_listed(shelf, "2001:db8:1:ffff::1"));
	assert_false(is_listed(shelf, "2001:db8:2:2::1"));
}

static void a_prefix_lists_all_of_its_neighbourhoods(void **state)
{
	struct shelf *shelf = *state;

	add(shelf, "198.18.0.0/15");
	assert_true(is_listed(shelf, "198.18.0.0"));
	assert_true(is_listed(shelf, "198.19.255.255"));
	assert_false(is_listed(shelf, "198.17.255.255"));
	assert_false(is_listed(shelf, "198.20.0.0"));
	add(shelf, "203.0.113.128/25");
	assert_true(is_listed(shelf, "203.0.113.1"));
	add(shelf, "2001:db8:40::/44");
	assert_true(is_listed(shelf, "2001:db8:4f:1::1"));
	assert_false(is_listed(shelf, "2001:db8:50:1::1"));
}

static void a_bit_goes_with_the_last_that_it_stands_for(void **state)
{
	struct shelf *shelf = *state;

	add(shelf, "192.0.2.7");
	add(shelf, "192.0.2.8");
	add(shelf, "192.0.0.0/16");
	take_back(shelf, "192.0.2.7");
	take_back(shelf, "192.0.0.0/16");
	assert_true(is_listed(shelf, "192.0.2.1"));
	assert_false(is_listed(shelf, "192.0.3.1"));
	take_back(shelf, "192.0.2.8");
	assert_false(is_listed(shelf, "192.0.2.1"));
}

static void a_region_is_listed_as_long_as_one_of_its_neighbourhoods(void **state)
{
	struct shelf *shelf = *state;

	add(shelf, "192.0.2.7");
	add(shelf, "192.0.31.0/24");
	add(shelf, "2001:db8:1:2::/64");
	assert_true(is_region_listed(shelf, "192.0.0.1"));
	assert_false(is_region_listed(shelf, "192.0.32.1"));
	assert_false(is_region_listed(shelf, "191.255.255.1"));
	assert_true(is_region_listed(shelf, "2001:db8:1:ffff::1"));
	take_back(shelf, "192.0.2.7");
	assert_true(is_region_listed(shelf, "192.0.2.7"));
	take_back(shelf, "192.0.31.0/24");
	assert_false(is_region_listed(shelf, "192.0.2.7"));
	take_back(shelf, "2001:db8:1:2::/64");
	assert_false(is_region_listed(shelf, "2001:db8:1:2::1"));
}

/* Half a word of the filter is a region: the other half is not to keep it. */
static void a_region_goes_though_the_next_one_is_listed(void **state)
{
	struct shelf *shelf = *state;

	add(shelf, "192.0.0.0/18");
	assert_true(is_region_listed(shelf, "192.0.31.1"));
	assert_true(is_region_listed(shelf, "192.0.63.1"));
	add(shelf, "192.0.40.1");
	take_back(shelf, "192.0.0.0/18");
	assert_false(is_region_listed(shelf, "192.0.31.1"));
	assert_true(is_region_listed(shelf, "192.0.63.1"));
}

/* A whole /24 banned address by address is more than a count can hold. */
static void a_bit_that_stands_for_too_many_stays(void **state)
{
	struct shelf *shelf = *state;
	char text[32];

	for (int i = 0; i < 256; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", i);
		add(shelf, text);
	}
	for (int i = 0; i < 256; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", i);
		take_back(shelf, text);
	}
	assert_true(is_listed(shelf, "192.0.2.1"));
}

static void a_prefix_that_is_too_wide_has_everything_looked_up(void **state)
{
	struct shelf *shelf = *state;

	add(shelf, "2000::/3");
	assert_true(filter_is_wide(shelf->filter));
	add(shelf, "2001:db8::/31");
	take_back(shelf, "2000::/3");
	assert_true(filter_is_wide(shelf->filter));
	take_back(shelf, "2001:db8::/31");
	assert_false(filter_is_wide(shelf->filter));
	add(shelf, "0.0.0.0/0");
	assert_false(filter_is_wide(shelf->filter));
	assert_true(is_listed(shelf, "255.255.255.255"));
}

static void bits_of_tables_taken_over_are_kept_where_they_stand_for_something(void **state)
{
	struct shelf *shelf = *state;

	memset(shelf->word, 0xff, GP_FILTER_WORDS * sizeof(*shelf->word));
	memset(shelf->region, 0xff, GP_REGION_WORDS * sizeof(*shelf->region));
	add(shelf, "192.0.2.7");
	filter_tidy(shelf->filter);
	assert_true(is_listed(shelf, "192.0.2.9"));
	assert_false(is_listed(shelf, "192.0.3.9"));
	assert_true(is_region_listed(shelf, "192.0.3.9"));
	assert_false(is_region_listed(shelf, "192.0.32.9"));
}

#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(a_source_lists_its_neighbourhood_and_no_other),
		CLAIM(a_prefix_lists_all_of_its_neighbourhoods),
		CLAIM(a_bit_goes_with_the_last_that_it_stands_for),
		CLAIM(a_region_is_listed_as_long_as_one_of_its_neighbourhoods),
		CLAIM(a_region_goes_though_the_next_one_is_listed),
		CLAIM(a_bit_that_stands_for_too_many_stays),
		CLAIM(a_prefix_that_is_too_wide_has_everything_looked_up),
		CLAIM(bits_of_tables_taken_over_are_kept_where_they_stand_for_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
