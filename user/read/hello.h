/* SPDX-License-Identifier: BSD-2-Clause */
/* The two hellos of TLS (RFC 8446, 4.1; RFC 5246, 7.4.1): what the client offers, what the server chose. Takes a whole
 * handshake message with its four bytes of header. Every length in it is the sender's: nothing is read beyond its own
 * vector, and what does not fit its vector is no hello. */
#ifndef GATEPOST_HELLO_H
#define GATEPOST_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HELLO_CLIENT 1 /* message types */
#define HELLO_SERVER 2
#define HELLO_MESSAGE_MAX 4096 /* with the shares of post-quantum key exchanges and a ticket: about 2400 */
#define HELLO_CIPHERS_MAX 512 /* nmap offers 78 */
#define HELLO_EXTENSIONS_MAX 128
#define HELLO_SIGNATURES_MAX 128

/* GREASE (RFC 8701) is left out of every list: it differs from one connection to the next. */
struct client_hello {
	uint16_t version; /* the highest of supported_versions, else legacy_version */
	bool has_sni;
	uint8_t alpn_first, alpn_last; /* bytes of the first protocol name */
	uint8_t alpn_bytes; /* its length; 0: none offered */
	uint16_t ciphers, extensions, signatures; /* how many */
	uint16_t cipher[HELLO_CIPHERS_MAX];
	uint16_t extension[HELLO_EXTENSIONS_MAX]; /* in order, server_name and ALPN too */
	uint16_t signature[HELLO_SIGNATURES_MAX]; /* signature_algorithms, in order */
};

struct server_hello {
	uint16_t version; /* of the connection: of supported_versions where it says so */
	uint16_t cipher;
	bool retry; /* HelloRetryRequest: another one follows */
	bool resumed; /* TLS 1.3: the offered key is taken */
};

/* -EBADMSG: not such a hello; -E2BIG: a list of it is too long. */
int hello_parse_client(const uint8_t *message, size_t length, struct client_hello *ret_hello);
int hello_parse_server(const uint8_t *message, size_t length, struct server_hello *ret_hello);

#endif
