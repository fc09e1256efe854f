/* SPDX-License-Identifier: BSD-2-Clause */
/* run.sh tells what the machine is (BENCH_MACHINE, BENCH_KERNEL) and joins the parts to RESULTS.md. */
#include "bench/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 512

struct report {
	json_t *cases, *bars;
	FILE *part;
	char json_path[PATH_BYTES];
	unsigned missed;
};

int report_new(struct report **ret_report, const char *directory, const char *name)
{
	struct report *report = calloc(1, sizeof(*report));
	char path[PATH_BYTES];

	if (!report)
		return -ENOMEM;
	snprintf(report->json_path, sizeof(report->json_path), "%s/%s.json", directory, name);
	snprintf(path, sizeof(path), "%s/%s.md", directory, name);
	report->cases = json_array();
	report->bars = json_array();
	report->part = fopen(path, "w");
	if (!report->part) {
		int result = -errno;

		json_decref(report->cases);
		json_decref(report->bars);
		free(report);
		return result;
	}
	*ret_report = report;
	return 0;
}

void report_line(struct report *report, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	puts(line);
	fflush(stdout);
	fprintf(report->part, "%s\n", line);
}

void report_case(struct report *report, json_t *figures)
{
	json_array_append_new(report->cases, figures);
}

void report_bar(struct report *report, const char *name, double value, bool at_least, double bound)
{
	bool cleared = at_least ? value >= bound : value <= bound;
	const char *side = at_least ? "at least" : "at most";

	report->missed += !cleared;
	report_line(report, "- %s: %.2f, to be %s %.2f: %s", name, value, side, bound, cleared ? "yes" : "**NO**");
	json_array_append_new(report->bars, json_pack("{s:s, s:f, s:s, s:f, s:b}", "name", name, "value", value, "is",
						      side, "bound", bound, "cleared", cleared));
}

static const char *told(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

int report_close(struct report *report)
{
	unsigned missed = report->missed;
	int result = 0;
	json_t *root;

	root = json_pack("{s:s, s:s, s:o, s:o}", "machine", told("BENCH_MACHINE"), "kernel", told("BENCH_KERNEL"),
			 "cases", report->cases, "bars", report->bars);
	if (!root || json_dump_file(root, report->json_path, JSON_INDENT(1) | JSON_REAL_PRECISION(4)))
		result = -EIO;
	json_decref(root);
	if (fclose(report->part))
		result = -errno;
	free(report);
	return result ? result : missed != 0;
}

static int by_size(const void *a, const void *b)
{
	double difference = *(const double *)a - *(const double *)b;

	return difference < 0 ? -1 : difference > 0;
}

double median(double *figures, unsigned count)
{
	if (!count)
		return 0;
	qsort(figures, count, sizeof(*figures), by_size);
	return count % 2 ? figures[count / 2] : (figures[count / 2 - 1] + figures[count / 2]) / 2;
}
