/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/print_rows.h"

#include <libsmartcols/libsmartcols.h>
#include <unistd.h>

static void value_text(const json_t *value, char *text, size_t size)
{
	if (json_is_string(value))
		snprintf(text, size, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(text, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		snprintf(text, size, "%s", json_is_true(value) ? "yes" : "no");
	else if (json_is_real(value)) /* of all */
		snprintf(text, size, "%.1f%%", 100 * json_real_value(value));
	else
		snprintf(text, size, "-");
}

void print_rows(FILE *file, const json_t *rows, const struct print_column *column, size_t columns)
{
	struct libscols_table *table = scols_new_table();
	struct libscols_line *line;
	const json_t *row;
	char text[512];
	size_t n;

	scols_table_set_stream(table, file);
	scols_table_set_termforce(table, isatty(fileno(file)) ? SCOLS_TERMFORCE_AUTO : SCOLS_TERMFORCE_NEVER);
	for (size_t i = 0; i < columns; i++)
		scols_table_new_column(table, column[i].head, 0,
				       column[i].look == PRINT_RIGHT ? SCOLS_FL_RIGHT
				       : column[i].look == PRINT_CUT ? SCOLS_FL_TRUNC
								     : 0);
	json_array_foreach(rows, n, row)
	{
		line = scols_table_new_line(table, NULL);
		for (size_t i = 0; i < columns; i++) {
			value_text(json_object_get(row, column[i].key), text, sizeof(text));
			scols_line_set_data(line, i, text);
		}
	}
	scols_print_table(table);
	scols_unref_table(table);
}
