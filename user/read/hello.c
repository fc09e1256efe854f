/* SPDX-License-Identifier: BSD-2-Clause */
/* A cursor that only moves on: each vector is cut off the front of its parent, and taken whole or not at all. */
#include "user/read/hello.h"

#include <errno.h>
#include <string.h>

#define RANDOM_BYTES 32

enum extension {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_SIGNATURES = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_PRE_SHARED_KEY = 41,
	EXTENSION_VERSIONS = 43,
};

/* RFC 8446, 4.1.3: SHA-256 of "HelloRetryRequest" */
static const uint8_t retry_random[RANDOM_BYTES] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

struct cursor {
	const uint8_t *at;
	size_t left;
};

static bool take(struct cursor *from, size_t length, struct cursor *ret)
{
	if (from->left < length)
		return false;
	*ret = (struct cursor){from->at, length};
	from->at += length;
	from->left -= length;
	return true;
}

static bool take_number(struct cursor *from, size_t length, uint32_t *ret)
{
	struct cursor bytes;

	if (!take(from, length, &bytes))
		return false;
	*ret = 0;
	for (size_t i = 0; i < length; i++)
		*ret = *ret << 8 | bytes.at[i];
	return true;
}

/* A vector: a length of `width` bytes, then that many. */
static bool take_vector(struct cursor *from, size_t width, struct cursor *ret)
{
	uint32_t length;

	return take_number(from, width, &length) && take(from, length, ret);
}

static bool is_grease(uint32_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static int list_read(struct cursor from, uint16_t *list, size_t max, uint16_t *ret_count)
{
	uint16_t count = 0;
	uint32_t value;

	while (from.left) {
		if (!take_number(&from, 2, &value))
			return -EBADMSG;
		if (is_grease(value))
			continue;
		if (count == max)
			return -E2BIG;
		list[count++] = (uint16_t)value;
	}
	*ret_count = count;
	return 0;
}

static int versions_read(struct cursor body, struct client_hello *hello)
{
	struct cursor list;
	uint32_t value, highest = 0;

	if (!take_vector(&body, 1, &list))
		return -EBADMSG;
	while (list.left) {
		if (!take_number(&list, 2, &value))
			return -EBADMSG;
		if (!is_grease(value) && value > highest)
			highest = value;
	}
	if (highest)
		hello->version = (uint16_t)highest;
	return 0;
}

static int alpn_read(struct cursor body, struct client_hello *hello)
{
	struct cursor list, name;

	if (!take_vector(&body, 2, &list) || !take_vector(&list, 1, &name) || !name.left)
		return -EBADMSG;
	hello->alpn_bytes = (uint8_t)name.left;
	hello->alpn_first = name.at[0];
	hello->alpn_last = name.at[name.left - 1];
	return 0;
}

static int signatures_read(struct cursor body, struct client_hello *hello)
{
	struct cursor list;

	if (!take_vector(&body, 2, &list))
		return -EBADMSG;
	return list_read(list, hello->signature, HELLO_SIGNATURES_MAX, &hello->signatures);
}

static int client_extension(struct client_hello *hello, uint32_t type, struct cursor body)
{
	if (is_grease(type))
		return 0;
	if (hello->extensions == HELLO_EXTENSIONS_MAX)
		return -E2BIG;
	hello->extension[hello->extensions++] = (uint16_t)type;
	switch (type) {
	case EXTENSION_SERVER_NAME:
		hello->has_sni = true;
		return 0;
	case EXTENSION_VERSIONS:
		return versions_read(body, hello);
	case EXTENSION_ALPN:
		return alpn_read(body, hello);
	case EXTENSION_SIGNATURES:
		return signatures_read(body, hello);
	default:
		return 0;
	}
}

/* The message's own header, its version and random; both hellos begin so. */
static bool hello_begin(struct cursor *message, uint8_t wanted_type, uint32_t *ret_version, struct cursor *ret_random)
{
	uint32_t type;
	struct cursor body;

	if (!take_number(message, 1, &type) || type != wanted_type || !take_vector(message, 3, &body) || message->left)
		return false;
	*message = body;
	return take_number(message, 2, ret_version) && take(message, RANDOM_BYTES, ret_random);
}

/* `rest` is what follows the fixed part: before TLS 1.3 there may be no extensions at all. */
static bool take_extensions(struct cursor *rest, struct cursor *ret)
{
	*ret = (struct cursor){0};
	return !rest->left || (take_vector(rest, 2, ret) && !rest->left);
}

static bool take_extension(struct cursor *extensions, uint32_t *ret_type, struct cursor *ret_body)
{
	return take_number(extensions, 2, ret_type) && take_vector(extensions, 2, ret_body);
}

int hello_parse_client(const uint8_t *message, size_t length, struct client_hello *ret_hello)
{
	struct cursor rest = {message, length}, random, id, ciphers, compression, extensions, body;
	struct client_hello hello = {0};
	uint32_t version, type;
	int error;

	if (!hello_begin(&rest, HELLO_CLIENT, &version, &random) || !take_vector(&rest, 1, &id) ||
	    !take_vector(&rest, 2, &ciphers) || !take_vector(&rest, 1, &compression) ||
	    !take_extensions(&rest, &extensions))
		return -EBADMSG;
	hello.version = (uint16_t)version;
	error = list_read(ciphers, hello.cipher, HELLO_CIPHERS_MAX, &hello.ciphers);
	while (!error && extensions.left)
		error = take_extension(&extensions, &type, &body) ? client_extension(&hello, type, body) : -EBADMSG;
	if (!error)
		*ret_hello = hello;
	return error;
}

static int server_extension(struct server_hello *hello, uint32_t type, struct cursor body)
{
	uint32_t version;

	if (type == EXTENSION_PRE_SHARED_KEY)
		hello->resumed = true;
	if (type != EXTENSION_VERSIONS)
		return 0;
	if (!take_number(&body, 2, &version))
		return -EBADMSG;
	hello->version = (uint16_t)version;
	return 0;
}

int hello_parse_server(const uint8_t *message, size_t length, struct server_hello *ret_hello)
{
	struct cursor rest = {message, length}, random, id, extensions, body;
	struct server_hello hello = {0};
	uint32_t version, cipher, compression, type;
	int error = 0;

	if (!hello_begin(&rest, HELLO_SERVER, &version, &random) || !take_vector(&rest, 1, &id) ||
	    !take_number(&rest, 2, &cipher) || !take_number(&rest, 1, &compression) ||
	    !take_extensions(&rest, &extensions))
		return -EBADMSG;
	hello.version = (uint16_t)version;
	hello.cipher = (uint16_t)cipher;
	hello.retry = !memcmp(random.at, retry_random, RANDOM_BYTES);
	while (!error && extensions.left)
		error = take_extension(&extensions, &type, &body) ? server_extension(&hello, type, body) : -EBADMSG;
	if (!error)
		*ret_hello = hello;
	return error;
}
