/* SPDX-License-Identifier: BSD-2-Clause */
/* The classic binary heap: children of i are 2i and 2i + 1. Nodes know their place, so that any can be taken out. */
#include "user/core/heap.h"

#include <errno.h>
#include <stdlib.h>

int heap_new(struct heap *ret_heap, uint32_t capacity)
{
	struct heap_node **node = calloc((size_t)capacity + 1, sizeof(struct heap_node *));

	if (!node)
		return -ENOMEM;
	*ret_heap = (struct heap){.node = node, .capacity = capacity};
	return 0;
}

void heap_free(struct heap *heap)
{
	free(heap->node);
	heap->node = NULL;
}

static void place(struct heap *heap, struct heap_node *node, uint32_t at)
{
	heap->node[at] = node;
	node->at = at;
}

static void rise(struct heap *heap, struct heap_node *node, uint32_t at)
{
	for (; at > 1 && heap->node[at / 2]->due_ns > node->due_ns; at /= 2)
		place(heap, heap->node[at / 2], at);
	place(heap, node, at);
}

static void sink(struct heap *heap, struct heap_node *node, uint32_t at)
{
	for (uint32_t child = 2 * at; child <= heap->count; child = 2 * at) {
		if (child < heap->count && heap->node[child + 1]->due_ns < heap->node[child]->due_ns)
			child++;
		if (heap->node[child]->due_ns >= node->due_ns)
			break;
		place(heap, heap->node[child], at);
		at = child;
	}
	place(heap, node, at);
}

void heap_put(struct heap *heap, struct heap_node *node, uint64_t due_ns)
{
	node->due_ns = due_ns;
	rise(heap, node, ++heap->count);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	struct heap_node *last = heap->node[heap->count--];
	const uint32_t at = node->at;

	node->at = 0;
	if (last == node)
		return;
	if (at > 1 && heap->node[at / 2]->due_ns > last->due_ns)
		rise(heap, last, at);
	else
		sink(heap, last, at);
}

struct heap_node *heap_first(const struct heap *heap)
{
	return heap->count ? heap->node[1] : NULL;
}

static uint32_t count_due(const struct heap *heap, uint32_t at, uint64_t now_ns)
{
	if (at > heap->count || heap->node[at]->due_ns > now_ns)
		return 0;
	return 1 + count_due(heap, 2 * at, now_ns) + count_due(heap, 2 * at + 1, now_ns);
}

uint32_t heap_count_due(const struct heap *heap, uint64_t now_ns)
{
	return count_due(heap, 1, now_ns);
}
