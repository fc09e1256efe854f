/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the machine gives the program: maps, the few kernel functions it calls, the frame. Two machines: the kernel,
 * and a process (user/datapath/native.c includes gatepost.bpf.c for role tap, replays without privileges and
 * fuzzing). This is the only place that knows which; everything else is the same source on both. */
#ifndef GATEPOST_PLATFORM_BPF_H
#define GATEPOST_PLATFORM_BPF_H

#include "bpf/tables.h"

#ifdef __bpf__

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define GP_ARRAY(name, value_type, entries)                                                                            \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                      \
		__uint(map_flags, BPF_F_MMAPABLE);                                                                     \
		__uint(max_entries, entries);                                                                          \
		__type(key, __u32);                                                                                    \
		__type(value, value_type);                                                                             \
	} name SEC(".maps");
#define GP_TRIE(name, key_type, entries)                                                                               \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_LPM_TRIE);                                                                   \
		__uint(map_flags, BPF_F_NO_PREALLOC);                                                                  \
		__uint(max_entries, entries);                                                                          \
		__type(key, key_type);                                                                                 \
		__type(value, struct gp_prefix_ban);                                                                   \
	} name SEC(".maps");
#define GP_PER_CPU(name, value_type, entries)                                                                          \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                                               \
		__uint(max_entries, entries);                                                                          \
		__type(key, __u32);                                                                                    \
		__type(value, value_type);                                                                             \
	} name SEC(".maps");
#define GP_RING(name)                                                                                                  \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_RINGBUF);                                                                    \
		__uint(max_entries, 4096); /* sized */                                                                 \
	} name SEC(".maps");
GP_TABLES(GP_ARRAY, GP_TRIE, GP_PER_CPU, GP_RING)

/* Set before loading, constant to the verifier: what is switched off here is not in the loaded program. */
const volatile struct gp_sizes sizes;
const volatile __u8 clock_is_virtual;
/* Only of virtual time: written and read by who calls BPF_PROG_TEST_RUN. */
__u64 virtual_now_ns;
__u32 virtual_reason, virtual_reset;
/* Of clock.bpf.h. */
__u64 clock_jiffies, clock_ns;
/* Of ban.bpf.h. */
__u64 met_ns;
__u32 met;
/* Of reach.bpf.h. */
__u64 ban_hunch;

#define GLOBAL(name) (name)
#define TABLE_FIND(name, key) bpf_map_lookup_elem(&name, key)
#define TRIE_FIND(name, key) bpf_map_lookup_elem(&name, key)
#define RING_OUTPUT(name, bytes, length) bpf_ringbuf_output(&name, bytes, length, 0)

/* Verified on its own, for any arguments, and not once more for each path that leads to it: that is what keeps the
 * verified instructions in the thousands. Pointer arguments may be NULL to the verifier, so each is asked. Weak, since
 * clang 19 else takes over to the caller what it knows of a result, and leaves out the mask that the verifier wants. */
#define SUBPROGRAM __attribute__((noinline, weak))
#define UNROLLED _Pragma("unroll")

#else
#include "user/datapath/native_platform.h"
#define UNROLLED
#endif

#define INLINE static inline __attribute__((always_inline))
/* The compiler forgets what it knew of the value: bits are then computed with, not branched on. Every branch on
 * unknown bytes doubles what the verifier has to look at. */
#define OPAQUE(value) __asm__ volatile("" : "+r"(value))
/* All ones or nothing. By way of a bit: since Linux 6.18 the verifier follows an arithmetic shift by 63 both ways, and
 * the compiler must not make one. */
INLINE __u64 mask_less(__u64 a, __u64 b) /* both < 2^63 */
{
	__u64 bit = (a - b) >> 63;

	OPAQUE(bit);
	return -bit;
}

INLINE __u64 mask_zero(__u64 x) /* x < 2^63 */
{
	return mask_less(x, 1);
}

INLINE __u64 mask_equal(__u64 a, __u64 b)
{
	__u64 x = a ^ b, bit = (x | -x) >> 63;

	OPAQUE(bit);
	return bit - 1;
}

/* Read once: another CPU may be writing. Written once, and by the compiler not before what stands before it. */
#define READ_ONCE(word) (*(const volatile __typeof__(word) *)&(word))
#define WRITE_ONCE(word, value)                                                                                        \
	do {                                                                                                           \
		__asm__ volatile("" ::: "memory");                                                                     \
		*(volatile __typeof__(word) *)&(word) = (value);                                                       \
		__asm__ volatile("" ::: "memory");                                                                     \
	} while (0)

#endif
