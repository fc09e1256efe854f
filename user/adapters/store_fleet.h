/* SPDX-License-Identifier: BSD-2-Clause */
/* Our own decisions for the fleet on disk, told and untold, so that neither a restart nor a Redis that is away loses
 * one. A file of its own beside that of store.h; written to in the same way: gathered, then committed. */
#ifndef GATEPOST_STORE_FLEET_H
#define GATEPOST_STORE_FLEET_H

#include "user/core/fault.h"
#include "user/fleet/entry.h"

struct fleet_store;

/* As store_open: a damaged file is moved aside, said in `fault`, and started anew. */
int fleet_store_open(struct fleet_store **ret_store, const char *path, struct fault *fault);
void fleet_store_free(struct fleet_store *store); /* commits */

/* Insert or replace what is kept of the target: its ban or limit, or its unban. `decided_ns`: our wall clock. */
int fleet_store_keep(struct fleet_store *store, const struct entry *entry, bool sent, uint64_t decided_ns);
int fleet_store_forget(struct fleet_store *store, uint64_t ended_before_ns); /* our wall clock */
/* Redis's clock minus our wall clock, as it was found to be. */
int fleet_store_clock(struct fleet_store *store, int64_t ahead_us);
int fleet_store_commit(struct fleet_store *store);

typedef void (*fleet_store_each_fn)(void *context, const struct entry *entry, bool sent, uint64_t decided_ns);
/* Returns how many rows made no sense. */
int fleet_store_each(struct fleet_store *store, fleet_store_each_fn each, void *context);
int64_t fleet_store_ahead_us(struct fleet_store *store);

#endif
