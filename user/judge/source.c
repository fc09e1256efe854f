/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of one source, small enough to keep for hundreds of thousands of them. */
#include "user/judge/source.h"

#include "user/core/duration.h"
#include "user/judge/window.h"

void source_seen(struct source_state *state, uint8_t evidence, uint64_t now_ns)
{
	if (!state->record.first_ns)
		state->record.first_ns = now_ns;
	if (state->record.last_ns < now_ns)
		state->record.last_ns = now_ns;
	if (state->record.evidence < evidence)
		state->record.evidence = evidence;
}

bool source_repeats(struct source_state *state, uint64_t credential, uint64_t repeat_ns, uint64_t now_ns)
{
	const uint32_t folded = (uint32_t)(credential ^ credential >> 32);
	const uint32_t now_s = (uint32_t)(now_ns / NS_PER_S) + 1;
	unsigned int at = 0, oldest = 0;
	bool repeats;

	for (; at < SOURCE_WRONG_MAX; at++) {
		if (state->wrong[at].seen_s && state->wrong[at].credential == folded)
			break;
		if (state->wrong[at].seen_s < state->wrong[oldest].seen_s)
			oldest = at;
	}
	repeats = at < SOURCE_WRONG_MAX && age_ns(state->wrong[at].seen_s, now_s) < repeat_ns / NS_PER_S;
	if (at == SOURCE_WRONG_MAX)
		at = oldest;
	state->wrong[at].credential = folded;
	state->wrong[at].seen_s = now_s;
	return repeats;
}

void source_note_account(struct source_state *state, uint64_t account)
{
	state->accounts_seen |= 1ULL << (account % 64);
}

/* Linear counting (Whang, Vander-Zanden, Taylor 1990): with k of 64 bits set, about 64/64 + 64/63 + ... (k terms)
 * accounts were seen. */
uint32_t source_accounts(const struct source_state *state)
{
	const unsigned int set = (unsigned int)__builtin_popcountll(state->accounts_seen);
	double accounts = 0;

	for (unsigned int i = 0; i < set; i++)
		accounts += 64.0 / (64 - i);
	return accounts < 64 ? (uint32_t)(accounts + 0.5) : 64;
}
