/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/shape/servers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/core/table.h"
#include "user/shape/family.h"

#define GREETINGS_KNOWN 6 /* seen so often, a greeting is what to expect */
#define GREETING_FIRM 36 /* bytes of a greeting of which one may vary, before any was seen to */
#define GREETING_VARIES 6 /* bytes: numbers and times in it */
#define FAMILIES_MAX 32
#define SIBLING_KNOWN 4 /* failures of another port's, to be guessed from */
#define ANSWERS_YES 4 /* followed by what only who is logged in would say */
#define STRANGERS_ENOUGH 4 /* in a row: it is the server that changed */

struct servers {
	struct table *table; /* of struct server, by a hash of address and port */
	struct servers_options options;
	struct profile common[3]; /* by enum protocol: all families together */
	struct profile family[FAMILIES_MAX]; /* what comes with gatepost */
	uint32_t families;
	struct profile blank[3];
	uint64_t now_s;
};

int servers_new(struct servers **ret_servers, const struct servers_options *options)
{
	struct servers *servers = calloc(1, sizeof(*servers));
	int error;

	if (!servers)
		return -ENOMEM;
	servers->options = *options;
	error = table_new(&servers->table, options->servers_max, sizeof(struct server), options->seed);
	if (error) {
		free(servers);
		return error;
	}
	for (int i = 0; i < 3; i++)
		servers->common[i].protocol = servers->blank[i].protocol = (uint8_t)i;
	*ret_servers = servers;
	return 0;
}

void servers_free(struct servers *servers)
{
	if (!servers)
		return;
	table_free(servers->table);
	free(servers);
}

size_t servers_bytes(uint32_t servers_max)
{
	return sizeof(struct servers) + table_bytes(servers_max, sizeof(struct server));
}

void servers_time(struct servers *servers, uint64_t now_s)
{
	servers->now_s = now_s;
}

void servers_learn(struct servers *servers, bool learn)
{
	servers->options.learn = learn;
}

static void profile_add(struct profile *to, const struct profile *from)
{
	for (int reply = 0; reply < REPLY_MAX; reply++)
		for (int i = 0; i < PROFILE_LENGTHS; i++)
			profile_note(to, (enum reply)reply, from->length[reply][i].bytes, from->length[reply][i].seen);
}

void servers_common(struct servers *servers, const struct profile *profile)
{
	profile_add(&servers->common[profile->protocol], profile);
	if (servers->families < FAMILIES_MAX)
		servers->family[servers->families++] = *profile;
}

static uint64_t key_of(const struct addr *address, uint16_t port, const struct servers *servers)
{
	const __u64 seed[2] = {servers->options.seed, port};
	uint64_t half[2];

	memcpy(half, address->byte, sizeof(half));
	return gp_hash(gp_hash(half[0], seed) ^ half[1], seed);
}

struct server *servers_find(struct servers *servers, const struct addr *address, uint16_t port)
{
	struct server *server = table_find(servers->table, key_of(address, port, servers));

	return server && server->port == port && !memcmp(&server->address, address, sizeof(*address)) ? server : NULL;
}

/* The one nobody has talked to for longest; none that a flow is using. */
static bool make_room(struct servers *servers)
{
	const struct server *server;
	uint32_t cursor = 0;
	uint64_t key;

	if (table_count(servers->table) < servers->options.servers_max)
		return true;
	while ((server = table_next(servers->table, &cursor, &key)))
		if (!server->flows) {
			table_remove(servers->table, key);
			return true;
		}
	return false;
}

static struct server *server_add(struct servers *servers, const struct addr *address, uint16_t port,
				 enum gp_service service)
{
	struct server *server;

	if (!make_room(servers))
		return NULL;
	server = table_add(servers->table, key_of(address, port, servers));
	if (!server)
		return NULL;
	server->address = *address;
	server->port = port;
	server->service = (uint8_t)service;
	server->profile.protocol = server->fresh.protocol = (uint8_t)protocol_of(service);
	server->tried_s = servers->now_s; /* too soon to write anything */
	return server;
}

/* The usual port of a service, for a profile that comes before its first flow. */
static enum gp_service service_of(enum protocol protocol, uint16_t port)
{
	static const enum gp_service clear[] = {GP_SERVICE_IMAP, GP_SERVICE_POP3, GP_SERVICE_SUBMISSION};

	return clear[protocol] + (port == 993 || port == 995 || port == 465);
}

static void server_start_fresh(struct server *server)
{
	memset(&server->fresh, 0, sizeof(server->fresh));
	server->fresh.protocol = server->profile.protocol;
	server->strangers = 0;
}

struct server *servers_put(struct servers *servers, const struct addr *address, uint16_t port,
			   const struct profile *profile)
{
	struct server *server = servers_find(servers, address, port);

	if (!server)
		server = server_add(servers, address, port, service_of((enum protocol)profile->protocol, port));
	if (!server)
		return NULL;
	server->profile = *profile;
	server_start_fresh(server);
	server->told_changed = false;
	server->stored = true;
	return server;
}

struct server *servers_enter(struct servers *servers, const struct ends *ends)
{
	struct server *server = table_touch(servers->table, key_of(&ends->server, ends->server_port, servers));

	if (server && memcmp(&server->address, &ends->server, sizeof(ends->server)))
		return NULL; /* two servers with one hash: the first keeps it */
	if (!server)
		server = server_add(servers, &ends->server, ends->server_port, (enum gp_service)ends->service);
	if (!server)
		return NULL;
	if (server->profile.protocol != protocol_of((enum gp_service)ends->service))
		return NULL;
	if (!server->profile.made_s)
		server->profile.made_s = servers->now_s;
	server->service = ends->service;
	server->seen_s = servers->now_s;
	server->flows++;
	return server;
}

void server_leave(struct server *server)
{
	if (server)
		server->flows--;
}

void server_attempted(struct server *server, enum outcome outcome, bool first, bool one_way)
{
	server->attempts[outcome]++;
	server->connections += first;
	server->one_way += first && one_way;
}

/* The same dialogue on another port of the same address is most likely the same software. */
static const struct profile *sibling_of(const struct servers *servers, const struct server *server)
{
	const struct server *other;
	const struct profile *best = NULL;
	uint32_t cursor = 0, most = SIBLING_KNOWN - 1;

	while ((other = servers_each(servers, &cursor)))
		if (other != server && other->profile.protocol == server->profile.protocol &&
		    !memcmp(&other->address, &server->address, sizeof(other->address)) &&
		    profile_seen(&other->profile, REPLY_FAILURE) > most) {
			most = profile_seen(&other->profile, REPLY_FAILURE);
			best = &other->profile;
		}
	return best;
}

struct knowledge servers_knowledge(const struct servers *servers, const struct server *server, enum gp_service service,
				   bool strange)
{
	const enum protocol protocol = protocol_of(service);
	const struct profile *common;
	struct knowledge knowledge = {.server = &servers->blank[protocol], .common = &servers->common[protocol]};

	if (!server)
		return knowledge;
	knowledge.server = strange ? &server->fresh : &server->profile;
	common = family_of(servers->family, servers->families, knowledge.server);
	if (!common && !strange)
		common = sibling_of(servers, server);
	if (common) {
		knowledge.common = common;
		knowledge.alike = true;
	}
	return knowledge;
}

/* As long as one that is known, give or take what varies: as much as was seen to vary, or what a name and a number in a
 * longer sentence may. */
static bool fits(const struct profile *profile, uint16_t bytes)
{
	const struct reply_length *greeting = profile->length[REPLY_GREETING];
	unsigned int lengths = 0;

	for (int i = 0; i < PROFILE_LENGTHS; i++)
		lengths += greeting[i].seen > 0;
	for (int i = 0; i < PROFILE_LENGTHS; i++) {
		const unsigned int varies = lengths > 1 ? GREETING_VARIES : greeting[i].bytes / GREETING_FIRM;

		if (greeting[i].seen && bytes + varies >= greeting[i].bytes && bytes <= greeting[i].bytes + varies)
			return true;
	}
	return false;
}

static void server_renew(struct servers *servers, struct server *server)
{
	const uint64_t made_s = server->profile.made_s;

	server->profile = server->fresh;
	server->profile.origin = ORIGIN_LEARNED;
	server->profile.made_s = made_s;
	server->profile.changed_s = servers->now_s;
	server_start_fresh(server);
	server->tried_s = 0; /* what is on disk is wrong: write at once */
}

/* Where nothing is learned, what was known of it is all there is: it stays, until there is a better one. */
static void server_changed(struct servers *servers, struct server *server)
{
	if (servers->options.learn)
		server_renew(servers, server);
	else if (server->told_changed)
		return;
	server->told_changed = !servers->options.learn;
	server->changed_s = servers->now_s;
	server->relearned++;
	if (servers->options.changed)
		servers->options.changed(servers->options.context, server);
}

bool servers_greeted(struct servers *servers, struct server *server, uint16_t bytes)
{
	if (!server)
		return false;
	if (profile_seen(&server->profile, REPLY_GREETING) < GREETINGS_KNOWN || fits(&server->profile, bytes)) {
		server->strangers = 0;
		servers_heard(servers, server, REPLY_GREETING, bytes, false);
		return false;
	}
	servers_heard(servers, server, REPLY_GREETING, bytes, true);
	server->strangers += server->strangers < UINT32_MAX;
	if (server->strangers >= STRANGERS_ENOUGH)
		server_changed(servers, server);
	return true;
}

void servers_heard(struct servers *servers, struct server *server, enum reply reply, uint16_t bytes, bool strange)
{
	struct profile *profile;

	if (!server || !servers->options.learn)
		return;
	profile = strange ? &server->fresh : &server->profile;
	profile_note(profile, reply, bytes, 1);
	profile->changed_s = servers->now_s;
	if (profile->origin < ORIGIN_LEARNED)
		profile->origin = ORIGIN_LEARNED;
	server->stored = false;
}

void servers_told(struct servers *servers, const struct ends *ends, enum outcome outcome, uint16_t bytes)
{
	struct server *server = servers_enter(servers, ends);

	if (outcome != OUTCOME_UNKNOWN)
		servers_heard(servers, server, outcome == OUTCOME_FAILURE ? REPLY_FAILURE : REPLY_SUCCESS, bytes,
			      false);
	server_leave(server);
}

static struct answer *answer_of(struct server *server, uint16_t bytes)
{
	struct answer *least = server->answer;

	for (int i = 0; i < ANSWERS_MAX; i++) {
		if (server->answer[i].bytes == bytes)
			return &server->answer[i];
		if (server->answer[i].seen < least->seen)
			least = &server->answer[i];
	}
	*least = (struct answer){.bytes = bytes};
	return least;
}

void servers_unsure(struct servers *servers, struct server *server, uint16_t bytes, bool followed, bool strange)
{
	struct answer *answer;

	if (!server || !servers->options.learn || strange)
		return;
	answer = answer_of(server, bytes);
	answer->seen += answer->seen < UINT16_MAX;
	answer->followed += followed && answer->followed < UINT16_MAX;
	if (answer->followed >= ANSWERS_YES && answer->followed * 2 >= answer->seen)
		profile_note(&server->profile, REPLY_SUCCESS, bytes, 1);
}

void servers_answered(struct servers *servers, struct server *server, enum reply reply, uint32_t delay_ms, bool strange)
{
	if (server && servers->options.learn)
		profile_note_delay(strange ? &server->fresh : &server->profile, reply, delay_ms, 1);
}

struct server *servers_each(const struct servers *servers, uint32_t *cursor)
{
	uint64_t key;

	return table_next(servers->table, cursor, &key);
}

uint32_t servers_count(const struct servers *servers)
{
	return table_count(servers->table);
}
