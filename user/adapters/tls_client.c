/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket never blocks: each wait is a poll(2) up to the caller's deadline, so a server that sends a byte a second
 * gains nothing. Servers hang up in many ways, all of which read as the end: close_notify, FIN without it, RST. */
#include "user/adapters/tls_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICKETS_MAX 4
#define NS_PER_MS 1000000ULL
/* RFC 8446, 5.2: content type, and the 16 bytes of the tag. TLS 1.2 has an explicit nonce in its place. */
#define OVERHEAD_BYTES_TLS13 17

struct tls_client {
	struct tls_client_options options;
	SSL_CTX *context;
	SSL *ssl; /* NULL: in the clear */
	int fd;
	size_t tickets;
	uint32_t ticket_bytes[TICKETS_MAX];
	size_t record_bytes; /* of the last header that came */
	bool padded;
	char cipher[96], doubt[160];
};

/* ---- set-up ---------------------------------------------------------------------------------------------------- */

int tls_client_new(struct tls_client **ret_client, const struct tls_client_options *options, struct fault *fault)
{
	struct tls_client *client = calloc(1, sizeof(*client));

	if (!client)
		return fault_set(fault, ENOMEM, "no memory for the connection");
	client->options = *options;
	client->fd = -1;
	client->context = SSL_CTX_new(TLS_client_method());
	if (!client->context || !SSL_CTX_set_default_verify_paths(client->context)) {
		tls_client_free(client);
		return fault_set(fault, ENOMEM, "OpenSSL cannot be set up");
	}
	SSL_CTX_set_options(client->context, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_session_cache_mode(client->context, SSL_SESS_CACHE_OFF);
	*ret_client = client;
	return 0;
}

void tls_client_free(struct tls_client *client)
{
	if (!client)
		return;
	tls_client_close(client);
	SSL_CTX_free(client->context);
	free(client);
}

void tls_client_close(struct tls_client *client)
{
	if (client->ssl && SSL_is_init_finished(client->ssl))
		SSL_shutdown(client->ssl); /* politely; the answer is not waited for */
	SSL_free(client->ssl);
	ERR_clear_error();
	if (client->fd >= 0)
		close(client->fd);
	client->ssl = NULL;
	client->fd = -1;
}

/* ---- waiting --------------------------------------------------------------------------------------------------- */

static int wait_for(const struct tls_client *client, short what, uint64_t until_ns)
{
	struct pollfd ready = {.fd = client->fd, .events = what};
	const uint64_t now_ns = client->options.now_ns();
	const uint64_t wait_ms = until_ns > now_ns ? (until_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
	int count = poll(&ready, 1, wait_ms < INT32_MAX ? (int)wait_ms : INT32_MAX);

	if (count < 0 && errno != EINTR)
		return -errno;
	return count ? 0 : -ETIMEDOUT;
}

/* After an OpenSSL call that returned `code` <= 0. 0: try again. -ENODATA: the peer is gone. */
static int wait_for_tls(struct tls_client *client, int code, uint64_t until_ns)
{
	const int cause = SSL_get_error(client->ssl, code);

	if (cause == SSL_ERROR_WANT_READ)
		return wait_for(client, POLLIN, until_ns);
	if (cause == SSL_ERROR_WANT_WRITE)
		return wait_for(client, POLLOUT, until_ns);
	if (cause == SSL_ERROR_ZERO_RETURN || cause == SSL_ERROR_SYSCALL)
		return -ENODATA;
	return ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? -ENODATA : -EPROTO;
}

/* ---- TCP ------------------------------------------------------------------------------------------------------- */

static socklen_t socket_address(struct sockaddr_storage *ret_address, const struct addr *server, uint16_t port)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (addr_is_v4(server)) {
		memcpy(&v4.sin_addr, server->byte + 12, 4);
		memcpy(ret_address, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(&v6.sin6_addr, server->byte, 16);
	memcpy(ret_address, &v6, sizeof(v6));
	return sizeof(v6);
}

static int socket_connect(struct tls_client *client, const struct sockaddr_storage *address, socklen_t length,
			  uint64_t until_ns)
{
	const int one = 1;
	int error = 0, err;
	socklen_t size = sizeof(error);

	client->fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return -errno;
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!connect(client->fd, (const struct sockaddr *)address, length))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	err = wait_for(client, POLLOUT, until_ns);
	if (!err && getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size))
		return -errno;
	return err ? err : -error;
}

int tls_client_connect(struct tls_client *client, const struct addr *server, uint16_t port, uint64_t until_ns,
		       struct fault *fault)
{
	struct sockaddr_storage address = {0};
	const socklen_t length = socket_address(&address, server, port);
	char text[ADDR_TEXT_BYTES];
	int err;

	tls_client_close(client);
	err = socket_connect(client, &address, length, until_ns);
	if (!err)
		return 0;
	tls_client_close(client);
	return fault_set(fault, -err, "%s port %u: %s", addr_text(server, text), port,
			 err == -ETIMEDOUT ? "no answer" : strerror(-err));
}

/* ---- TLS ------------------------------------------------------------------------------------------------------- */

/* OpenSSL shows each record's header and each handshake message here. */
static void on_message(int sent, int version, int type, const void *bytes, size_t length, SSL *ssl, void *context)
{
	struct tls_client *client = context;
	const uint8_t *byte = bytes;

	(void)version;
	if (sent)
		return;
	if (type == SSL3_RT_HEADER && length >= SSL3_RT_HEADER_LENGTH)
		client->record_bytes = (size_t)(byte[3] << 8 | byte[4]);
	else if (type == SSL3_RT_HANDSHAKE && length && byte[0] == SSL3_MT_NEWSESSION_TICKET &&
		 SSL_version(ssl) == TLS1_3_VERSION && client->tickets < TICKETS_MAX)
		client->ticket_bytes[client->tickets++] = (uint32_t)length;
}

static bool is_address(const char *host)
{
	struct addr addr;

	return !addr_parse(host, &addr);
}

/* RFC 6066, 3: an address is no server name. */
static bool name_set(SSL *ssl, const char *host)
{
	if (is_address(host))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
	return SSL_set_tlsext_host_name(ssl, host) && SSL_set1_host(ssl, host);
}

static int tls_new(struct tls_client *client)
{
	client->ssl = SSL_new(client->context);
	if (!client->ssl || !name_set(client->ssl, client->options.host) || !SSL_set_fd(client->ssl, client->fd))
		return -ENOMEM;
	/* Without SSL_VERIFY_PEER a client goes on, and what is wrong can still be asked. */
	SSL_set_verify(client->ssl, client->options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	SSL_set_msg_callback(client->ssl, on_message);
	SSL_set_msg_callback_arg(client->ssl, client);
	client->tickets = 0;
	return 0;
}

static int handshake_fault(struct tls_client *client, int error, struct fault *fault)
{
	const unsigned long cause = ERR_peek_error();
	const int reason = ERR_GET_REASON(cause);
	const char *words = ERR_reason_error_string(cause);

	if (client->options.verify && SSL_get_verify_result(client->ssl) != X509_V_OK)
		return fault_set(fault, EPROTO, "the certificate of %s is not good: %s (--tls-verify no)",
				 client->options.host,
				 X509_verify_cert_error_string(SSL_get_verify_result(client->ssl)));
	if (error == -ETIMEDOUT)
		return fault_set(fault, ETIMEDOUT, "no answer to the TLS handshake in time");
	if (error == -ENODATA)
		return fault_set(fault, ECONNRESET, "the server hung up during the TLS handshake");
	/* What OpenSSL calls so is clear text: a greeting. */
	if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG)
		return fault_set(fault, EPROTO,
				 "a TLS handshake was expected, the server sent something else: does this port want "
				 "STARTTLS (imap, pop3, submission)?");
	return fault_set(fault, EPROTO, "the TLS handshake failed: %s", words ? words : "no reason is known");
}

static void peer_describe(struct tls_client *client)
{
	const long result = SSL_get_verify_result(client->ssl);

	snprintf(client->cipher, sizeof(client->cipher), "%s %s", SSL_get_version(client->ssl),
		 SSL_get_cipher_name(client->ssl));
	snprintf(client->doubt, sizeof(client->doubt), "%s",
		 result == X509_V_OK ? "" : X509_verify_cert_error_string(result));
}

int tls_client_secure(struct tls_client *client, uint64_t until_ns, struct fault *fault)
{
	int err = tls_new(client), code;

	if (err)
		return fault_set(fault, ENOMEM, "OpenSSL cannot be set up for %s", client->options.host);
	do {
		ERR_clear_error();
		code = SSL_connect(client->ssl);
		err = code > 0 ? 0 : wait_for_tls(client, code, until_ns);
	} while (code <= 0 && !err);
	if (err)
		return handshake_fault(client, err, fault);
	peer_describe(client);
	return 0;
}

/* ---- bytes ----------------------------------------------------------------------------------------------------- */

static int send_clear(struct tls_client *client, const char *bytes, size_t length, uint64_t until_ns)
{
	int err = 0;

	while (length && !err) {
		const ssize_t sent = send(client->fd, bytes, length, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (sent < 0)
			err = wait_for(client, POLLOUT, until_ns);
		bytes += sent > 0 ? sent : 0;
		length -= sent > 0 ? (size_t)sent : 0;
	}
	return err;
}

int tls_client_send(struct tls_client *client, const char *bytes, size_t length, uint64_t until_ns)
{
	int err, code;

	if (!client->ssl)
		return send_clear(client, bytes, length, until_ns);
	do {
		ERR_clear_error();
		code = SSL_write(client->ssl, bytes, (int)length); /* all or nothing */
		err = code > 0 ? 0 : wait_for_tls(client, code, until_ns);
	} while (code <= 0 && !err);
	return err == -ENODATA ? -EPIPE : err;
}

static int receive_clear(struct tls_client *client, char *buffer, size_t size, uint64_t until_ns)
{
	for (;;) {
		const ssize_t got = recv(client->fd, buffer, size, 0);
		int err;

		if (got >= 0)
			return (int)got;
		if (errno == ECONNRESET)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		err = wait_for(client, POLLIN, until_ns);
		if (err)
			return err;
	}
}

int tls_client_receive(struct tls_client *client, char *buffer, size_t size, uint64_t until_ns)
{
	int err, code;

	if (!client->ssl)
		return receive_clear(client, buffer, size, until_ns);
	do {
		ERR_clear_error();
		code = SSL_read(client->ssl, buffer, (int)size);
		err = code > 0 ? 0 : wait_for_tls(client, code, until_ns);
	} while (code <= 0 && !err);
	if (code > 0 && SSL_version(client->ssl) == TLS1_3_VERSION)
		client->padded |= client->record_bytes > (size_t)code + OVERHEAD_BYTES_TLS13;
	if (code > 0)
		return code;
	return err == -ENODATA ? 0 : err;
}

/* ---- what there is to say -------------------------------------------------------------------------------------- */

size_t tls_client_tickets(const struct tls_client *client, uint32_t *ret_bytes, size_t max)
{
	const size_t count = client->tickets < max ? client->tickets : max;

	memcpy(ret_bytes, client->ticket_bytes, count * sizeof(*ret_bytes));
	return count;
}

const char *tls_client_cipher(const struct tls_client *client)
{
	return client->cipher;
}

const char *tls_client_doubt(const struct tls_client *client)
{
	return client->doubt;
}

bool tls_client_is_padded(const struct tls_client *client)
{
	return client->padded;
}
