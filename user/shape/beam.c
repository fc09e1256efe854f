/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/shape/beam.h"

#include "user/shape/nats.h"

#include <stddef.h>
#include <string.h>

#define TRACE_GREW (1U << (TRACE_BITS - 1))

_Static_assert(REPLY_OTHER < TRACE_GREW, "what an exchange was taken for fits the trace");
_Static_assert(offsetof(struct reading, asks_name) - offsetof(struct reading, state) == 9, "nothing but the state");
_Static_assert(TRACE_LENGTH *TRACE_BITS <= 64, "the trace is one word");

void beam_start(struct beam *beam, const struct reading *reading)
{
	beam->reading[0] = *reading;
	beam->least_cost = reading->cost;
	beam->count = 1;
}

static bool is_same(const struct reading *a, const struct reading *b)
{
	return !memcmp(a->state, b->state, sizeof(a->state));
}

static struct reading *dearest(struct beam *beam)
{
	struct reading *worst = &beam->reading[0];

	for (int i = 1; i < beam->count; i++)
		if (beam->reading[i].cost > worst->cost)
			worst = &beam->reading[i];
	return worst;
}

void beam_offer(struct beam *beam, const struct reading *reading)
{
	struct reading *place = NULL;

	if (!(reading->cost < COST_NEVER) || beam_is_beyond(beam, reading->cost))
		return;
	if (!beam->count || reading->cost < beam->least_cost)
		beam->least_cost = reading->cost;
	for (int i = 0; i < beam->count && !place; i++)
		if (is_same(&beam->reading[i], reading))
			place = &beam->reading[i];
	if (!place && beam->count < BEAM_READINGS) {
		beam->reading[beam->count++] = *reading;
		return;
	}
	if (!place)
		place = dearest(beam);
	if (reading->cost < place->cost)
		*place = *reading;
}

const struct reading *beam_best(const struct beam *beam)
{
	const struct reading *best = NULL;

	for (int i = 0; i < beam->count; i++)
		if (!best || beam->reading[i].cost < best->cost)
			best = &beam->reading[i];
	return best;
}

bool beam_is_pending(const struct beam *beam)
{
	for (int i = 0; i < beam->count; i++)
		if (beam->reading[i].pendings)
			return true;
	return false;
}

void beam_prune(struct beam *beam)
{
	const struct reading *best = beam_best(beam);
	const float most = best ? best->cost + BEAM_WIDTH : 0;
	uint8_t kept = 0;

	for (int i = 0; i < beam->count; i++)
		if (beam->reading[i].cost <= most)
			beam->reading[kept++] = beam->reading[i];
	beam->count = kept;
}

/* The best goes first: what follows it need not be looked at twice. */
static void best_first(struct beam *beam)
{
	struct reading *best = (struct reading *)beam_best(beam);
	struct reading first = beam->reading[0];

	beam->reading[0] = *best;
	*best = first;
}

void beam_settle(struct beam *beam)
{
	const struct reading *best = beam_best(beam);
	const float floor = best ? best->cost : 0;

	for (int i = 0; i < beam->count; i++)
		beam->reading[i].cost -= floor;
	beam_prune(beam);
	if (beam->count)
		best_first(beam);
}

float beam_share_of(const struct beam *beam, bool (*test)(const struct reading *reading, const void *context),
		    const void *context)
{
	const struct reading *best = beam_best(beam);
	float all = 0, share = 0;

	for (int i = 0; i < beam->count; i++) {
		const float weight = share_of_nats(beam->reading[i].cost - best->cost);

		all += weight;
		if (test(&beam->reading[i], context))
			share += weight;
	}
	return all > 0 ? share / all : 0;
}

static bool has_outcome(const struct reading *reading, const void *context)
{
	return reading->pendings && reading_pending(reading, 0) == *(const enum outcome *)context;
}

float beam_share(const struct beam *beam, enum outcome outcome)
{
	return beam_share_of(beam, has_outcome, &outcome);
}

static bool ends_with(const struct reading *reading, const void *context)
{
	return reading->pendings && reading_pending(reading, reading->pendings - 1U) == *(const enum outcome *)context;
}

float beam_share_last(const struct beam *beam, enum outcome outcome)
{
	return beam_share_of(beam, ends_with, &outcome);
}

void beam_report(struct beam *beam, enum outcome outcome)
{
	uint8_t kept = 0;

	for (int i = 0; i < beam->count; i++) {
		struct reading reading = beam->reading[i];

		if (!has_outcome(&reading, &outcome))
			continue;
		reading.pending >>= 2;
		reading.pendings--;
		beam->reading[kept++] = reading;
	}
	beam->count = kept;
}

void beam_forget(struct beam *beam)
{
	for (int i = 0; i < beam->count; i++) {
		struct reading *reading = &beam->reading[i];

		reading->pending >>= 2;
		reading->pendings -= reading->pendings > 0;
	}
}

void reading_add(struct reading *reading, enum outcome outcome)
{
	reading->attempts += reading->attempts < UINT8_MAX;
	/* The oldest ones that nobody could agree on make room as what they are: unknown. */
	if (reading->pendings == PENDING_MAX)
		return;
	reading->pending |= (uint16_t)(outcome << 2 * reading->pendings);
	reading->pendings++;
}

enum outcome reading_pending(const struct reading *reading, unsigned int index)
{
	return (enum outcome)(reading->pending >> 2 * index & 3);
}

enum reply reading_trace(const struct reading *reading, unsigned int back)
{
	return (enum reply)(reading->trace >> back * TRACE_BITS & (TRACE_GREW - 1));
}

uint16_t reading_trace_tag(const struct reading *reading, unsigned int back)
{
	uint16_t tag_bytes = reading->tag_bytes;

	for (unsigned int i = 0; i < back; i++)
		tag_bytes -= (reading->trace >> i * TRACE_BITS & TRACE_GREW) != 0;
	return tag_bytes;
}
