/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/ban/filter.h"

#include <errno.h>
#include <stdlib.h>

#define BITS (1u << GP_FILTER_BITS)
#define COUNT_MAX UINT8_MAX /* so many or more: the bit stays */
_Static_assert(GP_REGION_SHIFT == 5, "a region is half a word of the filter");
#define WIDE_V6_BITS 32 /* a shorter prefix has more /48s than it is worth writing down */

struct filter {
	uint64_t *word, *region;
	uint8_t *count; /* of each bit */
	__u64 seed[2];
	uint32_t wide;
};

int filter_new(struct filter **ret_filter, uint64_t *word, uint64_t *region, const uint64_t seed[2])
{
	struct filter *filter = calloc(1, sizeof(*filter));

	if (!filter)
		return -ENOMEM;
	filter->count = calloc(BITS, sizeof(*filter->count));
	if (!filter->count) {
		free(filter);
		return -ENOMEM;
	}
	filter->word = word;
	filter->region = region;
	filter->seed[0] = seed[0];
	filter->seed[1] = seed[1];
	*ret_filter = filter;
	return 0;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	free(filter->count);
	free(filter);
}

static void bit_set(uint64_t *word, uint32_t bit)
{
	__atomic_fetch_or(&word[bit / 64], 1ULL << bit % 64, __ATOMIC_RELEASE);
}

static void bit_clear(uint64_t *word, uint32_t bit)
{
	__atomic_fetch_and(&word[bit / 64], ~(1ULL << bit % 64), __ATOMIC_RELEASE);
}

static bool is_region_empty(const struct filter *filter, uint32_t region)
{
	const uint32_t first = region << GP_REGION_SHIFT;

	return !(filter->word[first / 64] >> first % 64 & UINT32_MAX);
}

static void bit_add(struct filter *filter, uint32_t bit)
{
	if (filter->count[bit] < COUNT_MAX)
		filter->count[bit]++;
	bit_set(filter->region, bit >> GP_REGION_SHIFT);
	bit_set(filter->word, bit);
}

static void bit_remove(struct filter *filter, uint32_t bit)
{
	if (!filter->count[bit] || filter->count[bit] == COUNT_MAX)
		return;
	if (--filter->count[bit])
		return;
	bit_clear(filter->word, bit);
	if (is_region_empty(filter, bit >> GP_REGION_SHIFT))
		bit_clear(filter->region, bit >> GP_REGION_SHIFT);
}

/* How many neighbourhoods a prefix has, as a power of two; -1: too many. */
static int neighbourhoods_log2(const struct prefix *target)
{
	const bool is_v4 = target->source >> 32 == GP_SOURCE_V4 >> 32 && target->bits >= GP_V4_BITS;
	const int whole = is_v4 ? GP_V4_BITS + GP_NEIGHBOUR_V4_BITS : GP_NEIGHBOUR_V6_BITS;

	if (!is_v4 && target->bits < WIDE_V6_BITS)
		return -1;
	return target->bits < whole ? whole - target->bits : 0;
}

static void each_bit(struct filter *filter, const struct prefix *target, void (*change)(struct filter *, uint32_t))
{
	const bool is_v4 = target->source >> 32 == GP_SOURCE_V4 >> 32;
	const uint64_t step = is_v4 ? 1ULL << (32 - GP_NEIGHBOUR_V4_BITS) : 1ULL << (64 - GP_NEIGHBOUR_V6_BITS);
	const int log2 = neighbourhoods_log2(target);

	for (uint64_t i = 0; i < 1ULL << log2; i++)
		change(filter, gp_neighbourhood(target->source + i * step, filter->seed));
}

void filter_add(struct filter *filter, const struct prefix *target)
{
	if (neighbourhoods_log2(target) < 0)
		filter->wide++;
	else
		each_bit(filter, target, bit_add);
}

void filter_remove(struct filter *filter, const struct prefix *target)
{
	if (neighbourhoods_log2(target) < 0)
		filter->wide -= filter->wide > 0;
	else
		each_bit(filter, target, bit_remove);
}

bool filter_is_wide(const struct filter *filter)
{
	return filter->wide > 0;
}

void filter_tidy(struct filter *filter)
{
	for (uint32_t bit = 0; bit < BITS; bit++)
		if (!filter->count[bit] && filter->word[bit / 64] >> bit % 64 & 1)
			bit_clear(filter->word, bit);
	for (uint32_t region = 0; region < BITS >> GP_REGION_SHIFT; region++)
		if (filter->region[region / 64] >> region % 64 & 1 && is_region_empty(filter, region))
			bit_clear(filter->region, region);
}
