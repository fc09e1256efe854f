/* SPDX-License-Identifier: BSD-2-Clause */
/* What came of it: whom each guard shut out, and what it let through. */
#ifndef BENCH_MONTH_TALLY_H
#define BENCH_MONTH_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#define TALLY_GUARDS_MAX 8
#define TALLY_FAMILIES_MAX 64

struct tally;

/* sources_max: subscribers' and attackers'; what is beyond is counted in tally_lost. */
int tally_new(struct tally **ret_tally, unsigned guards, uint32_t sources_max);
void tally_free(struct tally *tally);

/* Family 0 is the subscribers; the others are attacks. Of each attempt, what it would have come to, and bit 1 << index
 * of each guard whose ban or limit stopped it. */
struct tally_attempt {
	uint64_t time_ns, source;
	unsigned family;
	bool success;
	uint32_t banned, limited;
};
void tally_attempt(struct tally *tally, const struct tally_attempt *attempt);
/* A connection on which nobody tried to log in. */
void tally_idle(struct tally *tally, unsigned family, uint32_t banned, uint32_t limited);
/* Guard `index` has shut out the source from `from_ns` on. Said again, the first time counts. */
void tally_ban(struct tally *tally, unsigned index, uint64_t source, uint64_t from_ns, bool limit);

/* Of the sources from which a subscriber logged in, or would have: */
struct tally_subscribers {
	uint64_t sources, shared; /* ... from which an attacker came, too */
	uint64_t banned, banned_shared, limited; /* by this guard, at any time of the month */
	uint64_t logins, refused_by_ban, refused_by_limit;
	uint64_t failures; /* wrong passwords of subscribers */
};
void tally_subscribers(const struct tally *tally, unsigned index, struct tally_subscribers *ret);

struct tally_family {
	uint64_t attempts, through, idle, idle_through;
	uint64_t hits, hits_through; /* right passwords */
	uint64_t sources, banned, limited; /* banned: after their first attempt, or before */
	double median_s, p90_s; /* from a source's first attempt to its ban, of those that were banned; -1: none */
};
/* -ENOMEM */
int tally_family(const struct tally *tally, unsigned family, unsigned index, struct tally_family *ret);
uint64_t tally_lost(const struct tally *tally);

#endif
