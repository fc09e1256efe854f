/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/datapath/segments.h"

#include <string.h>

#include "bpf/gatepost.h"

#define TAGS_MAX 4
#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_TAG 0x8100
#define TYPE_OUTER_TAG 0x88a8
#define PROTOCOL_TCP 6
#define FRAGMENT_BITS 0x3fff /* more to come, or an offset */

static unsigned int get16(const uint8_t *bytes)
{
	return (unsigned int)bytes[0] << 8 | bytes[1];
}

static void set16(uint8_t *bytes, size_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void add32(uint8_t *bytes, uint32_t value)
{
	value += (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
	set16(bytes, value >> 16);
	set16(bytes + 2, value);
}

/* Behind the Ethernet header and its tags; the length where there is nothing. */
static size_t network_of(const uint8_t *frame, size_t length, unsigned int *ret_type)
{
	size_t at = 12;

	for (int tag = 0; tag <= TAGS_MAX && at + 2 <= length; tag++, at += 4) {
		*ret_type = get16(frame + at);
		if (*ret_type != TYPE_TAG && *ret_type != TYPE_OUTER_TAG)
			return at + 2;
	}
	return length;
}

/* 0: not TCP, or a fragment of it. */
static size_t transport_of(const struct segments *segments, unsigned int type)
{
	const uint8_t *ip = segments->frame + segments->network;

	if (segments->network + 40 > segments->length)
		return 0; /* neither IPv6, nor IPv4 and TCP */
	if (type == TYPE_IPV6)
		return ip[6] == PROTOCOL_TCP ? segments->network + 40 : 0;
	if (type != TYPE_IPV4 || ip[9] != PROTOCOL_TCP || get16(ip + 6) & FRAGMENT_BITS)
		return 0;
	return segments->network + (ip[0] & 0xfU) * 4;
}

bool segments_of(struct segments *ret_segments, const uint8_t *frame, size_t length)
{
	struct segments segments = {.frame = frame, .length = length};
	unsigned int type = 0;
	const uint8_t *ip;

	segments.network = network_of(frame, length, &type);
	segments.transport = transport_of(&segments, type);
	if (!segments.transport || segments.transport + 20 > length)
		return false;
	segments.v6 = type == TYPE_IPV6;
	segments.payload = segments.transport + (frame[segments.transport + 12] >> 4) * 4UL;
	ip = frame + segments.network;
	segments.claimed = segments.network + (segments.v6 ? get16(ip + 4) + 40 : get16(ip + 2));
	if (!get16(ip + (segments.v6 ? 4 : 2)))
		segments.claimed = length; /* over 64 KiB (kernel: BIG TCP) */
	if (segments.length > segments.claimed)
		segments.length = segments.claimed;
	if (segments.payload >= segments.length)
		return false;
	*ret_segments = segments;
	return true;
}

size_t segments_next(struct segments *segments, uint8_t *buffer, size_t most)
{
	const size_t start = segments->payload + segments->at;
	const bool is_last = segments->length - start <= most - segments->payload;
	const size_t bytes = is_last ? segments->length - start : most - segments->payload;
	size_t claimed = segments->payload + bytes;

	if (start >= segments->length || most <= segments->payload)
		return 0;
	if (is_last)
		claimed = segments->claimed - segments->at; /* and what the capture has not */
	memcpy(buffer, segments->frame, segments->payload);
	memcpy(buffer + segments->payload, segments->frame + start, bytes);
	if (segments->v6)
		set16(buffer + segments->network + 4, claimed - segments->network - 40);
	else
		set16(buffer + segments->network + 2, claimed - segments->network);
	add32(buffer + segments->transport + 4, (uint32_t)segments->at);
	if (!is_last)
		buffer[segments->transport + 13] &= (uint8_t) ~(GP_FIN | GP_RST | GP_PSH);
	segments->at += bytes;
	return segments->payload + bytes;
}
