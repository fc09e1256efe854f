/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "user/results/output.h"

static char directory[] = "/tmp/gatepost-output-XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void a_file_tells_the_hash_of_what_is_in_it(void **state)
{
	struct output *output;
	struct writer to;
	char sum[SUM_TEXT_BYTES];

	(void)state;
	assert_int_equal(output_new(&output, directory, "abc", NULL), 0);
	to = output_writer(output);
	to.write(to.context, "a", 1);
	output_print(output, "%s", "bc");
	assert_int_equal(output_close(output, sum, NULL), 0);
	/* FIPS 180-2, B.1 */
	assert_string_equal(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(unlink(path_of("abc")), 0);
}

static void a_file_that_is_there_is_not_written_over(void **state)
{
	struct output *output;
	struct fault fault;

	(void)state;
	assert_int_equal(output_new(&output, directory, "twice", NULL), 0);
	output_free(output);
	assert_int_equal(output_new(&output, directory, "twice", &fault), -EEXIST);
	assert_non_null(strstr(fault.text, "twice"));
	assert_int_equal(unlink(path_of("twice")), 0);
	assert_int_equal(output_new(&output, "/nonexistent", "any", &fault), -ENOENT);
}

/* A limit on the size of files stands in for a full disk. `bytes` fit, and more are written: by a write, or when it is
 * closed and the buffer has to go. */
static void write_too_much(size_t written)
{
	const struct rlimit little = {4096, RLIM_INFINITY}, much = {RLIM_INFINITY, RLIM_INFINITY};
	static char bytes[1 << 20];
	struct output *output;
	struct writer to;
	struct fault fault;

	assert_int_equal(output_new(&output, directory, "full", NULL), 0);
	to = output_writer(output);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	to.write(to.context, bytes, written);
	to.write(to.context, bytes, 1);
	assert_int_equal(output_close(output, NULL, &fault), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &much), 0);
	assert_non_null(strstr(fault.text, "full: "));
	assert_int_equal(unlink(path_of("full")), 0);
}

static void what_does_not_fit_on_the_disk_is_said(void **state)
{
	(void)state;
	write_too_much(1 << 20);
	write_too_much(8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_tells_the_hash_of_what_is_in_it),
		cmocka_unit_test(a_file_that_is_there_is_not_written_over),
		cmocka_unit_test(what_does_not_fit_on_the_disk_is_said),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
