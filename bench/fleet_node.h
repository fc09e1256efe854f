/* SPDX-License-Identifier: BSD-2-Clause */
/* One node of the fleet as a process of its own, steered through memory that all share. */
#ifndef BENCH_FLEET_NODE_H
#define BENCH_FLEET_NODE_H

#include <stdatomic.h>
#include <stdint.h>

#include "user/fleet/admission.h"

#define FLEET_NODES_MAX 50
#define FLEET_BANS_MAX (1 << 20)

struct fleet_node_seen {
	_Atomic uint32_t following; /* and nothing of its own is queued */
	_Atomic uint32_t entries; /* known */
	_Atomic uint64_t synced_ns; /* when it was in sync first, our clock; 0: not yet */
	_Atomic uint64_t peak_bytes; /* of memory */
	_Atomic uint64_t lost, gaps, refused;
};

struct fleet_shared {
	_Atomic uint32_t stop;
	_Atomic uint32_t bans_a_second; /* of each node that decides */
	_Atomic uint32_t deciding; /* nodes that do, from the first on */
	_Atomic uint32_t next, end; /* bans: numbers of the next one and of none any more */
	struct fleet_node_seen node[FLEET_NODES_MAX];
	_Atomic uint64_t decided_ns[FLEET_BANS_MAX];
	_Atomic uint64_t slowest_ns[FLEET_BANS_MAX]; /* in force there, after the decision */
	_Atomic uint32_t heard[FLEET_BANS_MAX]; /* by how many others */
};

struct fleet_bench {
	struct fleet_shared *shared;
	const char *directory; /* with redis.sock and the nodes' keys */
	uint32_t nodes;
	struct fleet_node node[FLEET_NODES_MAX];
};

int fleet_node_key(struct fleet_bench *bench, uint32_t node); /* makes it, and its place in the list */
int fleet_node_run(const struct fleet_bench *bench, uint32_t node); /* until stop; the exit code */

#endif
