/* SPDX-License-Identifier: BSD-2-Clause */
/* The client's half of a SASL exchange (RFC 4422), as IMAP, POP3 and SMTP carry it: who, and a hash of with what. */
#ifndef GATEPOST_SASL_H
#define GATEPOST_SASL_H

#include "user/read/line.h"

struct exchange;
struct login;
struct mechanism;

/* `arguments` follow AUTH or AUTHENTICATE: a mechanism and perhaps an initial response. Opens an attempt and waits
 * for the server; false if not even a mechanism is named. */
bool sasl_start(struct login *login, struct span arguments, bool cut);
/* A line of the client while a response is due. False: it is none (known only by guessing, without the server's
 * prompt) and has to be read as a command; the attempt has been closed. */
bool sasl_respond(struct login *login, const struct line *line);

/* Has the client sent all that a mechanism has it send at most? */
bool sasl_is_complete(const struct exchange *exchange);

#endif
