/* SPDX-License-Identifier: BSD-2-Clause */
/* What is remembered of a source: how often it did what, and which wrong credentials it has shown. */
#ifndef GATEPOST_SOURCE_H
#define GATEPOST_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

/* For `explain`. */
struct source_record {
	uint32_t connections, attempts, failures, repeats, successes; /* since first seen */
	uint32_t accounts; /* distinct in failures, bounded estimate: counts to 64 */
	uint64_t first_ns, last_ns, last_success_ns, last_failure_ns; /* 0: never */
	double credit;
	uint8_t evidence;
};

/* Enough for the forgotten phones of a household or a small office. Behind more of them there are also people who
 * log in, and their credit pays for the rest. */
#define SOURCE_WRONG_MAX 16

/* Inside TLS only the length of a wrong credential is seen. A phone repeats one length, or three when it tries three
 * ways of saying it; a list of stolen passwords has a dozen lengths in its first twenty lines. So a length that repeats
 * is taken for the same credential as long as the source has shown no more of them than this ... */
#define SOURCE_LENGTHS_MAX 4
/* ... and not for ever: a list could be sorted by length. What a phone does that asks every five minutes is forgiven,
 * and this many at once; it is about what the rules let through anyway (rules/default.rules, slow-guessing). */
#define SOURCE_FORGIVEN_BURST 60
#define SOURCE_FORGIVEN_EVERY_S 300

struct source_state {
	struct source_record record; /* accounts and credit are filled in when it is read */
	uint64_t accounts_seen; /* a bit for a value of the account's hash */
	struct {
		uint32_t credential; /* folded hash; its lowest bit: known by its length only */
		uint32_t seen_s; /* 0: free */
	} wrong[SOURCE_WRONG_MAX];
	uint32_t forgiven_s; /* GCRA over what was forgiven by its length: theoretical arrival time, seconds */
};

void source_seen(struct source_state *state, uint8_t evidence, uint64_t now_ns);
/* Has this wrong credential (not 0) been seen less than `repeat_ns` ago? It has been now. To the second. */
bool source_repeats(struct source_state *state, uint64_t credential, uint64_t repeat_ns, uint64_t now_ns);
/* The same where the credential is known by its length only. */
bool source_repeats_length(struct source_state *state, uint64_t credential, uint64_t repeat_ns, uint64_t now_ns);
void source_note_account(struct source_state *state, uint64_t account);
uint32_t source_accounts(const struct source_state *state);

#endif
