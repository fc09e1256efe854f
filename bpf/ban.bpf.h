/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Allowed? Banned? The user half decides and is the only writer; here it is only looked up. What is nearest comes
 * first: the bit of the region, which ends the question for nearly everybody; of IPv4 then the short list, of IPv6 the
 * bit of the neighbourhood; then the exact source in the table (one cache line) and the prefixes, if there are any.
 * What has expired is ignored and never deleted, so that the bans of a dead controller end when they should. */
#ifndef GATEPOST_BAN_BPF_H
#define GATEPOST_BAN_BPF_H

#include "bpf/reach.bpf.h"

enum short_answer {
	SHORT_NOTHING, /* nothing is listed about the source */
	SHORT_BANNED,
	SHORT_UNSURE, /* ask the lists */
};

/* The topmost bit of each of four numbers that is 0 (Mycroft 1987); above the lowest one it may be wrong. The other
 * bits mean nothing. */
INLINE __u64 zeros_of_four(__u64 word)
{
	return (word - 0x0001000100010001ULL) & ~word;
}

INLINE int short_is_due(__u32 head, __u64 time_ns)
{
	return time_ns >> GP_SHORT_TIME_SHIFT >= head >> GP_SHORT_FLAG_BITS;
}

/* Of a v4 source. */
INLINE int short_ask(const struct packet *packet, const struct gp_settings *settings)
{
	__u32 place = gp_short_place(packet->source, settings->seed), index = place >> 16;
	const struct gp_short_bucket *bucket = TABLE_FIND(shortlist, &index);
	__u64 keys = (place & 0xffff) * 0x0001000100010001ULL, head, found;

	if (!bucket)
		return SHORT_UNSURE;
	head = READ_ONCE(bucket->word[0]);
	found = zeros_of_four((head ^ keys) | 0xffffffff);
	for (int i = 1; i < GP_SHORT_WORDS; i++)
		found |= zeros_of_four(READ_ONCE(bucket->word[i]) ^ keys);
	if (!(found & 0x8000800080008000ULL) || !(place & 0xffff)) /* a key of 0 would be a free place */
		return head & (GP_SHORT_MORE | GP_SHORT_NEAR) ? SHORT_UNSURE : SHORT_NOTHING;
	return head & GP_SHORT_NEAR || short_is_due(head, packet->time_ns) ? SHORT_UNSURE : SHORT_BANNED;
}

/* How many packets have met a ban is told by the table, which the short list is there to spare. So the first ones of a
 * tick of the clock are counted there one by one, and of a flood one in 64 as 64. */
#define MET_EXACTLY 16
#define MET_OF_A_FLOOD 64

/* Returns how many the packet stands for; 0: it is one of those that are not counted. */
INLINE __u32 met_by(const struct packet *packet)
{
	if (READ_ONCE(GLOBAL(met_ns)) != packet->time_ns) {
		GLOBAL(met_ns) = packet->time_ns;
		GLOBAL(met) = 0;
	}
	if (READ_ONCE(GLOBAL(met)) < MET_EXACTLY) {
		GLOBAL(met) += 1; /* on several CPUs some more */
		return 1;
	}
	return (packet->seq ^ packet->client_port) % MET_OF_A_FLOOD ? 0 : MET_OF_A_FLOOD;
}

/* Is anything listed about the source or its neighbours? */
INLINE int is_listed(const struct packet *packet, const struct gp_settings *settings)
{
	__u32 bit = gp_neighbourhood(packet->source, settings->seed);
	__u32 index = bit >> 6;
	const __u64 *word = TABLE_FIND(filter, &index);

	return (word && READ_ONCE(*word) >> (bit & 63) & 1) || settings->flags & GP_LIST_WIDE;
}

/* ... or about anybody in its region? */
INLINE int is_region_listed(const struct packet *packet, const struct gp_settings *settings)
{
	__u32 bit = gp_neighbourhood(packet->source, settings->seed) >> GP_REGION_SHIFT;
	__u32 index = bit >> 6;
	const __u64 *word = TABLE_FIND(regions, &index);

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

/* The action of an entry in force. `hits` is a plain addition: on several CPUs a lower bound, and cheap. */
INLINE int ban_meet(__u32 until, __u32 *hits, __u32 packets, __u64 time_ns)
{
	if (time_ns >= GP_BAN_SECONDS(until) * NS_PER_S)
		return GP_ACTION_NONE;
	*hits += packets;
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

INLINE int ban_in(struct gp_ban_bucket *bucket, __u64 source, __u32 packets, __u64 time_ns, int *ret_further)
{
	__u32 way = ban_way(bucket, source);

	*ret_further = 0;
	if (way < GP_BAN_WAYS)
		return ban_meet(bucket->way[way].until, &bucket->way[way].hits, packets, time_ns);
	*ret_further = bucket->way[0].until & GP_BAN_SPILLED;
	return GP_ACTION_NONE;
}

/* The buckets after the first: few bans have gone there. */
SUBPROGRAM int ban_further(__u64 source, __u32 home, __u32 packets, __u64 time_ns)
{
	struct gp_ban_bucket *bucket;
	int action, further = 1;
	__u32 index = home;

	for (int probe = 1; probe < GP_BAN_PROBES; probe++) {
		index = index + 1 < GLOBAL(sizes).bans ? index + 1 : 0;
		bucket = TABLE_FIND(bans, &index);
		if (!bucket)
			break;
		action = ban_in(bucket, source, packets, time_ns, &further);
		if (!further)
			return action;
	}
	return GP_ACTION_NONE;
}

INLINE int ban_of_source(const struct packet *packet)
{
	__u32 home = gp_bucket(packet->source_hash, GLOBAL(sizes).bans), packets = packet->stands_for;
	struct gp_ban_bucket *bucket = TABLE_FIND(bans, &home);
	__u64 source = packet->source, time_ns = packet->time_ns;
	int action, further;

	if (!bucket || !source) /* 0 also marks a free entry */
		return GP_ACTION_NONE;
	action = ban_in(bucket, source, packets, time_ns, &further);
	return further ? ban_further(source, home, packets, time_ns) : action;
}

SUBPROGRAM int ban_of_prefix(__u64 source, __u64 time_ns)
{
	struct gp_prefix_key key;
	struct gp_prefix_ban *ban;

	prefix_key_of(source, &key);
	ban = TRIE_FIND(banned_prefixes, &key);
	return ban ? ban_meet(ban->until, &ban->hits, 1, time_ns) : GP_ACTION_NONE;
}

/* Need the lists be asked? Where the short list bans the source outright, only of those packets that are counted. */
INLINE int lists_matter(struct packet *packet, const struct gp_settings *settings, int *ret_banned)
{
	int answer = SHORT_UNSURE;

	*ret_banned = 0;
	packet->stands_for = 1;
	if (!is_ban_likely() && !is_region_listed(packet, settings))
		return 0;
	if (gp_is_v4(packet->source) && !(settings->flags & GP_LIST_WIDE))
		answer = short_ask(packet, settings);
	if (answer == SHORT_BANNED) {
		packet->stands_for = met_by(packet);
		*ret_banned = !packet->stands_for;
	}
	return answer != SHORT_NOTHING && !*ret_banned && is_listed(packet, settings);
}

/* What stands against the source: enum gp_action, and which list says so. Whoever is only limited, or only in shadow,
 * is banned with its prefix all the same. */
INLINE int ban_of(const struct packet *packet, const struct gp_settings *settings, __u32 *ret_reason)
{
	int action = ban_of_source(packet);
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
