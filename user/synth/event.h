/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens in a synthetic world: one connection after the other, with the logins tried in it. No packets: those are
 * made of connections in wire.h, and who only counts logins (a month of a million subscribers) does without them. */
#ifndef GATEPOST_SYNTH_EVENT_H
#define GATEPOST_SYNTH_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "user/core/addr.h"
#include "user/core/attempt.h"

/* Programs whose ClientHello was captured; how often each tries one wrong password before it asks or gives up, as
 * measured with the stock packages (Thunderbird: PLAIN, LOGIN, LOGIN command; smtplib: CRAM-MD5, PLAIN, LOGIN). */
#define SYNTH_CLIENTS(X)                                                                                               \
	X(THUNDERBIRD, "thunderbird", 3)                                                                               \
	X(FETCHMAIL, "fetchmail", 2)                                                                                   \
	X(PYTHON, "python", 3)                                                                                         \
	X(CURL, "curl", 1)                                                                                             \
	X(MUTT, "mutt", 1)                                                                                             \
	X(HYDRA, "hydra", 1)                                                                                           \
	X(MEDUSA, "medusa", 1)                                                                                         \
	X(NCRACK, "ncrack", 1)                                                                                         \
	X(NMAP, "nmap", 1)                                                                                             \
	X(PATATOR, "patator", 1)

enum synth_client {
#define SYNTH_CLIENT_ENUM(name, text, insists) SYNTH_CLIENT_##name,
	SYNTH_CLIENTS(SYNTH_CLIENT_ENUM)
#undef SYNTH_CLIENT_ENUM
		SYNTH_CLIENT_MAX,
};

/* How a connection ends. */
enum synth_end {
	SYNTH_END_FIN,
	SYNTH_END_RST,
	SYNTH_END_OPEN, /* the client falls silent and never closes */
	SYNTH_END_SYN, /* there never was more than a SYN: its source is forged */
	SYNTH_END_HANDSHAKE, /* closed after the handshakes of TCP and, where there is one, of TLS; nobody logged in */
	SYNTH_END_MAX,
};

#define SYNTH_ATTEMPTS_MAX 128 /* a connection: nmap makes 120 */

struct synth_attempt {
	uint64_t after_ns; /* when it is sent, since the connection began */
	/* Numbers, never words. Equal accounts are the same account, and of one account equal passwords are the same.
	 */
	uint64_t account, password;
	enum outcome outcome; /* unknown: the client left before the answer */
};

struct synth_connection {
	uint64_t time_ns; /* since 1970; never goes back from one connection to the next */
	struct addr source;
	uint16_t port;
	uint32_t server; /* index in the scenario */
	enum gp_service service;
	enum transport transport;
	uint32_t actor; /* population or attack: index in the scenario */
	bool attack; /* what is true of it, whatever it looks like */
	uint8_t client; /* enum synth_client */
	uint64_t lasts_ns; /* from its SYN to its end; OPEN: until it falls silent */
	enum synth_end end;
	uint32_t attempts;
	struct synth_attempt attempt[SYNTH_ATTEMPTS_MAX]; /* after_ns grows; what lies behind `attempts` is not set */
};

const char *synth_client_text(enum synth_client client);

#endif
