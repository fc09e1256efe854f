/* SPDX-License-Identifier: BSD-2-Clause */
/* Follows TLS records (RFC 8446, 5.1; RFC 5246, 6.2.1) of one connection by their headers: is the handshake done,
 * how much was said after it. Does not decrypt and does not parse handshake messages (classify has SNI and JA3).
 * Outcomes of logins inside TLS will be read from the record lengths that this walk sees. */
#ifndef GATEPOST_TLS_H
#define GATEPOST_TLS_H

#include "user/read/stream.h"

enum tls_state {
	TLS_HELLO, /* handshake under way */
	TLS_ESTABLISHED, /* both ends have sent protected records beyond their handshake; stays so to the end */
	TLS_LOST, /* before that: not TLS, or the walk lost the record boundary */
};

struct tls; /* at most 256 bytes a flow */

int tls_new(struct tls **ret_tls); /* -ENOMEM */
void tls_free(struct tls *tls);
/* Reads all that is there. Where only one direction ever comes, two protected records of it must do. */
enum tls_state tls_read(struct tls *tls, struct stream *in, struct stream *out);
bool tls_server_spoke(const struct tls *tls); /* at least one record of the server's */

#endif
