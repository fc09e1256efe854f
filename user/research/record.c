/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/research/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK_ENTRIES 4096

struct record {
	const struct truth *truth;
	struct record_entry **chunk;
	size_t count, chunks;
	struct ruling *ruling;
	size_t rulings, rulings_capacity;
	struct record_row *row;
	uint64_t wall_offset_ns;
	uint32_t unlabelled, unlabelled_attempting;
	int error;
};

/* ---- entries ---------------------------------------------------------------------------------------------------- */

static bool make_chunk(struct record *record)
{
	struct record_entry **chunks = reallocarray(record->chunk, record->chunks + 1, sizeof(*chunks));

	if (!chunks)
		return false;
	record->chunk = chunks;
	chunks[record->chunks] = malloc(CHUNK_ENTRIES * sizeof(**chunks));
	if (!chunks[record->chunks])
		return false;
	record->chunks++;
	return true;
}

static struct record_entry *last(const struct record *record)
{
	return &record->chunk[(record->count - 1) / CHUNK_ENTRIES][(record->count - 1) % CHUNK_ENTRIES];
}

static void add(struct record *record, const struct record_entry *entry)
{
	if (record->error)
		return;
	if (record->count == record->chunks * CHUNK_ENTRIES && !make_chunk(record)) {
		record->error = -ENOMEM;
		return;
	}
	record->count++;
	*last(record) = *entry;
}

/* ---- listening -------------------------------------------------------------------------------------------------- */

static uint32_t row_of(const struct record *record, const struct ends *ends, uint64_t wall_ns)
{
	return record->truth ? truth_row(record->truth, ends, wall_ns) : TRUTH_NONE;
}

static void on_began(void *context, uint64_t wall_offset_ns)
{
	((struct record *)context)->wall_offset_ns = wall_offset_ns;
}

/* Its row is looked for by when it was asked: what waits for its answer may end when its port is used anew. */
static void on_attempt(void *context, const struct attempt *attempt, uint64_t wall_ns)
{
	struct record *record = context;
	const struct record_entry entry = {
		.time_ns = record_engine_ns(record, wall_ns),
		.asked_ns = attempt->asked_ns,
		.source = attempt->source,
		.account = attempt->account,
		.credential = attempt->credential,
		.fingerprint = attempt->fingerprint,
		.row = row_of(record, &attempt->ends, record_wall_ns(record, attempt->asked_ns)),
		.what = HEARD_ATTEMPT,
		.service = attempt->ends.service,
		.outcome = (uint8_t)attempt->outcome,
		.basis = (uint8_t)attempt->basis & 15,
	};

	if (entry.row != TRUTH_NONE) {
		record->row[entry.row].read++;
		record->row[entry.row].seen = true;
	}
	add(record, &entry);
}

static void on_heard(void *context, const struct hearing *hearing)
{
	struct record *record = context;
	struct record_entry entry = {
		.time_ns = hearing->time_ns,
		.source = hearing->source,
		.link = (uint64_t)(uintptr_t)hearing->standing,
		.row = TRUTH_NONE,
		.what = (uint8_t)hearing->what,
		.service = (uint8_t)hearing->service,
	};

	if (record->error)
		return;
	if (hearing->what == HEARD_ATTEMPT) {
		last(record)->judged = true;
		return;
	}
	if (hearing->fingerprint)
		entry.fingerprint = *hearing->fingerprint;
	add(record, &entry);
}

static void on_flow(void *context, const struct flow_report *report)
{
	struct record *record = context;
	const struct flow *flow = report->flow;
	struct record_entry entry = {.source = flow->source, .what = RECORD_ENDED, .service = flow->ends.service};

	entry.time_ns = record_engine_ns(record, report->time_ns);
	entry.row = row_of(record, &flow->ends, record_wall_ns(record, flow->first_ns));
	if (entry.row == TRUTH_NONE) {
		record->unlabelled++;
		record->unlabelled_attempting += flow->attempts > 0;
		return;
	}
	record->row[entry.row].seen = true;
	record->row[entry.row].transport = (uint8_t)flow->transport;
	record->row[entry.row].ended = record->count;
	add(record, &entry);
}

void ruling_of(struct ruling *ret_ruling, const struct decision *decision, bool in_force)
{
	*ret_ruling = (struct ruling){
		.time_ns = decision->time_ns,
		.for_ns = decision->for_ns,
		.target = decision->target,
		.action = decision->action,
		.shadow = decision->shadow,
		.in_force = in_force,
		.evidence = decision->evidence,
		.offences = decision->offences,
	};
	snprintf(ret_ruling->rule, sizeof(ret_ruling->rule), "%s", decision->rule->name);
	snprintf(ret_ruling->reason, sizeof(ret_ruling->reason), "%s", decision->reason);
}

static bool make_room(struct record *record)
{
	const size_t capacity = record->rulings_capacity ? 2 * record->rulings_capacity : 64;
	struct ruling *rulings;

	if (record->rulings < record->rulings_capacity)
		return true;
	rulings = reallocarray(record->ruling, capacity, sizeof(*rulings));
	if (!rulings)
		return false;
	record->ruling = rulings;
	record->rulings_capacity = capacity;
	return true;
}

static void on_decision(void *context, const struct decision *decision, const struct ban *ban, uint64_t wall_ns)
{
	struct record *record = context;
	const struct record_entry entry = {
		.time_ns = decision->time_ns,
		.link = record->rulings,
		.row = TRUTH_NONE,
		.what = RECORD_DECIDED,
	};

	(void)wall_ns;
	if (!make_room(record)) {
		record->error = -ENOMEM;
		return;
	}
	ruling_of(&record->ruling[record->rulings++], decision, ban && !ban->shadow);
	add(record, &entry);
}

struct replay_listener record_listener(struct record *record)
{
	return (struct replay_listener){
		.context = record,
		.began = on_began,
		.attempt = on_attempt,
		.heard = on_heard,
		.flow = on_flow,
		.decision = on_decision,
	};
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

int record_error(const struct record *record)
{
	return record->error;
}

size_t record_count(const struct record *record)
{
	return record->count;
}

const struct record_entry *record_at(const struct record *record, size_t i)
{
	return &record->chunk[i / CHUNK_ENTRIES][i % CHUNK_ENTRIES];
}

const struct ruling *record_ruling(const struct record *record, uint64_t link)
{
	return &record->ruling[link];
}

const struct record_row *record_row(const struct record *record, uint32_t row)
{
	return &record->row[row];
}

const struct truth *record_truth(const struct record *record)
{
	return record->truth;
}

uint64_t record_wall_ns(const struct record *record, uint64_t time_ns)
{
	return time_ns + record->wall_offset_ns;
}

uint64_t record_engine_ns(const struct record *record, uint64_t wall_ns)
{
	return wall_ns > record->wall_offset_ns ? wall_ns - record->wall_offset_ns : 0;
}

uint32_t record_unlabelled(const struct record *record, uint32_t *ret_with_attempts)
{
	*ret_with_attempts = record->unlabelled_attempting;
	return record->unlabelled;
}

/* ---- making ----------------------------------------------------------------------------------------------------- */

int record_new(struct record **ret_record, const struct truth *truth)
{
	struct record *record = calloc(1, sizeof(*record));

	if (!record)
		return -ENOMEM;
	record->truth = truth;
	record->row = calloc(truth ? truth->labels->count + 1 : 1, sizeof(*record->row));
	if (!record->row) {
		record_free(record);
		return -ENOMEM;
	}
	*ret_record = record;
	return 0;
}

void record_free(struct record *record)
{
	if (!record)
		return;
	for (size_t i = 0; i < record->chunks; i++)
		free(record->chunk[i]);
	free(record->chunk);
	free(record->ruling);
	free(record->row);
	free(record);
}
