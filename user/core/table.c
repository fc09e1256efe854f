/* SPDX-License-Identifier: BSD-2-Clause */
/* Chained hashing over arrays that are allocated once. A slot is a key, its links and a record; slot 0 stands for
 * "none", so that zeroed memory is a valid empty table. The same slots hang in one list from the one touched longest
 * ago to the newest, which is both the order of eviction and the order of table_next. Records never move. */
#include "user/core/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE 0u
#define CURSOR_END UINT32_MAX
#define CAPACITY_MAX (1u << 30)

struct slot {
	uint64_t key;
	uint32_t next; /* in the bucket's chain, or in the list of free slots */
	uint32_t older, newer;
};

struct table {
	uint32_t capacity, count, mask;
	uint32_t free, oldest, newest;
	uint64_t evictions;
	__u64 seed[2]; /* of gp_hash */
	size_t record_bytes;
	uint32_t *bucket;
	struct slot *slot; /* 1..capacity */
	unsigned char *record;
	table_drop_fn drop;
	void *context;
};

static size_t aligned(size_t bytes)
{
	const size_t unit = _Alignof(max_align_t);

	return (bytes + unit - 1) / unit * unit;
}

static uint32_t bucket_count(uint32_t capacity)
{
	uint32_t buckets = 1;

	while (buckets < capacity)
		buckets <<= 1;
	return buckets;
}

size_t table_bytes(uint32_t capacity, size_t record_bytes)
{
	return sizeof(struct table) + bucket_count(capacity) * sizeof(uint32_t) +
	       ((size_t)capacity + 1) * (sizeof(struct slot) + aligned(record_bytes));
}

static void table_fill_free_list(struct table *table)
{
	for (uint32_t i = table->capacity; i > 0; i--) {
		table->slot[i].next = table->free;
		table->free = i;
	}
}

int table_new(struct table **ret_table, uint32_t capacity, size_t record_bytes, uint64_t seed)
{
	struct table *table;

	if (!capacity || capacity > CAPACITY_MAX)
		return -EINVAL;
	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->capacity = capacity;
	table->mask = bucket_count(capacity) - 1;
	table->record_bytes = aligned(record_bytes ? record_bytes : 1);
	table->seed[0] = seed;
	table->seed[1] = ~seed;
	table->bucket = calloc((size_t)table->mask + 1, sizeof(*table->bucket));
	table->slot = calloc((size_t)capacity + 1, sizeof(*table->slot));
	table->record = calloc((size_t)capacity + 1, table->record_bytes);
	if (!table->bucket || !table->slot || !table->record) {
		table_free(table);
		return -ENOMEM;
	}
	table_fill_free_list(table);
	*ret_table = table;
	return 0;
}

void table_free(struct table *table)
{
	uint64_t key;
	uint32_t cursor = 0;
	void *record;

	if (!table)
		return;
	while (table->drop && (record = table_next(table, &cursor, &key)))
		table->drop(table->context, key, record);
	free(table->bucket);
	free(table->slot);
	free(table->record);
	free(table);
}

void table_on_drop(struct table *table, table_drop_fn drop, void *context)
{
	table->drop = drop;
	table->context = context;
}

static void *record_at(const struct table *table, uint32_t index)
{
	return table->record + index * table->record_bytes;
}

static uint32_t *bucket_of(const struct table *table, uint64_t key)
{
	return &table->bucket[gp_hash(key, table->seed) & table->mask];
}

static uint32_t slot_find(const struct table *table, uint64_t key)
{
	uint32_t index = *bucket_of(table, key);

	while (index != NONE && table->slot[index].key != key)
		index = table->slot[index].next;
	return index;
}

static void age_unlink(struct table *table, uint32_t index)
{
	const struct slot *slot = &table->slot[index];

	if (slot->older != NONE)
		table->slot[slot->older].newer = slot->newer;
	else
		table->oldest = slot->newer;
	if (slot->newer != NONE)
		table->slot[slot->newer].older = slot->older;
	else
		table->newest = slot->older;
}

static void age_link_newest(struct table *table, uint32_t index)
{
	table->slot[index].older = table->newest;
	table->slot[index].newer = NONE;
	if (table->newest != NONE)
		table->slot[table->newest].newer = index;
	else
		table->oldest = index;
	table->newest = index;
}

static void slot_remove(struct table *table, uint32_t index)
{
	uint32_t *link = bucket_of(table, table->slot[index].key);

	if (table->drop)
		table->drop(table->context, table->slot[index].key, record_at(table, index));
	while (*link != index)
		link = &table->slot[*link].next;
	*link = table->slot[index].next;
	age_unlink(table, index);
	table->slot[index].next = table->free;
	table->free = index;
	table->count--;
}

void *table_find(const struct table *table, uint64_t key)
{
	const uint32_t index = slot_find(table, key);

	return index == NONE ? NULL : record_at(table, index);
}

void *table_touch(struct table *table, uint64_t key)
{
	const uint32_t index = slot_find(table, key);

	if (index == NONE)
		return NULL;
	if (index != table->newest) {
		age_unlink(table, index);
		age_link_newest(table, index);
	}
	return record_at(table, index);
}

void *table_add(struct table *table, uint64_t key)
{
	const uint32_t index = table->free;
	uint32_t *bucket = bucket_of(table, key);

	if (index == NONE)
		return NULL;
	table->free = table->slot[index].next;
	table->slot[index].key = key;
	table->slot[index].next = *bucket;
	*bucket = index;
	age_link_newest(table, index);
	table->count++;
	return memset(record_at(table, index), 0, table->record_bytes);
}

void *table_take(struct table *table, uint64_t key, bool *ret_added)
{
	void *record = table_touch(table, key);

	if (ret_added)
		*ret_added = !record;
	if (record)
		return record;
	if (table->free == NONE) {
		slot_remove(table, table->oldest);
		table->evictions++;
	}
	return table_add(table, key);
}

void table_remove(struct table *table, uint64_t key)
{
	const uint32_t index = slot_find(table, key);

	if (index != NONE)
		slot_remove(table, index);
}

uint32_t table_count(const struct table *table)
{
	return table->count;
}

uint64_t table_evictions(const struct table *table)
{
	return table->evictions;
}

void *table_next(const struct table *table, uint32_t *cursor, uint64_t *ret_key)
{
	uint32_t index = *cursor;

	if (index == CURSOR_END)
		return NULL;
	if (index == 0)
		index = table->oldest;
	if (index == NONE)
		return NULL;
	/* the step is taken now, so that the caller may remove what it gets */
	*cursor = table->slot[index].newer == NONE ? CURSOR_END : table->slot[index].newer;
	if (ret_key)
		*ret_key = table->slot[index].key;
	return record_at(table, index);
}

/* A slot that was freed still has its key; the chain of that key does not have the slot. */
bool table_walk(const struct table *table, uint32_t *place, void **ret_record)
{
	const uint32_t index = *place;

	if (index == NONE || index > table->capacity)
		return false;
	*ret_record = slot_find(table, table->slot[index].key) == index ? record_at(table, index) : NULL;
	++*place;
	return true;
}

uint64_t table_prefix_key(const struct table *table, const struct prefix *prefix)
{
	const __u64 seed[2] = {table->seed[0] ^ prefix->bits * 0x9e3779b97f4a7c15ULL, table->seed[1]};

	/* gp_hash is a permutation for a given seed: prefixes of one length never meet */
	return prefix->bits == GP_SOURCE_BITS ? prefix->source : gp_hash(prefix->source, seed);
}
