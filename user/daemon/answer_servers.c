/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of the servers behind: their replies, and what could be read by them. */
#include <math.h>
#include <string.h>

#include "user/daemon/answers.h"

#define NS_PER_S 1000000000ULL
#define ONE_WAY_NAMED 8 /* of those seen one way, on one screen; `gatepost servers` has all */

/* null: it never was */
static json_t *ago_s(const struct daemon *d, uint64_t at_s)
{
	const uint64_t now_s = daemon_wall_ns(d) / NS_PER_S;

	return at_s ? json_integer((json_int_t)(now_s > at_s ? now_s - at_s : 0)) : json_null();
}

static json_t *share(uint64_t part, uint64_t whole)
{
	return whole ? json_real(round(1000.0 * (double)part / (double)whole) / 1000) : json_null();
}

static json_t *server_row(const struct daemon *d, const struct server *server)
{
	const uint64_t failures = server->attempts[OUTCOME_FAILURE], successes = server->attempts[OUTCOME_SUCCESS];
	const uint64_t unknown = server->attempts[OUTCOME_UNKNOWN], attempts = failures + successes + unknown;
	char address[ADDR_TEXT_BYTES];

	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:o, s:i}",
			 "server", addr_text(&server->address, address), "port", server->port, "service",
			 service_text(server->service), "profile", origin_text((enum origin)server->profile.origin),
			 "state", server_state_text(server_state(server)), "seen_s", ago_s(d, server->seen_s), "age_s",
			 ago_s(d, server->profile.made_s), "learned_s", ago_s(d, server->profile.changed_s),
			 "changed_s", ago_s(d, server->changed_s), "connections", (json_int_t)server->connections,
			 "attempts", (json_int_t)attempts, "failures", (json_int_t)failures, "successes",
			 (json_int_t)successes, "unknown", (json_int_t)unknown, "unknown_share",
			 share(unknown, attempts), "one_way", (json_int_t)server->one_way, "one_way_share",
			 share(server->one_way, server->connections), "relearned", (int)server->relearned);
}

json_t *answer_servers(struct daemon *d, const json_t *request, uid_t uid)
{
	json_t *rows = json_array();
	const struct server *server;
	uint32_t cursor = 0;

	(void)request;
	(void)uid;
	while ((server = servers_each(d->servers, &cursor)))
		json_array_append_new(rows, server_row(d, server));
	return json_pack("{s:b, s:o}", "ok", 1, "servers", rows);
}

static json_t *place_name(const struct server *server)
{
	char address[ADDR_TEXT_BYTES];
	const char *text = addr_text(&server->address, address);

	return json_sprintf(strchr(text, ':') ? "[%s]:%u" : "%s:%u", text, server->port);
}

json_t *answer_servers_summary(const struct daemon *d)
{
	uint32_t count[SERVER_STATES] = {0}, one_way = 0, cursor = 0;
	json_t *named = json_array();
	const struct server *server;

	while ((server = servers_each(d->servers, &cursor))) {
		count[server_state(server)]++;
		if (server->one_way && one_way++ < ONE_WAY_NAMED)
			json_array_append_new(named, place_name(server));
	}
	return json_pack("{s:i, s:i, s:i, s:i, s:o, s:o}", "known", count[SERVER_KNOWN] + count[SERVER_RELEARNED],
			 "learning", count[SERVER_LEARNING], "relearning", count[SERVER_RELEARNING], "one_way", one_way,
			 "one_way_servers", named, "disk",
			 d->profiles_error ? json_string(strerror(-d->profiles_error)) : json_null());
}
