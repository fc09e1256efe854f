/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/json_line.h"
#include "user/lines.h"

static void write_stream(void *context, const void *bytes, size_t size)
{
	fwrite(bytes, 1, size, context);
}

static void assert_line(json_t *object, const char *expected)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(object);
	json_line(object, &(struct writer){out, write_stream});
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	json_decref(object);
}

static void assert_as_jansson(json_t *object)
{
	char *expected = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(16));
	char *line = malloc(strlen(expected) + 2);

	strcat(strcpy(line, expected), "\n");
	assert_line(object, line);
	free(line);
	free(expected);
}

static void numbers_are_those_of_jansson(void **state)
{
	static const double reals[] = {0,       1,    0.5,  0.98, 12.000001, 1795470650.493974,
				       -1,      -0.5, 1e15, 1e16, 1e300,     9999999999.999999,
				       1.0 / 3, 0.1,  123};
	static const json_int_t integers[] = {0, 1, -1, 10, 65535, INT64_MAX, INT64_MIN, -100};

	(void)state;
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++)
		assert_as_jansson(json_pack("{s:f}", "x", reals[i]));
	for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++)
		assert_as_jansson(json_pack("{s:I}", "x", integers[i]));
}

static void words_and_the_rest_are_those_of_jansson(void **state)
{
	static const char *const words[] = {"",         "imaps", "a\"b",     "a\\b", "tab\there",
					    "\x01\x1f", "\x7f",  "\xc3\xa4", "/"};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_as_jansson(json_pack("{s:s}", "word", words[i]));
	assert_as_jansson(json_object());
	assert_as_jansson(json_pack("{s:b, s:n, s:{s:i}, s:[i, s], s:b}", "yes", 1, "nothing", "in", "a", 1, "list", 2,
				    "x", "no", 0));
}

/* 8.335437 is the double 8.3354370000000006: sixteen digits would say 8.335437000000001; and 1e-6 for a microsecond. */
static void times_are_plain_microseconds(void **state)
{
	(void)state;
	assert_line(json_pack("{s:f}", "seconds", 8335437 / 1e6), "{\"seconds\":8.335437}\n");
	assert_line(json_pack("{s:f}", "seconds", 1e-6), "{\"seconds\":0.000001}\n");
}

static void a_long_line_is_whole(void **state)
{
	char *word = calloc(1, 20001);
	json_t *object = json_object();
	char key[16];

	(void)state;
	memset(word, 'w', 20000);
	for (int i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		json_object_set_new(object, key, json_string(word + 20000 - i));
	}
	json_object_set_new(object, "long", json_string(word));
	assert_as_jansson(object);
	free(word);
}

/* What `replay` prints and what `events` sends are one list of keys. */
static void an_attempt_and_a_flow_are_the_same_as_text_and_as_objects(void **state)
{
	const struct attempt attempt = {.n = 3,
					.outcome = OUTCOME_FAILURE,
					.basis = BASIS_SHAPE,
					.confidence = 0.987,
					.mechanism = "PLAIN",
					.account = 0x0123456789abcdef};
	const struct flow flow = {.first_ns = 1000000000, .last_ns = 9335437000, .outcomes = "FS", .attempts = 2};
	const struct classification known = {.protocol = "IMAPS", .tls = "1.3", .ja3 = "aa", .sni = "mx.\"quoted\""};
	const struct flow_report report = {
		.time_ns = 1795470650493974123, .flow = &flow, .classification = &known, .ja4 = "t13"};
	char *text[2] = {NULL};
	size_t length;
	FILE *out = open_memstream(&text[0], &length);

	(void)state;
	line_attempt_write(&(struct writer){out, write_stream}, &attempt, 1795470650493974000);
	fclose(out);
	assert_line(line_attempt(&attempt, 1795470650493974000), text[0]);
	out = open_memstream(&text[1], &length);
	line_flow_write(&(struct writer){out, write_stream}, &report);
	fclose(out);
	assert_line(line_flow(&report), text[1]);
	assert_non_null(strstr(text[0], "\"confidence\":0.99,"));
	assert_non_null(strstr(text[1], "\"seconds\":8.335437,"));
	free(text[0]);
	free(text[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_those_of_jansson),
		cmocka_unit_test(words_and_the_rest_are_those_of_jansson),
		cmocka_unit_test(times_are_plain_microseconds),
		cmocka_unit_test(a_long_line_is_whole),
		cmocka_unit_test(an_attempt_and_a_flow_are_the_same_as_text_and_as_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
