/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks a server everything whose answer can be as long as that to a login, and fails to log in by every way that it
 * offers. One connection at a time, one question at a time; nothing but a greeting and STARTTLS is said in the clear.
 * The bytes come and go through a wire that is handed in. */
#ifndef GATEPOST_PROBE_H
#define GATEPOST_PROBE_H

#include <stddef.h>

#include "user/probe/target.h"
#include "user/probe/transcript.h"

#define PROBE_RECORD_BYTES 16384 /* plaintext of a TLS record, RFC 8446, 5.1 */
#define PROBE_REPLY_BYTES_MAX 32768 /* a greeting, a capability list, a refusal: none of them is near */

struct wire {
	void *context;
	uint64_t (*now_ns)(void *context);
	int (*open)(void *context, uint64_t until_ns, struct fault *fault); /* what was open is closed first */
	int (*secure)(void *context, uint64_t until_ns, struct fault *fault); /* TLS from here on */
	int (*send)(void *context, const char *bytes, size_t length, uint64_t until_ns);
	/* What has arrived, one TLS record at most. 0: the server hung up. -ETIMEDOUT, -errno */
	int (*receive)(void *context, char *buffer, size_t size, uint64_t until_ns);
	/* Lengths of the NewSessionTickets since `secure`; how many. */
	size_t (*tickets)(void *context, uint32_t *ret_bytes, size_t max);
	void (*close)(void *context);
};

#define PROBE_ACCOUNT_BYTES_MAX 255 /* of each; lines stay within what every server takes */
struct probe_account {
	const char *name, *password;
};

#define PROBE_NONCE_CHARACTERS 16

struct probe_options {
	struct probe_target target;
	uint32_t timeout_ms; /* of each step */
	char nonce[PROBE_NONCE_CHARACTERS + 1]; /* random hexadecimal digits: names that nobody has */
	const struct probe_account *account; /* NULL: none to log in with */
};

/* server, port and made_s of the transcript are the caller's to fill. -EINVAL: the account cannot be sent so.
 * -ECONNRESET, -ETIMEDOUT, -EPROTO: see the fault. */
int probe_run(const struct wire *wire, const struct probe_options *options, struct probe_transcript *ret_transcript,
	      struct fault *fault);
#define PROBE_WRONG_LOGINS_MAX 7 /* wrong logins that a probe makes at most, to say so before */

#endif
