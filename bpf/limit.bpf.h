/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* May this SYN come in? Spends one new connection of its source and, when nothing proves that the source is real,
 * of its prefix and of the service's budget for the unproven.
 *
 * Flood in somebody's name. A forged SYN spends what its victim would spend, so a refused SYN is remembered. One that
 * comes again after a second, as TCP does, is admitted on an account of its own, so that the victim gets in with a
 * second's delay however many others were forged. Who repeats SYNs on purpose gains the retry rate of each source and,
 * for unproven ones, no more than the service's budget a second time.
 *
 * A limited prefix. What a rule has put on it is one account for all of its sources, or whoever has many of them had as
 * many limits. Where somebody has logged in lately the source has its own all the same. Of the others a SYN has to
 * come twice here, too: what is forged in their name then spends nothing of theirs. */
#ifndef GATEPOST_LIMIT_BPF_H
#define GATEPOST_LIMIT_BPF_H

#include "bpf/identify.bpf.h"
#include "bpf/service.bpf.h"
#include "bpf/syn.bpf.h"

/* A source's account for retried SYNs is not its account for new ones, and a limited prefix has one, too. */
#define LIMIT_RETRY_SALT 0x72657472795359ffULL
#define LIMIT_PREFIX_SALT 0x7072656669785359ULL

/* Any account of sources that is not asked for proofs. */
INLINE int limit_account(__u64 hash, const struct gp_rate *rate, const struct gp_settings *settings, __u64 now)
{
	__u32 index = gp_bucket(hash, GLOBAL(sizes).sources);

	return slot_take(TABLE_FIND(sources, &index), hash, rate, settings, now);
}

/* A SYN, and what is known of where it comes from. */
struct knock {
	struct gp_limit_bucket *source;
	struct gp_limit_bucket *prefix;
	struct gp_aggregate *service;
	struct gp_syn_bucket *syn;
	__u64 syn_hash;
	__u64 now; /* ticks modulo 2^44 */
	__u32 slot; /* of the source */
	int proven;
};

/* 0: a table is not there, which never happens. */
INLINE int knock_of(struct knock *knock, const struct packet *packet, const struct gp_settings *settings)
{
	__u32 index = gp_bucket(packet->source_hash, GLOBAL(sizes).sources);

	knock->source = TABLE_FIND(sources, &index);
	index = gp_bucket(packet->prefix_hash, GLOBAL(sizes).prefixes);
	knock->prefix = TABLE_FIND(prefixes, &index);
	knock->syn_hash = syn_hash(packet);
	index = gp_bucket(knock->syn_hash, GLOBAL(sizes).syns);
	knock->syn = TABLE_FIND(syns, &index);
	index = packet->service;
	knock->service = TABLE_FIND(aggregates, &index);
	if (!knock->source || !knock->prefix || !knock->syn || !knock->service)
		return 0;
	knock->now = GP_TICKS(packet->time_ns) & GP_TIME_MASK;
	knock->slot = slot_find(knock->source, GP_TAG(packet->source_hash));
	knock->proven =
		knock->slot && is_proven_word(READ_ONCE(knock->source->word[knock->slot]), settings, knock->now);
	return 1;
}

/* Has somebody logged in there lately? */
INLINE int is_welcome(__u64 source, const struct gp_settings *settings, __u64 now)
{
	__u64 hash = gp_hash(source ^ GP_WELCOME_SALT, settings->seed);
	__u32 index = gp_bucket(hash, GLOBAL(sizes).sources);
	const struct gp_limit_bucket *bucket = TABLE_FIND(sources, &index);
	__u32 slot = bucket ? slot_find(bucket, GP_TAG(hash)) : 0;

	return slot && is_proven_word(READ_ONCE(bucket->word[slot & 7]), settings, now);
}

/* The hash of the account that a limited source has in common with the others of its limited prefix; 0: it has its own.
 * A prefix is hashed as its leading bits, a one, and zeros: no two are alike. */
SUBPROGRAM __u64 shared_account(const struct packet *packet, const struct gp_settings *settings, __u64 now)
{
	struct gp_prefix_key key;
	const struct gp_prefix_ban *ban;
	__u64 end, hash;

	if (!packet || !settings || !(settings->flags & GP_HAS_PREFIX_BANS))
		return 0;
	prefix_key_of(packet->source, &key);
	ban = TRIE_FIND(banned_prefixes, &key);
	if (!ban || GP_BAN_ACTION(ban->until) != GP_ACTION_LIMIT ||
	    packet->time_ns >= GP_BAN_SECONDS(ban->until) * NS_PER_S || is_welcome(packet->source, settings, now))
		return 0;
	end = 1ULL << 63 >> (ban->bits & 63);
	hash = gp_hash(((packet->source & -end) | end) ^ LIMIT_PREFIX_SALT, settings->seed);
	return hash ? hash : 1;
}

/* A SYN that comes for the first time spends nothing. */
INLINE int shared_take(const struct packet *packet, const struct gp_settings *settings, const struct knock *knock,
		       __u64 hash)
{
	__u32 age = syn_meet(knock->syn, knock->syn_hash, GP_PULSES(packet->time_ns), settings->retry_max_pulses);

	return age != SYN_NEW && age >= settings->retry_min_pulses &&
	       limit_account(hash, &settings->judged_prefix, settings, knock->now);
}

/* Under a flood from more prefixes than the table has room for most find their bucket full, and what those share spent:
 * then no idle slot is looked for, which there was none of a moment ago. */
INLINE int prefix_take(__u64 hash, const struct gp_settings *settings, const struct knock *knock)
{
	__u32 slot = slot_find(knock->prefix, GP_TAG(hash));

	if (!slot && gcra_is_spent(READ_ONCE(knock->prefix->word[0]), &settings->prefix, knock->now)) {
		tally(GP_TALLY_BUCKET_SHARED);
		return 0;
	}
	return slot_take_found(knock->prefix, hash, &settings->prefix, settings, knock->now, slot);
}

/* The three levels, in the order source, prefix, service. The service is looked at first: when it has nothing left
 * for the unproven the answer is known, and nothing is spent. */
INLINE int limit_levels(const struct packet *packet, const struct gp_settings *settings, const struct knock *knock,
			int judged)
{
	const struct gp_rate *rate = judged ? &settings->judged : &settings->source;
	__u32 refused = knock->proven ? 0 : service_refuses(knock->service, settings, GP_TICKS(packet->time_ns));
	__u64 shared = !refused && judged ? shared_account(packet, settings, knock->now) : 0;

	if (refused)
		return refused;
	if (shared && !shared_take(packet, settings, knock, shared))
		return GP_REASON_LIMIT_SHARED;
	if (!shared && !slot_take_found(knock->source, packet->source_hash, rate, settings, knock->now, knock->slot))
		return judged ? GP_REASON_LIMIT_JUDGED : GP_REASON_LIMIT_SOURCE;
	if (knock->proven)
		return GP_REASON_NEW_PROVEN;
	if (!prefix_take(packet->prefix_hash, settings, knock))
		return GP_REASON_LIMIT_PREFIX;
	if (!service_take(knock->service, settings, knock->now))
		return GP_REASON_LIMIT_SERVICE;
	return GP_REASON_NEW_UNPROVEN;
}

/* Is this the SYN that was refused a moment ago, and has it an account to come in on? */
INLINE int is_retry_admitted(const struct packet *packet, const struct gp_settings *settings, const struct knock *knock)
{
	__u32 age = syn_meet(knock->syn, knock->syn_hash, GP_PULSES(packet->time_ns), settings->retry_max_pulses);
	__u64 hash;

	if (age == SYN_NEW || age < settings->retry_min_pulses)
		return 0;
	hash = gp_hash(packet->source ^ LIMIT_RETRY_SALT, settings->seed);
	return limit_account(hash, &settings->retry, settings, knock->now) &&
	       (knock->proven || service_take_again(knock->service, settings, age, knock->now));
}

/* The reason for admitting or refusing this SYN. `judged`: a rule has put a limit on its source; then there is no
 * second chance, for the source is known to be what it is. */
SUBPROGRAM int limit_syn(const struct packet *packet, const struct gp_settings *settings, int judged)
{
	struct knock knock = {};
	int reason;

	if (!packet || !settings || !knock_of(&knock, packet, settings))
		return GP_REASON_NEW_UNPROVEN;
	reason = limit_levels(packet, settings, &knock, judged);
	if (!reason_drops(reason) || judged)
		return reason;
	return is_retry_admitted(packet, settings, &knock) ? GP_REASON_NEW_RETRIED : reason;
}

#endif
