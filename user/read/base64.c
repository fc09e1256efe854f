/* SPDX-License-Identifier: BSD-2-Clause */
/* Base64, decoding only. */
#include "user/read/base64.h"

#include <errno.h>

static int digit(uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A';
	if (byte >= 'a' && byte <= 'z')
		return byte - 'a' + 26;
	if (byte >= '0' && byte <= '9')
		return byte - '0' + 52;
	return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

static struct span unpadded(struct span text)
{
	for (int i = 0; i < 2 && text.length && text.bytes[text.length - 1] == '='; i++)
		text.length--;
	return text;
}

int base64_decode(struct span text, uint8_t *buffer, size_t *ret_length)
{
	const struct span digits = unpadded(text);
	uint32_t bits = 0;
	size_t length = 0;

	if (!base64_is_valid(text))
		return -EINVAL;
	for (size_t i = 0; i < digits.length; i++) {
		bits = bits << 6 | (uint32_t)digit(digits.bytes[i]);
		if (i % 4)
			buffer[length++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	*ret_length = length;
	return 0;
}

bool base64_is_valid(struct span text)
{
	const struct span digits = unpadded(text);

	for (size_t i = 0; i < digits.length; i++)
		if (digit(digits.bytes[i]) < 0)
			return false;
	return digits.length % 4 != 1;
}
