/* SPDX-License-Identifier: BSD-2-Clause */
/* The servers whose logins are read inside TLS, and what is known of each: by address and port. What flows show is
 * learned here; a server whose greeting is another than it was is not believed to be the same any more, and is learned
 * from the beginning. */
#ifndef GATEPOST_SERVERS_H
#define GATEPOST_SERVERS_H

#include "user/core/attempt.h"
#include "user/shape/likely.h"

struct servers;

enum server_state {
	SERVER_LEARNING, /* too few logins seen: outcomes are mostly unknown */
	SERVER_KNOWN,
	SERVER_RELEARNING, /* its replies changed, and are not known yet */
	SERVER_RELEARNED, /* they changed and are known again */
	SERVER_STATES,
};
const char *server_state_text(enum server_state state); /* "learning" */

/* An answer to attempts of which nobody could tell alone whether it says yes or no. */
#define ANSWERS_MAX 6
struct answer {
	uint16_t bytes; /* without the tag; 0: free */
	uint16_t seen, followed; /* ... by something that only who is logged in would say */
};

/* What one server showed so far. Read-only for all but servers.c. */
struct server {
	struct addr address;
	uint16_t port;
	uint8_t service; /* enum gp_service, of the first flow */
	struct profile profile;
	struct profile fresh; /* of the connections since its greeting changed */
	struct answer answer[ANSWERS_MAX];
	uint32_t strangers; /* connections with a greeting that does not fit, one after the other */
	uint32_t relearned; /* times that the replies changed */
	uint64_t attempts[3]; /* by enum outcome, read from shapes */
	uint64_t connections, one_way; /* with attempts inside TLS; of those, seen in one direction only */
	uint64_t seen_s; /* last connection, wall clock */
	uint64_t changed_s; /* last time that its replies changed; 0: never */
	bool told_changed; /* ... and nothing is learned: it stays strange until a profile is put */
	uint64_t aged_day; /* since 1970, in UTC; 0: not yet */
	uint32_t flows; /* that use it now */
	/* Of profile_shelf.c: */
	bool stored; /* as on disk */
	bool failed; /* ... because it could not be written */
	uint64_t tried_s; /* last time that it was written, or should have been */
	uint64_t file_ns; /* when its file was written, if that file is known; 0: none */
};

struct servers_options {
	uint32_t servers_max;
	uint64_t seed;
	bool learn; /* from the traffic */
	void *context;
	void (*changed)(void *context, const struct server *server); /* its replies are others now; may be NULL */
};

int servers_new(struct servers **ret_servers, const struct servers_options *options); /* -ENOMEM */
void servers_free(struct servers *servers);
size_t servers_bytes(uint32_t servers_max); /* of memory */
void servers_time(struct servers *servers, uint64_t now_s); /* wall clock, for what follows */
void servers_learn(struct servers *servers, bool learn); /* from now on */
/* Call it about once an hour. With each new day (UTC) old observations weigh half: what comes new soon outweighs them.
 * Of what was not seen often, nothing is forgotten: a server that nobody talks to stays known. */
void servers_age(struct servers *servers, uint64_t now_s);

/* What comes with gatepost: where a new server starts. Several of one protocol add up. */
void servers_common(struct servers *servers, const struct profile *profile);
/* From a file: a probe, or what was learned before. What was known until now is forgotten. */
struct server *servers_put(struct servers *servers, const struct addr *address, uint16_t port,
			   const struct profile *profile);

/* For a flow, until server_leave. Full of servers in use: NULL, and the flow is read without knowledge of its server.
 */
struct server *servers_enter(struct servers *servers, const struct ends *ends);
/* An outcome was read from the shape of a flow. `first`: of this flow. */
void server_attempted(struct server *server, enum outcome outcome, bool first, bool one_way);
void server_leave(struct server *server);
/* Of the server as it is believed to be; `strange`: as it has been lately, since its greeting changed. */
struct knowledge servers_knowledge(const struct servers *servers, const struct server *server, enum gp_service service,
				   bool strange);

/* The greeting of a new connection. True: not this server's as we know it; what follows is learned apart, and no
 * outcome is to be said. */
bool servers_greeted(struct servers *servers, struct server *server, uint16_t bytes);
void servers_heard(struct servers *servers, struct server *server, enum reply reply, uint16_t bytes, bool strange);
/* Many unclear answers together: what mostly is followed by something is a yes. What never is may be a no, or a monitor
 * that only looks whether it gets in: nothing is learned from that. */
void servers_unsure(struct servers *servers, struct server *server, uint16_t bytes, bool followed, bool strange);
/* What somebody who knows says: a reply that was read in clear was this outcome's, and so long. */
void servers_told(struct servers *servers, const struct ends *ends, enum outcome outcome, uint16_t bytes);
void servers_answered(struct servers *servers, struct server *server, enum reply reply, uint32_t delay_ms,
		      bool strange);

struct server *servers_each(const struct servers *servers, uint32_t *cursor); /* longest silent first; NULL: no more */
struct server *servers_find(struct servers *servers, const struct addr *address, uint16_t port);
uint32_t servers_count(const struct servers *servers);
enum server_state server_state(const struct server *server);

#endif
