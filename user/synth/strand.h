/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection on its way over the wire: at each step one of the two ends sends something, and it is known when the
 * next step is due. */
#ifndef GATEPOST_SYNTH_STRAND_H
#define GATEPOST_SYNTH_STRAND_H

#include "user/synth/seal.h"
#include "user/synth/segment.h"
#include "user/synth/wire.h"

enum strand_stage { /* what the next step sends */
		    STRAND_SYN,
		    STRAND_SYN_ACK,
		    STRAND_ESTABLISH,
		    STRAND_HELLO,
		    STRAND_FLIGHT,
		    STRAND_FINISHED,
		    STRAND_TICKETS,
		    STRAND_TALK,
		    STRAND_CLOSE, /* who closes first */
		    STRAND_CLOSE_BACK,
		    STRAND_LAST_ACK,
		    STRAND_OVER,
};

struct strand {
	const struct scenario_server *server;
	struct synth_connection *connection; /* allocated with as many attempts as it has */
	struct dialogue dialogue;
	struct dice dice;
	struct seal seal;
	uint64_t rtt_ns; /* between the tap and the client */
	uint64_t then_ns; /* when the stage is due that an acknowledgement goes before */
	uint32_t seq[2]; /* what each side sends next, by enum gp_direction */
	uint16_t id[2];
	uint8_t ttl[2];
	enum strand_stage stage;
	bool acks_first; /* the side that has been told something acknowledges it before the stage */
	uint8_t told; /* enum gp_direction of the last that carried data */
	uint8_t closer; /* enum gp_direction */
	bool sealed;
	uint32_t made, answered; /* attempts */
	uint32_t packets[2];
	enum wire_handshake handshake;
};

struct strand *strand_new(const struct scenario *scenario, const struct synth_connection *connection, uint64_t seed);
void strand_free(struct strand *strand);

/* Does what is due now; frames go to `send`. Returns when the next step is due; UINT64_MAX: it is over. */
typedef void (*strand_send_fn)(void *context, const struct segment *segment);
uint64_t strand_step(struct strand *strand, uint64_t now_ns, strand_send_fn send, void *context);
void strand_label(const struct strand *strand, struct wire_label *ret_label);

#endif
