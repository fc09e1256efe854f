/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "user/shape/profile.h"

static uint16_t seen(const struct profile *profile, enum reply reply, uint16_t bytes)
{
	for (int i = 0; i < PROFILE_LENGTHS; i++)
		if (profile->length[reply][i].bytes == bytes && profile->length[reply][i].seen)
			return profile->length[reply][i].seen;
	return 0;
}

static void a_length_that_comes_again_weighs_more(void **state)
{
	struct profile profile = {0};

	(void)state;
	profile_note(&profile, REPLY_FAILURE, 51, 1);
	profile_note(&profile, REPLY_FAILURE, 51, 4);
	profile_note(&profile, REPLY_FAILURE, 40, 2);
	assert_int_equal(seen(&profile, REPLY_FAILURE, 51), 5);
	assert_int_equal(seen(&profile, REPLY_FAILURE, 40), 2);
	assert_int_equal(profile_seen(&profile, REPLY_FAILURE), 7);
	assert_int_equal(profile_seen(&profile, REPLY_SUCCESS), 0);
}

static void the_least_seen_makes_room(void **state)
{
	struct profile profile = {0};

	(void)state;
	for (uint16_t i = 0; i < PROFILE_LENGTHS; i++)
		profile_note(&profile, REPLY_BAD, 100 + i, i == 3 ? 1 : 5);
	profile_note(&profile, REPLY_BAD, 200, 2);
	assert_int_equal(seen(&profile, REPLY_BAD, 103), 0);
	assert_int_equal(seen(&profile, REPLY_BAD, 200), 2);
	assert_int_equal(seen(&profile, REPLY_BAD, 105), 5);
}

static void nothing_overflows_and_proportions_stay(void **state)
{
	struct profile profile = {0};

	(void)state;
	profile_note(&profile, REPLY_FAILURE, 20, 30000);
	for (int i = 0; i < 5; i++)
		profile_note(&profile, REPLY_FAILURE, 51, UINT16_MAX);
	assert_int_equal(seen(&profile, REPLY_FAILURE, 51), UINT16_MAX);
	assert_true(seen(&profile, REPLY_FAILURE, 20) < 30000 / 4);
	for (int i = 0; i < 5; i++)
		profile_note_delay(&profile, REPLY_FAILURE, 10, UINT16_MAX);
	assert_int_equal(profile.delay_failure[0], UINT16_MAX);
}

static void what_is_nothing_is_not_noted(void **state)
{
	struct profile profile = {0}, empty = {0};

	(void)state;
	profile_note(&profile, REPLY_FAILURE, 0, 1);
	profile_note(&profile, REPLY_FAILURE, 51, 0);
	profile_note(&profile, REPLY_MAX, 51, 1);
	profile_note_delay(&profile, REPLY_NOOP, 10, 1);
	assert_memory_equal(&profile, &empty, sizeof(profile));
}

static void a_delay_falls_below_the_first_limit_above_it(void **state)
{
	static const uint32_t row[][2] = {{0, 0},    {29, 0},   {30, 1},   {99, 1},        {100, 2},  {299, 2},
					  {300, 3},  {799, 3},  {800, 4},  {1599, 4},      {1600, 5}, {3199, 5},
					  {3200, 6}, {6399, 6}, {6400, 7}, {UINT32_MAX, 7}};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct profile profile = {0};

		profile_note_delay(&profile, REPLY_FAILURE, row[i][0], 3);
		profile_note_delay(&profile, REPLY_SUCCESS, row[i][0], 2);
		assert_int_equal(profile.delay_failure[row[i][1]], 3);
		assert_int_equal(profile.delay_success[row[i][1]], 2);
	}
}

static void age_halves_and_forgets_what_was_seen_once(void **state)
{
	struct profile profile = {0};

	(void)state;
	profile_note(&profile, REPLY_FAILURE, 51, 9);
	profile_note(&profile, REPLY_FAILURE, 20, 1);
	profile_note_delay(&profile, REPLY_SUCCESS, 10, 5);
	profile_age(&profile);
	assert_int_equal(seen(&profile, REPLY_FAILURE, 51), 4);
	assert_int_equal(profile_seen(&profile, REPLY_FAILURE), 4);
	assert_int_equal(profile.delay_success[0], 2);
}

static void every_kind_and_origin_has_a_name(void **state)
{
	(void)state;
	for (int reply = 0; reply < REPLY_MAX; reply++)
		for (int other = 0; other < reply; other++)
			assert_string_not_equal(reply_text((enum reply)reply), reply_text((enum reply)other));
	assert_string_equal(reply_text(REPLY_FAILURE), "failure");
	assert_string_equal(origin_text(ORIGIN_PROBE), "probe");
	assert_string_equal(protocol_text(protocol_of(GP_SERVICE_POP3S)), "pop3");
	assert_string_equal(protocol_text(protocol_of(GP_SERVICE_IMAP)), "imap");
	assert_string_equal(protocol_text(protocol_of(GP_SERVICE_SUBMISSION)), "smtp");
}

static void answers_to_commands_are_tagged_the_others_are_not(void **state)
{
	static const enum reply untagged[] = {REPLY_GREETING, REPLY_TICKET, REPLY_USER, REPLY_PROMPT, REPLY_CHALLENGE};
	int count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(untagged) / sizeof(untagged[0]); i++)
		assert_false(reply_is_tagged(untagged[i]));
	for (int reply = 0; reply < REPLY_MAX; reply++)
		count += reply_is_tagged((enum reply)reply);
	assert_int_equal(count, REPLY_MAX - 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_length_that_comes_again_weighs_more),
		cmocka_unit_test(the_least_seen_makes_room),
		cmocka_unit_test(nothing_overflows_and_proportions_stay),
		cmocka_unit_test(what_is_nothing_is_not_noted),
		cmocka_unit_test(a_delay_falls_below_the_first_limit_above_it),
		cmocka_unit_test(age_halves_and_forgets_what_was_seen_once),
		cmocka_unit_test(every_kind_and_origin_has_a_name),
		cmocka_unit_test(answers_to_commands_are_tagged_the_others_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
