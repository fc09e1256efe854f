/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes from a control client to requests, without a socket in sight (tests and the fuzzer come in here). */
#ifndef GATEPOST_CONTROL_LINE_H
#define GATEPOST_CONTROL_LINE_H

#include "user/control/control.h"

struct control_lines {
	size_t length; /* bytes waiting */
	char bytes[CONTROL_REQUEST_BYTES];
};

/* Take what fits; returns how many of the bytes were taken. */
size_t control_lines_add(struct control_lines *lines, const char *bytes, size_t length);

/* The next whole line as a JSON object in *ret_request (a new reference). 1; 0: no whole line yet; -EBADMSG: a line
 * that is not a JSON object, and is taken out; -EMSGSIZE: too long, nothing more can be read from this client. Words
 * for the client in `fault`. */
int control_lines_next(struct control_lines *lines, json_t **ret_request, struct fault *fault);

/* {"ok":false,"code":2,"error":"..."}: the exit code of the command line when it was misused. NULL: no memory. */
json_t *control_line_refusal(const char *words);

#endif
