/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/research/score.h"

#include <stdbool.h>
#include <string.h>

/* Dialogues that are longer are compared in pieces. Most of them agree, and what agrees at either end costs nothing. */
#define PIECE 256

/* A letter left out costs less than a failure taken for a success; two cost more, so that of two ways to see what was
 * read it is the mistake that counts, and not an attempt missed beside one made up. A and T are as well left out. */
#define GAP_COST 3
#define OPEN_GAP_COST 0
#define WRONG_COST 5
#define UNKNOWN_COST 2

enum step {
	STEP_PAIR,
	STEP_MADE_UP, /* read, and was not */
	STEP_MISSED,
};

static enum score_kind kind(char letter)
{
	switch (letter) {
	case 'F':
		return SCORE_F;
	case 'S':
		return SCORE_S;
	case 'A':
		return SCORE_A;
	case 'T':
		return SCORE_T;
	default:
		return SCORE_U;
	}
}

static bool is_open(enum score_kind truth)
{
	return truth != SCORE_F && truth != SCORE_S;
}

static bool may_be_missed(enum score_kind truth)
{
	return truth == SCORE_A || truth == SCORE_T;
}

/* What it costs to say that `truth` was read as `read`. */
static int pair_cost(char truth, char read)
{
	const enum score_kind was = kind(truth), is = kind(read);

	if (was == is || (is_open(was) && is == SCORE_U))
		return 0;
	return is_open(was) || is == SCORE_U ? UNKNOWN_COST : WRONG_COST;
}

static int miss_cost(char truth)
{
	return may_be_missed(kind(truth)) ? OPEN_GAP_COST : GAP_COST;
}

/* ---- the cheapest way ------------------------------------------------------------------------------------------- */

struct alignment {
	const char *truth, *read;
	size_t truths, reads;
	uint8_t step[PIECE + 1][PIECE + 1]; /* enum step: the last one of the cheapest way to there */
};

/* One row from the one above it. */
static void align_row(struct alignment *a, size_t i, const int *above, int *cost)
{
	for (size_t j = 0; j <= a->reads; j++) {
		int best = 1 << 20;

		if (!i && !j)
			best = 0;
		if (i && above[j] + miss_cost(a->truth[i - 1]) < best) {
			best = above[j] + miss_cost(a->truth[i - 1]);
			a->step[i][j] = STEP_MISSED;
		}
		if (j && cost[j - 1] + GAP_COST <= best) {
			best = cost[j - 1] + GAP_COST;
			a->step[i][j] = STEP_MADE_UP;
		}
		if (i && j && above[j - 1] + pair_cost(a->truth[i - 1], a->read[j - 1]) <= best) {
			best = above[j - 1] + pair_cost(a->truth[i - 1], a->read[j - 1]);
			a->step[i][j] = STEP_PAIR;
		}
		cost[j] = best;
	}
}

static void align(struct alignment *a)
{
	int cost[2][PIECE + 1];

	for (size_t i = 0; i <= a->truths; i++)
		align_row(a, i, cost[(i + 1) % 2], cost[i % 2]);
}

/* ---- pairs ------------------------------------------------------------------------------------------------------ */

struct comparison {
	score_pair_fn pair;
	void *context;
	bool wrong, perfect;
};

static void say(struct comparison *c, enum score_kind truth, enum score_kind read, size_t at)
{
	c->wrong |= (read == SCORE_F || read == SCORE_S) && truth != read;
	c->perfect &= truth == read || (is_open(truth) && read == SCORE_U && truth != SCORE_NONE) ||
		      (may_be_missed(truth) && read == SCORE_NONE);
	if (c->pair)
		c->pair(c->context, truth, read, at);
}

static void say_pair(struct comparison *c, char truth, char read, size_t at)
{
	say(c, kind(truth), kind(read), at);
}

/* At most PIECE letters of each; `before` were read before. */
static void compare_piece(struct comparison *c, struct alignment *a, size_t before)
{
	size_t i = a->truths, j = a->reads;

	align(a);
	while (i || j) {
		switch (a->step[i][j]) {
		case STEP_PAIR:
			i--;
			j--;
			say_pair(c, a->truth[i], a->read[j], before + j);
			break;
		case STEP_MADE_UP:
			j--;
			say(c, SCORE_NONE, kind(a->read[j]), before + j);
			break;
		default:
			i--;
			say(c, kind(a->truth[i]), SCORE_NONE, SIZE_MAX);
		}
	}
}

static size_t piece(size_t length)
{
	return length < PIECE ? length : PIECE;
}

enum mark score_compare(const char *truth, const char *read, score_pair_fn pair, void *context)
{
	struct comparison c = {.pair = pair, .context = context, .perfect = true};
	size_t truths = strlen(truth), reads = strcmp(read, "-") ? strlen(read) : 0, at = 0;
	struct alignment a;

	for (; truths && reads && *truth == read[at]; truth++, at++, truths--, reads--)
		say_pair(&c, *truth, read[at], at);
	for (; truths && reads && truth[truths - 1] == read[at + reads - 1]; truths--, reads--)
		say_pair(&c, truth[truths - 1], read[at + reads - 1], at + reads - 1);
	while (truths || reads) {
		a.truth = truth;
		a.read = read + at;
		a.truths = piece(truths);
		a.reads = piece(reads);
		compare_piece(&c, &a, at);
		truth += a.truths;
		at += a.reads;
		truths -= a.truths;
		reads -= a.reads;
	}
	return c.perfect ? MARK_RIGHT : c.wrong ? MARK_WRONG : MARK_UNKNOWN;
}

/* ---- sums ------------------------------------------------------------------------------------------------------- */

static void count(void *context, enum score_kind truth, enum score_kind read, size_t at)
{
	struct score *score = context;

	(void)at;
	score->attempts[truth][read]++;
}

enum mark score_add(struct score *score, const char *truth, const char *read)
{
	const enum mark mark = score_compare(truth, read, count, score);

	score->connections++;
	score->marks[mark]++;
	return mark;
}

void score_merge(struct score *score, const struct score *other)
{
	score->connections += other->connections;
	for (int i = 0; i < MARKS; i++)
		score->marks[i] += other->marks[i];
	for (int i = 0; i < SCORE_TRUTH_MAX; i++)
		for (int j = 0; j < SCORE_READ_MAX; j++)
			score->attempts[i][j] += other->attempts[i][j];
}

uint32_t score_truth(const struct score *score, enum score_kind truth)
{
	const uint32_t *read = score->attempts[truth];

	return read[SCORE_F] + read[SCORE_S] + read[SCORE_U] + read[SCORE_NONE];
}

uint32_t score_read(const struct score *score, enum score_kind read)
{
	uint32_t sum = 0;

	for (int truth = 0; truth < SCORE_TRUTH_MAX; truth++)
		sum += score->attempts[truth][read];
	return sum;
}

uint32_t score_open(const struct score *score, enum score_kind read)
{
	return score->attempts[SCORE_U][read] + score->attempts[SCORE_A][read] + score->attempts[SCORE_T][read];
}

uint32_t score_wrong(const struct score *score)
{
	return score_read(score, SCORE_F) - score->attempts[SCORE_F][SCORE_F] + score_read(score, SCORE_S) -
	       score->attempts[SCORE_S][SCORE_S];
}
