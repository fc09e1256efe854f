/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/score.h"

#include <stdbool.h>
#include <string.h>

#define LETTERS_MAX 64

static int kind(char letter)
{
	return letter == 'F' ? SCORE_F : letter == 'S' ? SCORE_S : SCORE_U;
}

/* What it costs to say that `truth` was read as `read`. A missed or unknown attempt is cheaper than a wrong one. */
static int pair_cost(int truth, int read)
{
	if (truth == read)
		return 0;
	return truth == SCORE_U || read == SCORE_U ? 2 : 5;
}

struct alignment {
	int cost[LETTERS_MAX + 1][LETTERS_MAX + 1];
};

static void align(struct alignment *a, const char *truth, int truths, const char *read, int reads)
{
	for (int i = 0; i <= truths; i++)
		for (int j = 0; j <= reads; j++) {
			int best = i || j ? 1 << 20 : 0;

			if (i && a->cost[i - 1][j] + 3 < best)
				best = a->cost[i - 1][j] + 3;
			if (j && a->cost[i][j - 1] + 3 < best)
				best = a->cost[i][j - 1] + 3;
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
		} else if (j && a.cost[i][j] == a.cost[i][j - 1] + 3) {
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
