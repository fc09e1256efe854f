/* SPDX-License-Identifier: BSD-2-Clause */
/* Offences by target, the oldest forgotten first when there are too many. */
#include "user/judge/offence.h"

#include <errno.h>
#include <stdlib.h>

#include "user/core/table.h"
#include "user/judge/window.h"

struct offences {
	struct table *targets;
	uint64_t remember_ns;
};

int offences_new(struct offences **ret_offences, uint32_t targets_max, uint64_t remember_ns, uint64_t seed)
{
	struct offences *offences = calloc(1, sizeof(*offences));
	int result;

	if (!offences)
		return -ENOMEM;
	offences->remember_ns = remember_ns;
	result = table_new(&offences->targets, targets_max, sizeof(struct offence), seed);
	if (result) {
		free(offences);
		return result;
	}
	*ret_offences = offences;
	return 0;
}

void offences_free(struct offences *offences)
{
	if (!offences)
		return;
	table_free(offences->targets);
	free(offences);
}

size_t offences_bytes(uint32_t targets_max)
{
	return sizeof(struct offences) + table_bytes(targets_max, sizeof(struct offence));
}

/* for_ns doubled with each offence after the first, up to at_most_ns. */
static uint64_t ladder(const struct rule *rule, uint32_t count)
{
	uint64_t duration_ns = rule->for_ns;

	while (--count && duration_ns < rule->at_most_ns)
		duration_ns *= 2;
	return duration_ns < rule->at_most_ns ? duration_ns : rule->at_most_ns;
}

bool offences_next(const struct offences *offences, const struct prefix *target, const struct rule *rule,
		   enum action action, uint64_t now_ns, struct offence *ret_offence)
{
	const struct offence *last = table_find(offences->targets, table_prefix_key(offences->targets, target));
	const bool in_force = last && last->until_ns > now_ns;
	struct offence next = {.target = *target, .count = 1, .action = action};

	if (in_force)
		next.count = last->count ? last->count : 1;
	else if (last && age_ns(last->until_ns, now_ns) < offences->remember_ns)
		next.count = last->count < UINT32_MAX ? last->count + 1 : last->count;
	next.for_ns = ladder(rule, next.count);
	next.until_ns = now_ns + next.for_ns;
	if (in_force && action <= last->action && next.for_ns <= last->for_ns)
		return false;
	if (in_force && action < last->action)
		next.action = last->action; /* what is in force does not get weaker by being longer */
	*ret_offence = next;
	return true;
}

void offences_put(struct offences *offences, const struct offence *offence)
{
	*(struct offence *)table_take(offences->targets, table_prefix_key(offences->targets, &offence->target), NULL) =
		*offence;
}

void offences_take_back(struct offences *offences, const struct prefix *target, uint64_t now_ns)
{
	const uint64_t key = table_prefix_key(offences->targets, target);
	struct offence *offence = table_find(offences->targets, key);

	if (!offence || offence->count <= 1) {
		table_remove(offences->targets, key);
		return;
	}
	offence->count--;
	offence->action = ACTION_OBSERVE;
	offence->until_ns = now_ns;
}

void offences_forget(struct offences *offences, const struct prefix *target)
{
	const struct offence *offence;
	uint32_t cursor = 0;
	uint64_t key;

	table_remove(offences->targets, table_prefix_key(offences->targets, target));
	if (target->bits == GP_SOURCE_BITS)
		return;
	while ((offence = table_next(offences->targets, &cursor, &key)))
		if (prefix_covers(target, &offence->target))
			table_remove(offences->targets, key);
}

uint64_t offences_until(const struct offences *offences, const struct prefix *target)
{
	const struct offence *offence = table_find(offences->targets, table_prefix_key(offences->targets, target));

	return offence ? offence->until_ns : 0;
}
