/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections that are open, in the order in which they were opened, and how far down that order each rule has looked:
 * a rule counts those that have been open for its window. Everything takes constant time, and memory is the caller's.
 */
#ifndef GATEPOST_STANDING_H
#define GATEPOST_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "user/judge/rules.h"

/* Part of somebody else's record, which must not move; zeroed memory is a connection that is not open. */
struct standing {
	uint64_t source, since_ns;
	uint64_t counted; /* bit 1 << index of each rule that counts it now */
	struct standing *older, *newer;
	uint8_t service; /* enum gp_service */
	bool open;
	bool waiting; /* for a login */
};
_Static_assert(RULES_MAX <= 64, "a rule is a bit");

struct standings {
	uint32_t count;
	struct standing *oldest, *newest;
	struct standing *reached[RULES_MAX]; /* the newest one that the rule has looked at; NULL: none yet */
	struct standing *patrolled; /* the same of standings_patrol */
};

void standings_add(struct standings *standings, struct standing *standing, uint64_t now_ns); /* it is not in */
void standings_remove(struct standings *standings, struct standing *standing);
/* The next one that has been open for as long, of those that rule `index` has not looked at; NULL: none yet. */
struct standing *standings_next(struct standings *standings, uint32_t index, uint64_t window_ns, uint64_t now_ns);
/* One after the other, round and round, to see whether they are still there. NULL: there is none. */
struct standing *standings_patrol(struct standings *standings);
/* The rules are others now: nothing is counted, and they begin with the oldest. */
void standings_restart(struct standings *standings);

#endif
