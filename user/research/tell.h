/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings in words and numbers: tables for a terminal, JSON for programs, columns for gnuplot. */
#ifndef GATEPOST_TELL_H
#define GATEPOST_TELL_H

#include <jansson.h>
#include <stdio.h>

#include "user/research/research.h"

void tell_tables(const struct research_findings *findings, FILE *out);
/* One object a line: "score", "sweep" (one a value), "whatif" (one a difference) and "whatif_summary". */
void tell_lines(const struct research_findings *findings, FILE *out);

/* A new file of the results. */
typedef int (*tell_file_fn)(void *context, const char *name, const char *text, size_t length);
/* scores.json, roc.tsv and roc.gp, whatif.jsonl, as far as there is something to tell. What the function returns, or
 * -ENOMEM. */
int tell_files(const struct research_findings *findings, tell_file_fn file, void *context);

/* ---- parts, one file each ---- */

void tell_score_table(const struct research_findings *findings, FILE *out);
json_t *tell_score_json(const struct research_findings *findings);

void tell_sweep_table(const struct research_findings *findings, FILE *out);
json_t *tell_sweep_json(const struct research_findings *findings, size_t point);
void tell_sweep_tsv(const struct research_findings *findings, FILE *out);
void tell_sweep_gnuplot(const struct research_findings *findings, FILE *out);

void tell_whatif_table(const struct research_findings *findings, FILE *out);
json_t *tell_whatif_json(const struct research_findings *findings, size_t difference);
json_t *tell_whatif_summary_json(const struct research_findings *findings);

json_t *tell_share_json(uint64_t part, uint64_t all); /* four decimals; null of nothing */
const char *tell_share(uint64_t part, uint64_t all, char buffer[16]); /* "12.5%", "-" */
json_t *tell_sum_json(const struct toll_sum *sum);
void tell_line(json_t *line, FILE *out); /* and lets go of it */

#endif
