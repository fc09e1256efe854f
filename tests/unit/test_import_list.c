/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of prefixes as others publish them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "user/adapters/import_list.h"

static void a_line_is_a_prefix_or_nothing_or_wrong(void **state)
{
	static const struct {
		const char *line;
		int result;
		const char *prefix;
	} row[] = {
		{"192.0.2.0/24\n", 1, "192.0.2.0/24"},
		{" 192.0.2.7 # one", 1, "192.0.2.7"},
		{"192.0.2.0/25 ; SBL256894\r\n", 1, "192.0.2.0/25"},
		{"192.0.2.0/25;SBL256894", 1, "192.0.2.0/25"},
		{"2001:db8::/40", 1, "2001:db8::/40"},
		{"{\"cidr\":\"198.51.100.0/22\",\"sblid\":\"SBL1\",\"rir\":\"ripencc\"}", 1, "198.51.100.0/22"},
		{"{\"type\":\"metadata\",\"records\":1}", 0, NULL},
		{"", 0, NULL},
		{"\n", 0, NULL},
		{"; Spamhaus DROP List", 0, NULL},
		{"# mine", 0, NULL},
		{"192.0.2.0/33", -EINVAL, NULL},
		{"192.0.2.1 192.0.2.2", -EINVAL, NULL},
		{"<html>", -EINVAL, NULL},
		{"{\"cidr\":\"everybody\"}", -EINVAL, NULL},
		{"{\"cidr\":", -EINVAL, NULL},
		{"[1]", -EINVAL, NULL},
		{"999999999999999999999999999999999999999999999999999999999", -EINVAL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct prefix prefix;
		char text[ADDR_TEXT_BYTES];

		if (import_line(row[i].line, &prefix) != row[i].result)
			fail_msg("'%s' is read otherwise", row[i].line);
		if (row[i].prefix)
			assert_string_equal(prefix_text(&prefix, text), row[i].prefix);
	}
}

static int read_text(struct import_list *list, const char *text, struct fault *fault)
{
	char path[] = "/tmp/gatepost-test.XXXXXX";
	int fd = mkstemp(path), result;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	result = import_list_read(list, path, fault);
	unlink(path);
	return result;
}

static void a_list_holds_each_prefix_once(void **state)
{
	struct import_list list;
	struct prefix prefix;

	(void)state;
	assert_int_equal(read_text(&list, "192.0.2.2\n192.0.2.1\n\n192.0.2.2\n192.0.2.0/24\n", NULL), 0);
	assert_int_equal(list.count, 3);
	assert_int_equal(prefix_parse("192.0.2.1", &prefix), 0);
	assert_true(import_list_has(&list, &prefix));
	assert_int_equal(prefix_parse("192.0.2.3", &prefix), 0);
	assert_false(import_list_has(&list, &prefix));
	import_list_free(&list);
}

static void a_page_that_is_no_list_is_refused_as_a_whole(void **state)
{
	struct import_list list;
	struct fault fault = {0};

	(void)state;
	assert_int_equal(read_text(&list, "192.0.2.1\n<html>504 Gateway Time-out</html>\n", &fault), -EINVAL);
	assert_int_equal(fault.line, 2);
	assert_int_equal(list.count, 0);
	assert_int_equal(import_list_read(&list, "/nowhere/list", &fault), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_a_prefix_or_nothing_or_wrong),
		cmocka_unit_test(a_list_holds_each_prefix_once),
		cmocka_unit_test(a_page_that_is_no_list_is_refused_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
