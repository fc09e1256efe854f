/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/print.h"

#include <libsmartcols/libsmartcols.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct column {
	const char *head;
	const char *key; /* of the row's object */
	int flags; /* SCOLS_FL_* */
};

void print_json(const json_t *line)
{
	json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(16));
	putchar('\n');
}

static void print_value(const json_t *value, char *text, size_t size)
{
	if (json_is_string(value))
		snprintf(text, size, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(text, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		snprintf(text, size, "%s", json_is_true(value) ? "yes" : "no");
	else if (json_is_real(value)) /* of all */
		snprintf(text, size, "%.1f%%", 100 * json_real_value(value));
	else
		snprintf(text, size, "-");
}

static void print_rows(const json_t *rows, const struct column *column, size_t columns)
{
	struct libscols_table *table = scols_new_table();
	struct libscols_line *line;
	const json_t *row;
	char text[512];
	size_t n;

	scols_table_enable_noheadings(table, 0);
	scols_table_set_termforce(table, isatty(STDOUT_FILENO) ? SCOLS_TERMFORCE_AUTO : SCOLS_TERMFORCE_NEVER);
	for (size_t i = 0; i < columns; i++)
		scols_table_new_column(table, column[i].head, 0, column[i].flags);
	json_array_foreach(rows, n, row)
	{
		line = scols_table_new_line(table, NULL);
		for (size_t i = 0; i < columns; i++) {
			print_value(json_object_get(row, column[i].key), text, sizeof(text));
			scols_line_set_data(line, i, text);
		}
	}
	scols_print_table(table);
	scols_unref_table(table);
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
	static const struct column columns[] = {
		{"SOURCE", "source", 0},
		{"ACTION", "action", 0},
		{"RULE", "rule", 0},
		{"LEFT_S", "left_s", SCOLS_FL_RIGHT},
		{"MET", "packets_met", SCOLS_FL_RIGHT},
		{"ORIGIN", "origin", 0},
		{"WHY", "reason", SCOLS_FL_TRUNC},
	};

	print_rows(json_object_get(answer, "bans"), columns, sizeof(columns) / sizeof(columns[0]));
}

static void print_counters(const json_t *answer)
{
	static const struct column columns[] = {
		{"SERVICE", "service", 0},
		{"VERDICT", "verdict", 0},
		{"REASON", "reason", 0},
		{"PACKETS", "packets", SCOLS_FL_RIGHT},
		{"BYTES", "bytes", SCOLS_FL_RIGHT},
		{"SPARED", "spared", SCOLS_FL_RIGHT},
	};
	const char *name;
	json_t *value;

	print_rows(json_object_get(answer, "counters"), columns, sizeof(columns) / sizeof(columns[0]));
	putchar('\n');
	json_object_foreach(json_object_get(answer, "tallies"), name, value)
		printf("%12lld  %s\n", (long long)json_integer_value(value), name);
}

static void print_allowed(const json_t *answer)
{
	static const struct column columns[] = {{"PREFIX", "prefix", 0}, {"COMMENT", "comment", 0}};

	if (json_object_get(answer, "allowed"))
		print_rows(json_object_get(answer, "allowed"), columns, 2);
	else
		print_text(answer);
}

static void print_rules(const json_t *answer)
{
	static const struct column columns[] = {
		{"RULE", "name", 0},
		{"SHADOW", "shadow", 0},
		{"DECISIONS", "decisions", SCOLS_FL_RIGHT},
		{"HURT", "hurt", SCOLS_FL_RIGHT}, /* successful logins under its bans */
		{"SENTENCE", "text", SCOLS_FL_TRUNC},
	};

	print_rows(json_object_get(answer, "rules"), columns, sizeof(columns) / sizeof(columns[0]));
}

static void print_servers(const json_t *answer)
{
	static const struct column columns[] = {
		{"SERVER", "server", 0},
		{"PORT", "port", SCOLS_FL_RIGHT},
		{"SERVICE", "service", 0},
		{"PROFILE", "profile", 0},
		{"STATE", "state", 0},
		{"AGE_S", "age_s", SCOLS_FL_RIGHT},
		{"CHANGED_S", "changed_s", SCOLS_FL_RIGHT},
		{"CONNS", "connections", SCOLS_FL_RIGHT},
		{"ATTEMPTS", "attempts", SCOLS_FL_RIGHT},
		{"FAILED", "failures", SCOLS_FL_RIGHT},
		{"GOOD", "successes", SCOLS_FL_RIGHT},
		{"UNKNOWN", "unknown_share", SCOLS_FL_RIGHT},
		{"ONE-WAY", "one_way_share", SCOLS_FL_RIGHT},
		{"RELEARNED", "relearned", SCOLS_FL_RIGHT},
	};

	print_rows(json_object_get(answer, "servers"), columns, sizeof(columns) / sizeof(columns[0]));
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
	static const struct column columns[] = {
		{"NODE", "node", 0},
		{"STATE", "state", 0},
		{"SEEN_S", "seen_s", SCOLS_FL_RIGHT},
		{"MODE", "mode", 0},
		{"BANS", "bans", SCOLS_FL_RIGHT},
		{"ENTRIES", "entries", SCOLS_FL_RIGHT}, /* that it knows of all */
		{"BEHIND", "behind", SCOLS_FL_RIGHT},
		{"QUEUED", "queued", SCOLS_FL_RIGHT},
		{"FROM-IT", "from_it", SCOLS_FL_RIGHT}, /* that we have of it */
		{"REFUSED", "refused", SCOLS_FL_RIGHT},
	};
	const json_t *nodes = json_object_get(answer, "nodes"), *node;
	size_t n;

	print_status_fleet(json_object_get(answer, "fleet"));
	print_rows(nodes, columns, sizeof(columns) / sizeof(columns[0]));
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
