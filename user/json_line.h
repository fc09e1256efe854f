/* SPDX-License-Identifier: BSD-2-Clause */
/* An object in one line, key by key, as json_dumpf with JSON_COMPACT | JSON_REAL_PRECISION(16) writes it, but with
 * times that end at the microsecond: for lines that there are millions of. jansson prints each number by printf and
 * writes each comma by itself. */
#ifndef GATEPOST_JSON_LINE_H
#define GATEPOST_JSON_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "user/core/writer.h"

#define JSON_LINE_BYTES 4096 /* are written at once; a line may be longer */

struct json_line {
	const struct writer *to;
	bool has_keys;
	size_t length;
	char buffer[JSON_LINE_BYTES];
};

void json_line_start(struct json_line *line, const struct writer *to); /* which outlives it */
/* Keys are names of ours: nothing in them has to be escaped. */
void json_line_word(struct json_line *line, const char *key, const char *word);
void json_line_integer(struct json_line *line, const char *key, json_int_t value);
void json_line_seconds(struct json_line *line, const char *key, uint64_t ns); /* whole microseconds */
void json_line_value(struct json_line *line, const char *key, const json_t *value);
void json_line_end(struct json_line *line);

/* All of an object. */
void json_line(const json_t *object, const struct writer *to);

#endif
