/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of fixed memory: 64-bit keys to records of one size, allocated once. When it is full, the record that
 * was touched longest ago makes room, or the addition is refused: hostile traffic decides what comes in, never
 * how much memory is used. */
#ifndef GATEPOST_TABLE_H
#define GATEPOST_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/core/addr.h"

struct table;

/* Called before a record is evicted or the table is freed, to release what it owns. May be NULL. */
typedef void (*table_drop_fn)(void *context, uint64_t key, void *record);

/* -ENOMEM; -EINVAL for no capacity. Records are zeroed when added and aligned for any type. The seed keys the
 * hash of the buckets. */
int table_new(struct table **ret_table, uint32_t capacity, size_t record_bytes, uint64_t seed);
void table_free(struct table *table);
size_t table_bytes(uint32_t capacity, size_t record_bytes); /* what table_new will take */
void table_on_drop(struct table *table, table_drop_fn drop, void *context);

void *table_find(const struct table *table, uint64_t key); /* NULL: not there; does not touch */
void *table_touch(struct table *table, uint64_t key); /* find, and make it the most recent */
/* Find or add; *ret_added (may be NULL) says which. A full table gives up its oldest record. Never NULL. */
void *table_take(struct table *table, uint64_t key, bool *ret_added);
void *table_add(struct table *table, uint64_t key); /* NULL when full; the key must not be there */
void table_remove(struct table *table, uint64_t key); /* calls drop */

uint32_t table_count(const struct table *table);
uint64_t table_evictions(const struct table *table);

/* From the record touched longest ago to the newest. `*cursor` starts at 0; returns NULL at the end. Removing the
 * record just returned is allowed, any other change is not. */
void *table_next(const struct table *table, uint32_t *cursor, uint64_t *ret_key);

/* Place by place, over any time: a record keeps its place as long as it lives, whatever is added, touched or removed
 * meanwhile. *place starts at 1; false when all have been seen. *ret_record NULL: this one is free. */
bool table_walk(const struct table *table, uint32_t *place, void **ret_record);

/* A prefix as a key of this table: one to one among prefixes of one length, a hash by the table's seed between lengths,
 * so that nobody who may choose a prefix can choose whose key it has. */
uint64_t table_prefix_key(const struct table *table, const struct prefix *prefix);

#endif
