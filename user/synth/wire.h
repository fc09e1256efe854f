/* SPDX-License-Identifier: BSD-2-Clause */
/* A world's connections as packets, in order of time over all that are open, as a tap beside the servers sees them.
 *
 * Of an open connection only where it stands is kept; what is said next is made when its time has come. Memory is
 * bounded by connections open at once, not by packets or time. */
#ifndef GATEPOST_SYNTH_WIRE_H
#define GATEPOST_SYNTH_WIRE_H

#include "user/synth/world.h"

struct wire;

struct wire_frame {
	uint64_t time_ns; /* since 1970; never goes back */
	const uint8_t *bytes; /* an Ethernet frame, until the next call */
	size_t length;
};

enum wire_handshake {
	WIRE_HANDSHAKE_NONE, /* no ServerHello */
	WIRE_HANDSHAKE_PARTIAL,
	WIRE_HANDSHAKE_DONE,
};

/* A connection that is over: what was done in it, and what of it went over the wire. */
struct wire_label {
	const struct synth_connection *connection; /* with all attempts that were meant to be made */
	char outcomes[SYNTH_ATTEMPTS_MAX + 1]; /* F, S, or ? for one without an answer; one letter each that was made */
	uint16_t server_port;
	const struct addr *server;
	uint16_t version, suite; /* of TLS; 0: none was agreed on */
	enum wire_handshake handshake;
	uint32_t packets_in, packets_out;
};

typedef void (*wire_over_fn)(void *context, const struct wire_label *label);

/* `world` must live as long. `over` may be NULL. -ENOMEM */
int wire_new(struct wire **ret_wire, struct world *world, const struct scenario *scenario, uint64_t seed,
	     wire_over_fn over, void *context, struct fault *fault);
void wire_free(struct wire *wire);

/* The next frame: 1; 0 when all is over; -ENOMEM. */
int wire_next(struct wire *wire, struct wire_frame *ret_frame);
size_t wire_bytes(const struct wire *wire); /* what it takes now */

#endif
