/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/results/print_lines.h"

#include "user/lines.h"
#include "user/pipeline.h"
#include "user/results/reason_words.h"

static void print_line(const struct print_lines *lines, json_t *line)
{
	lines->text(line, &lines->to);
	json_decref(line);
}

static void print_attempt(void *context, const struct attempt *attempt, uint64_t wall_ns)
{
	print_line(context, line_attempt(attempt, wall_ns));
}

static void print_flow(void *context, const struct flow_report *report)
{
	print_line(context, line_flow(report));
}

static void print_decision(void *context, const struct decision *decision, const struct ban *ban, uint64_t wall_ns)
{
	const struct print_lines *lines = context;

	print_line(lines, line_decision(decision, ban, wall_ns, lines->enforce));
}

static void print_ban_ended(void *context, const struct ban *ban, uint64_t wall_ns)
{
	print_line(context, line_ban_ended(ban, wall_ns));
}

static json_t *reasons(const struct replay_totals *totals)
{
	json_t *reasons = json_object();

	for (int i = 0; i < GP_REASON_MAX; i++)
		if (totals->reason[i])
			json_object_set_new(reasons, reason_words(i), json_integer((json_int_t)totals->reason[i]));
	return reasons;
}

json_t *print_lines_summary(const struct replay_totals *totals)
{
	const struct pipeline_totals *pipeline = totals->pipeline;

	return json_pack(
		"{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "type",
		"summary", "engine", totals->native ? "native" : "bpf", "frames", (json_int_t)totals->frames, "bytes",
		(json_int_t)totals->bytes, "dropped", (json_int_t)totals->dropped, "spared", (json_int_t)totals->spared,
		"runts", (json_int_t)totals->runts, "cut", (json_int_t)totals->cut, "verdicts", reasons(totals),
		"samples", (json_int_t)pipeline->samples, "samples_lost", (json_int_t)totals->samples_lost, "flows",
		(json_int_t)pipeline->flows, "connections", (json_int_t)pipeline->connections, "handshakes",
		(json_int_t)pipeline->handshakes, "failures", (json_int_t)pipeline->attempts[OUTCOME_FAILURE],
		"successes", (json_int_t)pipeline->attempts[OUTCOME_SUCCESS], "unknown",
		(json_int_t)pipeline->attempts[OUTCOME_UNKNOWN], "decisions", (json_int_t)pipeline->decisions);
}

static void print_end(void *context, const struct replay_totals *totals)
{
	print_line(context, print_lines_summary(totals));
}

struct replay_listener print_lines_listener(struct print_lines *lines)
{
	return (struct replay_listener){
		.context = lines,
		.attempt = print_attempt,
		.flow = print_flow,
		.decision = print_decision,
		.ban_ended = print_ban_ended,
		.end = print_end,
	};
}
