/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of one source, small enough to keep for hundreds of thousands of them. */
#include "user/judge/source.h"

#include <string.h>

#include "user/core/duration.h"
#include "user/judge/window.h"

#define LIKENESS 1u

void source_seen(struct source_state *state, uint8_t evidence, uint64_t now_ns)
{
	if (!state->record.first_ns)
		state->record.first_ns = now_ns;
	if (state->record.last_ns < now_ns)
		state->record.last_ns = now_ns;
	if (state->record.evidence < evidence)
		state->record.evidence = evidence;
}

/* 0 is for "never". */
static uint32_t moment_s(uint64_t now_ns)
{
	return (uint32_t)(now_ns / NS_PER_S) + 1;
}

static uint32_t folded(uint64_t credential)
{
	return (uint32_t)(credential ^ credential >> 32) << 1;
}

/* Seen lately? It has been now; the one that was seen longest ago makes room. */
static bool wrong_note(struct source_state *state, uint32_t credential, uint64_t repeat_ns, uint32_t now_s)
{
	unsigned int at = 0, oldest = 0;
	bool repeats;

	for (; at < SOURCE_WRONG_MAX; at++) {
		if (state->wrong[at].seen_s && state->wrong[at].credential == credential)
			break;
		if (state->wrong[at].seen_s < state->wrong[oldest].seen_s)
			oldest = at;
	}
	repeats = at < SOURCE_WRONG_MAX && age_ns(state->wrong[at].seen_s, now_s) < repeat_ns / NS_PER_S;
	if (at == SOURCE_WRONG_MAX)
		at = oldest;
	state->wrong[at].credential = credential;
	state->wrong[at].seen_s = now_s;
	return repeats;
}

bool source_repeats(struct source_state *state, uint64_t credential, uint64_t repeat_ns, uint64_t now_ns)
{
	return wrong_note(state, folded(credential), repeat_ns, moment_s(now_ns));
}

/* What the latest failures looked like, this one included; what is older than a repeat is forgotten. */
static void lately_note(struct source_state *state, uint32_t likeness, uint64_t repeat_ns, uint32_t now_s)
{
	if (age_ns(state->lately_s, now_s) >= repeat_ns / NS_PER_S)
		memset(state->lately, 0, sizeof(state->lately));
	state->lately_s = now_s;
	state->lately[state->lately_next] = (uint16_t)(likeness >> 16 ^ likeness) | 1;
	state->lately_next = (state->lately_next + 1) % SOURCE_LATELY;
}

static unsigned int likenesses_shown(const struct source_state *state)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < SOURCE_LATELY; i++) {
		unsigned int before = 0;

		while (before < i && state->lately[before] != state->lately[i])
			before++;
		count += state->lately[i] && before == i;
	}
	return count;
}

static bool is_forgiven(struct source_state *state, uint32_t now_s)
{
	const uint32_t from_s = state->forgiven_s > now_s ? state->forgiven_s : now_s;

	if (from_s - now_s > (SOURCE_FORGIVEN_BURST - 1) * SOURCE_FORGIVEN_EVERY_S)
		return false;
	state->forgiven_s = from_s + SOURCE_FORGIVEN_EVERY_S;
	return true;
}

bool source_repeats_likely(struct source_state *state, uint64_t likeness, bool another_way, uint64_t repeat_ns,
			   uint64_t now_ns)
{
	const uint32_t now_s = moment_s(now_ns), wrong = folded(likeness) | LIKENESS;
	const bool seen = wrong_note(state, wrong, repeat_ns, now_s);

	lately_note(state, wrong, repeat_ns, now_s);
	return (another_way || (seen && likenesses_shown(state) <= SOURCE_LIKENESSES_MAX)) && is_forgiven(state, now_s);
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
