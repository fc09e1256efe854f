/* SPDX-License-Identifier: BSD-2-Clause */
/* One table a rule. When it is full the key that was touched longest ago makes room: a flood of keys costs the quiet
 * ones their counts, never memory. */
#include "user/judge/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/core/table.h"
#include "user/judge/window.h"

/* There are hundreds of mail programs, not hundreds of thousands; those which shuffle what they offer have a JA3 for
 * each connection, and no count of such a one comes to anything. */
#define FINGERPRINTS_MAX 4096

struct ledger {
	struct rule rule;
	struct table *keys;
};

static bool counts_distinct(const struct rule *rule)
{
	return rule->count == COUNT_ACCOUNTS || rule->count == COUNT_SOURCES;
}

static size_t entry_bytes(const struct rule *rule)
{
	if (rule_counts_open(rule))
		return sizeof(struct ledger_entry) + sizeof(uint32_t);
	return sizeof(struct ledger_entry) +
	       (counts_distinct(rule) ? distinct_bytes(rule->threshold) : window_bytes(rule->threshold));
}

/* Of what is open each connection may have a key of its own; the rest is for those about which something was said a
 * moment ago and of which nothing is open. */
static uint32_t keys_of(const struct rule *rule, uint32_t keys_max, uint32_t open_max)
{
	uint32_t most = keys_max;

	if (rule_counts_open(rule))
		most = keys_max = open_max + open_max / 4 + 1;

	if (rule->per == PER_SERVICE)
		most = GP_SERVICE_MAX;
	else if (rule->per == PER_JA3 || rule->per == PER_JA4)
		most = FINGERPRINTS_MAX;
	return most < keys_max ? most : keys_max;
}

int ledger_new(struct ledger **ret_ledger, const struct rule *rule, uint32_t keys_max, uint32_t open_max, uint64_t seed)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	int result;

	if (!ledger)
		return -ENOMEM;
	ledger->rule = *rule;
	result = table_new(&ledger->keys, keys_of(rule, keys_max, open_max), entry_bytes(rule), seed);
	if (result) {
		free(ledger);
		return result;
	}
	*ret_ledger = ledger;
	return 0;
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	table_free(ledger->keys);
	free(ledger);
}

size_t ledger_bytes(const struct rule *rule, uint32_t keys_max, uint32_t open_max)
{
	return sizeof(struct ledger) + table_bytes(keys_of(rule, keys_max, open_max), entry_bytes(rule));
}

bool ledger_same_counts(const struct rule *a, const struct rule *b)
{
	return !strcmp(a->name, b->name) && a->count == b->count && a->per == b->per &&
	       (a->per != PER_PREFIX || (a->v4_bits == b->v4_bits && a->v6_bits == b->v6_bits)) &&
	       a->services == b->services && a->threshold == b->threshold && a->window_ns == b->window_ns;
}

void ledger_change_rule(struct ledger *ledger, const struct rule *rule)
{
	ledger->rule = *rule;
}

bool ledger_key(const struct ledger *ledger, const struct subject *subject, uint64_t *ret_key)
{
	const struct rule *rule = &ledger->rule;
	uint64_t key = 0;

	if (subject->service >= GP_SERVICE_MAX || (rule->services && !(rule->services & 1u << subject->service)))
		return false;
	switch (rule->per) {
	case PER_SOURCE:
		key = subject->source;
		break;
	case PER_PREFIX:
		key = prefix_of(subject->source, rule->v4_bits, rule->v6_bits).source;
		break;
	case PER_JA3:
		key = subject->fingerprint.ja3;
		break;
	case PER_JA4:
		key = subject->fingerprint.ja4;
		break;
	case PER_ACCOUNT:
		key = subject->account;
		break;
	case PER_SERVICE:
		key = subject->service;
		break;
	}
	*ret_key = key;
	return key != 0;
}

struct ledger_entry *ledger_add(struct ledger *ledger, uint64_t key, uint64_t value, uint64_t now_ns)
{
	struct ledger_entry *entry = table_take(ledger->keys, key, NULL);
	void *counts = entry + 1;

	if (counts_distinct(&ledger->rule))
		distinct_add(counts, ledger->rule.threshold, value, now_ns);
	else
		window_add(counts, ledger->rule.threshold, now_ns);
	return entry;
}

void ledger_take_back(const struct ledger *ledger, struct ledger_entry *entry, uint64_t value, uint64_t moment_ns)
{
	void *counts = entry + 1;

	if (counts_distinct(&ledger->rule))
		distinct_take_back(counts, value, moment_ns);
	else
		window_take_back(counts, ledger->rule.threshold, moment_ns);
}

static uint32_t *open_of(struct ledger_entry *entry)
{
	return (uint32_t *)(entry + 1);
}

/* The key that was touched longest ago; if something is open there it gets a second chance. There is always one that
 * does not: more keys than connections. */
static void give_up_oldest(struct ledger *ledger)
{
	uint32_t cursor = 0;
	uint64_t key;
	struct ledger_entry *oldest = table_next(ledger->keys, &cursor, &key);

	if (*open_of(oldest))
		table_touch(ledger->keys, key);
	else
		table_remove(ledger->keys, key);
}

struct ledger_entry *ledger_open(struct ledger *ledger, uint64_t key)
{
	struct ledger_entry *entry = table_touch(ledger->keys, key);

	while (!entry && !(entry = table_add(ledger->keys, key)))
		give_up_oldest(ledger);
	++*open_of(entry);
	return entry;
}

void ledger_close(struct ledger *ledger, uint64_t key, uint64_t now_ns)
{
	struct ledger_entry *entry = table_find(ledger->keys, key);

	if (entry && !--*open_of(entry) && entry->quiet_until_ns <= now_ns)
		table_remove(ledger->keys, key);
}

void ledger_close_all(struct ledger *ledger)
{
	struct ledger_entry *entry;
	uint32_t cursor = 0;

	while (rule_counts_open(&ledger->rule) && (entry = table_next(ledger->keys, &cursor, NULL)))
		*open_of(entry) = 0;
}

uint32_t ledger_count(const struct ledger *ledger, const struct ledger_entry *entry, uint64_t now_ns)
{
	const struct rule *rule = &ledger->rule;
	const void *counts = entry + 1;

	if (rule_counts_open(rule))
		return *(const uint32_t *)counts;
	if (counts_distinct(rule))
		return distinct_count(counts, rule->window_ns, now_ns);
	return window_count(counts, rule->threshold, rule->window_ns, now_ns);
}

struct ledger_entry *ledger_find(const struct ledger *ledger, uint64_t key)
{
	return table_find(ledger->keys, key);
}

void ledger_clear(const struct ledger *ledger, struct ledger_entry *entry)
{
	if (!rule_counts_open(&ledger->rule))
		memset(entry + 1, 0, entry_bytes(&ledger->rule) - sizeof(*entry));
}

void ledger_forgive(struct ledger *ledger, const struct prefix *target)
{
	const struct rule *rule = &ledger->rule;
	const bool by_prefix = rule->per == PER_PREFIX;
	const uint8_t v4_bits = by_prefix ? rule->v4_bits : 32, v6_bits = by_prefix ? rule->v6_bits : GP_SOURCE_BITS;
	uint32_t cursor = 0;
	uint64_t key;

	if (rule->per != PER_SOURCE && !by_prefix)
		return;
	if (target->bits == prefix_of(target->source, v4_bits, v6_bits).bits) {
		table_remove(ledger->keys, target->source);
		return;
	}
	if (target->bits == GP_SOURCE_BITS) /* a source is not its prefix */
		return;
	while (table_next(ledger->keys, &cursor, &key)) {
		const struct prefix counted = prefix_of(key, v4_bits, v6_bits);

		if (prefix_covers(target, &counted))
			table_remove(ledger->keys, key);
	}
}

uint32_t ledger_keys(const struct ledger *ledger)
{
	return table_count(ledger->keys);
}

uint64_t ledger_evictions(const struct ledger *ledger)
{
	return table_evictions(ledger->keys);
}
