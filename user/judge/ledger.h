/* SPDX-License-Identifier: BSD-2-Clause */
/* The counts of one rule: a window for each key it counts for, in fixed memory. Where the rule counts what is open, it
 * is a number that goes up and down. */
#ifndef GATEPOST_LEDGER_H
#define GATEPOST_LEDGER_H

#include "user/core/attempt.h"
#include "user/judge/rules.h"

/* Whom a count may be kept for; 0: not known. */
struct subject {
	uint64_t source, account;
	struct fingerprint fingerprint;
	uint8_t service; /* enum gp_service */
};

/* One key of a rule; its window follows in memory. */
struct ledger_entry {
	uint64_t quiet_until_ns; /* decided: the rule says nothing more about this key until then */
	uint8_t decided; /* enum action of that decision */
	bool presumed; /* some of what it counted was presumed: the count is kept until it is known */
	uint8_t zero[6];
};

struct ledger;

/* `keys_max` is of the things that happen; of connections that are open there are at most `open_max`, and the keys that
 * they are counted for are never forgotten. */
int ledger_new(struct ledger **ret_ledger, const struct rule *rule, uint32_t keys_max, uint32_t open_max,
	       uint64_t seed);
void ledger_free(struct ledger *ledger);
size_t ledger_bytes(const struct rule *rule, uint32_t keys_max, uint32_t open_max);
/* Do both rules count the same thing the same way? Then their counts may be kept over a reload. */
bool ledger_same_counts(const struct rule *a, const struct rule *b);
void ledger_change_rule(struct ledger *ledger, const struct rule *rule);

/* Does the rule count this subject, and under which key? */
bool ledger_key(const struct ledger *ledger, const struct subject *subject, uint64_t *ret_key);
struct ledger_entry *ledger_add(struct ledger *ledger, uint64_t key, uint64_t value, uint64_t now_ns);
/* One that was added at that moment was none. */
void ledger_take_back(const struct ledger *ledger, struct ledger_entry *entry, uint64_t value, uint64_t moment_ns);
/* Of a rule that counts what is open: one more, and one less. */
struct ledger_entry *ledger_open(struct ledger *ledger, uint64_t key);
void ledger_close(struct ledger *ledger, uint64_t key, uint64_t now_ns);
void ledger_close_all(struct ledger *ledger);
uint32_t ledger_count(const struct ledger *ledger, const struct ledger_entry *entry, uint64_t now_ns);
struct ledger_entry *ledger_find(const struct ledger *ledger, uint64_t key); /* NULL: nothing counted */
/* Of its counts: what is open stays so. */
void ledger_clear(const struct ledger *ledger, struct ledger_entry *entry);
void ledger_forgive(struct ledger *ledger, const struct prefix *target);

uint32_t ledger_keys(const struct ledger *ledger);
uint64_t ledger_evictions(const struct ledger *ledger);

#endif
