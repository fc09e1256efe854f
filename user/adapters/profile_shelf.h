/* SPDX-License-Identifier: BSD-2-Clause */
/* Where profiles of servers come from at the start, and where they are kept: those that come with gatepost, then those
 * of a directory; what was learned is written back there. A file that somebody else has written meanwhile (gatepost
 * calibrate) is read, never overwritten. */
#ifndef GATEPOST_PROFILE_SHELF_H
#define GATEPOST_PROFILE_SHELF_H

#include "user/core/fault.h"
#include "user/shape/servers.h"

/* A server's file is written so often at most. */
#define PROFILE_SHELF_EVERY_S 300

/* `directory` may be NULL or "". A directory that is not there is empty. Bad files are told to `bad` (may be NULL) and
 * passed over. Returns how many files were good, or -errno. */
int profile_shelf_load(struct servers *servers, const char *directory,
		       void (*bad)(void *context, const struct fault *fault), void *context, struct fault *fault);
/* Reads the files that are new, or that somebody else has written since. Returns how many files are good, or -errno. */
int profile_shelf_reload(struct servers *servers, const char *directory,
			 void (*bad)(void *context, const struct fault *fault), void *context, struct fault *fault);

/* Writes servers of which something new is known, at most `most` of them, each once in PROFILE_SHELF_EVERY_S of `now_s`
 * (wall clock); one whose replies changed at once. Each file is synced: that takes its time. Returns how many
 * were written, or -errno of the first that could not be. */
int profile_shelf_store(struct servers *servers, const char *directory, uint64_t now_s, uint32_t most,
			struct fault *fault);
/* All of which something new is known, at once. */
int profile_shelf_store_all(struct servers *servers, const char *directory, struct fault *fault);
/* How many servers could not be written when it was last tried. */
uint32_t profile_shelf_failing(const struct servers *servers);

#endif
