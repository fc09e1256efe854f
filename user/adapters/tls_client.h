/* SPDX-License-Identifier: BSD-2-Clause */
/* A TCP connection that can become TLS (OpenSSL), for `gatepost calibrate`: one read is one record, as its lengths are
 * what is asked for. Nothing waits beyond the time that it is given. */
#ifndef GATEPOST_TLS_CLIENT_H
#define GATEPOST_TLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/core/addr.h"
#include "user/core/fault.h"

struct tls_client;

struct tls_client_options {
	const char *host; /* the name to send and to look for in the certificate; or an address */
	bool verify; /* refuse a server whose certificate is not good for the host */
	uint64_t (*now_ns)(void);
};

/* The options' host must outlive the client. -ENOMEM */
int tls_client_new(struct tls_client **ret_client, const struct tls_client_options *options, struct fault *fault);
void tls_client_free(struct tls_client *client);

/* TCP; what was open is closed first. */
int tls_client_connect(struct tls_client *client, const struct addr *server, uint16_t port, uint64_t until_ns,
		       struct fault *fault);
int tls_client_secure(struct tls_client *client, uint64_t until_ns, struct fault *fault);
void tls_client_close(struct tls_client *client);

int tls_client_send(struct tls_client *client, const char *bytes, size_t length, uint64_t until_ns);
/* Under TLS a record at most, when `size` is that of a record (2^14) or more. 0: the peer hung up, however it did so.
 * -ETIMEDOUT, -EPROTO */
int tls_client_receive(struct tls_client *client, char *buffer, size_t size, uint64_t until_ns);

/* Of the NewSessionTickets of TLS 1.3 that have come since tls_client_secure: their lengths, and how many. */
size_t tls_client_tickets(const struct tls_client *client, uint32_t *ret_bytes, size_t max);
const char *tls_client_cipher(const struct tls_client *client); /* "TLSv1.3 TLS_AES_256_GCM_SHA384", "" */
const char *tls_client_doubt(const struct tls_client *client); /* what is wrong with the certificate; "": nothing */
/* Some record was longer than what was in it and its cipher explain: the server pads, lengths will tell nothing. */
bool tls_client_is_padded(const struct tls_client *client);

#endif
