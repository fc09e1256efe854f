/* SPDX-License-Identifier: BSD-2-Clause */
/* The IPv4 bans once more, two bytes each: never one too few, and what does not fit is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "user/ban/shortlist.h"

static const uint64_t seed[2] = {0x1234567, 0x89abcde};

struct shelf {
	struct gp_short_bucket *bucket;
	struct shortlist *list;
};

static int set_up(void **state)
{
	struct shelf *shelf = calloc(1, sizeof(*shelf));

	shelf->bucket = calloc(GP_SHORT_BUCKETS, sizeof(*shelf->bucket));
	*state = shelf;
	return shortlist_new(&shelf->list, shelf->bucket, seed);
}

static int tear_down(void **state)
{
	struct shelf *shelf = *state;

	shortlist_free(shelf->list);
	free(shelf->bucket);
	free(shelf);
	return 0;
}

static uint64_t v4(uint32_t address)
{
	return GP_SOURCE_V4 | address;
}

static uint32_t place_of(uint64_t source)
{
	const __u64 same[2] = {seed[0], seed[1]};

	return gp_short_place(source, same);
}

/* As bpf/ban.bpf.h reads it, in plain words. */
enum answer { NOTHING, BANNED, UNSURE };

static enum answer ask(const struct shelf *shelf, uint64_t source, uint32_t now_s)
{
	const uint32_t place = place_of(source);
	const __u64 *word = shelf->bucket[place >> 16].word;
	const uint32_t head = (uint32_t)word[0];

	for (int at = 2; at < 4 * GP_SHORT_WORDS; at++)
		if ((uint16_t)place && (word[at / 4] >> 16 * (at % 4) & 0xffff) == (uint16_t)place)
			return head & GP_SHORT_NEAR || now_s * 1000000000ULL >> GP_SHORT_TIME_SHIFT >= head >>
							       GP_SHORT_FLAG_BITS
				       ? UNSURE
				       : BANNED;
	return head & (GP_SHORT_MORE | GP_SHORT_NEAR) ? UNSURE : NOTHING;
}

static void an_address_comes_back_from_its_place(void **state)
{
	const __u64 same[2] = {seed[0], seed[1]};
	uint32_t address = 0;

	(void)state;
	for (int i = 0; i < 1000000; i++, address = address * 1664525 + 1013904223)
		assert_int_equal(gp_short_source(gp_short_place(v4(address), same), same), v4(address));
	assert_int_equal(gp_short_source(gp_short_place(v4(0), same), same), v4(0));
	assert_int_equal(gp_short_source(gp_short_place(v4(UINT32_MAX), same), same), v4(UINT32_MAX));
}

static void who_is_banned_is_found_and_the_neighbours_are_not(void **state)
{
	const struct shelf *shelf = *state;
	const uint64_t source = v4(0xc0000207);

	shortlist_add(shelf->list, source, GP_ACTION_DROP, 5000);
	assert_int_equal(ask(shelf, source, 1000), BANNED);
	assert_int_equal(ask(shelf, source + 1, 1000), NOTHING);
	assert_int_equal(ask(shelf, source + 256, 1000), NOTHING);
	shortlist_remove(shelf->list, source);
	assert_int_equal(ask(shelf, source, 1000), NOTHING);
}

/* Of a million random bans each is found, or the table is asked; of the others nobody is taken for banned. */
static void of_a_million_bans_none_is_missing_and_few_are_asked_for_in_the_table(void **state)
{
	const struct shelf *shelf = *state;
	uint32_t address = 1, unsure = 0, asked_in_vain = 0;

	for (int i = 0; i < 1000000; i++, address += 2654435761u)
		shortlist_add(shelf->list, v4(address), GP_ACTION_DROP, 5000);
	address = 1;
	for (int i = 0; i < 1000000; i++, address += 2654435761u) {
		const enum answer answer = ask(shelf, v4(address), 1000);

		assert_int_not_equal(answer, NOTHING);
		unsure += answer == UNSURE;
	}
	for (int i = 0; i < 1000000; i++, address += 2654435761u) {
		const enum answer answer = ask(shelf, v4(address), 1000);

		assert_int_not_equal(answer, BANNED);
		asked_in_vain += answer == UNSURE;
	}
	print_message("# of 1,000,000 banned %u, of 1,000,000 others %u are asked for in the table\n", unsure,
		      asked_in_vain);
	assert_true(unsure < 20000);
	assert_true(asked_in_vain < 20000);
}

static void a_whole_24_is_too_much_for_a_bucket_and_nobody_of_it_is_lost(void **state)
{
	const struct shelf *shelf = *state;
	uint32_t banned = 0;

	for (uint32_t host = 0; host < 256; host++)
		shortlist_add(shelf->list, v4(0xc0000200 + host), GP_ACTION_DROP, 5000);
	for (uint32_t host = 0; host < 256; host++) {
		assert_int_not_equal(ask(shelf, v4(0xc0000200 + host), 1000), NOTHING);
		banned += ask(shelf, v4(0xc0000200 + host), 1000) == BANNED;
	}
	assert_int_equal(banned, 30);
	for (uint32_t host = 0; host < 256; host++)
		shortlist_remove(shelf->list, v4(0xc0000200 + host));
	for (uint32_t host = 0; host < 256; host++)
		assert_int_equal(ask(shelf, v4(0xc0000200 + host), 1000), NOTHING);
}

static void the_key_that_would_be_a_free_place_is_asked_for_in_the_table(void **state)
{
	const struct shelf *shelf = *state;
	const __u64 same[2] = {seed[0], seed[1]};
	const uint64_t source = gp_short_source(0x12340000, same);

	assert_int_equal(ask(shelf, source, 1000), NOTHING);
	shortlist_add(shelf->list, source, GP_ACTION_DROP, 5000);
	assert_int_equal(ask(shelf, source, 1000), UNSURE);
	shortlist_remove(shelf->list, source);
	assert_int_equal(ask(shelf, source, 1000), NOTHING);
}

static void who_is_only_limited_is_asked_for_in_the_table(void **state)
{
	const struct shelf *shelf = *state;
	const uint64_t source = v4(0xc0000207);

	shortlist_add(shelf->list, source, GP_ACTION_LIMIT, 5000);
	assert_int_equal(ask(shelf, source, 1000), UNSURE);
	shortlist_change(shelf->list, source, GP_ACTION_DROP, 5000);
	assert_int_equal(ask(shelf, source, 1000), BANNED);
	shortlist_change(shelf->list, source, GP_ACTION_SHADOW_DROP, 5000);
	assert_int_equal(ask(shelf, source, 1000), UNSURE);
	shortlist_remove(shelf->list, source);
	assert_int_equal(ask(shelf, source, 1000), NOTHING);
}

static void no_head_outlives_a_ban_of_its_bucket(void **state)
{
	const struct shelf *shelf = *state;
	const uint64_t soon = v4(0xc0000207), late = v4(0xc0000208); /* of one bucket */

	shortlist_add(shelf->list, late, GP_ACTION_DROP, 90000);
	shortlist_add(shelf->list, soon, GP_ACTION_DROP, 2000);
	assert_int_equal(ask(shelf, soon, 1980), BANNED);
	assert_int_equal(ask(shelf, soon, 2000), UNSURE);
	assert_int_equal(ask(shelf, late, 2000), UNSURE);
	shortlist_change(shelf->list, late, GP_ACTION_DROP, 1500);
	assert_int_equal(ask(shelf, late, 1500), UNSURE);
	assert_int_equal(ask(shelf, soon, 1500), UNSURE);
}

static void a_ban_for_ever_is_one_even_after_years(void **state)
{
	const struct shelf *shelf = *state;

	shortlist_add(shelf->list, v4(7), GP_ACTION_DROP, GP_BAN_SECONDS_MAX);
	assert_int_equal(ask(shelf, v4(7), 1), BANNED);
	assert_int_equal(ask(shelf, v4(7), GP_BAN_SECONDS_MAX - 20), BANNED);
	assert_int_equal(ask(shelf, v4(7), GP_BAN_SECONDS_MAX), UNSURE);
}

static uint32_t ends_at_9000(const void *context, uint64_t source)
{
	(void)context;
	return source == v4(0xc0000208) ? 9000 : 0;
}

static void a_sweep_sets_a_head_to_the_next_end(void **state)
{
	const struct shelf *shelf = *state;
	const uint64_t soon = v4(0xc0000207), late = v4(0xc0000208);
	uint32_t cursor = 12345;

	shortlist_add(shelf->list, soon, GP_ACTION_DROP, 2000);
	shortlist_add(shelf->list, late, GP_ACTION_DROP, 9000);
	shortlist_remove(shelf->list, soon);
	assert_int_equal(ask(shelf, late, 2000), UNSURE);
	shortlist_sweep(shelf->list, &cursor, GP_SHORT_BUCKETS, 2000, ends_at_9000, NULL);
	assert_int_equal(ask(shelf, late, 2000), BANNED);
	assert_int_equal(ask(shelf, late, 9000), UNSURE);
}

static void near_a_listed_prefix_the_lists_are_asked(void **state)
{
	const struct shelf *shelf = *state;
	const struct prefix wide = {v4(0xc0000000), 32 + 16}, one = {v4(0xc0000207), 64};

	shortlist_add(shelf->list, one.source, GP_ACTION_DROP, 5000);
	shortlist_near(shelf->list, &wide, true);
	shortlist_near(shelf->list, &one, true);
	assert_int_equal(ask(shelf, one.source, 1000), UNSURE);
	assert_int_equal(ask(shelf, v4(0xc000ff01), 1000), UNSURE);
	shortlist_near(shelf->list, &wide, false);
	assert_int_equal(ask(shelf, v4(0xc000ff01), 1000), NOTHING);
	assert_int_equal(ask(shelf, one.source, 1000), UNSURE);
	shortlist_near(shelf->list, &one, false);
	assert_int_equal(ask(shelf, one.source, 1000), BANNED);
}

static void what_is_not_ipv4_is_nothing_to_it(void **state)
{
	const struct shelf *shelf = *state;
	const struct prefix v6 = {0x20010db800000000, 48};

	shortlist_add(shelf->list, 0x20010db8c0000207, GP_ACTION_DROP, 5000);
	shortlist_near(shelf->list, &v6, true);
	for (uint32_t i = 0; i < GP_SHORT_BUCKETS; i++)
		for (int j = 0; j < GP_SHORT_WORDS; j++)
			assert_int_equal(shelf->bucket[i].word[j], 0);
}

static void while_it_is_written_anew_the_lists_are_asked(void **state)
{
	const struct shelf *shelf = *state;
	const uint64_t kept = v4(0xc0000207), gone = v4(0xc0000208);

	shortlist_add(shelf->list, kept, GP_ACTION_DROP, 5000);
	shortlist_add(shelf->list, gone, GP_ACTION_DROP, 5000);
	shortlist_rewrite(shelf->list);
	assert_int_equal(ask(shelf, kept, 1000), UNSURE);
	assert_int_equal(ask(shelf, v4(1), 1000), UNSURE);
	shortlist_add(shelf->list, kept, GP_ACTION_DROP, 5000);
	assert_int_equal(ask(shelf, kept, 1000), UNSURE);
	shortlist_rewritten(shelf->list);
	assert_int_equal(ask(shelf, kept, 1000), BANNED);
	assert_int_equal(ask(shelf, gone, 1000), NOTHING);
	assert_int_equal(ask(shelf, v4(1), 1000), NOTHING);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_comes_back_from_its_place),
		TEST(who_is_banned_is_found_and_the_neighbours_are_not),
		TEST(of_a_million_bans_none_is_missing_and_few_are_asked_for_in_the_table),
		TEST(a_whole_24_is_too_much_for_a_bucket_and_nobody_of_it_is_lost),
		TEST(the_key_that_would_be_a_free_place_is_asked_for_in_the_table),
		TEST(who_is_only_limited_is_asked_for_in_the_table),
		TEST(no_head_outlives_a_ban_of_its_bucket),
		TEST(a_ban_for_ever_is_one_even_after_years),
		TEST(a_sweep_sets_a_head_to_the_next_end),
		TEST(near_a_listed_prefix_the_lists_are_asked),
		TEST(what_is_not_ipv4_is_nothing_to_it),
		TEST(while_it_is_written_anew_the_lists_are_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
