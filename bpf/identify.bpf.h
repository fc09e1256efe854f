/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Time, and the hashes by which the tables know a packet's source and flow, worked out once. Then the cache lines
 * that the packet is going to need are asked for all at once: tables are larger than caches, and three misses that
 * overlap cost little more than one. */
#ifndef GATEPOST_IDENTIFY_BPF_H
#define GATEPOST_IDENTIFY_BPF_H

#include "bpf/clock.bpf.h"
#include "bpf/settings.bpf.h"

/* Whoever wants two flows to meet must have them begin in one source: the source's own hash is the secret part. */
INLINE __u64 flow_id(const struct packet *packet, const __u64 *seed)
{
	__u64 ports = (__u64)packet->client_port << 16 | packet->server_port;
	__u64 client = (__u64)packet->client[2] << 32 | packet->client[3];
	__u64 server = (__u64)packet->server[3] << 32 | packet->server[2];
	__u64 network = (__u64)packet->server[0] << 32 | packet->server[1];
	__u64 id = gp_hash((packet->source_hash ^ ports) + gp_hash(client ^ server ^ network, seed), seed);

	return id ? id : 1; /* 0 is a free entry */
}

INLINE void touch(const void *line)
{
	if (line)
		(void)READ_ONCE(*(const __u64 *)line);
}

/* By which the same SYN is known when it comes again. */
INLINE __u64 retry_hash(const struct packet *packet)
{
	return (packet->flow ^ packet->seq) * 0x9e3779b97f4a7c15ULL; /* the flow is secret enough: only spread it */
}

INLINE void touch_tables(const struct packet *packet, __u64 retry)
{
	__u32 ban = packet->source_hash & GLOBAL(masks).bans;
	__u32 proven_index = packet->source_hash & GLOBAL(masks).proven;
	__u32 retry_index = retry & GLOBAL(masks).retries;
	__u32 flow_index = packet->flow & GLOBAL(masks).flows;

	touch(TABLE_FIND(bans, &ban));
	if (is_new(packet)) {
		touch(TABLE_FIND(proven, &proven_index));
		touch(TABLE_FIND(retries, &retry_index));
	} else {
		touch(TABLE_FIND(flows, &flow_index));
	}
}

INLINE void identify(struct packet *packet, const struct gp_settings *settings)
{
	packet->time_ns = clock_coarse_ns();
	packet->source_hash = gp_hash(packet->source, settings->seed);
	packet->flow = flow_id(packet, settings->seed);
	touch_tables(packet, retry_hash(packet));
}

#endif
