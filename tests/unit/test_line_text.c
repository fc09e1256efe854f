/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/lines.h"
#include "user/results/line_text.h"

struct page {
	char text[32768];
	size_t length;
};

static void write_page(void *context, const void *bytes, size_t size)
{
	struct page *page = context;

	assert_true(page->length + size < sizeof(page->text));
	memcpy(page->text + page->length, bytes, size);
	page->length += size;
	page->text[page->length] = '\0';
}

static const char *csv_of(struct page *page, json_t *line)
{
	const struct writer to = {page, write_page};

	page->length = 0;
	page->text[0] = '\0';
	line_text_csv(line, &to);
	json_decref(line);
	return page->text;
}

static size_t fields(const char *row)
{
	size_t count = 1;

	for (bool quoted = false; *row; row++) {
		quoted ^= *row == '"';
		count += !quoted && *row == ',';
	}
	return count;
}

static void a_field_is_quoted_where_rfc_4180_wants_it(void **state)
{
	static const struct {
		const char *reason, *field;
	} rows[] = {
		{"", ""},
		{"plain words; of 10m", "plain words; of 10m"},
		{"one, two", "\"one, two\""},
		{"a \"word\"", "\"a \"\"word\"\"\""},
		{"two\r\nlines", "\"two\r\nlines\""},
		{"\"", "\"\"\"\""},
	};
	struct page page;
	char tail[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *row = csv_of(&page, json_pack("{s:s, s:s}", "type", "decision", "reason", rows[i].reason));

		snprintf(tail, sizeof(tail), ",%s\r\n", rows[i].field);
		assert_memory_equal(row, "decision,", 9);
		assert_string_equal(row + strlen(row) - strlen(tail), tail);
	}
}

static void numbers_and_answers_are_written_plainly(void **state)
{
	struct page page;
	const char *row = csv_of(&page, json_pack("{s:s, s:f, s:i, s:f, s:b}", "type", "decision", "time",
						  1795479534.491213, "port", 60956, "seconds", 2.0, "in_force", 1));

	(void)state;
	assert_non_null(strstr(row, "decision,1795479534.491213,,60956,"));
	assert_non_null(strstr(row, ",2.0,"));
	assert_non_null(strstr(row, ",true,"));
}

/* A column for each key of each line, so that no field is lost without a word. */
static void assert_has_all(const struct page *head, json_t *line)
{
	const char *key;
	char column[64];
	json_t *value;

	json_object_foreach(line, key, value)
	{
		snprintf(column, sizeof(column), ",%s,", key);
		if (strcmp(key, "type") && strcmp(key, "reason")) /* the first and the last column */
			assert_non_null(strstr(head->text, column));
	}
	json_decref(line);
}

static void every_key_of_every_line_has_a_column(void **state)
{
	struct page head = {.length = 0}, page;
	const struct writer to = {&head, write_page};
	const struct attempt attempt = {.mechanism = "LOGIN", .account = 1};
	const struct flow flow = {.transport = TRANSPORT_TLS};
	const struct classification known = {.protocol = "IMAPS", .tls = "1.3", .ja3 = "a", .sni = "b"};
	const struct flow_report report = {.flow = &flow, .classification = &known, .ja4 = "c"};
	static const struct rule rule = {.name = "stuffing"};
	struct decision decision = {.rule = &rule};
	const struct ban ban = {.rule = "stuffing"};

	(void)state;
	line_text_csv_head(&to);
	assert_has_all(&head, line_attempt(&attempt, 1));
	assert_has_all(&head, line_flow(&report));
	assert_has_all(&head, line_decision(&decision, NULL, 1, false));
	decision.target = (struct prefix){.source = 0x0000ffffc6336407, .bits = 64};
	assert_has_all(&head, line_decision(&decision, &ban, 1, true));
	assert_has_all(&head, line_ban_ended(&ban, 1));
	assert_int_equal(fields(head.text), fields(csv_of(&page, line_attempt(&attempt, 1))));
	assert_int_equal(fields(head.text), fields(csv_of(&page, line_flow(&report))));
	assert_int_equal(fields(head.text), fields(csv_of(&page, line_decision(&decision, &ban, 1, true))));
}

static void a_summary_is_no_row(void **state)
{
	struct page page;

	(void)state;
	assert_string_equal(csv_of(&page, json_pack("{s:s, s:i}", "type", "summary", "frames", 1)), "");
	assert_string_equal(csv_of(&page, json_pack("{s:i}", "frames", 1)), "");
}

static void a_row_that_is_too_long_still_ends(void **state)
{
	static char words[20000];
	struct page page;
	const char *row;

	(void)state;
	memset(words, 'x', sizeof(words) - 1);
	row = csv_of(&page, json_pack("{s:s, s:s}", "type", "flow", "sni", words));
	assert_true(page.length < sizeof(words));
	assert_string_equal(row + page.length - 2, "\r\n");
}

static void a_long_line_of_json_is_whole(void **state)
{
	static char words[20000];
	struct page page = {.length = 0};
	const struct writer to = {&page, write_page};
	json_t *line;

	(void)state;
	memset(words, 'x', sizeof(words) - 1);
	line = json_pack("{s:s, s:s}", "type", "flow", "sni", words);
	line_text_json(line, &to);
	json_decref(line);
	assert_int_equal(page.length, sizeof(words) - 1 + strlen("{\"type\":\"flow\",\"sni\":\"\"}\n"));
	assert_int_equal(page.text[page.length - 1], '\n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_is_quoted_where_rfc_4180_wants_it),
		cmocka_unit_test(numbers_and_answers_are_written_plainly),
		cmocka_unit_test(every_key_of_every_line_has_a_column),
		cmocka_unit_test(a_summary_is_no_row),
		cmocka_unit_test(a_row_that_is_too_long_still_ends),
		cmocka_unit_test(a_long_line_of_json_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
