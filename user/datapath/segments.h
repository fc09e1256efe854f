/* SPDX-License-Identifier: BSD-2-Clause */
/* A TCP frame larger than a wire carries, as the frames that its card makes of it, or put together. A capture on a host
 * with offloads has such frames, and BPF_PROG_TEST_RUN takes none of more than a page at egress. Does not do the
 * checksums: nobody here looks at them. */
#ifndef GATEPOST_SEGMENTS_H
#define GATEPOST_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segments {
	const uint8_t *frame;
	size_t length; /* of what is here */
	size_t claimed; /* as IP says */
	size_t network, transport, payload; /* offsets */
	size_t at; /* payload that has been given */
	bool v6;
};

/* False: it is not TCP whose headers are all here, or a fragment: it cannot be cut. */
bool segments_of(struct segments *ret_segments, const uint8_t *frame, size_t length);
/* The next frame, of at most `most` bytes, to `buffer`; its length, 0 after the last. */
size_t segments_next(struct segments *segments, uint8_t *buffer, size_t most);

#endif
