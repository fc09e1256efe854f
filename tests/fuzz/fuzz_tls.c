/* SPDX-License-Identifier: BSD-2-Clause */
/* Hostile records. Turns: two bytes that say who speaks (top bit), whether the turn gets lost (next bit) and how long
 * it is, then that many bytes. Without holes, what is told must not depend on how the turns are cut; with them, nothing
 * is told that was not there. What is established stays so. */
#include <stdlib.h>
#include <string.h>

#include "user/read/tls.h"

#define TURN_MAX 4000 /* fits the stream's window */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct heard {
	uint64_t mix; /* of all records, in order */
	uint64_t wire_bytes[2], skipped_bytes[2]; /* enum gp_direction */
	size_t hellos;
	enum tls_state state;
	uint16_t version;
};

static void on_record(void *context, const struct tls_record *record)
{
	struct heard *heard = context;

	if (record->least_bytes > record->most_bytes || record->most_bytes + 5 > record->wire_bytes)
		abort();
	heard->wire_bytes[record->direction] += record->wire_bytes;
	heard->skipped_bytes[record->direction] += record->skipped_bytes;
	heard->mix = heard->mix * 31 + record->direction * 7 + record->least_bytes * 3 + record->most_bytes +
		     record->wire_bytes * 5 + record->skipped_bytes * 11 + record->alert;
}

static void on_hello(void *context, const uint8_t *message, size_t length)
{
	struct heard *heard = context;

	if (length < 4 || message[0] != 1)
		abort();
	heard->hellos++;
	for (size_t i = 0; i < length; i++)
		heard->mix = heard->mix * 31 + message[i];
}

struct line {
	struct tls *tls;
	struct stream *stream[2];
	uint32_t seq[2];
};

static void turn(struct line *line, struct heard *heard, int from, const uint8_t *bytes, size_t length, size_t cut)
{
	for (size_t at = 0; at < length; at += cut) {
		const size_t piece = length - at < cut ? length - at : cut;
		enum tls_state next;

		stream_add(line->stream[from], line->seq[from], bytes + at, piece, piece);
		line->seq[from] += (uint32_t)piece;
		stream_acknowledged(line->stream[from], line->seq[from]);
		next = tls_read(line->tls, line->stream[0], line->stream[1], 1);
		if (heard->state != TLS_HELLO && next != heard->state)
			abort();
		heard->state = next;
	}
}

static struct heard play(const uint8_t *bytes, size_t size, size_t cut, bool holes)
{
	struct heard heard = {.state = TLS_HELLO};
	const struct tls_listener listener = {&heard, on_record, on_hello};
	uint64_t length_all[2] = {0, 0};
	struct line line = {.seq = {0, 0}};

	if (stream_new(&line.stream[0]) || stream_new(&line.stream[1]) || tls_new(&line.tls, &listener))
		abort();
	stream_begin(line.stream[0], 0);
	stream_begin(line.stream[1], 0);
	while (size > 2) {
		const int from = bytes[0] >> 7;
		const bool is_hole = bytes[0] & 0x40;
		size_t length = ((size_t)(bytes[0] & 0x3f) << 8 | bytes[1]) % TURN_MAX;

		bytes += 2;
		size -= 2;
		length = length < size ? length : size;
		length_all[from] += length;
		if (is_hole && holes)
			line.seq[from] += (uint32_t)length;
		else
			turn(&line, &heard, from, bytes, length, cut);
		bytes += length;
		size -= length;
	}
	heard.version = tls_version(line.tls);
	for (int from = 0; from < 2; from++) {
		/* a body may be announced and never come */
		if (heard.wire_bytes[from] > length_all[from] * (5 + 18432) / 5 || heard.hellos > 1)
			abort();
		stream_free(line.stream[from]);
	}
	tls_free(line.tls);
	return heard;
}

static bool is_same(struct heard left, struct heard right)
{
	return left.mix == right.mix && left.state == right.state && left.hellos == right.hellos &&
	       left.version == right.version;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct heard whole = play(bytes, size, TURN_MAX, false);

	if (!is_same(whole, play(bytes, size, 7, false)) || !is_same(whole, play(bytes, size, 1, false)))
		abort();
	play(bytes, size, TURN_MAX, true);
	return 0;
}
