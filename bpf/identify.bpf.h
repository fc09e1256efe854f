/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keyed hashes by which the tables know a packet's source, its flow and, of a SYN, itself. */
#ifndef GATEPOST_IDENTIFY_BPF_H
#define GATEPOST_IDENTIFY_BPF_H

#include "bpf/clock.bpf.h"
#include "bpf/settings.bpf.h"

INLINE void identify(struct packet *packet, const struct gp_settings *settings)
{
	packet->time_ns = clock_coarse_ns();
	packet->source_hash = gp_hash(packet->source, settings->seed);
}

/* What of an IPv6 flow is in neither its source nor its ports. Each of what an attacker can choose is hashed for
 * itself: the lower half of an address is his, and one that cancels the difference between two servers would give two
 * connections one place, where one hides the other. A server's two halves are not added up as they are either: each
 * differs in few bits from another server's. */
INLINE __u64 flow_ends_v6(const struct packet *packet, const __u64 *seed)
{
	__u64 client = (__u64)packet->client[2] << 32 | packet->client[3];
	__u64 server = (__u64)packet->server[3] << 32 | packet->server[2];
	__u64 network = ((__u64)packet->server[0] << 32 | packet->server[1]) * 0x9e3779b97f4a7c15ULL;
	const __u64 other[2] = {seed[1], seed[0]};

	return gp_hash(client, seed) + gp_hash(server ^ network, other);
}

/* Of the 4-tuple. The rest of an IPv4 one fits into one word, so no two flows of a source have the same. Never 0, which
 * is a packet that was not asked about yet. */
INLINE __u64 flow_id(const struct packet *packet, const __u64 *seed)
{
	__u64 ports = (__u64)packet->client_port << 16 | packet->server_port, id;

	if (gp_is_v4(packet->source))
		id = gp_hash(packet->source_hash ^ ((__u64)packet->server[3] << 32 | ports), seed);
	else
		id = gp_hash((packet->source_hash ^ ports) + flow_ends_v6(packet, seed), seed);
	return id ? id : 1;
}

/* By which the same SYN is known when it comes again. */
INLINE __u64 syn_hash(const struct packet *packet)
{
	/* The flow is secret enough: only spread it. */
	return (packet->flow ^ packet->seq) * 0x9e3779b97f4a7c15ULL;
}

INLINE __u64 prefix_hash(__u64 source, const struct gp_settings *settings)
{
	__u32 bits = gp_is_v4(source) ? GP_V4_BITS + settings->prefix_v4_bits : settings->prefix_v6_bits;

	return gp_hash(bits ? source & ~0ULL << ((64 - bits) & 63) : 0, settings->seed);
}

#endif
