/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/support/model_frame.h"

#include <string.h>

enum { HOP_BY_HOP = 0, TCP_NEXT = 6, ROUTING = 43, FRAGMENT = 44, AH_NEXT = 51, OPTIONS = 60, MOBILITY = 135 };
enum { HIP = 139, SHIM6 = 140, ICMP_NEXT = 1, ICMPV6_NEXT = 58 };

#define TAGS_MOST 4
#define EXTENSIONS_MOST 6

struct reader {
	const uint8_t *bytes;
	size_t at, length;
	bool is_short; /* more was asked for than there is */
};

static uint32_t take(struct reader *reader, int count)
{
	uint32_t value = 0;

	for (int i = 0; i < count; i++) {
		if (reader->at >= reader->length) {
			reader->is_short = true;
			return 0;
		}
		value = value << 8 | reader->bytes[reader->at++];
	}
	return value;
}

static void take_bytes(struct reader *reader, uint8_t *to, int count)
{
	for (int i = 0; i < count; i++)
		to[i] = (uint8_t)take(reader, 1);
}

static void skip(struct reader *reader, size_t count)
{
	if (count > reader->length - reader->at)
		reader->is_short = true;
	else
		reader->at += count;
}

static struct sight unjudged(enum gp_reason reason)
{
	return (struct sight){.reason = reason};
}

/* The type of what is in the frame, 0 for what nobody knows; more tags than are read: ~0. */
static uint32_t ethernet(struct reader *reader)
{
	uint32_t type, protocol;
	int tags = 0;

	skip(reader, 12);
	type = take(reader, 2);
	while (type == 0x8100 || type == 0x88a8) {
		if (tags++ == TAGS_MOST)
			return ~0U;
		skip(reader, 2);
		type = take(reader, 2);
	}
	if (type != 0x8864)
		return type;
	skip(reader, 6);
	protocol = take(reader, 2);
	return protocol == 0x21 ? 0x0800 : protocol == 0x57 ? 0x86dd : 0;
}

static bool is_extension(uint32_t next)
{
	return next == HOP_BY_HOP || next == ROUTING || next == FRAGMENT || next == AH_NEXT || next == OPTIONS ||
	       next == MOBILITY || next == HIP || next == SHIM6;
}

static struct sight tcp(struct reader *reader, struct sight sight, enum gp_direction direction, int64_t left)
{
	uint16_t from, to;
	uint32_t header;

	if (left < 4)
		return unjudged(GP_REASON_MALFORMED);
	from = (uint16_t)take(reader, 2);
	to = (uint16_t)take(reader, 2);
	if (reader->is_short)
		return unjudged(GP_REASON_CUT_SHORT);
	sight.client_port = direction == GP_IN ? from : to;
	sight.server_port = direction == GP_IN ? to : from;
	sight.is_tcp = true;
	sight.flags = GP_SYN; /* where they are in the next fragment, the worst is taken for true */
	if (left < 20)
		return sight.is_fragment ? sight : unjudged(GP_REASON_MALFORMED);
	sight.seq = take(reader, 4);
	sight.ack = take(reader, 4);
	header = take(reader, 1) >> 4;
	sight.flags = (uint8_t)take(reader, 1);
	skip(reader, 6);
	if (reader->is_short)
		return unjudged(GP_REASON_CUT_SHORT);
	left -= header * 4;
	if (header < 5 || (left < 0 && !sight.is_fragment))
		return unjudged(GP_REASON_MALFORMED);
	sight.payload_bytes = left > 0 ? (uint32_t)left : 0;
	return sight;
}

/* What is behind the IP header; `left` is what it says there is. */
static struct sight behind_ip(struct reader *reader, struct sight sight, enum gp_direction direction, uint32_t next,
			      bool may_extend, int64_t left)
{
	for (int read = 0; may_extend && is_extension(next); read++) {
		uint32_t type = next, length, fragment;
		size_t more;

		if (read == EXTENSIONS_MOST)
			return unjudged(GP_REASON_HEADERS_DEEP);
		next = take(reader, 1);
		length = take(reader, 1);
		fragment = take(reader, 2);
		skip(reader, 4);
		if (reader->is_short)
			return unjudged(GP_REASON_CUT_SHORT);
		if (type == FRAGMENT && fragment & 0xfff8)
			return unjudged(GP_REASON_FRAGMENT_LATER);
		sight.is_fragment |= type == FRAGMENT && fragment & 1;
		more = type == FRAGMENT ? 0 : type == AH_NEXT ? length * 4 : length * 8;
		skip(reader, more);
		if (reader->is_short)
			return unjudged(GP_REASON_CUT_SHORT);
		left -= (int64_t)(8 + more);
	}
	if (next == ICMP_NEXT || next == ICMPV6_NEXT)
		return unjudged(GP_REASON_ICMP);
	return next == TCP_NEXT ? tcp(reader, sight, direction, left) : unjudged(GP_REASON_NOT_TCP);
}

static uint64_t number(const uint8_t *bytes, int count)
{
	uint64_t value = 0;

	for (int i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void mapped(struct reader *reader, uint8_t address[16])
{
	memcpy(address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	take_bytes(reader, address + 12, 4);
}

static struct sight ipv4(struct reader *reader, enum gp_direction direction)
{
	const size_t start = reader->at;
	struct sight sight = {0};
	uint32_t version, header, total, fragment, next;
	int64_t left;

	if (reader->length - start < 20)
		return unjudged(GP_REASON_CUT_SHORT);
	version = take(reader, 1);
	header = (version & 15) * 4;
	skip(reader, 1);
	total = take(reader, 2);
	skip(reader, 2);
	fragment = take(reader, 2);
	skip(reader, 1);
	next = take(reader, 1);
	skip(reader, 2);
	mapped(reader, direction == GP_IN ? sight.client : sight.server);
	mapped(reader, direction == GP_IN ? sight.server : sight.client);
	sight.source = GP_SOURCE_V4 | number(sight.client + 12, 4);
	if (version >> 4 != 4 || header < 20)
		return unjudged(GP_REASON_MALFORMED);
	skip(reader, header - 20);
	if (reader->is_short)
		return unjudged(GP_REASON_CUT_SHORT);
	if (fragment & 0x1fff)
		return unjudged(GP_REASON_FRAGMENT_LATER);
	sight.is_fragment = fragment & 0x2000;
	/* Before a card has cut it, a packet may be too long for this field. */
	left = !total && direction == GP_OUT ? (int64_t)reader->length - 14 : total;
	return behind_ip(reader, sight, direction, next, next == AH_NEXT, left - header);
}

static struct sight ipv6(struct reader *reader, enum gp_direction direction)
{
	struct sight sight = {0};
	uint32_t version, total, next;
	int64_t left;

	version = take(reader, 4) >> 28;
	total = take(reader, 2);
	next = take(reader, 1);
	skip(reader, 1);
	take_bytes(reader, direction == GP_IN ? sight.client : sight.server, 16);
	take_bytes(reader, direction == GP_IN ? sight.server : sight.client, 16);
	sight.source = number(sight.client, 8);
	if (reader->is_short)
		return unjudged(GP_REASON_CUT_SHORT);
	if (version != 6)
		return unjudged(GP_REASON_MALFORMED);
	left = !total && direction == GP_OUT ? (int64_t)reader->length - 14 - 40 : total;
	return behind_ip(reader, sight, direction, next, true, left);
}

struct sight model_see(enum gp_direction direction, const uint8_t *frame, size_t length)
{
	struct reader reader = {.bytes = frame, .length = length};
	uint32_t type = ethernet(&reader);

	if (reader.is_short)
		return unjudged(GP_REASON_CUT_SHORT);
	if (type == ~0U)
		return unjudged(GP_REASON_TAGS_DEEP);
	if (type == 0x0800)
		return ipv4(&reader, direction);
	return type == 0x86dd ? ipv6(&reader, direction) : unjudged(GP_REASON_NOT_IP);
}
