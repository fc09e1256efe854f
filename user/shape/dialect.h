/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of shape: what each of the three dialogues allows next. A dialect offers, for one reading and one exchange,
 * every way in which the exchange could be meant, with what it costs to believe that. */
#ifndef GATEPOST_DIALECT_H
#define GATEPOST_DIALECT_H

#include "user/shape/beam.h"
#include "user/shape/nats.h"

struct step {
	const struct exchange *exchange;
	const struct knowledge *knowledge;
	struct reply_costs *costs; /* of the exchange */
	const struct reading *from; /* its tag is as it is now */
	struct beam *to;
	bool grew; /* the IMAP tag, by one byte: ten comes after nine */
};

typedef void (*dialect_fn)(const struct step *step);
void dialect_imap(const struct step *step);
void dialect_pop3(const struct step *step);
void dialect_smtp(const struct step *step);

static inline float usual_cost(float usual)
{
	return nats_of(usual);
}

/* What it costs to believe that the client says this: `usual` is how often one does so here, 0..1, `said` what it costs
 * that it is so long. In line: the first is a constant. */
static inline float asks(float usual, float said)
{
	return usual_cost(usual) + said;
}

/* A command that logs nobody in, and its reply. */
void step_plain(const struct step *step, float asked, enum reply reply, enum stage stage);
/* The server asks for more. */
void step_prompt(const struct step *step, float asked);
void step_prompt_named(const struct step *step, float asked); /* ... having been told the name */
void step_prompt_other(const struct step *step, float asked); /* ... without a word */
void step_challenge(const struct step *step, float asked);
/* The last word of an attempt: success, failure, or neither. `request_bytes`: what of the exchange was handed over. */
void step_attempt(const struct step *step, float asked);
/* Several attempts at once. `each_bytes`: what the server says to each besides the refusal or welcome. */
void step_several(const struct step *step, float asked, uint32_t each_bytes);
void step_refused(const struct step *step, float usual, float said, uint32_t tag_bytes); /* not understood */
/* SASL: what a client answers to a prompt. */
void step_sasl(const struct step *step);
/* Logged in: anything, as far as `said` goes. */
void step_inside(const struct step *step, float asked);
void step_inside_as(const struct step *step, float asked); /* ... answered exactly as expected */
/* Logged in: a command that means the same as before. */
void step_inside_plain(const struct step *step, float asked, enum reply reply);

/* Not of the dialogue at all: the client has changed its keys, and the server may have answered by changing its own
 * (RFC 8446, 4.6.3). */
void step_key_update(const struct step *step);

/* Nothing of the above: leads nowhere, logs nobody in. `said`: what its length costs. */
void step_whatever(const struct step *step, float said);

/* Logged in: refused; some programs do not notice that they are in and guess on. */
void step_inside_refused(const struct step *step, float asked);

#endif
