/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/hellos.h"
#include "user/adapters/ja4.h"

#define HELLO(name) name, sizeof(name)

static const struct row {
	const char *claim;
	const uint8_t *message;
	size_t length;
	const char *ja4;
} rows[] = {
	{"a browser, GREASE left out, ALPN h2", HELLO(hello_browser), "t13d1516h2_8daaf6152771_e5627efa2ab1"},
	{"hydra: a name, no ALPN", HELLO(hello_hydra), "t13d311100_e8f1e7e78f70_d41ae481755e"},
	{"ncrack: no name, no TLS 1.3", HELLO(hello_ncrack), "t12i720700_1b75dbf8ecb1_8932e62835fd"},
	{"nothing", hello_hydra, 0, ""},
	{"cut short", hello_hydra, sizeof(hello_hydra) - 1, ""},
};

static void the_name_is_the_one_that_others_give(void **state)
{
	char ja4[JA4_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ja4_of_hello(rows[i].message, rows[i].length, ja4);
		if (strcmp(ja4, rows[i].ja4))
			fail_msg("%s: got \"%s\", want \"%s\"", rows[i].claim, ja4, rows[i].ja4);
	}
}

static uint8_t *find(uint8_t *message, size_t length, const char *bytes, size_t wanted)
{
	for (size_t i = 0; i + wanted <= length; i++) {
		if (!memcmp(message + i, bytes, wanted))
			return message + i;
	}
	fail_msg("not in the message");
	return NULL;
}

/* "h2" of the browser's ALPN becomes two other bytes. */
static void check_alpn(const char *name, const char *wanted)
{
	uint8_t message[sizeof(hello_browser)];
	char ja4[JA4_TEXT_BYTES];

	memcpy(message, hello_browser, sizeof(message));
	memcpy(find(message, sizeof(message), "\2h2", 3) + 1, name, 2);
	ja4_of_hello(message, sizeof(message), ja4);
	assert_memory_equal(ja4 + 8, wanted, 2);
}

static void alpn_shows_its_ends_or_their_digits(void **state)
{
	(void)state;
	check_alpn("Zq", "Zq");
	check_alpn("\xab\xcd", "ad");
	check_alpn("h\xcd", "6d");
	check_alpn("\x30\xab", "3b");
}

static void order_of_extensions_does_not_matter(void **state)
{
	/* session_ticket and encrypt_then_mac stand side by side, both empty */
	static const char two[] = {0x00, 0x23, 0x00, 0x00, 0x00, 0x16, 0x00, 0x00};
	uint8_t message[sizeof(hello_hydra)], *at;
	char ja4[JA4_TEXT_BYTES];

	(void)state;
	memcpy(message, hello_hydra, sizeof(message));
	at = find(message, sizeof(message), two, sizeof(two));
	at[1] = 0x16;
	at[5] = 0x23;
	ja4_of_hello(message, sizeof(message), ja4);
	assert_string_equal(ja4, "t13d311100_e8f1e7e78f70_d41ae481755e");
}

static void without_lists_there_are_zeros(void **state)
{
	/* no cipher, no extension */
	uint8_t message[4 + 2 + 32 + 1 + 2 + 2] = {1, 0, 0, 39, 3, 3};
	char ja4[JA4_TEXT_BYTES];

	(void)state;
	message[sizeof(message) - 2] = 1; /* one compression method */
	ja4_of_hello(message, sizeof(message), ja4);
	assert_string_equal(ja4, "t12i000000_000000000000_000000000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_is_the_one_that_others_give),
		cmocka_unit_test(alpn_shows_its_ends_or_their_digits),
		cmocka_unit_test(order_of_extensions_does_not_matter),
		cmocka_unit_test(without_lists_there_are_zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
