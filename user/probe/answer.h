/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a server's reply ends and what it says, in IMAP, POP3 and SMTP, for one who has asked one thing at a time with
 * the IMAP tag "a1". */
#ifndef GATEPOST_PROBE_ANSWER_H
#define GATEPOST_PROBE_ANSWER_H

#include "user/read/span.h"
#include "user/shape/profile.h"

enum answer {
	ANSWER_NONE, /* not of the protocol */
	ANSWER_OK,
	ANSWER_MORE, /* go on: "+", "334" */
	ANSWER_REFUSED, /* name or password are wrong, as far as can be told */
	ANSWER_TEMPORARY, /* trouble of its own */
	ANSWER_BAD, /* not understood, not supported, not now */
};

enum reply_form {
	FORM_GREETING,
	FORM_REPLY,
	FORM_LIST, /* ends with a dot in POP3, when it is not a refusal */
};

bool answer_is_complete(enum protocol protocol, enum reply_form form, struct span reply);
enum answer answer_of(enum protocol protocol, struct span reply);
/* Says beyond doubt that a login was refused. What an exchange that went wrong on the way may say as well is no
 * refusal. */
bool answer_is_refusal(enum protocol protocol, struct span reply);

/* Does the list of capabilities name it? "SASL-IR"; mechanisms as "AUTH=PLAIN", "SASL PLAIN LOGIN", "AUTH PLAIN". */
bool offer_has(struct span capabilities, const char *word);
bool offer_names(enum protocol protocol, struct span capabilities, const char *mechanism);

#endif
