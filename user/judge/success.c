/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries stand in the order of their last success, so that those that are too old are always the first ones. */
#include "user/judge/success.h"

#include <errno.h>
#include <stdlib.h>

#include "user/core/table.h"
#include "user/judge/window.h"

struct success {
	uint64_t last_ns;
	struct credit credit;
};

struct successes {
	struct table *sources;
	uint64_t keep_ns;
};

int successes_new(struct successes **ret_successes, uint32_t sources_max, uint64_t keep_ns, uint64_t seed)
{
	struct successes *successes = calloc(1, sizeof(*successes));
	int result;

	if (!successes)
		return -ENOMEM;
	successes->keep_ns = keep_ns;
	result = table_new(&successes->sources, sources_max, sizeof(struct success), seed);
	if (result) {
		free(successes);
		return result;
	}
	*ret_successes = successes;
	return 0;
}

void successes_free(struct successes *successes)
{
	if (!successes)
		return;
	table_free(successes->sources);
	free(successes);
}

size_t successes_bytes(uint32_t sources_max)
{
	return sizeof(struct successes) + table_bytes(sources_max, sizeof(struct success));
}

static void drop_old(struct successes *successes, uint64_t now_ns)
{
	const struct success *oldest;
	uint32_t cursor = 0;
	uint64_t source;

	while ((oldest = table_next(successes->sources, &cursor, &source)) &&
	       age_ns(oldest->last_ns, now_ns) >= successes->keep_ns)
		table_remove(successes->sources, source);
}

struct credit *successes_note(struct successes *successes, uint64_t source, uint64_t now_ns)
{
	struct success *success;

	drop_old(successes, now_ns);
	success = table_take(successes->sources, source, NULL);
	if (success->last_ns < now_ns)
		success->last_ns = now_ns;
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

uint32_t successes_count(struct successes *successes, uint64_t now_ns)
{
	drop_old(successes, now_ns);
	return table_count(successes->sources);
}

uint32_t successes_inside(struct successes *successes, const struct prefix *target, uint64_t now_ns, uint64_t *ret_last)
{
	const struct success *success;
	uint32_t cursor = 0, inside = 0;
	uint64_t key, last = 0;

	drop_old(successes, now_ns);
	if (target->bits == GP_SOURCE_BITS) {
		*ret_last = successes_last(successes, target->source);
		return *ret_last ? 1 : 0;
	}
	while ((success = table_next(successes->sources, &cursor, &key))) {
		const struct prefix source = prefix_of_source(key);

		if (!prefix_covers(target, &source))
			continue;
		inside++;
		if (last < success->last_ns)
			last = success->last_ns;
	}
	*ret_last = last;
	return inside;
}
