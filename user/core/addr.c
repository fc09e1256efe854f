/* SPDX-License-Identifier: BSD-2-Clause */
/* The 64-bit source key, read from text and written back. Refuses what would silently mean something else: an
 * IPv6 prefix so short that it would swallow the IPv4 sources, a length with a sign or a leading zero. */
#include "user/core/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define V4_MAPPED_BITS 96 /* ::ffff:0:0/96, RFC 4291, 2.5.5.2 */

static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};

static uint64_t load_be(const uint8_t *bytes, size_t count)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void store_be(uint64_t value, uint8_t *bytes, size_t count)
{
	while (count) {
		bytes[--count] = (uint8_t)value;
		value >>= 8;
	}
}

static uint64_t leading_bits(unsigned int bits)
{
	return bits ? ~0ULL << (GP_SOURCE_BITS - bits) : 0;
}

bool addr_is_v4(const struct addr *addr)
{
	return !memcmp(addr->byte, v4_mapped, sizeof(v4_mapped));
}

uint64_t addr_source(const struct addr *addr)
{
	return addr_is_v4(addr) ? GP_SOURCE_V4 | load_be(addr->byte + 12, 4) : load_be(addr->byte, 8);
}

int addr_parse(const char *text, struct addr *ret_addr)
{
	struct addr addr;

	if (inet_pton(AF_INET, text, addr.byte + 12) == 1)
		memcpy(addr.byte, v4_mapped, sizeof(v4_mapped));
	else if (inet_pton(AF_INET6, text, addr.byte) != 1)
		return -EINVAL;
	*ret_addr = addr;
	return 0;
}

/* inet_ntop would do it by sprintf, which is felt where every line of a replay has two. */
static void v4_text(const uint8_t byte[4], char *text)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*text++ = '.';
		if (byte[i] >= 100)
			*text++ = (char)('0' + byte[i] / 100);
		if (byte[i] >= 10)
			*text++ = (char)('0' + byte[i] / 10 % 10);
		*text++ = (char)('0' + byte[i] % 10);
	}
	*text = '\0';
}

const char *addr_text(const struct addr *addr, char *buffer)
{
	if (addr_is_v4(addr))
		v4_text(addr->byte + 12, buffer);
	else
		inet_ntop(AF_INET6, addr->byte, buffer, ADDR_TEXT_BYTES);
	return buffer;
}

bool source_is_v4(uint64_t source)
{
	return source >> 32 == GP_SOURCE_V4 >> 32;
}

const char *source_text(uint64_t source, char *buffer)
{
	const struct prefix prefix = prefix_of_source(source);

	return prefix_text(&prefix, buffer);
}

/* The decimal after the slash, the whole of it, written as a person writes it. */
static int length_parse(const char *text, unsigned int max, unsigned int *ret_length)
{
	unsigned int length = 0;
	const char *digit = text;

	if (!*text || (text[0] == '0' && text[1]))
		return -EINVAL;
	for (; *digit; digit++) {
		if (*digit < '0' || *digit > '9' || length > max)
			return -EINVAL;
		length = length * 10 + (unsigned int)(*digit - '0');
	}
	if (length > max)
		return -EINVAL;
	*ret_length = length;
	return 0;
}

/* `length` counts from the first bit of the 16-byte address, IPv4 as ::ffff:a.b.c.d. */
static int prefix_from(const struct addr *addr, unsigned int length, struct prefix *ret_prefix)
{
	struct prefix prefix;

	if (addr_is_v4(addr)) {
		if (length < V4_MAPPED_BITS)
			return -EINVAL;
		prefix.bits = (uint8_t)(GP_V4_BITS + length - V4_MAPPED_BITS);
	} else {
		prefix.bits = (uint8_t)(length < GP_SOURCE_BITS ? length : GP_SOURCE_BITS);
	}
	prefix.source = addr_source(addr) & leading_bits(prefix.bits);
	/* ::/0 is not "all of IPv6": the key's IPv4 sources lie inside it. Who means all writes 2000::/3. */
	if (!addr_is_v4(addr) && prefix.source == (GP_SOURCE_V4 & leading_bits(prefix.bits)))
		return -EINVAL;
	*ret_prefix = prefix;
	return 0;
}

int prefix_parse(const char *text, struct prefix *ret_prefix)
{
	const char *slash = strchr(text, '/');
	const size_t address_length = slash ? (size_t)(slash - text) : strlen(text);
	char address[ADDR_TEXT_BYTES];
	unsigned int length = 128;
	struct addr addr;

	if (address_length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, address_length);
	address[address_length] = '\0';
	if (addr_parse(address, &addr))
		return -EINVAL;
	if (slash) {
		const bool dotted = !strchr(address, ':');

		if (length_parse(slash + 1, dotted ? 32 : 128, &length))
			return -EINVAL;
		length += dotted ? V4_MAPPED_BITS : 0;
	}
	return prefix_from(&addr, length, ret_prefix);
}

static bool prefix_is_v4(const struct prefix *prefix)
{
	return prefix->bits >= GP_V4_BITS && source_is_v4(prefix->source);
}

const char *prefix_text(const struct prefix *prefix, char *buffer)
{
	uint8_t bytes[16] = {0};
	size_t length;

	store_be(prefix->source, bytes, 8);
	if (prefix_is_v4(prefix))
		inet_ntop(AF_INET, bytes + 4, buffer, ADDR_TEXT_BYTES);
	else
		inet_ntop(AF_INET6, bytes, buffer, ADDR_TEXT_BYTES);
	/* one IPv4 address is written bare, as everybody does; a /64 is not one address */
	if (prefix_is_v4(prefix) && prefix->bits == GP_SOURCE_BITS)
		return buffer;
	length = strlen(buffer);
	snprintf(buffer + length, ADDR_TEXT_BYTES - length, "/%u", (unsigned int)prefix_length(prefix));
	return buffer;
}

struct prefix prefix_of(uint64_t source, uint8_t v4_bits, uint8_t v6_bits)
{
	unsigned int bits = source_is_v4(source) ? GP_V4_BITS + v4_bits : v6_bits;

	if (bits > GP_SOURCE_BITS)
		bits = GP_SOURCE_BITS;
	return (struct prefix){.source = source & leading_bits(bits), .bits = (uint8_t)bits};
}

struct prefix prefix_of_source(uint64_t source)
{
	return (struct prefix){.source = source, .bits = GP_SOURCE_BITS};
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->bits <= inner->bits && !((outer->source ^ inner->source) & leading_bits(outer->bits));
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->bits == b->bits && a->source == b->source;
}

uint8_t prefix_length(const struct prefix *prefix)
{
	return prefix_is_v4(prefix) ? (uint8_t)(prefix->bits - GP_V4_BITS) : prefix->bits;
}

struct gp_prefix_key prefix_key(const struct prefix *prefix)
{
	struct gp_prefix_key key = {.bits = prefix->bits};

	store_be(prefix->source, key.source_be, sizeof(key.source_be));
	return key;
}
