/* SPDX-License-Identifier: BSD-2-Clause */
/* Attempts: how they are made, in one command or in an exchange of SASL, and what may come of them. */
#include "user/shape/dialect_step.h"

#include "user/shape/nats.h"

/* What comes of attempts, all mail servers and clients taken together. None is rare enough to be ruled out by this. */
#define USUAL_FAILURE 0.60F
#define USUAL_SUCCESS 0.35F
#define USUAL_NEITHER_AGAIN 0.15F /* it lasts, and hardly anybody stays to see it */
#define USUAL_STOP 0.008F /* an exchange of SASL is called off */
#define SEVERAL_MAX 5

/* A server words its refusals the same way each time: one is as long as the one before in this connection. */
#define USUAL_SAME_REFUSAL 0.6F
#define USUAL_TWO_MEANINGS 0.02F

/* The shortest attempt: LOGIN after its tag, USER and PASS, AUTH PLAIN; with neither name nor password. */
static const uint8_t attempt_bytes[] = {[PROTOCOL_IMAP] = 12, [PROTOCOL_POP3] = 16, [PROTOCOL_SMTP] = 17};

/* Has the client said enough in this turn for so many more attempts? The first may have begun earlier. */
static bool has_room(const struct step *step, const struct reading *reading, unsigned int more)
{
	const uint32_t each = attempt_bytes[step->knowledge->server->protocol] + reading->tag_bytes;
	const unsigned int attempts = reading->attempts + more;

	return attempts <= 1 || attempts * each <= step->exchange->asked_bytes;
}

void step_attempt_add(const struct step *step, struct reading *next, enum outcome outcome)
{
	if (has_room(step, next, 1))
		reading_add(next, step->exchange->hidden ? OUTCOME_UNKNOWN : outcome);
}

float step_refusal_cost(const struct step *step, enum reply reply)
{
	const struct reading *from = step->from;
	const float cost = reply_cost_length(step->costs, reply, from->tag_bytes);
	bool same;

	if (!from->refusal_bytes)
		return cost;
	same = likely_exactly(&step->exchange->out, from->refusal_bytes + from->tag_bytes) < COST_NEVER;
	if (same && from->refusal == reply)
		return nats_of(USUAL_SAME_REFUSAL + (1 - USUAL_SAME_REFUSAL) * share_of_nats(cost));
	return cost + usual_cost(same ? USUAL_TWO_MEANINGS : 1 - USUAL_SAME_REFUSAL);
}

void step_refusal_note(const struct step *step, struct reading *next, enum reply reply)
{
	const uint16_t bytes = length_least(&step->exchange->out);

	if (!step->exchange->out.count || bytes <= next->tag_bytes)
		return;
	next->refusal_bytes = bytes - next->tag_bytes;
	next->refusal = (uint8_t)reply;
}

static void attempt_failed(const struct step *step, float asked, uint16_t request_bytes)
{
	const float cost = asked + usual_cost(USUAL_FAILURE) + step_pieces_cost(step) +
			   step_refusal_cost(step, REPLY_FAILURE) + reply_cost_delay(step->costs, REPLY_FAILURE);
	struct reading next;

	if (step_is_hopeless(step, cost))
		return;
	next = step_next(step, REPLY_FAILURE, STAGE_READY, cost);
	next.request_bytes = request_bytes;
	next.failed = true;
	step_refusal_note(step, &next, REPLY_FAILURE);
	step_attempt_add(step, &next, OUTCOME_FAILURE);
	beam_offer(step->to, &next);
}

static void attempt_succeeded(const struct step *step, float asked, uint16_t request_bytes)
{
	const float cost = asked + usual_cost(USUAL_SUCCESS) + step_reply_cost(step, REPLY_SUCCESS);
	struct reading next;

	if (step_is_hopeless(step, cost))
		return;
	next = step_next(step, REPLY_SUCCESS, STAGE_LOGGED_IN, cost);
	next.request_bytes = request_bytes;
	next.turns_in = 0;
	next.bytes_in = 0;
	next.refusal_bytes = 0;
	step_attempt_add(step, &next, OUTCOME_SUCCESS);
	beam_offer(step->to, &next);
}

/* Some servers say it each time they are pressed. */
static float neither_cost(const struct step *step)
{
	if (step->from->refusal_bytes && step->from->refusal == REPLY_TEMPORARY)
		return usual_cost(USUAL_NEITHER_AGAIN);
	return reply_cost_neither(step->costs);
}

/* A temporary failure, a refusal of what was said rather than of who said it, or no answer at all. */
static void attempt_open(const struct step *step, float asked, uint16_t request_bytes)
{
	const bool answered = step->exchange->out.count > 0;
	struct reading next;

	if (answered)
		asked += neither_cost(step) + step_pieces_cost(step) + step_refusal_cost(step, REPLY_TEMPORARY) +
			 reply_cost_delay(step->costs, REPLY_TEMPORARY);
	if (step_is_hopeless(step, asked))
		return;
	next = step_next(step, answered ? REPLY_TEMPORARY : REPLY_OTHER, STAGE_READY, asked);
	next.request_bytes = request_bytes;
	if (answered)
		step_refusal_note(step, &next, REPLY_TEMPORARY);
	step_attempt_add(step, &next, OUTCOME_UNKNOWN);
	beam_offer(step->to, &next);
}

static void attempt_ends(const struct step *step, float asked, uint16_t request_bytes)
{
	if (step->exchange->out.count) {
		attempt_failed(step, asked, request_bytes);
		attempt_succeeded(step, asked, request_bytes);
	}
	attempt_open(step, asked, request_bytes);
}

void step_attempt(const struct step *step, float asked)
{
	const struct reading *from = step->from;
	uint16_t bytes = length_least(&step->exchange->in);

	if (step_is_hopeless(step, asked))
		return;
	if (bytes > from->tag_bytes)
		bytes -= from->tag_bytes;
	if (from->stage == STAGE_NAMED)
		bytes += from->request_bytes;
	attempt_ends(step, asked, bytes);
}

static void several(const struct step *step, float asked, unsigned int failures, unsigned int successes, uint32_t bytes)
{
	struct reading next;

	if (likely_exactly(&step->exchange->out, bytes) >= COST_NEVER ||
	    !has_room(step, step->from, failures + successes))
		return;
	next = step_next(step, REPLY_OTHER, successes ? STAGE_LOGGED_IN : STAGE_READY,
			 asked + usual_cost(0.5F) * (float)(failures + successes));
	while (failures--)
		step_attempt_add(step, &next, OUTCOME_FAILURE);
	if (successes)
		step_attempt_add(step, &next, OUTCOME_SUCCESS);
	beam_offer(step->to, &next);
}

/* Several attempts in one go, answered in one go: what a server says to each of them, so many times. `before_bytes` is
 * what it says besides the refusals. */
void step_several(const struct step *step, float asked, uint32_t each_bytes)
{
	const struct reply_length *failure = step->knowledge->server->length[REPLY_FAILURE];
	const struct reply_length *success = step->knowledge->server->length[REPLY_SUCCESS];
	const struct length *in = &step->exchange->in;

	if (!profile_seen(step->knowledge->server, REPLY_SUCCESS) && step->knowledge->common)
		success = step->knowledge->common->length[REPLY_SUCCESS];
	if (step->exchange->out.count != 1 || step_is_hopeless(step, asked))
		return;
	/* in pieces, and hidden how much was asked: any sum will come out */
	if (step->exchange->records_out != 1 && (!in->count || in->range[0].least != in->range[0].most))
		return;
	for (int i = 0; i < PROFILE_LENGTHS; i++) {
		if (!failure[i].seen)
			continue;
		for (unsigned int count = 2; count <= SEVERAL_MAX; count++) {
			several(step, asked, count, 0, count * (failure[i].bytes + each_bytes));
			for (int j = 0; j < PROFILE_LENGTHS; j++)
				if (success[j].seen)
					several(step, asked, count - 1, 1,
						(count - 1) * (failure[i].bytes + each_bytes) + success[j].bytes +
							each_bytes);
		}
	}
}

void step_sasl(const struct step *step)
{
	const struct length *in = &step->exchange->in;
	const struct reading *from = step->from;
	const float said = likely_open(in, 6, 26, 4), literal = likely_open(in, 3, 12, 1) + usual_cost(0.02F);
	const float answer = said < literal ? said : literal, stop = likely_exactly(in, 3);
	const bool asks_again = from->asks_name && !from->prompts;
	const uint16_t request_bytes = from->request_bytes + length_least(in);
	struct reading next;

	if (answer < COST_NEVER && step->exchange->out.count) {
		next = step_next(step, REPLY_PROMPT, STAGE_PROMPTED,
				 answer + usual_cost(asks_again ? 0.93F : 0.01F) + step_prompt_cost(step, asks_again));
		next.prompts = from->prompts < 7 ? from->prompts + 1 : 7;
		next.request_bytes = request_bytes;
		beam_offer(step->to, &next);
	}
	if (answer < COST_NEVER)
		attempt_ends(step, answer + usual_cost(asks_again ? 0.04F : 0.95F), request_bytes);
	if (step->exchange->out.count) /* not understood: no attempt */
		step_plain(step, asks(0.02F, answer), REPLY_BAD, STAGE_READY);
	if (stop < COST_NEVER) { /* "*": called off (RFC 4954, 4; RFC 9051, 6.2.2) */
		next = step_next(step, REPLY_OTHER, STAGE_READY,
				 stop + usual_cost(USUAL_STOP) +
					 reply_cost_length(step->costs, REPLY_BAD, from->tag_bytes));
		step_attempt_add(step, &next, OUTCOME_UNKNOWN);
		beam_offer(step->to, &next);
		if (step->exchange->out.count) /* some count it as a failure, word for word and as slowly */
			attempt_failed(step, stop + usual_cost(USUAL_STOP), 0);
	}
}
