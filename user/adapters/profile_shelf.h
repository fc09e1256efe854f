/* SPDX-License-Identifier: BSD-2-Clause */
/* Where profiles of servers come from at the start, and where they are kept: those that come with gatepost, then those of
 * a directory; what was learned is written back there. */
#ifndef GATEPOST_PROFILE_SHELF_H
#define GATEPOST_PROFILE_SHELF_H

#include "user/core/fault.h"
#include "user/shape/servers.h"

/* `directory` may be NULL. A directory that is not there is empty. Bad files are told to `bad` (may be NULL) and passed
 * over. Returns how many files were good, or -errno. */
int profile_shelf_load(struct servers *servers, const char *directory,
		       void (*bad)(void *context, const struct fault *fault), void *context, struct fault *fault);
/* Writes the servers of which something new is known. Returns how many, or -errno of the first that could not be. */
int profile_shelf_store(struct servers *servers, const char *directory, struct fault *fault);

#endif
