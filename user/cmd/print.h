/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers on a terminal: tables (libsmartcols), words, or one JSON object a line. */
#ifndef GATEPOST_PRINT_H
#define GATEPOST_PRINT_H

#include <jansson.h>

void print_json(const json_t *line);
void print_table(const char *command, const json_t *answer); /* of a command that was answered with ok */
void print_happening_words(const json_t *line);

#endif
