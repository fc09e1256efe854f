/* SPDX-License-Identifier: BSD-2-Clause */
/* Two trials of one record side by side: who is treated differently, when, and why. */
#ifndef GATEPOST_WHATIF_H
#define GATEPOST_WHATIF_H

#include "user/research/trial.h"

enum whatif_how {
	WHATIF_ONLY_NOW, /* banned or limited by the rules that are, not by the others */
	WHATIF_ONLY_THEN,
	WHATIF_HARDER, /* a ban instead of a limit */
	WHATIF_SOFTER,
	WHATIF_EARLIER,
	WHATIF_LATER,
	WHATIF_REASON, /* at the same time by another rule, or for another time */
};
const char *whatif_text(enum whatif_how how);

/* The two sides of a target; NULL: nothing was decided. Both belong to the trials. */
struct whatif_difference {
	enum whatif_how how;
	struct prefix target;
	const struct ruling *now, *then; /* the first one with the strongest action */
	uint64_t prevented_now, prevented_then; /* attempts */
};

struct whatif {
	struct whatif_difference *difference; /* by target */
	size_t differences;
	size_t same;
};

int whatif_compare(struct whatif *ret_whatif, const struct trial *now, const struct trial *then); /* -ENOMEM */
void whatif_free(struct whatif *whatif);

#endif
