/* SPDX-License-Identifier: BSD-2-Clause */
/* IMAP (RFC 9051; literals RFC 7888; initial response RFC 4959; response codes RFC 5530). Replies are matched by
 * their tag. Only LOGIN, AUTHENTICATE and STARTTLS are understood; of anything
 * else just the literals are followed, lest their bytes be taken for commands. */
#include <errno.h>
#include <string.h>

#include "user/read/wording.h"
#include "user/read/dialogue.h"

#define ARGUMENT_BYTES_MAX 1024 /* a longer literal is no name or password that a server takes */
#define LOGIN_ARGUMENTS 2

static void command_over(struct login *login)
{
	login->imap.command = IMAP_NONE;
	login->gate = GATE_REPLY;
}

/* ---- arguments ------------------------------------------------------------------------------------------------- */

static void argument_take(struct login *login, struct span argument)
{
	if (login->imap.argument == 0) {
		exchange_account(login, argument);
	} else if (login->imap.argument == 1) {
		exchange_credential(login, argument);
		login->exchange.shown = true;
	}
	login->imap.argument++;
}

/* "...": backslash escapes the next byte. An end that is missing is the end of the line. */
static void quoted_take(struct login *login, struct span *rest)
{
	uint8_t argument[LINE_BYTES_MAX];
	size_t length = 0, at = 1;

	while (at < rest->length && rest->bytes[at] != '"') {
		if (rest->bytes[at] == '\\' && at + 1 < rest->length)
			at++;
		argument[length++] = rest->bytes[at++];
	}
	*rest = span_from(*rest, at + 1);
	argument_take(login, span_of(argument, length));
	explicit_bzero(argument, length);
}

static void literal_start(struct login *login, uint64_t bytes, bool wait)
{
	struct imap *imap = &login->imap;

	imap->literal_left = bytes;
	imap->literal_wanted = imap->command == IMAP_LOGIN && bytes <= ARGUMENT_BYTES_MAX;
	if (!bytes && imap->command == IMAP_LOGIN)
		argument_take(login, span_of(NULL, 0));
	if (wait)
		login->gate = GATE_LITERAL;
}

/* {n} or {n+} and nothing behind it, perhaps ~ before it. -EINVAL if the span is not a literal's announcement. */
static int literal_parse(struct span text, uint64_t *ret_bytes, bool *ret_wait)
{
	if (span_begins(text, "~"))
		text = span_from(text, 1);
	if (text.length < 3 || text.bytes[0] != '{' || text.bytes[text.length - 1] != '}')
		return -EINVAL;
	text = span_of(text.bytes + 1, text.length - 2);
	*ret_wait = text.bytes[text.length - 1] != '+';
	if (!*ret_wait)
		text.length--;
	return span_number(text, UINT32_MAX, ret_bytes);
}

static void arguments_read(struct login *login, struct span rest)
{
	uint64_t bytes;
	bool wait;

	while (rest.length && login->imap.argument < LOGIN_ARGUMENTS) {
		if (rest.bytes[0] == ' ') {
			rest = span_from(rest, 1);
		} else if (rest.bytes[0] == '"') {
			quoted_take(login, &rest);
		} else if (!literal_parse(rest, &bytes, &wait)) {
			literal_start(login, bytes, wait);
			return;
		} else {
			argument_take(login, span_token(&rest));
		}
	}
	command_over(login);
}

/* A line of another command: does a literal follow? It starts a word, or an element of a list. */
static void other_read(struct login *login, struct span line)
{
	size_t start = line.length;
	uint64_t bytes;
	bool wait;

	while (start && line.bytes[start - 1] != ' ' && line.bytes[start - 1] != '(')
		start--;
	if (start && !literal_parse(span_from(line, start), &bytes, &wait))
		literal_start(login, bytes, wait);
	else
		command_over(login);
}

static void line_read(struct login *login, struct span rest, bool cut)
{
	login->exchange.partial |= cut && login->imap.command == IMAP_LOGIN;
	if (login->imap.command == IMAP_LOGIN)
		arguments_read(login, rest);
	else if (!cut)
		other_read(login, rest);
	else
		command_over(login);
	/* what else was in it, a literal perhaps, the server knows */
	login->shaky |= cut && login->imap.command != IMAP_LOGIN;
}

void imap_literal(struct login *login, struct span bytes)
{
	struct imap *imap = &login->imap;

	imap->literal_left -= bytes.length;
	if (imap->literal_wanted) {
		argument_take(login, bytes);
	} else if (!imap->literal_left && imap->command == IMAP_LOGIN) {
		/* too long to be kept, but handed over it was */
		imap->argument++;
		login->exchange.shown = true;
	}
}

/* ---- commands -------------------------------------------------------------------------------------------------- */

static uint64_t tag_digest(const struct login *login, struct span tag)
{
	return login->digest.hash(login->digest.key, tag.bytes, tag.length);
}

static void imap_command(struct login *login, const struct line *line)
{
	struct span rest = line->text, tag, verb;

	if (login->imap.command != IMAP_NONE) {
		line_read(login, rest, line->cut);
		return;
	}
	tag = span_token(&rest);
	verb = span_token(&rest);
	if (!tag.length)
		return; /* servers differ in whether they answer to nothing */
	login->imap.tag = tag_digest(login, tag);
	login->imap.argument = 0;
	if (span_is(verb, "AUTHENTICATE") && sasl_start(login, rest, line->cut))
		return;
	if (span_is(verb, "STARTTLS")) {
		login->gate = GATE_STARTTLS;
		return;
	}
	login->imap.command = span_is(verb, "LOGIN") ? IMAP_LOGIN : IMAP_OTHER;
	if (login->imap.command == IMAP_LOGIN)
		exchange_start(login, "LOGIN", NULL);
	line_read(login, login->imap.command == IMAP_LOGIN ? rest : line->text, line->cut);
}

/* A hole in a literal costs its contents, any other may have swallowed the rest of the command. */
static void imap_lost(struct login *login, size_t length)
{
	struct imap *imap = &login->imap;
	const bool inside = length <= imap->literal_left;

	imap->literal_wanted = false;
	imap->literal_left = inside ? imap->literal_left - length : 0;
	if (imap->command == IMAP_NONE || (inside && imap->literal_left))
		return;
	if (imap->command == IMAP_LOGIN)
		login->exchange.shown = true;
	command_over(login);
}

/* ---- replies --------------------------------------------------------------------------------------------------- */

/* What NO means for the password. Without a code, or with one that says nothing of the kind, NO is NO. */
static enum outcome refusal_outcome(struct span text)
{
	static const char *const unchecked[] = {
		"[UNAVAILABLE]", "[INUSE]",     "[LIMIT]",  "[PRIVACYREQUIRED]", "[CONTACTADMIN]",
		"[SERVERBUG]",   "[CLIENTBUG]", "[CANNOT]", "[OVERQUOTA]",       "[CORRUPTION]",
	};

	if (span_begins(text, "[AUTHENTICATIONFAILED]"))
		return OUTCOME_FAILURE;
	for (size_t i = 0; i < sizeof(unchecked) / sizeof(unchecked[0]); i++)
		if (span_begins(text, unchecked[i]))
			return OUTCOME_UNKNOWN;
	return wording_unchecked(text) ? OUTCOME_UNKNOWN : OUTCOME_FAILURE;
}

static enum outcome reply_outcome(const struct login *login, struct span status, struct span text)
{
	if (span_is(status, "OK"))
		return login->shaky && !wording_welcomed(text) ? OUTCOME_UNKNOWN : OUTCOME_SUCCESS;
	if (span_is(status, "NO"))
		return refusal_outcome(text);
	/* BAD is "I do not understand", but a few servers refuse with it, and say so */
	return wording_refused(text) ? OUTCOME_FAILURE : OUTCOME_UNKNOWN;
}

/* A tagged reply to a command that we did not see: only what cannot mean anything else. */
static void reply_infer(struct login *login, struct span status, struct span text)
{
	if (span_is(status, "OK") && wording_welcomed(text))
		exchange_infer(login, OUTCOME_SUCCESS);
	else if (span_is(status, "NO") && (span_begins(text, "[AUTHENTICATIONFAILED]") || wording_refused(text)))
		exchange_infer(login, OUTCOME_FAILURE);
}

static void prompt_read(struct login *login)
{
	if (login->gate == GATE_SASL)
		login->exchange.expects = true;
	if (login->gate == GATE_SASL || login->gate == GATE_LITERAL)
		login->gate = GATE_OPEN;
}

/* The command has its answer: whatever of it was still to come is not taken by the server any more. What the server
 * says of a login stands, even if we took the command for something else. */
static void completion_read(struct login *login, struct span status, struct span text)
{
	const bool tls = login->gate == GATE_STARTTLS && span_is(status, "OK");

	login->imap.literal_left = 0;
	login->imap.command = IMAP_NONE;
	login->gate = GATE_OPEN;
	if (tls)
		tls_agreed(login, true);
	else if (login->exchange.open)
		exchange_finish(login, reply_outcome(login, status, text));
	else
		reply_infer(login, status, text);
}

static void untagged_read(struct login *login, bool greeting, struct span status, struct span text)
{
	if (greeting && span_is(status, "PREAUTH"))
		login->state = LOGIN_DONE;
	/* what has no tag that the server could repeat is refused without one */
	else if (span_is(status, "BAD") && login->gate != GATE_OPEN)
		completion_read(login, status, text);
}

static void tagged_read(struct login *login, struct span tag, struct span status, struct span text)
{
	login->reply_bytes -= (uint16_t)(tag.length < login->reply_bytes ? tag.length : login->reply_bytes);
	if (tag_digest(login, tag) == login->imap.tag)
		completion_read(login, status, text);
	else
		reply_infer(login, status, text);
	/* an answer to what we took for something else: it is answered all the same */
	if (!login->exchange.open && login->gate == GATE_REPLY)
		login->gate = GATE_OPEN;
}

static bool imap_reply(struct login *login, const struct line *line)
{
	const bool greeting = !login->greeted;
	struct span rest = line->text;
	const struct span tag = span_token(&rest);
	struct span text = rest;
	const struct span status = span_token(&text);

	login->greeted = true;
	if (span_is(status, "NO") && login->gate != GATE_OPEN && tag_digest(login, tag) == login->imap.tag)
		tagged_read(login, tag, status, text); /* even if the tag is "*" */
	else if (span_is(tag, "*"))
		untagged_read(login, greeting, status, text);
	else if (span_is(tag, "+"))
		prompt_read(login);
	else if (tag.length && (span_is(status, "OK") || span_is(status, "NO") || span_is(status, "BAD")))
		tagged_read(login, tag, status, text);
	else
		return false;
	return true;
}

const struct dialogue imap_dialogue = {imap_command, imap_reply, imap_lost};
