/* SPDX-License-Identifier: BSD-2-Clause */
/* The fleet in the running daemon: what is decided here is told, what is told is put in force. All of these do nothing
 * when nothing is shared (daemon->fleet is NULL). */
#ifndef GATEPOST_DAEMON_FLEET_H
#define GATEPOST_DAEMON_FLEET_H

#include <jansson.h>

#include "user/daemon/daemon.h"
#include "user/fleet/sync.h"

/* Before privileges are given up: reads key and password. */
int daemon_open_fleet(struct daemon *daemon, struct fault *fault);
void daemon_free_fleet(struct daemon *daemon);

void fleet_decided(struct daemon *daemon, const struct decision *decision, const struct ban *ban);
void fleet_confirmed(struct daemon *daemon, const struct ban *ban);
void fleet_banned_by_hand(struct daemon *daemon, const struct ban *ban);
/* True: the fleet is told to let it be, whether it was banned here or not. */
bool fleet_unbanned(struct daemon *daemon, const struct prefix *target,
		    const char *reason); /* reason NULL: none given */
void fleet_success(struct daemon *daemon, uint64_t source); /* of a source that showed to be real */
void fleet_ban_ended(struct daemon *daemon, const struct prefix *target);
void fleet_tick(struct daemon *daemon);
void fleet_hour(struct daemon *daemon);

/* ---- to look at ---- */
json_t *answer_fleet(struct daemon *daemon, const json_t *request, uid_t uid);
json_t *fleet_summary(const struct daemon *daemon); /* for status; null when nothing is shared */
bool fleet_needs_a_look(const struct daemon *daemon);
/* One line a claim on the target, for explain: `say` is given text without its indent. */
void fleet_explain(const struct daemon *daemon, const struct prefix *target,
		   void (*say)(void *context, const char *text), void *context);

#endif
