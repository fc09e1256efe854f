/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Allowed? Banned? The user half decides and is the only writer; here it is only looked up: first the bit of the
 * neighbourhood, which is 0 for nearly everybody and ends the question; then the exact source in the table (one cache
 * line) and the prefixes, if there are any. What has expired is ignored and never deleted, so that the bans of a dead
 * controller end when they should. */
#ifndef GATEPOST_BAN_BPF_H
#define GATEPOST_BAN_BPF_H

#include "bpf/clock.bpf.h"
#include "bpf/settings.bpf.h"

/* Is anything listed about the source or its neighbours? */
INLINE int is_listed(const struct packet *packet, const struct gp_settings *settings)
{
	__u32 bit = gp_neighbourhood(packet->source, settings->seed);
	__u32 index = bit >> 6;
	const __u64 *word = TABLE_FIND(filter, &index);

	return (word && READ_ONCE(*word) >> (bit & 63) & 1) || settings->flags & GP_LIST_WIDE;
}

/* The tries are asked in functions of their own: their keys would stand on the stack of all others. */
SUBPROGRAM int is_allowed_prefix(__u64 source)
{
	struct gp_prefix_key key;

	prefix_key_of(source, &key);
	return TRIE_FIND(allowed, &key) != NULL;
}

INLINE int is_allowed(const struct packet *packet, const struct gp_settings *settings)
{
	return settings->flags & GP_HAS_ALLOWED && is_allowed_prefix(packet->source);
}

/* The action of an entry in force. `hits` is a plain increment: on several CPUs a lower bound, and cheap. */
INLINE int ban_meet(__u32 until, __u32 *hits, __u64 time_ns)
{
	if (time_ns >= GP_BAN_SECONDS(until) * NS_PER_S)
		return GP_ACTION_NONE;
	*hits += 1;
	return GP_BAN_ACTION(until);
}

/* The way with the source, or GP_BAN_WAYS. Without branches: which way it is nobody can predict. */
INLINE __u32 ban_way(const struct gp_ban_bucket *bucket, __u64 source)
{
	__u64 found = GP_BAN_WAYS;

	for (__u64 way = 0; way < GP_BAN_WAYS; way++)
		found ^= (found ^ way) & mask_equal(READ_ONCE(bucket->way[way].source), source);
	return found;
}

INLINE int ban_in(struct gp_ban_bucket *bucket, __u64 source, __u64 time_ns, int *ret_further)
{
	__u32 way = ban_way(bucket, source);

	*ret_further = 0;
	if (way < GP_BAN_WAYS)
		return ban_meet(bucket->way[way].until, &bucket->way[way].hits, time_ns);
	*ret_further = bucket->way[0].until & GP_BAN_SPILLED;
	return GP_ACTION_NONE;
}

/* The buckets after the first: few bans have gone there. */
SUBPROGRAM int ban_further(__u64 source, __u32 home, __u64 time_ns)
{
	struct gp_ban_bucket *bucket;
	int action, further = 1;
	__u32 index = home;

	for (int probe = 1; probe < GP_BAN_PROBES; probe++) {
		index = index + 1 < GLOBAL(sizes).bans ? index + 1 : 0;
		bucket = TABLE_FIND(bans, &index);
		if (!bucket)
			break;
		action = ban_in(bucket, source, time_ns, &further);
		if (!further)
			return action;
	}
	return GP_ACTION_NONE;
}

INLINE int ban_of_source(__u64 source, __u64 hash, __u64 time_ns)
{
	__u32 home = gp_bucket(hash, GLOBAL(sizes).bans);
	struct gp_ban_bucket *bucket = TABLE_FIND(bans, &home);
	int action, further;

	if (!bucket || !source) /* 0 also marks a free entry */
		return GP_ACTION_NONE;
	action = ban_in(bucket, source, time_ns, &further);
	return further ? ban_further(source, home, time_ns) : action;
}

SUBPROGRAM int ban_of_prefix(__u64 source, __u64 time_ns)
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
