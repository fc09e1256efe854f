/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS as an observer without keys sees it: hellos in the clear, then records whose lengths and times are those of the
 * real thing, and whose contents are noise. */
#ifndef GATEPOST_SYNTH_SEAL_H
#define GATEPOST_SYNTH_SEAL_H

#include "user/synth/client_hello.h"
#include "user/synth/dialogue.h"

#define SEAL_BYTES 8192 /* any flight or line */

/* What was agreed. */
struct seal {
	uint16_t version; /* 0x0303, 0x0304 */
	uint16_t suite;
	uint8_t finished_bytes; /* of the hash in a Finished */
};

struct flight {
	size_t length;
	uint8_t bytes[SEAL_BYTES];
};

struct seal seal_agree(enum synth_client client, const struct scenario_server *server);
void seal_client_hello(enum synth_client client, const char *name, struct dice *dice, struct flight *ret_flight);
/* The server's first flight, the client's answer, and what the server sends on that (nothing: length 0). */
void seal_server_flight(const struct seal *seal, const struct software_tls *tls, struct dice *dice,
			struct flight *ret_flight);
void seal_client_finished(const struct seal *seal, struct dice *dice, struct flight *ret_flight);
void seal_tickets(const struct seal *seal, const struct software_tls *tls, struct dice *dice,
		  struct flight *ret_flight);
void seal_line(const struct seal *seal, const struct line *line, struct dice *dice, struct flight *ret_flight);
void seal_close_notify(const struct seal *seal, struct dice *dice, struct flight *ret_flight);

#endif
