/* SPDX-License-Identifier: BSD-2-Clause */
/* The bars. What a figure is about stands in accuracy.head.md. */
#include <string.h>

#include "bench/accuracy_result.h"

#define RECORDS_PER_S 1e6
#define UNDECIDED_BYTES 2048
#define DECIDED_BYTES 64

struct bar {
	unsigned int number; /* in accuracy.head.md */
	char name[64];
	double value;
	const char *unit;
	bool at_least;
	double bound;
	char of[64];
};

struct bars {
	struct report *report;
	unsigned int missed;
};

static void bar_report(struct bars *bars, const struct bar *bar)
{
	const bool cleared = bar->at_least ? bar->value >= bar->bound : bar->value <= bar->bound;
	const int places = !strcmp(bar->unit, "%") ? 2 : 0;

	bars->missed += !cleared;
	report_line(bars->report, "| %s | %u | %-46s | %11.*f %-9s | %s %.*f | %s |", cleared ? "PASS" : "**MISS**",
		    bar->number, bar->name, places, bar->value, bar->unit, bar->at_least ? ">=" : "<=", places,
		    bar->bound, bar->of);
	report_case(bars->report, json_pack("{s:i, s:s, s:f, s:s, s:f, s:b}", "bar", bar->number, "name", bar->name,
					    "value", bar->value, "is", bar->at_least ? "at least" : "at most", "bound",
					    bar->bound, "cleared", cleared));
}

static double percent(uint32_t part, uint32_t all)
{
	return all ? 100.0 * part / all : 0;
}

/* ---- shares of connections -------------------------------------------------------------------------------------- */

static const struct share_bar {
	unsigned int number;
	const char *name;
	enum question question;
	enum set set;
	enum mark mark;
	bool at_least;
	double bound;
} share_bars[] = {
	{1, "one probe: right", QUESTION_PROBE, SET_USUAL, MARK_RIGHT, true, 99.6},
	{2, "empty start, after 200: right", QUESTION_EMPTY, SET_USUAL, MARK_RIGHT, true, 97},
	{2, "built-in profiles, after 200: right", QUESTION_BUILTIN, SET_USUAL, MARK_RIGHT, true, 98.5},
	{3, "one direction only: right", QUESTION_ONE_WAY, SET_USUAL, MARK_RIGHT, true, 97},
	{3, "CBC: right", QUESTION_PROBE, SET_CBC, MARK_RIGHT, true, 88},
	{3, "CBC: wrong", QUESTION_PROBE, SET_CBC, MARK_WRONG, false, 2},
	{4, "odd clients: right", QUESTION_PROBE, SET_ODD, MARK_RIGHT, true, 92},
	{4, "odd clients: wrong", QUESTION_PROBE, SET_ODD, MARK_WRONG, false, 2},
};

static void share_report(struct bars *bars, const struct result *result, const struct share_bar *share)
{
	const struct score score = set_score(share->set, result->corpus, &result->answers[share->question], NULL, NULL);
	struct bar bar = {
		.number = share->number,
		.value = percent(score.marks[share->mark], score.connections),
		.unit = "%",
		.at_least = share->at_least,
		.bound = share->bound,
	};

	if (!score.connections)
		return;
	snprintf(bar.name, sizeof(bar.name), "%s", share->name);
	snprintf(bar.of, sizeof(bar.of), "%u of %u connections", score.marks[share->mark], score.connections);
	bar_report(bars, &bar);
}

/* ---- counts of outcomes ----------------------------------------------------------------------------------------- */

static struct score sum(const struct result *result, enum set set, const enum question *questions, size_t count)
{
	struct score score = {0};

	for (size_t i = 0; i < count; i++) {
		struct score one;

		if (!result->asked[questions[i]])
			continue;
		one = set_score(set, result->corpus, &result->answers[questions[i]], NULL, NULL);
		score_merge(&score, &one);
	}
	return score;
}

static const enum question two_way[] = {QUESTION_PROBE, QUESTION_EMPTY_FIRST, QUESTION_EMPTY, QUESTION_BUILTIN_FIRST,
					QUESTION_BUILTIN};
static const enum question one_way[] = {QUESTION_ONE_WAY, QUESTION_ONE_WAY_FIRST};
static const enum question as_shipped[] = {QUESTION_PROBE, QUESTION_BUILTIN_FIRST, QUESTION_BUILTIN};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void wrong_report(struct bars *bars, unsigned int number, const char *name, const struct score *score)
{
	struct bar bar = {.number = number, .value = score_wrong(score), .unit = "outcomes"};

	if (!score->connections)
		return;
	snprintf(bar.name, sizeof(bar.name), "%s", name);
	snprintf(bar.of, sizeof(bar.of), "%u connections", score->connections);
	bar_report(bars, &bar);
}

static void stale_report(struct bars *bars, const struct result *result)
{
	struct score before = {0};

	for (int from = 0; result->asked_stale && from < STALE_FROM; from++)
		for (int protocol = 0; protocol < 3; protocol++)
			score_merge(&before, &result->stale[from][protocol].before);
	wrong_report(bars, 5, "stale profile: wrong before it was noticed", &before);
}

static void swap_report(struct bars *bars, const char *name, const struct score *score, enum score_kind truth,
			enum score_kind read, double bound)
{
	const uint32_t all = score_truth(score, truth), wrong = score->attempts[truth][read];
	struct bar bar = {.number = 7, .value = percent(wrong, all), .unit = "%", .bound = bound};

	if (!all)
		return;
	snprintf(bar.name, sizeof(bar.name), "%s", name);
	snprintf(bar.of, sizeof(bar.of), "%u of %u %s", wrong, all, truth == SCORE_S ? "successes" : "failures");
	bar_report(bars, &bar);
}

/* ---- cost ------------------------------------------------------------------------------------------------------ */

static void cost_report(struct bars *bars, const struct result *result)
{
	const struct memory *memory = &result->memory;
	const struct speed *speed = &result->speed;
	const struct bar undecided = {
		.number = 8,
		.name = "memory of a flow while undecided",
		.value = (double)(memory->inside_bytes + memory->tls_bytes + memory->shape_bytes),
		.unit = "bytes",
		.bound = UNDECIDED_BYTES,
		.of = "allocated: inside, tls, shape",
	};
	const struct bar decided = {
		.number = 8,
		.name = "... once it is decided",
		.value = (double)memory->after_bytes,
		.unit = "bytes",
		.bound = DECIDED_BYTES,
		.of = "of the readers; see Cost",
	};
	struct bar rate = {
		.number = 8,
		.name = "records a second, one core",
		.value = speed->records_per_s,
		.unit = "records/s",
		.at_least = true,
		.bound = RECORDS_PER_S,
	};

	if (!result->asked_cost)
		return;
	snprintf(rate.of, sizeof(rate.of), "%zu connections again and again", speed->connections);
	if (speed->records)
		bar_report(bars, &rate);
	bar_report(bars, &undecided);
	bar_report(bars, &decided);
}

unsigned int bars_report(const struct result *result, struct report *report)
{
	struct bars bars = {.report = report};
	struct score padded = sum(result, SET_SERVER_PADDING, two_way, COUNT(two_way));
	struct score padded_one_way = sum(result, SET_SERVER_PADDING, one_way, COUNT(one_way));
	struct score all = sum(result, SET_EVERY, as_shipped, COUNT(as_shipped));

	report_line(report, "| | | figure | value | bar | of |");
	report_line(report, "|---|---|---|--:|--:|---|");
	for (size_t i = 0; i < COUNT(share_bars); i++)
		if (result->asked[share_bars[i].question])
			share_report(&bars, result, &share_bars[i]);
	stale_report(&bars, result);
	wrong_report(&bars, 6, "server padding: wrong", &padded);
	wrong_report(&bars, 6, "server padding, one direction only: wrong", &padded_one_way);
	swap_report(&bars, "successes called failures", &all, SCORE_S, SCORE_F, 100.0 / 2000);
	swap_report(&bars, "failures called successes", &all, SCORE_F, SCORE_S, 100.0 / 500);
	cost_report(&bars, result);
	return bars.missed;
}
