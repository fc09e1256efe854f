/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Limits and proofs in a memory of fixed size.
 *
 * GCRA (ITU-T I.371): all state is one word, the time when the next packet would be due. It is changed with one
 * compare-and-exchange, so the limit is exact on any number of CPUs, and a word whose time has come says nothing, so
 * that somebody else may have it: random sources cannot push a real one out of its limit.
 *
 * In all of this `now` is in ticks modulo 2^44. The scans are without branches: two on each of seven slots would cost
 * the verifier ninety thousand instructions, and the CPU its predictions. */
#ifndef GATEPOST_SLOT_BPF_H
#define GATEPOST_SLOT_BPF_H

#include "bpf/count.bpf.h"

#define SLOT_TRIES 4

INLINE __u64 horizon_of(const struct gp_rate *rate)
{
	return (__u64)rate->interval_ticks + rate->burst_ticks + GP_SKEW_TICKS;
}

/* Time until the word is idle; 0: it is, and it may be somebody else's next. */
INLINE __u64 gcra_wait(__u64 word, __u64 horizon, __u64 now)
{
	__u64 wait = (word - now) & GP_TIME_MASK;

	return wait & ~mask_less(horizon, wait) & ~mask_equal(word, 0);
}

INLINE int gcra_is_spent(__u64 word, const struct gp_rate *rate, __u64 now)
{
	return gcra_wait(word, horizon_of(rate), now) > rate->burst_ticks;
}

/* A word that nobody else can take. `burst` may be less than the rate's. */
SUBPROGRAM int gcra_take(__u64 *word, const struct gp_rate *rate, __u64 burst, __u64 now)
{
	__u64 old, wait;

	if (!word || !rate)
		return 1;
	for (int try = 0; try < SLOT_TRIES; try++) {
		old = READ_ONCE(*word);
		wait = gcra_wait(old, horizon_of(rate), now);
		if (wait > burst)
			return 0;
		if (__sync_val_compare_and_swap(word, old, (now + wait + rate->interval_ticks) & GP_TIME_MASK) == old)
			return 1;
	}
	tally(GP_TALLY_CONTENDED);
	return 1;
}

/* Slots as a set: bit i for slot i. The lowest of them, or 0; by a de Bruijn sequence (Leiserson, Prokop, Randall
 * 1998), for want of an instruction. */
INLINE __u32 slot_first(__u64 set)
{
	__u64 lowest = set & -set & 0xfe;

	return 0x56374210ULL >> ((lowest * 0x17 & 0xff) >> 5) * 4 & 7;
}

/* The source's slot, 1 to 7, or 0. The difference of two tags has 19 bits; only nothing less one has more. */
INLINE __u32 slot_find(const struct gp_limit_bucket *bucket, __u64 tag)
{
	__u64 set = 0;

	for (int i = 1; i <= GP_SLOTS; i++)
		set |= (((READ_ONCE(bucket->word[i]) ^ tag) >> GP_TAG_SHIFT) - 1) & 1U << (20 + i);
	return slot_first(set >> 20);
}

/* The sign bit is set when the word still says something: it is somebody's, and its time lies ahead, or it is a proof
 * and that is not past. */
INLINE __u64 slot_says(__u64 word, const struct gp_settings *settings, __u64 now)
{
	__u64 keeps = settings->proven_ticks & -(word >> GP_TIME_BITS & 1);

	return (((word - now - 1 + keeps) & GP_TIME_MASK) - (settings->horizon_ticks + keeps)) & word;
}

/* A slot that anybody may have, 1 to 7, or 0. The first that is looked at differs from source to source, so that those
 * who come and go do not take one and the same from each other, and mostly it is also the last. Another CPU may have
 * given it to the source just now. */
INLINE __u32 slot_idle(const struct gp_limit_bucket *bucket, __u64 hash, const struct gp_settings *settings, __u64 now)
{
	__u32 home = 1 + ((hash >> 32 & 0xff) * GP_SLOTS >> 8); /* bits that neither bucket nor tag has */
	__u64 word, set = 0;

	OPAQUE(home); /* Linux 6.1 loses sight of its limits, and the compiler does not */
	word = READ_ONCE(bucket->word[home & 7]);
	if (!(slot_says(word, settings, now) >> 63) || !((word ^ GP_TAG(hash)) >> GP_TAG_SHIFT))
		return home;
	for (int i = 1; i <= GP_SLOTS; i++) {
		__u64 idle = ~slot_says(READ_ONCE(bucket->word[i]), settings, now) >> 63;

		OPAQUE(idle);
		set |= idle << i;
	}
	return slot_first(set);
}

/* The one proven longest ago of those that are not waiting for their time, or 0. */
INLINE __u32 slot_oldest(const struct gp_limit_bucket *bucket, const struct gp_settings *settings, __u64 now)
{
	__u64 best = 0;

	for (__u64 i = 1; i <= GP_SLOTS; i++) {
		__u64 word = READ_ONCE(bucket->word[i]);
		__u64 rank = ((now - word) & GP_TIME_MASK) << 3 | i;

		rank &= ~mask_less((word - now - 1) & GP_TIME_MASK, settings->horizon_ticks);
		best ^= (best ^ rank) & mask_less(best, rank);
	}
	return best & 7;
}

INLINE int is_proven_word(__u64 word, const struct gp_settings *settings, __u64 now)
{
	return (word & GP_SLOT_PROVEN) && slot_says(word, settings, now) >> 63;
}

#define SLOT_AGAIN (-1)

/* One try: may who has the slot, or takes it over, come in once more? Spends it; or SLOT_AGAIN, another CPU was here.
 */
INLINE int slot_try(struct gp_limit_bucket *bucket, __u64 tag, const struct gp_rate *rate,
		    const struct gp_settings *settings, __u64 now, __u32 slot)
{
	__u64 *word = &bucket->word[slot & 7];
	__u64 old = READ_ONCE(*word);
	__u64 is_other = (old ^ tag) >> GP_TAG_SHIFT, says = slot_says(old, settings, now) >> 63;
	__u64 wait = gcra_wait(old, settings->horizon_ticks, now);
	__u64 time = (now + wait + rate->interval_ticks) & GP_TIME_MASK;

	if (says && is_other)
		return SLOT_AGAIN;
	if (wait > rate->burst_ticks)
		return 0;
	if (says)
		tag |= old & GP_SLOT_PROVEN;
	return __sync_val_compare_and_swap(word, old, tag | time) == old ? 1 : SLOT_AGAIN;
}

/* Every slot is somebody else's: those who find none share a word. */
INLINE int slot_share(struct gp_limit_bucket *bucket, const struct gp_rate *rate, __u64 now)
{
	tally(GP_TALLY_BUCKET_SHARED);
	return !gcra_is_spent(READ_ONCE(bucket->word[0]), rate, now) &&
	       gcra_take(&bucket->word[0], rate, rate->burst_ticks, now);
}

/* May the source of the hash come in once more? Looks for its slot; again, where another CPU changes it meanwhile. */
SUBPROGRAM int slot_take(struct gp_limit_bucket *bucket, __u64 hash, const struct gp_rate *rate,
			 const struct gp_settings *settings, __u64 now)
{
	int taken = SLOT_AGAIN;
	__u32 slot;

	if (!bucket || !rate || !settings || !rate->interval_ticks)
		return 1;
	for (int try = 0; try < SLOT_TRIES && taken == SLOT_AGAIN; try++) {
		slot = slot_find(bucket, GP_TAG(hash));
		if (!slot)
			slot = slot_idle(bucket, hash, settings, now);
		if (!slot)
			return slot_share(bucket, rate, now);
		taken = slot_try(bucket, GP_TAG(hash), rate, settings, now, slot);
	}
	if (taken != SLOT_AGAIN)
		return taken;
	tally(GP_TALLY_CONTENDED);
	return 1;
}

/* The same without a call, which costs more than all of this, for where it is asked first: `slot` is where it was found
 * just now, or 0. */
INLINE int slot_take_found(struct gp_limit_bucket *bucket, __u64 hash, const struct gp_rate *rate,
			   const struct gp_settings *settings, __u64 now, __u32 slot)
{
	int taken;

	if (!rate->interval_ticks)
		return 1;
	if (!slot)
		slot = slot_idle(bucket, hash, settings, now);
	if (!slot)
		return slot_share(bucket, rate, now);
	taken = slot_try(bucket, GP_TAG(hash), rate, settings, now, slot);
	return taken != SLOT_AGAIN ? taken : slot_take(bucket, hash, rate, settings, now);
}

/* The source of the hash is real. 0: it was known; 1: it is news; -1: no room, every slot is waiting for its time. */
SUBPROGRAM int slot_prove(struct gp_limit_bucket *bucket, __u64 hash, const struct gp_settings *settings, __u64 now)
{
	__u64 tag = GP_TAG(hash);
	__u64 old, wait;
	__u32 slot;

	if (!bucket || !settings)
		return 0;
	for (int try = 0; try < SLOT_TRIES; try++) {
		slot = slot_find(bucket, tag);
		if (!slot)
			slot = slot_idle(bucket, hash, settings, now);
		if (!slot)
			slot = slot_oldest(bucket, settings, now);
		if (!slot)
			return -1;
		old = READ_ONCE(bucket->word[slot & 7]);
		wait = (old ^ tag) >> GP_TAG_SHIFT ? 0 : gcra_wait(old, settings->horizon_ticks, now);
		if (__sync_val_compare_and_swap(&bucket->word[slot & 7], old,
						tag | GP_SLOT_PROVEN | ((now + wait) & GP_TIME_MASK)) == old)
			return (old ^ tag) >> GP_TAG_SHIFT || !is_proven_word(old, settings, now);
	}
	tally(GP_TALLY_CONTENDED);
	return 0;
}

#endif
