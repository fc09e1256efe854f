/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans and the operators' allow entries on disk (SQLite), so that they outlive the process and the machine. Writes
 * are gathered and committed by store_commit: a crash loses at most what was decided since. */
#ifndef GATEPOST_STORE_H
#define GATEPOST_STORE_H

#include "user/ban/ban.h"

struct store;

/* ":memory:" is fine. A damaged file is moved aside (path.damaged-1, -2, ...) and an empty one started: that is 0 with
 * words in `fault` to be logged; `fault` comes back empty when all is well. -EACCES (or no such directory), -EPROTO
 * (made by a newer gatepost, or by another program), -ENOMEM, -EIO. */
int store_open(struct store **ret_store, const char *path, struct fault *fault);
void store_free(struct store *store); /* commits */

/* -ENOSPC, -EIO, -EBUSY (another program writes to the file), -EBADMSG (damaged while in use). */
int store_ban(struct store *store, const struct ban *ban); /* insert or replace by target */
int store_unban(struct store *store, const struct prefix *target);
int store_allow(struct store *store, const struct prefix *prefix, const char *comment);
int store_disallow(struct store *store, const struct prefix *prefix);
int store_commit(struct store *store); /* on an error, what was gathered is kept for the next time if it can be */
int store_forget(struct store *store, uint64_t ended_before_ns); /* bans that ended before */

/* Gathered ones included. `each` must not write to the store. Rows that make no sense stay where they are: how many is
 * returned. */
int store_bans(struct store *store, void (*each)(void *context, const struct ban *ban), void *context);
int store_allowed(struct store *store, void (*each)(void *context, const struct prefix *prefix, const char *comment),
		  void *context);

/* Sources from which somebody logged in, and when last, in ns since 1970: who they are must outlive the kernel's
 * tables, or a start in a flood would keep them waiting. store_part: forget those before; store_welcomed: `most` of
 * them, the latest first. */
int store_welcome(struct store *store, uint64_t source, uint64_t last_ns);
int store_part(struct store *store, uint64_t before_ns);
int store_welcomed(struct store *store, uint32_t most, void (*each)(void *context, uint64_t source, uint64_t last_ns),
		   void *context);

#endif
