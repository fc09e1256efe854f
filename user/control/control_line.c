/* SPDX-License-Identifier: BSD-2-Clause */
/* Framing and reading of requests. Every byte is hostile: a line is bounded, nesting is bounded by jansson
 * (JSON_PARSER_MAX_DEPTH), and a key that stands twice is an error, since two readers could disagree about it. */
#include "user/control/control_line.h"

#include <errno.h>
#include <string.h>

#define EXIT_USAGE 2 /* docs/DESIGN.md, what the command line promises */

size_t control_lines_add(struct control_lines *lines, const char *bytes, size_t length)
{
	size_t room = sizeof(lines->bytes) - lines->length;
	size_t taken = length < room ? length : room;

	memcpy(lines->bytes + lines->length, bytes, taken);
	lines->length += taken;
	return taken;
}

static int line_parse(const char *line, size_t length, json_t **ret_request, struct fault *fault)
{
	json_error_t error;
	json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);

	if (!request)
		return fault_set(fault, EBADMSG, "not JSON: %s", error.text);
	if (!json_is_object(request)) {
		json_decref(request);
		return fault_set(fault, EBADMSG, "a request is a JSON object");
	}
	*ret_request = request;
	return 1;
}

int control_lines_next(struct control_lines *lines, json_t **ret_request, struct fault *fault)
{
	const char *end = memchr(lines->bytes, '\n', lines->length);
	size_t length;
	int found;

	if (!end && lines->length == sizeof(lines->bytes))
		return fault_set(fault, EMSGSIZE, "a request has at most %d bytes", CONTROL_REQUEST_BYTES);
	if (!end)
		return 0;
	length = (size_t)(end - lines->bytes) + 1;
	found = line_parse(lines->bytes, length - 1, ret_request, fault);
	lines->length -= length;
	memmove(lines->bytes, lines->bytes + length, lines->length);
	return found;
}

json_t *control_line_refusal(const char *words)
{
	return json_pack("{s:b, s:i, s:s}", "ok", 0, "code", EXIT_USAGE, "error", words);
}
