/* SPDX-License-Identifier: BSD-2-Clause */
/* What only our own claims have, and the end of all of them. */
#include <stdlib.h>

#include "user/fleet/replica_state.h"

/* ---- our own ---------------------------------------------------------------------------------------------------- */

void replica_doubt(struct replica *replica)
{
	struct record *record;
	uint32_t cursor = 0;

	while ((record = table_next(replica->targets, &cursor, NULL)))
		for (struct claim *claim = &record->claim; claim; claim = claim->more)
			claim->in_redis = claim->node != REPLICA_SELF;
}

void replica_unconfirmed(const struct replica *replica, replica_each_fn each, void *context)
{
	const struct record *record;
	struct claim_view seen;
	uint32_t cursor = 0;

	while ((record = table_next(replica->targets, &cursor, NULL)))
		for (const struct claim *claim = &record->claim; claim; claim = claim->more) {
			if (claim->node != REPLICA_SELF || claim->in_redis)
				continue;
			replica_view(replica, &record->target, claim, &seen);
			each(context, &seen);
		}
}

void replica_sent(struct replica *replica, const struct entry *entry, bool arrived)
{
	struct claim *claim =
		replica_claim_find(replica_record_find(replica, &entry->target), REPLICA_SELF, entry->kind);

	if (!claim || claim->revision_us != entry->revision_us)
		return; /* overtaken */
	claim->sent = true;
	claim->in_redis |= arrived;
}

bool replica_own(const struct replica *replica, const struct prefix *target, enum entry_kind kind,
		 struct claim_view *ret_claim)
{
	const struct claim *claim = replica_claim_find(replica_record_find(replica, target), REPLICA_SELF, kind);

	if (claim)
		replica_view(replica, target, claim, ret_claim);
	return claim != NULL;
}

static uint64_t shifted(uint64_t time_us, int64_t by_us)
{
	if (by_us < 0 && time_us <= (uint64_t)-by_us)
		return 1;
	return time_us + (uint64_t)by_us;
}

static bool is_unsent(const struct claim *claim)
{
	return claim->revision_us && claim->node == REPLICA_SELF && !claim->sent;
}

/* A clock that was behind made us go by revisions that we knew, not by it: these must not end up in the future. The
 * order in which they were decided stays. */
static int64_t within(const struct record *record, int64_t by_us, uint64_t now_us)
{
	for (const struct claim *claim = &record->claim; claim; claim = claim->more) {
		const uint64_t there_us = shifted(claim->revision_us, by_us);

		if (is_unsent(claim) && there_us > now_us)
			by_us -= (int64_t)(there_us - now_us);
	}
	return by_us;
}

static void move(struct claim *claim, int64_t by_us)
{
	const uint64_t for_us = claim->until_us - claim->revision_us;

	claim->revision_us = shifted(claim->revision_us, by_us);
	if (claim->revision_us <= claim->floor_us)
		claim->revision_us = claim->floor_us + 1;
	claim->until_us = claim->revision_us + for_us;
}

void replica_shift(struct replica *replica, int64_t by_us, uint64_t now_us)
{
	struct record *record;
	uint32_t cursor = 0;

	while ((record = table_next(replica->targets, &cursor, NULL))) {
		const int64_t all_us = within(record, by_us, now_us);

		for (struct claim *claim = &record->claim; claim; claim = claim->more)
			if (is_unsent(claim))
				move(claim, all_us);
	}
}

/* ---- time passes ------------------------------------------------------------------------------------------------ */

static void forget_more(struct replica *replica, struct record *record, uint64_t now_us)
{
	struct claim **at = &record->claim.more;

	while (*at) {
		struct claim *claim = *at;

		if (claim->until_us > now_us) {
			at = &claim->more;
			continue;
		}
		*at = claim->more;
		replica_claim_clear(replica, claim);
		free(claim);
	}
}

/* False: nothing is left of the record. */
static bool forget(struct replica *replica, struct record *record, uint64_t now_us)
{
	struct claim *next;

	forget_more(replica, record, now_us);
	if (record->claim.until_us > now_us)
		return true;
	next = record->claim.more;
	if (!next)
		return false;
	replica_claim_clear(replica, &record->claim);
	record->claim = *next;
	free(next);
	return true;
}

void replica_sweep(struct replica *replica, uint32_t targets, uint64_t now_us)
{
	const uint32_t there = table_count(replica->targets);

	for (uint32_t i = 0; i < targets && i < there; i++) {
		uint32_t cursor = 0;
		uint64_t key;
		struct record *record = table_next(replica->targets, &cursor, &key);

		if (forget(replica, record, now_us))
			table_touch(replica->targets, key);
		else
			table_remove(replica->targets, key);
	}
}
