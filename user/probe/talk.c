/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything that a server sends is hostile: a reply that does not end is given up at its size, one that does not come
 * at its time, and a server that hangs up again and again is left alone. */
#include "user/probe/talk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_MS 1000000ULL
#define LEAVE_MS 2000 /* for the server to hang up after QUIT */
#define HUNG_UP_MAX 3
#define REPLY_RECORDS_MAX 1024 /* of one byte each, they would keep us busy */

struct span talk_reply(const struct talk *talk)
{
	return span_of(talk->reply, talk->reply_bytes);
}

struct span talk_capabilities(const struct talk *talk)
{
	return span_of(talk->capabilities, talk->capabilities_bytes);
}

static uint64_t now_ns(const struct talk *talk)
{
	return talk->wire->now_ns(talk->wire->context);
}

static uint64_t until_ns(const struct talk *talk)
{
	return now_ns(talk) + talk->options->timeout_ms * NS_PER_MS;
}

/* ---- what is written down -------------------------------------------------------------------------------------- */

static void text_keep(char *text, size_t size, const char *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length && i + 1 < size; i++) {
		const bool printable = bytes[i] >= ' ' && bytes[i] <= '~';

		text[i] = printable || bytes[i] == '\r' || bytes[i] == '\n' ? bytes[i] : '?';
	}
	text[i] = '\0';
}

/* Names the account, or repeats what was sent, which may be the password in another spelling. */
static bool is_telling(const struct talk *talk, const char *line)
{
	const struct probe_account *account = talk->options->account;
	const struct span reply = talk_reply(talk);
	const char *word = line ? strrchr(line, ' ') : NULL;

	if (!talk->entering)
		return false;
	word = word ? word + 1 : line;
	if (talk->confidential && word && strlen(word) >= 4 && span_contains(reply, word))
		return true;
	return span_contains(reply, account->password) || span_contains(reply, account->name);
}

/* `line`: what it is the answer to. */
static void step_text(struct talk *talk, const char *line)
{
	struct transcript_step *step = talk->step;

	talk->telling = is_telling(talk, line);
	if (talk->telling)
		snprintf(step->text, sizeof(step->text), "(names the account)");
	else
		text_keep(step->text, sizeof(step->text), talk->reply, talk->reply_bytes);
}

static int step_new(struct talk *talk, const char *name)
{
	struct probe_transcript *transcript = talk->transcript;

	if (transcript->steps == TRANSCRIPT_STEPS)
		return talk_fault(talk, EPROTO, "the server makes the probe too long");
	talk->step = &transcript->step[transcript->steps++];
	talk->reply_records = 0;
	memset(talk->step, 0, sizeof(*talk->step));
	snprintf(talk->step->name, sizeof(talk->step->name), "%s", name);
	talk->reply_bytes = 0;
	talk->telling = false;
	talk->answer = ANSWER_NONE;
	return 0;
}

static void step_record(struct transcript_step *step, uint32_t bytes)
{
	const uint32_t last = TRANSCRIPT_RECORDS - 1;

	step->record_bytes[step->records < last ? step->records : last] += bytes;
	step->records += step->records <= last;
	step->total_bytes += bytes;
}

/* TLS 1.3 sends its tickets before the first reply, and they are as long as many a reply. */
static int steps_of_tickets(struct talk *talk)
{
	struct transcript_step *step = talk->step;
	uint32_t bytes[4];
	size_t count = talk->tickets_seen ? 0 : talk->wire->tickets(talk->wire->context, bytes, 4);
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		const size_t kept = talk->reply_bytes;
		const bool telling = talk->telling;
		const enum answer answer = talk->answer;

		err = step_new(talk, "ticket");
		talk->reply_bytes = kept;
		talk->telling = telling;
		talk->answer = answer;
		if (!err)
			step_record(talk->step, bytes[i]);
	}
	talk->tickets_seen |= count > 0;
	talk->step = step;
	return err;
}

int talk_fault(struct talk *talk, int error, const char *what)
{
	char said[100];
	struct span reply = talk_reply(talk);
	size_t line = span_find(reply, '\r') < span_find(reply, '\n') ? span_find(reply, '\r') : span_find(reply, '\n');

	text_keep(said, sizeof(said), talk->reply, line);
	if (!said[0] || talk->telling)
		return fault_set(talk->fault, error, "%s", what);
	return fault_set(talk->fault, error, "%s; the server said: %s", what, said);
}

void talk_call(struct talk *talk, const char *kind, const char *label)
{
	snprintf(talk->step->name, sizeof(talk->step->name), "%s:%s", kind, label);
}

/* ---- saying and hearing ---------------------------------------------------------------------------------------- */

void talk_close(struct talk *talk)
{
	if (talk->open)
		talk->wire->close(talk->wire->context);
	talk->open = false;
}

static int hung_up(struct talk *talk, bool answered)
{
	talk->step->closed = true;
	talk_close(talk);
	talk->hung_up += !answered;
	if (!answered)
		snprintf(talk->step->name, sizeof(talk->step->name), "unanswered");
	return talk->hung_up < HUNG_UP_MAX ? 0
					   : talk_fault(talk, ECONNRESET, "the server hangs up instead of answering");
}

/* One record more. 0: the server hung up. -EMSGSIZE: it does not stop. */
static int hear_record(struct talk *talk, uint64_t time_ns)
{
	int got;

	if (talk->reply_bytes > PROBE_REPLY_BYTES_MAX || talk->reply_records == REPLY_RECORDS_MAX)
		return -EMSGSIZE;
	got = talk->wire->receive(talk->wire->context, talk->reply + talk->reply_bytes, PROBE_RECORD_BYTES, time_ns);
	if (got > 0) {
		talk->reply_bytes += (size_t)got;
		talk->reply_records++;
		step_record(talk->step, (uint32_t)got);
	}
	return got;
}

static int hear_fault(struct talk *talk, int error)
{
	const bool clear = !strcmp(talk->step->name, "clear-greeting");
	char what[128];

	if (error == -EMSGSIZE)
		return talk_fault(talk, EPROTO, "the server's reply does not end");
	if (error != -ETIMEDOUT)
		return talk_fault(talk, -error, strerror(-error));
	snprintf(what, sizeof(what), "no answer to '%.24s' within %g s%s", talk->step->name,
		 talk->options->timeout_ms / 1000.0, clear ? "; does this port want TLS from the start?" : "");
	return talk_fault(talk, ETIMEDOUT, what);
}

static int hear(struct talk *talk, enum reply_form form, const char *line)
{
	const uint64_t asked_ns = now_ns(talk), time_ns = until_ns(talk);
	bool complete = false;
	int got;

	do {
		got = hear_record(talk, time_ns);
		if (talk->step->records == 1)
			talk->step->delay_ms = (uint32_t)((now_ns(talk) - asked_ns) / NS_PER_MS);
		complete = got > 0 && answer_is_complete(talk->protocol, form, talk_reply(talk));
	} while (got > 0 && !complete);
	step_text(talk, line);
	if (got < 0)
		return hear_fault(talk, got);
	if (!complete)
		return hung_up(talk, false);
	talk->answer = answer_of(talk->protocol, talk_reply(talk));
	return steps_of_tickets(talk);
}

/* What came unasked belongs to the answer before: on the wire it is not to be told from it. */
static int settle(struct talk *talk)
{
	int got = 1;

	while (talk->step && got > 0)
		got = hear_record(talk, now_ns(talk));
	if (got == -ETIMEDOUT || !talk->step)
		return 0;
	return got ? hear_fault(talk, got) : hung_up(talk, true);
}

static int ask(struct talk *talk, enum reply_form form, const char *name, const char *line)
{
	char bytes[TALK_LINE_BYTES];
	int length = snprintf(bytes, sizeof(bytes), "%s\r\n", line), err;

	if (length >= (int)sizeof(bytes))
		return talk_fault(talk, EINVAL, "the account's name and password are too long");
	err = step_new(talk, name);
	if (!err) {
		talk->step->sent_bytes = (uint32_t)length;
		err = talk->wire->send(talk->wire->context, bytes, (size_t)length, until_ns(talk));
	}
	explicit_bzero(bytes, sizeof(bytes));
	if (err == -ECONNRESET || err == -EPIPE)
		return hung_up(talk, false);
	return err ? talk_fault(talk, -err, "cannot send") : hear(talk, form, line);
}

int talk_ask_for(struct talk *talk, enum reply_form form, const char *name, const char *line)
{
	int err = talk->open ? settle(talk) : 0;

	if (!err && !talk->open)
		err = talk_open(talk);
	if (!err)
		err = ask(talk, form, name, line);
	/* A greeting does not count: many greet and then hang up. */
	if (!err && talk->answer != ANSWER_NONE)
		talk->hung_up = 0;
	return err;
}

int talk_ask(struct talk *talk, const char *name, const char *line)
{
	return talk_ask_for(talk, FORM_REPLY, name, line);
}

int talk_go_on(struct talk *talk, const char *name, const char *line)
{
	int err = talk->open ? settle(talk) : 0;

	if (!err && talk->open)
		return ask(talk, FORM_REPLY, name, line);
	talk->answer = ANSWER_NONE;
	return err;
}

int talk_leave(struct talk *talk, const char *name)
{
	const uint64_t time_ns = now_ns(talk) + LEAVE_MS * NS_PER_MS;
	int err, got = 1;

	if (!talk->open)
		return 0;
	err = ask(talk, FORM_REPLY, name, talk->protocol == PROTOCOL_IMAP ? "a1 LOGOUT" : "QUIT");
	while (!err && talk->open && got > 0)
		got = hear_record(talk, time_ns);
	if (!err && talk->open && !got)
		talk->step->closed = true;
	talk_close(talk);
	return err; /* however it ended: we are gone */
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static int greeting(struct talk *talk, const char *name)
{
	int err = step_new(talk, name);

	if (!err)
		err = hear(talk, FORM_GREETING, NULL);
	if (err)
		return err;
	if (!talk->open)
		return talk_fault(talk, ECONNRESET, "the server hung up before it greeted");
	return talk->answer == ANSWER_OK ? 0 : talk_fault(talk, EPROTO, "the server does not let us in");
}

/* Behind the answer to STARTTLS nothing may have come in the clear: somebody on the way could have put it there
 * (CVE-2011-0411). */
static int clear_start(struct talk *talk)
{
	const bool smtp = talk->protocol == PROTOCOL_SMTP;
	int err = greeting(talk, "clear-greeting");

	if (!err && smtp)
		err = ask(talk, FORM_REPLY, "clear-cap", "EHLO x");
	if (!err && talk->open)
		err = ask(talk, FORM_REPLY, "starttls",
			  smtp                              ? "STARTTLS"
			  : talk->protocol == PROTOCOL_POP3 ? "STLS"
							    : "a1 STARTTLS");
	if (err)
		return err;
	if (!talk->open || talk->answer != ANSWER_OK)
		return talk_fault(talk, EPROTO, "the server offers no TLS here, and nothing is said without it");
	if (memchr(talk->reply, '\n', talk->reply_bytes - 1))
		return talk_fault(talk, EPROTO, "more than an answer came before TLS");
	return 0;
}

static int hello(struct talk *talk)
{
	int err = ask(talk, FORM_REPLY, "cap:1", "EHLO x");

	if (err || !talk->open)
		return err ? err : talk_fault(talk, ECONNRESET, "the server hung up after EHLO");
	return talk->answer == ANSWER_OK ? 0 : talk_fault(talk, EPROTO, "EHLO was refused");
}

int talk_open(struct talk *talk)
{
	const struct probe_target *target = &talk->options->target;
	const bool starts_tls = target_starts_tls(target);
	int err = talk->wire->open(talk->wire->context, until_ns(talk), talk->fault);

	talk->open = !err;
	talk->step = NULL;
	talk->reply_bytes = 0;
	if (!err && starts_tls)
		err = clear_start(talk);
	if (!err)
		err = talk->wire->secure(talk->wire->context, until_ns(talk), talk->fault);
	if (!err && !starts_tls)
		err = greeting(talk, "greeting");
	if (!err && talk->protocol == PROTOCOL_SMTP)
		err = hello(talk);
	if (err)
		talk_close(talk);
	return err;
}
