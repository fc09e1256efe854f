/* SPDX-License-Identifier: BSD-2-Clause */
/* What is remembered of a source: how often it did what, and which wrong credentials it has shown. */
#ifndef GATEPOST_SOURCE_H
#define GATEPOST_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

/* For `explain`. */
struct source_record {
	uint32_t connections, attempts, failures, repeats, successes; /* since first seen */
	uint32_t presumed; /* of the failures: not refused, so far or for ever */
	uint32_t accounts; /* distinct in failures, bounded estimate: counts to 64 */
	uint64_t first_ns, last_ns, last_success_ns, last_failure_ns; /* 0: never; a success that was believed */
	double credit;
	uint8_t evidence;
};

/* Enough for the forgotten phones of a household or a small office. Behind more of them there are also people who
 * log in, and their credit pays for the rest. */
#define SOURCE_WRONG_MAX 16

/* Inside TLS only the length of a wrong credential is seen, and of a challenge-response only the account: a likeness. A
 * phone repeats one length, or three when it tries three ways of saying it; a list of stolen passwords has a dozen
 * lengths in its first twenty lines. So what looks the same is taken for the same credential as long as the source's
 * latest failures looked like no more of them than this. The latest, and not all of a day: who mistypes once while a
 * phone of his is forgotten has shown a length or three more, and the phone goes on ... */
#define SOURCE_LIKENESSES_MAX 4
#define SOURCE_LATELY 16
/* ... The programs that try several ways (Thunderbird and Python three, fetchmail two) do so one after the other on one
 * connection: there, inside TLS, up to this many failures are one wrong password ... */
#define SOURCE_WAYS_MAX 3
/* ... and none of it for ever: a list could be sorted by length, and tried three at a time. What a phone does that asks
 * every five minutes is forgiven, and this many at once: four rounds of Thunderbird's five connections, three ways
 * each. It is about what the rules let through anyway (rules/default.rules, slow-guessing). */
#define SOURCE_FORGIVEN_BURST 60
#define SOURCE_FORGIVEN_EVERY_S 300

/* A right password that comes after so many wrong ones in a row, all different, is a guess that hit: it earns its
 * source nothing. Of a hundred people 54 have it within three tries and 93 within nine (Brostoff and Sasse 2003, "Ten
 * strikes and you're out"); lists of leaked passwords hit once in some hundred. Where people are the next login is one
 * without wrong ones before it. */
#define SOURCE_GUESSES_MAX 10
/* And a login excuses only so many: who hits at his third try, or owns one good account, does not work through a list
 * in its name. Where people are there are more logins than that, day after day; when the password database is down for
 * an afternoon an office of twenty-five, some hundred logins a day, has a week's of them to its credit. */
#define SOURCE_GUESSES_PER_LOGIN 50

struct source_state {
	struct source_record record; /* accounts and credit are filled in when it is read */
	uint64_t accounts_seen; /* a bit for a value of the account's hash */
	struct {
		uint32_t credential; /* folded hash; its lowest bit: only a likeness */
		uint32_t seen_s; /* 0: free */
	} wrong[SOURCE_WRONG_MAX];
	uint32_t forgiven_s; /* GCRA over what was forgiven by likeness: theoretical arrival time, seconds */
	uint32_t lately_s; /* the latest of ... */
	uint16_t lately[SOURCE_LATELY]; /* folded likenesses of the latest failures; 0: none */
	uint8_t lately_next;
	uint32_t guesses; /* wrong credentials since the last right one, repeats left out */
	uint32_t presumed; /* of those: the server has yet to say so */
	uint64_t unanswered_ns; /* when the last one was presumed that will never be answered; 0: none */
};

void source_seen(struct source_state *state, uint8_t evidence, uint64_t now_ns);
/* Has this wrong credential (not 0) been seen less than `repeat_ns` ago? It has been now. To the second. */
bool source_repeats(struct source_state *state, uint64_t credential, uint64_t repeat_ns, uint64_t now_ns);
/* The same where there is only a likeness. `another_way`: it may be the one before, said in another way. */
bool source_repeats_likely(struct source_state *state, uint64_t likeness, bool another_way, uint64_t repeat_ns,
			   uint64_t now_ns);
void source_note_account(struct source_state *state, uint64_t account);
uint32_t source_accounts(const struct source_state *state);

#endif
