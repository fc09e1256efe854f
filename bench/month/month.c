/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/month/month.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

/* Issue: false bans of sources with successful logins at most 1 in 10,000. */
#define BAR_PER_10K 1.0
#define REMARK_BYTES 1024
#define DURATION_BYTES 16

static double share(uint64_t part, uint64_t all)
{
	return all ? (double)part / (double)all : 0;
}

/* ---- subscribers ------------------------------------------------------------------------------------------------ */

static void subscribers_line(const struct month *month, struct report *report, unsigned index, FILE *plot)
{
	const char *name = month->guard[index]->name;
	struct balance_subscribers of;

	balance_subscribers(month->balance, index, &of);
	report_line(report, "| %-15s | %10llu | %8.2f | %6llu | %7llu | %12llu | %8llu | %9.1f |", name,
		    (unsigned long long)(of.banned - of.banned_shared),
		    1e4 * share(of.banned - of.banned_shared, of.sources), (unsigned long long)of.banned_shared,
		    (unsigned long long)of.limited, (unsigned long long)of.refused_by_ban,
		    (unsigned long long)of.refused_by_limit,
		    1e6 * share(of.refused_by_ban + of.refused_by_limit, of.logins));
	fprintf(plot, "\"%s\" %.4f\n", name, 1e6 * share(of.refused_by_ban + of.refused_by_limit, of.logins));
	report_case(report, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "of", "subscribers",
				      "guard", name, "sources", (json_int_t)of.sources, "banned", (json_int_t)of.banned,
				      "banned_shared", (json_int_t)of.banned_shared, "limited", (json_int_t)of.limited,
				      "logins", (json_int_t)of.logins, "refused_by_ban", (json_int_t)of.refused_by_ban,
				      "refused_by_limit", (json_int_t)of.refused_by_limit, "failures",
				      (json_int_t)of.failures));
}

static void subscribers_table(const struct month *month, struct report *report, FILE *plot)
{
	struct balance_subscribers of;

	balance_subscribers(month->balance, 0, &of);
	report_line(report, "## Subscribers");
	report_line(report, "%s", "");
	report_line(report,
		    "%llu sources with successful logins, %llu of them with an attacker behind them, too; %llu "
		    "successful logins, %llu wrong passwords.",
		    (unsigned long long)of.sources, (unsigned long long)of.shared, (unsigned long long)of.logins,
		    (unsigned long long)of.failures);
	report_line(report, "%s", "");
	report_line(report, "| guard | false bans | of 10k | shared | limited | refused: ban | limit | of a million |");
	report_line(report, "|---|--:|--:|--:|--:|--:|--:|--:|");
	for (unsigned i = 0; i < month->guards; i++)
		subscribers_line(month, report, i, plot);
	report_line(report, "%s", "");
}

/* ---- attacks ---------------------------------------------------------------------------------------------------- */

static const char *duration(double seconds, char text[DURATION_BYTES])
{
	if (seconds < 0)
		return "";
	if (seconds < 100)
		snprintf(text, DURATION_BYTES, "%.1f s", seconds);
	else if (seconds < 6000)
		snprintf(text, DURATION_BYTES, "%.0f min", seconds / 60);
	else if (seconds < 2 * 86400)
		snprintf(text, DURATION_BYTES, "%.1f h", seconds / 3600);
	else
		snprintf(text, DURATION_BYTES, "%.1f d", seconds / 86400);
	return text;
}

static void family_line(struct report *report, const char *family, const char *guard, const struct balance_family *of)
{
	const bool logs_in = of->attempts > 0;
	const uint64_t made = logs_in ? of->attempts : of->idle, through = logs_in ? of->through : of->idle_through;
	char median_text[DURATION_BYTES], p90_text[DURATION_BYTES];

	report_line(report, "| %-15s | %9llu | %6.2f | %5llu | %8llu | %8llu | %8s | %8s |", guard,
		    (unsigned long long)through, 100 * share(through, made), (unsigned long long)of->hits_through,
		    (unsigned long long)of->banned, (unsigned long long)of->limited,
		    duration(of->median_s, median_text), duration(of->p90_s, p90_text));
	report_case(report, json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f}", "of",
				      "attack", "family", family, "guard", guard, "attempts", (json_int_t)of->attempts,
				      "through", (json_int_t)of->through, "idle", (json_int_t)of->idle, "idle_through",
				      (json_int_t)of->idle_through, "hits", (json_int_t)of->hits, "hits_through",
				      (json_int_t)of->hits_through, "sources", (json_int_t)of->sources, "banned",
				      (json_int_t)of->banned, "limited", (json_int_t)of->limited, "median_s",
				      of->median_s, "p90_s", of->p90_s));
}

static void family_head(struct report *report, const char *family, const struct balance_family *of)
{
	report_line(report, "## Attack: %s", family);
	report_line(report, "%s", "");
	if (of->attempts)
		report_line(report, "%llu attempts, %llu of them with the right password, from %llu sources.",
			    (unsigned long long)of->attempts, (unsigned long long)of->hits,
			    (unsigned long long)of->sources);
	else
		report_line(report, "%llu connections without an attempt.", (unsigned long long)of->idle);
	report_line(report, "%s", "");
	report_line(report, "| guard | let through | %% | right | sources banned | limited | median | p90 |");
	report_line(report, "|---|--:|--:|--:|--:|--:|--:|--:|");
}

static int family_table(const struct month *month, struct report *report, unsigned family, FILE *plot)
{
	const char *name = month->scenario->actor[family].name;
	struct balance_family of;
	int result = 0;

	for (unsigned i = 0; i < month->guards && !result; i++) {
		result = balance_family(month->balance, family, i, &of);
		if (result || (!of.attempts && !of.idle))
			return result;
		if (!i) {
			family_head(report, name, &of);
			fprintf(plot, "\"%s\"", name);
		}
		family_line(report, name, month->guard[i]->name, &of);
		fprintf(plot, " %.4f",
			100 * (of.attempts ? share(of.through, of.attempts) : share(of.idle_through, of.idle)));
	}
	fputc('\n', plot);
	report_line(report, "%s", "");
	return result;
}

static int attack_tables(const struct month *month, struct report *report, FILE *plot)
{
	int result = 0;

	for (unsigned i = 0; i < month->scenario->actors && !result; i++)
		if (month->scenario->actor[i].attack)
			result = family_table(month, report, i, plot);
	return result;
}

/* ---- all -------------------------------------------------------------------------------------------------------- */

static void remarks(const struct month *month, struct report *report)
{
	char text[REMARK_BYTES];
	struct rusage usage;

	report_line(report, "## Besides");
	report_line(report, "%s", "");
	for (unsigned i = 0; i < month->guards; i++) {
		struct guard *guard = month->guard[i];

		guard->kind->remark(guard, text, sizeof(text));
		report_line(report, "- %s: %s", guard->name, text);
	}
	getrusage(RUSAGE_SELF, &usage);
	report_line(report, "- %llu connections, %llu attempts, in %.0f s and %.0f MiB; %llu sources not counted",
		    (unsigned long long)month->connections, (unsigned long long)month->attempts, month->took_s,
		    (double)usage.ru_maxrss / 1024, (unsigned long long)balance_lost(month->balance));
}

static void bar(const struct month *month, struct report *report)
{
	struct balance_subscribers of;

	balance_subscribers(month->balance, 0, &of);
	report_bar(report, "gatepost's false bans, of 10,000 sources with successful logins",
		   1e4 * share(of.banned - of.banned_shared, of.sources), false, BAR_PER_10K);
}

int month_report(const struct month *month, struct report *report, const char *directory)
{
	char path[512];
	FILE *plot;
	int result;

	snprintf(path, sizeof(path), "%s/month.dat", directory);
	plot = fopen(path, "w");
	if (!plot)
		return -errno;
	subscribers_table(month, report, plot);
	bar(month, report);
	report_line(report, "%s", "");
	fputs("\n\n", plot);
	result = attack_tables(month, report, plot);
	remarks(month, report);
	if (fclose(plot) && !result)
		result = -errno;
	return result;
}
