/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/read/base64.h"

/* RFC 4648, 10, and what servers forgive. */
static const struct {
	const char *text, *decoded; /* NULL: not base64 */
} rows[] = {
	{"", ""},
	{"=", ""},
	{"Zg==", "f"},
	{"Zm8=", "fo"},
	{"Zm9v", "foo"},
	{"Zm9vYg==", "foob"},
	{"Zm9vYmFy", "foobar"},
	{"Zg", "f"},
	{"Zm8", "fo"},
	{"Z", NULL},
	{"Zm9vY", NULL},
	{"Zm 9v", NULL},
	{"Zg===", NULL},
	{"Z=g=", NULL},
	{"*", NULL},
	{"Zm9\x80", NULL},
};

static void base64_is_decoded_or_refused(void **state)
{
	uint8_t buffer[16];
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct span text = span_of(rows[i].text, strlen(rows[i].text));

		assert_int_equal(base64_is_valid(text), rows[i].decoded != NULL);
		assert_int_equal(base64_decode(text, buffer, &length), rows[i].decoded ? 0 : -EINVAL);
		if (!rows[i].decoded)
			continue;
		assert_int_equal(length, strlen(rows[i].decoded));
		assert_memory_equal(buffer, rows[i].decoded, length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_is_decoded_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
