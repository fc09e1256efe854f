/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of the servers before the first connection comes: nothing, what comes with gatepost, one probe of
 * each, or what was learned elsewhere. */
#ifndef GATEPOST_ACCURACY_KNOWN_H
#define GATEPOST_ACCURACY_KNOWN_H

#include "bench/accuracy_pass.h"

struct known {
	bool learn; /* from here on, from the traffic */
	bool builtin; /* start with what comes with gatepost */
	const char
		*without; /* ... but for the families that are named in this text ("haproxy -> dovecot"); may be NULL */
	bool probe; /* start with one probe of each, made without an account: nobody has seen a success */
	void *context; /* as in struct servers_options */
	void (*changed)(void *context, const struct server *server);
};

struct servers *known_servers(const struct corpus *corpus, const struct known *known);
/* The same servers with all that was learned of them, and nothing more to learn. */
struct servers *known_frozen(const struct corpus *corpus, const struct known *known, const struct servers *learned);
/* The probe's transcript; false: there is none. */
bool known_probe(const struct corpus *corpus, const char *file, struct profile *ret_profile, uint16_t *ret_port);
size_t known_probes(const struct corpus *corpus); /* connections to servers that were probed */
/* The name of a family's profile, "dovecot-imap", within the name of a server's software. */
bool is_family_of(const char *profile_name, const char *software);

#endif
