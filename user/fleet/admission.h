/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is believed, and what: nothing that comes from Redis gets past here unless a listed node signed it and it stays
 * within what a node may say. Whoever can write to Redis, or has stolen a node's key, can do no more than these bounds
 * allow. Each refusal has a name and is counted, per node where the node is known. */
#ifndef GATEPOST_ADMISSION_H
#define GATEPOST_ADMISSION_H

#include "user/fleet/batch.h"

#define REFUSALS(X)                                                                                                    \
	X(MALFORMED, "malformed")                                                                                      \
	X(UNLISTED, "its node is not listed")                                                                          \
	X(SIGNATURE, "wrong signature")                                                                                \
	X(REPLAYED, "replayed")                                                                                        \
	X(CLONE, "somebody else uses our name and key")                                                                \
	X(WIDE, "wider than the guardrail allows")                                                                     \
	X(LONG, "lasts longer than `longest`")                                                                         \
	X(FUTURE, "decided in the future")                                                                             \
	X(EVIDENCE, "over its evidence")                                                                               \
	X(ALLOWED, "touches the allow list")                                                                           \
	X(RATE, "its node is over its rate")                                                                           \
	X(SHARE, "its node is over its share of entries")                                                              \
	X(FULL, "no room in the table (fleet { entries })")

enum refusal {
#define REFUSAL_NAME(name, words) REFUSED_##name,
	REFUSALS(REFUSAL_NAME)
#undef REFUSAL_NAME
		REFUSAL_MAX,
	REFUSED_NOT = REFUSAL_MAX, /* admitted */
};
const char *refusal_text(enum refusal refusal);
/* It is not what was said, but when: said again later, it may be believed. */
bool refusal_may_pass(enum refusal refusal);

/* The clock of a node and Redis's may differ by half a round trip and what drifted since: nothing honest is further
 * ahead than this. */
#define ADMISSION_AHEAD_US 60000000ULL
#define ADMISSION_NEXT_US 1000ULL /* what comes after another one of its target is one greater */

struct admission_settings {
	uint32_t nodes; /* node[0] is this one */
	const struct fleet_node *node; /* outlives the admission */
	uint8_t widest_v4_bits, widest_v6_bits;
	uint64_t longest_us;
	uint64_t entry_every_us, burst_us; /* new entries of one node, as GCRA; every 0: no limit */
	uint32_t share; /* claims of one node at most */
	bool (*allows)(void *context, const struct prefix *target); /* the allow list covers any of it */
	void *context;
};

struct admission;

int admission_new(struct admission **ret_admission, const struct admission_settings *settings,
		  const struct signer *signer); /* -ENOMEM, -EINVAL */
void admission_free(struct admission *admission);

/* The batch as a whole. `live`: from the stream, where each node's numbers rise; not from a snapshot, which has no
 * order. *ret_node is valid unless UNLISTED or MALFORMED is returned; *ret_batch when REFUSED_NOT is. */
enum refusal admission_batch(struct admission *admission, const uint8_t *bytes, size_t length, bool live,
			     struct batch *ret_batch, uint8_t *ret_node);
/* One entry of a batch, by what it says. `newest_us`: the greatest revision of its target that was believed. */
enum refusal admission_entry(const struct admission *admission, const struct entry *entry, uint64_t newest_us,
			     uint64_t now_us);
/* One more new entry of that node: is it within its rate and its share, of which it has `held`? `since_us`: all was
 * heard until then, so that its rate has run up since; 0: nothing was heard before, so that it may be the work of days.
 * By our own clock: Redis's may jump. */
enum refusal admission_pace(struct admission *admission, uint8_t node, uint32_t held, uint64_t since_us,
			    uint64_t mono_us);
/* What was refused, to be counted; node -1: of none that is known. */
void admission_refused(struct admission *admission, int node, enum refusal refusal);

/* Another stream: numbers may begin anywhere. */
void admission_restart(struct admission *admission);
/* Numbers of our own up to here are ours; a greater one is a clone's. */
void admission_sent(struct admission *admission, uint64_t number);

uint64_t admission_count(const struct admission *admission, int node, enum refusal refusal); /* -1: of no node */
uint64_t admission_total(const struct admission *admission, int node);

#endif
