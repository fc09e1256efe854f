/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/tls_verify.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

struct tls_verify {
	SSL_CTX *context;
};

static const char *last_error(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return reason ? reason : "OpenSSL gives no reason";
}

static int load_ca(SSL_CTX *context, const char *path, struct fault *fault)
{
	const int loaded =
		path[0] ? SSL_CTX_load_verify_file(context, path) : SSL_CTX_set_default_verify_paths(context);

	return loaded == 1 ? 0 : fault_set(fault, EINVAL, "TLS: tls_ca_file %s: %s", path, last_error());
}

static int load_own(SSL_CTX *context, const struct tls_verify_options *options, struct fault *fault)
{
	if (!options->certificate_file[0] && !options->key_file[0])
		return 0;
	if (SSL_CTX_use_certificate_chain_file(context, options->certificate_file) != 1)
		return fault_set(fault, EINVAL, "TLS: tls_certificate_file %s: %s", options->certificate_file,
				 last_error());
	if (SSL_CTX_use_PrivateKey_file(context, options->key_file, SSL_FILETYPE_PEM) != 1)
		return fault_set(fault, EINVAL, "TLS: tls_key_file %s: %s", options->key_file, last_error());
	return 0;
}

int tls_verify_new(struct tls_verify **ret_verify, const struct tls_verify_options *options, struct fault *fault)
{
	struct tls_verify *verify = calloc(1, sizeof(*verify));
	int error;

	if (verify)
		verify->context = SSL_CTX_new(TLS_client_method());
	if (!verify || !verify->context) {
		tls_verify_free(verify);
		return fault_set(fault, ENOMEM, "no memory for TLS");
	}
	SSL_CTX_set_min_proto_version(verify->context, TLS1_2_VERSION);
	SSL_CTX_set_options(verify->context, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_verify(verify->context, SSL_VERIFY_PEER, NULL);
	error = load_ca(verify->context, options->ca_file, fault);
	if (!error)
		error = load_own(verify->context, options, fault);
	ERR_clear_error();
	if (error) {
		tls_verify_free(verify);
		return error;
	}
	*ret_verify = verify;
	return 0;
}

void tls_verify_free(struct tls_verify *verify)
{
	if (!verify)
		return;
	SSL_CTX_free(verify->context);
	free(verify);
}

static bool expect(SSL *ssl, const char *name, const char *address)
{
	if (!name[0])
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), address) == 1;
	return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

struct ssl_st *tls_verify_session(struct tls_verify *verify, const char *name, const char *address)
{
	SSL *ssl = SSL_new(verify->context);

	if (ssl && !expect(ssl, name, address)) {
		SSL_free(ssl);
		ssl = NULL;
	}
	ERR_clear_error();
	return ssl;
}

void tls_verify_end(struct ssl_st *ssl)
{
	SSL_free(ssl);
}

bool tls_verify_waits(const struct ssl_st *ssl)
{
	return SSL_in_init(ssl) && SSL_want_read(ssl);
}

const char *tls_verify_why(const struct ssl_st *ssl, char *buffer, size_t size)
{
	const long verdict = SSL_get_verify_result(ssl);
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	if (verdict != X509_V_OK)
		snprintf(buffer, size, "its certificate is not believed: %s", X509_verify_cert_error_string(verdict));
	else
		snprintf(buffer, size, "%s", reason ? reason : "");
	return buffer;
}

void tls_verify_forget_errors(void)
{
	ERR_clear_error();
}
