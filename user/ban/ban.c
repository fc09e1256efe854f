/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans by target in a table of fixed size, and two heaps over the same records: `ending` holds what is in force or
 * has ended without being reported, by its end; `ended` holds what is only remembered, by when it ended. */
#include "user/ban/ban.h"

#include <errno.h>
#include <stdlib.h>

#include "user/ban/allow.h"
#include "user/core/heap.h"
#include "user/core/table.h"

struct ban_record {
	struct heap_node node; /* first: a node is its record */
	struct ban ban;
	bool reported; /* as ended: the node is in `ended` */
};

struct bans {
	struct table *targets;
	struct heap ending, ended;
	uint32_t length_count[GP_SOURCE_BITS + 1]; /* records of each prefix length: which lengths to look up */
	uint64_t remember_ns;
	struct allow_list allowed;
};

int bans_new(struct bans **ret_bans, uint32_t capacity, uint64_t remember_ns, uint64_t seed)
{
	struct bans *bans = calloc(1, sizeof(*bans));
	int result;

	if (!bans)
		return -ENOMEM;
	bans->remember_ns = remember_ns;
	result = table_new(&bans->targets, capacity, sizeof(struct ban_record), seed);
	if (!result)
		result = heap_new(&bans->ending, capacity);
	if (!result)
		result = heap_new(&bans->ended, capacity);
	if (result) {
		bans_free(bans);
		return result;
	}
	*ret_bans = bans;
	return 0;
}

void bans_free(struct bans *bans)
{
	if (!bans)
		return;
	table_free(bans->targets);
	heap_free(&bans->ending);
	heap_free(&bans->ended);
	allow_list_free(&bans->allowed);
	free(bans);
}

static struct ban_record *record_find(const struct bans *bans, const struct prefix *target)
{
	struct ban_record *record = table_find(bans->targets, table_prefix_key(bans->targets, target));

	return record && prefix_equal(&record->ban.target, target) ? record : NULL;
}

static void record_unlink(struct bans *bans, struct ban_record *record)
{
	if (record->node.at)
		heap_remove(record->reported ? &bans->ended : &bans->ending, &record->node);
}

static void record_remove(struct bans *bans, struct ban_record *record)
{
	const struct prefix target = record->ban.target;

	record_unlink(bans, record);
	bans->length_count[target.bits]--;
	table_remove(bans->targets, table_prefix_key(bans->targets, &target));
}

/* Make room by forgetting what ended longest ago. */
static bool make_room(struct bans *bans, uint64_t now_ns)
{
	struct heap_node *node = heap_first(&bans->ended);

	if (!node) {
		node = heap_first(&bans->ending);
		if (!node || node->due_ns > now_ns)
			return false;
	}
	record_remove(bans, (struct ban_record *)node);
	return true;
}

static int record_add(struct bans *bans, const struct prefix *target, uint64_t now_ns, struct ban_record **ret_record)
{
	const uint64_t key = table_prefix_key(bans->targets, target);
	struct ban_record *record;

	if (table_find(bans->targets, key))
		return -ENOSPC; /* of another length, with the same hash: as good as never, but never twice */
	record = table_add(bans->targets, key);
	if (!record && make_room(bans, now_ns))
		record = table_add(bans->targets, key);
	if (!record)
		return -ENOSPC;
	record->ban.target = *target;
	bans->length_count[target->bits]++;
	*ret_record = record;
	return 0;
}

static void record_set(struct bans *bans, struct ban_record *record, const struct ban *ban)
{
	record_unlink(bans, record);
	record->ban = *ban;
	record->reported = false;
	heap_put(&bans->ending, &record->node, ban->until_ns);
}

/* What both together amount to. A real ban replaces one in shadow, whatever that says. */
static struct ban merged(const struct ban *old, const struct ban *new)
{
	const bool real_first = old->shadow != new->shadow;
	const struct ban *words = new;
	struct ban both;

	if (real_first)
		words = old->shadow ? new : old;
	else if (new->action < old->action)
		words = old;
	both = *words;
	/* The earlier one, which another node may have told later: an unban in between must see that it lifts some of
	 * it. */
	both.since_ns = old->since_ns < new->since_ns ? old->since_ns : new->since_ns;
	if (!real_first) {
		both.action = old->action > new->action ? old->action : new->action;
		both.until_ns = old->until_ns > new->until_ns ? old->until_ns : new->until_ns;
		both.evidence = old->evidence > new->evidence ? old->evidence : new->evidence;
	}
	both.offences = old->offences > new->offences ? old->offences : new->offences;
	return both;
}

static bool says_more(const struct ban *a, const struct ban *b)
{
	return a->action != b->action || a->until_ns != b->until_ns || a->shadow != b->shadow;
}

int bans_put(struct bans *bans, const struct ban *ban, uint64_t now_ns)
{
	struct ban_record *record;
	struct ban next = *ban;
	int result;

	if (bans_allows(bans, &ban->target))
		return -EPERM;
	record = record_find(bans, &ban->target);
	if (!record) {
		result = record_add(bans, &ban->target, now_ns, &record);
		if (result)
			return result;
	} else if (ban_in_force(&record->ban, now_ns)) {
		next = merged(&record->ban, ban);
		if (!says_more(&record->ban, &next))
			return 0;
	} else if (next.offences < record->ban.offences) {
		next.offences = record->ban.offences;
	}
	record_set(bans, record, &next);
	return 1;
}

int bans_remove(struct bans *bans, const struct prefix *target)
{
	struct ban_record *record = record_find(bans, target);

	if (!record)
		return -ENOENT;
	record_remove(bans, record);
	return 0;
}

void bans_confirm(struct bans *bans, const struct prefix *target, uint8_t evidence)
{
	struct ban_record *record = record_find(bans, target);

	if (record && record->ban.evidence < evidence)
		record->ban.evidence = evidence;
}

const struct ban *bans_find(const struct bans *bans, const struct prefix *target)
{
	const struct ban_record *record = record_find(bans, target);

	return record ? &record->ban : NULL;
}

/* As the datapath does: the stronger of its own and of the longest prefix, of equals its own. */
static bool is_stronger(const struct ban *a, const struct ban *b)
{
	if (a->shadow != b->shadow)
		return !a->shadow;
	return a->action > b->action;
}

const struct ban *bans_covering(const struct bans *bans, uint64_t source, uint64_t now_ns)
{
	const struct ban *found = NULL;

	for (int bits = GP_SOURCE_BITS; bits > 0; bits--) {
		const uint64_t mask = ~0ULL << (GP_SOURCE_BITS - bits);
		const struct prefix prefix = {.source = source & mask, .bits = (uint8_t)bits};
		const struct ban *ban;

		if (!bans->length_count[bits])
			continue;
		ban = bans_find(bans, &prefix);
		if (!ban || !ban_in_force(ban, now_ns))
			continue;
		if (!found || is_stronger(ban, found))
			found = ban;
		if (bits < GP_SOURCE_BITS)
			break;
	}
	return found;
}

bool ban_in_force(const struct ban *ban, uint64_t now_ns)
{
	return now_ns < ban->until_ns;
}

uint32_t bans_offences(const struct bans *bans, const struct prefix *target)
{
	const struct ban *ban = bans_find(bans, target);

	return ban ? ban->offences : 0;
}

static void forget_ended(struct bans *bans, uint64_t now_ns)
{
	struct heap_node *node;

	while ((node = heap_first(&bans->ended)) && now_ns > node->due_ns && now_ns - node->due_ns >= bans->remember_ns)
		record_remove(bans, (struct ban_record *)node);
}

bool bans_expire(struct bans *bans, uint64_t now_ns, struct ban *ret_ban)
{
	struct heap_node *node = heap_first(&bans->ending);
	struct ban_record *record = (struct ban_record *)node;

	forget_ended(bans, now_ns);
	if (!node || node->due_ns > now_ns)
		return false;
	heap_remove(&bans->ending, node);
	record->reported = true;
	heap_put(&bans->ended, node, record->ban.until_ns);
	*ret_ban = record->ban;
	return true;
}

const struct ban *bans_next(const struct bans *bans, uint32_t *cursor)
{
	const struct ban_record *record = table_next(bans->targets, cursor, NULL);

	return record ? &record->ban : NULL;
}

bool bans_walk(const struct bans *bans, uint32_t *place, const struct ban **ret_ban)
{
	void *record;

	if (!table_walk(bans->targets, place, &record))
		return false;
	*ret_ban = record ? &((struct ban_record *)record)->ban : NULL;
	return true;
}

uint32_t bans_count(const struct bans *bans, uint64_t now_ns)
{
	return bans->ending.count - heap_count_due(&bans->ending, now_ns);
}

static uint64_t shifted(uint64_t ns, int64_t by_ns)
{
	if (ns == UINT64_MAX) /* further notice */
		return ns;
	if (by_ns < 0)
		return ns > -(uint64_t)by_ns ? ns + (uint64_t)by_ns : 0;
	return ns < UINT64_MAX - 1 - (uint64_t)by_ns ? ns + (uint64_t)by_ns : UINT64_MAX - 1;
}

/* All by the same amount: the heaps stay in order. */
void bans_shift(struct bans *bans, int64_t by_ns)
{
	struct ban_record *record;
	uint32_t cursor = 0;

	while ((record = table_next(bans->targets, &cursor, NULL))) {
		record->ban.since_ns = shifted(record->ban.since_ns, by_ns);
		record->ban.until_ns = shifted(record->ban.until_ns, by_ns);
		record->node.due_ns = shifted(record->node.due_ns, by_ns);
	}
}

static bool overlap(const struct prefix *a, const struct prefix *b)
{
	return prefix_covers(a, b) || prefix_covers(b, a);
}

int bans_allow(struct bans *bans, const struct prefix *prefix, const char *comment,
	       void (*lifted)(void *context, const struct ban *ban), void *context)
{
	const int result = allow_list_add(&bans->allowed, prefix, comment);
	struct ban_record *record;
	uint32_t cursor = 0;

	if (result)
		return result;
	while ((record = table_next(bans->targets, &cursor, NULL))) {
		const struct ban ban = record->ban;
		const bool reported = record->reported;

		if (!overlap(&ban.target, prefix))
			continue;
		record_remove(bans, record);
		if (lifted && !reported)
			lifted(context, &ban);
	}
	return 0;
}

int bans_disallow(struct bans *bans, const struct prefix *prefix)
{
	return allow_list_remove(&bans->allowed, prefix);
}

bool bans_allows(const struct bans *bans, const struct prefix *prefix)
{
	const struct prefix *allowed;
	uint32_t cursor = 0;

	while ((allowed = allow_list_next(&bans->allowed, &cursor, NULL)))
		if (overlap(allowed, prefix))
			return true;
	return false;
}

const struct prefix *bans_allowed_next(const struct bans *bans, uint32_t *cursor, const char **ret_comment)
{
	return allow_list_next(&bans->allowed, cursor, ret_comment);
}
