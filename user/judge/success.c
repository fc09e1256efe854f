/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries stand in the order of their last success, so that those that are too old are always the first ones. */
#include "user/judge/success.h"

#include <errno.h>
#include <stdlib.h>

#include "user/core/table.h"
#include "user/judge/window.h"

struct success {
	uint64_t source, last_ns;
	struct success *next, **link; /* in the chain of its area */
	uint32_t logins;
	struct credit credit;
};

/* An area is a widest prefix; a bucket is a chain of those that lie in areas of one hash. */
struct successes {
	struct success_settings settings;
	struct table *sources;
	struct success **bucket;
	uint32_t mask;
};

static uint32_t buckets_of(uint32_t sources_max)
{
	uint32_t buckets = 1;

	while (buckets < sources_max / 4)
		buckets *= 2;
	return buckets;
}

static struct success **bucket_of(const struct successes *successes, uint64_t source)
{
	const struct success_settings *settings = &successes->settings;
	const struct prefix area = prefix_of(source, settings->widest_v4_bits, settings->widest_v6_bits);
	const __u64 seed[2] = {settings->seed, ~settings->seed};

	return &successes->bucket[gp_hash(area.source, seed) & successes->mask];
}

static void chain_add(struct success **bucket, struct success *success)
{
	success->next = *bucket;
	success->link = bucket;
	if (success->next)
		success->next->link = &success->next;
	*bucket = success;
}

static void chain_remove(void *context, uint64_t source, void *record)
{
	struct success *success = record;

	(void)context;
	(void)source;
	*success->link = success->next;
	if (success->next)
		success->next->link = success->link;
}

int successes_new(struct successes **ret_successes, const struct success_settings *settings)
{
	struct successes *successes = calloc(1, sizeof(*successes));
	int result;

	if (!successes)
		return -ENOMEM;
	successes->settings = *settings;
	successes->mask = buckets_of(settings->sources_max) - 1;
	successes->bucket = calloc(successes->mask + 1UL, sizeof(*successes->bucket));
	result = successes->bucket
			 ? table_new(&successes->sources, settings->sources_max, sizeof(struct success), settings->seed)
			 : -ENOMEM;
	if (result) {
		successes_free(successes);
		return result;
	}
	table_on_drop(successes->sources, chain_remove, successes);
	*ret_successes = successes;
	return 0;
}

void successes_free(struct successes *successes)
{
	if (!successes)
		return;
	table_free(successes->sources);
	free(successes->bucket);
	free(successes);
}

size_t successes_bytes(uint32_t sources_max)
{
	return sizeof(struct successes) + buckets_of(sources_max) * sizeof(struct success *) +
	       table_bytes(sources_max, sizeof(struct success));
}

static void drop_old(struct successes *successes, uint64_t now_ns)
{
	const struct success *oldest;
	uint32_t cursor = 0;
	uint64_t source;

	while ((oldest = table_next(successes->sources, &cursor, &source)) &&
	       age_ns(oldest->last_ns, now_ns) >= successes->settings.keep_ns)
		table_remove(successes->sources, source);
}

struct credit *successes_note(struct successes *successes, uint64_t source, uint64_t now_ns)
{
	struct success *success;
	bool added;

	drop_old(successes, now_ns);
	success = table_take(successes->sources, source, &added);
	if (added) {
		success->source = source;
		chain_add(bucket_of(successes, source), success);
	}
	if (success->last_ns < now_ns)
		success->last_ns = now_ns;
	if (success->logins < UINT32_MAX)
		success->logins++;
	return &success->credit;
}

struct credit *successes_credit(const struct successes *successes, uint64_t source)
{
	struct success *success = table_find(successes->sources, source);

	return success ? &success->credit : NULL;
}

uint64_t successes_last(const struct successes *successes, uint64_t source)
{
	const struct success *success = table_find(successes->sources, source);

	return success ? success->last_ns : 0;
}

uint32_t successes_logins(const struct successes *successes, uint64_t source)
{
	const struct success *success = table_find(successes->sources, source);

	return success ? success->logins : 0;
}

uint32_t successes_count(struct successes *successes, uint64_t now_ns)
{
	drop_old(successes, now_ns);
	return table_count(successes->sources);
}

struct inside {
	const struct prefix *target;
	uint32_t count;
	uint64_t last_ns;
};

static void look(struct inside *inside, const struct success *success)
{
	const struct prefix source = prefix_of_source(success->source);

	if (!prefix_covers(inside->target, &source))
		return;
	inside->count++;
	if (inside->last_ns < success->last_ns)
		inside->last_ns = success->last_ns;
}

static bool is_within_an_area(const struct successes *successes, const struct prefix *target)
{
	const struct success_settings *settings = &successes->settings;

	return target->bits >= prefix_of(target->source, settings->widest_v4_bits, settings->widest_v6_bits).bits;
}

uint32_t successes_inside(struct successes *successes, const struct prefix *target, uint64_t now_ns, uint64_t *ret_last)
{
	struct inside inside = {.target = target};
	const struct success *success;
	uint32_t cursor = 0;

	drop_old(successes, now_ns);
	if (target->bits == GP_SOURCE_BITS) {
		*ret_last = successes_last(successes, target->source);
		return *ret_last ? 1 : 0;
	}
	if (is_within_an_area(successes, target))
		for (success = *bucket_of(successes, target->source); success; success = success->next)
			look(&inside, success);
	else
		while ((success = table_next(successes->sources, &cursor, NULL)))
			look(&inside, success);
	*ret_last = inside.last_ns;
	return inside.count;
}
