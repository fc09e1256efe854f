/* SPDX-License-Identifier: BSD-2-Clause */
/* One pass over what the stream has, consumed at once: records are short and moving the window is what costs. */
#include "user/read/tls_walk.h"

#include <errno.h>

#define RECORD_BODY_MAX (16384 + 2048) /* RFC 5246, 6.2.3; TLS 1.3 allows less */
/* OpenSSL takes 32 empty records in a row (MAX_EMPTY_RECORDS). Who took fewer could be made to look away. */
#define EMPTY_MAX 32
#define TRIES_MAX 64

static uint16_t body_bytes(const uint8_t *header)
{
	return (uint16_t)(header[3] << 8 | header[4]);
}

static bool header_is_valid(const uint8_t *header)
{
	return header[0] >= RECORD_CCS && header[0] <= RECORD_HEARTBEAT && header[1] == 3 && header[2] <= 4 &&
	       body_bytes(header) <= RECORD_BODY_MAX;
}

/* Is this the start of what can still become a header? Tells plain text after one byte. */
static bool start_is_valid(const uint8_t *bytes, size_t length)
{
	if (length >= RECORD_HEADER_BYTES)
		return header_is_valid(bytes);
	return bytes[0] >= RECORD_CCS && bytes[0] <= RECORD_HEARTBEAT && (length < 2 || bytes[1] == 3) &&
	       (length < 3 || bytes[2] <= 4);
}

/* Stricter: could this be a header, of all the bytes that a body may have here? One in 2^22 random places passes. */
static bool start_is_likely(const struct walk *walk, const uint8_t *bytes, size_t length)
{
	static const uint8_t body_min[] = {[RECORD_CCS] = 1, 2, 4, 16 /* any tag or MAC */, 16};

	if (!start_is_valid(bytes, length))
		return false;
	if (length >= 3 && bytes[2] != 3 && bytes[2] != walk->minor)
		return false;
	return length < RECORD_HEADER_BYTES || body_bytes(bytes) >= body_min[bytes[0]];
}

/* From here on, header after header, as far as there are bytes. */
static bool chain_is_likely(const struct walk *walk, const uint8_t *bytes, size_t length)
{
	size_t at = 0;

	while (at < length) {
		if (!start_is_likely(walk, bytes + at, length - at))
			return false;
		if (length - at < RECORD_HEADER_BYTES)
			break;
		at += RECORD_HEADER_BYTES + body_bytes(bytes + at);
	}
	return true;
}

static void walk_skip(struct walk *walk, size_t length)
{
	if (length > UINT32_MAX - walk->skipped_bytes)
		length = UINT32_MAX - walk->skipped_bytes;
	walk->skipped_bytes += (uint32_t)length;
}

static void walk_adrift(struct walk *walk)
{
	walk->torn = walk->adrift = true;
	walk->body_left = 0;
}

static void walk_hole(struct walk *walk, const struct walk_reader *reader, size_t lost)
{
	const size_t of_body = lost < walk->body_left ? lost : walk->body_left;

	if (of_body)
		reader->body(reader->context, NULL, of_body);
	walk->body_left = (uint16_t)(walk->body_left - of_body);
	if (lost == of_body)
		return;
	walk_skip(walk, lost - of_body);
	walk_adrift(walk);
}

static bool walk_header(struct walk *walk, const struct walk_reader *reader, const uint8_t *header)
{
	walk->minor = header[2];
	walk->body_left = body_bytes(header);
	walk->empty = walk->body_left ? 0 : (uint8_t)(walk->empty + 1);
	if (walk->empty > EMPTY_MAX)
		return false;
	if (walk->records < UINT16_MAX)
		walk->records++;
	reader->header(reader->context, header[0], walk->body_left);
	return true;
}

/* Returns how many bytes were read: all but the start of a header. -EPROTO: this is no record. */
static int walk_records(struct walk *walk, const struct walk_reader *reader, const uint8_t *bytes, size_t length)
{
	size_t at = 0;

	while (at < length) {
		size_t step = length - at;

		if (walk->body_left) {
			step = step < walk->body_left ? step : walk->body_left;
			walk->body_left = (uint16_t)(walk->body_left - step);
			reader->body(reader->context, bytes + at, step);
		} else {
			if (!start_is_valid(bytes + at, step))
				return -EPROTO;
			if (step < RECORD_HEADER_BYTES)
				break;
			step = RECORD_HEADER_BYTES;
			if (!walk_header(walk, reader, bytes + at))
				return -EPROTO;
		}
		at += step;
	}
	return (int)at;
}

/* Adrift: `bytes` start a segment. Returns how many were read, or given up as the middle of some record. */
static size_t walk_find(struct walk *walk, const uint8_t *bytes, size_t length)
{
	if (chain_is_likely(walk, bytes, length)) {
		walk->adrift = length < RECORD_HEADER_BYTES;
		return 0;
	}
	if (++walk->tries >= TRIES_MAX)
		walk->lost = true;
	walk_skip(walk, length);
	return length;
}

static size_t walk_bytes(struct walk *walk, const struct walk_reader *reader, const uint8_t *bytes, size_t length)
{
	int used;

	if (walk->adrift) {
		const size_t given_up = walk_find(walk, bytes, length);

		if (given_up || walk->adrift)
			return given_up;
	}
	used = walk_records(walk, reader, bytes, length);
	if (used >= 0)
		return (size_t)used;
	/* whoever found its feet after a hole may have been wrong about it; without one, this is not TLS */
	if (walk->torn && ++walk->tries < TRIES_MAX) {
		walk_skip(walk, length);
		walk_adrift(walk);
	} else {
		walk->lost = true;
	}
	return length;
}

void walk_read(struct walk *walk, struct stream *stream, const struct walk_reader *reader)
{
	for (;;) {
		const size_t lost = stream_lost(stream);
		const uint8_t *bytes = NULL;
		size_t length, used;

		if (lost && !walk->lost)
			walk_hole(walk, reader, lost);
		length = stream_peek(stream, &bytes);
		if (!length)
			return;
		used = walk->lost ? length : walk_bytes(walk, reader, bytes, length);
		if (used < length && stream_stuck(stream)) {
			/* the rest of this header will not come */
			walk_skip(walk, length - used);
			walk_adrift(walk);
			used = length;
		}
		if (!used)
			return;
		stream_consume(stream, used);
	}
}
