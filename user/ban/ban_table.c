/* SPDX-License-Identifier: BSD-2-Clause */
/* The one writer of the table of exact bans. The datapath reads while this writes, so order is everything: an entry
 * is complete before its source is visible, and invisible before it is cleared. GP_BAN_SPILLED is set before the
 * entry it leads to, and only taken back where no ban can be beyond. Refuses to move entries: a ban must not be
 * missing even for a moment. */
#include "user/ban/ban_table.h"

#include <errno.h>
#include <stdbool.h>

static uint32_t home_of(const struct ban_table *table, uint64_t source)
{
	const __u64 seed[2] = {table->seed[0], table->seed[1]};

	return gp_bucket(gp_hash(source, seed), table->buckets);
}

/* `probe` is less than the number of buckets. */
static struct gp_ban_bucket *bucket_at(const struct ban_table *table, uint32_t home, uint32_t probe)
{
	uint32_t index = home + probe;

	return &table->bucket[index < table->buckets ? index : index - table->buckets];
}

static bool is_taken(const struct gp_ban *ban)
{
	return __atomic_load_n(&ban->source, __ATOMIC_ACQUIRE) != 0;
}

static bool is_expired(const struct gp_ban *ban, uint32_t now_s)
{
	return now_s >= GP_BAN_SECONDS(ban->until);
}

/* No more probes than buckets: a tiny table must not be walked in circles. */
static uint32_t probes_of(const struct ban_table *table)
{
	return table->buckets < GP_BAN_PROBES ? table->buckets : GP_BAN_PROBES;
}

/* The flag of the bucket lives in the word of way 0 and outlives that ban. */
static void set_until(struct gp_ban *ban, uint32_t until)
{
	uint32_t spilled = __atomic_load_n(&ban->until, __ATOMIC_RELAXED) & GP_BAN_SPILLED;

	__atomic_store_n(&ban->until, spilled | until, __ATOMIC_RELAXED);
}

static void free_way(struct ban_table *table, struct gp_ban *ban)
{
	const struct prefix target = prefix_of_source(ban->source);

	if (table->shortlist && target.source)
		shortlist_remove(table->shortlist, target.source);
	__atomic_store_n(&ban->source, 0, __ATOMIC_RELEASE);
	set_until(ban, 0);
	ban->hits = 0;
	if (table->filter && target.source)
		filter_remove(table->filter, &target);
}

static void mark_spilled(struct gp_ban_bucket *bucket)
{
	__atomic_fetch_or(&bucket->way[0].until, GP_BAN_SPILLED, __ATOMIC_RELEASE);
}

static struct gp_ban *find(const struct ban_table *table, uint64_t source)
{
	uint32_t home = home_of(table, source);

	for (uint32_t probe = 0; source && probe < probes_of(table); probe++) {
		struct gp_ban_bucket *bucket = bucket_at(table, home, probe);

		for (int way = 0; way < GP_BAN_WAYS; way++)
			if (bucket->way[way].source == source)
				return &bucket->way[way];
		if (!(bucket->way[0].until & GP_BAN_SPILLED))
			break;
	}
	return NULL;
}

/* A free way, or one whose ban is over, nearest to home. */
static struct gp_ban *find_room(const struct ban_table *table, uint64_t source, uint32_t now_s, uint32_t *ret_probe)
{
	uint32_t home = home_of(table, source);

	for (uint32_t probe = 0; probe < probes_of(table); probe++) {
		struct gp_ban_bucket *bucket = bucket_at(table, home, probe);

		for (int way = 0; way < GP_BAN_WAYS; way++) {
			if (is_taken(&bucket->way[way]) && !is_expired(&bucket->way[way], now_s))
				continue;
			*ret_probe = probe;
			return &bucket->way[way];
		}
	}
	return NULL;
}

static void insert(struct ban_table *table, struct gp_ban *ban, uint32_t probe, uint64_t source, uint32_t until)
{
	const struct prefix target = prefix_of_source(source);
	uint32_t home = home_of(table, source);

	free_way(table, ban);
	if (table->filter)
		filter_add(table->filter, &target);
	set_until(ban, until);
	for (uint32_t passed = 0; passed < probe; passed++)
		mark_spilled(bucket_at(table, home, passed));
	__atomic_store_n(&ban->source, source, __ATOMIC_RELEASE);
	if (table->shortlist)
		shortlist_add(table->shortlist, source, GP_BAN_ACTION(until), GP_BAN_SECONDS(until));
}

int ban_table_put(struct ban_table *table, uint64_t source, enum gp_action action, uint32_t until_s, uint32_t now_s)
{
	uint32_t until = GP_BAN_UNTIL(until_s, action);
	struct gp_ban *ban;
	uint32_t probe;

	if (!source || until_s > GP_BAN_SECONDS_MAX || action == GP_ACTION_NONE || action > GP_ACTION_SHADOW_DROP)
		return -EINVAL;
	ban = find(table, source);
	if (ban) {
		set_until(ban, until); /* one store: the datapath sees the old ban or the new one */
		if (table->shortlist)
			shortlist_change(table->shortlist, source, action, until_s);
		return 0;
	}
	ban = find_room(table, source, now_s, &probe);
	if (!ban)
		return -ENOSPC;
	insert(table, ban, probe, source, until);
	return 0;
}

int ban_table_remove(struct ban_table *table, uint64_t source)
{
	struct gp_ban *ban = find(table, source);

	if (!ban)
		return -ENOENT;
	free_way(table, ban);
	return 0;
}

const struct gp_ban *ban_table_find(const struct ban_table *table, uint64_t source)
{
	return find(table, source);
}

const struct gp_ban *ban_table_next(const struct ban_table *table, uint32_t *cursor)
{
	while (*cursor < table->buckets * GP_BAN_WAYS) {
		const struct gp_ban *ban = &table->bucket[*cursor / GP_BAN_WAYS].way[*cursor % GP_BAN_WAYS];

		(*cursor)++;
		if (is_taken(ban))
			return ban;
	}
	return NULL;
}

size_t ban_table_count(const struct ban_table *table)
{
	uint32_t cursor = 0;
	size_t count = 0;

	while (ban_table_next(table, &cursor))
		count++;
	return count;
}

/* Is any ban of the buckets after this one a guest that passed it? */
static bool has_spilled(const struct ban_table *table, uint32_t bucket)
{
	for (uint32_t distance = 1; distance < probes_of(table); distance++) {
		const struct gp_ban_bucket *later = bucket_at(table, bucket, distance);

		for (int way = 0; way < GP_BAN_WAYS; way++) {
			uint64_t source = later->way[way].source;
			uint32_t home;

			if (!source)
				continue;
			home = home_of(table, source);
			if ((bucket + distance + table->buckets - home) % table->buckets >= distance)
				return true;
		}
	}
	return false;
}

uint32_t ban_table_sweep(struct ban_table *table, uint32_t *cursor, uint32_t buckets, uint32_t now_s)
{
	uint32_t freed = 0;

	if (buckets > table->buckets)
		buckets = table->buckets;
	while (buckets--) {
		uint32_t index = *cursor < table->buckets ? *cursor : 0;
		struct gp_ban_bucket *bucket = &table->bucket[index];

		*cursor = index + 1;
		for (int way = 0; way < GP_BAN_WAYS; way++) {
			if (!is_taken(&bucket->way[way]) || !is_expired(&bucket->way[way], now_s))
				continue;
			free_way(table, &bucket->way[way]);
			freed++;
		}
		/* Without this a table that was once full would cost every miss eight cache lines for ever. */
		if (bucket->way[0].until & GP_BAN_SPILLED && !has_spilled(table, index))
			__atomic_fetch_and(&bucket->way[0].until, ~GP_BAN_SPILLED, __ATOMIC_RELEASE);
	}
	return freed;
}
