/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of millions of rows has few different texts: each is kept once, in a tree of the C library. */
#include "user/research/labels.h"

#include <errno.h>
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "user/research/label_row.h"

#define FIELDS_MAX 64

enum { WORD_CAPTURE, WORD_HOST, WORD_OTHER };

struct word {
	size_t first; /* row that has it */
	char text[];
};

struct reading {
	struct labels labels;
	size_t capacity;
	const char *name;
	unsigned int line;
	const struct label_column *column[FIELDS_MAX]; /* of each field; NULL: left alone */
	size_t columns;
	struct fault *fault;
};

/* ---- texts, each once ------------------------------------------------------------------------------------------- */

static int word_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static struct word *word_of(const void *text)
{
	return (struct word *)((char *)text - offsetof(struct word, text));
}

static void word_free(void *text)
{
	free(word_of(text));
}

/* The one like `text`; it is of `row` if there was none. NULL: out of memory. */
static const struct word *word_keep(void **root, const char *text, size_t row)
{
	char *const *found = tfind(text, root, word_compare);
	struct word *word;

	if (found)
		return word_of(*found);
	word = malloc(sizeof(*word) + strlen(text) + 1);
	if (!word)
		return NULL;
	word->first = row;
	strcpy(word->text, text);
	if (tsearch(word->text, root, word_compare))
		return word;
	free(word);
	return NULL;
}

static bool keep(struct labels *labels, const char **text)
{
	const struct word *word = word_keep(&labels->word[WORD_OTHER], *text ? *text : "", labels->count);

	if (word)
		*text = word->text;
	return word != NULL;
}

/* The row's texts are still in the line that was read. */
static int row_keep(struct labels *labels, struct label_row *row)
{
	const char **const texts[] = {&row->software, &row->service,   &row->outcomes, &row->tool,
				      &row->tls,      &row->handshake, &row->profile,  &row->family};
	char address[ADDR_TEXT_BYTES];
	const struct word *capture = word_keep(&labels->word[WORD_CAPTURE], row->pcap ? row->pcap : "", labels->count);
	const struct word *host = word_keep(&labels->word[WORD_HOST], addr_text(&row->server, address), labels->count);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!keep(labels, texts[i]))
			return -ENOMEM;
	if (!capture || !host)
		return -ENOMEM;
	row->pcap = capture->text;
	row->capture = capture->first;
	row->host = host->first;
	return 0;
}

/* ---- fields ----------------------------------------------------------------------------------------------------- */

/* The next field, unquoted in place; "" within quotes is a quote. *rest is NULL after the last. NULL: quotes that do
 * not end, or something behind them. */
static char *field_next(char **rest)
{
	char *field = *rest, *to, *from;

	if (*field != '"') {
		*rest = strchr(field, ',');
		if (*rest)
			*(*rest)++ = '\0';
		return field;
	}
	for (to = from = ++field; *from && (*from != '"' || from[1] == '"'); *to++ = *from++)
		from += *from == '"';
	if (*from != '"' || (from[1] && from[1] != ','))
		return NULL;
	*rest = from[1] ? from + 2 : NULL;
	*to = '\0';
	return field;
}

static int bad(const struct reading *reading, size_t field, const char *name, const char *wants, const char *got)
{
	return fault_set_at(reading->fault, EBADMSG, reading->name, reading->line,
			    "column %zu%s%s%s: wants %s, got '%.60s'", field + 1, *name ? " (" : "", name,
			    *name ? ")" : "", wants, got);
}

/* ---- the first line --------------------------------------------------------------------------------------------- */

static const struct label_column *column_find(const char *name)
{
	for (size_t i = 0; i < label_columns_count; i++)
		if (!strcmp(label_columns[i].name, name))
			return &label_columns[i];
	return NULL;
}

static bool has_column(const struct reading *reading, const struct label_column *column)
{
	for (size_t i = 0; i < reading->columns; i++)
		if (reading->column[i] == column)
			return true;
	return false;
}

static int head_complete(struct reading *reading)
{
	for (size_t i = 0; i < label_columns_count; i++)
		if (label_columns[i].required && !has_column(reading, &label_columns[i]))
			return fault_set_at(reading->fault, EBADMSG, reading->name, reading->line,
					    "the first line wants a column '%s'", label_columns[i].name);
	reading->labels.has_attack = has_column(reading, column_find("attack"));
	reading->labels.has_family = has_column(reading, column_find("family"));
	return 0;
}

static int head_read(struct reading *reading, char *line)
{
	for (char *rest = line; rest; reading->columns++) {
		const char *name = field_next(&rest);
		const struct label_column *column;

		if (!name || reading->columns == FIELDS_MAX)
			return bad(reading, reading->columns, "", name ? "at most 64 columns" : "quotes that end",
				   name ? name : "\"");
		column = column_find(name);
		if (column && has_column(reading, column))
			return bad(reading, reading->columns, "", "each column once", name);
		reading->column[reading->columns] = column;
	}
	return head_complete(reading);
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static int row_add(struct reading *reading, struct label_row *row)
{
	struct labels *labels = &reading->labels;
	struct label_row *rows = labels->row;

	if (labels->count == reading->capacity) {
		const size_t capacity = reading->capacity ? 2 * reading->capacity : 256;

		rows = reallocarray(rows, capacity, sizeof(*rows));
		if (!rows)
			return fault_set(reading->fault, ENOMEM, "no memory for the labels");
		labels->row = rows;
		reading->capacity = capacity;
	}
	if (row_keep(labels, row))
		return fault_set(reading->fault, ENOMEM, "no memory for the labels");
	rows[labels->count++] = *row;
	return 0;
}

static int row_read(struct reading *reading, char *line)
{
	struct label_draft draft = {0};
	size_t field = 0;

	for (char *rest = line; rest; field++) {
		const char *text = field_next(&rest);
		const struct label_column *column = field < reading->columns ? reading->column[field] : NULL;

		if (!text)
			return bad(reading, field, "", "quotes that end", "\"");
		if (column && !column->read(&draft, text))
			return bad(reading, field, column->name, column->wants, text);
	}
	if (field != reading->columns)
		return fault_set_at(reading->fault, EBADMSG, reading->name, reading->line,
				    "wants %zu columns as in the first line, got %zu", reading->columns, field);
	if (draft.attempts_told && draft.attempts != strlen(draft.row.outcomes))
		return fault_set_at(reading->fault, EBADMSG, reading->name, reading->line,
				    "'n_attempts' says %u, 'outcomes' has %zu letters", draft.attempts,
				    strlen(draft.row.outcomes));
	return row_add(reading, &draft.row);
}

static int line_read(struct reading *reading, char *line)
{
	const size_t length = strlen(line);

	reading->line++;
	if (length + 1 == LABELS_LINE_BYTES && line[length - 1] != '\n')
		return fault_set_at(reading->fault, EBADMSG, reading->name, reading->line,
				    "wants a line of at most %d characters", LABELS_LINE_BYTES - 2);
	line[strcspn(line, "\r\n")] = '\0';
	if (reading->line == 1)
		return head_read(reading, line);
	return *line ? row_read(reading, line) : 0;
}

int labels_read(struct labels *ret_labels, FILE *stream, const char *name, struct fault *fault)
{
	struct reading reading = {.name = name, .fault = fault};
	char *line = malloc(LABELS_LINE_BYTES);
	int error = line ? 0 : fault_set(fault, ENOMEM, "no memory for the labels");

	while (!error && fgets(line, LABELS_LINE_BYTES, stream))
		error = line_read(&reading, line);
	if (!error && ferror(stream))
		error = fault_set(fault, EIO, "%s: cannot be read", name);
	if (!error && !reading.line)
		error = fault_set_at(fault, EBADMSG, name, 1,
				     "wants a first line with the names of the columns, is empty");
	free(line);
	if (error)
		labels_free(&reading.labels);
	else
		*ret_labels = reading.labels;
	return error;
}

int labels_load(struct labels *ret_labels, const char *path, struct fault *fault)
{
	FILE *stream = fopen(path, "re");
	int error;

	if (!stream)
		return fault_set(fault, errno, "%s: %s", path, strerror(errno));
	error = labels_read(ret_labels, stream, path, fault);
	fclose(stream);
	return error;
}

void labels_free(struct labels *labels)
{
	for (size_t i = 0; i < sizeof(labels->word) / sizeof(labels->word[0]); i++)
		tdestroy(labels->word[i], word_free);
	free(labels->row);
	*labels = (struct labels){0};
}
