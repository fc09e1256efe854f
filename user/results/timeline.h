/* SPDX-License-Identifier: BSD-2-Clause */
/* What happened when, in a bounded number of equal spans: they start short and are joined as the capture gets longer.
 * Spans start at whole multiples of their width, so that two replays can be laid side by side. */
#ifndef GATEPOST_TIMELINE_H
#define GATEPOST_TIMELINE_H

#include "user/replay/listener.h"

#define TIMELINE_SPANS_MAX 600

struct timeline_span {
	uint64_t frames, dropped, spared;
	uint64_t attempts[3]; /* by enum outcome */
	uint64_t decisions; /* to ban or to limit */
};

struct timeline {
	uint64_t first_ns; /* of the first span; wall clock */
	size_t width; /* place in the list of widths */
	size_t spans; /* 0: nothing has happened */
	struct timeline_span span[TIMELINE_SPANS_MAX];
};

struct replay_listener timeline_listener(struct timeline *timeline); /* of zeroed memory */
uint64_t timeline_width_ns(const struct timeline *timeline);

#endif
