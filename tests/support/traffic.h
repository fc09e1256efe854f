/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames as they could come: connections of a few clients to a few servers in all their states, floods, fragments,
 * tunnels, noise; whole, changed, or cut. What comes is chosen by numbers: random ones, the same on every run, or the
 * bytes of a fuzzer, which so finds sequences and not only frames. */
#ifndef GATEPOST_TESTS_TRAFFIC_H
#define GATEPOST_TESTS_TRAFFIC_H

#include "bpf/gatepost.h"
#include "tests/support/packet.h"

struct choices {
	const uint8_t *bytes; /* NULL: random */
	size_t left;
	uint64_t state;
};

/* A number less than `limit`, which is at most 65536; 0 once the bytes are used up. */
uint32_t choose(struct choices *choices, uint32_t limit);

#define TRAFFIC_REMEMBERED 16
struct traffic {
	struct choices choices;
	struct {
		struct packet_spec packet; /* its `from` is beside it */
		char from[32];
	} remembered[TRAFFIC_REMEMBERED]; /* what comes again, or is answered */
	uint32_t sent;
};

/* The next frame and its length, which is at least 14. `traffic` begins with its choices and zeros. */
size_t traffic_frame(struct traffic *traffic, uint8_t frame[PACKET_BYTES], enum gp_direction *ret_direction);
/* Clients are these, and 10.N.7.M with N below 12 and M from 1 to 8; the servers' addresses are two. */
#define TRAFFIC_NAMED 6
extern const char *const traffic_named[TRAFFIC_NAMED];

#endif
