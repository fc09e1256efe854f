/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The flood and the programs that gatepost is measured beside.
 *
 * `flood` runs on frames that BPF_PROG_TEST_RUN makes real (BPF_F_TEST_XDP_LIVE_FRAMES): it draws a source, ports and
 * a sequence number and sends the frame into one end of a veth pair. TCP's checksum it leaves alone, and IPv4's where
 * nobody asks for it: every nanosecond spent here would flatter the slower of two contestants. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "bench/flood.h"

#define TCP_PORTS_AND_SEQ_BYTES 8

struct bucket {
	__u64 tokens_ns; /* what it has, as time at the rate */
	__u64 filled_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, FLOOD_WIRES);
	__type(key, __u32);
	__type(value, __u32);
} wires SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} listed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct bucket);
} buckets SEC(".maps");

struct line {
	__u64 word[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct line);
} lines SEC(".maps"), more_lines SEC(".maps");

const volatile struct flood_layout layout;
const volatile __u32 lines_count, more_lines_count; /* 0: none are read */
const volatile __u32 source_mask; /* number of sources, less one */
const volatile __u64 interval_ns; /* of the token bucket */
const volatile __u64 burst_ns;
__u32 wire; /* where to send, set between rounds */
__u32 with_checksum;

static __always_inline void check_ipv4(void *data, void *data_end, __u32 source)
{
	__u32 sum = layout.ip_check_base + (source >> 16) + (source & 0xffff);

	if (data + layout.ip_check + sizeof(__be16) > data_end)
		return;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	*(__be16 *)(data + layout.ip_check) = bpf_htons(~sum);
}

SEC("xdp")
int flood(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	__u32 index = bpf_get_prandom_u32() & source_mask;
	__u32 source = flood_source(index);
	__u32 random;
	__be16 *ports;

	if (data + layout.source + sizeof(__be32) > data_end || data + layout.tcp + TCP_PORTS_AND_SEQ_BYTES > data_end)
		return XDP_ABORTED;
	*(__be32 *)(data + layout.source) = bpf_htonl(source);
	ports = data + layout.tcp;
	if (layout.connected) {
		ports[0] = bpf_htons(flood_port(index));
	} else {
		random = bpf_get_prandom_u32();
		ports[0] = bpf_htons(1024 + random % 64000);
		*(__be32 *)(ports + 2) = random * FLOOD_SPREAD;
	}
	if (with_checksum)
		check_ipv4(data, data_end, source);
	return bpf_redirect_map(&wires, wire, XDP_ABORTED);
}

static __always_inline int verdict(int action)
{
	__u32 only = 0;
	__u64 *number = bpf_map_lookup_elem(&verdicts, &only);

	if (number)
		*number += 1;
	return action;
}

/* As little as a program that drops can do and still be asked how often it did. */
SEC("xdp")
int drop_only(struct xdp_md *ctx)
{
	(void)ctx;
	return verdict(XDP_DROP);
}

SEC("xdp")
int pass_only(struct xdp_md *ctx)
{
	(void)ctx;
	return verdict(XDP_PASS);
}

static __always_inline int source_of(struct xdp_md *ctx, __u64 *ret_source)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;

	if (data + layout.source + sizeof(__be32) > data_end)
		return -1;
	*ret_source = bpf_ntohl(*(__be32 *)(data + layout.source));
	return 0;
}

/* What most filters do for each packet: one lookup of the source in a BPF hash. */
SEC("xdp")
int hash_lookup(struct xdp_md *ctx)
{
	__u64 source;

	if (source_of(ctx, &source))
		return XDP_ABORTED;
	return verdict(bpf_map_lookup_elem(&listed, &source) ? XDP_DROP : XDP_PASS);
}

/* The floor under whoever keeps something a source in memory: one cache line of it is read, or one of each of two
 * tables, both asked for before either has come. Nothing else is done. */
SEC("xdp")
int lines_only(struct xdp_md *ctx)
{
	__u64 source, hash;
	__u32 index;
	const struct line *one, *other;

	if (source_of(ctx, &source))
		return XDP_ABORTED;
	hash = source * 0x9e3779b97f4a7c15ULL;
	index = (hash >> 32) * lines_count >> 32;
	one = bpf_map_lookup_elem(&lines, &index);
	index = (hash * FLOOD_SPREAD >> 32) * more_lines_count >> 32;
	other = bpf_map_lookup_elem(&more_lines, &index);
	if (!one || !other)
		return XDP_ABORTED;
	return verdict(*(const volatile __u64 *)one->word + *(const volatile __u64 *)other->word ? XDP_PASS : XDP_DROP);
}

/* Instructions that wait for nothing: four chains, as many as a wide processor has ready at once. */
struct chains {
	__u64 a, b, c, d;
};

static __always_inline void be_busy(struct chains *chains, int instructions)
{
#pragma unroll
	for (int i = 0; i < instructions / 4; i++)
		__asm__ volatile("%0 += 3; %1 ^= 5; %2 += 7; %3 ^= 9"
				 : "+r"(chains->a), "+r"(chains->b), "+r"(chains->c), "+r"(chains->d));
}

/* The floor under whoever keeps a limit a source and remembers what was refused: the same two lines, and one word in
 * each is asked and changed. No place in a line is looked for, and nothing else is asked. */
static __always_inline int keep(struct xdp_md *ctx, int busy_before, int busy_after)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	__u64 source, hash, syn, due, refused, now = bpf_jiffies64();
	struct chains chains = {1, 2, 3, 4};
	struct line *one, *other;
	__u32 index;

	if (source_of(ctx, &source) || data + layout.tcp + TCP_PORTS_AND_SEQ_BYTES > data_end)
		return XDP_ABORTED;
	be_busy(&chains, busy_before);
	hash = source * 0x9e3779b97f4a7c15ULL;
	syn = (hash ^ *(__be32 *)(data + layout.tcp + 4)) * 0x9e3779b97f4a7c15ULL;
	index = (hash >> 32) * lines_count >> 32;
	one = bpf_map_lookup_elem(&lines, &index);
	index = (syn >> 32) * more_lines_count >> 32;
	other = bpf_map_lookup_elem(&more_lines, &index);
	if (!one || !other)
		return XDP_ABORTED;
	due = *(volatile __u64 *)one->word;
	refused = *(volatile __u64 *)other->word;
	if (__sync_val_compare_and_swap(one->word, due, due < now ? now : due + 1) != due || refused == syn)
		return verdict(XDP_PASS);
	*other->word = syn;
	be_busy(&chains, busy_after);
	return verdict(XDP_DROP);
}

SEC("xdp")
int lines_kept(struct xdp_md *ctx)
{
	return keep(ctx, 0, 0);
}

/* ... by a program of so many instructions more, which is less than any has that reads headers, finds places in lines
 * and knows more than one limit: what of the floor is left when the next packet's lines are out of the processor's
 * sight. */
SEC("xdp")
int lines_kept_350(struct xdp_md *ctx)
{
	return keep(ctx, 150, 200);
}

SEC("xdp")
int lines_kept_700(struct xdp_md *ctx)
{
	return keep(ctx, 300, 400);
}

/* What most limiters do: a token bucket a source in an LRU hash, changed without a lock. What it lets through it
 * counts and drops. */
SEC("xdp")
int lru_bucket(struct xdp_md *ctx)
{
	struct bucket fresh = {burst_ns, bpf_ktime_get_ns()};
	struct bucket *bucket;
	__u64 source, tokens_ns;

	if (source_of(ctx, &source))
		return XDP_ABORTED;
	bucket = bpf_map_lookup_elem(&buckets, &source);
	if (!bucket) {
		bpf_map_update_elem(&buckets, &source, &fresh, BPF_ANY);
		return verdict(XDP_DROP);
	}
	tokens_ns = bucket->tokens_ns + fresh.filled_ns - bucket->filled_ns;
	bucket->filled_ns = fresh.filled_ns;
	if (tokens_ns > burst_ns)
		tokens_ns = burst_ns;
	if (tokens_ns >= interval_ns)
		tokens_ns -= interval_ns;
	bucket->tokens_ns = tokens_ns;
	return verdict(XDP_DROP);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
