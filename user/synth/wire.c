/* SPDX-License-Identifier: BSD-2-Clause */
/* Merges the connections: a heap says whose step is due next. */
#include "user/synth/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/core/duration.h"
#include "user/synth/later.h"
#include "user/synth/strand.h"

#define STRANDS_FIRST 64
#define FRAMES_MAX 8 /* of one step: SEAL_BYTES in segments */
/* How long what is open when the scenario ends may still go on. */
#define AFTERWARDS_NS (60 * NS_PER_S)

struct wire {
	const struct scenario *scenario;
	struct world *world;
	uint64_t seed, stops_ns;
	wire_over_fn over;
	void *context;

	struct synth_connection next; /* of the world, not begun yet */
	bool has_next;
	struct later due; /* `who` is the index of a strand */
	struct strand **strand; /* NULL: free */
	uint32_t *free; /* indices, `frees` of them */
	uint32_t room, frees;
	size_t strand_bytes;

	uint64_t now_ns; /* of the frames */
	uint32_t frames, taken;
	size_t length[FRAMES_MAX];
	uint8_t frame[FRAMES_MAX][SEGMENT_FRAME_MAX];
};

int wire_new(struct wire **ret_wire, struct world *world, const struct scenario *scenario, uint64_t seed,
	     wire_over_fn over, void *context, struct fault *fault)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	if (!wire)
		return fault_set(fault, ENOMEM, "no memory for the packets");
	wire->world = world;
	wire->scenario = scenario;
	wire->seed = dice_hash(seed, 0, 0);
	wire->stops_ns = scenario->begins_ns + scenario->lasts_ns + AFTERWARDS_NS;
	wire->over = over;
	wire->context = context;
	wire->has_next = world_next(world, &wire->next) == 1;
	*ret_wire = wire;
	return 0;
}

void wire_free(struct wire *wire)
{
	if (!wire)
		return;
	for (uint32_t i = 0; i < wire->room; i++)
		if (wire->strand[i])
			strand_free(wire->strand[i]);
	free(wire->strand);
	free(wire->free);
	later_free(&wire->due);
	free(wire);
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

static int grow(struct wire *wire)
{
	const uint32_t room = wire->room ? 2 * wire->room : STRANDS_FIRST;
	struct strand **strand = reallocarray(wire->strand, room, sizeof(struct strand *));
	uint32_t *indices;

	if (!strand)
		return -ENOMEM;
	wire->strand = strand;
	indices = reallocarray(wire->free, room, sizeof(*indices));
	if (!indices)
		return -ENOMEM;
	wire->free = indices;
	for (uint32_t i = room; i-- > wire->room;) {
		wire->strand[i] = NULL;
		wire->free[wire->frees++] = i;
	}
	wire->room = room;
	return 0;
}

static size_t bytes_of(const struct strand *strand)
{
	return sizeof(*strand) + offsetof(struct synth_connection, attempt) +
	       strand->connection->attempts * sizeof(strand->connection->attempt[0]);
}

static int begin(struct wire *wire)
{
	struct later_entry entry = {.due_ns = wire->next.time_ns};
	struct strand *strand;
	int result;

	if (!wire->frees && grow(wire))
		return -ENOMEM;
	strand = strand_new(wire->scenario, &wire->next, wire->seed);
	if (!strand)
		return -ENOMEM;
	entry.who = wire->free[--wire->frees];
	wire->strand[entry.who] = strand;
	wire->strand_bytes += bytes_of(strand);
	if (later_put(&wire->due, &entry))
		return -ENOMEM;
	result = world_next(wire->world, &wire->next);
	wire->has_next = result == 1;
	return result < 0 ? result : 0;
}

static void end(struct wire *wire, uint32_t index)
{
	struct strand *strand = wire->strand[index];
	struct wire_label label;

	if (wire->over) {
		strand_label(strand, &label);
		wire->over(wire->context, &label);
	}
	wire->strand_bytes -= bytes_of(strand);
	strand_free(strand);
	wire->strand[index] = NULL;
	wire->free[wire->frees++] = index;
}

/* ---- frames ------------------------------------------------------------------------------------------------------ */

static void on_segment(void *context, const struct segment *segment)
{
	struct wire *wire = context;

	wire->length[wire->frames] = segment_frame(segment, wire->frame[wire->frames]);
	wire->frames++;
}

static int step(struct wire *wire)
{
	struct later_entry entry = later_take(&wire->due);

	wire->now_ns = entry.due_ns;
	entry.due_ns = entry.due_ns > wire->stops_ns
			       ? UINT64_MAX
			       : strand_step(wire->strand[entry.who], entry.due_ns, on_segment, wire);
	if (entry.due_ns != UINT64_MAX)
		return later_put(&wire->due, &entry);
	end(wire, entry.who);
	return 0;
}

int wire_next(struct wire *wire, struct wire_frame *ret_frame)
{
	int error = 0;

	while (wire->taken == wire->frames && !error) {
		wire->taken = wire->frames = 0;
		if (wire->has_next && wire->next.time_ns <= later_due_ns(&wire->due))
			error = begin(wire);
		else if (wire->due.count)
			error = step(wire);
		else
			return 0;
	}
	if (error)
		return error;
	*ret_frame = (struct wire_frame){
		.time_ns = wire->now_ns, .bytes = wire->frame[wire->taken], .length = wire->length[wire->taken]};
	wire->taken++;
	return 1;
}

size_t wire_bytes(const struct wire *wire)
{
	return sizeof(*wire) + wire->room * (sizeof(struct strand *) + sizeof(uint32_t)) + wire->strand_bytes +
	       wire->due.room * sizeof(struct later_entry);
}
