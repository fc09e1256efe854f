/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of a hostile control client, in pieces: the first byte of the input says how long each piece is. */
#include <errno.h>
#include <stdlib.h>

#include "user/control/control_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void take_lines(struct control_lines *lines)
{
	struct fault fault;
	json_t *request;
	int found;

	while ((found = control_lines_next(lines, &request, &fault)) == 1 || found == -EBADMSG) {
		json_t *answer = found == 1 ? NULL : control_line_refusal(fault.text);

		if (found == 1 ? !json_is_object(request) : !answer)
			abort();
		json_decref(answer);
		if (found == 1)
			json_decref(request);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct control_lines lines = {.length = 0};
	size_t at = 1, piece, taken;

	while (at < size) {
		piece = bytes[0] + 1U < size - at ? bytes[0] + 1U : size - at;
		taken = control_lines_add(&lines, (const char *)bytes + at, piece);
		take_lines(&lines);
		if (taken < piece)
			break; /* too long: the client is closed */
		at += piece;
	}
	return 0;
}
