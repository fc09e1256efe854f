/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/synth/seal.h"

#include <string.h>

#define TLS_1_2 0x0303
#define TLS_1_3 0x0304
#define AES_128_SHA256 0x1301
#define AES_256_SHA384 0x1302
#define ECDHE_ECDSA_AES_256 0xc02c

#define CHANGE_CIPHER_SPEC 20
#define ALERT 21
#define HANDSHAKE 22
#define APPLICATION 23

#define RECORD_BYTES 5
#define OVERHEAD_1_3 17 /* the content type and the tag, RFC 8446, 5.2 */
#define OVERHEAD_1_2 24 /* GCM: an explicit nonce and the tag, RFC 5288 */
#define HANDSHAKE_BYTES 4
#define ALERT_BYTES 2

/* NSS puts AES-128 first, OpenSSL and GnuTLS AES-256; all these servers take the client's first. */
struct seal seal_agree(enum synth_client client, const struct scenario_server *server)
{
	if (server->tls_1_2)
		return (struct seal){.version = TLS_1_2, .suite = ECDHE_ECDSA_AES_256, .finished_bytes = 12};
	if (client == SYNTH_CLIENT_THUNDERBIRD)
		return (struct seal){.version = TLS_1_3, .suite = AES_128_SHA256, .finished_bytes = 32};
	return (struct seal){.version = TLS_1_3, .suite = AES_256_SHA384, .finished_bytes = 48};
}

static void put_header(struct flight *flight, uint8_t type, size_t bytes)
{
	const uint8_t header[RECORD_BYTES] = {type, 3, 3, (uint8_t)(bytes >> 8), (uint8_t)bytes};

	memcpy(flight->bytes + flight->length, header, sizeof(header));
	flight->length += sizeof(header);
}

static void put_noise(struct flight *flight, struct dice *dice, size_t bytes)
{
	dice_fill(dice, flight->bytes + flight->length, bytes);
	flight->length += bytes;
}

/* A record that nobody can look into. TLS 1.3 calls them all application data. */
static void put_sealed(const struct seal *seal, struct flight *flight, struct dice *dice, uint8_t type, size_t bytes)
{
	const bool new = seal->version == TLS_1_3;

	bytes += new ? OVERHEAD_1_3 : OVERHEAD_1_2;
	put_header(flight, new ? APPLICATION : type, bytes);
	put_noise(flight, dice, bytes);
}

static void put_change_cipher_spec(struct flight *flight)
{
	put_header(flight, CHANGE_CIPHER_SPEC, 1);
	flight->bytes[flight->length++] = 1;
}

/* A handshake message in the clear whose body does not matter. */
static void put_message(struct flight *flight, struct dice *dice, uint8_t type, size_t bytes)
{
	const uint8_t header[HANDSHAKE_BYTES] = {type, 0, (uint8_t)(bytes >> 8), (uint8_t)bytes};

	put_header(flight, HANDSHAKE, sizeof(header) + bytes);
	memcpy(flight->bytes + flight->length, header, sizeof(header));
	flight->length += sizeof(header);
	put_noise(flight, dice, bytes);
}

void seal_client_hello(enum synth_client client, const char *name, struct dice *dice, struct flight *ret_flight)
{
	uint8_t bytes[CLIENT_HELLO_BYTES];
	const size_t length = client_hello(client, name, dice, bytes);

	ret_flight->length = 0;
	put_header(ret_flight, HANDSHAKE, length);
	ret_flight->bytes[2] = 1; /* the first record says TLS 1.0 (RFC 8446, 5.1) */
	memcpy(ret_flight->bytes + ret_flight->length, bytes, length);
	ret_flight->length += length;
}

/* Version and suite stand in it in the clear; with TLS 1.3 the version is an extension. */
static void put_server_hello(const struct seal *seal, struct flight *flight, struct dice *dice)
{
	static const uint8_t extensions_1_3[] = {0x00, 0x2e, 0x00, 0x2b, 0x00, 0x02, 0x03, 0x04,
						 0x00, 0x33, 0x00, 0x24, 0x00, 0x1d, 0x00, 0x20};
	static const uint8_t extensions_1_2[] = {0x00, 0x11, 0xff, 0x01, 0x00, 0x01, 0x00, 0x00, 0x0b, 0x00,
						 0x04, 0x03, 0x00, 0x01, 0x02, 0x00, 0x17, 0x00, 0x00};
	const bool new = seal->version == TLS_1_3;
	const size_t session_id = new ? 32 : 0;
	const size_t extensions = new ? sizeof(extensions_1_3) + 32 : sizeof(extensions_1_2);
	const uint8_t suite[] = {(uint8_t)(seal->suite >> 8), (uint8_t)seal->suite, 0};
	const size_t body = 2 + 32 + 1 + session_id + sizeof(suite) + extensions;
	const uint8_t begin[] = {2, 0, (uint8_t)(body >> 8), (uint8_t)body, 3, 3};

	put_header(flight, HANDSHAKE, HANDSHAKE_BYTES + body);
	memcpy(flight->bytes + flight->length, begin, sizeof(begin));
	flight->length += sizeof(begin);
	put_noise(flight, dice, 32);
	flight->bytes[flight->length++] = (uint8_t)session_id;
	put_noise(flight, dice, session_id);
	memcpy(flight->bytes + flight->length, suite, sizeof(suite));
	flight->length += sizeof(suite);
	memcpy(flight->bytes + flight->length, new ? extensions_1_3 : extensions_1_2,
	       new ? sizeof(extensions_1_3) : sizeof(extensions_1_2));
	flight->length += new ? sizeof(extensions_1_3) : sizeof(extensions_1_2);
	put_noise(flight, dice, new ? 32 : 0);
}

/* An ECDSA signature is a byte longer or shorter by chance. */
static size_t signature_bytes(const struct software_tls *tls, struct dice *dice)
{
	return tls->verify - 1 + dice_below(dice, 3);
}

void seal_server_flight(const struct seal *seal, const struct software_tls *tls, struct dice *dice,
			struct flight *ret_flight)
{
	ret_flight->length = 0;
	put_server_hello(seal, ret_flight, dice);
	if (seal->version == TLS_1_2) {
		put_message(ret_flight, dice, 11, tls->certificate - 9); /* Certificate: no extensions and no context */
		put_message(ret_flight, dice, 12, signature_bytes(tls, dice) + 32); /* ServerKeyExchange */
		put_message(ret_flight, dice, 14, 0); /* ServerHelloDone */
		return;
	}
	put_change_cipher_spec(ret_flight);
	put_sealed(seal, ret_flight, dice, HANDSHAKE, tls->extensions);
	put_sealed(seal, ret_flight, dice, HANDSHAKE, tls->certificate);
	put_sealed(seal, ret_flight, dice, HANDSHAKE, signature_bytes(tls, dice));
	put_sealed(seal, ret_flight, dice, HANDSHAKE, HANDSHAKE_BYTES + seal->finished_bytes);
}

void seal_client_finished(const struct seal *seal, struct dice *dice, struct flight *ret_flight)
{
	ret_flight->length = 0;
	if (seal->version == TLS_1_2)
		put_message(ret_flight, dice, 16, 33); /* ClientKeyExchange */
	put_change_cipher_spec(ret_flight);
	put_sealed(seal, ret_flight, dice, HANDSHAKE, HANDSHAKE_BYTES + seal->finished_bytes);
}

/* TLS 1.2 ends with the server's Finished, before it a ticket in the clear where there are tickets; TLS 1.3 may bring
 * tickets behind it, and a ticket holds what the hash is long. */
void seal_tickets(const struct seal *seal, const struct software_tls *tls, struct dice *dice, struct flight *ret_flight)
{
	ret_flight->length = 0;
	if (seal->version == TLS_1_2) {
		if (tls->tickets)
			put_message(ret_flight, dice, 4, 182);
		put_change_cipher_spec(ret_flight);
		put_sealed(seal, ret_flight, dice, HANDSHAKE, HANDSHAKE_BYTES + seal->finished_bytes);
		return;
	}
	for (int i = 0; i < tls->tickets; i++)
		put_sealed(seal, ret_flight, dice, HANDSHAKE,
			   seal->suite == AES_128_SHA256 ? tls->ticket_bytes - 16 : tls->ticket_bytes);
}

void seal_line(const struct seal *seal, const struct line *line, struct dice *dice, struct flight *ret_flight)
{
	size_t at = 0;

	ret_flight->length = 0;
	for (uint16_t i = 0; i < line->records; i++) {
		put_sealed(seal, ret_flight, dice, APPLICATION, line->record_end[i] - at);
		at = line->record_end[i];
	}
}

void seal_close_notify(const struct seal *seal, struct dice *dice, struct flight *ret_flight)
{
	ret_flight->length = 0;
	put_sealed(seal, ret_flight, dice, ALERT, ALERT_BYTES);
}
