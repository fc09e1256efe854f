/* SPDX-License-Identifier: BSD-2-Clause */
/* Labels: what is read of a row, and what is said of one that cannot be read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "user/research/labels.h"

#define HEAD "client_ip,client_port,server_ip,server_port,outcomes,t_first_syn"
#define ROW "192.0.2.7,40001,198.51.100.1,993,FFS,1700000000.5"

static int read_text(struct labels *labels, const char *text, struct fault *fault)
{
	FILE *stream = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int error;

	assert_non_null(stream);
	error = labels_read(labels, stream, "l.csv", fault);
	fclose(stream);
	return error;
}

static void a_row_is_read_by_the_names_of_its_columns(void **state)
{
	static const char text[] =
		"t_first_syn,outcomes,note,server_port,server_ip,client_port,client_ip,pcap,proto,starttls,attack,family\r\n"
		"1795470650.493974,F?S,\"a, \"\"b\"\"\",993,2001:db8::25,40001,192.0.2.7,a.pcap,imap,0,1,spray\r\n"
		"\r\n"
		"1795470651,,,587,2001:db8::25,40002,192.0.2.8,b.pcap,smtp,1,0,office\r\n";
	struct labels labels;
	struct fault fault = {0};

	(void)state;
	if (read_text(&labels, text, &fault))
		fail_msg("%s", fault.text);
	assert_int_equal(labels.count, 2);
	assert_true(labels.has_attack && labels.has_family);
	assert_true(labels.row[0].time_ns == 1795470650493974000ULL);
	assert_true(labels.row[1].time_ns == 1795470651000000000ULL);
	assert_int_equal(labels.row[0].client_port, 40001);
	assert_int_equal(labels.row[0].server_port, 993);
	assert_string_equal(labels.row[0].outcomes, "F?S");
	assert_string_equal(labels.row[1].outcomes, "");
	assert_string_equal(labels.row[0].pcap, "a.pcap");
	assert_string_equal(labels.row[0].family, "spray");
	assert_string_equal(labels.row[0].tool, "");
	assert_true(labels.row[0].attack && !labels.row[1].attack);
	assert_true(labels.row[1].starttls && !labels.row[0].starttls);
	assert_int_equal(labels.row[1].capture, 1);
	assert_int_equal(labels.row[1].host, 0); /* the same server */
	labels_free(&labels);
}

static void a_bad_row_names_line_column_and_what_was_expected(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *words;
	} rows[] = {
		{"", 1, "wants a first line with the names of the columns, is empty"},
		{"client_ip,outcomes\n", 1, "the first line wants a column 'client_port'"},
		{HEAD ",attack,attack\n", 1, "column 8: wants each column once, got 'attack'"},
		{HEAD "\n" ROW "\n192.0.2.7,40001\n", 3, "wants 6 columns as in the first line, got 2"},
		{HEAD "\n" ROW ",x\n", 2, "wants 6 columns as in the first line, got 7"},
		{HEAD "\n192.0.2,1,::1,993,F,1\n", 2,
		 "column 1 (client_ip): wants an IPv4 or IPv6 address, got '192.0.2'"},
		{HEAD "\n::1,70000,::1,993,F,1\n", 2,
		 "column 2 (client_port): wants a port from 1 to 65535, got '70000'"},
		{HEAD "\n::1,0,::1,993,F,1\n", 2, "column 2 (client_port): wants a port from 1 to 65535, got '0'"},
		{HEAD "\n::1,1,mail,993,F,1\n", 2, "column 3 (server_ip): wants an IPv4 or IPv6 address, got 'mail'"},
		{HEAD "\n::1,1,::1,imaps,F,1\n", 2,
		 "column 4 (server_port): wants a port from 1 to 65535, got 'imaps'"},
		{HEAD "\n::1,1,::1,993,FX,1\n", 2,
		 "column 5 (outcomes): wants a letter an attempt: F, S, A, T, U or ?; at most 4096, got 'FX'"},
		{HEAD "\n::1,1,::1,993,F,yesterday\n", 2,
		 "column 6 (t_first_syn): wants seconds since 1970, such as 1795470650.493974, got 'yesterday'"},
		{HEAD "\n::1,1,::1,993,F,-1\n", 2,
		 "column 6 (t_first_syn): wants seconds since 1970, such as 1795470650.493974, got '-1'"},
		{HEAD "\n::1,1,::1,993,F,99999999999\n", 2,
		 "column 6 (t_first_syn): wants seconds since 1970, such as 1795470650.493974, got '99999999999'"},
		{HEAD ",n_attempts\n::1,1,::1,993,FF,1,3\n", 2, "'n_attempts' says 3, 'outcomes' has 2 letters"},
		{HEAD ",attack\n::1,1,::1,993,FF,1,bad\n", 2, "column 7 (attack): wants 0 or 1, got 'bad'"},
		{HEAD ",proto\n::1,1,::1,993,FF,1,http\n", 2,
		 "column 7 (proto): wants imap, pop3, smtp or the name of a service, got 'http'"},
		{HEAD "\n\"::1,1,::1,993,F,1\n", 2, "column 1: wants quotes that end, got '\"'"},
		{HEAD "\n\"::1\"x,1,::1,993,F,1\n", 2, "column 1: wants quotes that end, got '\"'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct labels labels;
		struct fault fault = {0};

		assert_int_equal(read_text(&labels, rows[i].text, &fault), -EBADMSG);
		assert_string_equal(fault.text, rows[i].words);
		assert_string_equal(fault.file, "l.csv");
		assert_int_equal(fault.line, rows[i].line);
	}
}

static void a_line_without_end_is_refused(void **state)
{
	static char text[2 * LABELS_LINE_BYTES];
	struct labels labels;
	struct fault fault = {0};

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(read_text(&labels, text, &fault), -EBADMSG);
	assert_string_equal(fault.text, "wants a line of at most 16382 characters");
}

static void a_file_that_is_not_there_is_named(void **state)
{
	struct labels labels;
	struct fault fault = {0};

	(void)state;
	assert_int_equal(labels_load(&labels, "/nowhere/labels.csv", &fault), -ENOENT);
	assert_string_equal(fault.text, "/nowhere/labels.csv: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_read_by_the_names_of_its_columns),
		cmocka_unit_test(a_bad_row_names_line_column_and_what_was_expected),
		cmocka_unit_test(a_line_without_end_is_refused),
		cmocka_unit_test(a_file_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
