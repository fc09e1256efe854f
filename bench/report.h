/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures as a table on the terminal, as a part of RESULTS.md and as JSON; and the bars that they must clear. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct report;

/* Writes DIRECTORY/NAME.json and DIRECTORY/NAME.md when it is closed. */
int report_new(struct report **ret_report, const char *directory, const char *name);
/* A line to the terminal and to the part: printf with Markdown. */
__attribute__((format(printf, 2, 3))) void report_line(struct report *report, const char *format, ...);
/* One case; the reference to `figures` is taken. */
void report_case(struct report *report, json_t *figures);
/* `value` must be at least (or, not at_least, at most) `bound`. */
void report_bar(struct report *report, const char *name, double value, bool at_least, double bound);
/* 0; 1 when a bar was not cleared, after saying which; -errno when the files cannot be written. */
int report_close(struct report *report);

/* Sorts. 0 for no figures. */
double median(double *figures, unsigned count);

#endif
