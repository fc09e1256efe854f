/* SPDX-License-Identifier: BSD-2-Clause */
/* Distinct counts over all edges, for rules with fleet = yes: each value that such a rule counts goes into a
 * HyperLogLog in Redis, and how many there are by now comes back. Best effort: while Redis is away, an edge counts
 * alone. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "user/core/duration.h"
#include "user/daemon/fleet_state.h"

static bool is_same(const struct fleet_value *a, const struct fleet_value *b)
{
	return a->key == b->key && a->value == b->value && !strcmp(a->rule, b->rule);
}

/* From inside the judge: only noted. */
static void on_value(void *context, const struct rule *rule, uint64_t key, uint64_t value)
{
	struct fleet *fleet = context;
	struct fleet_value next = {.key = key, .value = value, .window_ns = rule->window_ns};

	memcpy(next.rule, rule->name, sizeof(next.rule));
	for (uint32_t i = 0; i < fleet->values; i++)
		if (is_same(&fleet->value[i], &next))
			return;
	if (fleet->values < FLEET_VALUES_MAX)
		fleet->value[fleet->values++] = next;
	else
		fleet->values_dropped++;
}

/* Half a window is one HyperLogLog; two of them, the one that is being filled and the one before, are never more than
 * the window. */
static void name_keys(const struct fleet *fleet, const struct fleet_value *value, struct redis_value *ret_value)
{
	const uint64_t half_us = value->window_ns / 2000;
	const uint64_t now = fleet_redis_us(fleet) / half_us;

	snprintf(ret_value->current, sizeof(ret_value->current), "%s:%016" PRIx64 ":%" PRIu64, value->rule, value->key,
		 now);
	snprintf(ret_value->before, sizeof(ret_value->before), "%s:%016" PRIx64 ":%" PRIu64, value->rule, value->key,
		 now - 1);
	ret_value->value = value->value;
	ret_value->keep_ms = value->window_ns / NS_PER_MS;
}

void fleet_ask_counts(struct daemon *d)
{
	struct fleet *fleet = d->fleet;
	struct redis_value ask[REDIS_VALUES_MAX];
	const uint32_t count = fleet->values < REDIS_VALUES_MAX ? fleet->values : REDIS_VALUES_MAX;

	if (!count || fleet->asked_values || fleet->why[0])
		return;
	for (uint32_t i = 0; i < count; i++)
		name_keys(fleet, &fleet->value[i], &ask[i]);
	if (redis_count(fleet->redis, ask, count))
		return;
	memcpy(fleet->asked_value, fleet->value, count * sizeof(fleet->value[0]));
	fleet->asked_values = count;
	fleet->values -= count;
	memmove(fleet->value, fleet->value + count, fleet->values * sizeof(fleet->value[0]));
}

void fleet_counted(void *context, const uint64_t *seen, uint32_t count)
{
	struct fleet *fleet = context;
	struct daemon *d = fleet->daemon;

	daemon_take_time(d);
	for (uint32_t i = 0; i < count && i < fleet->asked_values; i++)
		judge_fleet_count(pipeline_judge(d->pipeline), fleet->asked_value[i].rule, fleet->asked_value[i].key,
				  seen[i] < UINT32_MAX ? (uint32_t)seen[i] : UINT32_MAX, d->now_ns);
	fleet->asked_values = 0;
}

void fleet_count_start(struct fleet *fleet)
{
	judge_on_fleet_value(pipeline_judge(fleet->daemon->pipeline), on_value, fleet);
}

void fleet_count_stop(struct fleet *fleet)
{
	if (fleet->daemon->pipeline)
		judge_on_fleet_value(pipeline_judge(fleet->daemon->pipeline), NULL, NULL);
}
