/* SPDX-License-Identifier: BSD-2-Clause */
/* SMTP submission (RFC 6409; AUTH RFC 4954; STARTTLS RFC 3207). The codes that matter say themselves what they answer
 * (235, 334, 535; 220; 354). A mail sent before AUTH is passed over when the server asks for it with 354; BDAT is not
 * followed: its chunk is taken for commands, whose replies never are those of an AUTH. */
#include "user/read/wording.h"
#include "user/read/dialogue.h"

enum reply_code {
	CODE_READY = 220,
	CODE_AUTHENTICATED = 235,
	CODE_PROMPT = 334,
	CODE_SEND_MAIL = 354,
	CODE_REFUSED = 535,
};

static void body_line(struct login *login, const struct line *line)
{
	if (line->cut || !span_is(line->text, "."))
		return;
	login->smtp.body = false;
	login->gate = GATE_REPLY;
}

static void smtp_command(struct login *login, const struct line *line)
{
	struct span rest = line->text;
	const struct span verb = span_token(&rest);

	if (login->smtp.body)
		body_line(login, line);
	else if (span_is(verb, "STARTTLS"))
		login->gate = GATE_STARTTLS;
	else if (span_is(verb, "DATA"))
		login->gate = GATE_DATA;
	else if (!span_is(verb, "AUTH") || !sasl_start(login, rest, line->cut))
		login->gate = GATE_REPLY;
}

static void smtp_lost(struct login *login, size_t length)
{
	(void)login;
	(void)length;
}

/* RFC 4954, 6. 4xx is trouble of the server's, 500-504, 530, 534 and 538 come before any check. 5.7.8 is "credentials
 * invalid" under whatever code, and a few servers only have words. */
static enum outcome refusal_outcome(unsigned int code, struct span text)
{
	if (code == CODE_REFUSED || span_begins(text, "5.7.8 "))
		return wording_unchecked(text) ? OUTCOME_UNKNOWN : OUTCOME_FAILURE;
	if ((code == 550 || code == 553 || code == 554) && wording_refused(text))
		return OUTCOME_FAILURE;
	return OUTCOME_UNKNOWN;
}

static void auth_reply(struct login *login, unsigned int code, struct span text)
{
	if (code == CODE_PROMPT) {
		login->exchange.expects = true;
		login->gate = GATE_OPEN;
	} else if (code == CODE_AUTHENTICATED) {
		exchange_finish(login, OUTCOME_SUCCESS);
	} else if (code >= 400) {
		/* any other consent is late, for a command that was not seen: it cannot answer AUTH */
		exchange_finish(login, refusal_outcome(code, text));
	}
}

static void other_reply(struct login *login, unsigned int code, struct span text)
{
	const enum gate gate = login->gate;

	login->gate = GATE_OPEN;
	if (gate == GATE_STARTTLS)
		tls_agreed(login, code == CODE_READY);
	else if (gate == GATE_DATA)
		login->smtp.body = code == CODE_SEND_MAIL;
	/* an AUTH that we did not see, or did not take for one */
	if (code == CODE_AUTHENTICATED)
		exchange_infer(login, OUTCOME_SUCCESS);
	else if (code == CODE_REFUSED && refusal_outcome(code, text) == OUTCOME_FAILURE)
		exchange_infer(login, OUTCOME_FAILURE);
}

static bool smtp_reply(struct login *login, const struct line *line)
{
	const struct span text = line->text;
	const bool greeting = !login->greeted;
	uint64_t code;

	if (text.length < 3 || span_number(span_of(text.bytes, 3), 999, &code) || code < 200)
		return false;
	if (text.length > 3 && text.bytes[3] == '-')
		return true; /* more lines of this reply follow */
	login->greeted = true;
	if (greeting && code == CODE_READY)
		return true;
	if (login->exchange.open)
		auth_reply(login, (unsigned int)code, span_from(text, 4));
	else
		other_reply(login, (unsigned int)code, span_from(text, 4));
	return true;
}

const struct dialogue smtp_dialogue = {smtp_command, smtp_reply, smtp_lost};
