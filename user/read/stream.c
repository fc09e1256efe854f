/* SPDX-License-Identifier: BSD-2-Clause */
/* Reassembly of one direction in a small linear window: offset 0 is the read position, `piece` says which ranges
 * hold bytes (sorted, disjoint, not touching). Small and linear beats clever here: a login dialogue has lines of a
 * hundred bytes and is read as fast as it comes. Refuses to keep more than the window, to trust a segment from
 * outside any plausible receive window, and to leave read bytes in memory. */
#include "user/read/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/read/trace.h"

#define WINDOW_FIRST_BYTES 512 /* most dialogues never need more */
/* Farther ahead than any receive window (RFC 7323, 2.3): not of this connection. */
#define JUMP_MAX_BYTES (1 << 30)

struct piece {
	uint16_t from, to; /* offsets from the read position */
};

struct stream {
	uint8_t *window; /* NULL while nothing waits */
	uint32_t next; /* sequence number of the read position */
	uint32_t settled; /* what is missing before it will not come */
	uint32_t gap_from; /* start of the last hole that was skipped */
	size_t lost; /* not yet told to the reader */
	uint16_t window_bytes;
	uint8_t pieces;
	bool begun, acknowledged; /* an acknowledgement has been seen */
	bool gap_open; /* nothing has been taken since the hole was skipped */
	bool forked; /* not yet told to the reader */
	struct trace *trace; /* NULL: nobody asks */
	struct piece piece[STREAM_PIECES];
};

int stream_new(struct stream **ret_stream)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return -ENOMEM;
	*ret_stream = stream;
	return 0;
}

int stream_trace(struct stream *stream, uint64_t key)
{
	stream->trace = calloc(1, sizeof(*stream->trace));
	if (!stream->trace)
		return -ENOMEM;
	stream->trace->key = key;
	return 0;
}

static void window_release(struct stream *stream)
{
	if (stream->window)
		explicit_bzero(stream->window, stream->window_bytes);
	free(stream->window);
	stream->window = NULL;
	stream->window_bytes = 0;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	window_release(stream);
	free(stream->trace);
	free(stream);
}

/* Room for `bytes`. Not realloc: it would leave a copy of the old window behind. */
static bool window_reserve(struct stream *stream, size_t bytes)
{
	size_t window_bytes = stream->window_bytes ? stream->window_bytes : WINDOW_FIRST_BYTES;
	uint8_t *window;

	if (bytes <= stream->window_bytes)
		return true;
	while (window_bytes < bytes)
		window_bytes *= 2;
	window = malloc(window_bytes);
	if (!window)
		return false;
	if (stream->window)
		memcpy(window, stream->window, stream->window_bytes);
	window_release(stream);
	stream->window = window;
	stream->window_bytes = (uint16_t)window_bytes;
	return true;
}

/* Move the read position on by any number of bytes, over what is here and what is not. */
static void position_advance(struct stream *stream, uint32_t length)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < stream->pieces; i++) {
		struct piece piece = stream->piece[i];

		if (piece.to <= length)
			continue;
		stream->piece[kept].from = piece.from > length ? (uint16_t)(piece.from - length) : 0;
		stream->piece[kept++].to = (uint16_t)(piece.to - length);
	}
	stream->pieces = (uint8_t)kept;
	stream->next += length;
	if (!kept) {
		window_release(stream);
		return;
	}
	memmove(stream->window, stream->window + length, stream->window_bytes - length);
	explicit_bzero(stream->window + stream->window_bytes - length, length);
}

static void skip(struct stream *stream, uint32_t length)
{
	stream->gap_from = stream->next;
	stream->gap_open = true;
	stream->lost += length;
	position_advance(stream, length);
	if (stream->pieces && !stream->piece[0].from)
		stream->gap_open = false;
}

static uint32_t readable(const struct stream *stream)
{
	return stream->pieces && !stream->piece[0].from ? stream->piece[0].to : 0;
}

/* How far behind the read position holes are known to stay holes. */
static uint32_t settled_bytes(const struct stream *stream)
{
	const int32_t ahead = (int32_t)(stream->settled - stream->next);

	return ahead > 0 ? (uint32_t)ahead : 0;
}

/* A hole at the read position that will not be filled, with bytes behind it: go on with those. */
static void skip_settled(struct stream *stream)
{
	if (stream->pieces && stream->piece[0].from && settled_bytes(stream) >= stream->piece[0].from)
		skip(stream, stream->piece[0].from);
}

void stream_begin(struct stream *stream, uint32_t seq)
{
	if (stream->begun)
		return;
	stream->begun = true;
	stream->next = seq;
	stream->settled = seq;
}

static void settle(struct stream *stream, uint32_t seq)
{
	if ((int32_t)(seq - stream->settled) > 0 && seq - stream->next < JUMP_MAX_BYTES)
		stream->settled = seq;
}

void stream_acknowledged(struct stream *stream, uint32_t ack)
{
	stream->acknowledged = true;
	if (!stream->begun)
		stream_begin(stream, ack);
	settle(stream, ack);
	skip_settled(stream);
}

/* Record [from, to) as present: merge it with the pieces that it touches. */
static void pieces_unite(struct stream *stream, uint16_t from, uint16_t to)
{
	unsigned int first = 0, after;

	while (first < stream->pieces && stream->piece[first].to < from)
		first++;
	for (after = first; after < stream->pieces && stream->piece[after].from <= to; after++) {
		if (stream->piece[after].from < from)
			from = stream->piece[after].from;
		if (stream->piece[after].to > to)
			to = stream->piece[after].to;
	}
	if (after == first && stream->pieces == STREAM_PIECES) {
		/* too many: the farthest is the one that will be needed last */
		if (first == stream->pieces)
			return;
		stream->pieces--;
	}
	memmove(&stream->piece[first + 1], &stream->piece[after],
		(stream->pieces > after ? stream->pieces - after : 0) * sizeof(stream->piece[0]));
	stream->pieces = (uint8_t)(stream->pieces - (after - first) + 1);
	stream->piece[first] = (struct piece){.from = from, .to = to};
}

/* Copy only what is not here yet: the first copy wins, and a second one that is another is noted. */
static void window_fill(struct stream *stream, size_t from, size_t to, const uint8_t *bytes)
{
	size_t at = from;

	for (unsigned int i = 0; i <= stream->pieces && at < to; i++) {
		const bool last = i == stream->pieces;
		const size_t hole_end = last || stream->piece[i].from > to ? to : stream->piece[i].from;
		size_t here_end;

		if (at < hole_end)
			memcpy(stream->window + at, bytes + (at - from), hole_end - at);
		at = at > hole_end ? at : hole_end;
		if (last || stream->piece[i].to <= at)
			continue;
		here_end = stream->piece[i].to < to ? stream->piece[i].to : to;
		stream->forked |= memcmp(stream->window + at, bytes + (at - from), here_end - at) != 0;
		at = here_end;
	}
}

static void window_add(struct stream *stream, uint32_t offset, const uint8_t *bytes, size_t captured)
{
	size_t end = offset + captured;

	if (offset >= STREAM_WINDOW_BYTES || !captured)
		return;
	if (end > STREAM_WINDOW_BYTES)
		end = STREAM_WINDOW_BYTES;
	if (!window_reserve(stream, end))
		return; /* a hole, as if it had not been captured */
	window_fill(stream, offset, end, bytes);
	pieces_unite(stream, (uint16_t)offset, (uint16_t)end);
	if (!stream->piece[0].from)
		stream->gap_open = false;
}

/* Bytes of a hole that was skipped come after all (an acknowledgement seen too early, or forged): nothing behind
 * it has been read, so go back to them. */
static void gap_reopen(struct stream *stream, uint32_t seq, size_t length)
{
	if (!stream->gap_open || stream->pieces || (int32_t)(seq + (uint32_t)length - stream->gap_from) <= 0)
		return;
	stream->next = (int32_t)(seq - stream->gap_from) > 0 ? seq : stream->gap_from;
}

/* May a segment from `offset` on move the window? Never over bytes that wait to be read. */
static bool may_skip(const struct stream *stream, uint32_t offset)
{
	if (readable(stream))
		return false;
	return !stream->acknowledged || settled_bytes(stream) >= offset;
}

/* Bytes from the read position on or later. */
static void add_ahead(struct stream *stream, uint32_t seq, const uint8_t *bytes, size_t captured, size_t length)
{
	uint32_t offset = seq - stream->next;

	if (offset >= JUMP_MAX_BYTES)
		return;
	if (offset && offset + length > STREAM_WINDOW_BYTES && may_skip(stream, offset)) {
		skip(stream, offset);
		offset = 0;
	}
	window_add(stream, offset, bytes, captured);
	/* the tail that was cut off would be cut off again if it were sent again */
	if (captured < length && (!offset || readable(stream) >= offset))
		settle(stream, seq + (uint32_t)length);
	skip_settled(stream);
}

void stream_add(struct stream *stream, uint32_t seq, const uint8_t *bytes, size_t captured, size_t length)
{
	size_t old;

	if (captured > length)
		captured = length;
	if (!length || length > JUMP_MAX_BYTES)
		return;
	if (!stream->begun)
		stream_begin(stream, seq);
	if ((int32_t)(seq - stream->next) < 0)
		gap_reopen(stream, seq, length);
	if ((int32_t)(seq - stream->next) >= 0) {
		add_ahead(stream, seq, bytes, captured, length);
		return;
	}
	old = stream->next - seq;
	if (stream->trace)
		stream->forked |= trace_differs(stream->trace, seq, bytes, old < captured ? old : captured);
	if (old < captured)
		add_ahead(stream, stream->next, bytes + old, captured - old, length - old);
	else if (old < length)
		add_ahead(stream, stream->next, bytes, 0, length - old);
}

size_t stream_peek(const struct stream *stream, const uint8_t **ret_bytes)
{
	const size_t here = readable(stream);

	if (here)
		*ret_bytes = stream->window;
	return here;
}

void stream_consume(struct stream *stream, size_t length)
{
	const size_t here = readable(stream);

	if (length > here)
		length = here;
	if (!length)
		return;
	if (stream->trace)
		trace_note(stream->trace, stream->next, stream->window, length);
	position_advance(stream, (uint32_t)length);
	skip_settled(stream);
}

size_t stream_lost(struct stream *stream)
{
	const size_t lost = stream->lost;

	stream->lost = 0;
	return lost;
}

bool stream_forked(struct stream *stream)
{
	const bool forked = stream->forked;

	stream->forked = false;
	return forked;
}

bool stream_stuck(const struct stream *stream)
{
	return stream->pieces > 1 && !stream->piece[0].from && settled_bytes(stream) >= stream->piece[1].from;
}

size_t stream_give_up(struct stream *stream)
{
	const uint32_t here = readable(stream);
	uint32_t length = settled_bytes(stream);

	if (length <= here)
		return 0;
	/* not over bytes behind the hole: they can be read */
	if (stream->pieces > 1 && stream->piece[1].from < length)
		length = stream->piece[1].from;
	skip(stream, length);
	return length;
}
