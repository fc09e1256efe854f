/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SYNs that were refused a moment ago, by addresses, ports and sequence number. TCP sends a lost SYN again (RFC 6298:
 * after one second, then after two more), with the same number, which random SYNs never do.
 *
 * A bucket is a queue: the newest word pushes the oldest out. Two words are compared at a time. Plain stores: a race
 * costs one memory, and who needs it comes again. */
#ifndef GATEPOST_SYN_BPF_H
#define GATEPOST_SYN_BPF_H

#include "bpf/platform.bpf.h"

#define SYN_NEW 0xffffffffu
#define SYN_PULSE_MASK 0xffu
#define SYN_TAGS 0xffffff00ffffff00ULL
#define SYN_ONES 0x0000000100000001ULL
#define SYN_SIGNS 0x8000000080000000ULL

/* A sign for each half that is zero; a half of 1 is not looked for. */
INLINE __u64 zero_halves(__u64 pair)
{
	return (pair - SYN_ONES) & ~pair & SYN_SIGNS;
}

/* How long ago, in pulses, the youngest word with the tag came that is no older than `max`. */
SUBPROGRAM __u32 syn_age(const struct gp_syn_bucket *bucket, __u32 tag, __u32 now, __u32 max)
{
	__u32 best = SYN_NEW;

	if (!bucket)
		return best;
	for (int i = 2 * GP_SYN_PAIRS - 1; i >= 0; i--) {
		__u32 word = bucket->pair[i / 2] >> 32 * (i % 2);
		__u32 age = (now - word) & SYN_PULSE_MASK;

		if (!((word ^ tag) & ~SYN_PULSE_MASK) && age <= max)
			best = age;
	}
	return best;
}

INLINE void syn_push(struct gp_syn_bucket *bucket, __u32 word)
{
	for (int i = GP_SYN_PAIRS - 1; i > 0; i--)
		bucket->pair[i] = bucket->pair[i] << 32 | bucket->pair[i - 1] >> 32;
	bucket->pair[0] = bucket->pair[0] << 32 | word;
}

/* Pulses since the SYN was refused, at most `max`; SYN_NEW: it was not, and is from now on. */
INLINE __u32 syn_meet(struct gp_syn_bucket *bucket, __u64 hash, __u32 now, __u32 max)
{
	__u64 tag = hash >> 40 << 8;
	__u64 twice = tag | tag << 32;
	__u64 found = 0;
	__u32 age;

	for (int i = 0; i < GP_SYN_PAIRS; i++)
		found |= zero_halves((bucket->pair[i] ^ twice) & SYN_TAGS);
	if (found) {
		age = syn_age(bucket, tag, now, max);
		if (age != SYN_NEW)
			return age;
	}
	syn_push(bucket, tag | (now & SYN_PULSE_MASK));
	return SYN_NEW;
}

#endif
