/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What nearly every frame is: Ethernet; IPv4 without options or fragments, or IPv6 without extensions; TCP; all of it
 * in the buffer. Read with one look at the type and one at the length, to the same result as the general way
 * (bpf/parse.bpf.h, tests/fuzz/fuzz_usual.c): a frame that is not for us costs a quarter of what it costs there. */
#ifndef GATEPOST_USUAL_BPF_H
#define GATEPOST_USUAL_BPF_H

#include "bpf/parse.bpf.h"

struct usual {
	const struct ethhdr *ethernet;
	const struct tcp_ports *ports;
	const struct tcp_rest *rest;
	__u32 frame_bytes;
	__u32 payload_offset;
	__u32 payload_bytes;
	int is_v6;
};

struct usual_v4 {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct tcp_ports ports;
	struct tcp_rest rest;
} __attribute__((packed));
struct usual_v6 {
	struct ethhdr ethernet;
	struct ipv6hdr ip;
	struct tcp_ports ports;
	struct tcp_rest rest;
} __attribute__((packed));

/* `headers`: where TCP's begins; `bytes`: from there on, as IP says. */
INLINE int usual_tcp(struct usual *usual, const void *data, __u32 headers, __u32 bytes)
{
	__u32 header;

	usual->ports = data + headers;
	usual->rest = data + headers + sizeof(*usual->ports);
	header = (usual->rest->offset >> 4) * 4;
	usual->payload_offset = headers + header;
	usual->payload_bytes = bytes - header;
	return header >= sizeof(struct tcp_ports) + sizeof(struct tcp_rest) && header <= bytes &&
	       headers + bytes <= usual->frame_bytes;
}

/* 1, or 0: take the general way. */
INLINE int usual_find(struct usual *usual, void *data, void *data_end)
{
	const struct usual_v4 *v4 = data;
	const struct usual_v6 *v6 = data;
	__u32 bytes;

	if ((const void *)(v4 + 1) > data_end)
		return 0;
	usual->ethernet = data;
	usual->frame_bytes = data_end - data;
	if (v4->ethernet.h_proto == bpf_htons(ETH_P_IP)) {
		usual->is_v6 = 0;
		bytes = bpf_ntohs(v4->ip.tot_len) - sizeof(v4->ip);
		return *(const __u8 *)&v4->ip == 0x45 && v4->ip.protocol == IPPROTO_TCP &&
		       !(v4->ip.frag_off & bpf_htons(IP_MORE_FRAGMENTS | IP_FRAGMENT_OFFSET)) && bytes <= 0xffff &&
		       usual_tcp(usual, data, offsetof(struct usual_v4, ports), bytes);
	}
	if (v4->ethernet.h_proto != bpf_htons(ETH_P_IPV6) || (const void *)(v6 + 1) > data_end)
		return 0;
	usual->is_v6 = 1;
	return v6->ip.version == 6 && v6->ip.nexthdr == IPPROTO_TCP &&
	       usual_tcp(usual, data, offsetof(struct usual_v6, ports), bpf_ntohs(v6->ip.payload_len));
}

/* As parse_layers() would have left the packet. */
INLINE void usual_read(const struct usual *usual, struct packet *packet)
{
	const struct usual_v4 *v4 = (const struct usual_v4 *)usual->ethernet;
	const struct usual_v6 *v6 = (const struct usual_v6 *)usual->ethernet;

	if (usual->is_v6) {
		__builtin_memcpy(packet->client, &v6->ip.saddr, sizeof(v6->ip.saddr));
		__builtin_memcpy(packet->server, &v6->ip.daddr, sizeof(v6->ip.daddr));
		packet->source = (__u64)bpf_ntohl(packet->client[0]) << 32 | bpf_ntohl(packet->client[1]);
		packet->tcp_offset = sizeof(struct ethhdr) + sizeof(struct ipv6hdr);
	} else {
		packet->client[2] = packet->server[2] = bpf_htonl(0xffff);
		packet->client[3] = v4->ip.saddr;
		packet->server[3] = v4->ip.daddr;
		packet->source = GP_SOURCE_V4 | bpf_ntohl(v4->ip.saddr);
		packet->tcp_offset = sizeof(struct ethhdr) + sizeof(struct iphdr);
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
