/* SPDX-License-Identifier: BSD-2-Clause */
/* Compares what was read of a connection with what happened in it. */
#ifndef GATEPOST_SCORE_H
#define GATEPOST_SCORE_H

#include <stddef.h>
#include <stdint.h>

enum mark {
	MARK_RIGHT, /* every outcome, in order */
	MARK_UNKNOWN, /* something is unknown or was missed, nothing is wrong */
	MARK_WRONG, /* a failure called success, a success called failure, or one said where none was */
	MARKS,
};

/* What an attempt was read as is one of the first four; what it was, any. */
enum score_kind {
	SCORE_F,
	SCORE_S,
	SCORE_U, /* never answered, or the labels do not know either */
	SCORE_NONE, /* there was none; it was missed */
	SCORE_READ_MAX,
	SCORE_A = SCORE_READ_MAX, /* aborted */
	SCORE_T, /* temporary failure */
	SCORE_TRUTH_MAX,
};

struct score {
	uint32_t connections, marks[MARKS];
	uint32_t attempts[SCORE_TRUTH_MAX][SCORE_READ_MAX];
};

/* A pair of the comparison, in no order; `at` is the place in what was read, SIZE_MAX when it was missed. */
typedef void (*score_pair_fn)(void *context, enum score_kind truth, enum score_kind read, size_t at);

/* Truth in the letters of the labels: `?`, A and T have to be unknown, and A and T may as well be taken for no attempt.
 * What was read in F, S and U; "-" is "". */
enum mark score_compare(const char *truth, const char *read, score_pair_fn pair, void *context);
enum mark score_add(struct score *score, const char *truth, const char *read);
void score_merge(struct score *score, const struct score *other);

uint32_t score_truth(const struct score *score, enum score_kind kind); /* attempts that were of this kind */
uint32_t score_read(const struct score *score, enum score_kind kind); /* attempts that were read as such */
uint32_t score_open(const struct score *score, enum score_kind read); /* neither failed nor succeeded, read so */
uint32_t score_wrong(const struct score *score); /* outcomes said that were not so */

#endif
