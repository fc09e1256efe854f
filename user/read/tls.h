/* SPDX-License-Identifier: BSD-2-Clause */
/* Follows TLS records (RFC 8446, 5.1; RFC 5246, 6.2.1) of one connection by their headers, in each direction on its
 * own: is the handshake done, and how long is everything that is said after it. Decrypts nothing. Of handshake messages
 * only the two hellos are looked at, before any key is in use.
 *
 * How long a plaintext is follows from its record and the cipher suite: TLS 1.3 adds 17 bytes (9 for the CCM_8 suite),
 * TLS 1.2 with GCM or CCM 24 (CCM_8 16), with ChaCha20 16; CBC shows a block of 16 only. The suite stands in the
 * ServerHello; where that is not seen, the length of the client's Finished tells. */
#ifndef GATEPOST_TLS_H
#define GATEPOST_TLS_H

#include "bpf/gatepost.h"
#include "user/read/stream.h"
#include "user/read/tls_cipher.h" /* struct tls_overhead */

enum tls_state {
	TLS_HELLO, /* handshake under way */
	TLS_ESTABLISHED, /* both ends have sent their Finished; stays so to the end */
	TLS_LOST, /* before that: not TLS, or the walk lost the record boundary */
};

/* A protected record after the handshake of its direction: application data, session tickets, an alert. */
struct tls_record {
	uint64_t time_ns; /* of the packet that brought its header */
	uint8_t direction; /* enum gp_direction */
	bool alert; /* said so on the outside (TLS 1.2); within TLS 1.3 nobody can tell */
	uint16_t least_bytes, most_bytes; /* of its plaintext; equal unless the cipher hides it (CBC) */
	uint16_t wire_bytes; /* header and body */
	uint32_t skipped_bytes; /* right before it, on the wire: not seen; how many records is unknown */
};
typedef void (*tls_record_fn)(void *context, const struct tls_record *record);
/* The ClientHello, once, complete: a handshake message with its four bytes of header. Valid during the call. */
typedef void (*tls_hello_fn)(void *context, const uint8_t *message, size_t length);

struct tls_listener {
	void *context;
	tls_record_fn record;
	tls_hello_fn hello; /* NULL: nobody asks */
};

struct tls; /* at most 256 bytes a flow */

int tls_new(struct tls **ret_tls, const struct tls_listener *listener); /* -ENOMEM */
void tls_free(struct tls *tls);
/* Reads all that is there; `time_ns` is of the packet that was delivered last. Where only one direction ever comes, two
 * protected records of it must do. A hole that may have swallowed a header costs the records in it: the walk finds its
 * feet again where a chain of valid headers starts at a segment's first byte, or loses the direction for good. */
enum tls_state tls_read(struct tls *tls, struct stream *in, struct stream *out, uint64_t time_ns);
bool tls_server_spoke(const struct tls *tls); /* at least one record of the server's */
bool tls_walking(const struct tls *tls, enum gp_direction direction); /* false: lost, or never seen */
struct tls_overhead tls_overhead(const struct tls *tls);
uint16_t tls_version(const struct tls *tls); /* 0x0301..0x0304; 0: not known yet */
bool tls_resumed(const struct tls *tls); /* an old secret was taken up: fewer tickets follow */

#endif
