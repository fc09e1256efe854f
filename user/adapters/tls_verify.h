/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS as a client who wants to know whom it talks to: what a library is given that speaks TLS but compares no names. */
#ifndef GATEPOST_TLS_VERIFY_H
#define GATEPOST_TLS_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "user/core/fault.h"

struct ssl_st; /* OpenSSL's SSL */
struct tls_verify;

/* PEM files. `ca_file` "": what the system trusts. Certificate and key: both, or "" for none. -ENOMEM, -EINVAL */
struct tls_verify_options {
	const char *ca_file, *certificate_file, *key_file;
};
int tls_verify_new(struct tls_verify **ret_verify, const struct tls_verify_options *options, struct fault *fault);
void tls_verify_free(struct tls_verify *verify);

/* For one connection, to be freed by whom it is given to. The certificate must be for `name`, which is sent, too (SNI),
 * or, when that is "", for the address. NULL: no memory, or neither is one. */
struct ssl_st *tls_verify_session(struct tls_verify *verify, const char *name, const char *address);

void tls_verify_end(struct ssl_st *ssl); /* when nobody took it */

/* The handshake goes on when something has come, not before: there is no use in writing. */
bool tls_verify_waits(const struct ssl_st *ssl);
/* Why it failed, in words; "" when TLS has nothing against the peer. */
const char *tls_verify_why(const struct ssl_st *ssl, char *buffer, size_t size);
/* What others left in OpenSSL's queue of errors would be taken for ours: to be called before anything is read. */
void tls_verify_forget_errors(void);

#endif
