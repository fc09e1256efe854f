/* SPDX-License-Identifier: BSD-2-Clause */
/* Exact sliding windows in memory that somebody else owns (a record of a table, zeroed when new).
 *
 * Of a rule with threshold N only the last N moments matter: N of them lie inside the window exactly when the oldest
 * of the last N does. A moment counts while its age is less than the window: at exactly the window it is out. For
 * distinct counts the last N distinct values are kept, each with its latest moment. A clock that steps back a little
 * does no harm: a moment from the future has age 0. */
#ifndef GATEPOST_WINDOW_H
#define GATEPOST_WINDOW_H

#include <stddef.h>
#include <stdint.h>

struct window {
	uint32_t used; /* moments kept, at most the threshold */
	uint32_t next; /* where the next one goes; when full, this is the oldest */
	uint64_t moment_ns[];
};

struct distinct {
	uint32_t used;
	uint32_t zero;
	struct {
		uint64_t value;
		uint64_t moment_ns;
	} entry[];
};

size_t window_bytes(uint32_t threshold);
void window_add(struct window *window, uint32_t threshold, uint64_t now_ns);
/* Takes out one that was added at that moment, if it is still there. */
void window_take_back(struct window *window, uint32_t threshold, uint64_t moment_ns);
uint32_t window_count(const struct window *window, uint32_t threshold, uint64_t window_ns, uint64_t now_ns);

size_t distinct_bytes(uint32_t threshold);
void distinct_add(struct distinct *distinct, uint32_t threshold, uint64_t value, uint64_t now_ns);
void distinct_take_back(struct distinct *distinct, uint64_t value, uint64_t moment_ns);
uint32_t distinct_count(const struct distinct *distinct, uint64_t window_ns, uint64_t now_ns);

/* How long ago; 0 for a moment that has not come yet. */
static inline uint64_t age_ns(uint64_t moment_ns, uint64_t now_ns)
{
	return now_ns > moment_ns ? now_ns - moment_ns : 0;
}

#endif
