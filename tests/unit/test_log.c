/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/adapters/clock.h"
#include "user/adapters/log.h"

static char written[8192];
static int kept_stderr;

static void catch_stderr(void)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	kept_stderr = dup(STDERR_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	fclose(file);
}

/* What was written to standard error since. */
static const char *release_stderr(void)
{
	ssize_t length = pread(STDERR_FILENO, written, sizeof(written) - 1, 0);

	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	assert_true(length >= 0);
	written[length] = '\0';
	return written;
}

static void set_journal(ino_t more)
{
	struct stat status;
	char text[64];

	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	snprintf(text, sizeof(text), "%lu:%lu", (unsigned long)status.st_dev, (unsigned long)(status.st_ino + more));
	setenv("JOURNAL_STREAM", text, 1);
}

static int reset(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_level(LOG_LEVEL_INFO);
	return 0;
}

static void a_line_has_time_level_event_and_words(void **state)
{
	const char *line;

	(void)state;
	catch_stderr();
	log_line(LOG_LEVEL_WARN, "ban", "source=%s failures=%d", "192.0.2.7", 20);
	line = release_stderr();
	assert_int_equal(line[4], '-');
	assert_int_equal(line[10], 'T');
	assert_int_equal(line[19], 'Z');
	assert_string_equal(line + 20, " warn ban source=192.0.2.7 failures=20\n");
}

static void the_journal_gets_a_priority_and_no_time(void **state)
{
	(void)state;
	catch_stderr();
	set_journal(0);
	log_line(LOG_LEVEL_ERROR, "start", "%s", "");
	assert_string_equal(release_stderr(), "<3>error start\n");
}

static void an_inherited_journal_is_not_ours(void **state)
{
	(void)state;
	catch_stderr();
	set_journal(1);
	log_line(LOG_LEVEL_INFO, "start", "a=%d", 1);
	assert_string_equal(release_stderr() + 20, " info start a=1\n");
}

static void control_characters_cannot_forge_a_line(void **state)
{
	(void)state;
	catch_stderr();
	set_journal(0);
	log_line(LOG_LEVEL_INFO, "flow", "sni=%s", "a\nerror ban \r\x1b[2J\x9b\x7f");
	assert_string_equal(release_stderr(), "<6>info flow sni=a\\x0aerror ban \\x0d\\x1b[2J\\x9b\\x7f\n");
}

static void levels_above_the_chosen_one_are_silent(void **state)
{
	(void)state;
	catch_stderr();
	set_journal(0);
	log_line(LOG_LEVEL_DEBUG, "x", "a=%d", 1);
	log_level(LOG_LEVEL_ERROR);
	log_line(LOG_LEVEL_WARN, "x", "a=%d", 2);
	log_level(LOG_LEVEL_DEBUG);
	log_line(LOG_LEVEL_DEBUG, "x", "a=%d", 3);
	assert_string_equal(release_stderr(), "<7>debug x a=3\n");
}

static void a_long_line_is_cut_and_says_so(void **state)
{
	static char text[4096];
	const char *line;
	size_t length;

	(void)state;
	memset(text, '\n', sizeof(text) - 1);
	catch_stderr();
	log_line(LOG_LEVEL_INFO, "x", "%s", text);
	line = release_stderr();
	length = strlen(line);
	assert_in_range(length, 4 * 1000, 4 * 1024 + 128);
	assert_string_equal(line + length - 5, " ...\n");
}

static void times_are_written_as_rfc_3339(void **state)
{
	char text[24];

	(void)state;
	assert_string_equal(clock_text(0, text), "1970-01-01T00:00:00Z");
	assert_string_equal(clock_text(1772366400999999999ULL, text), "2026-03-01T12:00:00Z");
	assert_string_equal(clock_text(UINT64_MAX, text), "2554-07-21T23:34:33Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_has_time_level_event_and_words, reset),
		cmocka_unit_test_setup(the_journal_gets_a_priority_and_no_time, reset),
		cmocka_unit_test_setup(an_inherited_journal_is_not_ours, reset),
		cmocka_unit_test_setup(control_characters_cannot_forge_a_line, reset),
		cmocka_unit_test_setup(levels_above_the_chosen_one_are_silent, reset),
		cmocka_unit_test_setup(a_long_line_is_cut_and_says_so, reset),
		cmocka_unit_test(times_are_written_as_rfc_3339),
	};

	return cmocka_run_group_tests(tests, NULL, reset);
}
