/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways in which an exchange can be meant that the three dialogues have in common. */
#include "user/shape/dialect_step.h"

#include "user/shape/nats.h"

#define TRACE_GREW (1U << (TRACE_BITS - 1))

#define USUAL_AGAIN 0.3F
#define UNANSWERED_COST 2.5F /* a command that logs nobody in is answered at once, before the connection can end */
#define USUAL_KEY_UPDATE 0.002F /* once in 16 million records */
#define KEY_UPDATE_BYTES 5
#define USUAL_WHATEVER 0.002F /* what no dialect allows, and happens */

struct reading step_next(const struct step *step, enum reply reply, enum stage stage, float cost)
{
	struct reading next = *step->from;

	if (step->exchange->more) /* one entry a turn: this one is nothing to learn from */
		next.trace = next.trace >> TRACE_BITS << TRACE_BITS | REPLY_OTHER;
	else
		next.trace = next.trace << TRACE_BITS | (unsigned int)reply | (step->grew ? TRACE_GREW : 0);
	next.cost += cost;
	next.stage = (uint8_t)stage;
	next.failed = false;
	return next;
}

uint16_t length_least(const struct length *length)
{
	return length->count ? (uint16_t)(length->range[0].least < UINT16_MAX ? length->range[0].least : UINT16_MAX)
			     : 0;
}

float step_reply_cost(const struct step *step, enum reply reply)
{
	return reply_cost_length(step->costs, reply, step->from->tag_bytes) + reply_cost_delay(step->costs, reply);
}

float step_pieces_cost(const struct step *step)
{
	const struct exchange *exchange = step->exchange;

	return exchange->records_out > 1 && !exchange->first ? 2.5F * (float)(exchange->records_out - 1) : 0;
}

static float anything_cost(const struct step *step)
{
	return reply_cost_anything(step->costs) + reply_cost_delay(step->costs, REPLY_OTHER);
}

void step_plain(const struct step *step, float asked, enum reply reply, enum stage stage)
{
	struct reading next;

	if (step_is_hopeless(step, asked))
		return;
	asked += reply == REPLY_OTHER ? anything_cost(step) + step_pieces_cost(step) : step_reply_cost(step, reply);
	if (!step->exchange->out.count)
		asked += UNANSWERED_COST;
	if (step_is_hopeless(step, asked))
		return;
	next = step_next(step, reply, stage, asked);
	if (reply == REPLY_USER) /* half of what is handed over */
		next.request_bytes = length_least(&step->exchange->in);
	beam_offer(step->to, &next);
}

/* "+ " and "334 ", with or without the name of what is asked for: the base64 of "Username:" and "Password:" are equally
 * long (RFC 4616; draft-murchison-sasl-login). Some servers ask in other words, in base64 nonetheless (RFC 4954, 4; RFC
 * 5034, 4); only where IMAP waits for a literal any will do. */
float step_prompt_cost(const struct step *step, bool asks_name)
{
	const enum protocol protocol = (enum protocol)step->knowledge->server->protocol;
	const struct length *out = &step->exchange->out;
	const uint32_t head = protocol == PROTOCOL_SMTP ? 6 : 4;
	float usual = likely_exactly(out, asks_name ? head + 12 : head);
	float other = usual_cost(0.02F) +
		      (protocol == PROTOCOL_IMAP ? reply_cost_anything(step->costs) : likely_coded(out, head));

	if (!asks_name && usual >= COST_NEVER)
		usual = likely_exactly(out, head - 1) + usual_cost(0.1F);
	return (usual < other ? usual : other) + reply_cost_delay(step->costs, REPLY_PROMPT);
}

static void prompted(const struct step *step, float said, bool asks_name, uint8_t prompts)
{
	struct reading next = step_next(step, REPLY_PROMPT, STAGE_PROMPTED, said + step_prompt_cost(step, asks_name));

	next.prompts = prompts;
	next.asks_name = asks_name;
	next.request_bytes = 0;
	if (!step->exchange->out.count) { /* begun, never answered */
		next.stage = STAGE_READY;
		if (!step->exchange->hung_up)
			step_attempt_add(step, &next, OUTCOME_UNKNOWN);
	}
	beam_offer(step->to, &next);
}

void step_prompt(const struct step *step, float asked)
{
	if (step_is_hopeless(step, asked))
		return;
	prompted(step, asked + usual_cost(0.5F), true, 0);
	prompted(step, asked + usual_cost(0.5F), false, 0);
}

void step_prompt_named(const struct step *step, float asked)
{
	if (!step_is_hopeless(step, asked))
		prompted(step, asked, true, 1);
}

void step_prompt_other(const struct step *step, float asked)
{
	if (!step_is_hopeless(step, asked))
		prompted(step, asked, false, 0);
}

void step_challenge(const struct step *step, float asked)
{
	struct reading next;

	if (step_is_hopeless(step, asked))
		return;
	next = step_next(step, REPLY_CHALLENGE, STAGE_PROMPTED, asked + step_reply_cost(step, REPLY_CHALLENGE));
	next.prompts = 0;
	next.asks_name = false;
	next.request_bytes = 0;
	beam_offer(step->to, &next);
}

/* The same commands are there before and after the login, and answered the same way. They confirm nothing. */
void step_inside_plain(const struct step *step, float asked, enum reply reply)
{
	struct reading next;

	if (step_is_hopeless(step, asked))
		return;
	next = step_next(step, REPLY_OTHER, STAGE_LOGGED_IN, asked + step_reply_cost(step, reply));
	beam_offer(step->to, &next);
}

void step_inside_as(const struct step *step, float asked)
{
	struct reading next;

	if (step_is_hopeless(step, asked))
		return;
	next = step_next(step, REPLY_OTHER, STAGE_LOGGED_IN, asked);
	next.turns_in += next.turns_in < UINT8_MAX;
	beam_offer(step->to, &next);
}

void step_inside_refused(const struct step *step, float asked)
{
	struct reading next;

	if (step_is_hopeless(step, asked))
		return;
	next = step_next(step, REPLY_OTHER, STAGE_LOGGED_IN,
			 asked + step_refusal_cost(step, REPLY_BAD) + reply_cost_delay(step->costs, REPLY_BAD));
	step_refusal_note(step, &next, REPLY_BAD);
	beam_offer(step->to, &next);
}

void step_inside(const struct step *step, float asked)
{
	const uint16_t bytes = length_least(&step->exchange->out);
	struct reading next;

	if (step_is_hopeless(step, asked))
		return;
	next = step_next(step, REPLY_OTHER, STAGE_LOGGED_IN, asked + anything_cost(step));
	next.turns_in += next.turns_in < UINT8_MAX;
	next.bytes_in = next.bytes_in + bytes < UINT16_MAX ? next.bytes_in + bytes : UINT16_MAX;
	beam_offer(step->to, &next);
}

/* What the server does not understand, or does not look at since it is too long. Who says such a thing once says it
 * again. `tag_bytes` is the tag's, or of "*" when that was the trouble. */
void step_refused(const struct step *step, float usual, float said, uint32_t tag_bytes)
{
	const struct reading *from = step->from;
	const bool again = from->refusal == REPLY_BAD && from->refusal_bytes, tagged = tag_bytes == from->tag_bytes;
	struct reading next;

	if (step_is_hopeless(step, said + usual_cost(usual)))
		return;
	said += tagged ? step_refusal_cost(step, REPLY_BAD) : reply_cost_length(step->costs, REPLY_BAD, tag_bytes);
	next = step_next(step, tagged ? REPLY_BAD : REPLY_OTHER, STAGE_READY,
			 said + usual_cost(again && !tagged ? USUAL_AGAIN : usual) + likely_at_once(step->exchange));
	step_refusal_note(step, &next, REPLY_BAD);
	beam_offer(step->to, &next);
	if (again && !tagged) /* enough: the server hangs up */
		step_plain(step, asks(USUAL_AGAIN, said), REPLY_OTHER, STAGE_BYE);
}

void step_key_update(const struct step *step)
{
	const struct exchange *exchange = step->exchange;
	float said = likely_exactly(&exchange->in, KEY_UPDATE_BYTES);
	struct reading next;

	if (said >= COST_NEVER)
		return;
	said += likely_exactly(&exchange->out, KEY_UPDATE_BYTES);
	if (step_is_hopeless(step, said + usual_cost(USUAL_KEY_UPDATE)))
		return;
	next = step_next(step, REPLY_OTHER, (enum stage)step->from->stage, said + usual_cost(USUAL_KEY_UPDATE));
	next.failed = step->from->failed;
	beam_offer(step->to, &next);
}

void step_whatever(const struct step *step, float said)
{
	const enum stage stage = step->from->stage == STAGE_LOGGED_IN || step->from->stage == STAGE_BYE
					 ? (enum stage)step->from->stage
					 : STAGE_READY;

	step_plain(step, asks(USUAL_WHATEVER, said + step_pieces_cost(step)), REPLY_OTHER, stage);
}
