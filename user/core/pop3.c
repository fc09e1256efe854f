/* SPDX-License-Identifier: BSD-2-Clause */
/* POP3 (RFC 1939; AUTH RFC 5034; STLS RFC 2595; codes RFC 2449 and 3206). One reply a command, in order, so replies
 * are counted; the lines of a long reply start with neither +OK nor -ERR and are passed over. */
#include "user/core/wording.h"
#include "user/core/dialogue.h"

static void user_read(struct login *login, struct span name)
{
	login->pop3.account = account_digest(login, name);
	login->pop3.named = true;
	command_counted(login);
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
	exchange_account(login, span_token(&rest));
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
		command_counted(login);
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

static void reply_infer(struct login *login, bool ok, struct span text)
{
	if (ok && wording_welcomed(text))
		exchange_infer(login, OUTCOME_SUCCESS);
	else if (!ok && (span_begins(text, "[AUTH]") || wording_refused(text)) && !wording_unchecked(text))
		exchange_infer(login, OUTCOME_FAILURE);
}

static void final_read(struct login *login, bool ok, struct span text)
{
	const bool greeting = !login->greeted && ok;

	login->greeted = true;
	if (greeting || reply_was_due(login))
		return;
	if (login->gate == GATE_STARTTLS)
		tls_agreed(login, ok);
	else if (login->exchange.open)
		exchange_finish(login, ok ? OUTCOME_SUCCESS : refusal_outcome(text));
	else
		reply_infer(login, ok, text);
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
	if (login->gate == GATE_SASL && !login->ahead) {
		login->exchange.expects = true;
		login->gate = GATE_OPEN;
	}
	return true;
}

const struct dialogue pop3_dialogue = { pop3_command, pop3_reply, pop3_lost };
