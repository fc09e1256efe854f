/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs on frames that BPF_PROG_TEST_RUN makes real (BPF_F_TEST_XDP_LIVE_FRAMES): draws a source, a port and numbers,
 * corrects the checksums by the difference (RFC 1624) and sends the frame out of a device. Byte order does not matter
 * to a sum of ones' complement. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "tests/support/forge.h"

#define TCP_BYTES 20
#define TCP_SEQ 4
#define TCP_ACK 8
#define TCP_CHECK 16
#define FRAME_BYTES_MAX 128

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} device SEC(".maps");

const volatile struct forge_layout layout;
volatile __u32 idle; /* turns of a loop before each frame: how much slower than as fast as can be */

static __always_inline __u32 words(__u32 word)
{
	return (word & 0xffff) + (word >> 16);
}

/* A frame is used again as it came back: what stands there is what the last one drew. */
static __always_inline __u32 redraw(__u32 *at, __u32 word)
{
	__u32 difference = words(~*at) + words(word);

	*at = word;
	return difference;
}

static __always_inline void correct(__u16 *check, __u32 difference)
{
	difference = words(difference + (__u16) ~*check);
	*check = ~words(difference);
}

SEC("xdp")
int forge(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end, *tcp;
	__u32 mask = layout.source_mask_be, *source, of_source, of_tcp;
	__u32 ports = bpf_htonl((1024 + (bpf_get_prandom_u32() & 0x7fff)) << 16 | layout.port);

	for (__u32 turn = 0; turn < FORGE_IDLE_MAX && turn < idle; turn++)
		;
	if (layout.source > FRAME_BYTES_MAX || layout.tcp > FRAME_BYTES_MAX || layout.ip_check > FRAME_BYTES_MAX)
		return XDP_ABORTED;
	source = (void *)(data + layout.source);
	tcp = data + layout.tcp;
	if ((void *)(source + 1) > (void *)end || data + layout.ip_check + sizeof(__u16) > end || tcp + TCP_BYTES > end)
		return XDP_ABORTED;
	of_source = redraw(source, (*source & ~mask) | (bpf_get_prandom_u32() & mask));
	of_tcp = redraw((__u32 *)tcp, ports) + redraw((__u32 *)(tcp + TCP_SEQ), bpf_get_prandom_u32());
	if (layout.is_data)
		of_tcp += redraw((__u32 *)(tcp + TCP_ACK), bpf_get_prandom_u32());
	correct((__u16 *)(tcp + TCP_CHECK), of_source + of_tcp);
	if (layout.ip_check)
		correct((__u16 *)(data + layout.ip_check), of_source);
	return bpf_redirect_map(&device, 0, XDP_ABORTED);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
