/* SPDX-License-Identifier: BSD-2-Clause */
/* `gatepost replay -o table`: what it came to, for eyes: totals, verdicts by reason, the sources that did most. */
#ifndef GATEPOST_PRINT_TABLE_H
#define GATEPOST_PRINT_TABLE_H

#include <stdio.h>

#include "user/replay/listener.h"
#include "user/results/tally.h"

struct print_table {
	FILE *out; /* not owned */
	const struct tally *tally; /* listens before this does */
	bool enforce;
	uint64_t first_ns, last_ns; /* of frames; 0 at the start */
};

struct replay_listener print_table_listener(struct print_table *table);

#endif
