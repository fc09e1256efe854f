/* SPDX-License-Identifier: BSD-2-Clause */
/* Logging in, or failing to, by one mechanism; whichever it was becomes the name of the last step. */
#ifndef GATEPOST_PROBE_MECHANISM_H
#define GATEPOST_PROBE_MECHANISM_H

#include "user/probe/talk.h"

struct credential {
	const char *name, *password;
	bool wrong; /* made up; otherwise the server is to let it in */
};

int mechanism_login(struct talk *talk, const char *label, const struct credential *credential); /* IMAP LOGIN */
int mechanism_pass(struct talk *talk, const char *label, const struct credential *credential); /* POP3 USER, PASS */
/* Both in one line, with an initial response (RFC 4422, 3.4), or when the server asks for it. */
int mechanism_plain(struct talk *talk, const char *label, const struct credential *credential, bool initial);
int mechanism_auth_login(struct talk *talk, const struct credential *credential);
int mechanism_cram(struct talk *talk, const struct credential *credential); /* a wrong one only */
/* Begun, and taken back with "*" (RFC 4954, 4; RFC 3501, 6.2.2): no failure. How long the answer was; 0: none came. */
int mechanism_abort(struct talk *talk, uint32_t *ret_bytes);
/* Begun, and then not base64. A failure for some servers; but an answer as long as `aborted_bytes` is none that could
 * be told from that to "*". */
int mechanism_malformed(struct talk *talk, uint32_t aborted_bytes);

#endif
