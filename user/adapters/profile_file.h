/* SPDX-License-Identifier: BSD-2-Clause */
/* Profiles as files (jansson): the transcript that a probe writes, what was learned, and what comes with gatepost, all
 * in one JSON that one reader understands.
 *
 *   {"host": "192.0.2.10", "port": 993, "proto": "imap",
 *    "origin": "learned", "made": 1767225600, "changed": 1767312000,          optional; without: a probe
 *    "delay_failure": [0, 0, 0, 0, 0, 41, 3, 0],                              optional, weights; see PROFILE_DELAYS
 *    "steps": [{"name": "F:LOGIN", "total": 53, "dt": 2.001, "count": 41}]}
 *
 * "total" is the reply's plaintext length, in IMAP with the tag "a1" where there is one. "dt" are seconds. "count" is
 * the weight: without, that of a probe. Names that mean nothing here are passed over, as are all other members, so that
 * transcripts may hold more. Names: greeting, ticket, cap, noop, rset, id, bad, logout, user, cont, cont1, cont2
 * (challenge), F (failure), S (success), T (temporary), each with any ":..." behind it. */
#ifndef GATEPOST_PROFILE_FILE_H
#define GATEPOST_PROFILE_FILE_H

#include "user/core/addr.h"
#include "user/core/fault.h"
#include "user/probe/transcript.h"
#include "user/shape/profile.h"

/* A probe asked, and the server answered: that is believed at once. What others guess about the server is not. */
#define PROFILE_PROBE_WEIGHT 32
#define PROFILE_BUILTIN_WEIGHT 4

struct profile_key {
	struct addr server;
	uint16_t port;
};

enum profile_flag {
	PROFILE_WITHOUT_SUCCESS = 1, /* as if no account had been there to probe with */
};

/* `name` is for the fault. ret_key may be NULL: then "host" and "port" are not looked at. -EBADMSG, -ENOMEM */
int profile_read_text(const char *name, const char *text, unsigned int flags, struct profile *ret_profile,
		      struct profile_key *ret_key, struct fault *fault);
/* JSON, to be freed. NULL: no memory. */
char *profile_write_text(const struct profile *profile, const struct profile_key *key);
char *transcript_write_text(const struct probe_transcript *transcript);

/* -ENOENT and the like, -EBADMSG (and what was wanted), -EFBIG. */
int profile_load(const char *path, unsigned int flags, struct profile *ret_profile, struct profile_key *ret_key,
		 struct fault *fault);
/* The whole file or none: written beside, synced, renamed; 0640. */
int profile_store(const char *path, const struct profile *profile, const struct profile_key *key, struct fault *fault);
int transcript_store(const char *path, const struct probe_transcript *transcript, struct fault *fault);

/* One file a server: "192.0.2.10-993.json". -ENAMETOOLONG */
int profile_path(const char *directory, const struct profile_key *key, char *ret_path, size_t size);
/* Every *.json of the directory, in the order of the names. Bad files are told to `bad` (may be NULL) and passed over.
 * Returns how many were good, or -errno for the directory itself. */
int profiles_load_dir(const char *directory, unsigned int flags,
		      void (*each)(void *context, const struct profile_key *key, const struct profile *profile),
		      void (*bad)(void *context, const struct fault *fault), void *context, struct fault *fault);

/* Those of rules/profiles, compiled in: "dovecot-imap", ... They hold what the software always says, nothing of a site.
 * Returns how many. */
int profiles_builtin(void (*each)(void *context, const char *name, const struct profile *profile), void *context);

#endif
