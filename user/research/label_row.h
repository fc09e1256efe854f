/* SPDX-License-Identifier: BSD-2-Clause */
/* The columns of labels: what each is called, and how a field of it is read. For labels.c. */
#ifndef GATEPOST_LABEL_ROW_H
#define GATEPOST_LABEL_ROW_H

#include "user/research/labels.h"

/* A row while it is read: its texts are still in the line. */
struct label_draft {
	struct label_row row;
	unsigned int attempts;
	bool attempts_told;
};

struct label_column {
	const char *name;
	bool required;
	bool (*read)(struct label_draft *draft, const char *text); /* false: not what it wants */
	const char *wants;
};

extern const struct label_column label_columns[];
extern const size_t label_columns_count;

#endif
