/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk over record headers, and what is told of the records. A row says what comes:
 *   C22:300      a record: direction, type, body length
 *   CH           the client's hello                 CH7  the same in records of 7 bytes
 *   SH0303c02f   the server's: version and suite    SH7.., SP.. (resumed), SR.. (HelloRetryRequest), SC.. (followed in
 *                the same record by Certificate and ServerHelloDone)
 *   C=text       bytes as they stand                S?N  N bytes that got lost
 *   S!N          N bytes acknowledged before they come
 *   S[N ... S]   the records between are one segment of which only the first N bytes were captured
 * and what it tells: "C40 S21-36 S2!" is direction, plaintext (an interval where it is hidden), "!" an alert, "~100"
 * bytes that were skipped before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/hellos.h"
#include "user/read/tls.h"

#define RECORDS_MAX 20
#define SEGMENT_BYTES 20000

struct row {
	const char *claim;
	enum tls_state state;
	const char *record[RECORDS_MAX];
	const char *told;
	uint16_t version;
	bool resumed;
};

/* ServerHello, dummy CCS, EncryptedExtensions, Certificate, CertificateVerify, Finished */
#define FLIGHT_13 "CH", "SH03041301", "S20:1", "S23:23", "S23:900", "S23:96", "S23:53"
#define DONE_13 FLIGHT_13, "C20:1", "C23:53"
#define CLIENT_12 "C22:37", "C20:1"
#define LOST TLS_LOST
#define DONE TLS_ESTABLISHED
#define HELLO TLS_HELLO

static const struct row rows[] = {
	/* TLS 1.3 */
	{"TLS 1.3 without the client's Finished", HELLO, {FLIGHT_13}, "", 0x0304, 0},
	{"TLS 1.3: tickets, greeting, a command",
	 DONE,
	 {DONE_13, "S23:234", "S23:234", "S23:57", "C23:27", "S23:40"},
	 "S217 S217 S40 C10 S23",
	 0x0304,
	 0},
	{"TLS 1.3, resumed",
	 DONE,
	 {"CH", "SP03041302", "S20:1", "S23:23", "S23:69", "C20:1", "C23:69", "S23:266"},
	 "S249",
	 0x0304,
	 1},
	{"TLS 1.3 with CCM_8", DONE, {"CH", "SH03041305", "S23:900", "S23:45", "C23:45", "S23:50"}, "S41", 0x0304, 0},
	{"TLS 1.3 without the dummy CCS",
	 DONE,
	 {"CH", "SH03041302", "S23:2500", "C23:69", "S23:250"},
	 "S233",
	 0x0304,
	 0},
	{"TLS 1.3 after HelloRetryRequest",
	 DONE,
	 {"CH", "SR03041301", "S20:1", "C20:1", "C22:545", "SP03041301", "S23:2500", "C23:53", "S23:117"},
	 "S100",
	 0x0304,
	 1},
	{"TLS 1.3, a certificate refused", HELLO, {FLIGHT_13, "C20:1", "C23:19"}, "", 0x0304, 0},
	{"TLS 1.3, a certificate refused, whatever the server says",
	 HELLO,
	 {FLIGHT_13, "C23:19", "S23:234"},
	 "",
	 0x0304,
	 0},
	{"TLS 1.3, no certificate when asked for one",
	 DONE,
	 {FLIGHT_13, "C20:1", "C23:25", "C23:53", "C23:30", "S23:50"},
	 "C13 S33",
	 0x0304,
	 0},
	{"TLS 1.3 with a certificate of the client",
	 DONE,
	 {FLIGHT_13, "C23:800", "C23:281", "C23:53", "S23:50"},
	 "S33",
	 0x0304,
	 0},
	{"TLS 1.3, a Finished of the other hash is none", HELLO, {FLIGHT_13, "C23:69"}, "", 0x0304, 0},
	{"TLS 1.3, a padded Finished: the server goes on",
	 DONE,
	 {FLIGHT_13, "C20:1", "C23:80", "S23:234", "C23:80", "S23:50"},
	 "S217 C63 S33",
	 0x0304,
	 0},
	{"TLS 1.3, a padded Finished, and the client speaks first",
	 DONE,
	 {FLIGHT_13, "C23:80", "C23:80", "S23:234"},
	 "C63 S217",
	 0x0304,
	 0},
	{"TLS 1.3, a Finished in pieces",
	 DONE,
	 {FLIGHT_13, "C23:33", "C23:33", "C23:21", "C23:27", "S23:50"},
	 "C10 S33",
	 0x0304,
	 0},
	{"TLS 1.3, the server refuses what may be a Finished", HELLO, {FLIGHT_13, "C23:80", "S23:19"}, "", 0x0304, 0},
	{"TLS 1.3, early data is no Finished",
	 DONE,
	 {"CH", "C23:53", "SH03041301", "S23:900", "C23:53", "S23:30"},
	 "S13",
	 0x0304,
	 0},
	{"TLS 1.3, early data of another length is none either",
	 DONE,
	 {"CH", "C23:100", "SH03041301", "S23:900", "C23:53", "C23:30"},
	 "C13",
	 0x0304,
	 0},
	{"TLS 1.3, the hello not seen and no dummy CCS",
	 DONE,
	 {"C22:300", "S22:90", "S23:2500", "C23:69", "S23:250"},
	 "S233",
	 0x0304,
	 0},
	{"TLS 1.3, suite and version not seen",
	 DONE,
	 {"C22:512", "S22:122", "S20:1", "S23:2500", "C20:1", "C23:69", "S23:50"},
	 "S33",
	 0x0304,
	 0},
	/* TLS 1.2 */
	{"TLS 1.2 before the server's Finished", HELLO, {"CH", "SC0303c02f", CLIENT_12, "C22:40"}, "", 0x0303, 0},
	{"TLS 1.2, a ticket in clear",
	 DONE,
	 {"CH", "SC0303c02f", CLIENT_12, "C22:40", "S22:170", "S20:1", "S22:40", "S23:64", "C23:34", "S21:26"},
	 "S40 C10 S2!",
	 0x0303,
	 0},
	{"TLS 1.2, the client does not wait",
	 DONE,
	 {"CH", "SC0303c02f", CLIENT_12, "C22:40", "C23:34", "S20:1", "S22:40"},
	 "C10",
	 0x0303,
	 0},
	{"TLS 1.2 with ChaCha20",
	 DONE,
	 {"CH", "SC0303cca8", CLIENT_12, "C22:32", "S20:1", "S22:32", "S23:64"},
	 "S48",
	 0x0303,
	 0},
	{"TLS 1.2 with CCM_8",
	 DONE,
	 {"CH", "SC0303c0ae", CLIENT_12, "C22:32", "S20:1", "S22:32", "S23:64"},
	 "S48",
	 0x0303,
	 0},
	{"TLS 1.2 with CBC hides the length",
	 DONE,
	 {"CH", "SC0303c013", CLIENT_12, "C22:64", "S20:1", "S22:64", "S23:64", "S23:48"},
	 "S12-27 S0-11",
	 0x0303,
	 0},
	{"TLS 1.0 with CBC, its first byte apart",
	 DONE,
	 {"CH", "SC0301002f", CLIENT_12, "C22:48", "S20:1", "S22:48", "S23:32", "S23:48"},
	 "S0-11 S12-27",
	 0x0301,
	 0},
	{"TLS 1.0 with RC4",
	 DONE,
	 {"CH", "SC03010005", CLIENT_12, "C22:36", "S20:1", "S22:36", "S23:60"},
	 "S40",
	 0x0301,
	 0},
	{"TLS 1.2, a suite that is not known",
	 DONE,
	 {"CH", "SC03030001", CLIENT_12, "C22:41", "S20:1", "S22:41", "S23:64"},
	 "S0-64",
	 0x0303,
	 0},
	{"TLS 1.2, resumed",
	 DONE,
	 {"CH", "SH0303c030", "S22:170", "S20:1", "S22:40", "C20:1", "C22:40", "C23:34"},
	 "C10",
	 0x0303,
	 1},
	{"TLS 1.2, the suite not seen: by the Finished",
	 DONE,
	 {"C22:300", "S22:60", "S22:3000", "S22:4", CLIENT_12, "C22:40", "S20:1", "S22:40", "S23:64"},
	 "S40",
	 0x0303,
	 0},
	{"TLS 1.2, a renegotiation is nothing said",
	 DONE,
	 {"CH", "SC0303c02f", CLIENT_12, "C22:40", "S20:1", "S22:40", "S22:28", "C22:300", "C20:25", "C22:40",
	  "C23:34"},
	 "C10",
	 0x0303,
	 0},
	{"TLS 1.2, an encrypted Finished that looks like a hello",
	 DONE,
	 {"CH", "SC0303c02f", CLIENT_12, "C22:40", "S20:1", "S=\x16\x03\x03\x01\x2c", "S=\x02", "S?299", "S23:64"},
	 "S40",
	 0x0303,
	 0},
	{"a handshake refused with an alert", HELLO, {"CH", "S21:2"}, "", 0, 0},
	/* pieces */
	{"hellos in pieces", DONE, {"CH7", "SH703041301", "S23:900", "C23:53", "S23:50"}, "S33", 0x0304, 0},
	{"empty records are stepped over",
	 DONE,
	 {"C22:0", "CH", "S22:0", "SH03041301", "S23:900", "C23:53", "S23:50"},
	 "S33",
	 0x0304,
	 0},
	/* one direction */
	{"only the client's direction", DONE, {"CH", "C20:1", "C23:53", "C23:40"}, "C23", 0x0304, 0},
	{"only the client's, no more than its handshake", HELLO, {"CH", "C20:1", "C23:53"}, "", 0x0304, 0},
	{"only the client's, TLS 1.2 with GCM", DONE, {"CH", CLIENT_12, "C22:40", "C23:34"}, "C10", 0x0303, 0},
	{"only the client's, TLS 1.2 with ChaCha20", DONE, {"CH", CLIENT_12, "C22:32", "C23:26"}, "C10", 0x0303, 0},
	{"only the client's, TLS 1.2 with CBC", DONE, {"CH", CLIENT_12, "C22:80", "C23:80"}, "C16-31", 0x0303, 0},
	{"only the client's, its hello after a retry", HELLO, {"CH", "C20:1", "C22:545"}, "", 0, 0},
	{"only the client's, padded",
	 DONE,
	 {"CH", "C23:80", "C23:80", "C23:80", "C23:80", "C23:80"},
	 "C63 C63 C63 C63",
	 0x0304,
	 0},
	{"only the server's, and no more than its handshake",
	 HELLO,
	 {"SH03041301", "S20:1", "S23:2500"},
	 "",
	 0x0304,
	 0},
	{"only the server's, up to its Finished", HELLO, {"SH03041301", "S23:2500", "S23:53"}, "", 0x0304, 0},
	{"only the server's",
	 DONE,
	 {"SH03041301", "S20:1", "S23:2500", "S23:53", "S23:234", "S23:50"},
	 "S217 S33",
	 0x0304,
	 0},
	/* not TLS */
	{"plain text", LOST, {"S=* OK ready\r\n"}, "", 0, 0},
	{"one byte of plain text", LOST, {"C=E"}, "", 0, 0},
	{"an SSLv2 hello", LOST, {"C=\x80\x2e\x01\x03\x01"}, "", 0, 0},
	{"a record of 2^14 + 1 bytes, protected", HELLO, {"C=\x16\x03\x01\x40\x01"}, "", 0, 0},
	{"a record longer than a protected one may be", LOST, {"C=\x16\x03\x01\x48\x01"}, "", 0, 0},
	{"a record longer than any", LOST, {"C=\x16\x03\x01\xff\xff"}, "", 0, 0},
	{"a version that there is not", LOST, {"C=\x16\x03\x05\x01\x01"}, "", 0, 0},
	{"plain text in the handshake", LOST, {"CH", "S=* OK"}, "", 0, 0},
	/* holes */
	{"a hole inside a record costs nothing",
	 DONE,
	 {"CH", "SH03041301", "S=\x17\x03\x03\x01\x01", "S?200",
	  "S=.........................................................", "S23:50", "C23:53", "S23:50"},
	 "S33",
	 0x0304,
	 0},
	{"a hole that may hide a header: on where a segment starts with one",
	 DONE,
	 {"CH", "SH03041301", "S=\x17\x03\x03\x01\x01", "S?300", "S23:50", "C23:53", "S23:50"},
	 "S33",
	 0x0304,
	 0},
	{"a hole between records is told with the next one",
	 DONE,
	 {DONE_13, "S?100", "S23:50", "S23:51"},
	 "S33~100 S34",
	 0x0304,
	 0},
	{"a Finished in a hole", DONE, {FLIGHT_13, "C20:1", "C?58", "C23:40", "S23:50"}, "C23~58 S33", 0x0304, 0},
	{"a Finished behind a small hole", DONE, {FLIGHT_13, "C?6", "C23:53", "S23:50"}, "S33", 0x0304, 0},
	{"a hole before another record is none before the Finished",
	 DONE,
	 {FLIGHT_13, "C?58", "C20:1", "C23:53", "S23:50"},
	 "S33",
	 0x0304,
	 0},
	{"TLS 1.2, a hole before a renegotiation is told with what is said next",
	 DONE,
	 {"CH", "SC0303c02f", CLIENT_12, "C22:40", "S20:1", "S22:40", "S?100", "S22:40", "S23:64"},
	 "S40~100",
	 0x0303,
	 0},
	{"a header that is followed by none is none",
	 DONE,
	 {DONE_13, "S?100", "S[400", "S23:272", "S=nothing", "S]", "S23:50"},
	 "S33~384",
	 0x0304,
	 0},
	{"... nor is one of another version",
	 DONE,
	 {DONE_13, "S?100", "S=\x17\x03\x01\x01\x01", "S23:50"},
	 "S33~105",
	 0x0304,
	 0},
	{"... nor one too short to be protected", DONE, {DONE_13, "S?100", "S23:8", "S23:50"}, "S33~113", 0x0304, 0},
	{"half a header, the rest in a hole", DONE, {DONE_13, "S=\x17\x03", "S?100", "S23:50"}, "S33~102", 0x0304, 0},
	{"the client acknowledges what was not yet said",
	 DONE,
	 {"CH", "SH03041301", "S=\x17\x03\x03\x01\x01", "S=x", "S!256", "C23:53", "S=the body after all", "S23:50"},
	 "S33~18",
	 0x0304,
	 0},
	{"TLS 1.2, both Finished in holes",
	 DONE,
	 {"CH", "SC0303c02f", "C?93", "C23:34", "S?51", "S23:64"},
	 "C10~93 S40~51",
	 0x0303,
	 0},
	{"the server's flight cut short by the capture",
	 DONE,
	 {"CH", "S[300", "SH03041301", "S20:1", "S23:23", "S23:2900", "S23:96", "S23:53", "S]", "C20:1", "C23:53",
	  "S23:234"},
	 "S217",
	 0x0304,
	 0},
	{"... cut in the middle of the hello: by the Finished",
	 DONE,
	 {"CH", "S[20", "SH03041301", "S23:2900", "S23:53", "S]", "C23:53", "S23:234"},
	 "S217",
	 0x0304,
	 0},
	{"... in two segments, the second without a start",
	 DONE,
	 {"CH", "S[300", "SH03041301", "S23:900", "S=\x17\x03\x03\x0f\xff", "S]", "S[50", "S=nowhere", "S23:96", "S]",
	  "C23:53", "S23:234"},
	 "S217",
	 0x0304,
	 0},
	{"TLS 1.2, cut short",
	 DONE,
	 {"CH", "S[300", "SC0303c02f", "S22:2000", "S]", CLIENT_12, "C22:40", "S20:1", "S22:40", "S23:64"},
	 "S40",
	 0x0303,
	 0},
	{"a segment in the middle of a record tells nothing",
	 DONE,
	 {DONE_13, "S?100", "S=no header", "S23:50"},
	 "S33~109",
	 0x0304,
	 0},
	{"established stays established", DONE, {DONE_13, "C?7", "C=what is this", "S23:50"}, "S33", 0x0304, 0},
	{"one direction broken, the other goes on", DONE, {DONE_13, "C=what is this", "S23:50"}, "S33", 0x0304, 0},
};

struct ends {
	struct stream *stream[2]; /* enum gp_direction */
	uint32_t seq[2];
	struct tls *tls;
	enum tls_state state;
	uint64_t time_ns;
	size_t step; /* bytes a segment; 0: a record */
	size_t hellos;
	uint8_t segment[SEGMENT_BYTES];
	size_t segment_bytes, captured; /* captured: 0 unless between [ and ] */
	char told[512];
};

static void on_record(void *context, const struct tls_record *record)
{
	struct ends *ends = context;
	const size_t at = strlen(ends->told);
	char text[80];

	snprintf(text, sizeof(text), "%s%c%u", at ? " " : "", record->direction == GP_IN ? 'C' : 'S',
		 record->least_bytes);
	if (record->most_bytes != record->least_bytes)
		snprintf(text + strlen(text), 20, "-%u", record->most_bytes);
	if (record->skipped_bytes)
		snprintf(text + strlen(text), 20, "~%u", record->skipped_bytes);
	assert_true(at + strlen(text) + 2 < sizeof(ends->told));
	strcat(strcat(ends->told, text), record->alert ? "!" : "");
	assert_int_equal(record->time_ns % 1000, 0);
	assert_in_range(record->time_ns, 1, ends->time_ns);
}

static void on_hello(void *context, const uint8_t *message, size_t length)
{
	struct ends *ends = context;

	assert_int_equal(length, sizeof(hello_hydra));
	assert_memory_equal(message, hello_hydra, length);
	ends->hellos++;
}

static void deliver(struct ends *ends, int direction, const uint8_t *bytes, size_t captured, size_t length)
{
	const size_t step = ends->step && captured == length ? ends->step : length;

	for (size_t at = 0; at < length; at += step) {
		const size_t piece = length - at < step ? length - at : step;

		ends->time_ns += 1000;
		stream_add(ends->stream[direction], ends->seq[direction], bytes + at,
			   captured < piece ? captured : piece, piece);
		ends->seq[direction] += (uint32_t)piece;
		stream_acknowledged(ends->stream[direction], ends->seq[direction]);
		ends->state = tls_read(ends->tls, ends->stream[GP_IN], ends->stream[GP_OUT], ends->time_ns);
	}
}

static void send(struct ends *ends, int direction, const uint8_t *bytes, size_t length)
{
	if (!ends->captured) {
		deliver(ends, direction, bytes, length, length);
		return;
	}
	assert_true(ends->segment_bytes + length <= sizeof(ends->segment));
	memcpy(ends->segment + ends->segment_bytes, bytes, length);
	ends->segment_bytes += length;
}

/* As one record, or in records of `step` bytes. */
static void send_record(struct ends *ends, int direction, uint8_t type, const uint8_t *body, size_t length, size_t step)
{
	uint8_t bytes[5 + 6000];
	size_t at = 0;

	do {
		const size_t piece = step && length - at > step ? step : length - at;

		assert_true(piece <= sizeof(bytes) - 5);
		bytes[0] = type;
		bytes[1] = 3;
		/* its own version, as the old ones have */
		bytes[2] = ends->tls && tls_version(ends->tls) == 0x0301 ? 1 : 3;
		bytes[3] = (uint8_t)(piece >> 8);
		bytes[4] = (uint8_t)piece;
		memcpy(bytes + 5, body + at, piece);
		send(ends, direction, bytes, 5 + piece);
		at += piece;
	} while (at < length);
}

/* "H7" or "H", "P", "R", "C", then the four digits of the version, the four of the suite. */
static void send_server_hello(struct ends *ends, const char *text)
{
	static const uint8_t retry[32] =
		"\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16"
		"\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c";
	uint8_t message[2000] = {2, 0, 0, 0, 3, 3};
	const size_t step = text[1] == '7' ? 7 : 0;
	const unsigned long both = strtoul(text + 1 + (step ? 1 : 0), NULL, 16);
	const uint16_t version = (uint16_t)(both >> 16), suite = (uint16_t)both;
	size_t length = 42;

	message[5] = (uint8_t)(version == 0x0304 ? 3 : version);
	if (*text == 'R')
		memcpy(message + 6, retry, sizeof(retry));
	message[39] = (uint8_t)(suite >> 8);
	message[40] = (uint8_t)suite;
	if (version == 0x0304) {
		const uint8_t extensions[] = {0, 6, 0, 43, 0, 2, 3, 4, 0, 41, 0, 2, 0, 0};

		memcpy(message + length, extensions, sizeof(extensions));
		message[length + 1] = *text == 'P' ? 12 : 6;
		length += *text == 'P' ? 14 : 8;
	}
	message[3] = (uint8_t)(length - 4);
	if (*text == 'C') {
		message[length] = 11; /* Certificate */
		message[length + 2] = 1000 >> 8;
		message[length + 3] = (uint8_t)1000;
		message[length + 1004] = 14; /* ServerHelloDone */
		length += 1008;
	}
	send_record(ends, GP_OUT, 22, message, length, step);
}

static void play(struct ends *ends, const char *record)
{
	static const uint8_t zeros[6000];
	const int direction = record[0] == 'C' ? GP_IN : GP_OUT;
	char *end;

	switch (record[1]) {
	case '=':
		send(ends, direction, (const uint8_t *)record + 2, strlen(record + 2));
		break;
	case '?':
		ends->seq[direction] += (uint32_t)strtoul(record + 2, NULL, 10);
		stream_acknowledged(ends->stream[direction], ends->seq[direction]);
		break;
	case '!':
		stream_acknowledged(ends->stream[direction],
				    ends->seq[direction] + (uint32_t)strtoul(record + 2, NULL, 10));
		break;
	case '[':
		ends->captured = strtoul(record + 2, NULL, 10);
		ends->segment_bytes = 0;
		break;
	case ']':
		deliver(ends, direction, ends->segment, ends->captured, ends->segment_bytes);
		ends->captured = 0;
		break;
	case 'H':
	case 'P':
	case 'R':
	case 'C':
		if (direction == GP_IN)
			send_record(ends, GP_IN, 22, hello_hydra, sizeof(hello_hydra), record[2] == '7' ? 7 : 0);
		else
			send_server_hello(ends, record + 1);
		break;
	default: {
		const uint8_t type = (uint8_t)strtoul(record + 1, &end, 10);

		send_record(ends, direction, type, zeros, strtoul(end + 1, NULL, 10), 0);
	}
	}
}

static void ends_open(struct ends *ends, size_t step)
{
	const struct tls_listener listener = {.context = ends, .record = on_record, .hello = on_hello};

	memset(ends, 0, sizeof(*ends));
	ends->step = step;
	assert_int_equal(stream_new(&ends->stream[0]), 0);
	assert_int_equal(stream_new(&ends->stream[1]), 0);
	assert_int_equal(tls_new(&ends->tls, &listener), 0);
	stream_begin(ends->stream[0], 0);
	stream_begin(ends->stream[1], 0);
}

static void ends_close(struct ends *ends)
{
	tls_free(ends->tls);
	stream_free(ends->stream[0]);
	stream_free(ends->stream[1]);
}

static bool has_hole(const struct row *row)
{
	for (int i = 0; i < RECORDS_MAX && row->record[i]; i++) {
		if (strchr("?![", row->record[i][1]))
			return true;
	}
	return false;
}

static void check(const struct row *row, size_t step)
{
	struct ends ends;
	size_t wanted_hellos = 0;

	ends_open(&ends, step);
	for (int i = 0; i < RECORDS_MAX && row->record[i]; i++) {
		wanted_hellos |= !strncmp(row->record[i], "CH", 2);
		play(&ends, row->record[i]);
	}
	if (ends.state != row->state || strcmp(ends.told, row->told) || tls_version(ends.tls) != row->version ||
	    tls_resumed(ends.tls) != row->resumed || ends.hellos != wanted_hellos)
		fail_msg("%s (%zu): state %d, want %d; told \"%s\", want \"%s\"; version %04x; resumed %d; %zu hellos",
			 row->claim, step, ends.state, row->state, ends.told, row->told, tls_version(ends.tls),
			 tls_resumed(ends.tls), ends.hellos);
	ends_close(&ends);
}

static void every_record_after_the_handshake_is_told_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i], 0);
}

static void cuts_between_segments_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t step = 1; !has_hole(&rows[i]) && step < 12; step += 3)
			check(&rows[i], step);
	}
}

static void a_record_has_the_time_of_its_header(void **state)
{
	static const char *const records[] = {DONE_13};
	struct ends ends;

	(void)state;
	ends_open(&ends, 0);
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		play(&ends, records[i]);
	deliver(&ends, GP_OUT, (const uint8_t *)"\x17\x03\x03\x00", 4, 4);
	assert_string_equal(ends.told, "");
	deliver(&ends, GP_OUT, (const uint8_t *)"\x32", 1, 1);
	assert_string_equal(ends.told, "S33"); /* not only when its body is there */
	ends_close(&ends);
}

static void a_direction_is_given_up_after_many_segments_without_a_start(void **state)
{
	static const char *const records[] = {DONE_13, "S?100"};
	struct ends ends;

	(void)state;
	ends_open(&ends, 0);
	assert_false(tls_walking(ends.tls, GP_IN));
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		play(&ends, records[i]);
	assert_true(tls_walking(ends.tls, GP_OUT));
	for (int i = 0; i < 64; i++)
		play(&ends, "S=in the middle");
	assert_false(tls_walking(ends.tls, GP_OUT));
	assert_true(tls_walking(ends.tls, GP_IN));
	play(&ends, "S23:50");
	play(&ends, "C23:50");
	assert_string_equal(ends.told, "C33");
	ends_close(&ends);
}

static void a_handshake_without_end_is_given_up(void **state)
{
	struct ends ends;
	int count;

	(void)state;
	ends_open(&ends, 0);
	for (count = 0; count < 100000 && ends.state == TLS_HELLO; count++)
		play(&ends, "C22:1");
	assert_int_equal(ends.state, TLS_LOST);
	assert_in_range(count, 1000, 5000);
	ends_close(&ends);
}

static void only_so_many_empty_records_are_stepped_over(void **state)
{
	struct ends ends;

	(void)state;
	ends_open(&ends, 0);
	for (int i = 0; i < 32; i++)
		play(&ends, "C22:0");
	assert_int_equal(ends.state, TLS_HELLO);
	play(&ends, "C22:0");
	assert_int_equal(ends.state, TLS_LOST);
	ends_close(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_after_the_handshake_is_told_once),
		cmocka_unit_test(cuts_between_segments_change_nothing),
		cmocka_unit_test(a_record_has_the_time_of_its_header),
		cmocka_unit_test(a_direction_is_given_up_after_many_segments_without_a_start),
		cmocka_unit_test(a_handshake_without_end_is_given_up),
		cmocka_unit_test(only_so_many_empty_records_are_stepped_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
