/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bytes to struct packet, and the only file that touches packet memory. IPv4 and IPv6 leave here alike.
 *
 * What cannot be parsed is not ours to judge: it passes, and the reason says why. Only the headers must be in the
 * frame; a payload cut off (a capture with a snap length, a frame in several buffers) is measured by what IP says,
 * which also keeps Ethernet padding from being taken for payload. Checksums are not verified: the receiver does. */
#ifndef GATEPOST_PARSE_BPF_H
#define GATEPOST_PARSE_BPF_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "bpf/platform.bpf.h"

#define PARSE_TAGS_MAX 4
#define PARSE_EXTENSIONS_MAX 6
#define PARSE_HEADERS_BYTES 512 /* asked of tc to be in one piece: far more than any honest headers take */

#define PARSE_OFFSET_MAX 0x3fff /* what all headers together cannot exceed */

#define PPP_IPV4 0x0021 /* RFC 1661, 2; IANA PPP numbers */
#define PPP_IPV6 0x0057
#define IPPROTO_HIP 139
#define IPPROTO_SHIM6 140
#define IP_MORE_FRAGMENTS 0x2000
#define IP_FRAGMENT_OFFSET 0x1fff
#define IPV6_MORE_FRAGMENTS 0x0001
#define IPV6_FRAGMENT_OFFSET 0xfff8

struct packet {
	__be32 client[4]; /* the end that is not the mail server; IPv4 as ::ffff:a.b.c.d */
	__be32 server[4];
	__u64 source; /* of the client */
	/* What identify() and reach() add once the packet is known to be for us. */
	__u64 time_ns;
	__u64 source_hash; /* keyed; low bits pick a bucket, high bits are the tag in it */
	__u64 flow; /* keyed hash of the 4-tuple, never 0 */
	__u64 prefix_hash; /* keyed, of the source's prefix; only of a SYN */
	__u32 frame_bytes;
	__u32 payload_offset; /* from the start of the frame */
	__u32 payload_bytes; /* as IP says; the frame may hold less */
	__u32 seq;
	__u32 ack;
	__u16 client_port;
	__u16 server_port;
	__u8 tcp_flags;
	__u8 is_fragment; /* the first of several */
	__u8 reason; /* enum gp_reason: why it is not TCP that can be judged */
	__u8 service; /* enum gp_service, of service_of() */
	__u16 tcp_offset; /* from the start of the frame */
	__u16 stands_for; /* packets, where one in so many is counted; of ban.bpf.h */
};
_Static_assert(sizeof(struct packet) == 104, "no padding: the verifier wants every byte of an argument written");

/* A SYN that asks for a connection. */
INLINE int is_new(const struct packet *packet)
{
	return (packet->tcp_flags & (GP_SYN | GP_ACK)) == GP_SYN;
}

struct cursor {
	void *at;
	void *end;
};

struct vlan_tag {
	__be16 control;
	__be16 type;
};
struct pppoe_header { /* RFC 2516, 4, and the PPP protocol that follows */
	__u8 version_type;
	__u8 code;
	__be16 number;
	__be16 length;
	__be16 protocol;
};
struct extension { /* RFC 8200, 4.2; the fragment header has its offset in the second half */
	__u8 next;
	__u8 length;
	__be16 fragment;
	__be32 rest;
};
struct tcp_ports {
	__be16 from;
	__be16 to;
};
struct tcp_rest { /* RFC 9293, 3.1, after the ports */
	__be32 seq;
	__be32 ack;
	__u8 offset;
	__u8 flags;
	__be16 window;
	__be32 check_urgent;
};

INLINE void *take(struct cursor *cursor, __u32 bytes)
{
	void *at = cursor->at;

	if (at + bytes > cursor->end)
		return NULL;
	cursor->at = at + bytes;
	return at;
}

/* All ways that lead here become one to the verifier: the cursor is somewhere behind the start. */
INLINE int settle(struct cursor *cursor, void *start)
{
	__u64 offset = (__u8 *)cursor->at - (__u8 *)start;

	OPAQUE(offset);
	if (offset > PARSE_OFFSET_MAX)
		return GP_REASON_CUT_SHORT;
	cursor->at = start + offset;
	return 0;
}

/* Parsers return 0 or a reason; GP_REASON_NOT_MAIL is 0 and is never a parser's. */
INLINE int parse_ethernet(struct cursor *cursor, __be16 *ret_type)
{
	struct ethhdr *ethernet = take(cursor, sizeof(*ethernet));
	struct pppoe_header *pppoe;
	struct vlan_tag *tag;
	__be16 type;

	if (!ethernet)
		return GP_REASON_CUT_SHORT;
	type = ethernet->h_proto;
	for (int i = 0; i <= PARSE_TAGS_MAX; i++) {
		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			break;
		if (i == PARSE_TAGS_MAX)
			return GP_REASON_TAGS_DEEP;
		tag = take(cursor, sizeof(*tag));
		if (!tag)
			return GP_REASON_CUT_SHORT;
		type = tag->type;
	}
	if (type == bpf_htons(ETH_P_PPP_SES)) {
		pppoe = take(cursor, sizeof(*pppoe));
		if (!pppoe)
			return GP_REASON_CUT_SHORT;
		type = pppoe->protocol == bpf_htons(PPP_IPV4)   ? bpf_htons(ETH_P_IP)
		       : pppoe->protocol == bpf_htons(PPP_IPV6) ? bpf_htons(ETH_P_IPV6)
								: 0;
	}
	*ret_type = type;
	return 0;
}

/* A later fragment has no ports, a first one may. */
INLINE int parse_fragment(struct packet *packet, int offset, int more)
{
	packet->is_fragment |= more != 0; /* headers may be nested, and the outer one counts */
	return offset ? GP_REASON_FRAGMENT_LATER : 0;
}

INLINE int is_extension(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_FRAGMENT ||
	       protocol == IPPROTO_AH || protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_MH ||
	       protocol == IPPROTO_HIP || protocol == IPPROTO_SHIM6;
}

/* Walk to the header that is none of the above. `*bytes` is what IP says is left. IPv4 comes here for AH alone. */
INLINE int parse_extensions(struct cursor *cursor, struct packet *packet, __u8 *protocol, int *bytes, void *start)
{
	struct extension *extension;
	__u32 length;
	int reason;

	/* Linux 6.1 takes no way back but by a jump, and this one clang 14 lets fall through. */
	UNROLLED
	for (int i = 0; i <= PARSE_EXTENSIONS_MAX; i++) {
		if (!is_extension(*protocol))
			return 0;
		if (i == PARSE_EXTENSIONS_MAX)
			return GP_REASON_HEADERS_DEEP;
		extension = take(cursor, sizeof(*extension));
		if (!extension)
			return GP_REASON_CUT_SHORT;
		length = extension->length * 8;
		if (*protocol == IPPROTO_FRAGMENT) {
			length = 0;
			reason = parse_fragment(packet, extension->fragment & bpf_htons(IPV6_FRAGMENT_OFFSET),
						extension->fragment & bpf_htons(IPV6_MORE_FRAGMENTS));
			if (reason)
				return reason;
		} else if (*protocol == IPPROTO_AH) {
			length = extension->length * 4; /* RFC 4302, 2.2: in 32-bit words, less two */
		}
		*protocol = extension->next;
		*bytes -= (int)(sizeof(*extension) + length);
		if (!take(cursor, length) || settle(cursor, start))
			return GP_REASON_CUT_SHORT;
	}
	return 0;
}

INLINE int parse_tcp(struct cursor *cursor, struct packet *packet, int bytes, int direction)
{
	struct tcp_ports *ports;
	struct tcp_rest *rest;

	if (bytes < (int)sizeof(*ports))
		return GP_REASON_MALFORMED;
	ports = take(cursor, sizeof(*ports));
	if (!ports)
		return GP_REASON_CUT_SHORT;
	packet->client_port = bpf_ntohs(direction == GP_IN ? ports->from : ports->to);
	packet->server_port = bpf_ntohs(direction == GP_IN ? ports->to : ports->from);
	if (bytes < (int)(sizeof(*ports) + sizeof(*rest))) {
		/* A fragment so small that the flags are in the next one hides a SYN (RFC 1858): it is one. */
		packet->tcp_flags = GP_SYN;
		return packet->is_fragment ? 0 : GP_REASON_MALFORMED;
	}
	rest = take(cursor, sizeof(*rest));
	if (!rest)
		return GP_REASON_CUT_SHORT;
	bytes -= (rest->offset >> 4) * 4;
	/* A fragment that ends within the options is still TCP's first one: the rest of them comes in the next. */
	if (bytes < 0 && packet->is_fragment)
		bytes = 0;
	if (rest->offset >> 4 < 5 || bytes < 0)
		return GP_REASON_MALFORMED;
	packet->seq = bpf_ntohl(rest->seq);
	packet->ack = bpf_ntohl(rest->ack);
	packet->tcp_flags = rest->flags;
	packet->payload_bytes = bytes;
	packet->payload_offset += (rest->offset >> 4) * 4;
	return 0;
}

INLINE int parse_ipv4(struct cursor *cursor, struct packet *packet, __u8 *protocol, int *bytes, int direction)
{
	__be32 *client = direction == GP_IN ? packet->client : packet->server;
	__be32 *server = direction == GP_IN ? packet->server : packet->client;
	struct iphdr *ip = take(cursor, sizeof(*ip));
	__u32 header;

	if (!ip)
		return GP_REASON_CUT_SHORT;
	header = ip->ihl * 4;
	if (ip->version != 4 || header < sizeof(*ip))
		return GP_REASON_MALFORMED;
	client[2] = server[2] = bpf_htonl(0xffff);
	client[3] = ip->saddr;
	server[3] = ip->daddr;
	*protocol = ip->protocol;
	*bytes = bpf_ntohs(ip->tot_len);
	/* A segment of over 64 KiB before it is cut for the wire says 0 (kernel: IPv4 BIG TCP). */
	if (!*bytes && direction == GP_OUT)
		*bytes = (int)(packet->frame_bytes - ETH_HLEN);
	*bytes -= (int)header;
	packet->source = GP_SOURCE_V4 | bpf_ntohl(packet->client[3]);
	if (!take(cursor, header - sizeof(*ip)))
		return GP_REASON_CUT_SHORT;
	return parse_fragment(packet, ip->frag_off & bpf_htons(IP_FRAGMENT_OFFSET),
			      ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS));
}

INLINE int parse_ipv6(struct cursor *cursor, struct packet *packet, __u8 *protocol, int *bytes, int direction)
{
	__be32 *client = direction == GP_IN ? packet->client : packet->server;
	__be32 *server = direction == GP_IN ? packet->server : packet->client;
	struct ipv6hdr *ip = take(cursor, sizeof(*ip));

	if (!ip)
		return GP_REASON_CUT_SHORT;
	if (ip->version != 6)
		return GP_REASON_MALFORMED;
	__builtin_memcpy(client, &ip->saddr, sizeof(ip->saddr));
	__builtin_memcpy(server, &ip->daddr, sizeof(ip->daddr));
	*protocol = ip->nexthdr;
	*bytes = bpf_ntohs(ip->payload_len);
	if (!*bytes && direction == GP_OUT)
		*bytes = (int)(packet->frame_bytes - ETH_HLEN - sizeof(*ip));
	packet->source = (__u64)bpf_ntohl(packet->client[0]) << 32 | bpf_ntohl(packet->client[1]);
	return 0;
}

INLINE int parse_layers(struct cursor *cursor, struct packet *packet, int direction)
{
	void *start = cursor->at;
	__u8 protocol = 0;
	__be16 type = 0;
	int bytes = 0;
	int reason;

	reason = parse_ethernet(cursor, &type);
	if (!reason)
		reason = settle(cursor, start);
	if (reason)
		return reason;
	if (type == bpf_htons(ETH_P_IP))
		reason = parse_ipv4(cursor, packet, &protocol, &bytes, direction);
	else if (type == bpf_htons(ETH_P_IPV6))
		reason = parse_ipv6(cursor, packet, &protocol, &bytes, direction);
	else
		reason = GP_REASON_NOT_IP;
	if (reason)
		return reason;
	if (type == bpf_htons(ETH_P_IPV6) || protocol == IPPROTO_AH)
		reason = parse_extensions(cursor, packet, &protocol, &bytes, start);
	if (!reason)
		reason = settle(cursor, start);
	if (reason)
		return reason;
	if (protocol != IPPROTO_TCP)
		return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6 ? GP_REASON_ICMP : GP_REASON_NOT_TCP;
	packet->payload_offset = packet->tcp_offset = cursor->at - start;
	return parse_tcp(cursor, packet, bytes, direction);
}

/* Both return 1 when the packet is TCP that can be judged, 0 with packet->reason when not. */
SUBPROGRAM int parse_in(struct xdp_md *ctx, struct packet *packet)
{
	struct cursor cursor = {(void *)(long)ctx->data, (void *)(long)ctx->data_end};

	if (!packet)
		return 0;
	packet->frame_bytes = bpf_xdp_get_buff_len(ctx);
	packet->reason = parse_layers(&cursor, packet, GP_IN);
	return !packet->reason;
}

SUBPROGRAM int parse_out(struct __sk_buff *ctx, struct packet *packet)
{
	__u32 headers = ctx->len < PARSE_HEADERS_BYTES ? ctx->len : PARSE_HEADERS_BYTES;
	struct cursor cursor;

	if (!packet)
		return 0;
	/* A forwarded packet may have no more than its IP header in the first piece. */
	if ((void *)(long)ctx->data + headers > (void *)(long)ctx->data_end)
		bpf_skb_pull_data(ctx, headers);
	cursor.at = (void *)(long)ctx->data;
	cursor.end = (void *)(long)ctx->data_end;
	packet->frame_bytes = ctx->len;
	packet->reason = parse_layers(&cursor, packet, GP_OUT);
	return !packet->reason;
}

#endif
