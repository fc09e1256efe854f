/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/score.h"

#include <stdbool.h>
#include <string.h>

#define LETTERS_MAX 64

/* A letter left out costs less than a failure taken for a success; two cost more, so that of two ways to see what was
 * read it is the mistake that counts, and not an attempt missed beside one made up. */
#define GAP_COST 3
#define WRONG_COST 5
#define UNKNOWN_COST 2

static int kind(char letter)
{
	return letter == 'F' ? SCORE_F : letter == 'S' ? SCORE_S : SCORE_U;
}

/* What it costs to say that `truth` was read as `read`. */
static int pair_cost(int truth, int read)
{
	if (truth == read)
		return 0;
	return truth == SCORE_U || read == SCORE_U ? UNKNOWN_COST : WRONG_COST;
}

struct alignment {
	int cost[LETTERS_MAX + 1][LETTERS_MAX + 1];
};

static void align(struct alignment *a, const char *truth, int truths, const char *read, int reads)
{
	for (int i = 0; i <= truths; i++)
		for (int j = 0; j <= reads; j++) {
			int best = i || j ? 1 << 20 : 0;

			if (i && a->cost[i - 1][j] + GAP_COST < best)
				best = a->cost[i - 1][j] + GAP_COST;
			if (j && a->cost[i][j - 1] + GAP_COST < best)
				best = a->cost[i][j - 1] + GAP_COST;
			if (i && j && a->cost[i - 1][j - 1] + pair_cost(kind(truth[i - 1]), kind(read[j - 1])) < best)
				best = a->cost[i - 1][j - 1] + pair_cost(kind(truth[i - 1]), kind(read[j - 1]));
			a->cost[i][j] = best;
		}
}

/* Walks the cheapest way back and counts its pairs. True: something is wrong. */
static bool count(struct score *score, const char *truth, const char *read)
{
	struct alignment a;
	int i = (int)strlen(truth), j = (int)strlen(read);
	bool wrong = false;

	align(&a, truth, i, read, j);
	while (i || j) {
		int was = i ? kind(truth[i - 1]) : SCORE_NONE, is = j ? kind(read[j - 1]) : SCORE_NONE;

		if (i && j && a.cost[i][j] == a.cost[i - 1][j - 1] + pair_cost(was, is)) {
			i--;
			j--;
		} else if (j && a.cost[i][j] == a.cost[i][j - 1] + GAP_COST) {
			was = SCORE_NONE;
			j--;
		} else {
			is = SCORE_NONE;
			i--;
		}
		score->attempts[was][is]++;
		wrong |= (is == SCORE_F || is == SCORE_S) && was != is;
	}
	return wrong;
}

/* In the letters of a reading; `keep_open`: what was neither success nor failure stays as unknown. */
static void rewrite(char *to, const char *truth, bool keep_open)
{
	size_t length = 0;

	for (; *truth && length < LETTERS_MAX; truth++)
		if (*truth == 'F' || *truth == 'S')
			to[length++] = *truth;
		else if (keep_open || *truth == '?')
			to[length++] = 'U';
	to[length] = '\0';
}

enum mark score_add(struct score *score, const char *truth, const char *read)
{
	char with[LETTERS_MAX + 1], without[LETTERS_MAX + 1];
	enum mark mark;
	bool wrong;

	rewrite(with, truth, true);
	rewrite(without, truth, false);
	if (!strcmp(read, "-"))
		read = "";
	wrong = count(score, strcmp(without, read) ? with : without, read);
	mark = !strcmp(with, read) || !strcmp(without, read) ? MARK_RIGHT : wrong ? MARK_WRONG : MARK_UNKNOWN;
	score->connections++;
	score->marks[mark]++;
	return mark;
}

void score_merge(struct score *score, const struct score *other)
{
	score->connections += other->connections;
	for (int i = 0; i < MARKS; i++)
		score->marks[i] += other->marks[i];
	for (int i = 0; i < SCORE_MAX; i++)
		for (int j = 0; j < SCORE_MAX; j++)
			score->attempts[i][j] += other->attempts[i][j];
}

uint32_t score_truth(const struct score *score, int kind)
{
	const uint32_t *read = score->attempts[kind];

	return read[SCORE_F] + read[SCORE_S] + read[SCORE_U] + read[SCORE_NONE];
}

uint32_t score_wrong(const struct score *score)
{
	uint32_t wrong = score->attempts[SCORE_F][SCORE_S] + score->attempts[SCORE_S][SCORE_F];

	for (int kind = SCORE_U; kind <= SCORE_NONE; kind++)
		wrong += score->attempts[kind][SCORE_F] + score->attempts[kind][SCORE_S];
	return wrong;
}
