/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/core/addr.h"

static const struct {
	const char *text, *written;
	uint64_t source;
	uint8_t bits, length;
} prefixes[] = {
	{"192.0.2.7", "192.0.2.7", 0x0000ffffc0000207, 64, 32},
	{"192.0.2.7/32", "192.0.2.7", 0x0000ffffc0000207, 64, 32},
	{"192.0.2.7/24", "192.0.2.0/24", 0x0000ffffc0000200, 56, 24},
	{"0.0.0.0/0", "0.0.0.0/0", 0x0000ffff00000000, 32, 0},
	{"::ffff:192.0.2.7", "192.0.2.7", 0x0000ffffc0000207, 64, 32},
	{"::ffff:192.0.2.7/120", "192.0.2.0/24", 0x0000ffffc0000200, 56, 24},
	{"2001:db8:1:2::7", "2001:db8:1:2::/64", 0x20010db800010002, 64, 64},
	{"2001:db8:1:2::7/128", "2001:db8:1:2::/64", 0x20010db800010002, 64, 64},
	{"2001:db8:1:2::/48", "2001:db8:1::/48", 0x20010db800010000, 48, 48},
	{"2000::/3", "2000::/3", 0x2000000000000000, 3, 3},
};

static const char *const no_prefixes[] = {
	"",
	"192.0.2",
	"192.0.2.7/33",
	"192.0.2.7/",
	"192.0.2.7/-1",
	"192.0.2.7/024",
	"192.0.2.7/24 ",
	"192.0.2.07",
	"2001:db8::/129",
	"::/0",
	"::/15",
	"::ffff:1.2.3.4/95",
	"/24",
	"example.com",
	"192.0.2.7/4294967320",
	"2001:db8:1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:0:1:2:3:4:5:6/64",
};

static void prefixes_are_read_and_written_as_people_write_them(void **state)
{
	char buffer[ADDR_TEXT_BYTES];
	struct prefix prefix;

	(void)state;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		assert_int_equal(prefix_parse(prefixes[i].text, &prefix), 0);
		assert_int_equal(prefix.source, prefixes[i].source);
		assert_int_equal(prefix.bits, prefixes[i].bits);
		assert_int_equal(prefix_length(&prefix), prefixes[i].length);
		assert_string_equal(prefix_text(&prefix, buffer), prefixes[i].written);
	}
}

static void what_is_no_prefix_is_refused(void **state)
{
	struct prefix prefix = {.source = 1, .bits = 2};

	(void)state;
	for (size_t i = 0; i < sizeof(no_prefixes) / sizeof(no_prefixes[0]); i++)
		if (prefix_parse(no_prefixes[i], &prefix) != -EINVAL)
			fail_msg("\"%s\" was taken", no_prefixes[i]);
	assert_int_equal(prefix.source, 1);
	assert_int_equal(prefix.bits, 2);
}

static void an_address_has_one_source(void **state)
{
	char buffer[ADDR_TEXT_BYTES];
	struct addr v4, v6, mapped;

	(void)state;
	assert_int_equal(addr_parse("192.0.2.7", &v4), 0);
	assert_int_equal(addr_parse("2001:db8:1:2:3::7", &v6), 0);
	assert_int_equal(addr_parse("::ffff:192.0.2.7", &mapped), 0);
	assert_int_equal(addr_parse("192.0.2.7/24", &mapped), -EINVAL);
	assert_true(addr_is_v4(&v4));
	assert_false(addr_is_v4(&v6));
	assert_memory_equal(&v4, &mapped, sizeof(v4));
	assert_true(source_is_v4(addr_source(&v4)));
	assert_false(source_is_v4(addr_source(&v6)));
	assert_string_equal(addr_text(&v4, buffer), "192.0.2.7");
	assert_string_equal(addr_text(&v6, buffer), "2001:db8:1:2:3::7");
	assert_string_equal(source_text(addr_source(&v4), buffer), "192.0.2.7");
	assert_string_equal(source_text(addr_source(&v6), buffer), "2001:db8:1:2::/64");
}

static struct prefix parsed(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static void a_prefix_covers_its_own(void **state)
{
	const struct prefix net = parsed("192.0.2.0/24"), one = parsed("192.0.2.7"), far = parsed("198.51.100.7");
	const struct prefix v6 = parsed("2001:db8::/32"), host = parsed("2001:db8:9::1"), all = parsed("0.0.0.0/0");

	(void)state;
	assert_true(prefix_covers(&net, &one));
	assert_false(prefix_covers(&one, &net));
	assert_false(prefix_covers(&net, &far));
	assert_true(prefix_covers(&net, &net));
	assert_true(prefix_covers(&v6, &host));
	assert_true(prefix_covers(&all, &far));
	assert_false(prefix_covers(&all, &host));
	assert_true(prefix_equal(&net, &net));
	assert_false(prefix_equal(&net, &one));
}

static void a_source_has_the_prefix_of_its_family(void **state)
{
	const struct prefix v4 = prefix_of(parsed("192.0.2.7").source, 24, 48);
	const struct prefix v6 = prefix_of(parsed("2001:db8:1:2::").source, 24, 48);
	const struct prefix one = prefix_of_source(parsed("192.0.2.7").source), net = parsed("192.0.2.0/24");
	const struct gp_prefix_key key = prefix_key(&net);
	char buffer[ADDR_TEXT_BYTES];

	(void)state;
	assert_string_equal(prefix_text(&v4, buffer), "192.0.2.0/24");
	assert_string_equal(prefix_text(&v6, buffer), "2001:db8:1::/48");
	assert_string_equal(prefix_text(&one, buffer), "192.0.2.7");
	assert_int_equal(key.bits, 56);
	assert_memory_equal(key.source_be, "\0\0\xff\xff\xc0\0\2\0", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_are_read_and_written_as_people_write_them),
		cmocka_unit_test(what_is_no_prefix_is_refused),
		cmocka_unit_test(an_address_has_one_source),
		cmocka_unit_test(a_prefix_covers_its_own),
		cmocka_unit_test(a_source_has_the_prefix_of_its_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
