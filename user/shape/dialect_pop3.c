/* SPDX-License-Identifier: BSD-2-Clause */
/* POP3 (RFC 1939, 2449, 5034). Commands have four letters: all those without an argument are six bytes. */
#include "user/shape/dialect.h"

#define BARE_BYTES 6 /* CAPA, QUIT, NOOP, AUTH, STAT, LIST, UIDL */
#define AUTH_BYTES 12 /* AUTH PLAIN, AUTH LOGIN */
#define AUTH_CRAM_BYTES 15
#define APOP_BYTES 41 /* with one letter of a name, and the digest */

/* USER and PASS, and once more, without waiting. */
static void pop3_several(const struct step *step, float usual)
{
	const struct reply_length *user = step->knowledge->server->length[REPLY_USER];
	const float said = likely_open(&step->exchange->in, 4 * (BARE_BYTES + 2), 60, 1);

	for (int i = 0; i < PROFILE_LENGTHS; i++)
		if (user[i].seen)
			step_several(step, asks(usual, said), user[i].bytes);
}

static void pop3_auth(const struct step *step, float usual)
{
	const struct length *in = &step->exchange->in;

	step_attempt(step, asks(usual * 0.02F, likely_open(in, APOP_BYTES, 12, 1)));
	step_attempt(step, asks(usual * 0.07F, likely_open(in, AUTH_BYTES + 5, 30, 4))); /* initial response */
	pop3_several(step, usual * 0.01F);
	step_prompt(step, asks(usual * 0.09F, likely_exactly(in, AUTH_BYTES)));
	step_challenge(step, asks(usual * 0.03F, likely_exactly(in, AUTH_CRAM_BYTES)));
	step_prompt_named(step, asks(usual * 0.02F, likely_open(in, AUTH_BYTES + 5, 14, 4))); /* LOGIN */
	step_prompt_other(step, asks(usual * 0.01F, likely_open(in, AUTH_BYTES, 8, 1)));
}

static void pop3_ready(const struct step *step, float usual)
{
	const struct length *in = &step->exchange->in;
	const float bare = likely_exactly(in, BARE_BYTES), name = likely_open(in, BARE_BYTES + 2, 12, 1);

	step_plain(step, asks(usual * 0.20F, bare), REPLY_CAPABILITY, STAGE_READY);
	step_plain(step, asks(usual * 0.08F, bare), REPLY_LOGOUT, STAGE_BYE);
	step_plain(step, asks(usual * 0.02F, bare), REPLY_NOOP, STAGE_READY);
	step_plain(step, asks(usual * 0.02F, bare), REPLY_OTHER, STAGE_READY); /* AUTH: names of mechanisms */
	step_plain(step, asks(usual * 0.43F, name), REPLY_USER, STAGE_NAMED);
	step_refused(step, usual * 0.02F, likely_open(in, 3, 20, 1), 0);
}

/* The name holds until it is used, whatever is said meanwhile. */
static void pop3_named(const struct step *step)
{
	const struct length *in = &step->exchange->in;
	const float bare = likely_exactly(in, BARE_BYTES);

	step_attempt(step, asks(0.93F, likely_open(in, BARE_BYTES + 2, 8, 1))); /* PASS */
	step_plain(step, asks(0.01F, bare), REPLY_CAPABILITY, STAGE_NAMED);
	step_plain(step, asks(0.005F, bare), REPLY_NOOP, STAGE_NAMED);
	pop3_ready(step, 0.05F);
	pop3_auth(step, 0.001F);
	step_plain(step, asks(0.005F, likely_open(in, 3, 20, 1)), REPLY_BAD, STAGE_NAMED);
}

static void pop3_inside(const struct step *step)
{
	const struct length *in = &step->exchange->in;
	const float bare = likely_exactly(in, BARE_BYTES);

	step_inside(step, asks(0.45F, bare)); /* STAT, LIST, UIDL */
	step_inside(step, asks(0.30F, likely_open(in, BARE_BYTES + 1, 3, 1))); /* RETR, DELE */
	step_inside_plain(step, asks(0.15F, bare), REPLY_LOGOUT);
	step_inside_plain(step, asks(0.05F, bare), REPLY_CAPABILITY);
	step_inside_refused(step, asks(0.04F, likely_open(in, 3, 20, 1))); /* guesses on, where nobody listens */
}

void dialect_pop3(const struct step *step)
{
	const struct length *in = &step->exchange->in;

	switch (step->from->stage) {
	case STAGE_PROMPTED:
		step_sasl(step);
		break;
	case STAGE_NAMED:
		pop3_named(step);
		break;
	case STAGE_LOGGED_IN:
		pop3_inside(step);
		break;
	case STAGE_BYE:
		step_plain(step, asks(0.05F, likely_anything(in)), REPLY_OTHER, STAGE_BYE);
		break;
	default:
		pop3_ready(step, 1.0F);
		pop3_auth(step, 1.0F);
	}
}
