/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at ranges of foreign bytes without ever looking past them. */
#include "user/read/span.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

struct span span_of(const void *bytes, size_t length)
{
	return (struct span){.bytes = bytes, .length = length};
}

struct span span_from(struct span span, size_t offset)
{
	if (offset > span.length)
		offset = span.length;
	return span_of(span.bytes + offset, span.length - offset);
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static struct span without_blanks(struct span span)
{
	while (span.length && is_blank(span.bytes[0]))
		span = span_from(span, 1);
	return span;
}

struct span span_token(struct span *rest)
{
	struct span token = without_blanks(*rest);
	size_t end = 0;

	while (end < token.length && !is_blank(token.bytes[end]))
		end++;
	*rest = without_blanks(span_from(token, end));
	token.length = end;
	return token;
}

bool span_is(struct span span, const char *text)
{
	return span.length == strlen(text) && !strncasecmp((const char *)span.bytes, text, span.length);
}

bool span_begins(struct span span, const char *text)
{
	const size_t length = strlen(text);

	return span.length >= length && !strncasecmp((const char *)span.bytes, text, length);
}

bool span_contains(struct span span, const char *text)
{
	for (; span.length; span = span_from(span, 1))
		if (span_begins(span, text))
			return true;
	return false;
}

size_t span_find(struct span span, uint8_t byte)
{
	const uint8_t *found = span.length ? memchr(span.bytes, byte, span.length) : NULL;

	return found ? (size_t)(found - span.bytes) : span.length;
}

int span_number(struct span span, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!span.length)
		return -EINVAL;
	for (size_t i = 0; i < span.length; i++) {
		if (span.bytes[i] < '0' || span.bytes[i] > '9')
			return -EINVAL;
		if (number <= max)
			number = number * 10 + (uint64_t)(span.bytes[i] - '0');
	}
	*ret_number = number < max ? number : max;
	return 0;
}
