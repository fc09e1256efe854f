/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks ahead for the memory that a packet is going to need. The tables are larger than caches, and a line that is in
 * none costs as much as all the rest of a verdict; those that are asked for at once cost little more than one. So this
 * comes before any list is looked at, whose lines may be among them.
 *
 * Only for a packet that is likely to get that far: whoever is dropped as banned needs the short list and nothing else.
 * Floods go on for longer than a tick of the clock, so what the first packet of a tick was the others are taken for; it
 * changes what a verdict costs, never the verdict. */
#ifndef GATEPOST_REACH_BPF_H
#define GATEPOST_REACH_BPF_H

#include "bpf/identify.bpf.h"

INLINE void touch(const void *line)
{
	if (line)
		(void)READ_ONCE(*(const __u64 *)line);
}

INLINE void reach_for_limits(const struct packet *packet)
{
	__u32 index = gp_bucket(packet->source_hash, GLOBAL(sizes).sources);

	touch(TABLE_FIND(sources, &index));
	index = gp_bucket(packet->prefix_hash, GLOBAL(sizes).prefixes);
	touch(TABLE_FIND(prefixes, &index));
	index = gp_bucket(syn_hash(packet), GLOBAL(sizes).syns);
	touch(TABLE_FIND(syns, &index));
}

/* What the server says needs the numbers, too; of the client it is not known yet. */
INLINE void reach_for_flow(const struct packet *packet, int direction)
{
	__u32 index = gp_bucket(packet->flow, GLOBAL(sizes).flows);

	touch(TABLE_FIND(flows, &index));
	if (direction == GP_OUT)
		touch(TABLE_FIND(flow_numbers, &index));
}

/* Also says by which hashes the packet's flow and prefix are known. */
INLINE void reach(struct packet *packet, const struct gp_settings *settings, int direction)
{
	packet->flow = flow_id(packet, settings->seed);
	if (is_new(packet)) {
		packet->prefix_hash = prefix_hash(packet->source, settings);
		reach_for_limits(packet);
	} else {
		reach_for_flow(packet, direction);
	}
}

SUBPROGRAM int reach_late(struct packet *packet, const struct gp_settings *settings)
{
	if (packet && settings)
		reach(packet, settings, GP_IN);
	return 0;
}

/* Where that was put off, for what was taken for banned and goes on. */
INLINE void reach_by_now(struct packet *packet, const struct gp_settings *settings)
{
	if (!packet->flow)
		reach_late(packet, settings);
}

/* The hunch is one word, so that it is whole on any CPU: when it was formed, and in its lowest bit what it says. */
INLINE int is_ban_likely(void)
{
	return READ_ONCE(GLOBAL(ban_hunch)) & 1;
}

INLINE void ban_hunch_form(const struct packet *packet, int is_dropped)
{
	__u64 formed = packet->time_ns & ~1ULL;

	if ((READ_ONCE(GLOBAL(ban_hunch)) & ~1ULL) != formed)
		GLOBAL(ban_hunch) = formed | is_dropped;
}

#endif
