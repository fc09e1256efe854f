/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/synth/segment.h"

#include <string.h>

#define ETHERNET_BYTES 14
#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define TCP_BYTES 20
#define PROTOCOL_TCP 6
#define WINDOW 64240 /* of Linux and Windows, at the beginning */

static void put_16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_32(uint8_t *at, uint32_t value)
{
	put_16(at, value >> 16);
	put_16(at + 2, value);
}

/* RFC 1071: the sum of 16-bit words, an odd byte at the end counts as the high one. */
static uint32_t sum(uint32_t so_far, const uint8_t *bytes, size_t count)
{
	for (; count > 1; count -= 2, bytes += 2)
		so_far += (uint32_t)bytes[0] << 8 | bytes[1];
	return so_far + (count ? (uint32_t)bytes[0] << 8 : 0);
}

static uint16_t fold(uint32_t total)
{
	total = (total & 0xffff) + (total >> 16);
	total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

static size_t put_ethernet(const struct segment *segment, bool v4, uint8_t *frame)
{
	static const uint8_t client[6] = {2, 0, 0, 0, 0, 1}, server[6] = {2, 0, 0, 0, 0, 2};

	memcpy(frame, segment->out ? client : server, 6);
	memcpy(frame + 6, segment->out ? server : client, 6);
	put_16(frame + 12, v4 ? 0x0800 : 0x86dd);
	return ETHERNET_BYTES;
}

static size_t put_ipv4(const struct segment *segment, size_t tcp_bytes, uint8_t *at)
{
	memset(at, 0, IPV4_BYTES);
	at[0] = 0x45;
	put_16(at + 2, (uint32_t)(IPV4_BYTES + tcp_bytes));
	put_16(at + 4, segment->id);
	at[6] = 0x40; /* do not fragment */
	at[8] = segment->ttl;
	at[9] = PROTOCOL_TCP;
	memcpy(at + 12, segment->from->byte + 12, 4);
	memcpy(at + 16, segment->to->byte + 12, 4);
	put_16(at + 10, fold(sum(0, at, IPV4_BYTES)));
	return IPV4_BYTES;
}

static size_t put_ipv6(const struct segment *segment, size_t tcp_bytes, uint8_t *at)
{
	memset(at, 0, 8);
	at[0] = 0x60;
	put_16(at + 4, (uint32_t)tcp_bytes);
	at[6] = PROTOCOL_TCP;
	at[7] = segment->ttl;
	memcpy(at + 8, segment->from->byte, 16);
	memcpy(at + 24, segment->to->byte, 16);
	return IPV6_BYTES;
}

/* Maximum segment size, selective acknowledgements, window scale: what every stack says. */
static size_t put_options(const struct segment *segment, bool v4, uint8_t *at)
{
	static const uint8_t v4_options[12] = {2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7};
	static const uint8_t v6_options[12] = {2, 4, 0x05, 0xa0, 1, 1, 4, 2, 1, 3, 3, 7};

	if (!(segment->flags & GP_SYN))
		return 0;
	memcpy(at, v4 ? v4_options : v6_options, sizeof(v4_options));
	return sizeof(v4_options);
}

size_t segment_frame(const struct segment *segment, uint8_t frame[SEGMENT_FRAME_MAX])
{
	const bool v4 = addr_is_v4(segment->from);
	const size_t header = TCP_BYTES + (segment->flags & GP_SYN ? 12 : 0);
	const size_t tcp_bytes = header + segment->payload_bytes;
	const size_t address_bytes = v4 ? 4 : 16;
	size_t at = put_ethernet(segment, v4, frame);
	uint8_t *tcp;
	uint32_t total;

	at += v4 ? put_ipv4(segment, tcp_bytes, frame + at) : put_ipv6(segment, tcp_bytes, frame + at);
	tcp = frame + at;
	memset(tcp, 0, TCP_BYTES);
	put_16(tcp, segment->from_port);
	put_16(tcp + 2, segment->to_port);
	put_32(tcp + 4, segment->seq);
	put_32(tcp + 8, segment->flags & GP_ACK ? segment->ack : 0);
	tcp[12] = (uint8_t)(header / 4 << 4);
	tcp[13] = segment->flags;
	put_16(tcp + 14, WINDOW);
	put_options(segment, v4, tcp + TCP_BYTES);
	if (segment->payload_bytes)
		memcpy(tcp + header, segment->payload, segment->payload_bytes);
	total = sum((uint32_t)(PROTOCOL_TCP + tcp_bytes), segment->from->byte + 16 - address_bytes, address_bytes);
	total = sum(total, segment->to->byte + 16 - address_bytes, address_bytes);
	put_16(tcp + 16, fold(sum(total, tcp, tcp_bytes)));
	return at + tcp_bytes;
}
