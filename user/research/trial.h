/* SPDX-License-Identifier: BSD-2-Clause */
/* A recorded replay before another judge, as if it enforced: what a banned source did after its ban would not have come
 * to pass, so it is not heard, and its attempts count as prevented. Or before the one that was there: what he decided
 * is taken as it was.
 *
 * What differs from a whole replay with --enforce: limits slow nobody down (a decision to limit is noted, the
 * connections are all there), a connection that a ban cut off ends when it did and not when it times out, and what the
 * servers' profiles learned from prevented connections was learned. What differs from life: a client that is banned
 * gives up, or comes back from another address; a capture goes on as it was. */
#ifndef GATEPOST_TRIAL_H
#define GATEPOST_TRIAL_H

#include "user/core/settings.h"
#include "user/research/record.h"
#include "user/research/toll.h"

struct trial_options {
	const struct record *record;
	const struct settings *settings;
	const struct ruleset *rules; /* NULL: what was decided in the replay */
};

/* Who was banned or limited. */
struct trial_target {
	struct prefix target;
	size_t strongest; /* of its rulings in force the first one with the strongest action */
	uint64_t banned_ns; /* when its latest ban began; 0: never banned */
	uint64_t prevented; /* attempts */
};

struct trial {
	struct toll toll;
	struct ruling *ruling; /* all, in the order of time */
	size_t rulings;
	struct trial_target *target; /* by target */
	size_t targets;
	uint64_t attempts, prevented; /* that were read, of anybody */
};

/* -ENOMEM, -EINVAL (the judge does not take the rules), with `fault`. Free it after a success. */
int trial_run(struct trial *ret_trial, const struct trial_options *options, struct fault *fault);
void trial_free(struct trial *trial);

#endif
