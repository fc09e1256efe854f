/* SPDX-License-Identifier: BSD-2-Clause */
/* Proofs from before, put into the table in which the program keeps its own (bpf/prove.bpf.h, moment.bpf.h). */
#include "user/datapath/datapath_engine.h"

#define WORDS (sizeof(((struct gp_moment_bucket *)NULL)->word) / sizeof(__u64))

/* The word of this tag, a free one, or the oldest. */
static __u64 *word_for(struct gp_moment_bucket *bucket, uint64_t hash, uint64_t now_us)
{
	uint64_t oldest_us = 0;
	__u64 *place = &bucket->word[0];

	for (size_t i = 0; i < WORDS; i++) {
		uint64_t word = bucket->word[i], age_us = word ? (now_us - word) & GP_TIME_MASK : GP_TIME_MASK;

		if (word && word >> GP_TIME_BITS == hash >> GP_TIME_BITS)
			return &bucket->word[i];
		if (age_us > oldest_us) {
			oldest_us = age_us;
			place = &bucket->word[i];
		}
	}
	return place;
}

void datapath_prove(struct datapath *datapath, uint64_t source, uint64_t now_ns, uint64_t age_ns)
{
	const uint64_t hash = gp_hash(source, settings_in_force(datapath)->seed), now_us = now_ns / 1000;
	__u64 *word = word_for(&datapath->engine->proven[hash & datapath->engine->masks.proven], hash, now_us);

	*word = (hash & ~GP_TIME_MASK) | ((now_us - age_ns / 1000) & GP_TIME_MASK);
}
