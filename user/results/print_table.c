/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/results/print_table.h"

#include <time.h>

#include "user/adapters/print_rows.h"
#include "user/core/duration.h"
#include "user/pipeline.h"
#include "user/results/reason_words.h"

#define TOP 20

static void on_frame(void *context, const struct frame *frame, const struct replay_verdict *verdict)
{
	struct print_table *table = context;

	(void)verdict;
	if (!table->first_ns || frame->time_ns < table->first_ns)
		table->first_ns = frame->time_ns;
	if (frame->time_ns > table->last_ns)
		table->last_ns = frame->time_ns;
}

static const char *clock_text(uint64_t wall_ns, char *buffer, size_t size)
{
	const time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm tm;

	buffer[0] = '\0';
	if (gmtime_r(&seconds, &tm))
		strftime(buffer, size, "%Y-%m-%d %H:%M:%S UTC", &tm);
	return buffer;
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static void print_totals(const struct print_table *table, const struct replay_totals *totals)
{
	const struct pipeline_totals *pipeline = totals->pipeline;
	char clock[48];

	fprintf(table->out, "read       %llu frames, %llu bytes on the wire, %.1f s from %s\n",
		(unsigned long long)totals->frames, (unsigned long long)totals->bytes,
		(double)(table->last_ns - table->first_ns) / 1e9, clock_text(table->first_ns, clock, sizeof(clock)));
	fprintf(table->out, "engine     %s, %s\n", totals->native ? "native" : "bpf",
		table->enforce ? "enforcing" : "observing");
	fprintf(table->out,
		"seen       %llu connections, %llu failures, %llu successes, %llu unknown, %llu handshakes "
		"without an attempt\n",
		(unsigned long long)pipeline->connections, (unsigned long long)pipeline->attempts[OUTCOME_FAILURE],
		(unsigned long long)pipeline->attempts[OUTCOME_SUCCESS],
		(unsigned long long)pipeline->attempts[OUTCOME_UNKNOWN], (unsigned long long)pipeline->handshakes);
	fprintf(table->out, "decided    %llu %s\n", (unsigned long long)pipeline->decisions,
		pipeline->decisions == 1 ? "time" : "times");
	fprintf(table->out, "dropped    %llu frames (%.1f%%), %llu more (%.1f%%) had it not been for observe mode\n",
		(unsigned long long)totals->dropped, 100 * share(totals->dropped, totals->frames),
		(unsigned long long)totals->spared, 100 * share(totals->spared, totals->frames));
	fprintf(table->out,
		"lost       %llu samples, %llu flows pushed out, %llu frames cut by the snap length, %llu "
		"without a header\n",
		(unsigned long long)totals->samples_lost, (unsigned long long)pipeline->flows_pushed_out,
		(unsigned long long)totals->cut, (unsigned long long)totals->runts);
}

static void print_verdicts(FILE *out, const struct replay_totals *totals)
{
	static const struct print_column columns[] = {
		{"VERDICT", "reason", PRINT_LEFT},
		{"FRAMES", "frames", PRINT_RIGHT},
		{"SHARE", "share", PRINT_RIGHT},
	};
	json_t *rows = json_array();

	for (int i = 0; i < GP_REASON_MAX; i++)
		if (totals->reason[i])
			json_array_append_new(rows, json_pack("{s:s, s:I, s:f}", "reason", reason_words(i), "frames",
							      (json_int_t)totals->reason[i], "share",
							      share(totals->reason[i], totals->frames)));
	fputc('\n', out);
	print_rows(out, rows, columns, sizeof(columns) / sizeof(columns[0]));
	json_decref(rows);
}

/* From its first attempt to the first decision about it, which may be about a prefix around it. */
static json_t *after_text(const struct tally_target *source, const struct tally_target *decided)
{
	if (!decided)
		return json_null();
	if (!source->first_ns || decided->decided_ns < source->first_ns)
		return json_string("before");
	return json_sprintf("%.1f s", (double)(decided->decided_ns - source->first_ns) / 1e9);
}

static json_t *source_row(const struct tally *tally, const struct tally_target *source)
{
	const struct tally_target *decided = tally_decided(tally, source->target.source);
	char text[ADDR_TEXT_BYTES];

	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:s?}", "source", prefix_text(&source->target, text), "flows",
			 (json_int_t)source->flows, "failures", (json_int_t)source->attempts[OUTCOME_FAILURE],
			 "successes", (json_int_t)source->attempts[OUTCOME_SUCCESS], "unknown",
			 (json_int_t)source->attempts[OUTCOME_UNKNOWN], "after", after_text(source, decided), "rule",
			 decided ? decided->rule : NULL);
}

static void print_sources(const struct print_table *table)
{
	static const struct print_column columns[] = {
		{"SOURCE", "source", PRINT_LEFT},    {"FLOWS", "flows", PRINT_RIGHT},
		{"FAILED", "failures", PRINT_RIGHT}, {"GOOD", "successes", PRINT_RIGHT},
		{"UNKNOWN", "unknown", PRINT_RIGHT}, {"DECIDED-AFTER", "after", PRINT_RIGHT},
		{"RULE", "rule", PRINT_LEFT},
	};
	const struct tally_target *top[TOP];
	const uint64_t sources = tally_sources(table->tally);
	size_t count = tally_top(table->tally, top, TOP);
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(rows, source_row(table->tally, top[i]));
	fputc('\n', table->out);
	print_rows(table->out, rows, columns, sizeof(columns) / sizeof(columns[0]));
	if (sources > count)
		fprintf(table->out, "... and %llu sources more\n", (unsigned long long)(sources - count));
	if (tally_forgotten(table->tally))
		fprintf(table->out, "%llu sources and prefixes were forgotten: there was no room for them\n",
			(unsigned long long)tally_forgotten(table->tally));
	json_decref(rows);
}

static void on_end(void *context, const struct replay_totals *totals)
{
	const struct print_table *table = context;

	print_totals(table, totals);
	print_verdicts(table->out, totals);
	print_sources(table);
}

struct replay_listener print_table_listener(struct print_table *table)
{
	return (struct replay_listener){.context = table, .frame = on_frame, .end = on_end};
}
