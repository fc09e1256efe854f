/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments, acknowledgements and reads in any order. Byte values are their own offset, so what is read can be
 * checked: always the next byte, or one farther on by what was reported lost. */
#include <stdlib.h>
#include <string.h>

#include "user/read/stream.h"

#define FIRST 0xfffff000u
#define SEGMENT_MAX 600

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Odd and long, so that a shifted copy does not look right. */
static uint8_t byte_at(uint32_t seq)
{
	return (uint8_t)((seq - FIRST) % 251);
}

static void add(struct stream *stream, uint32_t seq, size_t length, size_t captured)
{
	uint8_t segment[SEGMENT_MAX];

	for (size_t i = 0; i < captured && i < sizeof(segment); i++)
		segment[i] = byte_at(seq + (uint32_t)i);
	stream_add(stream, seq, segment, captured, length);
}

/* `next` follows the stream as a reader would. */
static void read_some(struct stream *stream, uint32_t *next, size_t most)
{
	const uint8_t *bytes = NULL;
	const size_t lost = stream_lost(stream);
	size_t length = stream_peek(stream, &bytes);

	*next += (uint32_t)lost;
	if (length > STREAM_WINDOW_BYTES)
		abort();
	length = length < most ? length : most;
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != byte_at(*next + (uint32_t)i))
			abort();
	stream_consume(stream, length);
	*next += (uint32_t)length;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct stream *stream;
	uint32_t next = FIRST;

	if (stream_new(&stream))
		abort();
	stream_begin(stream, FIRST);
	for (; size >= 4; bytes += 4, size -= 4) {
		/* steps of 16 bits in both directions: overlaps, holes, jumps beyond the window */
		const uint32_t seq = next + (uint32_t)(int32_t)(int16_t)(bytes[1] << 8 | bytes[2]) / 4;
		const size_t length = (bytes[3] * 8u) % SEGMENT_MAX;

		switch (bytes[0] % 6) {
		case 0:
			add(stream, seq, length, length);
			break;
		case 1:
			add(stream, next + bytes[2] * 4u, length, length);
			break;
		case 2:
			add(stream, seq, length, length / 2);
			break;
		case 3:
			stream_acknowledged(stream, seq);
			break;
		case 4:
			read_some(stream, &next, length);
			break;
		case 5:
			if (stream_stuck(stream) && !stream_give_up(stream))
				abort();
			break;
		}
	}
	stream_free(stream);
	return 0;
}
