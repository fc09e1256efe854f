/* SPDX-License-Identifier: BSD-2-Clause */
/* What a suite adds to a record, header included; each row a class of ciphers. `finished` is the body of a Finished
 * under it: where the suite was not seen it must give the same answer (0: it cannot). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "user/read/tls_cipher.h"

static const struct row {
	const char *claim;
	uint16_t version, suite, least, most, finished;
} rows[] = {
	{"TLS 1.3 AES-128-GCM", 0x0304, 0x1301, 22, 22, 0},
	{"TLS 1.3 AES-256-GCM", 0x0304, 0x1302, 22, 22, 0},
	{"TLS 1.3 ChaCha20", 0x0304, 0x1303, 22, 22, 0},
	{"TLS 1.3 CCM", 0x0304, 0x1304, 22, 22, 0},
	{"TLS 1.3 CCM_8", 0x0304, 0x1305, 14, 14, 0},
	{"RSA AES-GCM", 0x0303, 0x009c, 29, 29, 40},
	{"ECDHE AES-GCM", 0x0303, 0xc02f, 29, 29, 40},
	{"ECDHE-ECDSA AES-256-GCM", 0x0303, 0xc02c, 29, 29, 40},
	{"CCM", 0x0303, 0xc0ac, 29, 29, 40},
	{"CCM_8", 0x0303, 0xc0af, 21, 21, 32},
	{"RSA CCM_8", 0x0303, 0xc0a1, 21, 21, 32},
	{"ARIA-GCM", 0x0303, 0xc052, 29, 29, 40},
	{"Camellia-GCM", 0x0303, 0xc087, 29, 29, 40},
	{"ChaCha20", 0x0303, 0xcca8, 21, 21, 32},
	{"AES-CBC SHA-1, TLS 1.2: IV 16, MAC 20", 0x0303, 0xc013, 42, 57, 64},
	{"... encrypt-then-MAC", 0x0303, 0xc014, 42, 57, 68},
	{"... TLS 1.1", 0x0302, 0x002f, 42, 57, 64},
	{"... TLS 1.0: no IV", 0x0301, 0x0035, 26, 41, 48},
	{"AES-CBC SHA-256", 0x0303, 0x003c, 54, 69, 80},
	{"ECDHE AES-CBC SHA-256", 0x0303, 0xc027, 54, 69, 80},
	{"ECDHE AES-CBC SHA-384", 0x0303, 0xc024, 70, 85, 96},
	{"Camellia-CBC SHA-256", 0x0303, 0xc072, 54, 69, 80},
	{"Camellia-CBC SHA-384", 0x0303, 0xc077, 70, 85, 96},
	{"3DES, TLS 1.2: IV 8", 0x0303, 0x000a, 34, 41, 48},
	{"ECDHE 3DES, TLS 1.0", 0x0301, 0xc012, 26, 33, 0},
	{"RC4 SHA-1", 0x0301, 0x0005, 25, 25, 36},
	{"RC4 MD5", 0x0301, 0x0004, 21, 21, 32},
	{"a suite that nobody uses", 0x0303, 0x0001, 0, 0, 0},
	{"a suite of TLS 1.3 in TLS 1.2", 0x0303, 0x1301, 0, 0, 0},
	{"a suite of TLS 1.2 in TLS 1.3", 0x0304, 0xc02f, 0, 0, 0},
};

static void what_a_suite_adds_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tls_overhead got = tls_cipher_overhead(rows[i].version, rows[i].suite);

		if (got.least_bytes != rows[i].least || got.most_bytes != rows[i].most)
			fail_msg("%s: %u..%u", rows[i].claim, got.least_bytes, got.most_bytes);
	}
}

static void a_finished_tells_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tls_overhead got = tls_finished_overhead(rows[i].version, rows[i].finished);

		if (rows[i].finished && (got.least_bytes != rows[i].least || got.most_bytes != rows[i].most))
			fail_msg("%s: %u..%u", rows[i].claim, got.least_bytes, got.most_bytes);
	}
	assert_int_equal(tls_finished_overhead(0x0303, 100).most_bytes, 0);
	assert_int_equal(tls_finished_overhead(0x0301, 40).most_bytes, 0); /* 3DES: no GCM before TLS 1.2 */
}

static void a_finished_of_tls_13_is_a_header_and_a_hash(void **state)
{
	(void)state;
	assert_int_equal(tls_finished_bytes(0x1301), 36);
	assert_int_equal(tls_finished_bytes(0x1302), 52);
	assert_int_equal(tls_finished_bytes(0xc02f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_suite_adds_is_known),
		cmocka_unit_test(a_finished_tells_the_same),
		cmocka_unit_test(a_finished_of_tls_13_is_a_header_and_a_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
