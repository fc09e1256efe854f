/* SPDX-License-Identifier: BSD-2-Clause */
/* A node's signing key: its file, and signatures as RFC 8032 wants them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "user/adapters/secret_sign.h"

static char directory[64], path[80];

static int set_up(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/gatepost-test.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/fleet.key", directory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

static void write_key(const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

/* RFC 8032, 7.1, TEST 2 */
#define SEED "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb\n"
#define PUBLIC "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"

static void a_key_file_is_a_seed_of_rfc_8032(void **state)
{
	static const uint8_t right[] = {0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8};
	uint8_t signature[SIGNATURE_BYTES];
	char text[SIGN_KEY_TEXT_BYTES];
	struct signing_key *key;
	struct signer signer;

	(void)state;
	write_key(SEED, 0600);
	assert_int_equal(signing_key_new(&key, path, false, NULL), 0);
	assert_string_equal(public_key_text(signing_key_public(key), text), PUBLIC);
	signer = signing_key_signer(key);
	signer.sign(signer.key, (const uint8_t *)"\x72", 1, signature);
	assert_memory_equal(signature, right, sizeof(right));
	assert_true(signer.check(signing_key_public(key), (const uint8_t *)"\x72", 1, signature));
	assert_false(signer.check(signing_key_public(key), (const uint8_t *)"\x73", 1, signature));
	signing_key_free(key);
}

static void a_key_is_made_once_and_only_when_asked_for(void **state)
{
	char first[SIGN_KEY_TEXT_BYTES], again[SIGN_KEY_TEXT_BYTES];
	struct fault fault = {0};
	struct signing_key *key;
	struct stat status;

	(void)state;
	assert_int_equal(signing_key_new(&key, path, false, &fault), -ENOENT);
	assert_int_equal(signing_key_new(&key, path, true, &fault), 0);
	public_key_text(signing_key_public(key), first);
	signing_key_free(key);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(signing_key_new(&key, path, true, &fault), 0);
	assert_string_equal(public_key_text(signing_key_public(key), again), first);
	signing_key_free(key);
}

static void a_key_that_others_can_read_or_that_is_damaged_is_refused(void **state)
{
	struct fault fault = {0};
	struct signing_key *key;

	(void)state;
	write_key(SEED, 0640);
	assert_int_equal(signing_key_new(&key, path, true, &fault), -EACCES);
	write_key("4ccd\n", 0600);
	assert_int_equal(signing_key_new(&key, path, true, &fault), -EBADMSG);
}

static void a_public_key_is_64_hexadecimal_digits(void **state)
{
	uint8_t key[PUBLIC_KEY_BYTES];
	char text[SIGN_KEY_TEXT_BYTES];

	(void)state;
	assert_int_equal(public_key_parse(PUBLIC, key), 0);
	assert_string_equal(public_key_text(key, text), PUBLIC);
	assert_int_equal(public_key_parse(PUBLIC "0", key), -EINVAL);
	assert_int_equal(public_key_parse("", key), -EINVAL);
	assert_int_equal(public_key_parse("z" PUBLIC, key), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_key_file_is_a_seed_of_rfc_8032, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_key_is_made_once_and_only_when_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_key_that_others_can_read_or_that_is_damaged_is_refused, set_up,
						tear_down),
		cmocka_unit_test(a_public_key_is_64_hexadecimal_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
