/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk over record headers. A row says each record as "C22:300": direction, type, body length; "C=text" and
 * "S=text" are bytes as they stand, "C?N" and "S?N" are N bytes that got lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user/read/tls.h"

#define RECORDS_MAX 20

struct row {
	const char *claim;
	enum tls_state state;
	const char *record[RECORDS_MAX];
};

#define HELLO_13 "C22:512", "S22:122", "S20:1", "S23:2500"

static const struct row rows[] = {
	{"TLS 1.3 without the client's Finished", TLS_HELLO, {HELLO_13}},
	{"TLS 1.3", TLS_ESTABLISHED, {HELLO_13, "C20:1", "C23:53"}},
	{"TLS 1.3 without the dummy CCS", TLS_ESTABLISHED, {"C22:300", "S22:90", "S23:2500", "C23:69", "S23:250"}},
	{"TLS 1.3 with a certificate refused by the client", TLS_HELLO, {HELLO_13, "C20:1", "C23:19"}},
	{"TLS 1.3 after HelloRetryRequest: hellos behind the CCS are no Finished",
	 TLS_HELLO,
	 {"C22:512", "S22:88", "S20:1", "C20:1", "C22:545", "S22:155"}},
	{"TLS 1.3 after HelloRetryRequest, finished",
	 TLS_ESTABLISHED,
	 {"C22:512", "S22:88", "S20:1", "C20:1", "C22:545", "S22:155", "S23:2500", "C23:53"}},
	{"TLS 1.2 before the server's Finished",
	 TLS_HELLO,
	 {"C22:300", "S22:60", "S22:3000", "S22:4", "C22:37", "C20:1", "C22:40"}},
	{"TLS 1.2",
	 TLS_ESTABLISHED,
	 {"C22:300", "S22:60", "S22:3000", "S22:4", "C22:37", "C20:1", "C22:40", "S22:170", "S20:1", "S22:40"}},
	{"TLS 1.2 with CBC, resumed", TLS_ESTABLISHED, {"C22:300", "S22:87", "S20:1", "S22:96", "C20:1", "C22:96"}},
	{"a handshake refused with an alert", TLS_HELLO, {"C22:300", "S21:2"}},
	{"only the client's direction is seen", TLS_ESTABLISHED, {"C22:512", "C20:1", "C23:53", "C23:40"}},
	{"only the server's, and no more than its handshake", TLS_HELLO, {"S22:122", "S20:1", "S23:2500"}},
	{"plain text", TLS_LOST, {"S=* OK ready\r\n"}},
	{"one byte of plain text", TLS_LOST, {"C=E"}},
	{"an SSLv2 hello", TLS_LOST, {"C=\x80\x2e\x01\x03\x01"}},
	{"a record longer than any", TLS_LOST, {"C=\x16\x03\x01\xff\xff"}},
	{"a hole inside a record costs nothing",
	 TLS_ESTABLISHED,
	 {"C22:512", "S=\x16\x03\x03\x01\x01", "S?200", "S=.........................................................",
	  "S23:50", "C23:53"}},
	{"a hole that may hide a header ends the walk",
	 TLS_LOST,
	 {"C22:512", "S=\x16\x03\x03\x01\x01", "S?258", "S23:50"}},
	{"established stays established", TLS_ESTABLISHED, {HELLO_13, "C20:1", "C23:53", "C?7", "C=what is this"}},
};

struct ends {
	struct stream *in, *out;
	uint32_t seq[2];
	struct tls *tls;
	bool by_byte;
};

static void deliver(struct ends *ends, bool client, const uint8_t *bytes, size_t length)
{
	struct stream *stream = client ? ends->in : ends->out;
	const size_t step = ends->by_byte ? 1 : length;

	for (size_t at = 0; at < length; at += step) {
		stream_add(stream, ends->seq[client], bytes + at, step, step);
		ends->seq[client] += (uint32_t)step;
		stream_acknowledged(stream, ends->seq[client]);
		tls_read(ends->tls, ends->in, ends->out);
	}
}

static void play(struct ends *ends, const char *record)
{
	uint8_t bytes[5 + 4000] = {0, 3, 3};
	const bool client = record[0] == 'C';
	unsigned long length;
	char *end;

	if (record[1] == '=') {
		deliver(ends, client, (const uint8_t *)record + 2, strlen(record + 2));
	} else if (record[1] == '?') {
		ends->seq[client] += (uint32_t)strtoul(record + 2, NULL, 10);
		stream_acknowledged(client ? ends->in : ends->out, ends->seq[client]);
	} else {
		bytes[0] = (uint8_t)strtoul(record + 1, &end, 10);
		length = strtoul(end + 1, NULL, 10);
		bytes[3] = (uint8_t)(length >> 8);
		bytes[4] = (uint8_t)length;
		deliver(ends, client, bytes, 5 + length);
	}
}

static void check(const struct row *row, bool by_byte)
{
	struct ends ends = {.by_byte = by_byte};
	enum tls_state state;

	assert_int_equal(stream_new(&ends.in), 0);
	assert_int_equal(stream_new(&ends.out), 0);
	assert_int_equal(tls_new(&ends.tls), 0);
	stream_begin(ends.in, 0);
	stream_begin(ends.out, 0);
	for (int i = 0; i < RECORDS_MAX && row->record[i]; i++)
		play(&ends, row->record[i]);
	state = tls_read(ends.tls, ends.in, ends.out);
	if (state != row->state)
		fail_msg("%s (%s): got %d, want %d", row->claim, by_byte ? "by byte" : "by record", state, row->state);
	tls_free(ends.tls);
	stream_free(ends.in);
	stream_free(ends.out);
}

static void handshakes_are_told_from_what_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check(&rows[i], false);
		check(&rows[i], true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshakes_are_told_from_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
