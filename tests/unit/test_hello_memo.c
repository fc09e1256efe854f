/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fixtures/tls_hello.h"
#include "user/read/hello_memo.h"

#define HEADER 5 /* of a record: the fixtures are records */

static const struct hello {
	const uint8_t *message;
	size_t length;
} hellos[] = {
	{hello_hydra + HEADER, sizeof(hello_hydra) - HEADER},
	{hello_curl + HEADER, sizeof(hello_curl) - HEADER},
};
#define HELLOS (sizeof(hellos) / sizeof(hellos[0]))

static bool fill(struct hello_key *key, const uint8_t *message, size_t length)
{
	memset(key, 0, sizeof(*key));
	return hello_key_fill(key, message, length);
}

static void two_programs_have_two_keys(void **state)
{
	struct hello_key one, other;

	(void)state;
	assert_true(fill(&one, hellos[0].message, hellos[0].length));
	assert_true(fill(&other, hellos[1].message, hellos[1].length));
	assert_memory_not_equal(&one, &other, sizeof(one));
}

/* Each byte is either of those that differ in every hello, or it makes another key. */
static void only_what_is_random_is_left_out(void **state)
{
	struct hello_key key, changed;
	uint8_t message[HELLO_MEMO_BYTES];

	(void)state;
	for (size_t i = 0; i < HELLOS; i++) {
		size_t left_out = 0;

		assert_true(fill(&key, hellos[i].message, hellos[i].length));
		for (size_t at = 0; at < hellos[i].length; at++) {
			memcpy(message, hellos[i].message, hellos[i].length);
			message[at] ^= 0x01;
			if (!fill(&changed, message, hellos[i].length))
				continue; /* a length: no hello any more */
			if (memcmp(&key, &changed, sizeof(key)))
				continue;
			left_out++;
			assert_true(at >= 4 + 2); /* not the header, not the version */
		}
		assert_in_range(left_out, 32, 32 + 32 + 512);
	}
}

static void no_cut_hello_has_a_key(void **state)
{
	struct hello_key key;

	(void)state;
	for (size_t i = 0; i < HELLOS; i++)
		for (size_t length = 0; length < hellos[i].length; length++) {
			uint8_t *message = malloc(length + 1); /* its own, for sanitizers */

			memcpy(message, hellos[i].message, length);
			assert_false(fill(&key, message, length));
			if (length >= 4) { /* and when it claims to be whole */
				message[1] = 0;
				message[2] = (uint8_t)((length - 4) >> 8);
				message[3] = (uint8_t)(length - 4);
				fill(&key, message, length);
			}
			free(message);
		}
}

static void an_answer_is_found_again_and_no_other(void **state)
{
	struct hello_memo *memo;
	struct hello_key key, other;
	const int answer = 42;

	(void)state;
	assert_int_equal(hello_memo_new(&memo, sizeof(answer)), 0);
	fill(&key, hellos[0].message, hellos[0].length);
	other = key;
	other.beside[3] = 993;
	assert_null(hello_memo_find(memo, &key));
	hello_memo_add(memo, &key, &answer);
	assert_int_equal(*(const int *)hello_memo_find(memo, &key), 42);
	assert_null(hello_memo_find(memo, &other));
	hello_memo_free(memo);
	hello_memo_free(NULL);
}

/* More hellos than there is room for: what is found is right. */
static void a_full_memo_forgets_and_does_not_mix_up(void **state)
{
	struct hello_memo *memo;
	struct hello_key key;
	unsigned int found = 0;

	(void)state;
	assert_int_equal(hello_memo_new(&memo, sizeof(unsigned int)), 0);
	fill(&key, hellos[0].message, hellos[0].length);
	for (unsigned int i = 0; i < 2000; i++) {
		key.beside[0] = (uint16_t)i;
		hello_memo_add(memo, &key, &i);
	}
	for (unsigned int i = 0; i < 2000; i++) {
		const unsigned int *answer;

		key.beside[0] = (uint16_t)i;
		answer = hello_memo_find(memo, &key);
		if (answer)
			assert_int_equal(*answer, i);
		found += answer != NULL;
	}
	assert_in_range(found, 500, 1024);
	hello_memo_free(memo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_programs_have_two_keys),
		cmocka_unit_test(only_what_is_random_is_left_out),
		cmocka_unit_test(no_cut_hello_has_a_key),
		cmocka_unit_test(an_answer_is_found_again_and_no_other),
		cmocka_unit_test(a_full_memo_forgets_and_does_not_mix_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
