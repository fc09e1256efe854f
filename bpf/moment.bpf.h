/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables that remember when something last happened, in a fixed memory: a tag and a time in one word, eight to a
 * cache line, the oldest makes room. Plain stores: a race costs one moment, and who needs it comes again. */
#ifndef GATEPOST_MOMENT_BPF_H
#define GATEPOST_MOMENT_BPF_H

#include "bpf/clock.bpf.h"

#define MOMENT_WORDS 8
#define MOMENT_NEVER (~0ULL)
#define MOMENT_AHEAD_US 1000000 /* another CPU's clock read a little later than ours */

/* The tag of a hash, in place; its low bits pick the bucket. */
INLINE __u64 tag_of(__u64 hash)
{
	return hash & ~GP_TIME_MASK;
}

INLINE __u64 moment_since(__u64 word, __u64 now_us)
{
	__u64 age = (now_us - word) & GP_TIME_MASK;

	return age > GP_TIME_MASK - MOMENT_AHEAD_US ? 0 : age;
}

/* How long ago, in microseconds, or MOMENT_NEVER. */
SUBPROGRAM __u64 moment_age(const struct gp_moment_bucket *bucket, __u64 hash, __u64 now_us)
{
	__u64 word;

	if (!bucket)
		return MOMENT_NEVER;
	for (int i = 0; i < MOMENT_WORDS; i++) {
		word = READ_ONCE(bucket->word[i]);
		if (word && tag_of(word) == tag_of(hash))
			return moment_since(word, now_us);
	}
	return MOMENT_NEVER;
}

/* The age as above if it is at most `fresh_us`; otherwise it happens now, and MOMENT_NEVER. */
SUBPROGRAM __u64 moment_meet(struct gp_moment_bucket *bucket, __u64 hash, __u64 now_us, __u64 fresh_us)
{
	__u64 oldest = 0;
	__u64 word, age;

	if (!bucket)
		return MOMENT_NEVER;
	for (int i = 0; i < MOMENT_WORDS; i++) {
		word = READ_ONCE(bucket->word[i]);
		age = word ? moment_since(word, now_us) : GP_TIME_MASK;
		if (word && tag_of(word) == tag_of(hash)) {
			if (age <= fresh_us)
				return age;
			oldest = i;
			break;
		}
		/* Age and place in one word: the greatest age brings its place along, without a branch to verify. */
		age = age << 3 | i;
		oldest ^= (oldest ^ age) & -is_less(oldest, age);
	}
	bucket->word[oldest & 7] = tag_of(hash) | now_us;
	return MOMENT_NEVER;
}

#endif
