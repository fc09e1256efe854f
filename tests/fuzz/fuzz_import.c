/* SPDX-License-Identifier: BSD-2-Clause */
/* Any line of a list is a prefix that reads back the same, nothing, or refused. */
#include <stdlib.h>
#include <string.h>

#include "user/adapters/import_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *line = malloc(length + 1), text[ADDR_TEXT_BYTES];
	struct prefix prefix, again;

	memcpy(line, bytes, length);
	line[length] = '\0';
	if (import_line(line, &prefix) > 0 &&
	    (prefix_parse(prefix_text(&prefix, text), &again) || !prefix_equal(&prefix, &again)))
		abort();
	free(line);
	return 0;
}
