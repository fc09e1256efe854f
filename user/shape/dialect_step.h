/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of dialect.c and dialect_attempt.c. */
#ifndef GATEPOST_DIALECT_STEP_H
#define GATEPOST_DIALECT_STEP_H

#include "user/shape/dialect.h"

/* step->from, one exchange later. */
struct reading step_next(const struct step *step, enum reply reply, enum stage stage, float cost);
uint16_t length_least(const struct length *length); /* of its first candidate; 0: nothing was said */

/* One command must not be told as many attempts, however often the server speaks: those that the client's bytes have no
 * room for are none. What a server that pads says of them is not known. */
void step_attempt_add(const struct step *step, struct reading *next, enum outcome outcome);

/* What has been said already costs too much, whatever the answer. */
static inline bool step_is_hopeless(const struct step *step, float said)
{
	return said >= COST_NEVER || beam_is_beyond(step->to, step->from->cost + said);
}

float step_reply_cost(const struct step *step, enum reply reply); /* its length and its delay */
/* One line is one record: it takes a strange server to send it in pieces. */
float step_pieces_cost(const struct step *step);
float step_prompt_cost(const struct step *step, bool asks_name);

/* A refusal: as long as those of this server are, or as the last one in this connection was. One length does not mean
 * two things. */
float step_refusal_cost(const struct step *step, enum reply reply);
void step_refusal_note(const struct step *step, struct reading *next, enum reply reply);

#endif
