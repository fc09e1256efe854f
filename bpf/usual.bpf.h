/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What nearly every frame is: Ethernet; IPv4 without options or fragments, or IPv6 without extensions; TCP; all of it
 * in the buffer. Read with one look at the type and one at the length, to the same result as the general way
 * (bpf/parse.bpf.h, tests/fuzz/fuzz_usual.c): a frame that is not for us costs a quarter of what it costs there. */
#ifndef GATEPOST_USUAL_BPF_H
#define GATEPOST_USUAL_BPF_H

#include "bpf/parse.bpf.h"

struct usual {
	const void *ip; /* struct iphdr or ipv6hdr: whole headers, for the compiler to read them by words */
	const struct tcp_ports *ports;
	const struct tcp_rest *rest;
	__u32 frame_bytes;
	__u32 payload_offset;
	__u32 payload_bytes;
	int is_v6;
};

#define USUAL_TCP_BYTES (sizeof(struct tcp_ports) + sizeof(struct tcp_rest))
#define USUAL_V4_OFFSET (sizeof(struct ethhdr) + sizeof(struct iphdr)) /* of TCP */
#define USUAL_V6_OFFSET (sizeof(struct ethhdr) + sizeof(struct ipv6hdr))

/* `headers`: where TCP's begins; `bytes`: from there on, as IP says. */
INLINE int usual_tcp(struct usual *usual, const void *data, __u32 headers, __u32 bytes)
{
	__u32 header;

	usual->ports = data + headers;
	usual->rest = data + headers + sizeof(*usual->ports);
	header = (usual->rest->offset >> 4) * 4;
	usual->payload_offset = headers + header;
	usual->payload_bytes = bytes - header;
	return header >= USUAL_TCP_BYTES && header <= bytes && headers + bytes <= usual->frame_bytes;
}

/* 1, or 0: take the general way. */
INLINE int usual_find(struct usual *usual, void *data, void *data_end)
{
	const struct ethhdr *ethernet = data;
	const struct iphdr *v4 = data + sizeof(*ethernet);
	const struct ipv6hdr *v6 = data + sizeof(*ethernet);
	__u32 bytes;

	if (data + USUAL_V4_OFFSET + USUAL_TCP_BYTES > data_end)
		return 0;
	usual->ip = v4;
	usual->frame_bytes = data_end - data;
	if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
		usual->is_v6 = 0;
		bytes = bpf_ntohs(v4->tot_len) - sizeof(*v4);
		return *(const __u8 *)v4 == 0x45 && v4->protocol == IPPROTO_TCP &&
		       !(v4->frag_off & bpf_htons(IP_MORE_FRAGMENTS | IP_FRAGMENT_OFFSET)) && bytes <= 0xffff &&
		       usual_tcp(usual, data, USUAL_V4_OFFSET, bytes);
	}
	if (ethernet->h_proto != bpf_htons(ETH_P_IPV6) || data + USUAL_V6_OFFSET + USUAL_TCP_BYTES > data_end)
		return 0;
	usual->is_v6 = 1;
	return v6->version == 6 && v6->nexthdr == IPPROTO_TCP &&
	       usual_tcp(usual, data, USUAL_V6_OFFSET, bpf_ntohs(v6->payload_len));
}

/* As parse_layers() would have left the packet. */
INLINE void usual_read(const struct usual *usual, struct packet *packet)
{
	const struct iphdr *v4 = usual->ip;
	const struct ipv6hdr *v6 = usual->ip;

	if (usual->is_v6) {
		__builtin_memcpy(packet->client, &v6->saddr, sizeof(v6->saddr));
		__builtin_memcpy(packet->server, &v6->daddr, sizeof(v6->daddr));
		packet->source = (__u64)bpf_ntohl(packet->client[0]) << 32 | bpf_ntohl(packet->client[1]);
		packet->tcp_offset = USUAL_V6_OFFSET;
	} else {
		packet->client[2] = packet->server[2] = bpf_htonl(0xffff);
		packet->client[3] = v4->saddr;
		packet->server[3] = v4->daddr;
		packet->source = GP_SOURCE_V4 | bpf_ntohl(v4->saddr);
		packet->tcp_offset = USUAL_V4_OFFSET;
	}
	packet->frame_bytes = usual->frame_bytes;
	packet->payload_offset = usual->payload_offset;
	packet->payload_bytes = usual->payload_bytes;
	packet->client_port = bpf_ntohs(usual->ports->from);
	packet->server_port = bpf_ntohs(usual->ports->to);
	packet->seq = bpf_ntohl(usual->rest->seq);
	packet->ack = bpf_ntohl(usual->rest->ack);
	packet->tcp_flags = usual->rest->flags;
}

#endif
