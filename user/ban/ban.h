/* SPDX-License-Identifier: BSD-2-Clause */
/* The bans in force and remembered, and the allow list that always wins. What should be; ban_table.h and the
 * kernel's tries are what is, and datapath makes them equal. Times are wall-clock nanoseconds since 1970, so that
 * a ban survives a restart of the machine. */
#ifndef GATEPOST_BAN_H
#define GATEPOST_BAN_H

#include <stdbool.h>

#include "user/judge/rules.h"

#define BAN_REASON_BYTES 160
#define BAN_ORIGIN_BYTES 32

struct ban {
	struct prefix target;
	enum action action; /* ACTION_BAN or ACTION_LIMIT */
	bool withdrawn; /* it has ended before its time, and `reason` says why */
	bool shadow; /* decided, not enforced: the packets are counted as spared */
	uint8_t evidence; /* enum gp_evidence */
	uint32_t offences; /* how often this target was decided on, for the ladder; 1 the first time */
	uint64_t since_ns;
	uint64_t until_ns; /* UINT64_MAX: until further notice */
	char rule[RULE_NAME_BYTES]; /* "manual" when an operator said so */
	char reason[BAN_REASON_BYTES]; /* words: "23 failures in 10m from one source (limit 20), 21 accounts" */
	char origin[BAN_ORIGIN_BYTES]; /* "local", "operator", "import" */
};

struct bans;

/* `capacity` bans at most, expired ones that are still remembered included. `seed`: secret, of the table. -ENOMEM */
int bans_new(struct bans **ret_bans, uint32_t capacity, uint64_t remember_ns, uint64_t seed);
void bans_free(struct bans *bans);

/* Put a ban in force. A stronger action or a later end already in force stays (the two are merged: strongest
 * action, latest end). Returns 1 if the ban in force changed, 0 if not; -EPERM if the allow list covers any of it,
 * -ENOSPC when full of bans in force (expired ones make room first). */
int bans_put(struct bans *bans, const struct ban *ban, uint64_t now_ns);
int bans_remove(struct bans *bans, const struct prefix *target); /* -ENOENT; forgets its offences too */

/* There is better evidence for it now. */
void bans_confirm(struct bans *bans, const struct prefix *target, uint8_t evidence);

const struct ban *bans_find(const struct bans *bans, const struct prefix *target); /* exact, expired ones too */
/* The ban in force that a source meets: the stronger of its own and of the longest prefix that covers it, of equals
 * its own. NULL: none. */
const struct ban *bans_covering(const struct bans *bans, uint64_t source, uint64_t now_ns);
bool ban_in_force(const struct ban *ban, uint64_t now_ns);
uint32_t bans_offences(const struct bans *bans, const struct prefix *target); /* remembered; 0: none */

/* Take out the next ban that ended by `now_ns` and has not been reported yet; false: none. Cheap when none is. */
bool bans_expire(struct bans *bans, uint64_t now_ns, struct ban *ret_ban);

/* The wall clock was set by so much: what was to last an hour still does. */
void bans_shift(struct bans *bans, int64_t by_ns);

/* All, in no order; *cursor starts at 0; NULL at the end. */
const struct ban *bans_next(const struct bans *bans, uint32_t *cursor);
/* The same bit by bit, see table_walk: none that stays is left out, whatever happens to others meanwhile. */
bool bans_walk(const struct bans *bans, uint32_t *place, const struct ban **ret_ban);
uint32_t bans_count(const struct bans *bans, uint64_t now_ns); /* in force */

/* The allow list. Adding takes the bans that it touches out of force: each is handed to `lifted` (may be NULL). */
int bans_allow(struct bans *bans, const struct prefix *prefix, const char *comment,
	       void (*lifted)(void *context, const struct ban *ban), void *context); /* -ENOSPC, -EEXIST */
int bans_disallow(struct bans *bans, const struct prefix *prefix); /* -ENOENT */
bool bans_allows(const struct bans *bans, const struct prefix *prefix); /* touches any part of it */
const struct prefix *bans_allowed_next(const struct bans *bans, uint32_t *cursor, const char **ret_comment);

#endif
