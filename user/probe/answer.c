/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/probe/answer.h"

#include <string.h>

#include "user/read/wording.h"

/* ---- lines ----------------------------------------------------------------------------------------------------- */

/* The next line without its end; false: none, or one that is not whole yet. */
static bool line_take(struct span *rest, struct span *ret_line)
{
	const size_t length = span_find(*rest, '\n');

	if (length == rest->length)
		return false;
	*ret_line = span_of(rest->bytes, length && rest->bytes[length - 1] == '\r' ? length - 1 : length);
	*rest = span_from(*rest, length + 1);
	return true;
}

/* The last line, when nothing comes behind it. */
static bool line_last(struct span reply, struct span *ret_line)
{
	bool found = false;

	while (line_take(&reply, ret_line))
		found = true;
	return found && !reply.length;
}

static struct span line_first(struct span reply)
{
	struct span line;

	return line_take(&reply, &line) ? line : span_of(reply.bytes, 0);
}

/* ---- where a reply ends ---------------------------------------------------------------------------------------- */

bool answer_is_complete(enum protocol protocol, enum reply_form form, struct span reply)
{
	struct span last;

	if (!line_last(reply, &last))
		return false;
	if (protocol == PROTOCOL_SMTP)
		return last.length < 4 || last.bytes[3] != '-';
	if (form == FORM_GREETING)
		return true;
	if (protocol == PROTOCOL_IMAP)
		return span_begins(last, "a1 ") || span_begins(last, "+");
	return form != FORM_LIST || span_is(last, ".") || !span_begins(reply, "+OK");
}

/* ---- what it says ---------------------------------------------------------------------------------------------- */

static bool contains_any(struct span text, const char *const *words)
{
	while (*words && !span_contains(text, *words))
		words++;
	return *words != NULL;
}

static enum answer refusal(struct span text)
{
	static const char *const temporary[] = {
		"[UNAVAILABLE]", "[INUSE]",       "[LIMIT]",  "[SERVERBUG]",     "[SYS/TEMP]", /* RFC 5530, RFC 3206 */
		"[IN-USE]",      "[LOGIN-DELAY]", "temporar", "try again later", "too many",   NULL,
	};
	static const char *const senseless[] = {"unrecognized", "invalid command", "syntax", NULL};

	if (contains_any(text, temporary))
		return ANSWER_TEMPORARY;
	return wording_unchecked(text) || contains_any(text, senseless) ? ANSWER_BAD : ANSWER_REFUSED;
}

static enum answer imap_answer(struct span line)
{
	struct span rest = line, tag = span_token(&rest), text = rest, status = span_token(&text);

	if (span_begins(line, "+"))
		return ANSWER_MORE;
	if (!span_is(tag, "a1") && !span_is(tag, "*"))
		return ANSWER_NONE;
	if (span_is(status, "OK"))
		return ANSWER_OK;
	if (span_is(status, "NO"))
		return refusal(text);
	return span_is(status, "BAD") ? ANSWER_BAD : ANSWER_NONE;
}

static enum answer pop3_answer(struct span line)
{
	if (span_begins(line, "+OK"))
		return ANSWER_OK;
	if (span_begins(line, "-ERR"))
		return refusal(line);
	return span_begins(line, "+") ? ANSWER_MORE : ANSWER_NONE;
}

static enum answer smtp_answer(struct span line)
{
	uint64_t code;

	if (span_number(span_of(line.bytes, line.length < 3 ? line.length : 3), 999, &code) || code < 200 || code > 599)
		return ANSWER_NONE;
	if (code < 300)
		return ANSWER_OK;
	if (code < 400)
		return ANSWER_MORE;
	if (code < 500)
		return ANSWER_TEMPORARY;
	/* RFC 5321, 4.2.2: 500 to 504 are about commands. RFC 4954, 6: 534, a stronger mechanism is wanted. */
	return code < 510 || code == 534 ? ANSWER_BAD : refusal(line);
}

enum answer answer_of(enum protocol protocol, struct span reply)
{
	struct span last;

	if (protocol == PROTOCOL_POP3)
		return pop3_answer(line_first(reply));
	if (!line_last(reply, &last))
		return ANSWER_NONE;
	return protocol == PROTOCOL_IMAP ? imap_answer(last) : smtp_answer(last);
}

bool answer_is_refusal(enum protocol protocol, struct span reply)
{
	return answer_of(protocol, reply) == ANSWER_REFUSED && wording_refused(reply);
}

/* ---- what it offers -------------------------------------------------------------------------------------------- */

bool offer_has(struct span capabilities, const char *word)
{
	struct span line, found;

	while (line_take(&capabilities, &line))
		while ((found = span_token(&line)).length)
			if (span_is(found, word))
				return true;
	return false;
}

/* POP3: "SASL PLAIN LOGIN". SMTP: "250-AUTH PLAIN LOGIN", and "250-AUTH=PLAIN LOGIN" for clients of old. */
static bool list_offers(struct span line, const char *name, const char *mechanism)
{
	struct span found = span_token(&line);

	if (!span_is(found, name))
		return false;
	while ((found = span_token(&line)).length)
		if (span_is(found, mechanism))
			return true;
	return false;
}

bool offer_names(enum protocol protocol, struct span capabilities, const char *mechanism)
{
	struct span line, found;

	while (line_take(&capabilities, &line)) {
		if (protocol == PROTOCOL_POP3 && list_offers(line, "SASL", mechanism))
			return true;
		if (protocol == PROTOCOL_SMTP && list_offers(span_from(line, 4), "AUTH", mechanism))
			return true;
		if (protocol != PROTOCOL_IMAP)
			continue;
		while ((found = span_token(&line)).length)
			if (span_begins(found, "AUTH=") && span_is(span_from(found, strlen("AUTH=")), mechanism))
				return true;
	}
	return false;
}
