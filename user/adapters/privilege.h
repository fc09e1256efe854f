/* SPDX-License-Identifier: BSD-2-Clause */
/* From root to the user that the daemon runs as, once everything that needs root is open (libcap-ng). */
#ifndef GATEPOST_PRIVILEGE_H
#define GATEPOST_PRIVILEGE_H

#include <sys/types.h>

#include "user/core/fault.h"

/* A directory of the daemon's own (state, socket): made if missing, with this mode, and then given to `user` and its
 * group; one that exists must be that user's already. `user` "" leaves the owner as it is. -ENOENT: no such user, or no
 * parent directory; -ENOTDIR; -EPERM. */
int privilege_directory(const char *user, const char *path, mode_t mode, struct fault *fault);

/* Become `user`, for good, without a capability, without new privileges, without core dumps. "" stays who we are, with
 * the capabilities we have. Started as `user` already: only gives the rest up. -ENOENT: no such user; -EPERM. */
int privilege_drop(const char *user, struct fault *fault);

#endif
