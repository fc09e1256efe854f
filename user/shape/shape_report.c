/* SPDX-License-Identifier: BSD-2-Clause */
/* When an outcome is said: at once where the readings agree, at the end where one of them is far ahead, and never where
 * it would be a guess. */
#include "user/shape/shape_state.h"

/* How sure the readings must be. A failure counts against somebody; a success lets somebody go; either may be unknown
 * instead. At the end there is nothing left to wait for. */
#define SURE_FAILURE 0.97F
#define SURE_SUCCESS 0.97F
#define SURE_NEITHER 0.90F
#define SURE_FAILURE_AT_END 0.94F
#define SURE_SUCCESS_AT_END 0.90F

/* What nobody does who is not logged in. */
#define CONFIRMED_TURNS 3
#define CONFIRMED_BYTES 2000

static void say(struct shape *shape, enum outcome outcome, float share)
{
	const struct reading *best = beam_best(&shape->now);
	const struct shape_verdict verdict = {
		.outcome = outcome,
		.confidence = share,
		.request_bytes = best && best->pendings == 1 ? best->request_bytes : 0,
	};

	if (shape->saids < PENDING_MAX)
		shape->said[shape->saids++] = (uint8_t)outcome;
	shape->options.verdict(shape->options.context, &verdict);
}

/* Something followed that only who is logged in would do. */
static bool is_confirmed(const struct reading *reading, const void *context)
{
	(void)context;
	return reading->pendings && reading_pending(reading, 0) == OUTCOME_SUCCESS &&
	       reading->stage == STAGE_LOGGED_IN &&
	       (reading->turns_in >= CONFIRMED_TURNS || reading->bytes_in >= CONFIRMED_BYTES);
}

static bool report_one(struct shape *shape)
{
	enum outcome outcome;

	if (!beam_is_pending(&shape->now))
		return false;
	if (beam_share(&shape->now, OUTCOME_FAILURE) >= SURE_FAILURE)
		outcome = OUTCOME_FAILURE;
	else if (beam_share(&shape->now, OUTCOME_UNKNOWN) >= SURE_NEITHER)
		outcome = OUTCOME_UNKNOWN;
	else if (beam_share_of(&shape->now, is_confirmed, NULL) >= SURE_SUCCESS)
		outcome = OUTCOME_SUCCESS;
	else
		return false;
	say(shape, outcome, beam_share(&shape->now, outcome));
	beam_report(&shape->now, outcome);
	shape->split_bytes = 0;
	if (outcome == OUTCOME_SUCCESS)
		shape->state = SHAPE_DONE;
	return true;
}

/* The readings do not agree on what came of the oldest attempt, and will not any more. When the best of them knows of
 * one only, it is enough that they agree on the last: they differ in how many there were before. */
static void report_unsure(struct shape *shape, bool at_end)
{
	const struct reading *best = beam_best(&shape->now);
	const bool last = at_end && best->pendings == 1;
	float (*share)(const struct beam *, enum outcome) = last ? beam_share_last : beam_share;
	const float failure = share(&shape->now, OUTCOME_FAILURE), success = share(&shape->now, OUTCOME_SUCCESS);
	const float neither = 1 - failure - success; /* rounding may take it below zero */

	if (at_end && success >= SURE_SUCCESS_AT_END)
		say(shape, OUTCOME_SUCCESS, success);
	else if (at_end && failure >= SURE_FAILURE_AT_END)
		say(shape, OUTCOME_FAILURE, failure);
	else
		say(shape, OUTCOME_UNKNOWN, neither > 0 ? neither : 0);
	if (last)
		beam_start(&shape->now, &(struct reading){.stage = best->stage});
	else
		beam_forget(&shape->now);
}

void shape_report(struct shape *shape)
{
	const struct reading *best;

	while (shape->state == SHAPE_TALKING && report_one(shape))
		;
	best = beam_best(&shape->now);
	if (best && best->pendings == PENDING_MAX)
		report_unsure(shape, false);
}

/* Nobody lets a client in to show him out at once, and hardly anybody shows him out for being misunderstood once. */
#define SHOWN_OUT_COST 8.0F
#define SHOWN_OUT_EARLY_COST 2.0F

/* Where connections end. After a success something mostly follows. */
static float end_cost(const struct reading *reading, bool shown_out)
{
	switch (reading->stage) {
	case STAGE_LOGGED_IN:
		if (shown_out && reading_trace(reading, 0) == REPLY_SUCCESS)
			return SHOWN_OUT_COST;
		return reading->turns_in ? 0.5F : 1.2F;
	case STAGE_BYE:
		return 0.2F;
	case STAGE_READY:
		return reading->failed ? 0.6F : shown_out ? 1.2F + SHOWN_OUT_EARLY_COST : 1.2F;
	default:
		return shown_out ? 2.0F + SHOWN_OUT_EARLY_COST : 2.0F;
	}
}

/* The end of a reading: an exchange of SASL that was begun is an attempt, unless the client hung up in the same breath.
 */
static void reading_end(struct reading *reading, bool hung_up, bool shown_out)
{
	reading->cost += end_cost(reading, shown_out);
	if (reading->stage == STAGE_PROMPTED && !hung_up)
		reading_add(reading, OUTCOME_UNKNOWN);
}

static bool is_in(const struct reading *reading, const void *context)
{
	(void)context;
	return reading->stage == STAGE_LOGGED_IN;
}

bool shape_seems_in(const struct shape *shape)
{
	return shape->state == SHAPE_DONE || beam_share_of(&shape->now, is_in, NULL) > 0.5F;
}

void shape_report_rest(struct shape *shape, bool hung_up)
{
	const struct reading *best;

	for (int i = 0; i < shape->now.count; i++)
		reading_end(&shape->now.reading[i], hung_up, shape->shown_out);
	beam_settle(&shape->now);
	shape_learn(shape);
	while ((best = beam_best(&shape->now)) && best->pendings)
		report_unsure(shape, true);
}
