/* SPDX-License-Identifier: BSD-2-Clause */
/* Who says what when. The words of servers are in software.c, those of logins in dialogue_login.c. */
#include "user/synth/dialogue.h"

#include <stdio.h>
#include <string.h>

#include "user/core/duration.h"
#include "user/synth/dialogue_words.h"

#define IDLES_FROM_NS (60 * NS_PER_S)
#define ASKS_MOST 4

void dialogue_start(struct dialogue *dialogue, const struct scenario_server *server,
		    const struct synth_connection *connection)
{
	const enum protocol protocol = protocol_of(connection->service);

	*dialogue = (struct dialogue){
		.words = software_words(software_of(server, connection->service), protocol),
		.connection = connection,
		.protocol = protocol,
		.step = DIALOGUE_GREET,
		.starttls = connection->transport == TRANSPORT_STARTTLS,
		.idles = !connection->attack && protocol == PROTOCOL_IMAP && connection->lasts_ns > IDLES_FROM_NS,
	};
}

bool dialogue_is_servers(const struct dialogue *dialogue)
{
	switch (dialogue->step) {
	case DIALOGUE_GREET:
	case DIALOGUE_CAPABILITY:
	case DIALOGUE_TLS:
	case DIALOGUE_PROMPT:
	case DIALOGUE_ANSWER:
	case DIALOGUE_TELL:
	case DIALOGUE_IDLE:
	case DIALOGUE_NOTIFY:
	case DIALOGUE_BYE:
		return true;
	default:
		return false;
	}
}

const struct synth_attempt *dialogue_attempt(const struct dialogue *dialogue)
{
	return &dialogue->connection->attempt[dialogue->tried];
}

void dialogue_seal(struct dialogue *dialogue)
{
	dialogue->sealed = true;
	dialogue->step = dialogue->connection->attempts ? DIALOGUE_ASK_CAPABILITY : DIALOGUE_OVER;
}

void dialogue_leave(struct dialogue *dialogue)
{
	dialogue->step = DIALOGUE_LEAVE;
}

/* ---- what comes next --------------------------------------------------------------------------------------------- */

/* A login, or where there is none (any more) the end. Tools hang up, people's programs say good-bye. */
static enum dialogue_step next_login(const struct dialogue *dialogue)
{
	if (dialogue->tried < dialogue->connection->attempts)
		return DIALOGUE_TRY;
	return dialogue->connection->attack || !dialogue->tried ? DIALOGUE_OVER : DIALOGUE_LEAVE;
}

static enum dialogue_step after_capability(const struct dialogue *dialogue)
{
	return dialogue->starttls && !dialogue->sealed ? DIALOGUE_ASK_TLS : next_login(dialogue);
}

static enum dialogue_step after_command(const struct dialogue *dialogue)
{
	if (dialogue->responses)
		return DIALOGUE_PROMPT;
	return dialogue_attempt(dialogue)->outcome == OUTCOME_UNKNOWN ? DIALOGUE_OVER : DIALOGUE_ANSWER;
}

static enum dialogue_step after_answer(struct dialogue *dialogue, struct dice *dice)
{
	const bool success = dialogue_attempt(dialogue)->outcome == OUTCOME_SUCCESS;

	dialogue->tried++;
	if (!success)
		return next_login(dialogue);
	if (dialogue->connection->attack)
		return DIALOGUE_OVER;
	dialogue->asks = (uint8_t)(2 + dice_below(dice, ASKS_MOST - 1));
	return DIALOGUE_ASK;
}

static enum dialogue_step after_tell(struct dialogue *dialogue)
{
	if (--dialogue->asks)
		return DIALOGUE_ASK;
	return dialogue->idles ? DIALOGUE_ASK_IDLE : DIALOGUE_LEAVE;
}

static enum dialogue_step step_after(struct dialogue *dialogue, struct dice *dice)
{
	switch (dialogue->step) {
	case DIALOGUE_GREET:
		return dialogue->connection->attempts || dialogue->starttls ? DIALOGUE_ASK_CAPABILITY : DIALOGUE_OVER;
	case DIALOGUE_ASK_CAPABILITY:
		return DIALOGUE_CAPABILITY;
	case DIALOGUE_CAPABILITY:
		return after_capability(dialogue);
	case DIALOGUE_ASK_TLS:
		return DIALOGUE_TLS;
	case DIALOGUE_TLS:
		return DIALOGUE_SEAL;
	case DIALOGUE_TRY:
		return after_command(dialogue);
	case DIALOGUE_PROMPT:
		return DIALOGUE_RESPOND;
	case DIALOGUE_RESPOND:
		return after_command(dialogue);
	case DIALOGUE_ANSWER:
		return after_answer(dialogue, dice);
	case DIALOGUE_ASK:
		return DIALOGUE_TELL;
	case DIALOGUE_TELL:
		return after_tell(dialogue);
	case DIALOGUE_ASK_IDLE:
		return DIALOGUE_IDLE;
	case DIALOGUE_IDLE:
	case DIALOGUE_NOTIFY:
		return DIALOGUE_NOTIFY;
	case DIALOGUE_LEAVE:
		return DIALOGUE_BYE;
	default:
		return DIALOGUE_OVER;
	}
}

/* ---- what is said ------------------------------------------------------------------------------------------------ */

static void end_record(struct line *line)
{
	if (line->records < LINE_RECORDS)
		line->record_end[line->records++] = line->length;
}

/* A server's text, with its marks (software.h) replaced by what they stand for. */
static void say_words(const struct dialogue *dialogue, struct line *line, const char *words)
{
	char tag[DIALOGUE_TAG_BYTES];

	dialogue_tag(dialogue, tag);
	for (; *words; words++) {
		if (*words == '\f')
			end_record(line);
		else if (*words == '~')
			dialogue_add(line, "%s", tag);
		else if (*words == '^')
			dialogue_add(line, "%s",
				     dialogue->sealed || dialogue->connection->transport == TRANSPORT_TLS
					     ? ""
					     : " STARTTLS");
		else if (*words != '|')
			dialogue_add(line, "%c", *words);
		else if (dialogue->sealed || dialogue->connection->transport == TRANSPORT_TLS)
			words = strchr(words, '\n');
	}
}

/* Mail, or lists of it: what there is of it differs. */
static void say_mailbox(const struct dialogue *dialogue, struct dice *dice, struct line *line)
{
	uint64_t bytes = dice_between(dice, 20, dialogue->asks > 1 ? 400 : 3000);

	if (dialogue->protocol == PROTOCOL_SMTP) {
		dialogue_add(line, dialogue->asks > 1 ? "250 2.1.0 Ok\r\n" : "250 2.0.0 Ok: queued as 4XyZ1k2vPz1\r\n");
		return;
	}
	dialogue_add(line, dialogue->protocol == PROTOCOL_IMAP ? "* 1 FETCH (UID 1 FLAGS (\\Seen) X " : "+OK\r\n");
	for (uint64_t i = 0; i < bytes; i++)
		dialogue_add(line, "%c", 'a' + (char)(i % 26));
	if (dialogue->protocol == PROTOCOL_IMAP) {
		dialogue_add(line, ")\r\n");
		say_words(dialogue, line, "~ OK Completed.\r\n");
	} else {
		dialogue_add(line, "\r\n.\r\n");
	}
}

static void say_server(const struct dialogue *dialogue, struct dice *dice, struct line *line)
{
	const struct software *words = dialogue->words;
	const bool early =
		!dialogue->tried || dialogue->connection->attempt[dialogue->tried - 1].outcome != OUTCOME_SUCCESS;

	switch (dialogue->step) {
	case DIALOGUE_GREET:
		say_words(dialogue, line, words->greeting);
		break;
	case DIALOGUE_CAPABILITY:
		say_words(dialogue, line, words->capability);
		break;
	case DIALOGUE_TLS:
		say_words(dialogue, line, words->starts_tls);
		break;
	case DIALOGUE_PROMPT:
		dialogue_prompt(dialogue, line);
		break;
	case DIALOGUE_ANSWER:
		if (dialogue_attempt(dialogue)->outcome == OUTCOME_SUCCESS)
			say_words(dialogue, line, words->success);
		else if (words->failure_sasl && dialogue_is_sasl(dialogue))
			say_words(dialogue, line, words->failure_sasl);
		else
			say_words(dialogue, line, words->failure);
		break;
	case DIALOGUE_TELL:
		say_mailbox(dialogue, dice, line);
		break;
	case DIALOGUE_IDLE:
		dialogue_add(line, "+ idling\r\n");
		break;
	case DIALOGUE_NOTIFY:
		dialogue_add(line, "* OK Still here\r\n");
		break;
	default:
		say_words(dialogue, line, early && words->logout_early ? words->logout_early : words->logout);
	}
}

void dialogue_say(struct dialogue *dialogue, struct dice *dice, struct line *ret_line)
{
	ret_line->from_server = dialogue_is_servers(dialogue);
	ret_line->length = ret_line->records = 0;
	if (ret_line->from_server)
		say_server(dialogue, dice, ret_line);
	else
		dialogue_command(dialogue, ret_line);
	end_record(ret_line);
	dialogue->left = dialogue->step == DIALOGUE_BYE;
	dialogue->step = step_after(dialogue, dice);
}
