/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/print.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "user/adapters/print_rows.h"

void print_json(const json_t *line)
{
	json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(16));
	putchar('\n');
}

static void print_text(const json_t *answer)
{
	const json_t *line;
	size_t n;

	json_array_foreach(json_object_get(answer, "text"), n, line) puts(json_string_value(line));
}

/* ---- the screens ----------------------------------------------------------------------------------------------- */

static void print_bans(const json_t *answer)
{
	static const struct print_column columns[] = {
		{"SOURCE", "source", PRINT_LEFT},    {"ACTION", "action", PRINT_LEFT},
		{"RULE", "rule", PRINT_LEFT},        {"LEFT_S", "left_s", PRINT_RIGHT},
		{"MET", "packets_met", PRINT_RIGHT}, {"ORIGIN", "origin", PRINT_LEFT},
		{"WHY", "reason", PRINT_CUT},
	};

	print_rows(stdout, json_object_get(answer, "bans"), columns, sizeof(columns) / sizeof(columns[0]));
}

static void print_counters(const json_t *answer)
{
	static const struct print_column columns[] = {
		{"SERVICE", "service", PRINT_LEFT}, {"VERDICT", "verdict", PRINT_LEFT},
		{"REASON", "reason", PRINT_LEFT},   {"PACKETS", "packets", PRINT_RIGHT},
		{"BYTES", "bytes", PRINT_RIGHT},    {"SPARED", "spared", PRINT_RIGHT},
	};
	const char *name;
	json_t *value;

	print_rows(stdout, json_object_get(answer, "counters"), columns, sizeof(columns) / sizeof(columns[0]));
	putchar('\n');
	json_object_foreach(json_object_get(answer, "tallies"), name, value)
		printf("%12lld  %s\n", (long long)json_integer_value(value), name);
}

static void print_allowed(const json_t *answer)
{
	static const struct print_column columns[] = {{"PREFIX", "prefix", PRINT_LEFT},
						      {"COMMENT", "comment", PRINT_LEFT}};

	if (json_object_get(answer, "allowed"))
		print_rows(stdout, json_object_get(answer, "allowed"), columns, 2);
	else
		print_text(answer);
}

static void print_rules(const json_t *answer)
{
	static const struct print_column columns[] = {
		{"RULE", "name", PRINT_LEFT},
		{"SHADOW", "shadow", PRINT_LEFT},
		{"DECISIONS", "decisions", PRINT_RIGHT},
		{"HURT", "hurt", PRINT_RIGHT}, /* successful logins under its bans */
		{"SENTENCE", "text", PRINT_CUT},
	};

	print_rows(stdout, json_object_get(answer, "rules"), columns, sizeof(columns) / sizeof(columns[0]));
}

static void print_servers(const json_t *answer)
{
	static const struct print_column columns[] = {
		{"SERVER", "server", PRINT_LEFT},
		{"PORT", "port", PRINT_RIGHT},
		{"SERVICE", "service", PRINT_LEFT},
		{"PROFILE", "profile", PRINT_LEFT},
		{"STATE", "state", PRINT_LEFT},
		{"AGE_S", "age_s", PRINT_RIGHT},
		{"CHANGED_S", "changed_s", PRINT_RIGHT},
		{"CONNS", "connections", PRINT_RIGHT},
		{"ATTEMPTS", "attempts", PRINT_RIGHT},
		{"FAILED", "failures", PRINT_RIGHT},
		{"GOOD", "successes", PRINT_RIGHT},
		{"UNKNOWN", "unknown_share", PRINT_RIGHT},
		{"ONE-WAY", "one_way_share", PRINT_RIGHT},
		{"RELEARNED", "relearned", PRINT_RIGHT},
	};

	print_rows(stdout, json_object_get(answer, "servers"), columns, sizeof(columns) / sizeof(columns[0]));
}

static long long number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "-";
}

static void print_interfaces(const json_t *list)
{
	const json_t *interface;
	size_t n;

	json_array_foreach(list, n, interface)
		printf("interface  %s, %s%s\n", string(interface, "name"), string(interface, "xdp"),
		       json_is_true(json_object_get(interface, "attached")) ? "" : ", NOT ATTACHED");
}

static void print_status_flooded(const json_t *list)
{
	const json_t *row;
	size_t n;

	json_array_foreach(list, n, row)
		printf("flooded    %s, for %lld s: sources that were never proven have to send their SYN twice\n",
		       string(row, "service"), number(row, "for_s"));
}

static void print_status_servers(const json_t *servers)
{
	const json_t *name;
	size_t n;

	printf("servers    %lld known, %lld learning, %lld relearning; %lld seen one way", number(servers, "known"),
	       number(servers, "learning"), number(servers, "relearning"), number(servers, "one_way"));
	json_array_foreach(json_object_get(servers, "one_way_servers"), n, name)
		printf("%s %s", n ? "" : ":", json_string_value(name));
	putchar('\n');
	if (json_is_string(json_object_get(servers, "disk")))
		printf("disk       PROFILES OF SERVERS ARE NOT SAVED: %s\n", string(servers, "disk"));
}

/* NULL or null: nothing is shared. */
static void print_status_fleet(const json_t *fleet)
{
	if (!json_is_object(fleet))
		return;
	printf("fleet      %s at %s, %s; %lld told, %lld heard, %lld queued, %lld behind\n", string(fleet, "node"),
	       string(fleet, "redis"), string(fleet, "state"), number(fleet, "told"), number(fleet, "heard"),
	       number(fleet, "queued"), number(fleet, "behind"));
	if (json_is_string(json_object_get(fleet, "away_since")))
		printf("fleet      REDIS IS AWAY since %s: %s\n", string(fleet, "away_since"), string(fleet, "why"));
	if (number(fleet, "lost"))
		printf("fleet      %lld DECISIONS WERE NOT TOLD: the queue or the table is full\n",
		       number(fleet, "lost"));
	if (number(fleet, "not_in_force"))
		printf("fleet      %lld ENTRIES ARE NOT IN FORCE HERE: the table of bans is full\n",
		       number(fleet, "not_in_force"));
}

static void print_refusals(const char *node, const json_t *refusals)
{
	const char *why;
	json_t *count;

	json_object_foreach((json_t *)refusals, why, count)
		printf("refused    %s: %lld, %s\n", node, (long long)json_integer_value(count), why);
}

static void print_fleet(const json_t *answer)
{
	static const struct print_column columns[] = {
		{"NODE", "node", PRINT_LEFT},        {"STATE", "state", PRINT_LEFT},
		{"SEEN_S", "seen_s", PRINT_RIGHT},   {"MODE", "mode", PRINT_LEFT},
		{"BANS", "bans", PRINT_RIGHT},       {"ENTRIES", "entries", PRINT_RIGHT}, /* that it knows of all */
		{"BEHIND", "behind", PRINT_RIGHT},   {"QUEUED", "queued", PRINT_RIGHT},
		{"FROM-IT", "from_it", PRINT_RIGHT}, /* that we have of it */
		{"REFUSED", "refused", PRINT_RIGHT},
	};
	const json_t *nodes = json_object_get(answer, "nodes"), *node;
	size_t n;

	print_status_fleet(json_object_get(answer, "fleet"));
	print_rows(stdout, nodes, columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach(nodes, n, node) print_refusals(string(node, "node"), json_object_get(node, "refusals"));
	print_refusals("unknown", json_object_get(answer, "refused_of_none"));
}

static void print_status(const json_t *answer)
{
	const json_t *seen = json_object_get(answer, "seen"), *lost = json_object_get(answer, "lost");
	const json_t *reload = json_object_get(answer, "reload");

	printf("mode       %s, role %s, up %lld s, kernel half %s\n", string(answer, "mode"), string(answer, "role"),
	       number(answer, "uptime_s"), string(answer, "kernel_half"));
	if (json_is_string(json_object_get(answer, "guardrail")))
		printf("guardrail  TRIPPED: %s\n", string(answer, "guardrail"));
	print_interfaces(json_object_get(answer, "interfaces"));
	print_status_flooded(json_object_get(answer, "flooded"));
	printf("bans       %lld in force, %lld rules\n", number(answer, "bans"), number(answer, "rules"));
	printf("seen       %lld connections, %lld failures, %lld successes, %lld unknown, %lld handshakes without an "
	       "attempt\n",
	       number(seen, "connections"), number(seen, "failures"), number(seen, "successes"),
	       number(seen, "unknown"), number(seen, "handshakes_without_attempt"));
	if (number(seen, "presumed"))
		printf("presumed   %lld failures before the server said so, %lld of them taken back\n",
		       number(seen, "presumed"), number(seen, "taken_back"));
	printf("flows      %lld open, %lld samples read\n", number(seen, "flows_open"), number(seen, "samples"));
	printf("lost       %lld samples (ring full), %lld over the budget, %lld flows pushed out, %lld by capture\n",
	       number(lost, "ring_full"), number(lost, "over_budget"), number(lost, "flows_pushed_out"),
	       number(lost, "capture"));
	print_status_servers(json_object_get(answer, "servers"));
	print_status_fleet(json_object_get(answer, "fleet"));
	if (json_is_string(json_object_get(answer, "disk")))
		printf("disk       BANS ARE NOT SAVED: %s\n", string(answer, "disk"));
	if (json_is_object(reload))
		printf("reload     %s at %s %s\n", json_is_true(json_object_get(reload, "ok")) ? "done" : "REFUSED",
		       string(reload, "at"), string(reload, "error"));
}

void print_table(const char *command, const json_t *answer)
{
	static const struct {
		const char *command;
		void (*print)(const json_t *answer);
	} screens[] = {
		{"status", print_status}, {"bans", print_bans},   {"counters", print_counters},
		{"allow", print_allowed}, {"rules", print_rules}, {"servers", print_servers},
		{"fleet", print_fleet},
	};

	for (size_t i = 0; i < sizeof(screens) / sizeof(screens[0]); i++) {
		if (strcmp(command, screens[i].command))
			continue;
		screens[i].print(answer);
		return;
	}
	print_text(answer);
}

/* ---- events ---------------------------------------------------------------------------------------------------- */

void print_happening_words(const json_t *line)
{
	const char *type = string(line, "type");
	time_t seconds = (time_t)json_number_value(json_object_get(line, "time"));
	struct tm tm;
	char clock[16] = "";

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	printf("%s %-9s %s", clock, type, string(line, "source"));
	if (!strcmp(type, "attempt"))
		printf(" %s %s (%s)", string(line, "service"), string(line, "outcome"), string(line, "basis"));
	else if (!strcmp(type, "flow"))
		printf(" %s %s %lld attempts %s", string(line, "service"), string(line, "protocol"),
		       number(line, "attempts"), string(line, "outcomes"));
	else if (!strcmp(type, "decision"))
		printf(" %s by %s (%s): %s", string(line, "action"), string(line, "rule"), string(line, "mode"),
		       string(line, "reason"));
	else
		printf(" by %s", string(line, "rule"));
	putchar('\n');
}
