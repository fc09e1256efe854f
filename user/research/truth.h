/* SPDX-License-Identifier: BSD-2-Clause */
/* Labels, to be asked: whose connection is this, and what is this source. Rows of captures that are not looked at are
 * not in it. */
#ifndef GATEPOST_TRUTH_H
#define GATEPOST_TRUTH_H

#include "user/core/attempt.h"
#include "user/research/labels.h"

#define TRUTH_NONE UINT32_MAX

/* Sources of one kind: from the column `family`, or one capture without it. */
struct truth_group {
	bool attack;
	const char *family; /* of the labels */
	uint32_t sources;
};

struct truth_source {
	uint64_t source;
	uint32_t group;
	bool attack; /* it attacked at least once ... */
	bool mixed; /* ... and was somebody else at other times: a CGNAT, an office */
};

struct truth {
	const struct labels *labels; /* not owned */
	uint32_t rows; /* that are looked at */
	uint32_t *by_ends; /* rows, by client, server, ports and time */
	uint32_t *by_time;
	struct truth_source *source; /* by source */
	uint32_t sources;
	struct truth_group *group; /* in the order of their first rows */
	uint32_t groups;
};

/* Notes which rows are of one of these captures; of "-" anything may be. Returns how many. */
size_t truth_select(struct labels *labels, char *const *captures);
/* The labels must outlive it. -ENOMEM */
int truth_new(struct truth **ret_truth, const struct labels *labels);
void truth_free(struct truth *truth);

/* The row of the connection with these ends that was open then: the last one that had begun (a millisecond is granted).
 * TRUTH_NONE: there is none. */
uint32_t truth_row(const struct truth *truth, const struct ends *ends, uint64_t wall_ns);
const struct label_row *truth_at(const struct truth *truth, uint32_t row);
/* The first one from there on, in the order of sources; all are lower: truth->sources. */
uint32_t truth_source_from(const struct truth *truth, uint64_t source);
uint32_t truth_source(const struct truth *truth, uint64_t source); /* TRUTH_NONE */
bool truth_is_attack(const struct truth *truth, const struct label_row *row);
const char *truth_how(const struct truth *truth); /* it is known who attacks, in words */
/* Passwords that a server was given: aborted exchanges are none. */
uint32_t truth_attempts(const struct label_row *row);

#endif
