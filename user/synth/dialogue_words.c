/* SPDX-License-Identifier: BSD-2-Clause */
/* How programs log in, as far as their records in captures tell: which mechanism, with or without an initial response,
 * and what their IMAP tags look like, since a reply is as much longer as its tag. */
#include "user/synth/dialogue_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "user/synth/words.h"

#define IDENTITY_BYTES (2 + WORDS_ACCOUNT_BYTES + WORDS_PASSWORD_BYTES)
#define BASE64_BYTES (IDENTITY_BYTES * 4 / 3 + 4)

enum way {
	WAY_COMMAND, /* LOGIN, USER and PASS */
	WAY_PLAIN_AT_ONCE, /* with the initial response */
	WAY_PLAIN,
	WAY_LOGIN, /* two prompts */
};

static const struct habit {
	const char *tag; /* a format for a number */
	enum way way[3]; /* tried one after the other */
} habits[SYNTH_CLIENT_MAX] = {
	[SYNTH_CLIENT_THUNDERBIRD] = {"%u", {WAY_PLAIN_AT_ONCE, WAY_LOGIN, WAY_COMMAND}},
	[SYNTH_CLIENT_FETCHMAIL] = {"A%04u", {WAY_COMMAND, WAY_COMMAND, WAY_COMMAND}},
	[SYNTH_CLIENT_PYTHON] = {"KBHM%u", {WAY_COMMAND, WAY_COMMAND, WAY_COMMAND}},
	[SYNTH_CLIENT_CURL] = {"A%03u", {WAY_PLAIN_AT_ONCE, WAY_PLAIN_AT_ONCE, WAY_PLAIN_AT_ONCE}},
	[SYNTH_CLIENT_MUTT] = {"a%04u", {WAY_COMMAND, WAY_COMMAND, WAY_COMMAND}},
	[SYNTH_CLIENT_HYDRA] = {"%u", {WAY_LOGIN, WAY_LOGIN, WAY_LOGIN}},
	[SYNTH_CLIENT_MEDUSA] = {"A%03u", {WAY_COMMAND, WAY_COMMAND, WAY_COMMAND}},
	[SYNTH_CLIENT_NCRACK] = {"N%03u", {WAY_COMMAND, WAY_COMMAND, WAY_COMMAND}},
	[SYNTH_CLIENT_NMAP] = {"a%03u", {WAY_COMMAND, WAY_COMMAND, WAY_COMMAND}},
	[SYNTH_CLIENT_PATATOR] = {"PATA%u", {WAY_COMMAND, WAY_COMMAND, WAY_COMMAND}},
};

void dialogue_add(struct line *line, const char *format, ...)
{
	const size_t room = sizeof(line->text) - line->length;
	va_list values;
	int wanted;

	va_start(values, format);
	wanted = vsnprintf(line->text + line->length, room, format, values);
	va_end(values);
	if (wanted > 0 && (size_t)wanted < room)
		line->length = (uint16_t)(line->length + wanted);
}

/* The habit, or the nearest to it that this server offers. */
static enum way way_of(const struct dialogue *dialogue)
{
	enum way way = habits[dialogue->connection->client].way[dialogue->tried % 3];

	if (way == WAY_LOGIN && !dialogue->words->login)
		way = WAY_PLAIN;
	if (way == WAY_COMMAND && dialogue->protocol == PROTOCOL_SMTP)
		way = WAY_PLAIN_AT_ONCE; /* SMTP has no LOGIN command */
	if (way == WAY_PLAIN_AT_ONCE && !dialogue->words->initial_response)
		way = WAY_PLAIN;
	return way;
}

bool dialogue_is_sasl(const struct dialogue *dialogue)
{
	return way_of(dialogue) != WAY_COMMAND;
}

void dialogue_tag(const struct dialogue *dialogue, char buffer[DIALOGUE_TAG_BYTES])
{
	int length = 0;

	for (const char *at = habits[dialogue->connection->client].tag; *at; at++) {
		const int width = at[0] == '%' && at[1] == '0' ? at[2] - '0' : 0;

		if (*at == '%') {
			length += snprintf(buffer + length, (size_t)(DIALOGUE_TAG_BYTES - length), "%0*u", width,
					   dialogue->tag);
			at = strchr(at, 'u');
		} else {
			buffer[length++] = *at;
		}
	}
	buffer[length] = '\0';
}

static void add_base64(struct line *line, const char *bytes, size_t count)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (; count; count -= count < 3 ? count : 3, bytes += 3) {
		const uint32_t word = (uint32_t)(uint8_t)bytes[0] << 16 |
				      (count > 1 ? (uint32_t)(uint8_t)bytes[1] << 8 : 0) |
				      (count > 2 ? (uint32_t)(uint8_t)bytes[2] : 0);

		dialogue_add(line, "%c%c%c%c", letters[word >> 18], letters[word >> 12 & 63],
			     count > 1 ? letters[word >> 6 & 63] : '=', count > 2 ? letters[word & 63] : '=');
	}
}

/* RFC 4616: nobody's authority, the account, its password, with zeros between. */
static void add_plain(const struct dialogue *dialogue, struct line *line)
{
	const struct synth_attempt *attempt = dialogue_attempt(dialogue);
	char identity[IDENTITY_BYTES], *at = identity + 1;

	identity[0] = '\0';
	at += strlen(words_account(attempt->account, at)) + 1;
	at += strlen(words_password(attempt->password, at));
	add_base64(line, identity, (size_t)(at - identity));
}

/* ---- the server's prompts, the client's responses ---------------------------------------------------------------- */

void dialogue_prompt(const struct dialogue *dialogue, struct line *line)
{
	const char *begin = dialogue->protocol == PROTOCOL_SMTP ? "334 " : "+ ";

	if (way_of(dialogue) == WAY_COMMAND)
		dialogue_add(line, "%s", dialogue->words->user);
	else if (way_of(dialogue) == WAY_PLAIN)
		dialogue_add(line, "%s\r\n", begin);
	else
		dialogue_add(line, "%s%s\r\n", begin, dialogue->responses == 2 ? "VXNlcm5hbWU6" : "UGFzc3dvcmQ6");
}

static void respond(struct dialogue *dialogue, struct line *line)
{
	const struct synth_attempt *attempt = dialogue_attempt(dialogue);
	char account[WORDS_ACCOUNT_BYTES], password[WORDS_PASSWORD_BYTES];

	words_account(attempt->account, account);
	words_password(attempt->password, password);
	if (way_of(dialogue) == WAY_COMMAND)
		dialogue_add(line, "PASS %s", password);
	else if (way_of(dialogue) == WAY_PLAIN)
		add_plain(dialogue, line);
	else if (dialogue->responses == 2)
		add_base64(line, account, strlen(account));
	else
		add_base64(line, password, strlen(password));
	dialogue_add(line, "\r\n");
	dialogue->responses--;
}

/* ---- commands ---------------------------------------------------------------------------------------------------- */

/* IMAP's commands begin with a tag, the others' with nothing. */
static void begin_command(struct dialogue *dialogue, struct line *line)
{
	char tag[DIALOGUE_TAG_BYTES];

	dialogue->tag++;
	if (dialogue->protocol != PROTOCOL_IMAP)
		return;
	dialogue_tag(dialogue, tag);
	dialogue_add(line, "%s ", tag);
}

static void try_command(struct dialogue *dialogue, struct line *line)
{
	const struct synth_attempt *attempt = dialogue_attempt(dialogue);
	char account[WORDS_ACCOUNT_BYTES], password[WORDS_PASSWORD_BYTES];

	words_account(attempt->account, account);
	words_password(attempt->password, password);
	if (dialogue->protocol == PROTOCOL_IMAP) {
		dialogue_add(line, "LOGIN %s %s\r\n", account, password);
		return;
	}
	dialogue_add(line, "USER %s\r\n", account);
	dialogue->responses = 1;
}

static void try_once(struct dialogue *dialogue, struct line *line)
{
	const char *verb = dialogue->protocol == PROTOCOL_IMAP ? "AUTHENTICATE" : "AUTH";

	dialogue->responses = 0;
	switch (way_of(dialogue)) {
	case WAY_COMMAND:
		try_command(dialogue, line);
		break;
	case WAY_PLAIN_AT_ONCE:
		dialogue_add(line, "%s PLAIN ", verb);
		add_plain(dialogue, line);
		dialogue_add(line, "\r\n");
		break;
	case WAY_PLAIN:
		dialogue_add(line, "%s PLAIN\r\n", verb);
		dialogue->responses = 1;
		break;
	case WAY_LOGIN:
		dialogue_add(line, "%s LOGIN\r\n", verb);
		dialogue->responses = 2;
		break;
	}
}

void dialogue_command(struct dialogue *dialogue, struct line *line)
{
	static const char *const capability[] = {"CAPABILITY\r\n", "CAPA\r\n", "EHLO x\r\n"};
	static const char *const tls[] = {"STARTTLS\r\n", "STLS\r\n", "STARTTLS\r\n"};
	static const char *const first[] = {"SELECT INBOX\r\n", "UIDL\r\n", "MAIL FROM:<a@example.net>\r\n"};
	static const char *const later[] = {"UID FETCH 1:* (FLAGS BODY.PEEK[])\r\n", "RETR 1\r\n", "NOOP\r\n"};
	static const char *const leave[] = {"LOGOUT\r\n", "QUIT\r\n", "QUIT\r\n"};

	if (dialogue->step == DIALOGUE_RESPOND) {
		respond(dialogue, line);
		return;
	}
	if (dialogue->step == DIALOGUE_LEAVE && dialogue->idles)
		dialogue_add(line, "DONE\r\n");
	begin_command(dialogue, line);
	if (dialogue->step == DIALOGUE_ASK_CAPABILITY)
		dialogue_add(line, "%s", capability[dialogue->protocol]);
	else if (dialogue->step == DIALOGUE_ASK_TLS)
		dialogue_add(line, "%s", tls[dialogue->protocol]);
	else if (dialogue->step == DIALOGUE_TRY)
		try_once(dialogue, line);
	else if (dialogue->step == DIALOGUE_ASK)
		dialogue_add(line, "%s", dialogue->asks > 1 ? first[dialogue->protocol] : later[dialogue->protocol]);
	else if (dialogue->step == DIALOGUE_ASK_IDLE)
		dialogue_add(line, "IDLE\r\n");
	else
		dialogue_add(line, "%s", leave[dialogue->protocol]);
}
