/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes what is equal to what should be: the bans and the allow list on one side, the edge's tables on the other.
 * `now_ns` is the kernel half's clock; bans are kept in wall-clock time. */
#ifndef GATEPOST_ENFORCE_H
#define GATEPOST_ENFORCE_H

#include "user/datapath/datapath.h"
#include "user/ban/ban.h"
#include "user/judge/judge.h"
#include "user/core/settings.h"
#include "user/sink.h"

struct enforcer;

/* None of them is owned, all outlive it: whoever is let off is forgiven, what ends is told. -ENOMEM */
int enforcer_new(struct enforcer **ret_enforcer, const struct settings *settings, struct datapath *datapath,
		 struct judge *judge, const struct sink *sink);
void enforcer_free(struct enforcer *enforcer); /* the datapath keeps its bans */

/* Wall clock minus the kernel half's. True: it was set by more than a second, and the ends of all bans with it. */
bool enforce_wall(struct enforcer *enforcer, uint64_t wall_offset_ns);
uint64_t enforcer_wall_ns(const struct enforcer *enforcer, uint64_t now_ns);

/* What a decision comes to, as a ban or limit that can be put in force. */
void enforcer_ban_of(const struct enforcer *enforcer, const struct decision *decision, struct ban *ret_ban);
/* Put a ban in force, here and at the datapath. Returns as bans_put. */
int enforce_ban(struct enforcer *enforcer, const struct ban *ban, uint64_t now_ns);
int enforce_unban(struct enforcer *enforcer, const struct prefix *target); /* -ENOENT: there was none */
int enforce_allow(struct enforcer *enforcer, const struct prefix *prefix, const char *comment);
int enforce_disallow(struct enforcer *enforcer, const struct prefix *prefix); /* and judge it anew */
/* The allow list of the configuration, on top of the operators' own entries. `old` may be NULL. */
int enforce_allow_configured(struct enforcer *enforcer, const struct settings *old, const struct settings *settings);
/* Lift what is over, here and at the datapath; what there is no time for now, at the next call. */
void enforce_expire(struct enforcer *enforcer, uint64_t now_ns);
/* Write everything to the datapath again, e.g. into fresh tables. Returns how many entries. */
uint32_t enforce_restore(struct enforcer *enforcer, uint64_t now_ns);

struct bans *enforcer_bans(struct enforcer *enforcer);
struct datapath *enforcer_datapath(const struct enforcer *enforcer);

#endif
