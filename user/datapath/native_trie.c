/* SPDX-License-Identifier: BSD-2-Clause */
/* One sorted array: longer prefixes first, then by their bytes. A lookup is a binary search for each length in use. */
#include "user/datapath/native_trie.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TRIE_BYTES_MAX 24 /* of the prefix itself */
#define TRIE_BITS_MAX (TRIE_BYTES_MAX * 8)

struct entry {
	uint32_t bits;
	uint8_t bytes[TRIE_BYTES_MAX]; /* zero beyond `bits` */
	struct gp_prefix_ban value;
};

struct native_trie {
	size_t bytes; /* of a prefix */
	uint32_t count, capacity, room; /* room: entries allocated */
	uint32_t lengths[TRIE_BITS_MAX + 1]; /* prefixes of each length */
	struct entry *entry;
};

int native_trie_new(struct native_trie **ret_trie, size_t key_bytes, uint32_t capacity)
{
	struct native_trie *trie = calloc(1, sizeof(*trie));

	if (!trie)
		return -ENOMEM;
	trie->bytes = key_bytes - sizeof(uint32_t);
	trie->capacity = capacity;
	*ret_trie = trie;
	return 0;
}

void native_trie_free(struct native_trie *trie)
{
	if (!trie)
		return;
	free(trie->entry);
	free(trie);
}

/* The leading `bits` of the key, the rest cleared. */
static void entry_cut(const void *key, uint32_t bits, struct entry *ret_entry)
{
	memset(ret_entry, 0, sizeof(*ret_entry));
	ret_entry->bits = bits;
	memcpy(ret_entry->bytes, (const uint8_t *)key + sizeof(uint32_t), (bits + 7) / 8);
	if (bits % 8)
		ret_entry->bytes[bits / 8] &= (uint8_t)(0xff << (8 - bits % 8));
}

static uint32_t key_bits(const void *key)
{
	uint32_t bits;

	memcpy(&bits, key, sizeof(bits));
	return bits;
}

static int entry_compare(const struct entry *a, const struct entry *b)
{
	if (a->bits != b->bits)
		return a->bits > b->bits ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* Where the entry is, or where it would have to be put. */
static uint32_t lower_bound(const struct native_trie *trie, const struct entry *wanted, bool *ret_found)
{
	uint32_t low = 0, high = trie->count;

	*ret_found = false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = entry_compare(&trie->entry[middle], wanted);

		if (!order)
			*ret_found = true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int grow(struct native_trie *trie)
{
	uint32_t room = trie->room ? trie->room * 2 : 16;
	struct entry *entry;

	if (trie->count == trie->capacity)
		return -ENOSPC;
	if (trie->count < trie->room)
		return 0;
	entry = realloc(trie->entry, room * sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	trie->entry = entry;
	trie->room = room;
	return 0;
}

int native_trie_put(struct native_trie *trie, const void *key, const struct gp_prefix_ban *value)
{
	struct entry wanted;
	uint32_t at;
	bool found;
	int error;

	if (key_bits(key) > trie->bytes * 8)
		return -EINVAL;
	entry_cut(key, key_bits(key), &wanted);
	at = lower_bound(trie, &wanted, &found);
	if (!found) {
		error = grow(trie);
		if (error)
			return error;
		memmove(&trie->entry[at + 1], &trie->entry[at], (trie->count - at) * sizeof(*trie->entry));
		trie->entry[at] = wanted;
		trie->count++;
		trie->lengths[wanted.bits]++;
	}
	trie->entry[at].value = *value;
	return 0;
}

int native_trie_remove(struct native_trie *trie, const void *key)
{
	struct entry wanted;
	uint32_t at;
	bool found;

	if (key_bits(key) > trie->bytes * 8)
		return -ENOENT;
	entry_cut(key, key_bits(key), &wanted);
	at = lower_bound(trie, &wanted, &found);
	if (!found)
		return -ENOENT;
	trie->count--;
	trie->lengths[wanted.bits]--;
	memmove(&trie->entry[at], &trie->entry[at + 1], (trie->count - at) * sizeof(*trie->entry));
	return 0;
}

struct gp_prefix_ban *native_trie_find(const struct native_trie *trie, const void *key)
{
	uint32_t longest = key_bits(key);
	struct entry wanted;
	bool found;

	for (uint32_t bits = longest + 1; trie->count && bits-- > 0;) {
		uint32_t at;

		if (!trie->lengths[bits])
			continue;
		entry_cut(key, bits, &wanted);
		at = lower_bound(trie, &wanted, &found);
		if (found)
			return &trie->entry[at].value;
	}
	return NULL;
}

int native_trie_next(const struct native_trie *trie, const void *key, void *ret_key)
{
	struct entry wanted;
	uint32_t at = 0;
	bool found;

	if (key) {
		entry_cut(key, key_bits(key), &wanted);
		at = lower_bound(trie, &wanted, &found);
		at += found;
	}
	if (at >= trie->count)
		return -ENOENT;
	memcpy(ret_key, &trie->entry[at].bits, sizeof(uint32_t));
	memcpy((uint8_t *)ret_key + sizeof(uint32_t), trie->entry[at].bytes, trie->bytes);
	return 0;
}
