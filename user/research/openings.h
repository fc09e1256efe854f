/* SPDX-License-Identifier: BSD-2-Clause */
/* The connections of a record that are open before a judge. */
#ifndef GATEPOST_OPENINGS_H
#define GATEPOST_OPENINGS_H

#include "user/research/record.h"

struct openings {
	struct judge *judge; /* not owned */
	void *tree;
};

/* An entry from HEARD_OPENED to HEARD_CLOSED. What was never opened is neither settled nor closed. -ENOMEM */
int openings_hear(struct openings *openings, const struct record_entry *entry);
void openings_free(struct openings *openings);

#endif
