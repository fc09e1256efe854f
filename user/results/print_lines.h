/* SPDX-License-Identifier: BSD-2-Clause */
/* `gatepost replay -o json` and `-o csv`: a line for each attempt, flow, decision and ended ban, a summary at the end.
 */
#ifndef GATEPOST_PRINT_LINES_H
#define GATEPOST_PRINT_LINES_H

#include "user/results/line_text.h"
#include "user/replay/replay.h"

struct print_lines {
	struct writer to;
	line_text_fn text;
	bool enforce; /* as the decisions' "mode" says */
};

struct replay_listener print_lines_listener(struct print_lines *lines);
/* What it came to, as the last line says it. A new reference; NULL when out of memory. */
json_t *print_lines_summary(const struct replay_totals *totals);

#endif
