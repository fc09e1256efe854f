/* SPDX-License-Identifier: BSD-2-Clause */
/* The record walk: five bytes of header, then as many of body, in each direction on its own. Bodies are never
 * looked at, so an encrypted Finished that happens to look like a ServerHello cannot mislead. A hole inside a body
 * is harmless; one that may have swallowed a header ends the walk, since nothing in a body tells where it ends. */
#include "user/read/tls.h"

#include <errno.h>
#include <stdlib.h>

#define RECORD_HEADER_BYTES 5
#define RECORD_BODY_MAX (16384 + 2048) /* RFC 5246, 6.2.3; TLS 1.3 allows less */
/* Encrypted alert of TLS 1.3: level, description, content type, tag (RFC 8446, 5.2). */
#define ALERT_13_BYTES 19
/* An encrypted Finished of TLS 1.2 is 32 to 96 bytes (AEAD 32 or 40, CBC up to 96). The hellos that TLS 1.3 sends
 * after its dummy CCS when it had to retry are longer: a ServerHello has 122 at least. */
#define FINISHED_12_MAX 112

enum record_type {
	RECORD_CCS = 20,
	RECORD_ALERT,
	RECORD_HANDSHAKE,
	RECORD_APPLICATION,
	RECORD_HEARTBEAT,
};

struct walk {
	uint32_t records;
	uint16_t body_left; /* bytes of the record under way */
	bool ccs; /* ChangeCipherSpec seen */
	bool finished; /* TLS 1.2: the Finished after it */
	uint32_t applications; /* application_data records: protected */
};

struct tls {
	struct walk in, out;
	enum tls_state state;
	bool over; /* nothing more to follow */
};
_Static_assert(sizeof(struct tls) <= 256, "tls.h promises it");

int tls_new(struct tls **ret_tls)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return -ENOMEM;
	*ret_tls = tls;
	return 0;
}

void tls_free(struct tls *tls)
{
	free(tls);
}

/* Every record passes here once, in order of its direction. This is where record lengths will be read as the turns
 * of a login dialogue. */
static void on_record(struct walk *walk, bool from_client, uint8_t type, uint16_t body_bytes)
{
	walk->records++;
	switch (type) {
	case RECORD_CCS:
		walk->ccs = true;
		break;
	case RECORD_HANDSHAKE:
		if (walk->ccs && body_bytes <= FINISHED_12_MAX)
			walk->finished = true;
		break;
	case RECORD_APPLICATION:
		/* a client that refuses the certificate sends this and goes: no handshake was completed */
		if (from_client && !walk->applications && !walk->finished && body_bytes == ALERT_13_BYTES)
			break;
		walk->applications++;
		break;
	}
}

static bool header_is_valid(const uint8_t *header, uint16_t body_bytes)
{
	return header[0] >= RECORD_CCS && header[0] <= RECORD_HEARTBEAT && header[1] == 3 && header[2] <= 4 &&
	       body_bytes <= RECORD_BODY_MAX;
}

/* Is this the start of what can still become a header? Tells plain text after one byte. */
static bool start_is_valid(const uint8_t *bytes, size_t length)
{
	return bytes[0] >= RECORD_CCS && bytes[0] <= RECORD_HEARTBEAT && (length < 2 || bytes[1] == 3);
}

/* One step along a stream. Returns 1 if it moved, 0 if more bytes are needed, -EPROTO if lost. */
static int walk_step(struct walk *walk, bool from_client, struct stream *stream)
{
	const size_t lost = stream_lost(stream);
	const uint8_t *bytes = NULL;
	size_t length;
	uint16_t body_bytes;

	if (lost > walk->body_left)
		return -EPROTO;
	walk->body_left = (uint16_t)(walk->body_left - lost);
	length = stream_peek(stream, &bytes);
	if (!length)
		return 0;
	if (walk->body_left) {
		if (length > walk->body_left)
			length = walk->body_left;
		walk->body_left = (uint16_t)(walk->body_left - length);
		stream_consume(stream, length);
		return 1;
	}
	if (!start_is_valid(bytes, length))
		return -EPROTO;
	if (length < RECORD_HEADER_BYTES)
		return stream_stuck(stream) ? -EPROTO : 0;
	body_bytes = (uint16_t)(bytes[3] << 8 | bytes[4]);
	if (!header_is_valid(bytes, body_bytes))
		return -EPROTO;
	on_record(walk, from_client, bytes[0], body_bytes);
	walk->body_left = body_bytes;
	stream_consume(stream, RECORD_HEADER_BYTES);
	return 1;
}

static bool is_established(const struct tls *tls)
{
	const struct walk *in = &tls->in, *out = &tls->out;

	if (!out->records)
		return in->applications > 1;
	if (!in->records)
		return out->applications > 1;
	return (in->applications || in->finished) && (out->applications || out->finished);
}

bool tls_server_spoke(const struct tls *tls)
{
	return tls->out.records > 0;
}

static int walk_all(struct walk *walk, bool from_client, struct stream *stream)
{
	int moved;

	do
		moved = walk_step(walk, from_client, stream);
	while (moved > 0);
	return moved;
}

static void drain(struct stream *stream)
{
	const uint8_t *bytes = NULL;
	size_t length;

	while ((length = stream_peek(stream, &bytes)))
		stream_consume(stream, length);
	stream_lost(stream);
}

enum tls_state tls_read(struct tls *tls, struct stream *in, struct stream *out)
{
	if (!tls->over && (walk_all(&tls->in, true, in) || walk_all(&tls->out, false, out)))
		tls->over = true;
	if (tls->state == TLS_HELLO && is_established(tls))
		tls->state = TLS_ESTABLISHED;
	else if (tls->state == TLS_HELLO && tls->over)
		tls->state = TLS_LOST;
	if (tls->over) {
		drain(in);
		drain(out);
	}
	return tls->state;
}
