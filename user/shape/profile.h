/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of one server's replies: how long each kind of them is, how often it was seen, and how long the answer
 * to a login takes. Three ways lead here: a probe (gatepost calibrate), a profile that comes with gatepost, and what
 * was learned from the traffic itself; they differ only in their weights. */
#ifndef GATEPOST_PROFILE_H
#define GATEPOST_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/gatepost.h"

enum reply {
	REPLY_GREETING,
	REPLY_TICKET, /* NewSessionTicket of TLS 1.3: not of the dialogue, but as long as many a reply */
	REPLY_CAPABILITY, /* to CAPABILITY, CAPA, EHLO */
	REPLY_NOOP, /* to NOOP, RSET */
	REPLY_ID,
	REPLY_BAD, /* to what the server does not know */
	REPLY_LOGOUT, /* to LOGOUT, QUIT */
	REPLY_USER, /* to USER of POP3 */
	REPLY_PROMPT, /* "+ ", "334 VXNlcm5hbWU6" */
	REPLY_CHALLENGE, /* of CRAM-MD5 */
	REPLY_FAILURE,
	REPLY_SUCCESS,
	REPLY_TEMPORARY, /* neither: 454, [UNAVAILABLE] */
	REPLY_MAX,
};

const char *reply_text(enum reply reply); /* "greeting", "failure" */

/* Is this kind of reply tagged in IMAP? Then its length is kept without the tag. */
bool reply_is_tagged(enum reply reply);

#define PROFILE_LENGTHS 6 /* different ones a kind; the least seen makes room */
#define PROFILE_DELAYS 8 /* how long an answer took: below 30, 100, 300, 800 ms, 1.6, 3.2, 6.4 s, and above */

struct reply_length {
	uint16_t bytes; /* plaintext, all records of the reply together, CRLF included, IMAP tag not */
	uint16_t seen; /* weight; 0: free */
};

enum origin {
	ORIGIN_NONE, /* nothing is known */
	ORIGIN_BUILTIN,
	ORIGIN_LEARNED,
	ORIGIN_PROBE,
};
const char *origin_text(enum origin origin);

enum protocol { /* the dialogue, whatever it is carried in */
		PROTOCOL_IMAP,
		PROTOCOL_POP3,
		PROTOCOL_SMTP,
};
enum protocol protocol_of(enum gp_service service);
const char *protocol_text(enum protocol protocol); /* "imap" */

struct profile {
	struct reply_length length[REPLY_MAX][PROFILE_LENGTHS];
	uint16_t delay_failure[PROFILE_DELAYS], delay_success[PROFILE_DELAYS]; /* weights */
	uint8_t protocol; /* enum protocol */
	uint8_t origin; /* enum origin: of the strongest part */
	uint64_t made_s, changed_s; /* wall clock: first known, last time something new was learned */
};

/* Add what was seen, `weight` times. What is full forgets its least seen; nothing overflows. */
void profile_note(struct profile *profile, enum reply reply, uint16_t bytes, uint16_t weight);
void profile_note_delay(struct profile *profile, enum reply reply, uint32_t delay_ms, uint16_t weight);
uint32_t profile_seen(const struct profile *profile, enum reply reply); /* weight of all its lengths */
/* Old observations weigh less: halves every weight, keeps what is left of it. */
void profile_age(struct profile *profile);
uint16_t profile_most_seen(const struct profile *profile, enum reply reply); /* its usual length; 0: none */
bool profile_says(const struct profile *profile, enum reply reply, uint16_t bytes); /* among others */
/* How much alike a server is to a kind of software: replies that are as long, less those that are not. */
int profile_likeness(const struct profile *profile, const struct profile *family);

#endif
