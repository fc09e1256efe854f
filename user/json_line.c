/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/json_line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES 32
#define MICRO 1000000
#define MICROS_MAX 1e16 /* above, sixteen digits do not reach to the last microsecond */

static void flush(struct json_line *line)
{
	line->to->write(line->to->context, line->buffer, line->length);
	line->length = 0;
}

static void put(struct json_line *line, const char *bytes, size_t length)
{
	if (length > sizeof(line->buffer) - line->length)
		flush(line);
	if (length > sizeof(line->buffer)) {
		line->to->write(line->to->context, bytes, length);
		return;
	}
	memcpy(line->buffer + line->length, bytes, length);
	line->length += length;
}

static void put_byte(struct json_line *line, char byte)
{
	if (line->length == sizeof(line->buffer))
		flush(line);
	line->buffer[line->length++] = byte;
}

static void put_plain(struct json_line *line, const char *word, size_t length)
{
	put_byte(line, '"');
	put(line, word, length);
	put_byte(line, '"');
}

static void put_key(struct json_line *line, const char *key)
{
	if (line->has_keys)
		put_byte(line, ',');
	line->has_keys = true;
	put_plain(line, key, strlen(key));
	put_byte(line, ':');
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

static void put_integer(struct json_line *line, json_int_t value)
{
	char number[NUMBER_BYTES], *end = number + sizeof(number);
	char *start = digits_before(end, value < 0 ? -(unsigned long long)value : (unsigned long long)value, 1);

	if (value < 0)
		*--start = '-';
	put(line, start, (size_t)(end - start));
}

/* 12.0, 12.5, 12.000001 */
static void put_micros(struct json_line *line, uint64_t micros)
{
	char number[NUMBER_BYTES], *end = number + sizeof(number);
	char *start = digits_before(end, micros % MICRO, 6);

	while (end > start + 1 && end[-1] == '0')
		end--;
	*--start = '.';
	start = digits_before(start, micros / MICRO, 1);
	put(line, start, (size_t)(end - start));
}

static bool is_micros(double value)
{
	const double micros = round(value * MICRO);

	return value >= 0 && micros < MICROS_MAX && micros / MICRO == value;
}

static void put_by_jansson(struct json_line *line, const json_t *value)
{
	char *words = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(16) | JSON_ENCODE_ANY);

	if (words)
		put(line, words, strlen(words));
	free(words);
}

void json_line_start(struct json_line *line, const struct writer *to)
{
	line->to = to;
	line->has_keys = false;
	line->length = 0;
	put_byte(line, '{');
}

void json_line_word(struct json_line *line, const char *key, const char *word)
{
	const size_t length = strlen(word);
	json_t *value;

	if (is_plain(word, length)) {
		put_key(line, key);
		put_plain(line, word, length);
		return;
	}
	value = json_string(word); /* NULL, and no key, when it is no UTF-8 */
	if (value)
		json_line_value(line, key, value);
	json_decref(value);
}

void json_line_integer(struct json_line *line, const char *key, json_int_t value)
{
	put_key(line, key);
	put_integer(line, value);
}

void json_line_seconds(struct json_line *line, const char *key, uint64_t ns)
{
	put_key(line, key);
	put_micros(line, ns / 1000);
}

void json_line_value(struct json_line *line, const char *key, const json_t *value)
{
	put_key(line, key);
	if (json_is_string(value) && is_plain(json_string_value(value), json_string_length(value)))
		put_plain(line, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		put_integer(line, json_integer_value(value));
	else if (json_is_real(value) && is_micros(json_real_value(value)))
		put_micros(line, (uint64_t)round(json_real_value(value) * MICRO));
	else
		put_by_jansson(line, value);
}

void json_line_end(struct json_line *line)
{
	put_byte(line, '}');
	put_byte(line, '\n');
	flush(line);
}

void json_line(const json_t *object, const struct writer *to)
{
	struct json_line line;
	const char *key;
	json_t *value;

	json_line_start(&line, to);
	json_object_foreach((json_t *)object, key, value) json_line_value(&line, key, value);
	json_line_end(&line);
}
