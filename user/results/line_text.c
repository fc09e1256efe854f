/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/results/line_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 8192 /* more than any line; what is longer takes a slower way */
#define JSON_FORM (JSON_COMPACT | JSON_REAL_PRECISION(16))

/* ---- JSON ------------------------------------------------------------------------------------------------------ */

static int pass_on(const char *bytes, size_t size, void *to)
{
	const struct writer *writer = to;

	writer->write(writer->context, bytes, size);
	return 0;
}

/* jansson hands a stream a token at a time: through a buffer it takes a third less. */
void line_text_json(const json_t *line, const struct writer *to)
{
	char text[LINE_BYTES];
	size_t length = json_dumpb(line, text, sizeof(text) - 1, JSON_FORM);

	if (length < sizeof(text)) {
		text[length++] = '\n';
		to->write(to->context, text, length);
		return;
	}
	json_dump_callback(line, pass_on, (void *)to, JSON_FORM);
	to->write(to->context, "\n", 1);
}

/* ---- CSV ------------------------------------------------------------------------------------------------------- */

/* All keys of all lines, those of several types first. */
static const char *const columns[] = {
	"type",     "time",       "source",      "port",       "server",    "server_port", "service",
	"n",        "outcome",    "basis",       "confidence", "mechanism", "account",     "community_id",
	"protocol", "transport",  "tls",         "ja3",        "ja4",       "sni",         "attempts",
	"outcomes", "packets_in", "packets_out", "seconds",    "closed",    "rule",        "action",
	"key",      "for_s",      "mode",        "in_force",   "offences",  "evidence",    "reason",
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct row {
	char text[LINE_BYTES];
	size_t length;
};

static void row_add(struct row *row, char character)
{
	if (row->length < sizeof(row->text))
		row->text[row->length++] = character;
}

/* Quoted only where it must be; a quote inside is written twice. */
static void row_add_text(struct row *row, const char *text)
{
	const bool quoted = text[strcspn(text, ",\"\r\n")];

	if (quoted)
		row_add(row, '"');
	for (; *text; text++) {
		if (*text == '"')
			row_add(row, '"');
		row_add(row, *text);
	}
	if (quoted)
		row_add(row, '"');
}

/* Times are of whole microseconds, a confidence of hundredths: no digit more, and no zeros at the end. */
static void real_text(double value, char *text, size_t size)
{
	int length = snprintf(text, size, "%.6f", value);

	while (text[length - 1] == '0' && text[length - 2] != '.')
		text[--length] = '\0';
}

static void row_add_value(struct row *row, const json_t *value)
{
	char text[32];

	if (json_is_string(value)) {
		row_add_text(row, json_string_value(value));
		return;
	}
	if (json_is_boolean(value))
		snprintf(text, sizeof(text), "%s", json_is_true(value) ? "true" : "false");
	else if (json_is_integer(value))
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		real_text(json_real_value(value), text, sizeof(text));
	else
		return;
	row_add_text(row, text);
}

static void row_write(struct row *row, const struct writer *to)
{
	row->length = row->length > sizeof(row->text) - 2 ? sizeof(row->text) - 2 : row->length;
	row_add(row, '\r');
	row_add(row, '\n');
	to->write(to->context, row->text, row->length);
}

void line_text_csv_head(const struct writer *to)
{
	struct row row;

	row.length = 0;
	for (size_t i = 0; i < COLUMNS; i++) {
		if (i)
			row_add(&row, ',');
		row_add_text(&row, columns[i]);
	}
	row_write(&row, to);
}

static bool is_row(const json_t *line)
{
	const char *type = json_string_value(json_object_get(line, "type"));

	return type && (!strcmp(type, "attempt") || !strcmp(type, "flow") || !strcmp(type, "decision") ||
			!strcmp(type, "ban_ended"));
}

void line_text_csv(const json_t *line, const struct writer *to)
{
	struct row row;

	if (!is_row(line))
		return;
	row.length = 0;
	for (size_t i = 0; i < COLUMNS; i++) {
		if (i)
			row_add(&row, ',');
		row_add_value(&row, json_object_get(line, columns[i]));
	}
	row_write(&row, to);
}
