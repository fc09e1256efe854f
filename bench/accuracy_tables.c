/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables, as Markdown. */
#include <stdlib.h>
#include <string.h>

#include "bench/accuracy_result.h"

#define NAMES_MAX 128

static double percent(uint32_t part, uint32_t all)
{
	return all ? 100.0 * part / all : 0;
}

/* ---- by set ---------------------------------------------------------------------------------------------------- */

static void sets_report(const struct result *result, struct report *report)
{
	report_line(report, "\n### Connections, by question\n");
	report_line(report, "| question | connections of | | right %% | unknown %% | wrong %% |");
	report_line(report, "|---|---|--:|--:|--:|--:|");
	for (int question = 0; question < QUESTIONS; question++)
		for (int set = 0; result->asked[question] && set < SETS; set++) {
			const struct score score =
				set_score((enum set)set, result->corpus, &result->answers[question], NULL, NULL);

			if (!score.connections)
				continue;
			report_line(report, "| %-39s | %-24s | %4u | %5.1f | %4.1f | %4.1f |",
				    question_text((enum question)question), set_text((enum set)set), score.connections,
				    percent(score.marks[MARK_RIGHT], score.connections),
				    percent(score.marks[MARK_UNKNOWN], score.connections),
				    percent(score.marks[MARK_WRONG], score.connections));
		}
}

/* ---- confusion ------------------------------------------------------------------------------------------------- */

static void confusion_line(struct report *report, const char *name, const struct score *score)
{
	const uint32_t *f = score->attempts[SCORE_F], *s = score->attempts[SCORE_S];
	const uint32_t *none = score->attempts[SCORE_NONE];

	report_line(report, "| %-39s | %4u | %u | %u | %u | %4u | %u | %u | %u | %u | %u | %u | %u | %u | %u |", name,
		    f[SCORE_F], f[SCORE_S], f[SCORE_U], f[SCORE_NONE], s[SCORE_S], s[SCORE_F], s[SCORE_U],
		    s[SCORE_NONE], score_open(score, SCORE_F), score_open(score, SCORE_S),
		    score_open(score, SCORE_U) + score_open(score, SCORE_NONE), none[SCORE_F], none[SCORE_S],
		    none[SCORE_U]);
}

static void confusion_head(struct report *report, const char *title)
{
	report_line(report, "\n### %s\n", title);
	report_line(report,
		    "| | F>F | F>S | F>U | F>- | S>S | S>F | S>U | S>- | U>F | U>S | U>U,- | ->F | ->S | ->U |");
	report_line(report, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
}

static void confusion_report(const struct result *result, struct report *report)
{
	confusion_head(report, "Attempts, truth and reading, every finished handshake");
	for (int question = 0; question < QUESTIONS; question++) {
		struct score score;

		if (!result->asked[question])
			continue;
		score = set_score(SET_EVERY, result->corpus, &result->answers[question], NULL, NULL);
		confusion_line(report, question_text((enum question)question), &score);
	}
}

/* ---- by property ------------------------------------------------------------------------------------------------ */

struct named {
	const struct property *property;
	char name[LABEL_TEXT_BYTES];
};

static bool is_named(const struct label_row *row, const void *context)
{
	const struct named *named = context;
	char name[LABEL_TEXT_BYTES];

	named->property->key(row, name);
	return !strcmp(name, named->name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static size_t names_of(const struct corpus *corpus, const struct property *property, struct named names[NAMES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < corpus->labels.count && count < NAMES_MAX; i++) {
		struct named *name = &names[count];

		if (!set_has(SET_EVERY, &corpus->labels.row[i]))
			continue;
		name->property = property;
		property->key(&corpus->labels.row[i], name->name);
		count++;
		for (size_t j = 0; j + 1 < count; j++)
			if (!strcmp(names[j].name, name->name)) {
				count--;
				break;
			}
	}
	qsort(names, count, sizeof(*names), by_name);
	return count;
}

static void cell_add(char *line, size_t size, const struct score *score)
{
	const size_t used = strlen(line);

	if (!score->connections)
		snprintf(line + used, size - used, " - |");
	else
		snprintf(line + used, size - used, " %.1f / %.1f / %.1f |",
			 percent(score->marks[MARK_RIGHT], score->connections),
			 percent(score->marks[MARK_UNKNOWN], score->connections),
			 percent(score->marks[MARK_WRONG], score->connections));
}

static void head_add(const struct result *result, const char *name, struct report *report)
{
	char head[480], rule[160] = "|---|--:|";
	size_t used = (size_t)snprintf(head, sizeof(head), "| %s | |", name);

	for (int question = 0; question < QUESTIONS; question++) {
		if (!result->asked[question])
			continue;
		used += (size_t)snprintf(head + used, sizeof(head) - used, " %s |",
					 question_short((enum question)question));
		strcat(rule, "--:|");
	}
	report_line(report, "%s", head);
	report_line(report, "%s", rule);
}

static uint32_t connections_of(const struct corpus *corpus, const struct named *named)
{
	uint32_t connections = 0;

	for (size_t i = 0; i < corpus->labels.count; i++)
		connections += set_has(SET_EVERY, &corpus->labels.row[i]) && is_named(&corpus->labels.row[i], named);
	return connections;
}

static void property_report(const struct result *result, const struct property *property, struct report *report)
{
	struct named names[NAMES_MAX];
	const size_t count = names_of(result->corpus, property, names);

	report_line(report, "\n### By %s: right / unknown / wrong, %% of the connections\n", property->name);
	head_add(result, property->name, report);
	for (size_t i = 0; i < count; i++) {
		char line[480];

		snprintf(line, sizeof(line), "| %s | %u |", names[i].name, connections_of(result->corpus, &names[i]));
		for (int question = 0; question < QUESTIONS; question++) {
			struct score score;

			if (!result->asked[question])
				continue;
			score = set_score(SET_EVERY, result->corpus, &result->answers[question], is_named, &names[i]);
			cell_add(line, sizeof(line), &score);
		}
		report_line(report, "%s", line);
	}
}

static void property_confusion(const struct result *result, enum question question, const struct property *property,
			       struct report *report)
{
	struct named names[NAMES_MAX];
	const size_t count = names_of(result->corpus, property, names);
	char title[160];

	snprintf(title, sizeof(title), "Attempts by %s: %s", property->name, question_text(question));
	confusion_head(report, title);
	for (size_t i = 0; i < count; i++) {
		const struct score score =
			set_score(SET_EVERY, result->corpus, &result->answers[question], is_named, &names[i]);

		confusion_line(report, names[i].name, &score);
	}
}

/* ---- stale profiles, cost ---------------------------------------------------------------------------------------- */

static void stale_line(const struct stale *stale, enum stale_from from, enum protocol protocol, struct report *report)
{
	const struct score *learned = &stale->learned;
	uint32_t told_most, right_most;
	const uint32_t told = stale_median(stale->told_after, &told_most);
	const uint32_t right = stale_median(stale->right_after, &right_most);

	if (!stale->pairs)
		return;
	report_line(report, "| %s | %s | %u | %u | %u, %u | %u | %u | %u, %u | %u | %.1f / %.1f / %.1f |",
		    stale_text(from), protocol_text(protocol), stale->pairs, stale->told, told, told_most,
		    stale->before.connections, score_wrong(&stale->before), right, right_most,
		    score_wrong(&stale->learning) + score_wrong(learned),
		    percent(learned->marks[MARK_RIGHT], learned->connections),
		    percent(learned->marks[MARK_UNKNOWN], learned->connections),
		    percent(learned->marks[MARK_WRONG], learned->connections));
}

static void stale_table(const struct result *result, struct report *report)
{
	report_line(report, "\n### Stale profiles\n");
	report_line(report, "| profile of another server | | pairs | noticed | after connections: median, most | "
			    "connections before | wrong before | right again after: median, most | wrong since | "
			    "right / unknown / wrong %%, second showing |");
	report_line(report, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|");
	for (int from = 0; from < STALE_FROM; from++)
		for (int protocol = 0; protocol < 3; protocol++)
			stale_line(&result->stale[from][protocol], (enum stale_from)from, (enum protocol)protocol,
				   report);
}

/* The labels of one server and service name two probes: it was set up anew in between. */
static bool is_set_up_anew(const struct label_row *row, const void *context)
{
	const struct corpus *corpus = context;

	for (size_t i = row->host; i < corpus->labels.count; i++) {
		const struct label_row *first = &corpus->labels.row[i];

		if (first->host == row->host && !strcmp(first->service, row->service))
			return strcmp(first->profile, row->profile) && row->profile[0] && first->profile[0];
	}
	return false;
}

static void set_up_anew_report(const struct result *result, struct report *report)
{
	for (int question = 0; question < QUESTIONS; question++) {
		struct score score;

		if (!result->asked[question])
			continue;
		score = set_score(SET_EVERY, result->corpus, &result->answers[question], is_set_up_anew,
				  result->corpus);
		if (score.connections)
			report_line(report,
				    "- set up anew among the captures: %s: %u connections, %u right, %u "
				    "unknown, %u wrong",
				    question_text((enum question)question), score.connections, score.marks[MARK_RIGHT],
				    score.marks[MARK_UNKNOWN], score.marks[MARK_WRONG]);
	}
}

static void cost_report(const struct result *result, struct report *report)
{
	const struct memory *memory = &result->memory;
	const struct speed *speed = &result->speed;

	report_line(report, "\n### Cost\n");
	report_line(report,
		    "- speed: %.0f records a second, %.0f turns a second (%zu records, %zu turns of %zu connections)",
		    speed->records_per_s, speed->turns_per_s, speed->records, speed->turns, speed->connections);
	report_line(report,
		    "- memory while undecided: inside %zu, tls %zu, shape %zu bytes; reassembly of both "
		    "directions %zu and what waits in it",
		    memory->inside_bytes, memory->tls_bytes, memory->shape_bytes, memory->streams_bytes);
	report_line(report,
		    "- once decided: %zu bytes of all these; the flow's entry in the table, which every flow "
		    "has, TLS or not: %zu",
		    memory->after_bytes, memory->flow_bytes);
	report_line(report, "\n| outcome | with the server's packet | with the client's next | at the end |");
	report_line(report, "|---|--:|--:|--:|");
	for (int outcome = 0; outcome < 3; outcome++)
		report_line(report, "| %s | %u | %u | %u |", outcome_text((enum outcome)outcome),
			    result->moments[outcome][MOMENT_REPLY], result->moments[outcome][MOMENT_NEXT],
			    result->moments[outcome][MOMENT_END]);
}

/* ---- all ------------------------------------------------------------------------------------------------------- */

void tables_report(const struct result *result, struct report *report)
{
	static const enum question detailed[] = {QUESTION_PROBE, QUESTION_BUILTIN_FIRST};
	bool any = false;

	for (int question = 0; question < QUESTIONS; question++)
		any |= result->asked[question];
	if (any) {
		sets_report(result, report);
		confusion_report(result, report);
	}
	for (size_t i = 0; any && i < properties_count; i++)
		property_report(result, &properties[i], report);
	for (size_t i = 0; i < sizeof(detailed) / sizeof(detailed[0]); i++)
		for (size_t j = 0; result->asked[detailed[i]] && j < properties_count; j++)
			property_confusion(result, detailed[i], &properties[j], report);
	if (result->asked_stale)
		stale_table(result, report);
	if (any) {
		report_line(report, "%s", "");
		set_up_anew_report(result, report);
	}
	if (result->asked_cost)
		cost_report(result, report);
}
