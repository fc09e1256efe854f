/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture of a million connections is some millions of lines: jansson prints each number by printf and writes each
 * comma by itself. */
#include "user/json_line.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES 4096
#define NUMBER_BYTES 32
#define MICRO 1000000
#define MICROS_MAX 1e16 /* above, sixteen digits do not reach to the last microsecond */

struct text {
	FILE *out;
	size_t length;
	char buffer[BUFFER_BYTES];
};

static void flush(struct text *text)
{
	fwrite(text->buffer, 1, text->length, text->out);
	text->length = 0;
}

static void put(struct text *text, const char *bytes, size_t length)
{
	if (length > sizeof(text->buffer) - text->length)
		flush(text);
	if (length > sizeof(text->buffer)) {
		fwrite(bytes, 1, length, text->out);
		return;
	}
	memcpy(text->buffer + text->length, bytes, length);
	text->length += length;
}

static bool is_plain(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (word[i] < ' ' || word[i] == '"' || word[i] == '\\' || word[i] == 0x7f)
			return false;
	return true;
}

/* Digits of `value`, at least `digits`, before `end`; returns where they begin. */
static char *digits_before(char *end, unsigned long long value, int digits)
{
	for (; value || digits > 0; digits--, value /= 10)
		*--end = (char)('0' + value % 10);
	return end;
}

static void put_integer(struct text *text, long long value)
{
	char number[NUMBER_BYTES], *end = number + sizeof(number);
	char *start = digits_before(end, value < 0 ? -(unsigned long long)value : (unsigned long long)value, 1);

	if (value < 0)
		*--start = '-';
	put(text, start, (size_t)(end - start));
}

/* False: not a number of whole millionths, and nothing was put. */
static bool put_micros(struct text *text, double value)
{
	char number[NUMBER_BYTES], *end = number + sizeof(number), *start;
	const double micros = round(value * MICRO);
	unsigned long long whole;

	if (!(value >= 0 && micros < MICROS_MAX) || micros / MICRO != value)
		return false;
	whole = (unsigned long long)micros;
	start = digits_before(end, whole % MICRO, 6);
	while (end > start + 1 && end[-1] == '0')
		end--;
	*--start = '.';
	start = digits_before(start, whole / MICRO, 1);
	put(text, start, (size_t)(end - start));
	return true;
}

static void put_by_jansson(struct text *text, const json_t *value)
{
	char *words = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(16) | JSON_ENCODE_ANY);

	if (words)
		put(text, words, strlen(words));
	free(words);
}

static void put_word(struct text *text, const char *word, size_t length)
{
	put(text, "\"", 1);
	put(text, word, length);
	put(text, "\"", 1);
}

static void put_value(struct text *text, const json_t *value)
{
	if (json_is_string(value) && is_plain(json_string_value(value), json_string_length(value)))
		put_word(text, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		put_integer(text, json_integer_value(value));
	else if (!json_is_real(value) || !put_micros(text, json_real_value(value)))
		put_by_jansson(text, value);
}

void json_line(const json_t *object, FILE *out)
{
	bool is_first = true;
	struct text text; /* its buffer is not cleared for every line */
	const char *key;
	json_t *value;

	text.out = out;
	text.length = 0;
	put(&text, "{", 1);
	json_object_foreach((json_t *)object, key, value)
	{
		if (!is_first)
			put(&text, ",", 1);
		is_first = false;
		put_word(&text, key, strlen(key)); /* a name of ours */
		put(&text, ":", 1);
		put_value(&text, value);
	}
	put(&text, "}\n", 2);
	flush(&text);
}
