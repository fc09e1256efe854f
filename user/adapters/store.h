/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans and the operators' allow entries on disk (SQLite), so that they outlive the process and the machine. Writes
 * are gathered and committed by store_commit: a crash loses at most what was decided since. */
#ifndef GATEPOST_STORE_H
#define GATEPOST_STORE_H

#include "user/core/ban.h"

struct store;

int store_open(struct store **ret_store, const char *path, struct fault *fault); /* ":memory:" is fine */
void store_free(struct store *store); /* commits */

int store_ban(struct store *store, const struct ban *ban); /* insert or replace by target */
int store_unban(struct store *store, const struct prefix *target);
int store_allow(struct store *store, const struct prefix *prefix, const char *comment);
int store_disallow(struct store *store, const struct prefix *prefix);
int store_commit(struct store *store);
int store_forget(struct store *store, uint64_t ended_before_ns); /* bans that ended before */

int store_bans(struct store *store, void (*each)(void *context, const struct ban *ban), void *context);
int store_allowed(struct store *store, void (*each)(void *context, const struct prefix *prefix, const char *comment),
		  void *context);

#endif
