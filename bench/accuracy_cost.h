/* SPDX-License-Identifier: BSD-2-Clause */
/* What reading shapes costs: records a second, memory a flow, and with which packet an outcome is known. */
#ifndef GATEPOST_ACCURACY_COST_H
#define GATEPOST_ACCURACY_COST_H

#include "bench/accuracy_pass.h"

struct speed {
	size_t connections, records, turns; /* on the tape: implicit TLS, up to where the shape has seen enough */
	double records_per_s, turns_per_s; /* of one core's time; median of the rounds */
};
/* The records of the captures again and again through shape, as `inside` does it, with one probe of each server known
 * and learning on. */
void speed_measure(const struct corpus *corpus, struct speed *ret_speed);

struct memory {
	/* Allocated sizes. */
	size_t inside_bytes, tls_bytes, shape_bytes; /* while undecided */
	size_t streams_bytes; /* reassembly of both directions, while no bytes wait */
	size_t flow_bytes; /* the entry of the flow table, which every flow has to its end */
	size_t after_bytes; /* of the readers, once the outcome is known */
};
void memory_measure(const struct corpus *corpus, struct memory *ret_memory);

enum moment {
	MOMENT_REPLY, /* with a packet of the server's: its reply */
	MOMENT_NEXT, /* with a packet of the client's: what it does next */
	MOMENT_END, /* when the connection is over */
	MOMENTS,
};
/* How many outcomes (by enum outcome) were known when; one probe known. */
void moments_count(const struct corpus *corpus, uint32_t ret_count[3][MOMENTS]);

#endif
