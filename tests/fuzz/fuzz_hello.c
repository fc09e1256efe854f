/* SPDX-License-Identifier: BSD-2-Clause */
/* Hostile hellos: read whole, put together from pieces, and named. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/ja4.h"
#include "user/read/gather.h"
#include "user/read/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_name(const uint8_t *bytes, size_t size)
{
	char ja4[JA4_TEXT_BYTES];
	struct client_hello hello;
	const int error = hello_parse_client(bytes, size, &hello);

	ja4_of_hello(bytes, size, ja4);
	if (strlen(ja4) != (error ? 0 : JA4_TEXT_BYTES - 1))
		abort();
	for (const char *at = ja4; *at; at++) {
		if (!isalnum((unsigned char)*at) && *at != '_')
			abort();
	}
}

/* Everything that comes out, in order; `step` bytes at a time. */
static uint64_t gather_all(const uint8_t *bytes, size_t size, size_t step, uint8_t wanted)
{
	struct gather gather = {.wanted = wanted};
	uint64_t mix = 0;

	while (size) {
		size_t length = 0, used;
		uint8_t *message;

		used = gather_add(&gather, bytes, size < step ? size : step, &message, &length);
		if (!used || used > size || (message && (length < 4 || length > HELLO_MESSAGE_MAX)))
			abort();
		for (size_t i = 0; message && i < length; i++)
			mix = mix * 31 + message[i] + 1;
		free(message);
		bytes += used;
		size -= used;
	}
	mix += gather.seen;
	gather_drop(&gather);
	return mix;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct server_hello server;

	check_name(bytes, size);
	hello_parse_server(bytes, size, &server);
	for (uint8_t wanted = 0; wanted < 3; wanted++) {
		if (gather_all(bytes, size, 1, wanted) != gather_all(bytes, size, size + 1, wanted))
			abort();
	}
	return 0;
}
