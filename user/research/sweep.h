/* SPDX-License-Identifier: BSD-2-Clause */
/* One number of one rule, tried from here to there: each value is a trial of its own over one record. */
#ifndef GATEPOST_SWEEP_H
#define GATEPOST_SWEEP_H

#include "user/research/trial.h"

#define SWEEP_POINTS_MAX 1000

struct sweep {
	char rule[RULE_NAME_BYTES];
	bool window; /* in nanoseconds; else the threshold */
	uint64_t from, to, step;
};

struct sweep_point {
	uint64_t value;
	char refused[160]; /* in words, why a rule cannot be so; "" */
	struct toll_sum attack, benign;
	uint32_t rule_bans; /* decisions of this rule that came into force */
	uint32_t limits; /* in force */
	uint64_t prevented, attempts; /* that were read, of anybody */
};

/* "stuffing.threshold=1..50", "stuffing.window=1m..1h:5m": RULE.FIELD=FROM..TO[:STEP]. The step is 1, or FROM of a
 * window. -EINVAL with words. */
int sweep_parse(const char *text, struct sweep *ret_sweep, struct fault *fault);
size_t sweep_points(const struct sweep *sweep);
/* Is there such a rule, does it act, and is there a value that it can have? `ret_index` is its place. -ENOENT, -EINVAL
 */
int sweep_find(const struct sweep *sweep, const struct ruleset *rules, uint32_t *ret_index, struct fault *fault);
/* sweep_points() of them. The rule is taken out of shadow; all others stay as they are. `rules` of the trial are those
 * that are varied. As sweep_find; -ENOMEM. */
int sweep_run(const struct sweep *sweep, const struct trial_options *trial, struct sweep_point *ret_points,
	      struct fault *fault);
/* "20", "10m" */
const char *sweep_value_text(const struct sweep *sweep, uint64_t value, char *buffer, size_t size);

#endif
