/* SPDX-License-Identifier: BSD-2-Clause */
/* POP3 (RFC 1939; AUTH RFC 5034; STLS RFC 2595; codes RFC 2449 and 3206). The lines of a long reply start with
 * neither +OK nor -ERR and are passed over. */
#include "user/read/wording.h"
#include "user/read/dialogue.h"

static void user_read(struct login *login, struct span name)
{
	login->pop3.account = account_digest(login, name);
	login->pop3.named = true;
	login->gate = GATE_REPLY;
}

/* The rest of the line, blanks and all, is the password. */
static void pass_read(struct login *login, struct span password, bool cut)
{
	exchange_start(login, "USER", NULL);
	login->exchange.account = login->pop3.account;
	login->exchange.partial = cut;
	/* without a name there is nothing to check it against */
	login->exchange.shown = login->pop3.named;
	exchange_credential(login, password);
	login->gate = GATE_REPLY;
}

/* RFC 1939, 7: name and digest; the digest differs with each greeting. */
static void apop_read(struct login *login, struct span rest)
{
	exchange_start(login, "APOP", NULL);
	exchange_challenge(login, span_token(&rest));
	login->exchange.shown = true;
	login->gate = GATE_REPLY;
}

static void pop3_command(struct login *login, const struct line *line)
{
	struct span rest = line->text;
	const struct span verb = span_token(&rest);

	if (span_is(verb, "PASS"))
		pass_read(login, span_from(line->text, (size_t)(verb.bytes - line->text.bytes) + 5), line->cut);
	else if (span_is(verb, "USER"))
		user_read(login, rest);
	else if (span_is(verb, "APOP"))
		apop_read(login, rest);
	else if (span_is(verb, "STLS"))
		login->gate = GATE_STARTTLS;
	else if (!span_is(verb, "AUTH") || !sasl_start(login, rest, line->cut))
		login->gate = GATE_REPLY;
}

static void pop3_lost(struct login *login, size_t length)
{
	(void)length;
	/* the name that the next PASS belongs to may have been in there, or a QUIT */
	login->pop3.account = 0;
	login->pop3.named = true;
}

/* RFC 3206: [AUTH] is the credentials, [SYS/...] is the server; RFC 2449: [IN-USE], [LOGIN-DELAY] come after a right
 * password or none. */
static enum outcome refusal_outcome(struct span text)
{
	if (span_begins(text, "[SYS/") || span_begins(text, "[IN-USE]") || span_begins(text, "[LOGIN-DELAY]"))
		return OUTCOME_UNKNOWN;
	return wording_unchecked(text) ? OUTCOME_UNKNOWN : OUTCOME_FAILURE;
}

/* Only what cannot be the reply to anything but a login. */
static enum outcome unmistakable_outcome(bool ok, struct span text)
{
	if (ok)
		return wording_welcomed(text) ? OUTCOME_SUCCESS : OUTCOME_UNKNOWN;
	return span_begins(text, "[AUTH]") || wording_refused(text) ? refusal_outcome(text) : OUTCOME_UNKNOWN;
}

static void attempt_reply(struct login *login, bool ok, struct span text)
{
	/* nothing in a POP3 reply says what it answers: after a loss a bare +OK may be that of an unseen USER */
	if (login->shaky && ok && !wording_welcomed(text))
		return;
	exchange_finish(login, ok             ? OUTCOME_SUCCESS
			       : login->shaky ? unmistakable_outcome(ok, text)
					      : refusal_outcome(text));
}

static void stray_reply(struct login *login, bool ok, struct span text)
{
	const enum outcome outcome = unmistakable_outcome(ok, text);

	if (outcome != OUTCOME_UNKNOWN)
		exchange_infer(login, outcome);
}

static void final_read(struct login *login, bool ok, struct span text)
{
	const bool greeting = !login->greeted && ok;

	login->greeted = true;
	if (greeting)
		return;
	if (login->gate == GATE_STARTTLS)
		tls_agreed(login, ok);
	else if (login->exchange.open)
		attempt_reply(login, ok, text);
	else if (login->gate == GATE_OPEN || !ok)
		stray_reply(login, ok, text);
	if (!login->exchange.open)
		login->gate = GATE_OPEN;
}

static bool pop3_reply(struct login *login, const struct line *line)
{
	struct span rest = line->text;
	const struct span status = span_token(&rest);

	if (span_is(status, "+OK") || span_is(status, "-ERR")) {
		final_read(login, span_is(status, "+OK"), rest);
		return true;
	}
	if (!span_is(status, "+"))
		return false;
	if (login->gate == GATE_SASL) {
		login->exchange.expects = true;
		login->gate = GATE_OPEN;
	}
	return true;
}

const struct dialogue pop3_dialogue = {pop3_command, pop3_reply, pop3_lost};
