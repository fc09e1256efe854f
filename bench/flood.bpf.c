/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The flood and the programs that gatepost is measured beside.
 *
 * `flood` runs on frames that BPF_PROG_TEST_RUN makes real (BPF_F_TEST_XDP_LIVE_FRAMES): it draws a source, ports and
 * a sequence number and sends the frame into one end of a veth pair. It leaves the checksums alone: nothing measured
 * here reads them, and every nanosecond spent here would flatter the slower of two contestants.
 * `through` draws the same and then becomes another program (a tail call), for the cost of that program alone. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "bench/flood.h"

#define TCP_PORTS_AND_SEQ_BYTES 8

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, FLOOD_WIRES);
	__type(key, __u32);
	__type(value, __u32);
} wires SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} subject SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} dropped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FLOOD_HASH_ENTRIES);
	__type(key, __u64);
	__type(value, __u64);
} listed SEC(".maps");

const volatile struct flood_layout layout;
const volatile __u32 source_mask; /* number of sources, less one */
__u32 wire; /* where to send, set between rounds */

static __always_inline int frame_draw(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	__u32 source = flood_source(bpf_get_prandom_u32() & source_mask);
	__u32 random = bpf_get_prandom_u32();
	__be16 *ports;

	if (data + layout.source + sizeof(__be32) > data_end || data + layout.tcp + TCP_PORTS_AND_SEQ_BYTES > data_end)
		return -1;
	*(__be32 *)(data + layout.source) = bpf_htonl(source);
	ports = data + layout.tcp;
	ports[0] = bpf_htons(1024 + random % 64000);
	*(__be32 *)(ports + 2) = random * FLOOD_SPREAD;
	return 0;
}

SEC("xdp")
int flood(struct xdp_md *ctx)
{
	return frame_draw(ctx) ? XDP_ABORTED : bpf_redirect_map(&wires, wire, XDP_ABORTED);
}

SEC("xdp")
int through(struct xdp_md *ctx)
{
	if (frame_draw(ctx))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &subject, 0);
	return XDP_ABORTED;
}

static __always_inline void dropped_count(void)
{
	__u32 only = 0;
	__u64 *number = bpf_map_lookup_elem(&dropped, &only);

	if (number)
		*number += 1;
}

/* As little as a program that drops can do and still be asked how often it did. */
SEC("xdp")
int drop_only(struct xdp_md *ctx)
{
	(void)ctx;
	dropped_count();
	return XDP_DROP;
}

SEC("xdp")
int pass_only(struct xdp_md *ctx)
{
	(void)ctx;
	dropped_count();
	return XDP_PASS;
}

/* What most filters do for each packet: one lookup of the source in a BPF hash. */
SEC("xdp")
int hash_lookup(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	__u64 source;

	if (data + layout.source + sizeof(__be32) > data_end)
		return XDP_ABORTED;
	source = bpf_ntohl(*(__be32 *)(data + layout.source));
	dropped_count();
	return bpf_map_lookup_elem(&listed, &source) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
