/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the login dialogue of one connection: IMAP (RFC 9051, 4959), POP3 (RFC 1939, 5034), SMTP submission
 * (RFC 6409, 4954) in clear text, up to the point where TLS begins.
 *
 * No password outlives the call that read it: names and passwords leave as keyed hashes. Every byte is hostile. */
#ifndef GATEPOST_LOGIN_H
#define GATEPOST_LOGIN_H

#include "user/core/attempt.h"
#include "user/core/digest.h"
#include "user/read/stream.h"

struct login;

/* Called for each attempt when its outcome is known, in order. time_ns, ends, source and fingerprint of the
 * attempt are not filled in; the caller knows them. */
typedef void (*login_attempt_fn)(void *context, const struct attempt *attempt);

enum login_state {
	LOGIN_TALKING, /* nobody is logged in */
	LOGIN_TLS, /* the rest is TLS: STARTTLS was agreed on */
	LOGIN_DONE, /* logged in: nothing more to read */
	LOGIN_LOST, /* not this protocol, or bytes lost beyond repair: given up */
};

/* `service` picks the dialogue (imap, pop3, submission; the implicit TLS services never come here). */
int login_new(struct login **ret_login, enum gp_service service, struct digest digest, login_attempt_fn on_attempt,
	      void *context); /* -ENOMEM, -EINVAL */
void login_free(struct login *login);

/* The connection was met after its beginning: no greeting is to come, and a reply may belong to a command that was not
 * seen. */
void login_halfway(struct login *login);
/* Whether no packet of the server has come by so far (asymmetric routing). While it is so, and only then, what the
 * client acknowledges says that the server answered, what it says next stands in for the answer, and TLS begins where
 * it sends a record: nobody else will say so. Not to be set again once the server was seen. */
void login_one_way(struct login *login, bool one_way);
/* The server may read something else than we do: bytes came twice and differed, or some were urgent. From here on only
 * what the server says beyond mistake is believed, and no password is known to be the same as another. */
void login_doubt(struct login *login);

/* Read what the two streams have. Returns the state; LOGIN_TLS, _DONE and _LOST are final, and the bytes from there
 * on stay in the streams. Where the meaning of what the client says next depends on the server's answer (is it a
 * password, a command, the text of a mail?) the client's bytes wait for it. One direction may never bring a byte:
 * replies alone still tell failures (SMTP 535, a tagged NO that says why), commands alone give attempts of unknown
 * outcome. */
enum login_state login_read(struct login *login, struct stream *in, struct stream *out);

/* The connection is over: what waits in the streams (those of the last login_read, which must still be there) is
 * read without its answers, and attempts still open are reported as unknown. */
void login_end(struct login *login);

/* Is all of a login said, and nothing left to come but whether it is right? Then what is known of the attempt is filled
 * in. False where it is not certain: bytes were lost, or the client has said more already. */
bool login_awaits(const struct login *login, struct attempt *ret_attempt);

uint16_t login_greeting_bytes(const struct login *login); /* 0: not seen */
unsigned int login_attempts(const struct login *login); /* reported so far */

#endif
