/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is allowed, banned or limited, as both halves know it; part of the contract in bpf/gatepost.h. The user half is
 * the only writer, and its order of writing is what keeps a ban from being missing even for a moment. */
#ifndef GATEPOST_LISTS_H
#define GATEPOST_LISTS_H

#include "bpf/gatepost.h"

/* ---- bans ------------------------------------------------------------------------------------------------------ */
enum gp_action { /* the strongest first */
		 GP_ACTION_NONE, /* free entry */
		 GP_ACTION_DROP,
		 GP_ACTION_LIMIT, /* new connections at gp_settings.judged */
		 GP_ACTION_SHADOW_DROP, /* as if, but the packet passes and is counted as spared */
};

/* 16 bytes, four to a cache line. The user half is the only writer of all but `hits`; it writes `source` last
 * when it adds and first when it removes. The datapath ignores what has expired and never deletes. */
struct gp_ban {
	__u64 source; /* 0: free */
	__u32 until; /* GP_BAN_UNTIL: second of the kernel half's clock and enum gp_action; expired when now >= it */
	__u32 hits; /* packets that met this entry; plain increments, so a lower bound on several CPUs */
};
_Static_assert(sizeof(struct gp_ban) == 16, "four bans in a cache line");

#define GP_BAN_SPILLED (1u << 31) /* in way[0].until: a ban of this bucket went on to a later one */
#define GP_BAN_SECONDS_MAX ((1u << 29) - 1) /* 17 years: until further notice */
#define GP_BAN_UNTIL(seconds, action) ((__u32)(seconds) << 2 | (action))
#define GP_BAN_SECONDS(until) ((until) >> 2 & GP_BAN_SECONDS_MAX)
#define GP_BAN_ACTION(until) ((until)&3)

/* A source lives in its home bucket or, when that was full, in one of the GP_BAN_PROBES - 1 next ones (modulo the
 * table). A ban that went further leaves GP_BAN_SPILLED on every bucket that it passed: a miss costs one line. */
#define GP_BAN_WAYS 4
#define GP_BAN_PROBES 16
struct gp_ban_bucket {
	struct gp_ban way[GP_BAN_WAYS];
};
_Static_assert(sizeof(struct gp_ban_bucket) == 64, "a bucket is a cache line");

/* Value of the prefix tries. */
struct gp_prefix_ban {
	__u32 until; /* as in gp_ban */
	__u32 hits;
	__u32 bits; /* of the key: a lookup answers with a shorter prefix, too */
};

/* ---- the filter ------------------------------------------------------------------------------------------------
 * A bit a neighbourhood, an IPv4 /24 or a hashed IPv6 /48: something in it is allowed or banned, or it is in a prefix
 * that is. Where the bit is 0 no list needs to be asked. The user half sets a bit before what it stands for, and takes
 * it back some time after. */
#define GP_FILTER_BITS 24
#define GP_FILTER_WORDS (1u << (GP_FILTER_BITS - 6))

/* Above it a bit a region, 32 neighbourhoods that are next to each other in the filter (of IPv4 a /19): 64 KiB, which
 * stay in a core's own cache under any flood. It is set before any bit of its region and goes after the last. */
#define GP_REGION_SHIFT 5 /* neighbourhood to region */
#define GP_REGION_WORDS (GP_FILTER_WORDS >> GP_REGION_SHIFT)
#define GP_NEIGHBOUR_V4_BITS 24 /* of the address */
#define GP_NEIGHBOUR_V6_BITS 48

static inline __u32 gp_neighbourhood(__u64 source, const __u64 seed[2])
{
	return source >> 32 == GP_SOURCE_V4 >> 32
		       ? (source & 0xffffffff) >> (32 - GP_NEIGHBOUR_V4_BITS)
		       : gp_hash(source >> (64 - GP_NEIGHBOUR_V6_BITS), seed) >> (64 - GP_FILTER_BITS);
}

/* ---- the short list --------------------------------------------------------------------------------------------
 * The IPv4 sources that are to be dropped, two bytes each: a million of them fit into a cache, and the table of bans
 * does not (a line of it that is in no cache costs more than the rest of the verdict). Exact all the same: the address
 * is permuted, half of it is the bucket and the other half is kept.
 *
 * A bucket is a cache line: 30 keys (0: free) above a head. Whose key is there is dropped as long as the head's time
 * has not come, which is no later than the end of any of these bans. Whose key is not there is banned by no source ban
 * and meant by no prefix, unless the head says that there is more. Where the head does not know, the lists are asked.
 */
#define GP_SHORT_BUCKETS (1u << 16)
#define GP_SHORT_WORDS 8
struct gp_short_bucket {
	__u64 word[GP_SHORT_WORDS]; /* four keys each; the head is the lower half of the first one */
};
_Static_assert(sizeof(struct gp_short_bucket) == 64, "a bucket is a cache line");

#define GP_SHORT_MORE 1 /* there are bans of this bucket in the table only */
#define GP_SHORT_NEAR 2 /* a prefix that covers some of this bucket is banned or allowed */
#define GP_SHORT_FLAG_BITS 2 /* above them the head's time, */
#define GP_SHORT_TIME_SHIFT 34 /* in units of 2^34 ns (17.2 s) of the kernel half's clock */

/* Where a v4 source is: its bucket in the upper half, its key in the lower. Neighbours of one /24 are in one bucket, so
 * that a prefix is told to few. */
static inline __u32 gp_short_place(__u64 source, const __u64 seed[2])
{
	__u32 network = source >> 8 & 0xffffff;

	network = network * ((__u32)seed[0] | 1) & 0xffffff;
	network ^= network >> 11;
	network = network * ((__u32)seed[1] | 1) & 0xffffff;
	network ^= network >> 13;
	return network << 8 | (source & 0xff);
}

/* ... and back: the inverses of odd numbers (Newton) and of shifts of half the width or more. */
static inline __u32 gp_odd_inverse(__u32 odd)
{
	__u32 inverse = odd;

	for (int i = 0; i < 4; i++)
		inverse *= 2 - odd * inverse;
	return inverse;
}

static inline __u64 gp_short_source(__u32 place, const __u64 seed[2])
{
	__u32 network = place >> 8;

	network ^= network >> 13;
	network = network * gp_odd_inverse((__u32)seed[1] | 1) & 0xffffff;
	network ^= network >> 11 ^ network >> 22;
	network = network * gp_odd_inverse((__u32)seed[0] | 1) & 0xffffff;
	return GP_SOURCE_V4 | network << 8 | (place & 0xff);
}

static inline int gp_is_v4(__u64 source)
{
	return source >> 32 == GP_SOURCE_V4 >> 32;
}

#endif
