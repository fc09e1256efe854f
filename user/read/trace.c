/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of marks, indexed by sequence number. */
#include "user/read/trace.h"

#include "bpf/gatepost.h"

static uint8_t mark_of(const struct trace *trace, uint32_t seq, uint8_t byte)
{
	const __u64 seed[2] = {trace->key, 0};

	return gp_hash((uint64_t)seq << 8 | byte, seed) & 15;
}

void trace_note(struct trace *trace, uint32_t seq, const uint8_t *bytes, size_t length)
{
	if (seq != trace->end)
		trace->begin = seq;
	for (size_t i = 0; i < length; i++)
		trace->mark[(seq + i) % TRACE_BYTES] = mark_of(trace, seq + (uint32_t)i, bytes[i]);
	trace->end = seq + (uint32_t)length;
	if (trace->end - trace->begin > TRACE_BYTES)
		trace->begin = trace->end - TRACE_BYTES;
}

bool trace_differs(const struct trace *trace, uint32_t seq, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		const uint32_t at = seq + (uint32_t)i;

		if (at - trace->begin < trace->end - trace->begin &&
		    trace->mark[at % TRACE_BYTES] != mark_of(trace, at, bytes[i]))
			return true;
	}
	return false;
}
