/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/adapters/secret.h"

static char directory[64], path[96];

static int enter(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/gatepost-secret-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/key", directory);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory); /* fails if anything else was left there */
}

static uint64_t hash_with(const char *key_path, uint64_t seed, const char *text)
{
	struct secret *secret;
	struct digest digest;
	uint64_t hash;

	assert_int_equal(secret_new(&secret, key_path, seed, NULL), 0);
	digest = secret_digest(secret);
	hash = digest.hash(digest.key, text, strlen(text));
	assert_true(hash == digest.hash(digest.key, text, strlen(text)));
	secret_free(secret);
	return hash;
}

static void write_key(const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void the_key_outlives_the_process(void **state)
{
	struct stat status;

	(void)state;
	assert_true(hash_with(path, 0, "user") == hash_with(path, 0, "user"));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_size, 65);
	assert_int_equal(status.st_nlink, 1);
}

static void names_and_keys_make_a_difference(void **state)
{
	uint64_t first = hash_with(path, 0, "user");

	(void)state;
	assert_true(first != hash_with(path, 0, "usex"));
	assert_true(first != hash_with(path, 0, ""));
	assert_int_equal(unlink(path), 0);
	assert_true(first != hash_with(path, 0, "user"));
	assert_true(hash_with(NULL, 0, "user") != hash_with(NULL, 0, "user"));
}

static void a_seed_makes_replays_repeat(void **state)
{
	(void)state;
	assert_true(hash_with(NULL, 7, "user") == hash_with(NULL, 7, "user"));
	assert_true(hash_with(NULL, 7, "user") != hash_with(NULL, 8, "user"));
}

static void a_key_can_be_carried_to_another_node(void **state)
{
	(void)state;
	write_key("000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n", 0600);
	/* BLAKE2b-128 of "user" with that key, its first 64 bits; reckoned with python's hashlib.blake2b. */
	assert_true(hash_with(path, 0, "user") == 0xe85c217a796a3481ULL);
}

static void a_damaged_key_is_refused_and_kept(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"00",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g\n",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\n",
	};
	struct secret *secret;
	struct fault fault;
	struct stat status;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_key(texts[i], 0600);
		assert_int_equal(secret_new(&secret, path, 0, &fault), -EBADMSG);
		assert_non_null(strstr(fault.text, path));
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_size, strlen(texts[i]));
	}
}

static void a_key_that_others_could_read_is_refused(void **state)
{
	struct secret *secret;
	struct fault fault;

	(void)state;
	write_key("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0640);
	assert_int_equal(secret_new(&secret, path, 0, &fault), -EACCES);
	assert_non_null(strstr(fault.text, "chmod 600"));
}

static void what_is_not_a_file_is_refused(void **state)
{
	struct secret *secret;

	(void)state;
	assert_int_equal(symlink("/etc/hostname", path), 0);
	assert_int_equal(secret_new(&secret, path, 0, NULL), -ELOOP);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(secret_new(&secret, path, 0, NULL), -EACCES);
	assert_int_equal(secret_new(&secret, "/nonexistent/key", 0, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_key_outlives_the_process, enter, leave),
		cmocka_unit_test_setup_teardown(names_and_keys_make_a_difference, enter, leave),
		cmocka_unit_test(a_seed_makes_replays_repeat),
		cmocka_unit_test_setup_teardown(a_key_can_be_carried_to_another_node, enter, leave),
		cmocka_unit_test_setup_teardown(a_damaged_key_is_refused_and_kept, enter, leave),
		cmocka_unit_test_setup_teardown(a_key_that_others_could_read_is_refused, enter, leave),
		cmocka_unit_test_setup_teardown(what_is_not_a_file_is_refused, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
