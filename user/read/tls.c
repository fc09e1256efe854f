/* SPDX-License-Identifier: BSD-2-Clause */
/* Both directions of a connection: what of their bytes is read, and what the two say together. Record boundaries are
 * tls_walk's, the hellos hello's; what a record is to the connection is decided in tls_end.
 * No handshake message is read once a key may be in use: one encrypted Finished in 128 begins like a ServerHello. */
#include "user/read/tls.h"

#include <errno.h>
#include <stdlib.h>

#include "user/read/hello.h"
#include "user/read/tls_side.h"

/* A ClientHello in fragments of one byte stays below; nobody needs as many. */
#define HANDSHAKE_RECORDS_MAX 4096
/* No message type: that others come is enough (tls_end.c). */
#define NOTHING 0xff

int tls_new(struct tls **ret_tls, const struct tls_listener *listener)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return -ENOMEM;
	tls->listener = *listener;
	tls->in = (struct side){.tls = tls, .direction = GP_IN, .hello = true, .gather.wanted = HELLO_CLIENT};
	tls->out = (struct side){.tls = tls, .direction = GP_OUT, .hello = true, .gather.wanted = HELLO_SERVER};
	*ret_tls = tls;
	return 0;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	gather_drop(&tls->in.gather);
	gather_drop(&tls->out.gather);
	free(tls);
}

void side_hello_end(struct side *side)
{
	side->hello = false;
	gather_drop(&side->gather);
}

static void on_header(void *context, uint8_t type, uint16_t body_bytes)
{
	struct side *side = context;

	side->type = type;
	if (side->hello && (side->walk.torn || type == RECORD_APPLICATION))
		side_hello_end(side);
	side_record(side, type, body_bytes);
}

static void on_client_hello(struct side *side, const uint8_t *message, size_t length)
{
	const struct tls_listener *listener = &side->tls->listener;

	side_hello_end(side);
	if (listener->hello)
		listener->hello(listener->context, message, length);
}

static void on_server_hello(struct side *side, const uint8_t *message, size_t length)
{
	struct tls *tls = side->tls;
	struct server_hello hello;

	if (hello_parse_server(message, length, &hello) || hello.version < TLS_1_0 || hello.version > TLS_1_3) {
		side_hello_end(side);
		return;
	}
	tls->version = hello.version;
	tls->cipher = hello.cipher;
	tls->overhead = tls_cipher_overhead(hello.version, hello.cipher);
	tls->resumed = hello.resumed;
	if (hello.retry)
		return;
	side->gather.wanted = NOTHING;
	if (hello.version == TLS_1_3)
		side_hello_end(side);
	/* what a client sent before this was early data, whatever its length (RFC 8446, 4.2.10) */
	tls->in.finished = false;
	tls->doubtfuls = 0;
	tls->doubtful_bytes = 0;
}

static void on_body(void *context, const uint8_t *bytes, size_t length)
{
	struct side *side = context;
	uint8_t *message;
	size_t message_bytes;

	if (side->type != RECORD_HANDSHAKE)
		return;
	if (!bytes)
		side_hello_end(side);
	while (side->hello && length) {
		const size_t used = gather_add(&side->gather, bytes, length, &message, &message_bytes);

		if (message && side->direction == GP_IN)
			on_client_hello(side, message, message_bytes);
		else if (message)
			on_server_hello(side, message, message_bytes);
		free(message);
		bytes += used;
		length -= used;
	}
}

/* ---- both sides ---- */

static void side_read(struct side *side, struct stream *stream)
{
	const struct walk_reader reader = {.context = side, .header = on_header, .body = on_body};

	walk_read(&side->walk, stream, &reader);
	if (!side->finished && side->walk.records > HANDSHAKE_RECORDS_MAX)
		side->walk.lost = true;
}

/* The client has finished, so it had all of the server's handshake: what it acknowledged of it and we did not see will
 * not come. Adrift even if the hole fits the present record: an acknowledgement may be a lie. While the server's hello
 * is still to come, it was no Finished but early data. */
static void server_finish_13(struct tls *tls, struct stream *out)
{
	side_read(&tls->out, out);
	while (stream_give_up(out)) {
		side_read(&tls->out, out);
		tls->out.walk.torn = tls->out.walk.adrift = true;
		tls->out.walk.body_left = 0;
	}
	if (tls->in.finished && !tls->out.hello)
		side_finish(&tls->out);
}

static bool is_gone(const struct side *side)
{
	return side->walk.lost || !side->walk.records;
}

static bool is_established(const struct tls *tls)
{
	const struct side *in = &tls->in, *out = &tls->out;

	if (in->finished && out->finished) /* whatever came after it, in the same segment or not */
		return true;
	if (is_gone(out))
		return in->finished && in->spoke;
	if (is_gone(in))
		return out->finished && out->spoke;
	return false;
}

/* Without a hole, what cannot be read as records is something else. */
static bool is_lost(const struct tls *tls)
{
	const struct walk *in = &tls->in.walk, *out = &tls->out.walk;

	return (in->lost && (!in->torn || out->lost)) || (out->lost && !out->torn);
}

enum tls_state tls_read(struct tls *tls, struct stream *in, struct stream *out, uint64_t time_ns)
{
	tls->time_ns = time_ns;
	side_read(&tls->in, in);
	if (tls->in.finished && !tls->out.finished && tls->version == TLS_1_3 && tls->out.walk.records)
		server_finish_13(tls, out);
	side_read(&tls->out, out);
	if (tls->state == TLS_HELLO && is_established(tls))
		tls->state = TLS_ESTABLISHED;
	else if (tls->state == TLS_HELLO && is_lost(tls))
		tls->state = TLS_LOST;
	if (tls->state == TLS_LOST)
		tls->in.walk.lost = tls->out.walk.lost = true;
	return (enum tls_state)tls->state;
}

bool tls_server_spoke(const struct tls *tls)
{
	return tls->out.walk.records > 0;
}

bool tls_walking(const struct tls *tls, enum gp_direction direction)
{
	return !is_gone(direction == GP_IN ? &tls->in : &tls->out);
}

struct tls_overhead tls_overhead(const struct tls *tls)
{
	return tls->overhead;
}

uint16_t tls_version(const struct tls *tls)
{
	return tls->version;
}

bool tls_resumed(const struct tls *tls)
{
	return tls->resumed;
}
