/* SPDX-License-Identifier: BSD-2-Clause */
/* `gatepost replay -o json`: a line of JSON for each attempt, flow, decision and ended ban, a summary at the end. */
#ifndef GATEPOST_REPLAY_PRINT_LINES_H
#define GATEPOST_REPLAY_PRINT_LINES_H

#include <stdio.h>

#include "user/replay/replay.h"

struct print_lines {
	FILE *out; /* not owned */
	bool enforce; /* as the decisions' "mode" says */
};

struct replay_listener print_lines_listener(struct print_lines *lines);

#endif
