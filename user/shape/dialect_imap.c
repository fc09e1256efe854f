/* SPDX-License-Identifier: BSD-2-Clause */
/* IMAP (RFC 9051). The client picks a tag and puts it before each command; the server repeats it before the reply. So a
 * tag of t bytes makes both t bytes longer, and how long it is follows from the commands without an argument. */
#include "user/shape/dialect.h"

#define TAG_USUAL_MAX 8
#define TAG_MAX 1000 /* no command line is much longer (RFC 9051, 4) */

/* What clients pick: "a", "a1", "A001", "abcd1", ... */
static const float tag_usual[TAG_USUAL_MAX + 1] = {0, 0.10F, 0.17F, 0.13F, 0.22F, 0.25F, 0.06F, 0.03F, 0.02F};
#define TAG_SAME 0.94F
#define TAG_GROWS 0.04F
#define TAG_SHRINKS 0.004F
#define TAG_OTHER 0.002F
#define TAG_CHANGES 0.0001F /* to any other length */
#define TAG_NEXT_COST 5.0F /* of the best reading with the same tag, from which on the next ones are tried */
#define TAG_ANY_COST 8.0F

/* Lengths of commands without their tag, CRLF included. */
#define NOOP_BYTES 7
#define LOGOUT_BYTES 9
#define CAPABILITY_BYTES 13
#define LINE_LONG 160 /* from here on a server may not even look at it */
#define LOGIN_BYTES 12 /* with one letter each for name and password */
#define AUTHENTICATE_BYTES 21 /* PLAIN and LOGIN */
#define AUTHENTICATE_CRAM_BYTES 24

static void imap_ready(const struct step *step)
{
	const struct length *in = &step->exchange->in;
	const uint32_t tag = step->from->tag_bytes;

	step_plain(step, asks(0.20F, likely_exactly(in, tag + CAPABILITY_BYTES)), REPLY_CAPABILITY, STAGE_READY);
	step_plain(step, asks(0.03F, likely_exactly(in, tag + NOOP_BYTES)), REPLY_NOOP, STAGE_READY);
	step_plain(step, asks(0.08F, likely_exactly(in, tag + LOGOUT_BYTES)), REPLY_LOGOUT, STAGE_BYE);
	/* who introduces himself (RFC 2971) does so before he tries */
	step_plain(step, asks(step->from->failed ? 0.01F : 0.06F, likely_open(in, tag + 9, 60, 1)), REPLY_ID,
		   STAGE_READY);
	step_refused(step, 0.02F, likely_open(in, tag + 3, 30, 1), tag);
	step_refused(step, 0.01F, likely_open(in, LINE_LONG, 100, 1), 1); /* "* BAD": too long to have a tag */
	step_attempt(step, asks(0.35F, likely_open(in, tag + LOGIN_BYTES, 22, 1)));
	if (in->count && in->range[0].most >= 2 * (tag + LOGIN_BYTES))
		step_several(step, asks(0.01F, likely_open(in, 2 * (tag + LOGIN_BYTES), 60, 1)), tag);
	step_attempt(step, asks(0.10F,
				likely_open(in, tag + AUTHENTICATE_BYTES + 5, 30, 4))); /* initial response, RFC 4959 */
	step_prompt(step, asks(0.10F, likely_exactly(in, tag + AUTHENTICATE_BYTES)));
	step_challenge(step, asks(0.04F, likely_exactly(in, tag + AUTHENTICATE_CRAM_BYTES)));
	step_challenge(step, asks(0.004F, likely_exactly(in, tag + AUTHENTICATE_CRAM_BYTES +
								     1))); /* mutt: a blank at the end */
	step_prompt_named(step, asks(0.03F, likely_open(in, tag + AUTHENTICATE_BYTES + 5, 20, 4))); /* LOGIN */
	step_prompt_other(step,
			  asks(0.02F, likely_open(in, tag + LOGIN_BYTES, 8, 1))); /* other mechanisms, a literal */
}

static void imap_inside(const struct step *step)
{
	const struct length *in = &step->exchange->in;
	const uint32_t tag = step->from->tag_bytes;

	step_inside(step, asks(0.6F, likely_open(in, tag + 4, 14, 1)));
	step_inside_plain(step, asks(0.15F, likely_exactly(in, tag + LOGOUT_BYTES)), REPLY_LOGOUT);
	step_inside_plain(step, asks(0.10F, likely_exactly(in, tag + NOOP_BYTES)), REPLY_NOOP);
	step_inside_plain(step, asks(0.10F, likely_exactly(in, tag + CAPABILITY_BYTES)), REPLY_CAPABILITY);
	step_inside_refused(step, asks(0.04F, likely_open(in, tag + 4, 14, 1))); /* guesses on, where nobody listens */
}

static void imap_stage(const struct step *step)
{
	const struct length *in = &step->exchange->in;

	switch (step->from->stage) {
	case STAGE_PROMPTED:
		step_sasl(step);
		break;
	case STAGE_LOGGED_IN:
		imap_inside(step);
		break;
	case STAGE_BYE:
		step_plain(step, asks(0.05F, likely_anything(in)), REPLY_OTHER, STAGE_BYE);
		break;
	default:
		imap_ready(step);
	}
}

static void with_tag(const struct step *step, uint32_t tag_bytes, float usual)
{
	struct reading from = *step->from;
	struct step with = *step;

	/* It holds tags that grow by one, as those of a client that counts: others would be learned with a wrong tag.
	 */
	if (from.tag_bytes && tag_bytes != from.tag_bytes && tag_bytes != from.tag_bytes + 1U)
		from.trace = TRACE_UNKNOWN;
	with.grew = from.tag_bytes && tag_bytes == from.tag_bytes + 1U;
	from.tag_bytes = (uint16_t)tag_bytes;
	from.cost += usual_cost(usual);
	with.from = &from;
	imap_stage(&with);
}

/* A tag that nobody would guess shows in what is otherwise of a known length. It is the client's to choose, so nothing
 * else may be concluded from how long it is. */
static void with_odd_tags(const struct step *step, float usual)
{
	static const uint8_t command_bytes[] = {CAPABILITY_BYTES, LOGOUT_BYTES, NOOP_BYTES, AUTHENTICATE_BYTES};
	const struct exchange *exchange = step->exchange;
	static const enum reply refusals[] = {REPLY_FAILURE, REPLY_BAD};
	uint32_t said, answered;

	if (exchange->in.count < 1 || exchange->out.count != 1)
		return;
	said = exchange->in.range[0].least;
	answered = exchange->out.range[0].least;
	for (unsigned int i = 0; i < sizeof(command_bytes); i++)
		if (said > (uint32_t)command_bytes[i] + TAG_USUAL_MAX && said <= TAG_MAX)
			with_tag(step, said - command_bytes[i], usual);
	for (unsigned int i = 0; i < 2 * PROFILE_LENGTHS; i++) {
		const struct reply_length *refusal =
			&step->knowledge->server->length[refusals[i / PROFILE_LENGTHS]][i % PROFILE_LENGTHS];

		if (refusal->seen && answered > (uint32_t)refusal->bytes + TAG_USUAL_MAX &&
		    answered - refusal->bytes + LOGIN_BYTES <= said)
			with_tag(step, answered - refusal->bytes, usual);
	}
}

/* Is there, with the tag as it was, no reading that comes easily? */
static bool is_hard(const struct step *step, float cost)
{
	return !step->to->count || step->to->least_cost > step->from->cost + cost;
}

/* A client that changes its tags for every attempt must not be lost sight of: a refusal of this server says how long
 * the tag is now. */
static void with_refused_tags(const struct step *step, float usual)
{
	const struct reply_length *refusal = step->knowledge->server->length[REPLY_FAILURE];
	const struct exchange *exchange = step->exchange;
	const uint32_t answered = exchange->out.range[0].least, said = exchange->in.range[0].least;

	if (exchange->in.count < 1 || exchange->out.count != 1)
		return;
	for (int i = 0; i < PROFILE_LENGTHS; i++)
		if (refusal[i].seen && answered > refusal[i].bytes && answered - refusal[i].bytes <= TAG_USUAL_MAX &&
		    answered - refusal[i].bytes + LOGIN_BYTES <= said)
			with_tag(step, answered - refusal[i].bytes, usual);
}

void dialect_imap(const struct step *step)
{
	const uint32_t tag = step->from->tag_bytes;

	if (!tag) {
		for (uint32_t i = 1; i <= TAG_USUAL_MAX; i++)
			with_tag(step, i, tag_usual[i]);
		with_odd_tags(step, TAG_OTHER);
		return;
	}
	with_tag(step, tag, TAG_SAME);
	if (step->from->stage == STAGE_PROMPTED || step->from->stage == STAGE_LOGGED_IN ||
	    !is_hard(step, TAG_NEXT_COST))
		return;
	with_tag(step, tag + 1, TAG_GROWS);
	if (tag > 1)
		with_tag(step, tag - 1, TAG_SHRINKS);
	if (step->exchange->more || !is_hard(step, TAG_ANY_COST))
		return;
	with_refused_tags(step, TAG_OTHER);
	with_odd_tags(step, TAG_CHANGES);
}
