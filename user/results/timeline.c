/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/results/timeline.h"

#include <string.h>

#include "user/core/duration.h"

/* Each a multiple of the one before. The longest makes sixteen years. */
static const uint64_t widths_ns[] = {
	100 * NS_PER_MS, 500 * NS_PER_MS,   NS_PER_S,           5 * NS_PER_S,       10 * NS_PER_S, 30 * NS_PER_S,
	NS_PER_MINUTE,   5 * NS_PER_MINUTE, 10 * NS_PER_MINUTE, 30 * NS_PER_MINUTE, NS_PER_HOUR,   2 * NS_PER_HOUR,
	6 * NS_PER_HOUR, 12 * NS_PER_HOUR,  NS_PER_DAY,         10 * NS_PER_DAY,
};
#define WIDTHS (sizeof(widths_ns) / sizeof(widths_ns[0]))

uint64_t timeline_width_ns(const struct timeline *timeline)
{
	return widths_ns[timeline->width];
}

static void add(struct timeline_span *to, const struct timeline_span *from)
{
	to->frames += from->frames;
	to->dropped += from->dropped;
	to->spared += from->spared;
	to->decisions += from->decisions;
	for (size_t i = 0; i < 3; i++)
		to->attempts[i] += from->attempts[i];
}

/* To the next width. The first span moves back to a multiple of it. */
static void widen(struct timeline *timeline)
{
	const uint64_t narrow_ns = timeline_width_ns(timeline), wide_ns = widths_ns[++timeline->width];
	const uint64_t first_ns = timeline->first_ns - timeline->first_ns % wide_ns;
	const size_t shift = (timeline->first_ns - first_ns) / narrow_ns, spans = timeline->spans;

	timeline->first_ns = first_ns;
	timeline->spans = 0;
	for (size_t i = 0; i < spans; i++) {
		const struct timeline_span span = timeline->span[i];
		const size_t place = (i + shift) / (wide_ns / narrow_ns);

		memset(&timeline->span[i], 0, sizeof(span));
		add(&timeline->span[place], &span);
		timeline->spans = place + 1;
	}
}

/* Time does not step back in a replay, but the clock of a frame may: it counts for the first span then. What comes
 * after the last that can be told apart counts for that one. */
static struct timeline_span *span_at(struct timeline *timeline, uint64_t wall_ns)
{
	uint64_t place;

	if (!timeline->spans)
		timeline->first_ns = wall_ns - wall_ns % timeline_width_ns(timeline);
	if (wall_ns < timeline->first_ns)
		wall_ns = timeline->first_ns;
	while ((wall_ns - timeline->first_ns) / timeline_width_ns(timeline) >= TIMELINE_SPANS_MAX &&
	       timeline->width + 1 < WIDTHS)
		widen(timeline);
	place = (wall_ns - timeline->first_ns) / timeline_width_ns(timeline);
	if (place >= TIMELINE_SPANS_MAX)
		place = TIMELINE_SPANS_MAX - 1;
	if (timeline->spans <= place)
		timeline->spans = place + 1;
	return &timeline->span[place];
}

static void on_frame(void *context, const struct frame *frame, const struct replay_verdict *verdict)
{
	struct timeline_span *span = span_at(context, frame->time_ns);

	span->frames++;
	span->dropped += verdict->drop;
	span->spared += verdict->spared;
}

static void on_attempt(void *context, const struct attempt *attempt, uint64_t wall_ns)
{
	span_at(context, wall_ns)->attempts[attempt->outcome]++;
}

static void on_decision(void *context, const struct decision *decision, const struct ban *ban, uint64_t wall_ns)
{
	(void)ban;
	if (decision->action == ACTION_BAN || decision->action == ACTION_LIMIT)
		span_at(context, wall_ns)->decisions++;
}

struct replay_listener timeline_listener(struct timeline *timeline)
{
	return (struct replay_listener){
		.context = timeline,
		.frame = on_frame,
		.attempt = on_attempt,
		.decision = on_decision,
	};
}
