/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows for eyes, in columns as wide as they need to be (libsmartcols). */
#ifndef GATEPOST_PRINT_ROWS_H
#define GATEPOST_PRINT_ROWS_H

#include <jansson.h>
#include <stdio.h>

enum print_look {
	PRINT_LEFT,
	PRINT_RIGHT, /* numbers */
	PRINT_CUT, /* cut off where the terminal is too narrow */
};

struct print_column {
	const char *head;
	const char *key; /* of the row's object: strings, integers, booleans; a real is a share of one, in percent */
	enum print_look look;
};

void print_rows(FILE *file, const json_t *rows, const struct print_column *column, size_t columns);

#endif
