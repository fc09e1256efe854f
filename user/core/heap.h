/* SPDX-License-Identifier: BSD-2-Clause */
/* What is due next: a binary heap of nodes that are part of somebody else's records, which must not move. */
#ifndef GATEPOST_HEAP_H
#define GATEPOST_HEAP_H

#include <stdbool.h>
#include <stdint.h>

struct heap_node {
	uint64_t due_ns;
	uint32_t at; /* position in the heap, from 1; 0: in none */
};

struct heap {
	struct heap_node **node; /* 1..capacity */
	uint32_t count, capacity;
};

int heap_new(struct heap *ret_heap, uint32_t capacity); /* -ENOMEM */
void heap_free(struct heap *heap); /* the nodes are not touched */

void heap_put(struct heap *heap, struct heap_node *node, uint64_t due_ns); /* in no heap; there must be room */
void heap_remove(struct heap *heap, struct heap_node *node); /* in this heap */
struct heap_node *heap_first(const struct heap *heap); /* the earliest; NULL: empty */
uint32_t heap_count_due(const struct heap *heap, uint64_t now_ns); /* due_ns <= now_ns; costs what it finds */

#endif
