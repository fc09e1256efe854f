/* SPDX-License-Identifier: BSD-2-Clause */
/* What the model sees in a frame. Reads bytes one after the other, from RFCs: 894 (Ethernet), 2516 (PPPoE), 791 (IPv4),
 * 8200 (IPv6), 4302 (AH), 9293 (TCP). */
#ifndef GATEPOST_TESTS_MODEL_FRAME_H
#define GATEPOST_TESTS_MODEL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/gatepost.h"

struct sight {
	bool is_tcp; /* else: */
	enum gp_reason reason; /* why it is not judged */
	uint8_t client[16], server[16];
	uint64_t source; /* of the client, by the family that the packet is of */
	uint16_t client_port, server_port;
	uint32_t seq, ack, payload_bytes;
	uint8_t flags;
	bool is_fragment; /* the first of several */
};

struct sight model_see(enum gp_direction direction, const uint8_t *frame, size_t length);

#endif
