/* SPDX-License-Identifier: BSD-2-Clause */
/* What was read lately of a stream, remembered just well enough to tell whether it comes again the same. A client can
 * let the gateway see one thing and the server another: a first copy that never arrives (a wrong checksum, too few
 * hops), then a second one in its place. Honest retransmissions are the same bytes.
 *
 * Four bits of a keyed hash a byte: two different passwords of eight letters look alike once in 2^32, and what was
 * read cannot be had back from it. */
#ifndef GATEPOST_TRACE_H
#define GATEPOST_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_BYTES 256 /* a line with a password */

struct trace {
	uint64_t key; /* secret */
	uint32_t begin, end; /* sequence numbers of what is remembered, at most TRACE_BYTES apart */
	uint8_t mark[TRACE_BYTES];
};

void trace_note(struct trace *trace, uint32_t seq, const uint8_t *bytes, size_t length);
/* Is any of these bytes remembered otherwise? */
bool trace_differs(const struct trace *trace, uint32_t seq, const uint8_t *bytes, size_t length);

#endif
