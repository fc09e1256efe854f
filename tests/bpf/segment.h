/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames larger than any wire carries, as cards and GSO make them, and what must come of them. */
#ifndef GATEPOST_TESTS_SEGMENT_H
#define GATEPOST_TESTS_SEGMENT_H

#include "tests/bpf/rig.h"

#define SEGMENT_MAX 65000

/* Every byte says where it belongs, so that a piece in the wrong place is seen. */
static inline uint8_t segment_byte(uint32_t seq)
{
	return (uint8_t)(seq ^ seq >> 8);
}

/* The packet of `spec`, with `bytes` of payload that begin at its seq. Returns its length. */
static inline size_t segment_build(struct packet_spec spec, size_t bytes, uint8_t frame[PACKET_BYTES + SEGMENT_MAX])
{
	size_t headers;

	spec.ip_bytes = 20 + bytes;
	headers = packet_build(&spec, frame);
	for (size_t i = 0; i < bytes; i++)
		frame[headers + i] = segment_byte(spec.seq + (uint32_t)i);
	return headers + bytes;
}

/* Samples from `first` on are the pieces of `bytes` at `seq`, of which `here` are in the frame. */
static inline void expect_pieces(const struct rig *rig, int first, uint32_t seq, size_t bytes, size_t here)
{
	size_t at = 0;

	assert_true(rig->samples <= RIG_SAMPLES);
	for (int i = first; i < rig->samples; i++) {
		const struct gp_sample *head = &rig->sample[i].head;
		const bool is_last = i + 1 == rig->samples;
		const size_t rest = bytes - at;

		assert_int_equal(head->seq, (uint32_t)(seq + at));
		assert_int_equal(head->payload_bytes, is_last ? rest : GP_SAMPLE_BYTES);
		assert_int_equal(head->behind_bytes, is_last ? 0 : rest - GP_SAMPLE_BYTES);
		assert_int_equal(head->captured_bytes, here - at < GP_SAMPLE_BYTES ? here - at : GP_SAMPLE_BYTES);
		for (size_t n = 0; n < head->captured_bytes; n++)
			assert_int_equal(rig->sample[i].payload[n], segment_byte(head->seq + (uint32_t)n));
		at += head->payload_bytes;
	}
	assert_int_equal(at, bytes);
}

#endif
