/* SPDX-License-Identifier: BSD-2-Clause */
/* One TCP segment as an Ethernet frame, with checksums that are right. */
#ifndef GATEPOST_SYNTH_SEGMENT_H
#define GATEPOST_SYNTH_SEGMENT_H

#include <stddef.h>

#include "user/core/addr.h"

#define SEGMENT_PAYLOAD_MAX 1440 /* fits IPv6 and the options of a SYN into 1500 bytes */
#define SEGMENT_FRAME_MAX 1514

struct segment {
	const struct addr *from, *to; /* of one family */
	uint16_t from_port, to_port;
	uint32_t seq, ack;
	uint8_t flags; /* enum gp_tcp_flag; a SYN brings its usual options */
	uint8_t ttl;
	uint16_t id; /* of IPv4 */
	bool out; /* from the server: which way the Ethernet addresses stand */
	const uint8_t *payload;
	size_t payload_bytes; /* at most SEGMENT_PAYLOAD_MAX */
};

size_t segment_frame(const struct segment *segment, uint8_t frame[SEGMENT_FRAME_MAX]); /* its length */

#endif
