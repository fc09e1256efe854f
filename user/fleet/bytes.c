/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/fleet/bytes.h"

#include <string.h>

static bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

uint64_t read_number(struct reader *reader, size_t bytes)
{
	uint64_t number = 0;

	if (reader->left < bytes)
		reader->bad = true;
	if (reader->bad)
		return 0;
	for (size_t i = 0; i < bytes; i++)
		number = number << 8 | reader->at[i];
	reader->at += bytes;
	reader->left -= bytes;
	return number;
}

void read_text(struct reader *reader, char *text, size_t size)
{
	const size_t length = read_number(reader, 1);

	if (length >= size || length > reader->left)
		reader->bad = true;
	text[0] = '\0';
	if (reader->bad)
		return;
	for (size_t i = 0; i < length; i++)
		if (!is_printable((char)reader->at[i]))
			reader->bad = true;
	if (reader->bad)
		return;
	memcpy(text, reader->at, length);
	text[length] = '\0';
	reader->at += length;
	reader->left -= length;
}

uint8_t *write_number(uint8_t *at, uint64_t number, size_t bytes)
{
	for (size_t i = bytes; i > 0; i--) {
		at[i - 1] = (uint8_t)number;
		number >>= 8;
	}
	return at + bytes;
}

uint8_t *write_text(uint8_t *at, const char *text, size_t size)
{
	const size_t length = strnlen(text, size - 1);

	*at++ = (uint8_t)length;
	for (size_t i = 0; i < length; i++)
		*at++ = is_printable(text[i]) ? (uint8_t)text[i] : '?';
	return at;
}
