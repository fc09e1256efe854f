/* SPDX-License-Identifier: BSD-2-Clause */
/* Who did what, and how soon it was acted on: the attempts of each source, and of each prefix that a rule counts for,
 * from the first one to the first decision. Of a fixed number of them: those heard of last. */
#ifndef GATEPOST_TALLY_H
#define GATEPOST_TALLY_H

#include "user/core/table.h"
#include "user/replay/listener.h"

struct tally;

struct tally_target {
	struct prefix target; /* a source, or what a rule looks at as one */
	uint64_t first_ns, last_ns; /* attempts; wall clock; 0: none */
	uint64_t flows; /* that have ended; of sources only */
	uint64_t attempts[3]; /* by enum outcome */
	uint64_t decided_ns; /* the first decision to ban or limit it; 0: none */
	char rule[RULE_NAME_BYTES];
};

/* A ban or limit that was decided, and what went before. */
struct tally_ban {
	const struct decision *decision;
	uint64_t wall_ns;
	bool in_force; /* false: observed, in shadow or allowed */
	uint64_t first_ns; /* the target's first attempt; 0: none was seen */
	uint64_t attempts; /* of the target, up to now */
};
typedef void (*tally_ban_fn)(void *context, const struct tally_ban *ban);

/* `rules` say which prefixes are counted as one. `on_ban` may be NULL. -ENOMEM */
int tally_new(struct tally **ret_tally, uint32_t targets_max, const struct ruleset *rules, bool enforce,
	      tally_ban_fn on_ban, void *context);
void tally_free(struct tally *tally);
struct replay_listener tally_listener(struct tally *tally);

/* The sources with the most failures, then attempts, then flows, then the lower address. Returns how many. */
size_t tally_top(const struct tally *tally, const struct tally_target *ret_top[], size_t most);
/* Who was decided on first, of the source and what covers it; NULL: none. */
const struct tally_target *tally_decided(const struct tally *tally, uint64_t source);
uint64_t tally_sources(const struct tally *tally);
uint64_t tally_forgotten(const struct tally *tally); /* targets for which there was no room any more */

#endif
