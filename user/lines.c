/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/lines.h"

#include <math.h>
#include <stdio.h>

#include "user/json_line.h"

/* Whole microseconds: the same capture gives the same text on every machine. */
json_t *json_seconds(uint64_t ns)
{
	return json_real((double)(ns / 1000) / 1e6);
}

static json_t *json_prefix(const struct prefix *prefix)
{
	char text[ADDR_TEXT_BYTES];

	return json_string(prefix_text(prefix, text));
}

static const char *hash_text(uint64_t hash, char text[17])
{
	snprintf(text, 17, "%016llx", (unsigned long long)hash);
	return text;
}

static json_t *json_hash(uint64_t hash)
{
	char text[17];

	return json_string(hash_text(hash, text));
}

static json_t *line_start(const char *type, uint64_t wall_ns)
{
	return json_pack("{s:s, s:o}", "type", type, "time", json_seconds(wall_ns));
}

/* ---- what there are millions of: as an object, or at once as text --------------------------------------------------
 */

struct line {
	json_t *object; /* NULL: it becomes text */
	struct json_line *text;
};

static void put_word(const struct line *line, const char *key, const char *word)
{
	if (line->object)
		json_object_set_new(line->object, key, json_string(word));
	else
		json_line_word(line->text, key, word);
}

static void put_integer(const struct line *line, const char *key, json_int_t value)
{
	if (line->object)
		json_object_set_new(line->object, key, json_integer(value));
	else
		json_line_integer(line->text, key, value);
}

static void put_seconds(const struct line *line, const char *key, uint64_t ns)
{
	if (line->object)
		json_object_set_new(line->object, key, json_seconds(ns));
	else
		json_line_seconds(line->text, key, ns);
}

static void put_ends(const struct line *line, const struct ends *ends)
{
	char text[ADDR_TEXT_BYTES];

	put_word(line, "source", addr_text(&ends->client, text));
	put_integer(line, "port", ends->client_port);
	put_word(line, "server", addr_text(&ends->server, text));
	put_integer(line, "server_port", ends->server_port);
	put_word(line, "service", service_text(ends->service));
}

static void put_attempt(const struct line *line, const struct attempt *attempt, uint64_t wall_ns)
{
	char hash[17];

	put_word(line, "type", "attempt");
	put_seconds(line, "time", wall_ns);
	put_ends(line, &attempt->ends);
	put_integer(line, "n", attempt->n);
	put_word(line, "outcome", outcome_text(attempt->outcome));
	put_word(line, "basis", basis_text(attempt->basis));
	put_seconds(line, "confidence", (uint64_t)llround(attempt->confidence * 100) * 10000000); /* two digits */
	if (attempt->mechanism)
		put_word(line, "mechanism", attempt->mechanism);
	if (attempt->account)
		put_word(line, "account", hash_text(attempt->account, hash));
}

static void put_flow(const struct line *line, const struct flow_report *report)
{
	const struct flow *flow = report->flow;
	const struct classification *is = report->classification;
	char id[COMMUNITY_ID_BYTES];

	put_word(line, "type", "flow");
	put_seconds(line, "time", report->time_ns);
	put_ends(line, &flow->ends);
	put_word(line, "community_id", community_id(&flow->ends, id));
	put_word(line, "protocol", is->protocol);
	put_word(line, "transport", transport_text(flow->transport));
	if (is->tls[0])
		put_word(line, "tls", is->tls);
	if (is->ja3[0])
		put_word(line, "ja3", is->ja3);
	if (report->ja4[0])
		put_word(line, "ja4", report->ja4);
	if (is->sni[0])
		put_word(line, "sni", is->sni);
	put_integer(line, "attempts", flow->attempts);
	put_word(line, "outcomes", flow->outcomes);
	put_integer(line, "packets_in", flow->packets_in);
	put_integer(line, "packets_out", flow->packets_out);
	put_seconds(line, "seconds", flow->last_ns - flow->first_ns);
	put_word(line, "closed", flow_closed_text(flow->closed));
}

json_t *line_attempt(const struct attempt *attempt, uint64_t wall_ns)
{
	const struct line line = {.object = json_object()};

	if (line.object)
		put_attempt(&line, attempt, wall_ns);
	return line.object;
}

json_t *line_flow(const struct flow_report *report)
{
	const struct line line = {.object = json_object()};

	if (line.object)
		put_flow(&line, report);
	return line.object;
}

void line_attempt_write(const struct writer *to, const struct attempt *attempt, uint64_t wall_ns)
{
	struct json_line text;

	json_line_start(&text, to);
	put_attempt(&(struct line){.text = &text}, attempt, wall_ns);
	json_line_end(&text);
}

void line_flow_write(const struct writer *to, const struct flow_report *report)
{
	struct json_line text;

	json_line_start(&text, to);
	put_flow(&(struct line){.text = &text}, report);
	json_line_end(&text);
}

/* ---- the others ----------------------------------------------------------------------------------------------------
 */

json_t *line_decision(const struct decision *decision, const struct ban *ban, uint64_t wall_ns, bool enforce)
{
	json_t *line = line_start("decision", wall_ns);

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
	json_t *line = line_start("fleet_ban", wall_ns);

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
	json_t *line = line_start("ban_ended", wall_ns);

	json_object_set_new(line, "source", json_prefix(&ban->target));
	json_object_set_new(line, "rule", json_string(ban->rule));
	if (ban->withdrawn)
		json_object_set_new(line, "reason", json_string(ban->reason));
	return line;
}
