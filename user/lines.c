/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/lines.h"

#include <math.h>
#include <stdio.h>

/* Whole microseconds: the same capture gives the same text on every machine. */
json_t *json_seconds(uint64_t ns)
{
	return json_real((double)(ns / 1000) / 1e6);
}

static json_t *json_address(const struct addr *addr)
{
	char text[ADDR_TEXT_BYTES];

	return json_string(addr_text(addr, text));
}

static json_t *json_prefix(const struct prefix *prefix)
{
	char text[ADDR_TEXT_BYTES];

	return json_string(prefix_text(prefix, text));
}

static json_t *json_hash(uint64_t hash)
{
	char text[17];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)hash);
	return json_string(text);
}

static json_t *line_start(const char *type, uint64_t wall_ns, const struct ends *ends)
{
	json_t *line = json_pack("{s:s, s:o}", "type", type, "time", json_seconds(wall_ns));

	if (!line || !ends)
		return line;
	json_object_set_new(line, "source", json_address(&ends->client));
	json_object_set_new(line, "port", json_integer(ends->client_port));
	json_object_set_new(line, "server", json_address(&ends->server));
	json_object_set_new(line, "server_port", json_integer(ends->server_port));
	json_object_set_new(line, "service", json_string(service_text(ends->service)));
	return line;
}

json_t *line_attempt(const struct attempt *attempt, uint64_t wall_ns)
{
	json_t *line = line_start("attempt", wall_ns, &attempt->ends);

	json_object_set_new(line, "n", json_integer(attempt->n));
	json_object_set_new(line, "outcome", json_string(outcome_text(attempt->outcome)));
	json_object_set_new(line, "basis", json_string(basis_text(attempt->basis)));
	json_object_set_new(line, "confidence", json_real(round(attempt->confidence * 100) / 100));
	if (attempt->mechanism)
		json_object_set_new(line, "mechanism", json_string(attempt->mechanism));
	if (attempt->account)
		json_object_set_new(line, "account", json_hash(attempt->account));
	return line;
}

json_t *line_flow(const struct flow_report *report)
{
	const struct flow *flow = report->flow;
	const struct classification *is = report->classification;
	json_t *line = line_start("flow", report->time_ns, &flow->ends);
	char id[COMMUNITY_ID_BYTES];

	json_object_set_new(line, "community_id", json_string(community_id(&flow->ends, id)));
	json_object_set_new(line, "protocol", json_string(is->protocol));
	json_object_set_new(line, "transport", json_string(transport_text(flow->transport)));
	if (is->tls[0])
		json_object_set_new(line, "tls", json_string(is->tls));
	if (is->ja3[0])
		json_object_set_new(line, "ja3", json_string(is->ja3));
	if (report->ja4[0])
		json_object_set_new(line, "ja4", json_string(report->ja4));
	if (is->sni[0])
		json_object_set_new(line, "sni", json_string(is->sni));
	json_object_set_new(line, "attempts", json_integer(flow->attempts));
	json_object_set_new(line, "outcomes", json_string(flow->outcomes));
	json_object_set_new(line, "packets_in", json_integer(flow->packets_in));
	json_object_set_new(line, "packets_out", json_integer(flow->packets_out));
	json_object_set_new(line, "seconds", json_seconds(flow->last_ns - flow->first_ns));
	json_object_set_new(line, "closed", json_string(flow_closed_text(flow->closed)));
	return line;
}

json_t *line_decision(const struct decision *decision, const struct ban *ban, uint64_t wall_ns, bool enforce)
{
	json_t *line = line_start("decision", wall_ns, NULL);

	json_object_set_new(line, "rule", json_string(decision->rule->name));
	json_object_set_new(line, "action", json_string(action_text(decision->action)));
	if (decision->target.bits)
		json_object_set_new(line, "source", json_prefix(&decision->target));
	else
		json_object_set_new(line, "key", json_hash(decision->key));
	json_object_set_new(line, "for_s", json_integer((json_int_t)(decision->for_ns / 1000000000)));
	json_object_set_new(line, "mode", json_string(!enforce ? "observe" : decision->shadow ? "shadow" : "enforce"));
	json_object_set_new(line, "in_force", json_boolean(ban && enforce && !ban->shadow));
	json_object_set_new(line, "offences", json_integer(decision->offences));
	json_object_set_new(line, "evidence", json_sprintf("E%u", decision->evidence));
	json_object_set_new(line, "reason", json_string(decision->reason));
	return line;
}

json_t *line_fleet_ban(const struct ban *ban, uint64_t wall_ns)
{
	json_t *line = line_start("fleet_ban", wall_ns, NULL);

	json_object_set_new(line, "source", json_prefix(&ban->target));
	json_object_set_new(line, "action", json_string(action_text(ban->action)));
	json_object_set_new(line, "node", json_string(ban->origin));
	json_object_set_new(line, "rule", json_string(ban->rule));
	json_object_set_new(line, "reason", json_string(ban->reason));
	return line;
}

json_t *line_ban(const struct ban *ban, uint64_t wall_ns)
{
	bool forever = ban->until_ns == UINT64_MAX;
	json_t *line = json_object();

	json_object_set_new(line, "source", json_prefix(&ban->target));
	json_object_set_new(line, "action", json_string(action_text(ban->action)));
	json_object_set_new(line, "in_force", json_boolean(ban_in_force(ban, wall_ns)));
	json_object_set_new(line, "shadow", json_boolean(ban->shadow));
	json_object_set_new(line, "rule", json_string(ban->rule));
	json_object_set_new(line, "reason", json_string(ban->reason));
	json_object_set_new(line, "origin", json_string(ban->origin));
	json_object_set_new(line, "evidence", json_sprintf("E%u", ban->evidence));
	json_object_set_new(line, "offences", json_integer(ban->offences));
	json_object_set_new(line, "since", json_seconds(ban->since_ns));
	json_object_set_new(line, "until", forever ? json_null() : json_seconds(ban->until_ns));
	json_object_set_new(line, "left_s",
			    forever ? json_null()
				    : json_integer(ban->until_ns > wall_ns
							   ? (json_int_t)((ban->until_ns - wall_ns) / 1000000000)
							   : 0));
	return line;
}

json_t *line_ban_ended(const struct ban *ban, uint64_t wall_ns)
{
	json_t *line = line_start("ban_ended", wall_ns, NULL);

	json_object_set_new(line, "source", json_prefix(&ban->target));
	json_object_set_new(line, "rule", json_string(ban->rule));
	return line;
}
