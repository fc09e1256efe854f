/* SPDX-License-Identifier: BSD-2-Clause */
/* The two hellos, and how they are put together from pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/hellos.h"
#include "user/read/gather.h"
#include "user/read/hello.h"

static void what_a_client_offers_is_read(void **state)
{
	struct client_hello hello;

	(void)state;
	assert_int_equal(hello_parse_client(hello_hydra, sizeof(hello_hydra), &hello), 0);
	assert_int_equal(hello.version, 0x0304);
	assert_true(hello.has_sni);
	assert_int_equal(hello.alpn_bytes, 0);
	assert_int_equal(hello.ciphers, 31);
	assert_int_equal(hello.cipher[0], 0x1302);
	assert_int_equal(hello.cipher[30], 0x00ff);
	assert_int_equal(hello.extensions, 11);
	assert_int_equal(hello.extension[0], 0);
	assert_int_equal(hello.signatures, 20);
	assert_int_equal(hello.signature[0], 0x0403);

	assert_int_equal(hello_parse_client(hello_ncrack, sizeof(hello_ncrack), &hello), 0);
	assert_int_equal(hello.version, 0x0303);
	assert_false(hello.has_sni);
	assert_int_equal(hello.ciphers, 72);
}

static void grease_is_left_out(void **state)
{
	struct client_hello hello;

	(void)state;
	assert_int_equal(hello_parse_client(hello_browser, sizeof(hello_browser), &hello), 0);
	assert_int_equal(hello.version, 0x0304);
	assert_int_equal(hello.ciphers, 15);
	assert_int_equal(hello.cipher[0], 0x1301);
	assert_int_equal(hello.extensions, 16);
	assert_int_equal(hello.extension[0], 0x001b);
	assert_int_equal(hello.alpn_bytes, 2);
	assert_int_equal(hello.alpn_first, 'h');
	assert_int_equal(hello.alpn_last, '2');
}

static void a_hello_cut_anywhere_is_none(void **state)
{
	struct client_hello hello;

	(void)state;
	for (size_t length = 0; length < sizeof(hello_hydra); length++) {
		uint8_t *cut = malloc(length ? length : 1); /* so that a sanitizer sees the end */

		assert_non_null(cut);
		memcpy(cut, hello_hydra, length);
		assert_int_equal(hello_parse_client(cut, length, &hello), -EBADMSG);
		free(cut);
	}
}

static void bytes_behind_a_hello_make_it_none(void **state)
{
	uint8_t message[sizeof(hello_hydra) + 1] = {0};
	struct client_hello hello;

	(void)state;
	memcpy(message, hello_hydra, sizeof(hello_hydra));
	assert_int_equal(hello_parse_client(message, sizeof(message), &hello), -EBADMSG);
}

/* Each length in turn claims one byte too many or too few: every vector must end where its parent says. */
static void a_vector_that_leaves_its_parent_is_no_hello(void **state)
{
	static const struct {
		const char *claim;
		size_t at;
	} rows[] = {
		{"the message", 3},   {"the session id", 38}, {"the ciphers", 72},
		{"compression", 135}, {"extensions", 138},
	};
	struct client_hello hello;
	uint8_t message[sizeof(hello_hydra)];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int step = -1; step <= 1; step += 2) {
			memcpy(message, hello_hydra, sizeof(message));
			message[rows[i].at] = (uint8_t)(message[rows[i].at] + step);
			if (hello_parse_client(message, sizeof(message), &hello) != -EBADMSG)
				fail_msg("%s %+d was taken", rows[i].claim, step);
		}
	}
}

static void a_list_that_is_too_long_is_said_to_be(void **state)
{
	const size_t ciphers = HELLO_CIPHERS_MAX + 1, length = 4 + 2 + 32 + 1 + 2 + 2 * ciphers + 2;
	uint8_t message[4 + 2 + 32 + 1 + 2 + 2 * (HELLO_CIPHERS_MAX + 1) + 2] = {1};
	struct client_hello hello;

	(void)state;
	message[2] = (uint8_t)((length - 4) >> 8);
	message[3] = (uint8_t)(length - 4);
	message[39] = (uint8_t)(2 * ciphers >> 8);
	message[40] = (uint8_t)(2 * ciphers);
	message[length - 2] = 1;
	assert_int_equal(hello_parse_client(message, length, &hello), -E2BIG);
}

#define RANDOM_RETRY                                                                                                   \
	"\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09" \
	"\xe2\xc8\xa8\x33\x9c"
#define RANDOM_ANY "0123456789abcdef0123456789abcdef"
#define VERSION_13 "\x00\x2b\x00\x02\x03\x04"
#define PSK "\x00\x29\x00\x02\x00\x00"

static const struct server_row {
	const char *claim;
	const char *message;
	size_t length;
	int error;
	struct server_hello hello;
} server_rows[] = {
#define SERVER(text) text, sizeof(text) - 1
	{"TLS 1.2, no extensions",
	 SERVER("\2\0\0\x26\3\3" RANDOM_ANY "\0\xc0\x2f\0"),
	 0,
	 {0x0303, 0xc02f, false, false}},
	{"TLS 1.3", SERVER("\2\0\0\x2e\3\3" RANDOM_ANY "\0\x13\2\0\0\6" VERSION_13), 0, {0x0304, 0x1302, false, false}},
	{"TLS 1.3 with a session id",
	 SERVER("\2\0\0\x30\3\3" RANDOM_ANY "\2ab\x13\2\0\0\6" VERSION_13),
	 0,
	 {0x0304, 0x1302, false, false}},
	{"TLS 1.3 resumed",
	 SERVER("\2\0\0\x34\3\3" RANDOM_ANY "\0\x13\1\0\0\x0c" PSK VERSION_13),
	 0,
	 {0x0304, 0x1301, false, true}},
	{"HelloRetryRequest",
	 SERVER("\2\0\0\x2e\3\3" RANDOM_RETRY "\0\x13\3\0\0\6" VERSION_13),
	 0,
	 {0x0304, 0x1303, true, false}},
	{"a client's", SERVER("\1\0\0\x26\3\3" RANDOM_ANY "\0\xc0\x2f\0"), -EBADMSG, {0}},
	{"cut short", SERVER("\2\0\0\x26\3\3" RANDOM_ANY "\0\xc0\x2f"), -EBADMSG, {0}},
	{"an extension beyond its list",
	 SERVER("\2\0\0\x2e\3\3" RANDOM_ANY "\0\x13\2\0\0\6\0\x2b\0\3\3\4"),
	 -EBADMSG,
	 {0}},
	{"bytes behind the extensions", SERVER("\2\0\0\x27\3\3" RANDOM_ANY "\0\xc0\x2f\0\0"), -EBADMSG, {0}},
};

static void what_a_server_chose_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(server_rows) / sizeof(server_rows[0]); i++) {
		const struct server_row *row = &server_rows[i];
		struct server_hello got = {0};
		const int error = hello_parse_server((const uint8_t *)row->message, row->length, &got);

		if (error != row->error || got.version != row->hello.version || got.cipher != row->hello.cipher ||
		    got.retry != row->hello.retry || got.resumed != row->hello.resumed)
			fail_msg("%s: %d %04x %04x %d %d", row->claim, error, got.version, got.cipher, got.retry,
				 got.resumed);
	}
}

/* Adds `bytes` in steps; returns how many whole messages came, the last one in `ret_last`. */
static int gather_all(struct gather *gather, const uint8_t *bytes, size_t length, size_t step, uint8_t ret_last[8])
{
	int count = 0;

	while (length) {
		const size_t piece = length < step ? length : step;
		size_t message_bytes, used;
		uint8_t *message;

		used = gather_add(gather, bytes, piece, &message, &message_bytes);
		assert_in_range(used, 1, piece);
		if (message) {
			assert_in_range(message_bytes, 1, 8);
			memcpy(ret_last, message, message_bytes);
			count++;
		}
		free(message);
		bytes += used;
		length -= used;
	}
	return count;
}

static void messages_are_found_however_they_are_cut(void **state)
{
	static const uint8_t row[] = "\x0b\0\0\1x\2\0\0\3abc\x0e\0\0\0\2\0\0\3def\4\0\1\0";
	uint8_t last[8];

	(void)state;
	for (size_t step = 1; step < sizeof(row); step++) {
		struct gather gather = {.wanted = HELLO_SERVER};

		assert_int_equal(gather_all(&gather, row, sizeof(row) - 1, step, last), 2);
		assert_memory_equal(last, "\2\0\0\3def", 7);
		assert_int_equal(gather.seen, 1u << 0x0b | 1u << 2 | 1u << 0x0e | 1u << 4);
		gather_drop(&gather);
	}
}

static void a_message_longer_than_any_takes_no_memory(void **state)
{
	struct gather gather = {.wanted = HELLO_SERVER};
	uint8_t last[8];

	(void)state;
	assert_int_equal(gather_all(&gather, (const uint8_t *)"\2\0\x0f\xfd", 4, 4, last), 0);
	assert_null(gather.message);
	gather_drop(&gather);
	assert_int_equal(gather_all(&gather, (const uint8_t *)"\2\0\x0f\xfc", 4, 4, last), 0);
	assert_non_null(gather.message);
	gather_drop(&gather);
	assert_null(gather.message);
	assert_int_equal(gather_all(&gather, (const uint8_t *)"\2\0\0\1x", 5, 5, last), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_client_offers_is_read),
		cmocka_unit_test(grease_is_left_out),
		cmocka_unit_test(a_hello_cut_anywhere_is_none),
		cmocka_unit_test(bytes_behind_a_hello_make_it_none),
		cmocka_unit_test(a_vector_that_leaves_its_parent_is_no_hello),
		cmocka_unit_test(a_list_that_is_too_long_is_said_to_be),
		cmocka_unit_test(what_a_server_chose_is_read),
		cmocka_unit_test(messages_are_found_however_they_are_cut),
		cmocka_unit_test(a_message_longer_than_any_takes_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
