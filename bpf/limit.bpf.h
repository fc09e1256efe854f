/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* May this SYN come in? Spends one new connection of its source and, when nothing proves that the source is real,
 * of its prefix and of the service's budget for the unproven.
 *
 * GCRA (ITU-T I.371): all state is one word, the time when the next packet would be due. It is changed with one
 * compare-and-exchange, so the limit is exact on any number of CPUs, and a word whose time has come says nothing,
 * so a table of fixed size may reuse it: random sources cannot push a real one out of its limit.
 *
 * Flood in somebody's name. A forged SYN spends what its victim would spend, so a refused SYN is remembered by its
 * addresses, ports and sequence number. TCP sends a lost SYN again after a second (RFC 6298), with the same number:
 * one that comes again in that time is admitted on an account of its own, so that the victim gets in with a second's
 * delay however many others were forged. Random SYNs never repeat. Who repeats them on purpose gains the retry rate
 * of each source and, for unproven ones, no more than the service's budget a second time. */
#ifndef GATEPOST_LIMIT_BPF_H
#define GATEPOST_LIMIT_BPF_H

#include "bpf/flow.bpf.h"

#define LIMIT_TRIES 4
#define LIMIT_RETRY_SALT                                                                                               \
	0x72657472795359ffULL /* a source's account for retried SYNs is not its account for new ones                   \
			       */

/* Time until the word is idle; 0: it is, and it may be somebody else's next. Further ahead than any rate allows means
 * long past: the clock of the words comes round every 203 days. */
INLINE __u64 gcra_wait(__u64 word, __u64 horizon_us, __u64 now_us)
{
	__u64 wait = (word - now_us) & GP_TIME_MASK;

	return !word || wait > horizon_us ? 0 : wait;
}

INLINE __u64 horizon_of(const struct gp_rate *rate)
{
	return (__u64)rate->interval_us + rate->burst_us;
}

INLINE int gcra_take_word(__u64 *word, const struct gp_rate *rate, __u64 now_us)
{
	__u64 old, wait;

	if (!rate->interval_us)
		return 1;
	for (int try = 0; try < LIMIT_TRIES; try++) {
		old = READ_ONCE(*word);
		wait = gcra_wait(old, horizon_of(rate), now_us);
		if (wait > rate->burst_us)
			return 0;
		if (__sync_val_compare_and_swap(word, old, (now_us + wait + rate->interval_us) & GP_TIME_MASK) == old)
			return 1;
	}
	tally(GP_TALLY_CONTENDED);
	return 1;
}

/* The source's slot, else an idle one, else 0: the shared word. Without branches: two on each of seven slots would
 * cost the verifier ninety thousand instructions, and the CPU its predictions. */
INLINE __u32 slot_of(const struct gp_limit_bucket *bucket, __u64 tag, __u64 horizon_us, __u64 now_us)
{
	__u64 match = 0, idle = 0;

	for (__u64 i = GP_SLOTS; i > 0; i--) {
		__u64 word = READ_ONCE(bucket->slot[i - 1]);
		__u64 wait = (word - now_us) & GP_TIME_MASK;

		match ^= (match ^ i) & -is_zero((word ^ tag) >> GP_TIME_BITS);
		idle ^= (idle ^ i) & -(is_zero(wait) | is_less(horizon_us, wait) | is_zero(word >> 32 | (__u32)word));
	}
	return match ? match : idle;
}

/* Does the word that was read still belong to the source, or to nobody? Another CPU may have been here. */
INLINE int is_slot_ours(__u64 word, __u32 slot, __u64 tag, __u64 horizon_us, __u64 now_us)
{
	return !slot || tag_of(word) == tag || !gcra_wait(word, horizon_us, now_us);
}

SUBPROGRAM int limit_take(struct gp_limit_bucket *bucket, __u64 hash, const struct gp_rate *rate, __u64 horizon_us,
			  __u64 now_us)
{
	__u64 tag = tag_of(hash);
	__u64 old, wait, next;
	__u64 *word;
	__u32 slot;

	if (!bucket || !rate || !rate->interval_us)
		return 1;
	for (int try = 0; try < LIMIT_TRIES; try++) {
		slot = slot_of(bucket, tag, horizon_us, now_us) & 7;
		word = &bucket->shared + slot;
		old = READ_ONCE(*word);
		if (!is_slot_ours(old, slot, tag, horizon_us, now_us))
			continue;
		if (!slot)
			tally(GP_TALLY_BUCKET_SHARED);
		wait = gcra_wait(old, horizon_us, now_us);
		if (wait > rate->burst_us)
			return 0;
		next = (now_us + wait + rate->interval_us) & GP_TIME_MASK;
		if (__sync_val_compare_and_swap(word, old, slot ? tag | next : next) == old)
			return 1;
	}
	tally(GP_TALLY_CONTENDED);
	return 1;
}

INLINE int limit_source(__u64 hash, const struct gp_rate *rate, __u64 horizon_us, __u64 now_us)
{
	__u32 index = hash & GLOBAL(masks).sources;

	return limit_take(TABLE_FIND(sources, &index), hash, rate, horizon_us, now_us);
}

INLINE int limit_prefix(__u64 source, const struct gp_settings *settings, __u64 now_us)
{
	__u32 bits =
		source >> 32 == GP_SOURCE_V4 >> 32 ? GP_V4_BITS + settings->prefix_v4_bits : settings->prefix_v6_bits;
	__u64 prefix = bits ? source & ~0ULL << ((64 - bits) & 63) : 0;
	__u64 hash = gp_hash(prefix, settings->seed);
	__u32 index = hash & GLOBAL(masks).prefixes;

	return limit_take(TABLE_FIND(prefixes, &index), hash, &settings->prefix, horizon_of(&settings->prefix), now_us);
}

/* The three levels, in the order source, prefix, service. The service is looked at first: when it has nothing left
 * for the unproven the answer is known, and a flood of random sources is refused without a cache line of its own in
 * the two tables. */
INLINE int limit_levels(const struct packet *packet, const struct gp_settings *settings, struct gp_aggregate *aggregate,
			int judged, int proven, __u64 now_us)
{
	const struct gp_rate *rate = judged ? &settings->judged : &settings->source;

	if (!proven && settings->service.interval_us &&
	    gcra_wait(READ_ONCE(aggregate->fresh), horizon_of(&settings->service), now_us) > settings->service.burst_us)
		return GP_REASON_LIMIT_SERVICE;
	if (!limit_source(packet->source_hash, rate, settings->horizon_us, now_us))
		return judged ? GP_REASON_LIMIT_JUDGED : GP_REASON_LIMIT_SOURCE;
	if (proven)
		return GP_REASON_NEW_PROVEN;
	if (!limit_prefix(packet->source, settings, now_us))
		return GP_REASON_LIMIT_PREFIX;
	if (!gcra_take_word(&aggregate->fresh, &settings->service, now_us))
		return GP_REASON_LIMIT_SERVICE;
	return GP_REASON_NEW_UNPROVEN;
}

/* Is this the SYN that was refused a moment ago, and has it an account to come in on? */
INLINE int is_retry_admitted(const struct packet *packet, const struct gp_settings *settings,
			     struct gp_aggregate *aggregate, int proven, __u64 now_us)
{
	__u64 hash = retry_hash(packet);
	__u32 index = hash & GLOBAL(masks).retries;
	__u64 age = moment_meet(TABLE_FIND(retries, &index), hash, now_us, settings->retry_max_ms * 1000ULL);

	if (age == MOMENT_NEVER || age < settings->retry_min_ms * 1000ULL)
		return 0;
	hash = gp_hash(packet->source ^ LIMIT_RETRY_SALT, settings->seed);
	return limit_source(hash, &settings->retry, settings->horizon_us, now_us) &&
	       (proven || gcra_take_word(&aggregate->retried, &settings->service, now_us));
}

/* The reason for admitting or refusing this SYN. `judged`: a rule has put a limit on its source; then there is no
 * second chance, for the source is known to be what it is. */
SUBPROGRAM int limit_syn(const struct packet *packet, const struct gp_settings *settings, int judged)
{
	__u64 now_us;
	struct gp_aggregate *aggregate;
	__u32 index;
	int proven, reason;

	if (!packet || !settings)
		return GP_REASON_NEW_UNPROVEN;
	now_us = clock_us(packet->time_ns);
	index = packet->service;
	aggregate = TABLE_FIND(aggregates, &index);
	if (!aggregate)
		return GP_REASON_NEW_UNPROVEN;
	proven = is_proven(packet->source_hash, settings, now_us);
	reason = limit_levels(packet, settings, aggregate, judged, proven, now_us);
	if (!reason_drops(reason) || judged)
		return reason;
	return is_retry_admitted(packet, settings, aggregate, proven, now_us) ? GP_REASON_NEW_RETRIED : reason;
}

#endif
