/* SPDX-License-Identifier: BSD-2-Clause */
/* What came of it: whom each guard shut out, and what it let through. */
#ifndef BENCH_MONTH_BALANCE_H
#define BENCH_MONTH_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

#define BALANCE_GUARDS_MAX 8
#define BALANCE_FAMILIES_MAX 64

struct balance;

/* sources_max: subscribers' and attackers'; what is beyond is counted in balance_lost. */
int balance_new(struct balance **ret_tally, unsigned guards, uint32_t sources_max);
void balance_free(struct balance *balance);

/* Family 0 is the subscribers; the others are attacks. Of each attempt, what it would have come to, and bit 1 << index
 * of each guard whose ban or limit stopped it. */
struct balance_attempt {
	uint64_t time_ns, source;
	unsigned family;
	bool success;
	uint32_t banned, limited;
};
void balance_attempt(struct balance *balance, const struct balance_attempt *attempt);
/* A connection on which nobody tried to log in. */
void balance_idle(struct balance *balance, unsigned family, uint32_t banned, uint32_t limited);
/* Guard `index` has shut out the source from `from_ns` on. Said again, the first time counts. */
void balance_ban(struct balance *balance, unsigned index, uint64_t source, uint64_t from_ns, bool limit);

/* Of the sources from which a subscriber logged in, or would have: */
struct balance_subscribers {
	uint64_t sources, shared; /* ... from which an attacker came, too */
	uint64_t banned, banned_shared, limited; /* by this guard, at any time of the month */
	uint64_t logins, refused_by_ban, refused_by_limit;
	uint64_t failures; /* wrong passwords of subscribers */
};
void balance_subscribers(const struct balance *balance, unsigned index, struct balance_subscribers *ret);

struct balance_family {
	uint64_t attempts, through, idle, idle_through;
	uint64_t hits, hits_through; /* right passwords */
	uint64_t sources, banned, limited; /* banned: after their first attempt, or before */
	double median_s, p90_s; /* from a source's first attempt to its ban, of those that were banned; -1: none */
};
/* -ENOMEM */
int balance_family(const struct balance *balance, unsigned family, unsigned index, struct balance_family *ret);
uint64_t balance_lost(const struct balance *balance);

#endif
