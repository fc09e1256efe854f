/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cuts a guesser's connection. A limit is on new connections, so whoever has one would go on guessing on it: where a
 * source is limited, a connection on which a login failed and nobody has got in since is not to be used any more. Each
 * guess then costs a connection, and the limit holds for guesses.
 *
 * What the client says next is made a reset to the server, in place: the number is the one that the server waits for,
 * so it believes it (RFC 5961, 3.2), and is rid of the connection at once. Dropping it instead would leave the server
 * one dead connection for each guess, for as long as it waits for a login (Dovecot: 3 minutes, for a hundred of them in
 * all). The client hears nothing, and waits. What carries no data passes: it says nothing, and ends what it ends. */
#ifndef GATEPOST_CUT_BPF_H
#define GATEPOST_CUT_BPF_H

#include "bpf/flow.bpf.h"

struct tcp_tail { /* RFC 9293, 3.1, after the numbers */
	__be16 offset_flags;
	__be16 window;
	__sum16 check;
	__be16 urgent;
};
#define TCP_TAIL_OFFSET 12
#define TCP_OFFSET_MASK 0xf000

/* A packet of a limited source: is it of a connection on which a login failed and none succeeded? */
SUBPROGRAM int is_guessing(const struct packet *packet)
{
	const struct gp_flow_bucket *bucket;
	__u32 index, way;

	if (!packet)
		return 0;
	index = gp_bucket(packet->flow, GLOBAL(sizes).flows);
	bucket = TABLE_FIND(flows, &index);
	if (!bucket)
		return 0;
	way = flow_way(bucket, packet->flow);
	return way < GP_FLOW_WAYS &&
	       (READ_ONCE(bucket->way[way].flags) & (GP_FLOW_FAILED | GP_FLOW_LOGGED_IN)) == GP_FLOW_FAILED;
}

/* The checksum of a packet in which one word has become another (RFC 1624, 3). */
INLINE __u16 check_after(__u16 check, __u16 old, __u16 word)
{
	__u32 sum = (__u16)~check + (__u16)~old + (__u32)word;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* 1: the packet is a reset from here on, for the server and for us; 0: it cannot be made one. */
SUBPROGRAM int reset_instead(struct xdp_md *ctx, struct packet *packet)
{
	struct tcp_tail tail = {};
	__be16 old;

	if (!packet || bpf_xdp_load_bytes(ctx, packet->tcp_offset + TCP_TAIL_OFFSET, &tail, sizeof(tail)))
		return 0;
	old = tail.offset_flags;
	tail.offset_flags = (old & bpf_htons(TCP_OFFSET_MASK)) | bpf_htons(GP_RST | GP_ACK);
	tail.check = check_after(tail.check, old, tail.offset_flags);
	if (bpf_xdp_store_bytes(ctx, packet->tcp_offset + TCP_TAIL_OFFSET, &tail, sizeof(tail)))
		return 0;
	packet->tcp_flags = GP_RST | GP_ACK;
	packet->payload_bytes = 0;
	if (GLOBAL(clock_is_virtual))
		GLOBAL(virtual_reset) = 1;
	return 1;
}

#endif
