/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything that was found out, the bars that it is held to, and how it is told. */
#ifndef GATEPOST_ACCURACY_RESULT_H
#define GATEPOST_ACCURACY_RESULT_H

#include "bench/accuracy_ask.h"
#include "bench/accuracy_cost.h"
#include "bench/accuracy_sets.h"
#include "bench/accuracy_stale.h"
#include "bench/report.h"

struct result {
	const struct corpus *corpus;
	struct answers answers[QUESTIONS];
	bool asked[QUESTIONS], asked_stale, asked_cost;
	struct stale stale[STALE_FROM][3]; /* by enum protocol */
	struct speed speed;
	struct memory memory;
	uint32_t moments[3][MOMENTS];
	size_t probes; /* connections whose server was probed */
};

/* One line a bar; returns how many were missed. What was not asked has no line. */
unsigned int bars_report(const struct result *result, struct report *report);
void left_out_report(const struct result *result, struct report *report);
void tables_report(const struct result *result, struct report *report);
/* Every connection that was not read right. */
void verbose_print(const struct result *result);

#endif
