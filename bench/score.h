/* SPDX-License-Identifier: BSD-2-Clause */
/* Compares what was read of a connection with what happened in it. */
#ifndef GATEPOST_SCORE_H
#define GATEPOST_SCORE_H

#include <stdint.h>

enum mark {
	MARK_RIGHT, /* every outcome, in order */
	MARK_UNKNOWN, /* something is unknown or was missed, nothing is wrong */
	MARK_WRONG, /* a failure called success, a success called failure, or one said where none was */
	MARKS,
};

enum { SCORE_F, SCORE_S, SCORE_U, SCORE_NONE, SCORE_MAX };

struct score {
	uint32_t connections, marks[MARKS];
	uint32_t attempts[SCORE_MAX][SCORE_MAX]; /* by truth and reading: F, S, unknown, none at all */
};

/* Truth in the letters of the labels: `?`, A (aborted) and T (temporary) are unknown, and A and T may as well be taken
 * for no attempt. */
enum mark score_add(struct score *score, const char *truth, const char *read);
void score_merge(struct score *score, const struct score *other);
uint32_t score_truth(const struct score *score, int kind); /* attempts that were of this kind */
uint32_t score_wrong(const struct score *score); /* outcomes said that were not so */

#endif
