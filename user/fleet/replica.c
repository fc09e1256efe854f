/* SPDX-License-Identifier: BSD-2-Clause */
/* A target's first claim is part of its record; more of them, which are rare, hang behind it. */
#include "user/fleet/replica_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RULE_OTHER "other" /* said of rules beyond that: somebody is inventing names */
#define REASON_BYTES_USUAL 80 /* on the heap */

void replica_claim_clear(struct replica *replica, struct claim *claim)
{
	replica->count--;
	replica->count_of[claim->node]--;
	free(claim->reason);
}

static void on_drop(void *context, uint64_t key, void *dropped)
{
	struct record *record = dropped;
	struct claim *next = record->claim.more;

	(void)key;
	if (record->claim.revision_us)
		replica_claim_clear(context, &record->claim);
	while (next) {
		struct claim *claim = next;

		next = claim->more;
		replica_claim_clear(context, claim);
		free(claim);
	}
}

int replica_new(struct replica **ret_replica, uint32_t capacity, uint64_t seed)
{
	struct replica *replica = calloc(1, sizeof(*replica));
	int error = replica ? table_new(&replica->targets, capacity, sizeof(struct record), seed) : -ENOMEM;

	if (error) {
		free(replica);
		return error;
	}
	replica->capacity = capacity;
	strcpy(replica->rule[RULES_MAX_NAMED], RULE_OTHER);
	table_on_drop(replica->targets, on_drop, replica);
	*ret_replica = replica;
	return 0;
}

void replica_free(struct replica *replica)
{
	if (!replica)
		return;
	table_free(replica->targets);
	free(replica);
}

uint64_t replica_bytes(uint32_t capacity)
{
	return sizeof(struct replica) + table_bytes(capacity, sizeof(struct record)) +
	       (uint64_t)capacity * REASON_BYTES_USUAL;
}

struct record *replica_record_find(const struct replica *replica, const struct prefix *target)
{
	struct record *record = table_find(replica->targets, table_prefix_key(replica->targets, target));

	return record && prefix_equal(&record->target, target) ? record : NULL;
}

/* A node's claim to act on a target and its claim to leave it alone stand side by side. */
static bool is_slot(const struct claim *claim, uint8_t node, enum entry_kind kind)
{
	return claim->revision_us && claim->node == node && (claim->kind == ENTRY_UNBAN) == (kind == ENTRY_UNBAN);
}

struct claim *replica_claim_find(struct record *record, uint8_t node, enum entry_kind kind)
{
	struct claim *claim = record ? &record->claim : NULL;

	while (claim && !is_slot(claim, node, kind))
		claim = claim->more;
	return claim;
}

static uint8_t rule_index(struct replica *replica, const char *name)
{
	uint32_t i = 0;

	while (i < replica->rules && strcmp(replica->rule[i], name))
		i++;
	if (i == replica->rules && i < RULES_MAX_NAMED) {
		memcpy(replica->rule[i], name, RULE_NAME_BYTES);
		replica->rules++;
	}
	return (uint8_t)i;
}

static void claim_set(struct replica *replica, struct claim *claim, const struct entry *entry, bool in_redis)
{
	free(claim->reason);
	claim->reason = entry->reason[0] ? strdup(entry->reason) : NULL; /* without memory: without words */
	claim->revision_us = entry->revision_us;
	claim->until_us = entry_until_us(entry);
	claim->floor_us = entry->floor_us;
	claim->first_ago_s = entry->first_ago_s;
	claim->last_ago_s = entry->last_ago_s;
	claim->count = entry->count;
	claim->rule = rule_index(replica, entry->rule);
	claim->kind = (uint8_t)entry->kind;
	claim->evidence = entry->evidence;
	claim->sent = claim->in_redis = in_redis;
}

static struct record *record_take(struct replica *replica, const struct prefix *target)
{
	const uint64_t key = table_prefix_key(replica->targets, target);
	struct record *record = table_find(replica->targets, key);

	if (record)
		return prefix_equal(&record->target, target) ? record : NULL;
	record = table_add(replica->targets, key);
	if (record)
		record->target = *target;
	return record;
}

static struct claim *claim_add(struct replica *replica, const struct prefix *target, uint8_t node)
{
	struct record *record = replica->count < replica->capacity ? record_take(replica, target) : NULL;
	struct claim *claim = record ? &record->claim : NULL;

	if (claim && claim->revision_us) {
		claim = calloc(1, sizeof(*claim));
		if (claim) {
			claim->more = record->claim.more;
			record->claim.more = claim;
		}
	}
	if (!claim)
		return NULL;
	claim->node = node;
	replica->count++;
	replica->count_of[node]++;
	return claim;
}

enum merged replica_merge(struct replica *replica, uint8_t node, const struct entry *entry, bool in_redis,
			  uint64_t now_us)
{
	struct claim *claim = replica_claim_find(replica_record_find(replica, &entry->target), node, entry->kind);

	if (claim && claim->revision_us == entry->revision_us && in_redis)
		claim->sent = claim->in_redis = true;
	if (claim && claim->revision_us >= entry->revision_us)
		return MERGED_KNOWN;
	if (entry_until_us(entry) <= now_us)
		return MERGED_LATE;
	if (!claim)
		claim = claim_add(replica, &entry->target, node);
	if (!claim)
		return MERGED_FULL;
	claim_set(replica, claim, entry, in_redis);
	return MERGED_NEW;
}

bool replica_knows(const struct replica *replica, uint8_t node, const struct entry *entry)
{
	const struct claim *claim = replica_claim_find(replica_record_find(replica, &entry->target), node, entry->kind);

	return claim && claim->revision_us >= entry->revision_us;
}

uint64_t replica_newest_us(const struct replica *replica, const struct prefix *target)
{
	const struct record *record = replica_record_find(replica, target);
	uint64_t newest_us = 0;

	for (const struct claim *claim = record ? &record->claim : NULL; claim; claim = claim->more)
		if (claim->revision_us > newest_us)
			newest_us = claim->revision_us;
	return newest_us;
}

void replica_order(const struct replica *replica, struct entry *entry, uint64_t now_us)
{
	const struct record *record = replica_record_find(replica, &entry->target);

	entry->revision_us = now_us;
	entry->floor_us = 0;
	for (const struct claim *claim = record ? &record->claim : NULL; claim; claim = claim->more) {
		const bool is_firm = claim->node != REPLICA_SELF || claim->sent;
		const uint64_t floor_us = is_firm ? claim->revision_us : claim->floor_us + 1;

		if (claim->revision_us >= entry->revision_us)
			entry->revision_us = claim->revision_us + 1;
		if (floor_us > entry->floor_us)
			entry->floor_us = floor_us;
	}
}

/* ---- what stands ------------------------------------------------------------------------------------------------ */

static void claim_entry(const struct replica *replica, const struct prefix *target, const struct claim *claim,
			struct entry *ret_entry)
{
	*ret_entry = (struct entry){
		.target = *target,
		.kind = (enum entry_kind)claim->kind,
		.evidence = claim->evidence,
		.revision_us = claim->revision_us,
		.floor_us = claim->floor_us,
		.for_us = claim->until_us - claim->revision_us,
		.first_ago_s = claim->first_ago_s,
		.last_ago_s = claim->last_ago_s,
		.count = claim->count,
	};
	strcpy(ret_entry->rule, replica->rule[claim->rule]);
	if (claim->reason)
		strcpy(ret_entry->reason, claim->reason); /* it came out of such an entry */
}

static uint64_t newest_tombstone(const struct record *record, uint64_t now_us)
{
	uint64_t newest_us = 0;

	for (const struct claim *claim = &record->claim; claim; claim = claim->more)
		if (claim->kind == ENTRY_UNBAN && claim->until_us > now_us && claim->revision_us > newest_us)
			newest_us = claim->revision_us;
	return newest_us;
}

static bool is_stronger(const struct claim *a, const struct claim *b)
{
	if (!b || a->kind != b->kind)
		return !b || a->kind > b->kind;
	return a->until_us != b->until_us ? a->until_us > b->until_us : a->revision_us > b->revision_us;
}

void replica_standing(const struct replica *replica, const struct prefix *target, uint64_t now_us,
		      struct fleet_standing *ret_standing)
{
	const struct record *record = replica_record_find(replica, target);
	const struct claim *strongest = NULL;

	memset(ret_standing, 0, sizeof(*ret_standing));
	if (!record)
		return;
	ret_standing->lifted_us = newest_tombstone(record, now_us);
	for (const struct claim *claim = &record->claim; claim; claim = claim->more) {
		if (!claim->revision_us || claim->kind == ENTRY_UNBAN || claim->until_us <= now_us ||
		    claim->revision_us <= ret_standing->lifted_us)
			continue;
		ret_standing->nodes++;
		if (is_stronger(claim, strongest))
			strongest = claim;
	}
	if (!strongest)
		return;
	ret_standing->action = strongest->kind == ENTRY_BAN ? ACTION_BAN : ACTION_LIMIT;
	ret_standing->until_us = strongest->until_us;
	ret_standing->node = strongest->node;
	claim_entry(replica, target, strongest, &ret_standing->entry);
}

/* ---- claims ----------------------------------------------------------------------------------------------------- */

void replica_view(const struct replica *replica, const struct prefix *target, const struct claim *claim,
		  struct claim_view *ret_view)
{
	ret_view->node = claim->node;
	ret_view->sent = claim->sent;
	ret_view->in_redis = claim->in_redis;
	claim_entry(replica, target, claim, &ret_view->entry);
}

void replica_claims(const struct replica *replica, const struct prefix *target, replica_each_fn each, void *context)
{
	const struct record *record = replica_record_find(replica, target);
	struct claim_view seen;

	for (const struct claim *claim = record ? &record->claim : NULL; claim; claim = claim->more) {
		replica_view(replica, target, claim, &seen);
		each(context, &seen);
	}
}

uint32_t replica_count(const struct replica *replica)
{
	return replica->count;
}

uint32_t replica_count_of(const struct replica *replica, uint8_t node)
{
	return replica->count_of[node];
}
