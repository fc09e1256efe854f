/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/ban/shortlist.h"

#include <errno.h>
#include <stdlib.h>

#define KEYS_A_WORD 4
#define KEYS (GP_SHORT_WORDS * KEYS_A_WORD)
#define FIRST_KEY 2 /* the head takes the room of two */
#define NO_KEY KEYS
#define KEY_MASK 0xffffULL
#define NS_PER_S 1000000000ULL
#define TIME_MAX (UINT32_MAX >> GP_SHORT_FLAG_BITS)

struct shortlist {
	struct gp_short_bucket *bucket;
	uint64_t seed[2];
	uint32_t more[GP_SHORT_BUCKETS]; /* bans that are in the table only */
	uint32_t near[GP_SHORT_BUCKETS]; /* prefixes, a /24 of them each */
};

int shortlist_new(struct shortlist **ret_list, struct gp_short_bucket *bucket, const uint64_t seed[2])
{
	struct shortlist *list = calloc(1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	list->bucket = bucket;
	list->seed[0] = seed[0];
	list->seed[1] = seed[1];
	*ret_list = list;
	return 0;
}

void shortlist_free(struct shortlist *list)
{
	free(list);
}

/* ---- a bucket -------------------------------------------------------------------------------------------------- */
static uint32_t place_of(const struct shortlist *list, uint64_t source)
{
	const __u64 seed[2] = {list->seed[0], list->seed[1]};

	return gp_short_place(source, seed);
}

static uint16_t key_read(const struct gp_short_bucket *bucket, int at)
{
	return (uint16_t)(bucket->word[at / KEYS_A_WORD] >> 16 * (at % KEYS_A_WORD));
}

/* One store: the datapath sees the old key or the new one. */
static void key_write(struct gp_short_bucket *bucket, int at, uint16_t key)
{
	__u64 *word = &bucket->word[at / KEYS_A_WORD];
	const int shift = 16 * (at % KEYS_A_WORD);

	__atomic_store_n(word, (*word & ~(KEY_MASK << shift)) | (uint64_t)key << shift, __ATOMIC_RELEASE);
}

static int key_find(const struct gp_short_bucket *bucket, uint16_t key)
{
	for (int at = FIRST_KEY; at < KEYS; at++)
		if (key_read(bucket, at) == key)
			return at;
	return NO_KEY;
}

static bool has_keys(const struct gp_short_bucket *bucket)
{
	uint64_t any = bucket->word[0] >> 32; /* beside the head */

	for (int i = 1; i < GP_SHORT_WORDS; i++)
		any |= bucket->word[i];
	return any != 0;
}

static uint32_t head_read(const struct gp_short_bucket *bucket)
{
	return (uint32_t)bucket->word[0];
}

static void head_write(struct gp_short_bucket *bucket, uint32_t head)
{
	__atomic_store_n(&bucket->word[0], bucket->word[0] >> 32 << 32 | head, __ATOMIC_RELEASE);
}

static uint32_t head_time(const struct gp_short_bucket *bucket)
{
	return head_read(bucket) >> GP_SHORT_FLAG_BITS;
}

static uint32_t time_of(uint32_t seconds)
{
	const uint64_t units = seconds * NS_PER_S >> GP_SHORT_TIME_SHIFT;

	return units < TIME_MAX ? (uint32_t)units : TIME_MAX;
}

static void head_set_time(struct gp_short_bucket *bucket, uint32_t units)
{
	head_write(bucket, units << GP_SHORT_FLAG_BITS | (head_read(bucket) & (GP_SHORT_MORE | GP_SHORT_NEAR)));
}

static void head_flag(struct gp_short_bucket *bucket, uint32_t flag, bool on)
{
	head_write(bucket, on ? head_read(bucket) | flag : head_read(bucket) & ~flag);
}

/* ---- bans ------------------------------------------------------------------------------------------------------ */
/* The key goes last: what it stands for holds by then. */
static bool key_add(struct gp_short_bucket *bucket, uint16_t key, uint32_t until)
{
	const int at = key ? key_find(bucket, 0) : NO_KEY;

	if (at == NO_KEY)
		return false;
	if (!has_keys(bucket) || until < head_time(bucket))
		head_set_time(bucket, until);
	key_write(bucket, at, key);
	return true;
}

static void place(struct shortlist *list, uint32_t place, enum gp_action action, uint32_t until_s)
{
	const uint32_t index = place >> 16;

	if (action != GP_ACTION_DROP || !key_add(&list->bucket[index], (uint16_t)place, time_of(until_s)))
		list->more[index]++;
	head_flag(&list->bucket[index], GP_SHORT_MORE, list->more[index] > 0);
}

static void take(struct shortlist *list, uint32_t place)
{
	struct gp_short_bucket *bucket = &list->bucket[place >> 16];
	const int at = (uint16_t)place ? key_find(bucket, (uint16_t)place) : NO_KEY;

	if (at != NO_KEY)
		key_write(bucket, at, 0);
	else if (list->more[place >> 16])
		list->more[place >> 16]--;
}

void shortlist_add(struct shortlist *list, uint64_t source, enum gp_action action, uint32_t until_s)
{
	if (gp_is_v4(source))
		place(list, place_of(list, source), action, until_s);
}

void shortlist_remove(struct shortlist *list, uint64_t source)
{
	const uint32_t at = place_of(list, source);

	if (!gp_is_v4(source))
		return;
	take(list, at);
	head_flag(&list->bucket[at >> 16], GP_SHORT_MORE, list->more[at >> 16] > 0);
}

void shortlist_change(struct shortlist *list, uint64_t source, enum gp_action action, uint32_t until_s)
{
	const uint32_t at = place_of(list, source);

	if (!gp_is_v4(source))
		return;
	head_flag(&list->bucket[at >> 16], GP_SHORT_MORE, true);
	take(list, at);
	place(list, at, action, until_s);
}

/* ---- prefixes -------------------------------------------------------------------------------------------------- */
static void near_one(struct shortlist *list, uint64_t source, bool listed)
{
	const uint32_t index = place_of(list, source) >> 16;

	if (listed)
		list->near[index]++;
	else
		list->near[index] -= list->near[index] > 0;
	head_flag(&list->bucket[index], GP_SHORT_NEAR, list->near[index] > 0);
}

/* ::/n with n below 32 covers IPv4 as well, but says so with GP_LIST_WIDE. */
void shortlist_near(struct shortlist *list, const struct prefix *prefix, bool listed)
{
	const int whole = GP_V4_BITS + GP_NEIGHBOUR_V4_BITS;
	const int log2 = prefix->bits < whole ? whole - prefix->bits : 0;

	if (!gp_is_v4(prefix->source) || prefix->bits < GP_V4_BITS)
		return;
	for (uint64_t i = 0; i < 1ULL << log2; i++)
		near_one(list, prefix->source + (i << (32 - GP_NEIGHBOUR_V4_BITS)), listed);
}

/* ---- upkeep ---------------------------------------------------------------------------------------------------- */
static uint64_t source_of(const struct shortlist *list, uint32_t place)
{
	const __u64 seed[2] = {list->seed[0], list->seed[1]};

	return gp_short_source(place, seed);
}

/* When the first of its bans ends; 0: there is none. */
static uint32_t first_end(const struct shortlist *list, uint32_t index, shortlist_until_fn until, const void *context)
{
	uint32_t first_s = 0;

	for (int at = FIRST_KEY; at < KEYS; at++) {
		const uint16_t key = key_read(&list->bucket[index], at);
		const uint32_t end_s = key ? until(context, source_of(list, index << 16 | key)) : 0;

		if (end_s && (!first_s || end_s < first_s))
			first_s = end_s;
	}
	return first_s;
}

void shortlist_sweep(struct shortlist *list, uint32_t *cursor, uint32_t buckets, uint32_t now_s,
		     shortlist_until_fn until, const void *context)
{
	while (buckets--) {
		const uint32_t index = *cursor % GP_SHORT_BUCKETS;

		*cursor = index + 1;
		if (head_time(&list->bucket[index]) <= time_of(now_s) && has_keys(&list->bucket[index]))
			head_set_time(&list->bucket[index], time_of(first_end(list, index, until, context)));
	}
}

void shortlist_rewrite(struct shortlist *list)
{
	for (uint32_t index = 0; index < GP_SHORT_BUCKETS; index++) {
		struct gp_short_bucket *bucket = &list->bucket[index];

		head_write(bucket, GP_SHORT_MORE | GP_SHORT_NEAR);
		for (int at = FIRST_KEY; at < KEYS; at++)
			key_write(bucket, at, 0);
		list->more[index] = list->near[index] = 1; /* until all is written */
	}
}

void shortlist_rewritten(struct shortlist *list)
{
	for (uint32_t index = 0; index < GP_SHORT_BUCKETS; index++) {
		list->more[index]--;
		list->near[index]--;
		head_flag(&list->bucket[index], GP_SHORT_MORE, list->more[index] > 0);
		head_flag(&list->bucket[index], GP_SHORT_NEAR, list->near[index] > 0);
	}
}
