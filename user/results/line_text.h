/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of user/lines.h as text: JSON, one object a line, or CSV (RFC 4180), one row a line. */
#ifndef GATEPOST_LINE_TEXT_H
#define GATEPOST_LINE_TEXT_H

#include <jansson.h>

#include "user/core/writer.h"

typedef void (*line_text_fn)(const json_t *line, const struct writer *to);

void line_text_json(const json_t *line, const struct writer *to);
/* All types of lines have the same columns: `type` says which; what a line does not have is empty. A line of an unknown
 * type (the summary) is no row. */
void line_text_csv(const json_t *line, const struct writer *to);
void line_text_csv_head(const struct writer *to);

#endif
