/* SPDX-License-Identifier: BSD-2-Clause */
/* Our own decisions: given a revision, kept, signed and sent until Redis has them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "user/fleet/sync_state.h"

#define US_PER_MS 1000

void sync_own_number(struct sync *s, uint64_t number)
{
	s->batch_number = number;
	admission_sent(s->admission, number);
}

static bool outbox_add(struct sync *s, const struct prefix *target, enum entry_kind kind)
{
	const struct outgoing item = {.target = *target, .kind = kind};

	return !outbox_put(&s->outbox, &item);
}

static void queue_claim(void *context, const struct claim_view *claim)
{
	struct sync *s = context;

	s->lost += !outbox_add(s, &claim->entry.target, claim->entry.kind);
}

void sync_queue_unconfirmed(struct sync *s)
{
	outbox_clear(&s->outbox);
	replica_unconfirmed(s->replica, queue_claim, s);
}

/* ---- deciding --------------------------------------------------------------------------------------------------- */

/* Nobody is to hear less of us than before: what comes in another order, or again, must not bring back more. */
static void join_earlier(const struct sync *s, struct entry *entry, uint64_t now_us)
{
	struct claim_view earlier;
	struct fleet_standing standing;

	if (entry->kind == ENTRY_UNBAN || !replica_own(s->replica, &entry->target, entry->kind, &earlier))
		return;
	replica_standing(s->replica, &entry->target, now_us, &standing);
	if (earlier.entry.revision_us <= standing.lifted_us || entry_until_us(&earlier.entry) <= now_us)
		return;
	if (earlier.entry.kind > entry->kind)
		entry->kind = earlier.entry.kind;
	if (entry_until_us(&earlier.entry) > entry_until_us(entry))
		entry->for_us = entry_until_us(&earlier.entry) - entry->revision_us;
}

static bool adds_nothing(const struct sync *s, const struct entry *entry)
{
	struct claim_view earlier;
	struct fleet_standing standing;

	if (entry->kind == ENTRY_UNBAN || !replica_own(s->replica, &entry->target, entry->kind, &earlier))
		return false;
	replica_standing(s->replica, &entry->target, entry->revision_us, &standing);
	return earlier.entry.kind == entry->kind && earlier.entry.revision_us > standing.lifted_us &&
	       entry_until_us(&earlier.entry) >= entry_until_us(entry);
}

int sync_decide(struct sync *s, const struct entry *decided, uint64_t mono_us)
{
	const uint64_t now_us = sync_now_us(s, mono_us);
	struct entry entry = *decided;

	if (s->outbox.count >= s->options.queue_max && s->state != SYNC_FOLLOW) {
		s->lost++;
		return -ENOSPC;
	}
	replica_order(s->replica, &entry, now_us);
	if (entry.kind == ENTRY_UNBAN || entry.for_us > s->options.admission.longest_us)
		entry.for_us = s->options.admission.longest_us;
	join_earlier(s, &entry, now_us);
	if (adds_nothing(s, &entry))
		return 0;
	if (replica_merge(s->replica, REPLICA_SELF, &entry, false, now_us) == MERGED_FULL ||
	    !outbox_add(s, &entry.target, entry.kind)) {
		s->lost++;
		return -ENOSPC;
	}
	if (s->options.sink.keep)
		s->options.sink.keep(s->options.sink.context, &entry, false);
	return 1;
}

void sync_restore(struct sync *s, const struct entry *kept, bool sent, uint64_t age_us, uint64_t mono_us)
{
	const uint64_t now_us = sync_now_us(s, mono_us);
	struct entry entry = *kept;

	if (!sent)
		entry.revision_us = now_us > age_us ? now_us - age_us : 1;
	if (replica_merge(s->replica, REPLICA_SELF, &entry, false, 0) != MERGED_NEW)
		return;
	if (sent)
		replica_sent(s->replica, &entry, false);
	outbox_add(s, &entry.target, entry.kind);
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

/* The next that Redis does not have yet and that is not over. */
static bool next_entry(struct sync *s, uint64_t now_us, struct entry *ret_entry)
{
	struct outgoing item;
	struct claim_view claim;

	while (outbox_take(&s->outbox, &item)) {
		if (!replica_own(s->replica, &item.target, item.kind, &claim) || claim.in_redis ||
		    entry_until_us(&claim.entry) <= now_us)
			continue;
		*ret_entry = claim.entry;
		return true;
	}
	return false;
}

static void gather(struct sync *s, uint64_t now_us)
{
	struct batch *batch = &s->in_flight;

	batch->entries = 0;
	while (batch->entries < BATCH_ENTRIES_MAX && next_entry(s, now_us, &batch->entry[batch->entries]))
		batch->entries++;
}

static void send(struct sync *s, uint64_t now_us)
{
	struct batch *batch = &s->in_flight;
	char field[FLEET_NODE_BYTES + 24];
	uint64_t until_us = now_us;
	size_t length;

	snprintf(batch->node, sizeof(batch->node), "%s", s->options.admission.node[REPLICA_SELF].name);
	sync_own_number(s, now_us > s->batch_number ? now_us : s->batch_number + 1);
	batch->number = s->batch_number;
	for (uint32_t i = 0; i < batch->entries; i++) {
		replica_sent(s->replica, &batch->entry[i], false);
		if (s->options.sink.keep)
			s->options.sink.keep(s->options.sink.context, &batch->entry[i], true);
		if (entry_until_us(&batch->entry[i]) > until_us)
			until_us = entry_until_us(&batch->entry[i]);
	}
	length = batch_encode(batch, &s->options.signer, s->bytes);
	snprintf(field, sizeof(field), "%s:%" PRIu64, batch->node, batch->number);
	s->options.link.publish(s->options.link.context, field, s->bytes, length,
				(until_us - now_us + US_PER_MS - 1) / US_PER_MS);
}

bool sync_pump(struct sync *s, uint64_t mono_us)
{
	if (s->state != SYNC_FOLLOW || s->in_flight.entries || !s->outbox.count)
		return false;
	if (s->pumped_us && mono_us - s->pumped_us < SYNC_PACE_US)
		return true;
	gather(s, sync_now_us(s, mono_us));
	if (!s->in_flight.entries)
		return false;
	s->pumped_us = mono_us;
	send(s, sync_now_us(s, mono_us));
	return s->outbox.count != 0;
}

void sync_put_back(struct sync *s)
{
	for (uint32_t i = 0; i < s->in_flight.entries; i++)
		s->lost += !outbox_add(s, &s->in_flight.entry[i].target, s->in_flight.entry[i].kind);
	s->in_flight.entries = 0;
}

void sync_published(struct sync *s, bool arrived, uint64_t mono_us)
{
	(void)mono_us;
	if (!arrived) {
		sync_put_back(s);
		return;
	}
	for (uint32_t i = 0; i < s->in_flight.entries; i++)
		replica_sent(s->replica, &s->in_flight.entry[i], true);
	s->sent += s->in_flight.entries;
	s->in_flight.entries = 0;
}
