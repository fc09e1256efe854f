/* SPDX-License-Identifier: BSD-2-Clause */
/* Which sources are proven, in the table in which the program keeps it (bpf/slot.bpf.h), and proofs from before put
 * into it; which are welcome, in the same words (bpf/limit.bpf.h). */
#include "user/datapath/datapath_engine.h"

static struct gp_limit_bucket *bucket_of(const struct datapath *datapath, uint64_t hash)
{
	return &datapath->engine->sources[gp_bucket(hash, datapath->engine->sizes.sources)];
}

static bool is_same(uint64_t word, uint64_t hash)
{
	return word >> GP_TAG_SHIFT == GP_TAG(hash) >> GP_TAG_SHIFT;
}

/* Does it still say something? A limit until its time has come, a proof for so much longer. */
static bool says(uint64_t word, const struct gp_settings *settings, uint64_t now_ns)
{
	const uint64_t keeps = word & GP_SLOT_PROVEN ? settings->proven_ticks : 0;

	return word >> 63 && ((word - GP_TICKS(now_ns) - 1 + keeps) & GP_TIME_MASK) < settings->horizon_ticks + keeps;
}

bool datapath_source_proven(const struct datapath *datapath, uint64_t source, uint64_t now_ns)
{
	const struct gp_settings *settings = settings_in_force(datapath);
	const uint64_t hash = gp_hash(source, settings->seed);
	const struct gp_limit_bucket *bucket = bucket_of(datapath, hash);

	for (size_t i = 1; i <= GP_SLOTS; i++)
		if (is_same(bucket->word[i], hash))
			return bucket->word[i] & GP_SLOT_PROVEN && says(bucket->word[i], settings, now_ns);
	return false;
}

/* The slot of the source, one that says nothing, or the one of the oldest proof. */
static __u64 *slot_for(struct gp_limit_bucket *bucket, uint64_t hash, const struct gp_settings *settings,
		       uint64_t now_ns)
{
	__u64 *idle = NULL, *oldest = NULL;
	uint64_t oldest_ticks = 0;

	for (size_t i = 1; i <= GP_SLOTS; i++) {
		uint64_t age_ticks = (GP_TICKS(now_ns) - bucket->word[i]) & GP_TIME_MASK;

		if (is_same(bucket->word[i], hash))
			return &bucket->word[i];
		if (!says(bucket->word[i], settings, now_ns))
			idle = &bucket->word[i];
		else if (age_ticks <= settings->proven_ticks && age_ticks >= oldest_ticks) {
			oldest_ticks = age_ticks;
			oldest = &bucket->word[i];
		}
	}
	return idle ? idle : oldest;
}

/* Is `a` a later time than `b`? Times wrap. */
static bool is_later(uint64_t a, uint64_t b)
{
	return ((a - b) & GP_TIME_MASK) < 1ULL << (GP_TIME_BITS - 1);
}

static void proof_put(struct datapath *datapath, uint64_t key, uint64_t now_ns, uint64_t age_ns)
{
	const struct gp_settings *settings = settings_in_force(datapath);
	const uint64_t hash = gp_hash(key, settings->seed);
	__u64 *slot = slot_for(bucket_of(datapath, hash), hash, settings, now_ns);
	__u64 proof = GP_TAG(hash) | GP_SLOT_PROVEN | ((GP_TICKS(now_ns) - GP_TICKS(age_ns)) & GP_TIME_MASK);
	__u64 old = slot ? *slot : 0;

	if (!slot)
		return;
	/* Its limit is still running, or it was heard of since: that says more, and is a proof from now on. */
	if (is_same(old, hash) && says(old, settings, now_ns) && is_later(old, proof))
		proof = old | GP_SLOT_PROVEN;
	__atomic_compare_exchange_n(slot, &old, proof, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void datapath_prove(struct datapath *datapath, uint64_t source, uint64_t now_ns, uint64_t age_ns)
{
	proof_put(datapath, source, now_ns, age_ns);
}

void datapath_welcome(struct datapath *datapath, uint64_t source, uint64_t now_ns, uint64_t age_ns)
{
	proof_put(datapath, source ^ GP_WELCOME_SALT, now_ns, age_ns);
}
