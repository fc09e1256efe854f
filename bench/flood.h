/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the generator's program and its driver agree on. */
#ifndef BENCH_FLOOD_H
#define BENCH_FLOOD_H

#include <linux/types.h>

/* A flood of N sources draws an index below N. Multiplied by an odd number (2^32 over the golden ratio) distinct
 * indexes are distinct 32-bit words spread evenly over the whole space: with up to 2^24 of them, each has a /24 of
 * its own, which is the hardest flood for a limiter of prefixes. The word is the IPv4 address, or the second 32 bits
 * of the IPv6 one, hence a /64 and a /48 or so. */
#define FLOOD_SPREAD 0x9e3779b1u
static inline __u32 flood_source(__u32 index)
{
	return index * FLOOD_SPREAD;
}

/* Where each source has one connection, this is its port. */
static inline __u16 flood_port(__u32 index)
{
	return 1024 + index % 64000;
}

#define FLOOD_WIRES 16 /* veth pairs gen0..gen15 here, wan0..wan15 in the edge's namespace; a pair of them a CPU */
#define FLOOD_SECOND 8 /* the second CPU's wire of a contestant is so much further on */
#define FLOOD_SEQ 0x01020304u /* what the server's SYN-ACKs say, and what data acknowledges */

/* Where the frame of the family is rewritten, and how. */
struct flood_layout {
	__u32 source; /* offset of the 32 bits above */
	__u32 tcp; /* offset of the TCP header */
	__u32 ip_check; /* offset of the IPv4 header's checksum; 0: none */
	__u16 ip_check_base; /* its sum without the source */
	__u16 connected; /* one connection a source: port and sequence number are not random */
};

#endif
