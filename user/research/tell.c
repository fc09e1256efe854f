/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/research/tell.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "user/lines.h"

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

json_t *tell_share_json(uint64_t part, uint64_t all)
{
	return all ? json_real(round(1e4 * (double)part / (double)all) / 1e4) : json_null();
}

const char *tell_share(uint64_t part, uint64_t all, char buffer[16])
{
	if (all)
		snprintf(buffer, 16, "%.1f%%", 100.0 * (double)part / (double)all);
	else
		snprintf(buffer, 16, "-");
	return buffer;
}

static json_t *seconds(const struct toll_sum *sum, uint64_t ns)
{
	return sum->banned ? json_seconds(ns) : json_null();
}

json_t *tell_sum_json(const struct toll_sum *sum)
{
	json_t *json = json_object();

	json_object_set_new(json, "sources", json_integer(sum->sources));
	json_object_set_new(json, "mixed", json_integer(sum->mixed));
	json_object_set_new(json, "banned", json_integer(sum->banned));
	json_object_set_new(json, "limited", json_integer(sum->limited));
	json_object_set_new(json, "attempts", json_integer((json_int_t)(sum->through + sum->prevented)));
	json_object_set_new(json, "let_through", json_integer((json_int_t)sum->through));
	json_object_set_new(json, "prevented", json_integer((json_int_t)sum->prevented));
	json_object_set_new(json, "let_through_share", tell_share_json(sum->through, sum->through + sum->prevented));
	json_object_set_new(json, "logins_hurt", json_integer((json_int_t)sum->hurt));
	json_object_set_new(json, "to_ban_median_s", seconds(sum, sum->to_ban_median_ns));
	json_object_set_new(json, "to_ban_p90_s", seconds(sum, sum->to_ban_p90_ns));
	json_object_set_new(json, "from_deciding_failure_median_s", seconds(sum, sum->decided_median_ns));
	json_object_set_new(json, "from_deciding_failure_p90_s", seconds(sum, sum->decided_p90_ns));
	return json;
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

void tell_line(json_t *line, FILE *out)
{
	json_dumpf(line, out, JSON_COMPACT | JSON_REAL_PRECISION(16));
	fputc('\n', out);
	json_decref(line);
}

void tell_tables(const struct research_findings *findings, FILE *out)
{
	if (findings->truth)
		tell_score_table(findings, out);
	if (findings->sweep)
		tell_sweep_table(findings, out);
	if (findings->whatif_path)
		tell_whatif_table(findings, out);
}

static void tell_sweep_lines(const struct research_findings *findings, FILE *out)
{
	for (size_t i = 0; i < sweep_points(findings->sweep); i++)
		tell_line(tell_sweep_json(findings, i), out);
}

static void tell_whatif_lines(const struct research_findings *findings, FILE *out)
{
	for (size_t i = 0; i < findings->whatif.differences; i++)
		tell_line(tell_whatif_json(findings, i), out);
	tell_line(tell_whatif_summary_json(findings), out);
}

void tell_lines(const struct research_findings *findings, FILE *out)
{
	if (findings->truth)
		tell_line(tell_score_json(findings), out);
	if (findings->sweep)
		tell_sweep_lines(findings, out);
	if (findings->whatif_path)
		tell_whatif_lines(findings, out);
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static void tell_score_file(const struct research_findings *findings, FILE *out)
{
	json_t *score = tell_score_json(findings);

	json_dumpf(score, out, JSON_INDENT(1) | JSON_REAL_PRECISION(16));
	fputc('\n', out);
	json_decref(score);
}

static int tell_file(const struct research_findings *findings, const char *name,
		     void (*write)(const struct research_findings *findings, FILE *out), tell_file_fn file,
		     void *context)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int error;

	if (!out)
		return -ENOMEM;
	write(findings, out);
	error = fclose(out) ? -ENOMEM : file(context, name, text, length);
	free(text);
	return error;
}

int tell_files(const struct research_findings *findings, tell_file_fn file, void *context)
{
	int error = 0;

	if (findings->truth)
		error = tell_file(findings, "scores.json", tell_score_file, file, context);
	if (!error && findings->sweep)
		error = tell_file(findings, "roc.tsv", tell_sweep_tsv, file, context);
	if (!error && findings->sweep)
		error = tell_file(findings, "roc.gp", tell_sweep_gnuplot, file, context);
	if (!error && findings->whatif_path)
		error = tell_file(findings, "whatif.jsonl", tell_whatif_lines, file, context);
	return error;
}
