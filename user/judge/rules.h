/* SPDX-License-Identifier: BSD-2-Clause */
/* A rule is a sentence: "ban 1h when 20 failures in 10m per source, on imap and imaps, twice as long each time, at
 * most 7d, unless a success in the last 10m". This file holds the rule and says it back in English; reading it
 * from a file is adapters/config. */
#ifndef GATEPOST_RULES_H
#define GATEPOST_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "user/core/addr.h"
#include "user/core/fault.h"
#include "user/core/sentence.h"

enum count {
	COUNT_CONNECTIONS, /* proven connections */
	COUNT_OPEN, /* the same that are open now, and have been for the window */
	COUNT_WAITING, /* those of them on which nobody has logged in */
	COUNT_HANDSHAKES, /* TLS connections that ended without an attempt */
	COUNT_ATTEMPTS,
	COUNT_FAILURES, /* repeats of one wrong credential count once */
	COUNT_ACCOUNTS, /* distinct account names in failures */
	COUNT_SOURCES, /* distinct sources in failures */
};
enum per {
	PER_SOURCE,
	PER_PREFIX, /* rule.v4_bits, rule.v6_bits */
	PER_JA3, /* of the TLS client */
	PER_JA4,
	PER_ACCOUNT,
	PER_SERVICE,
};
enum action {
	ACTION_OBSERVE, /* write it down */
	ACTION_ALERT, /* write it down, loudly */
	ACTION_LIMIT, /* new connections at the judged limit */
	ACTION_BAN,
};

#define RULE_NAME_BYTES 48
#define RULE_THRESHOLD_MAX 4096
#define RULES_MAX 64

struct rule {
	char name[RULE_NAME_BYTES];
	enum count count;
	enum per per;
	uint8_t v4_bits, v6_bits; /* of PER_PREFIX, as a person writes them: 24, 48 */
	uint32_t services; /* bit 1 << enum gp_service; 0: all */
	uint32_t threshold; /* 1..RULE_THRESHOLD_MAX: trips at this many */
	uint64_t window_ns; /* in which it happened; of COUNT_OPEN and COUNT_WAITING: for how long it has lasted */
	enum action action;
	uint64_t for_ns; /* of a ban or limit, the first time */
	uint64_t at_most_ns; /* doubling stops here; equal to for_ns: no ladder */
	uint64_t unless_success_ns; /* a success in this time turns a ban into a limit; 0: no such clause */
	bool shadow; /* decide and count, do not act */
	bool despite_credit; /* of a source: what its credit pays for is counted as well */
	bool fleet; /* what is distinct is counted over all edges, too */
};

struct ruleset {
	uint32_t count;
	struct rule rule[RULES_MAX];
};

const char *count_text(enum count count);
const char *action_text(enum action action);
int count_parse(const char *text, enum count *ret_count);
int action_parse(const char *text, enum action *ret_action);

/* Everything that must hold between the fields: limits, per source for connections, an action on PER_ACCOUNT
 * cannot be a ban, ... -EINVAL with the words in `fault`. */
int rule_check(const struct rule *rule, struct fault *fault);
/* Is it a state, which lasts, and not something that happens? */
static inline bool rule_counts_open(const struct rule *rule)
{
	return rule->count == COUNT_OPEN || rule->count == COUNT_WAITING;
}
/* "20 failures in 10m", "100 connections open for 30s" */
void rule_say_count(const struct rule *rule, uint32_t seen, struct sentence *sentence);
/* The sentence above. Returns buffer. */
const char *rule_text(const struct rule *rule, char *buffer, size_t size);

/* "10m", "1h30m", "7d", "500ms": a number with its unit; a bare number is an error. -EINVAL, -ERANGE. */
int duration_parse(const char *text, uint64_t *ret_ns);
const char *duration_text(uint64_t ns, char *buffer, size_t size); /* "1h30m" */

#endif
