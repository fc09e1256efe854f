/* SPDX-License-Identifier: BSD-2-Clause */
/* Sliding windows as rings of moments. Counting walks at most `threshold` entries, so a rule's threshold is also the
 * bound of its work per attempt. */
#include "user/judge/window.h"

size_t window_bytes(uint32_t threshold)
{
	return sizeof(struct window) + threshold * sizeof(uint64_t);
}

void window_add(struct window *window, uint32_t threshold, uint64_t now_ns)
{
	const uint32_t newest = (window->next + threshold - 1) % threshold;

	/* keep the ring in order when the clock steps back */
	if (window->used && window->moment_ns[newest] > now_ns)
		now_ns = window->moment_ns[newest];
	window->moment_ns[window->next] = now_ns;
	window->next = (window->next + 1) % threshold;
	if (window->used < threshold)
		window->used++;
}

/* What is younger moves up. */
void window_take_back(struct window *window, uint32_t threshold, uint64_t moment_ns)
{
	uint32_t at = window->next, younger = 0;

	while (younger < window->used) {
		at = (at + threshold - 1) % threshold;
		if (window->moment_ns[at] == moment_ns)
			break;
		younger++;
	}
	if (younger == window->used)
		return;
	for (; younger; younger--) {
		const uint32_t next = (at + 1) % threshold;

		window->moment_ns[at] = window->moment_ns[next];
		at = next;
	}
	window->next = at;
	window->used--;
}

uint32_t window_count(const struct window *window, uint32_t threshold, uint64_t window_ns, uint64_t now_ns)
{
	uint32_t at = window->next, count = 0;

	while (count < window->used) {
		at = (at + threshold - 1) % threshold;
		if (age_ns(window->moment_ns[at], now_ns) >= window_ns)
			break;
		count++;
	}
	return count;
}

size_t distinct_bytes(uint32_t threshold)
{
	return sizeof(struct distinct) + threshold * sizeof(((struct distinct *)0)->entry[0]);
}

void distinct_add(struct distinct *distinct, uint32_t threshold, uint64_t value, uint64_t now_ns)
{
	uint32_t at = 0, oldest = 0;

	for (; at < distinct->used && distinct->entry[at].value != value; at++)
		if (distinct->entry[at].moment_ns < distinct->entry[oldest].moment_ns)
			oldest = at;
	if (at == distinct->used) {
		if (distinct->used < threshold)
			distinct->used++;
		else
			at = oldest;
		distinct->entry[at].moment_ns = 0;
	}
	distinct->entry[at].value = value;
	if (distinct->entry[at].moment_ns < now_ns)
		distinct->entry[at].moment_ns = now_ns;
}

/* When it was seen before is not known any more. */
void distinct_take_back(struct distinct *distinct, uint64_t value, uint64_t moment_ns)
{
	for (uint32_t at = 0; at < distinct->used; at++) {
		if (distinct->entry[at].value != value || distinct->entry[at].moment_ns != moment_ns)
			continue;
		distinct->entry[at] = distinct->entry[--distinct->used];
		return;
	}
}

uint32_t distinct_count(const struct distinct *distinct, uint64_t window_ns, uint64_t now_ns)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < distinct->used; i++)
		if (age_ns(distinct->entry[i].moment_ns, now_ns) < window_ns)
			count++;
	return count;
}
