/* SPDX-License-Identifier: BSD-2-Clause */
/* Builds frames front to back; lengths and checksums are filled in when all is there. */
#include "tests/support/packet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86dd, TYPE_TAG = 0x8100, TYPE_OUTER_TAG = 0x88a8, TYPE_PPPOE = 0x8864 };
enum { NEXT_TCP = 6, NEXT_FRAGMENT = 44, NEXT_AH = 51, NEXT_OPTIONS = 60 };

struct builder {
	uint8_t *frame;
	size_t length;
};

static void put8(struct builder *builder, uint8_t value)
{
	builder->frame[builder->length++] = value;
}

static void put16(struct builder *builder, unsigned int value)
{
	put8(builder, (uint8_t)(value >> 8));
	put8(builder, (uint8_t)value);
}

static void put32(struct builder *builder, uint32_t value)
{
	put16(builder, value >> 16);
	put16(builder, value & 0xffff);
}

static void put(struct builder *builder, const void *bytes, size_t count)
{
	memcpy(builder->frame + builder->length, bytes, count);
	builder->length += count;
}

static void set16(struct builder *builder, size_t at, unsigned int value)
{
	builder->frame[at] = (uint8_t)(value >> 8);
	builder->frame[at + 1] = (uint8_t)value;
}

void packet_address(const char *text, bool v6, uint8_t ret_address[16])
{
	uint8_t v4[4];

	if (inet_pton(AF_INET, text, v4) != 1) {
		inet_pton(AF_INET6, text, ret_address);
		return;
	}
	memset(ret_address, 0, 16);
	if (v6) {
		memcpy(ret_address, "\x20\x01\x0d\xb8", 4);
		ret_address[4] = v4[0] ^ v4[1];
		ret_address[5] = v4[2];
		ret_address[7] = v4[3];
		ret_address[15] = 1;
	} else {
		ret_address[10] = ret_address[11] = 0xff;
		memcpy(ret_address + 12, v4, 4);
	}
}

uint64_t packet_source(const char *text, bool v6)
{
	uint64_t source = 0;
	uint8_t address[16];

	packet_address(text, v6, address);
	for (int i = 0; i < 8; i++)
		source = source << 8 | address[i];
	if (!source)
		for (int i = 8; i < 16; i++)
			source = source << 8 | address[i];
	return source;
}

static bool is_v6(const struct packet_spec *spec, const char *from)
{
	return spec->v6 || strchr(from, ':');
}

static void put_ethernet(struct builder *builder, const struct packet_spec *spec, bool v6)
{
	unsigned int type = spec->ethertype ? spec->ethertype : v6 ? TYPE_IPV6 : TYPE_IPV4;

	put(builder, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
	for (int tag = spec->tags; tag > 0; tag--) {
		put16(builder, tag > 1 ? TYPE_OUTER_TAG : TYPE_TAG);
		put16(builder, (unsigned int)tag);
	}
	if (!spec->pppoe) {
		put16(builder, type);
		return;
	}
	put16(builder, TYPE_PPPOE);
	put32(builder, 0x11000001);
	put16(builder, 0);
	put16(builder, v6 ? 0x57 : 0x21);
}

static uint32_t sum16(const uint8_t *bytes, size_t count, uint32_t sum)
{
	for (size_t i = 0; i < count; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static unsigned int checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* AH (RFC 4302) counts its length in 32-bit words less two: 4 words are 16 bytes. */
static void put_extensions(struct builder *builder, const struct packet_spec *spec, uint8_t protocol)
{
	uint8_t type = spec->extension ? spec->extension : NEXT_OPTIONS;
	bool fragment = spec->first_fragment || spec->later_fragment;

	for (int i = 1; i <= spec->extensions; i++) {
		put8(builder, i < spec->extensions ? type : fragment ? NEXT_FRAGMENT : protocol);
		put8(builder, type == NEXT_AH ? 2 : 0);
		put(builder, "\x01\x04\0\0\0", 6);
		if (type == NEXT_AH)
			put(builder, "\0\0\0\0\0\0\0", 8);
	}
	if (!fragment)
		return;
	put8(builder, spec->nested_fragment ? NEXT_FRAGMENT : protocol);
	put8(builder, 0);
	put16(builder, spec->later_fragment ? 0x0100 : 0x0001);
	put32(builder, 0x1234);
	if (!spec->nested_fragment)
		return;
	put8(builder, protocol);
	put8(builder, 0);
	put16(builder, 0);
	put32(builder, 0x1234);
}

static void put_ipv6(struct builder *builder, const struct packet_spec *spec, const uint8_t *from, const uint8_t *to,
		     uint8_t protocol)
{
	uint8_t next = protocol;

	if (spec->extensions)
		next = spec->extension ? spec->extension : NEXT_OPTIONS;
	else if (spec->first_fragment || spec->later_fragment)
		next = NEXT_FRAGMENT;
	put32(builder, 0x60000000);
	put16(builder, 0); /* length: later */
	put8(builder, next);
	put8(builder, 64);
	put(builder, from, 16);
	put(builder, to, 16);
	put_extensions(builder, spec, protocol);
}

static void put_ipv4(struct builder *builder, const struct packet_spec *spec, const uint8_t *from, const uint8_t *to,
		     uint8_t protocol)
{
	bool ah = spec->extension == NEXT_AH && spec->extensions;
	struct packet_spec one = *spec;

	put8(builder, (uint8_t)(0x45 + spec->options));
	put8(builder, 0);
	put32(builder, 0x00001234); /* length: later; identification */
	put16(builder, spec->later_fragment ? 0x0100 : spec->first_fragment ? 0x2000 : 0x4000);
	put8(builder, 64);
	put8(builder, ah ? NEXT_AH : protocol);
	put16(builder, 0); /* checksum: later */
	put(builder, from + 12, 4);
	put(builder, to + 12, 4);
	for (int i = 0; i < spec->options; i++)
		put32(builder, 0x01010101); /* no operation */
	one.first_fragment = one.later_fragment = false;
	one.extensions = 1;
	if (ah)
		put_extensions(builder, &one, protocol);
}

static void put_tcp(struct builder *builder, const struct packet_spec *spec, uint16_t from_port, uint16_t to_port)
{
	uint8_t words = spec->data_offset ? spec->data_offset : 5;

	put16(builder, from_port);
	put16(builder, to_port);
	put32(builder, spec->seq);
	put32(builder, spec->ack);
	put8(builder, (uint8_t)(words << 4));
	put8(builder, spec->flags);
	put16(builder, 65535);
	put32(builder, 0);
	for (int i = 5; i < words; i++)
		put32(builder, 0x01010101);
}

static void put_payload(struct builder *builder, const struct packet_spec *spec)
{
	size_t count = spec->payload_bytes;

	if (spec->payload && !count)
		count = strlen(spec->payload);
	for (size_t i = 0; i < count; i++)
		put8(builder, spec->payload ? (uint8_t)spec->payload[i] : 0);
}

/* Lengths and checksums of what stands from `network` and `transport` on. */
static void finish(struct builder *builder, const struct packet_spec *spec, const uint8_t *ends, size_t network,
		   size_t transport, bool v6)
{
	size_t bytes = builder->length - transport;
	size_t claimed = spec->ip_bytes ? spec->ip_bytes : bytes;

	if (!spec->protocol && bytes >= 20)
		set16(builder, transport + 16,
		      checksum(sum16(
			      builder->frame + transport, bytes,
			      sum16(v6 ? ends : ends + 12, v6 ? 16 : 4,
				    sum16(v6 ? ends + 16 : ends + 28, v6 ? 16 : 4, (uint32_t)bytes + NEXT_TCP)))));
	if (v6) {
		set16(builder, network + 4, (unsigned int)(claimed + transport - network - 40));
		return;
	}
	set16(builder, network + 2, (unsigned int)(claimed + transport - network));
	set16(builder, network + 10, checksum(sum16(builder->frame + network, 20 + 4UL * (size_t)spec->options, 0)));
}

size_t packet_build(const struct packet_spec *spec, uint8_t frame[PACKET_BYTES])
{
	const char *from = spec->from ? spec->from : "192.0.2.1";
	const char *to = spec->to ? spec->to : PACKET_SERVER;
	uint16_t from_port = spec->from_port ? spec->from_port : 40000;
	uint16_t to_port = spec->to_port ? spec->to_port : 143;
	uint8_t protocol = spec->protocol ? spec->protocol : NEXT_TCP;
	bool v6 = is_v6(spec, from);
	struct builder builder = {frame, 0};
	size_t network, transport;
	uint8_t ends[32];

	packet_address(spec->reply ? to : from, v6, ends);
	packet_address(spec->reply ? from : to, v6, ends + 16);
	put_ethernet(&builder, spec, v6);
	network = builder.length;
	(v6 ? put_ipv6 : put_ipv4)(&builder, spec, ends, ends + 16, protocol);
	transport = builder.length;
	if (protocol == NEXT_TCP && !spec->later_fragment)
		put_tcp(&builder, spec, spec->reply ? to_port : from_port, spec->reply ? from_port : to_port);
	else
		put(&builder, (const uint8_t[20]){0}, 20);
	put_payload(&builder, spec);
	finish(&builder, spec, ends, network, transport, v6);
	while (builder.length < spec->pad)
		put8(&builder, 0xee);
	return spec->cut && spec->cut < builder.length ? spec->cut : builder.length;
}

const char *packet_hex(const uint8_t *frame, size_t length, char *buffer, size_t size)
{
	for (size_t i = 0; i < length && i * 2 + 3 <= size; i++)
		snprintf(buffer + i * 2, 3, "%02x", frame[i]);
	return buffer;
}
