/* SPDX-License-Identifier: BSD-2-Clause */
/* What the readers say and the judge hears: an authentication attempt, and a flow at its end. */
#ifndef GATEPOST_ATTEMPT_H
#define GATEPOST_ATTEMPT_H

#include "user/core/addr.h"

enum outcome {
	OUTCOME_UNKNOWN, /* no answer seen, a temporary failure, an aborted exchange */
	OUTCOME_SUCCESS,
	OUTCOME_FAILURE,
};
enum basis {
	BASIS_REPLY, /* read in clear text */
	BASIS_SHAPE, /* inferred from TLS record lengths */
	BASIS_POLICY, /* told by the mail server */
	BASIS_SILENCE, /* presumed: the server kept it waiting longer than it does who gets in, and it was never
			  answered */
};
enum transport {
	TRANSPORT_PLAIN,
	TRANSPORT_TLS,
	TRANSPORT_STARTTLS,
};

const char *outcome_text(enum outcome outcome); /* "failure" */
char outcome_letter(enum outcome outcome); /* 'F', 'S', 'U' */
const char *basis_text(enum basis basis);
const char *transport_text(enum transport transport);
const char *service_text(enum gp_service service);
int service_parse(const char *text, enum gp_service *ret_service); /* -EINVAL */
uint16_t service_port(enum gp_service service); /* the usual one; 0 for GP_SERVICE_NONE */

/* The two ends of a flow as the datapath names them. */
struct ends {
	uint64_t flow; /* id, never 0 */
	struct addr client, server;
	uint16_t client_port, server_port;
	uint8_t service; /* enum gp_service */
};

/* The program at the other end, by what it offers in TLS: keyed hashes of the names; 0: none. */
struct fingerprint {
	uint64_t ja3, ja4;
};

struct attempt {
	uint64_t time_ns; /* of the packet that decided it */
	uint64_t asked_ns; /* of the client's last words before */
	struct ends ends;
	uint64_t source;
	unsigned int n; /* 1 for the first attempt of the flow */
	enum outcome outcome;
	enum basis basis;
	double confidence; /* 0..1 */
	uint64_t account; /* keyed hash of the account name; 0: not seen */
	uint64_t credential; /* keyed hash of account and password (or response); 0: not seen or differs by nature */
	bool unanswered; /* it ended without any word of the server's to it */
	bool challenge; /* a response to a challenge: of what was tried only the account can be compared */
	struct fingerprint fingerprint;
	uint16_t reply_bytes; /* of the line that answered, without an IMAP tag; 0: not read in clear */
	const char *mechanism; /* "LOGIN", "PLAIN", "CRAM-MD5", "USER", ...: a static string */
};

#endif
