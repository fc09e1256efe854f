/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user/ban/ban_table.h"

#define NOW 1000

static struct ban_table table_of(struct gp_ban_bucket *bucket, uint32_t buckets)
{
	memset(bucket, 0, buckets * sizeof(*bucket));
	return (struct ban_table){.bucket = bucket, .buckets = buckets, .seed = {7, 9}};
}

static uint32_t home_of(const struct ban_table *table, uint64_t source)
{
	const __u64 seed[2] = {table->seed[0], table->seed[1]};

	return gp_bucket(gp_hash(source, seed), table->buckets);
}

/* The n-th source, from 1 on, whose home is `bucket`. */
static uint64_t source_at(const struct ban_table *table, uint32_t bucket, int n)
{
	for (uint64_t source = GP_SOURCE_V4 + 1;; source++)
		if (home_of(table, source) == bucket && !--n)
			return source;
}

/* What the datapath does, written once more from the contract. */
static const struct gp_ban *datapath_finds(const struct ban_table *table, uint64_t source)
{
	uint32_t home = home_of(table, source);

	for (uint32_t probe = 0; probe < GP_BAN_PROBES; probe++) {
		const struct gp_ban_bucket *bucket = &table->bucket[(home + probe) % table->buckets];

		for (int way = 0; way < GP_BAN_WAYS; way++)
			if (bucket->way[way].source == source)
				return &bucket->way[way];
		if (!(bucket->way[0].until & GP_BAN_SPILLED))
			return NULL;
	}
	return NULL;
}

static void a_ban_put_is_found_with_its_action_and_end(void **state)
{
	struct gp_ban_bucket bucket[16];
	struct ban_table table = table_of(bucket, 16);
	const struct gp_ban *ban;

	(void)state;
	assert_null(ban_table_find(&table, 5));
	assert_int_equal(ban_table_put(&table, 5, GP_ACTION_LIMIT, 4321, NOW), 0);
	ban = ban_table_find(&table, 5);
	assert_non_null(ban);
	assert_ptr_equal(ban, datapath_finds(&table, 5));
	assert_int_equal(GP_BAN_SECONDS(ban->until), 4321);
	assert_int_equal(GP_BAN_ACTION(ban->until), GP_ACTION_LIMIT);
	assert_int_equal(ban->hits, 0);
	assert_int_equal(ban_table_count(&table), 1);
}

static void a_second_put_changes_the_ban_and_keeps_its_hits(void **state)
{
	struct gp_ban_bucket bucket[16];
	struct ban_table table = table_of(bucket, 16);

	(void)state;
	ban_table_put(&table, 5, GP_ACTION_LIMIT, 2000, NOW);
	((struct gp_ban *)ban_table_find(&table, 5))->hits = 77;
	assert_int_equal(ban_table_put(&table, 5, GP_ACTION_DROP, 3000, NOW), 0);
	assert_int_equal(ban_table_count(&table), 1);
	assert_int_equal(ban_table_find(&table, 5)->until, GP_BAN_UNTIL(3000, GP_ACTION_DROP));
	assert_int_equal(ban_table_find(&table, 5)->hits, 77);
}

static void a_removed_ban_is_gone(void **state)
{
	struct gp_ban_bucket bucket[16];
	struct ban_table table = table_of(bucket, 16);

	(void)state;
	ban_table_put(&table, 5, GP_ACTION_DROP, 2000, NOW);
	assert_int_equal(ban_table_remove(&table, 5), 0);
	assert_null(ban_table_find(&table, 5));
	assert_int_equal(ban_table_remove(&table, 5), -ENOENT);
	assert_int_equal(ban_table_count(&table), 0);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct gp_ban_bucket bucket[16];
	struct ban_table table = table_of(bucket, 16);

	(void)state;
	assert_int_equal(ban_table_put(&table, 0, GP_ACTION_DROP, 2000, NOW), -EINVAL);
	assert_int_equal(ban_table_put(&table, 5, GP_ACTION_NONE, 2000, NOW), -EINVAL);
	assert_int_equal(ban_table_put(&table, 5, (enum gp_action)4, 2000, NOW), -EINVAL);
	assert_int_equal(ban_table_put(&table, 5, GP_ACTION_DROP, GP_BAN_SECONDS_MAX + 1, NOW), -EINVAL);
	assert_int_equal(ban_table_put(&table, 5, GP_ACTION_DROP, GP_BAN_SECONDS_MAX, NOW), 0);
	assert_int_equal(ban_table_remove(&table, 0), -ENOENT);
	assert_null(ban_table_find(&table, 0));
	assert_int_equal(ban_table_count(&table), 1);
}

static void a_full_home_spills_and_all_are_found(void **state)
{
	struct gp_ban_bucket bucket[64];
	struct ban_table table = table_of(bucket, 64);
	int room = GP_BAN_WAYS * GP_BAN_PROBES;

	(void)state;
	for (int n = 1; n <= room; n++)
		assert_int_equal(ban_table_put(&table, source_at(&table, 60, n), GP_ACTION_DROP, 2000, NOW), 0);
	assert_int_equal(ban_table_put(&table, source_at(&table, 60, room + 1), GP_ACTION_DROP, 2000, NOW), -ENOSPC);
	assert_int_equal(ban_table_count(&table), room);
	for (int n = 1; n <= room; n++)
		assert_non_null(datapath_finds(&table, source_at(&table, 60, n)));
	const uint32_t last = (60 + GP_BAN_PROBES - 1) % 64; /* past the end of the table and round */

	assert_true(bucket[last - 1].way[0].until & GP_BAN_SPILLED);
	assert_false(bucket[last].way[0].until & GP_BAN_SPILLED); /* the last one it may go to */
}

static void an_expired_ban_makes_room(void **state)
{
	struct gp_ban_bucket bucket[64];
	struct ban_table table = table_of(bucket, 64);
	int room = GP_BAN_WAYS * GP_BAN_PROBES;

	(void)state;
	for (int n = 1; n <= room; n++)
		ban_table_put(&table, source_at(&table, 3, n), GP_ACTION_DROP, n == 9 ? 1500 : 2000, NOW);
	assert_int_equal(ban_table_put(&table, source_at(&table, 3, room + 1), GP_ACTION_DROP, 2000, 1499), -ENOSPC);
	assert_int_equal(ban_table_put(&table, source_at(&table, 3, room + 1), GP_ACTION_DROP, 2000, 1500), 0);
	assert_null(ban_table_find(&table, source_at(&table, 3, 9)));
	assert_non_null(datapath_finds(&table, source_at(&table, 3, room + 1)));
}

static void removing_the_first_way_keeps_the_way_to_the_spilled(void **state)
{
	struct gp_ban_bucket bucket[16];
	struct ban_table table = table_of(bucket, 16);

	(void)state;
	for (int n = 1; n <= GP_BAN_WAYS + 1; n++)
		ban_table_put(&table, source_at(&table, 4, n), GP_ACTION_DROP, 2000, NOW);
	ban_table_remove(&table, source_at(&table, 4, 1));
	assert_non_null(datapath_finds(&table, source_at(&table, 4, GP_BAN_WAYS + 1)));
	ban_table_put(&table, source_at(&table, 4, 1), GP_ACTION_DROP, 3000, NOW);
	assert_non_null(datapath_finds(&table, source_at(&table, 4, GP_BAN_WAYS + 1)));
	assert_int_equal(GP_BAN_SECONDS(ban_table_find(&table, source_at(&table, 4, 1))->until), 3000);
}

static void a_sweep_frees_what_expired_and_nothing_else(void **state)
{
	struct gp_ban_bucket bucket[64];
	struct ban_table table = table_of(bucket, 64);
	uint32_t cursor = 0, freed = 0;

	(void)state;
	for (uint64_t source = 1; source <= 100; source++)
		assert_int_equal(ban_table_put(&table, source, GP_ACTION_DROP, 2000 + (uint32_t)source, NOW), 0);
	for (int call = 0; call < 4; call++)
		freed += ban_table_sweep(&table, &cursor, 16, 2050);
	assert_int_equal(freed, 50);
	assert_int_equal(ban_table_count(&table), 50);
	for (uint64_t source = 1; source <= 100; source++)
		assert_int_equal(!!datapath_finds(&table, source), source > 50);
	assert_int_equal(ban_table_sweep(&table, &cursor, 1000000, 2100), 50); /* never more than once round */
}

/* Else a table that was full once would cost every miss eight cache lines for ever. */
static void a_sweep_takes_the_spilled_mark_back_when_nobody_needs_it(void **state)
{
	struct gp_ban_bucket bucket[64];
	struct ban_table table = table_of(bucket, 64);
	uint32_t cursor = 0;
	uint64_t guest;

	(void)state;
	for (int n = 1; n <= 2 * GP_BAN_WAYS + 1; n++)
		ban_table_put(&table, source_at(&table, 62, n), GP_ACTION_DROP, n > 2 * GP_BAN_WAYS ? 3000 : 2000, NOW);
	guest = source_at(&table, 62, 2 * GP_BAN_WAYS + 1);
	assert_int_equal(ban_table_sweep(&table, &cursor, 64, 2000), 2 * GP_BAN_WAYS);
	assert_non_null(datapath_finds(&table, guest)); /* two buckets on: both marks are needed */
	assert_int_equal(ban_table_sweep(&table, &cursor, 64, 3000), 1);
	ban_table_sweep(&table, &cursor, 64, 3000);
	for (int i = 0; i < 64; i++)
		assert_int_equal(bucket[i].way[0].until & GP_BAN_SPILLED, 0);
}

static void a_walk_meets_every_ban_once(void **state)
{
	struct gp_ban_bucket bucket[64];
	struct ban_table table = table_of(bucket, 64);
	const struct gp_ban *ban;
	uint64_t sum = 0;
	uint32_t cursor = 0;

	(void)state;
	for (uint64_t source = 1; source <= 100; source++)
		ban_table_put(&table, source, GP_ACTION_DROP, 2000, NOW);
	while ((ban = ban_table_next(&table, &cursor)))
		sum += ban->source;
	assert_int_equal(sum, 5050);
}

static void a_table_of_one_bucket_works(void **state)
{
	struct gp_ban_bucket bucket[1];
	struct ban_table table = table_of(bucket, 1);
	uint32_t cursor = 0;

	(void)state;
	for (uint64_t source = 1; source <= GP_BAN_WAYS; source++)
		assert_int_equal(ban_table_put(&table, source, GP_ACTION_DROP, 2000, NOW), 0);
	assert_int_equal(ban_table_put(&table, 99, GP_ACTION_DROP, 2000, NOW), -ENOSPC);
	assert_int_equal(ban_table_sweep(&table, &cursor, 5, 2000), GP_BAN_WAYS);
}

/* Against a plain array, through thousands of changes. */
static void a_long_life_matches_a_plain_list(void **state)
{
	struct gp_ban_bucket bucket[32];
	struct ban_table table = table_of(bucket, 32);
	uint32_t until[200] = {0}, cursor = 0, now_s = NOW;
	const __u64 seed[2] = {0, 0};

	(void)state;
	for (uint64_t step = 1; step < 20000; step++) {
		uint64_t random = gp_hash(step, seed);
		uint64_t source = 1 + (random >> 8) % 199;

		now_s += step % 16 == 0;
		if (random % 4 == 0) {
			if (!ban_table_remove(&table, source))
				until[source] = 0;
		} else if (random % 4 == 1) {
			ban_table_sweep(&table, &cursor, 3, now_s);
		} else if (!ban_table_put(&table, source, GP_ACTION_DROP, now_s + (uint32_t)(random >> 32) % 30,
					  now_s)) {
			until[source] = now_s + (uint32_t)(random >> 32) % 30;
		}
		for (uint64_t other = 1; other < 200; other++) {
			const struct gp_ban *ban = datapath_finds(&table, other);

			assert_int_equal(ban && now_s < GP_BAN_SECONDS(ban->until), now_s < until[other]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ban_put_is_found_with_its_action_and_end),
		cmocka_unit_test(a_second_put_changes_the_ban_and_keeps_its_hits),
		cmocka_unit_test(a_removed_ban_is_gone),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(a_full_home_spills_and_all_are_found),
		cmocka_unit_test(an_expired_ban_makes_room),
		cmocka_unit_test(removing_the_first_way_keeps_the_way_to_the_spilled),
		cmocka_unit_test(a_sweep_frees_what_expired_and_nothing_else),
		cmocka_unit_test(a_sweep_takes_the_spilled_mark_back_when_nobody_needs_it),
		cmocka_unit_test(a_walk_meets_every_ban_once),
		cmocka_unit_test(a_table_of_one_bucket_works),
		cmocka_unit_test(a_long_life_matches_a_plain_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
