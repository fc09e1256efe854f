/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fleet has decided, as far as this node knows. Every node claims for itself: of each node there is at most
 * one claim to ban or limit a target, and one to unban it, the one with the greatest revision. Claims never change each
 * other, so that any order of arrival, and any number of times, comes to the same (a grow-only map of last-writer-wins
 * registers; Shapiro et al., "A comprehensive study of convergent and commutative replicated data types", 2011).
 *
 * What stands against a target follows from its claims: those not over, and newer than every tombstone not over, are
 * in force; the strongest action among them counts, as long as the latest of that action lasts.
 *
 * Memory is fixed by `capacity` but for the reasons in words, which are bounded by it. Times: Redis's clock. */
#ifndef GATEPOST_REPLICA_H
#define GATEPOST_REPLICA_H

#include "user/fleet/entry.h"

#define REPLICA_SELF 0 /* nodes are numbers here; this is the one we are */
#define REPLICA_NODES_MAX 256

enum merged {
	MERGED_NEW, /* what stands against the target may have changed */
	MERGED_KNOWN, /* nothing that was not known: heard before, or older than what was */
	MERGED_LATE, /* over by now */
	MERGED_FULL, /* no room for it */
};

struct replica;

int replica_new(struct replica **ret_replica, uint32_t capacity, uint64_t seed); /* -ENOMEM, -EINVAL */
void replica_free(struct replica *replica);
uint64_t replica_bytes(uint32_t capacity); /* reasons of usual length included */

/* `in_redis`: that is where it comes from. Of our own claims it is remembered whether Redis has them. A known claim of
 * the same revision is left as it is. */
enum merged replica_merge(struct replica *replica, uint8_t node, const struct entry *entry, bool in_redis,
			  uint64_t now_us);
/* Revision and floor of a new decision, so that it comes after all that is known of its target. */
void replica_order(const struct replica *replica, struct entry *entry, uint64_t now_us);

struct fleet_standing {
	enum action action; /* ACTION_OBSERVE: nothing is in force */
	uint64_t until_us;
	uint64_t lifted_us; /* revision of the newest tombstone that is not over; 0: none */
	uint32_t nodes; /* how many claim that it be banned or limited */
	uint8_t node; /* whose words they are */
	struct entry entry;
};
void replica_standing(const struct replica *replica, const struct prefix *target, uint64_t now_us,
		      struct fleet_standing *ret_standing);

/* All claims on one target; `each` must not change the replica. */
struct claim_view {
	uint8_t node;
	bool sent, in_redis;
	struct entry entry; /* for_us as it was claimed */
};
typedef void (*replica_each_fn)(void *context, const struct claim_view *claim);
void replica_claims(const struct replica *replica, const struct prefix *target, replica_each_fn each, void *context);
uint32_t replica_count(const struct replica *replica);
uint32_t replica_count_of(const struct replica *replica, uint8_t node);

/* Has this node claimed that, or something newer? */
bool replica_knows(const struct replica *replica, uint8_t node, const struct entry *entry);

uint64_t replica_newest_us(const struct replica *replica, const struct prefix *target); /* revision; 0: none */

/* Our own claims. Doubt: Redis may have lost them; what it is then seen to have is confirmed by replica_merge. */
void replica_doubt(struct replica *replica);
/* Those that Redis is not known to have. */
void replica_unconfirmed(const struct replica *replica, replica_each_fn each, void *context);
/* It was signed and sent (its revision will not change any more), or has arrived, too. */
void replica_sent(struct replica *replica, const struct entry *entry, bool arrived);
bool replica_own(const struct replica *replica, const struct prefix *target, enum entry_kind kind,
		 struct claim_view *ret_claim);
/* Redis's clock turned out to be another than was supposed while it was away: what was never sent moves along,
 * though not beyond now_us. */
void replica_shift(struct replica *replica, int64_t by_us, uint64_t now_us);

/* Forget what is over, of the `targets` that were looked at longest ago. */
void replica_sweep(struct replica *replica, uint32_t targets, uint64_t now_us);

#endif
