/* SPDX-License-Identifier: BSD-2-Clause */
/* What client and server say to each other, line by line: greeting, capabilities, perhaps STARTTLS, the logins, what
 * one does with a mailbox, the good-bye. The same whether it is carried in clear text or in TLS. */
#ifndef GATEPOST_SYNTH_DIALOGUE_H
#define GATEPOST_SYNTH_DIALOGUE_H

#include "user/synth/dice.h"
#include "user/synth/software.h"

#define LINE_BYTES 6144
#define LINE_RECORDS 4

enum dialogue_step { /* what comes next */
		     DIALOGUE_GREET,
		     DIALOGUE_ASK_CAPABILITY,
		     DIALOGUE_CAPABILITY,
		     DIALOGUE_ASK_TLS,
		     DIALOGUE_TLS,
		     DIALOGUE_SEAL, /* nothing is said: TLS begins */
		     DIALOGUE_TRY, /* the command of a login */
		     DIALOGUE_PROMPT,
		     DIALOGUE_RESPOND,
		     DIALOGUE_ANSWER, /* to a login */
		     DIALOGUE_ASK, /* of a mailbox */
		     DIALOGUE_TELL,
		     DIALOGUE_ASK_IDLE,
		     DIALOGUE_IDLE,
		     DIALOGUE_NOTIFY,
		     DIALOGUE_LEAVE,
		     DIALOGUE_BYE,
		     DIALOGUE_OVER, /* nothing is said any more */
};

struct dialogue {
	const struct software *words;
	const struct synth_connection *connection; /* what happens in it */
	enum protocol protocol;
	enum dialogue_step step;
	bool starttls; /* still to come */
	bool sealed; /* TLS has begun */
	uint32_t tag, tried; /* commands so far, logins so far */
	uint8_t responses; /* SASL responses, or lines behind USER, that are still to come */
	uint8_t asks; /* of the mailbox */
	bool idles; /* stays so long that it waits for news */
	bool left; /* the server has said good-bye */
};

struct line {
	bool from_server;
	uint16_t length;
	uint16_t records, record_end[LINE_RECORDS]; /* where each TLS record would end */
	char text[LINE_BYTES];
};

void dialogue_start(struct dialogue *dialogue, const struct scenario_server *server,
		    const struct synth_connection *connection);
bool dialogue_is_servers(const struct dialogue *dialogue); /* who speaks next */
/* The login that the next step is about. */
const struct synth_attempt *dialogue_attempt(const struct dialogue *dialogue);
/* The next step: what is said, and on. Not for SEAL and OVER, which say nothing. */
void dialogue_say(struct dialogue *dialogue, struct dice *dice, struct line *ret_line);
void dialogue_seal(struct dialogue *dialogue);
/* Nothing new is begun any more: an idle connection says good-bye. */
void dialogue_leave(struct dialogue *dialogue);

#endif
