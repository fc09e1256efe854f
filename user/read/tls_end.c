/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the handshake ends, and what comes after it.
 *
 * Up to TLS 1.2 each direction ends with its Finished, the first handshake record behind its ChangeCipherSpec; after it
 * a handshake record is a renegotiation. In TLS 1.3 everything protected looks alike (type 23), and the client's
 * Finished ends it for both: no mail server speaks before it has it. Its length is known: a header and one hash. What
 * the client sends before it is its certificate, of 8 bytes where it has none (Exim asks everybody for one). */
#include "user/read/tls_side.h"

#include "user/read/hello.h"

/* Encrypted alert of TLS 1.3: level, description, content type, tag (RFC 8446, 5.2). */
#define ALERT_13_BYTES 2
#define OVERHEAD_13 (RECORD_HEADER_BYTES + 17)
/* A protected Finished of TLS 1.2 is 32 to 96 bytes (AEAD 32 or 40, CBC up to 96). The hellos that TLS 1.3 sends
 * after its dummy CCS when it had to retry are longer: a ServerHello has 122 at least. */
#define FINISHED_12_MAX 112
#define HELLO_DONE 14 /* ServerHelloDone of TLS 1.2: now it waits for the client's key */

static uint16_t less(uint16_t from, uint16_t bytes)
{
	return from > bytes ? (uint16_t)(from - bytes) : 0;
}

static void report(struct side *side, uint16_t wire_bytes, bool alert, uint64_t time_ns)
{
	const struct tls *tls = side->tls;
	const struct tls_record record = {
		.time_ns = time_ns,
		.direction = side->direction,
		.alert = alert,
		.least_bytes = tls->overhead.most_bytes ? less(wire_bytes, tls->overhead.most_bytes) : 0,
		.most_bytes =
			less(wire_bytes, tls->overhead.most_bytes ? tls->overhead.least_bytes : RECORD_HEADER_BYTES),
		.wire_bytes = wire_bytes,
		.skipped_bytes = side->walk.skipped_bytes,
	};

	side->walk.skipped_bytes = 0;
	side->spoke = true;
	tls->listener.record(tls->listener.context, &record);
}

/* What got lost before this was of the handshake: nobody needs to know. */
void side_finish(struct side *side)
{
	side->finished = true;
	side->hello = false;
	side->walk.skipped_bytes = 0;
}

/* ---- TLS 1.3 ---- */

static bool is_finished_13(const struct tls *tls, unsigned int plain_bytes)
{
	const uint16_t wanted = tls_finished_bytes(tls->cipher);

	return wanted ? plain_bytes == wanted
		      : plain_bytes == tls_finished_bytes(0x1301) || plain_bytes == tls_finished_bytes(0x1302);
}

static uint16_t plain_13(const struct tls *tls, uint16_t wire_bytes)
{
	return less(wire_bytes, tls->overhead.most_bytes ? tls->overhead.most_bytes : OVERHEAD_13);
}

static void version_is_13(struct tls *tls)
{
	if (!tls->version)
		tls->version = TLS_1_3;
	if (!tls->overhead.most_bytes)
		tls->overhead = (struct tls_overhead){OVERHEAD_13, OVERHEAD_13};
}

/* The server's end follows in tls_read, when what it said before is read. */
static void client_finish_13(struct tls *tls)
{
	version_is_13(tls);
	side_finish(&tls->in);
	tls->doubtfuls = 0;
	tls->doubtful_bytes = 0;
}

/* The server went on, or there are too many: the first of the doubtful ones was a padded Finished. */
static void doubtful_settle(struct tls *tls)
{
	const unsigned int count = tls->doubtfuls;

	client_finish_13(tls);
	for (unsigned int i = 1; i < count; i++)
		report(&tls->in, tls->doubtful[i].wire_bytes, false, tls->doubtful[i].time_ns);
}

static void client_protected_13(struct tls *tls, uint16_t wire_bytes)
{
	const uint32_t skipped_bytes = tls->in.walk.skipped_bytes;
	const uint16_t plain_bytes = plain_13(tls, wire_bytes);

	if (skipped_bytes >= OVERHEAD_13 + 36u) {
		/* it was in the hole; of what version, the hole does not say */
		side_finish(&tls->in);
		tls->in.walk.skipped_bytes = skipped_bytes;
		report(&tls->in, wire_bytes, false, tls->time_ns);
		return;
	}
	/* a client that refuses the certificate sends an alert and goes: no handshake was completed */
	if (plain_bytes == ALERT_13_BYTES && !tls->doubtfuls)
		return;
	tls->doubtful_bytes = (uint16_t)(tls->doubtful_bytes + plain_bytes);
	if (is_finished_13(tls, plain_bytes) || is_finished_13(tls, tls->doubtful_bytes)) {
		client_finish_13(tls);
	} else if (tls->doubtfuls < DOUBTFUL_MAX) {
		tls->doubtful[tls->doubtfuls++] = (struct doubtful){tls->time_ns, wire_bytes};
	} else {
		doubtful_settle(tls);
		report(&tls->in, wire_bytes, false, tls->time_ns);
	}
}

static void server_protected_13(struct tls *tls, uint16_t wire_bytes)
{
	const uint16_t plain_bytes = plain_13(tls, wire_bytes);

	if (tls->doubtfuls && plain_bytes != ALERT_13_BYTES) {
		doubtful_settle(tls);
		side_finish(&tls->out);
		report(&tls->out, wire_bytes, false, tls->time_ns);
	} else if (!tls->in.walk.records && is_finished_13(tls, plain_bytes)) {
		/* the client is not seen: its own Finished must do */
		version_is_13(tls);
		side_finish(&tls->out);
	}
}

static bool is_resumed_12(const struct side *out)
{
	return out->hello && out->gather.seen & 1u << HELLO_SERVER && !(out->gather.seen & 1u << HELLO_DONE);
}

static void on_ccs(struct side *side)
{
	struct tls *tls = side->tls;

	if (side->direction == GP_OUT && tls->version && tls->version < TLS_1_3)
		tls->resumed |= is_resumed_12(side);
	side->ccs = true;
	if (tls->version != TLS_1_3)
		side_hello_end(side);
}

static void on_handshake(struct side *side, uint16_t body_bytes)
{
	struct tls *tls = side->tls;

	if (!side->ccs || side->finished || tls->version == TLS_1_3 || !body_bytes)
		return;
	if (!tls->version && body_bytes > FINISHED_12_MAX)
		return;
	if (!tls->version && side->walk.minor)
		tls->version = (uint16_t)(0x0300 | side->walk.minor);
	if (!tls->overhead.most_bytes)
		tls->overhead = tls_finished_overhead(tls->version, body_bytes);
	side_finish(side);
}

static void on_application(struct side *side, uint16_t wire_bytes)
{
	struct tls *tls = side->tls;

	/* TLS 1.2: the Finished got lost, or the peer will not take this either */
	if (!side->finished && tls->version && tls->version < TLS_1_3 && side->walk.torn)
		side->finished = true;
	if (side->finished)
		report(side, wire_bytes, false, tls->time_ns);
	else if (tls->version && tls->version < TLS_1_3)
		return;
	else if (side->direction == GP_IN)
		client_protected_13(tls, wire_bytes);
	else
		server_protected_13(tls, wire_bytes);
}

void side_record(struct side *side, uint8_t type, uint16_t body_bytes)
{
	const uint16_t wire_bytes = (uint16_t)(RECORD_HEADER_BYTES + body_bytes);

	if (type == RECORD_CCS)
		on_ccs(side);
	else if (type == RECORD_HANDSHAKE)
		on_handshake(side, body_bytes);
	else if (type == RECORD_APPLICATION)
		on_application(side, wire_bytes);
	else if (type == RECORD_ALERT && side->finished && side->tls->version < TLS_1_3)
		report(side, wire_bytes, true, side->tls->time_ns);
	if (!side->finished)
		side->walk.skipped_bytes = 0;
}
