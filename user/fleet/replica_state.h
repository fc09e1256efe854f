/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the parts of the replica only. A target's first claim is part of its record; more of them, which are rare,
 * hang behind it. */
#ifndef GATEPOST_REPLICA_STATE_H
#define GATEPOST_REPLICA_STATE_H

#include "user/core/table.h"
#include "user/fleet/replica.h"

#define RULES_MAX_NAMED 255

struct claim {
	struct claim *more;
	char *reason;
	uint64_t revision_us, until_us, floor_us;
	uint32_t first_ago_s, last_ago_s, count;
	uint8_t rule; /* in replica.rule */
	uint8_t node, kind, evidence;
	bool sent, in_redis;
};

struct record {
	struct prefix target;
	struct claim claim; /* revision 0: none yet */
};

struct replica {
	struct table *targets;
	uint32_t capacity, count, count_of[REPLICA_NODES_MAX];
	uint32_t rules;
	char rule[RULES_MAX_NAMED + 1][RULE_NAME_BYTES]; /* the last one is RULE_OTHER */
};

void replica_claim_clear(struct replica *replica, struct claim *claim);
struct record *replica_record_find(const struct replica *replica, const struct prefix *target);
/* That of the node which acts on the target, or that which leaves it alone. `record` may be NULL. */
struct claim *replica_claim_find(struct record *record, uint8_t node, enum entry_kind kind);
void replica_view(const struct replica *replica, const struct prefix *target, const struct claim *claim,
		  struct claim_view *ret_view);

#endif
