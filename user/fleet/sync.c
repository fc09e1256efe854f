/* SPDX-License-Identifier: BSD-2-Clause */
/* The states of sync.h, and what is heard. Our own decisions are in sync_own.c. */
#include "user/fleet/sync.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/fleet/sync_state.h"

const char *sync_state_text(enum sync_state state)
{
	static const char *const text[] = {"away", "waiting", "marking", "snapshot", "following"};

	return text[state];
}

int sync_new(struct sync **ret_sync, const struct sync_options *options)
{
	struct sync *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return -ENOMEM;
	s->options = *options;
	s->offset_us = options->guess_us - options->mono_us;
	s->away_us = options->mono_us;
	s->random = options->seed | 1;
	error = replica_new(&s->replica, options->entries_max, options->seed);
	if (!error)
		error = admission_new(&s->admission, &options->admission, &options->signer);
	if (error) {
		sync_free(s);
		return error;
	}
	*ret_sync = s;
	return 0;
}

void sync_free(struct sync *s)
{
	if (!s)
		return;
	outbox_clear(&s->outbox);
	replica_free(s->replica);
	admission_free(s->admission);
	free(s);
}

uint64_t sync_now_us(const struct sync *s, uint64_t mono_us)
{
	return mono_us + s->offset_us;
}

/* ---- coming and going ------------------------------------------------------------------------------------------- */

static uint64_t random_below(struct sync *s, uint64_t bound)
{
	static const __u64 seed[2] = {0, 0};

	s->random = gp_hash(s->random, seed) + 0x9e3779b97f4a7c15ULL;
	return bound ? s->random % bound : 0;
}

static void start_mark(struct sync *s)
{
	s->state = SYNC_MARK;
	s->options.link.mark(s->options.link.context);
}

/* Left: what is told from now on is not heard when it is told. */
static void leave(struct sync *s, uint64_t mono_us)
{
	if (s->state == SYNC_FOLLOW && s->number >= s->backlog_number)
		s->followed_us = mono_us;
	s->synced_us = 0;
}

static void wait_for_snapshot(struct sync *s, uint64_t mono_us)
{
	leave(s, mono_us);
	s->state = SYNC_WAIT;
	s->has_place = false;
	s->due_us = mono_us + random_below(s, s->options.jitter_us);
}

void sync_connected(struct sync *s, uint64_t mono_us)
{
	(void)mono_us;
	s->away_us = 0;
	start_mark(s);
}

void sync_lost(struct sync *s, uint64_t mono_us)
{
	if (s->state != SYNC_AWAY)
		s->away_us = mono_us;
	leave(s, mono_us);
	s->state = SYNC_AWAY;
	sync_put_back(s);
}

static void set_clock(struct sync *s, uint64_t redis_us, uint64_t mono_us)
{
	const uint64_t offset_us = redis_us - mono_us;

	replica_shift(s->replica, (int64_t)(offset_us - s->offset_us), redis_us);
	s->offset_us = offset_us;
	s->clock_known = true;
}

/* Emptied: it counts less than we had heard when it was asked last. Or emptied, counted anew and trimmed: what was
 * there the last time has not come, and nothing else either. */
static bool is_another_stream(const struct sync *s, uint64_t newest_number)
{
	return newest_number < s->number_before ||
	       (s->number == s->number_before && s->number < s->newest_number && s->number_before);
}

void sync_clock(struct sync *s, uint64_t redis_us, uint64_t newest_number, uint64_t mono_us)
{
	/* What waits to be sent waits a moment only: no need to move it. */
	if (s->state != SYNC_FOLLOW)
		return;
	s->offset_us = redis_us - mono_us;
	if (is_another_stream(s, newest_number)) {
		s->gaps++;
		wait_for_snapshot(s, mono_us);
	}
	s->newest_number = newest_number;
	s->number_before = s->number;
}

/* Where we were before can be gone on from: the same Redis, and what comes next will be seen to be next. */
static void resume(struct sync *s, uint64_t mono_us)
{
	s->state = SYNC_FOLLOW;
	s->synced_us = mono_us;
	s->backlog_number = s->newest_number;
	s->options.link.follow(s->options.link.context, s->place);
	sync_queue_unconfirmed(s);
}

static void start_snapshot(struct sync *s, const struct sync_mark *mark)
{
	snprintf(s->place, sizeof(s->place), "%s", mark->last_id);
	snprintf(s->run, sizeof(s->run), "%s", mark->run);
	s->number = mark->counter;
	s->number_before = 0;
	s->state = SYNC_SNAPSHOT;
	s->snapshots++;
	admission_restart(s->admission);
	replica_doubt(s->replica);
	s->options.link.page(s->options.link.context, "0");
}

void sync_marked(struct sync *s, const struct sync_mark *mark, uint64_t mono_us)
{
	const bool same = s->has_place && !strcmp(s->run, mark->run) && mark->counter >= s->number;

	if (s->state != SYNC_MARK)
		return;
	set_clock(s, mark->redis_us, mono_us);
	s->newest_number = mark->counter;
	if (same)
		resume(s, mono_us);
	else if (s->has_place)
		wait_for_snapshot(s, mono_us); /* the others were cut off at the same moment */
	else
		start_snapshot(s, mark);
}

/* ---- what comes ------------------------------------------------------------------------------------------------- */

static void refuse(struct sync *s, int node, enum refusal refusal, const struct entry *entry)
{
	const char *name = node < 0 ? "" : s->options.admission.node[node].name;

	admission_refused(s->admission, node, refusal);
	if (node >= 0 && refusal_may_pass(refusal))
		s->refused_for_now = true;
	if (s->options.sink.refused)
		s->options.sink.refused(s->options.sink.context, name, refusal, entry);
}

static void count_merged(struct sync *s, enum merged merged)
{
	s->heard += merged == MERGED_NEW;
	s->known += merged == MERGED_KNOWN;
	s->late += merged == MERGED_LATE;
}

/* What comes late, in a snapshot or from the stream of meanwhile, may be the work of the time since all was heard; the
 * first snapshot that of any time. */
static uint64_t heard_until_us(const struct sync *s, bool live, uint64_t mono_us)
{
	return live && s->number > s->backlog_number ? mono_us : s->followed_us;
}

/* Of a new entry. */
static enum refusal admit(struct sync *s, uint8_t node, const struct entry *entry, bool live, uint64_t mono_us)
{
	const uint64_t newest_us = replica_newest_us(s->replica, &entry->target);
	const enum refusal refusal = admission_entry(s->admission, entry, newest_us, sync_now_us(s, mono_us));

	if (refusal != REFUSED_NOT)
		return refusal;
	return admission_pace(s->admission, node, replica_count_of(s->replica, node), heard_until_us(s, live, mono_us),
			      mono_us);
}

static void hear_entry(struct sync *s, uint8_t node, const struct entry *entry, bool live, uint64_t mono_us)
{
	const uint64_t now_us = sync_now_us(s, mono_us);
	enum refusal refusal = REFUSED_NOT;
	enum merged merged;

	if (!replica_knows(s->replica, node, entry) && entry_until_us(entry) > now_us)
		refusal = admit(s, node, entry, live, mono_us);
	if (refusal != REFUSED_NOT) {
		refuse(s, node, refusal, entry);
		return;
	}
	merged = replica_merge(s->replica, node, entry, true, now_us);
	count_merged(s, merged);
	if (merged == MERGED_FULL)
		refuse(s, node, REFUSED_FULL, entry);
	if (merged == MERGED_NEW)
		s->options.sink.changed(s->options.sink.context, &entry->target);
}

static void hear_batch(struct sync *s, const uint8_t *bytes, size_t length, bool live, uint64_t mono_us)
{
	const uint64_t now_us = sync_now_us(s, mono_us);
	struct batch *batch = &s->incoming;
	uint8_t node = 0;
	const enum refusal refusal = admission_batch(s->admission, bytes, length, live, batch, &node);
	const bool nobody = refusal == REFUSED_UNLISTED || (refusal == REFUSED_MALFORMED && !node);

	if (refusal != REFUSED_NOT) {
		refuse(s, nobody ? -1 : node, refusal, NULL);
		return;
	}
	s->heard_of_us[node] = now_us;
	if (node == REPLICA_SELF && batch->number > s->batch_number)
		sync_own_number(s, batch->number);
	for (uint32_t i = 0; i < batch->entries; i++)
		hear_entry(s, node, &batch->entry[i], live, mono_us);
}

void sync_batch(struct sync *s, const uint8_t *bytes, size_t length, uint64_t mono_us)
{
	if (s->state == SYNC_SNAPSHOT)
		hear_batch(s, bytes, length, false, mono_us);
}

void sync_paged(struct sync *s, const char *next_cursor, uint64_t mono_us)
{
	if (s->state != SYNC_SNAPSHOT)
		return;
	if (strcmp(next_cursor, "0")) {
		s->options.link.page(s->options.link.context, next_cursor);
		return;
	}
	s->has_place = true;
	resume(s, mono_us);
}

void sync_heard(struct sync *s, const char *id, uint64_t number, const uint8_t *bytes, size_t length, uint64_t mono_us)
{
	if (s->state != SYNC_FOLLOW)
		return;
	if (number != s->number + 1) {
		s->gaps++;
		wait_for_snapshot(s, mono_us);
		return;
	}
	s->number = number;
	if (s->newest_number < number)
		s->newest_number = number;
	snprintf(s->place, sizeof(s->place), "%s", id);
	hear_batch(s, bytes, length, true, mono_us);
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

#define SWEEP_TARGETS 5000 /* a call: a million are through in less than a minute */

/* In the second half of the time, so that not all nodes come at once. */
static void come_again(struct sync *s, uint64_t mono_us)
{
	if (s->refused_for_now && !s->again_us)
		s->again_us = mono_us + SYNC_AGAIN_US / 2 + random_below(s, SYNC_AGAIN_US / 2);
	if (s->state != SYNC_FOLLOW || !s->again_us || mono_us < s->again_us)
		return;
	s->refused_for_now = false;
	s->again_us = 0;
	leave(s, mono_us);
	s->has_place = false;
	start_mark(s);
}

void sync_tick(struct sync *s, uint64_t mono_us)
{
	/* By a clock that is guessed nothing is thrown away. */
	if (s->clock_known)
		replica_sweep(s->replica, SWEEP_TARGETS, sync_now_us(s, mono_us));
	if (s->state == SYNC_WAIT && mono_us >= s->due_us)
		start_mark(s);
	come_again(s, mono_us);
}

void sync_report(const struct sync *s, uint64_t mono_us, struct sync_report *ret_report)
{
	*ret_report = (struct sync_report){
		.state = s->state,
		.away_us = s->away_us ? mono_us - s->away_us : 0,
		.synced_us = s->synced_us ? mono_us - s->synced_us : 0,
		.behind = s->newest_number > s->number ? s->newest_number - s->number : 0,
		.queued = s->outbox.count + s->in_flight.entries,
		.sent = s->sent,
		.heard = s->heard,
		.known = s->known,
		.late = s->late,
		.lost = s->lost,
		.snapshots = s->snapshots,
		.gaps = s->gaps,
	};
}

const struct replica *sync_replica(const struct sync *s)
{
	return s->replica;
}

const struct admission *sync_admission(const struct sync *s)
{
	return s->admission;
}

uint64_t sync_heard_of(const struct sync *s, uint8_t node)
{
	return s->heard_of_us[node];
}
