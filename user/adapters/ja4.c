/* SPDX-License-Identifier: BSD-2-Clause */
/* t13d1516h2_8daaf6152771_e5627efa2ab1: transport, version, name given or not, how many ciphers and extensions, ALPN;
 * then twelve digits of SHA-256 of the sorted ciphers; then of the sorted extensions (without the two that differ from
 * server to server: name and ALPN) with the signature algorithms in their order. */
#include "user/adapters/ja4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/secret.h"
#include "user/read/hello.h"

#define HASH_DIGITS 12
#define COUNT_MAX 99
#define LIST_BYTES (5 * (HELLO_CIPHERS_MAX + HELLO_SIGNATURES_MAX)) /* "1301," each */
#define EXTENSION_SERVER_NAME 0
#define EXTENSION_ALPN 16

struct list {
	char text[LIST_BYTES + 1];
	size_t length;
};

static const char hex[] = "0123456789abcdef";

/* By hand: sixty times a connection. */
static void list_add(struct list *list, char separator, uint16_t value)
{
	if (list->length)
		list->text[list->length++] = separator;
	for (int shift = 12; shift >= 0; shift -= 4)
		list->text[list->length++] = hex[value >> shift & 0x0f];
}

static void list_hash(const struct list *list, char ret_digits[HASH_DIGITS + 1])
{
	uint8_t hash[SECRET_SHA256_BYTES] = {0};

	if (list->length)
		secret_sha256(hash, list->text, list->length);
	for (int i = 0; i < HASH_DIGITS; i++)
		ret_digits[i] = hex[hash[i / 2] >> (i % 2 ? 0 : 4) & 0x0f];
	ret_digits[HASH_DIGITS] = '\0';
}

static int by_value(const void *left, const void *right)
{
	return *(const uint16_t *)left - *(const uint16_t *)right;
}

static void ciphers_hash(struct client_hello *hello, char ret_digits[HASH_DIGITS + 1])
{
	struct list list;

	list.length = 0;
	qsort(hello->cipher, hello->ciphers, sizeof(hello->cipher[0]), by_value);
	for (unsigned int i = 0; i < hello->ciphers; i++)
		list_add(&list, ',', hello->cipher[i]);
	list_hash(&list, ret_digits);
}

static void extensions_hash(struct client_hello *hello, char ret_digits[HASH_DIGITS + 1])
{
	struct list list;

	list.length = 0;
	qsort(hello->extension, hello->extensions, sizeof(hello->extension[0]), by_value);
	for (unsigned int i = 0; i < hello->extensions; i++) {
		if (hello->extension[i] != EXTENSION_SERVER_NAME && hello->extension[i] != EXTENSION_ALPN)
			list_add(&list, ',', hello->extension[i]);
	}
	for (unsigned int i = 0; list.length && i < hello->signatures; i++)
		list_add(&list, i ? ',' : '_', hello->signature[i]);
	list_hash(&list, ret_digits);
}

static const char *version_text(uint16_t version)
{
	switch (version) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	default:
		return "00";
	}
}

static bool is_alphanumeric(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/* Its first and last character; of its hexadecimal digits, where those cannot be shown. */
static void alpn_text(const struct client_hello *hello, char ret_text[3])
{
	const uint8_t first = hello->alpn_first, last = hello->alpn_last;
	const bool is_text = is_alphanumeric(first) && is_alphanumeric(last);

	if (!hello->alpn_bytes) {
		strcpy(ret_text, "00");
		return;
	}
	ret_text[0] = is_text ? (char)first : hex[first >> 4];
	ret_text[1] = is_text ? (char)last : hex[last & 0x0f];
	ret_text[2] = '\0';
}

static unsigned int at_most(unsigned int count)
{
	return count < COUNT_MAX ? count : COUNT_MAX;
}

void ja4_of_hello(const uint8_t *message, size_t length, char ret_ja4[JA4_TEXT_BYTES])
{
	char ciphers[HASH_DIGITS + 1], extensions[HASH_DIGITS + 1], alpn[3];
	struct client_hello hello;

	ret_ja4[0] = '\0';
	if (hello_parse_client(message, length, &hello))
		return;
	ciphers_hash(&hello, ciphers);
	extensions_hash(&hello, extensions);
	alpn_text(&hello, alpn);
	snprintf(ret_ja4, JA4_TEXT_BYTES, "t%s%c%02u%02u%s_%s_%s", version_text(hello.version),
		 hello.has_sni ? 'd' : 'i', at_most(hello.ciphers), at_most(hello.extensions), alpn, ciphers,
		 extensions);
}
