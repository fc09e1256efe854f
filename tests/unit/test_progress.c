/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "user/replay/progress.h"

#define S 1000000000ULL
#define GIB (1ULL << 30)

static const struct {
	const char *why;
	struct progress progress;
	const char *text;
} rows[] = {
	{"a file, a third of it read",
	 {60 * S, 24600000, GIB, 3 * GIB},
	 "[#####-----------]  33 %  1.0 of 3.0 GiB  25 M packets  410 k/s  2:00 left"},
	{"a small one",
	 {2 * S, 998, 500, 1000},
	 "[########--------]  50 %  500 of 1000 B  998 packets  499/s  0:02 left"},
	{"its end",
	 {5 * S, 1500, 2048, 2048},
	 "[################] 100 %  2.0 of 2.0 KiB  1.5 k packets  300/s  0:00 left"},
	{"a pipe: nobody knows how much there is", {4 * S, 12000000, 5 << 20, 0}, "5.0 MiB  12 M packets  3.0 M/s"},
	{"hours",
	 {3600 * S, 1000, 1 << 20, 4 << 20},
	 "[####------------]  25 %  1.0 of 4.0 MiB  1.0 k packets  0/s  3 h 00 left"},
	{"a file that grows while it is read",
	 {S, 10, 200, 100},
	 "[----------------]   0 %  200 of 100 B  10 packets  10/s"},
	{"nothing yet", {0, 0, 0, 100}, "[----------------]   0 %  0 of 100 B  0 packets"},
};

static void the_line_says_how_far_it_is(void **state)
{
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		progress_text(&rows[i].progress, text, sizeof(text));
		if (strcmp(text, rows[i].text))
			fail_msg("%s: '%s'", rows[i].why, text);
	}
}

static void a_narrow_terminal_gets_what_fits(void **state)
{
	char text[128], narrow[128];

	(void)state;
	progress_text(&rows[0].progress, text, sizeof(text));
	for (size_t size = 1; size <= strlen(text); size++) {
		memset(narrow, 'x', sizeof(narrow));
		progress_text(&rows[0].progress, narrow, size);
		assert_int_equal(strlen(narrow), size - 1);
		assert_memory_equal(narrow, text, size - 1);
		assert_int_equal(narrow[size], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_says_how_far_it_is),
		cmocka_unit_test(a_narrow_terminal_gets_what_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
