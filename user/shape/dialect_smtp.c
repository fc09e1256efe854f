/* SPDX-License-Identifier: BSD-2-Clause */
/* SMTP submission (RFC 5321, 6409, 4954). */
#include "user/shape/dialect.h"

#define BARE_BYTES 6 /* QUIT, NOOP, RSET, DATA */
#define EHLO_BYTES 7
#define AUTH_BYTES 12 /* AUTH PLAIN, AUTH LOGIN */
#define AUTH_CRAM_BYTES 15
#define MAIL_BYTES 14 /* MAIL FROM:<> */

static void smtp_ready(const struct step *step)
{
	const struct length *in = &step->exchange->in;
	const float bare = likely_exactly(in, BARE_BYTES);

	/* nobody may log in before EHLO (RFC 4954, 4) */
	step_plain(step, asks(step->exchange->first ? 0.93F : 0.06F, likely_open(in, EHLO_BYTES, 14, 1)),
		   REPLY_CAPABILITY, STAGE_READY);
	step_plain(step, asks(0.08F, bare), REPLY_LOGOUT, STAGE_BYE);
	step_plain(step, asks(0.04F, bare), REPLY_NOOP, STAGE_READY);
	step_refused(step, 0.02F, likely_open(in, 3, 20, 1), 0);
	step_plain(step, asks(0.02F, likely_open(in, MAIL_BYTES, 30, 1)), REPLY_OTHER, STAGE_READY);
	step_attempt(step, asks(0.30F, likely_open(in, AUTH_BYTES + 5, 30, 4))); /* initial response */
	step_attempt(step,
		     asks(0.01F, likely_open(in, 2 * (AUTH_BYTES + 5), 60, 1))); /* the first of several at once */
	step_several(step, asks(0.01F, likely_open(in, 2 * (AUTH_BYTES + 5), 60, 1)), 0);
	step_prompt(step, asks(0.20F, likely_exactly(in, AUTH_BYTES)));
	step_prompt_named(step, asks(0.04F, likely_open(in, AUTH_BYTES + 5, 14, 4))); /* AUTH LOGIN with the name */
	step_challenge(step, asks(0.06F, likely_exactly(in, AUTH_CRAM_BYTES)));
	step_prompt_other(step, asks(0.01F, likely_open(in, AUTH_BYTES, 8, 1))); /* other mechanisms */
}

/* Answers to a group of commands come in one piece (RFC 2920). */
static void smtp_grouped(const struct step *step, float said)
{
	const struct reply_length *ok = step->knowledge->server->length[REPLY_NOOP];

	for (int i = 0; i < PROFILE_LENGTHS; i++)
		for (uint32_t count = 2; ok[i].seen && count <= 4; count++)
			if (likely_exactly(&step->exchange->out, count * ok[i].bytes) < COST_NEVER)
				step_inside_as(step, asks(0.05F, said));
}

static void smtp_inside(const struct step *step)
{
	const struct length *in = &step->exchange->in;
	const float bare = likely_exactly(in, BARE_BYTES);

	step_inside(step, asks(0.45F, likely_open(in, MAIL_BYTES, 20, 1))); /* MAIL, RCPT, the text */
	step_inside(step, asks(0.15F, bare)); /* DATA */
	step_inside_plain(step, asks(0.20F, likely_open(in, MAIL_BYTES, 20, 1)), REPLY_NOOP); /* 250 2.1.0 Ok */
	smtp_grouped(step, likely_open(in, BARE_BYTES, 40, 1));
	step_inside_plain(step, asks(0.08F, bare), REPLY_LOGOUT);
	step_inside_plain(step, asks(0.04F, bare), REPLY_NOOP);
	step_inside_plain(step, asks(0.02F, likely_open(in, EHLO_BYTES, 14, 1)), REPLY_CAPABILITY);
	step_inside_refused(step, asks(0.04F, likely_open(in, 3, 20, 1))); /* guesses on, where nobody listens */
}

void dialect_smtp(const struct step *step)
{
	const struct length *in = &step->exchange->in;

	switch (step->from->stage) {
	case STAGE_PROMPTED:
		step_sasl(step);
		break;
	case STAGE_LOGGED_IN:
		smtp_inside(step);
		break;
	case STAGE_BYE:
		step_plain(step, asks(0.05F, likely_anything(in)), REPLY_OTHER, STAGE_BYE);
		break;
	default:
		smtp_ready(step);
	}
}
