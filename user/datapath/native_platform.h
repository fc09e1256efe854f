/* SPDX-License-Identifier: BSD-2-Clause */
/* The process as the machine of bpf/platform.bpf.h: kernel functions and maps in terms of struct native. Included
 * by the program itself, and so only by native.c. */
#ifndef GATEPOST_NATIVE_PLATFORM_H
#define GATEPOST_NATIVE_PLATFORM_H

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "user/datapath/native_trie.h"

#define NATIVE_ARRAY(name, value_type, entries) value_type *name;
#define NATIVE_TRIE(name, key_type, entries) struct native_trie *name;
#define NATIVE_RING(name)

struct native {
	struct engine engine;
	GP_TABLES(NATIVE_ARRAY, NATIVE_TRIE, NATIVE_ARRAY, NATIVE_RING)
	struct gp_sizes sizes;
	__u8 clock_is_virtual;
	__u64 virtual_now_ns;
	__u32 virtual_reason, virtual_reset;
	__u64 clock_jiffies, clock_ns, met_ns, ban_hunch;
	__u32 met;
	__u8 *copy; /* of the frame that is judged */
	size_t copy_bytes; /* that there is room for */
};

/* The program names its maps as globals, so the instance that runs it has to be one: set for the length of a run,
 * NULL otherwise. */
static _Thread_local struct native *running;

enum { XDP_DROP = 1, XDP_PASS = 2, TC_ACT_UNSPEC = -1 };
struct xdp_md {
	unsigned long data, data_end;
};
struct __sk_buff {
	unsigned long data, data_end;
	__u32 len, ifindex, ingress_ifindex;
};

#define SEC(name) static __attribute__((unused))
#define SUBPROGRAM static
#define bpf_htons(value) htobe16(value)
#define bpf_ntohs(value) be16toh(value)
#define bpf_htonl(value) htobe32(value)
#define bpf_ntohl(value) be32toh(value)
#define bpf_cpu_to_be64(value) htobe64(value)

#define GLOBAL(name) (running->name)
/* Arrays are indexed by reduced hashes and by enums: the program asks for no index that is not there. */
#define TABLE_FIND(name, key) (&running->name[*(key)])
#define TRIE_FIND(name, key) native_trie_find(running->name, key)
#define RING_OUTPUT(name, bytes, length) native_output(bytes, length)

static inline __u64 bpf_ktime_get_ns(void)
{
	return running->virtual_now_ns;
}

static inline __u64 bpf_ktime_get_coarse_ns(void)
{
	return running->virtual_now_ns;
}

static inline __u64 bpf_jiffies64(void)
{
	return 0;
}

static inline __u32 bpf_xdp_get_buff_len(const struct xdp_md *ctx)
{
	return (__u32)(ctx->data_end - ctx->data);
}

static inline long bpf_xdp_load_bytes(const struct xdp_md *ctx, __u32 offset, void *to, __u32 bytes)
{
	if (offset > ctx->data_end - ctx->data || bytes > ctx->data_end - ctx->data - offset)
		return -EINVAL;
	memcpy(to, (const void *)(ctx->data + offset), bytes);
	return 0;
}

static inline long bpf_xdp_store_bytes(const struct xdp_md *ctx, __u32 offset, const void *from, __u32 bytes)
{
	if (offset > ctx->data_end - ctx->data || bytes > ctx->data_end - ctx->data - offset)
		return -EINVAL;
	memcpy((void *)(ctx->data + offset), from, bytes);
	return 0;
}

static inline long bpf_skb_load_bytes(const struct __sk_buff *ctx, __u32 offset, void *to, __u32 bytes)
{
	const struct xdp_md frame = {ctx->data, ctx->data_end};

	return bpf_xdp_load_bytes(&frame, offset, to, bytes);
}

static inline long bpf_skb_pull_data(const struct __sk_buff *ctx, __u32 bytes)
{
	(void)ctx;
	(void)bytes;
	return 0;
}

static inline long native_output(const struct gp_sample_room *room, __u64 length)
{
	(void)length;
	if (running->engine.on_sample)
		running->engine.on_sample(running->engine.context, &room->sample, room->payload);
	return 0;
}

#endif
