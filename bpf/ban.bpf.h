/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Allowed? Banned? The user half decides and is the only writer; here it is only looked up: the exact source in the
 * table (one cache line), then the prefixes, if there are any. What has expired is ignored and never deleted, so
 * that the bans of a dead controller end when they should. */
#ifndef GATEPOST_BAN_BPF_H
#define GATEPOST_BAN_BPF_H

#include "bpf/clock.bpf.h"
#include "bpf/settings.bpf.h"

INLINE int is_allowed(const struct packet *packet, const struct gp_settings *settings)
{
	struct gp_prefix_key key;

	if (!(settings->flags & GP_HAS_ALLOWED))
		return 0;
	prefix_key_of(packet->source, &key);
	return TRIE_FIND(allowed, &key) != NULL;
}

/* The action of an entry in force. `hits` is a plain increment: on several CPUs a lower bound, and cheap. */
INLINE int ban_meet(__u32 until, __u32 *hits, __u64 time_ns)
{
	if (time_ns / NS_PER_S >= GP_BAN_SECONDS(until))
		return GP_ACTION_NONE;
	*hits += 1;
	return GP_BAN_ACTION(until);
}

SUBPROGRAM int ban_of_source(__u64 source, __u32 home, __u64 time_ns)
{
	struct gp_ban_bucket *bucket;
	__u32 index;

	if (!source) /* also marks a free entry */
		return GP_ACTION_NONE;
	for (int probe = 0; probe < GP_BAN_PROBES; probe++) {
		index = (home + probe) & GLOBAL(masks).bans;
		bucket = TABLE_FIND(bans, &index);
		if (!bucket)
			return GP_ACTION_NONE;
		for (int way = 0; way < GP_BAN_WAYS; way++)
			if (READ_ONCE(bucket->way[way].source) == source)
				return ban_meet(bucket->way[way].until, &bucket->way[way].hits, time_ns);
		if (!(bucket->way[0].until & GP_BAN_SPILLED))
			return GP_ACTION_NONE;
	}
	return GP_ACTION_NONE;
}

INLINE int ban_of_prefix(__u64 source, __u64 time_ns)
{
	struct gp_prefix_key key;
	struct gp_prefix_ban *ban;

	prefix_key_of(source, &key);
	ban = TRIE_FIND(banned_prefixes, &key);
	return ban ? ban_meet(ban->until, &ban->hits, time_ns) : GP_ACTION_NONE;
}

/* What stands against the source: enum gp_action, and which list says so. Whoever is only limited, or only in shadow,
 * is banned with its prefix all the same. */
INLINE int ban_of(const struct packet *packet, const struct gp_settings *settings, __u32 *ret_reason)
{
	int action = ban_of_source(packet->source, packet->source_hash, packet->time_ns);
	int wider;

	*ret_reason = GP_REASON_BAN_SOURCE;
	if (action == GP_ACTION_DROP || !(settings->flags & GP_HAS_PREFIX_BANS))
		return action;
	wider = ban_of_prefix(packet->source, packet->time_ns);
	if (wider == GP_ACTION_NONE || (action != GP_ACTION_NONE && action <= wider))
		return action;
	*ret_reason = GP_REASON_BAN_PREFIX;
	return wider;
}

#endif
