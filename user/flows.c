/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet puts off the end of its flow. That is found out when it is due, not at each packet: the heap is touched
 * once in the time that a flow may be silent, and once when it ends. */
#include "user/flows.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "user/core/table.h"

struct flows {
	struct table *table; /* flow id -> struct tracked */
	struct heap dues;
	uint32_t most;
	void (*drop)(void *context, struct tracked *tracked);
	void *context;
};

static void on_drop(void *context, uint64_t key, void *record)
{
	struct flows *flows = context;
	struct tracked *tracked = record;

	(void)key;
	if (tracked->due.at)
		heap_remove(&flows->dues, &tracked->due);
	flows->drop(flows->context, tracked);
}

int flows_new(struct flows **ret_flows, uint32_t flows_max, uint64_t seed,
	      void (*drop)(void *context, struct tracked *tracked), void *context)
{
	struct flows *flows = calloc(1, sizeof(*flows));
	int error;

	if (!flows)
		return -ENOMEM;
	flows->most = flows_max;
	flows->drop = drop;
	flows->context = context;
	error = heap_new(&flows->dues, flows_max);
	if (!error)
		error = table_new(&flows->table, flows_max, sizeof(struct tracked), seed);
	if (error) {
		flows_free(flows);
		return error;
	}
	table_on_drop(flows->table, on_drop, flows);
	*ret_flows = flows;
	return 0;
}

void flows_free(struct flows *flows)
{
	if (!flows)
		return;
	table_free(flows->table);
	heap_free(&flows->dues);
	free(flows);
}

struct tracked *flows_touch(struct flows *flows, uint64_t id)
{
	return table_touch(flows->table, id);
}

struct tracked *flows_add(struct flows *flows, uint64_t id)
{
	return table_take(flows->table, id, NULL);
}

void flows_remove(struct flows *flows, struct tracked *tracked)
{
	table_remove(flows->table, tracked->flow.ends.flow);
}

struct tracked *flows_first(const struct flows *flows)
{
	uint32_t cursor = 0;

	return table_next(flows->table, &cursor, NULL);
}

struct tracked *flows_crowded_out(const struct flows *flows)
{
	return flows_count(flows) < flows->most ? NULL : flows_first(flows);
}

uint32_t flows_count(const struct flows *flows)
{
	return table_count(flows->table);
}

static void file(struct flows *flows, struct tracked *tracked, uint64_t over_ns)
{
	if (tracked->due.at)
		heap_remove(&flows->dues, &tracked->due);
	heap_put(&flows->dues, &tracked->due, over_ns);
}

void flows_file(struct flows *flows, struct tracked *tracked, uint64_t idle_ns)
{
	const uint64_t over_ns = tracked_over_ns(tracked, idle_ns);

	if (!tracked->due.at || over_ns < tracked->due.due_ns)
		file(flows, tracked, over_ns);
}

void flows_file_all(struct flows *flows, uint64_t idle_ns)
{
	struct tracked *tracked;
	uint32_t cursor = 0;

	while ((tracked = table_next(flows->table, &cursor, NULL)))
		file(flows, tracked, tracked_over_ns(tracked, idle_ns));
}

struct tracked *flows_over(struct flows *flows, uint64_t idle_ns, uint64_t now_ns)
{
	struct heap_node *first;

	while ((first = heap_first(&flows->dues)) && first->due_ns < now_ns) {
		struct tracked *tracked = (struct tracked *)((char *)first - offsetof(struct tracked, due));
		const uint64_t over_ns = tracked_over_ns(tracked, idle_ns);

		if (over_ns < now_ns)
			return tracked;
		file(flows, tracked, over_ns);
	}
	return NULL;
}
