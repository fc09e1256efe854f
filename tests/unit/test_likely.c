/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "user/shape/likely.h"

static struct length exact(uint32_t bytes)
{
	return (struct length){.range = {{bytes, bytes, 0}}, .count = 1};
}

static struct length range(uint32_t least, uint32_t most)
{
	return (struct length){.range = {{least, most, 0}}, .count = 1};
}

static float reply_cost(const struct profile *server, enum reply reply, uint32_t bytes, uint32_t tag)
{
	const struct knowledge knowledge = {.server = server};
	const struct length length = exact(bytes);

	return likely_reply(&length, &knowledge, reply, tag);
}

static void what_was_seen_is_more_probable_than_what_was_not(void **state)
{
	struct profile profile = {.protocol = PROTOCOL_IMAP};
	const struct profile blank = profile;

	(void)state;
	profile_note(&profile, REPLY_FAILURE, 51, 1);
	assert_true(reply_cost(&profile, REPLY_FAILURE, 51, 0) < reply_cost(&profile, REPLY_FAILURE, 40, 0));
	assert_true(reply_cost(&profile, REPLY_FAILURE, 51, 0) < reply_cost(&blank, REPLY_FAILURE, 51, 0));
	assert_true(reply_cost(&profile, REPLY_FAILURE, 40, 0) > reply_cost(&blank, REPLY_FAILURE, 40, 0));
	assert_true(reply_cost(&profile, REPLY_FAILURE, 40, 0) < COST_NEVER);
}

static void the_more_often_the_surer(void **state)
{
	struct profile profile = {.protocol = PROTOCOL_POP3};
	float before = COST_NEVER;

	(void)state;
	for (int i = 0; i < 5; i++) {
		const float cost = reply_cost(&profile, REPLY_SUCCESS, 16, 0);

		assert_true(cost < before);
		before = cost;
		profile_note(&profile, REPLY_SUCCESS, 16, 2);
	}
	assert_true(before < 0.5F);
}

/* Or else a million failures would make something new improbable among them, and probable among the few successes. */
static void after_enough_of_them_counts_do_not_matter(void **state)
{
	struct profile few = {.protocol = PROTOCOL_IMAP}, many = few;

	(void)state;
	profile_note(&few, REPLY_FAILURE, 51, 50);
	profile_note(&many, REPLY_FAILURE, 51, 50000);
	assert_float_equal(reply_cost(&few, REPLY_FAILURE, 40, 0), reply_cost(&many, REPLY_FAILURE, 40, 0), 0.001);
	assert_float_equal(reply_cost(&few, REPLY_FAILURE, 51, 0), reply_cost(&many, REPLY_FAILURE, 51, 0), 0.001);
}

static void the_tag_moves_a_reply(void **state)
{
	struct profile profile = {.protocol = PROTOCOL_IMAP};

	(void)state;
	profile_note(&profile, REPLY_FAILURE, 51, 32);
	assert_float_equal(reply_cost(&profile, REPLY_FAILURE, 51 + 300, 300),
			   reply_cost(&profile, REPLY_FAILURE, 51, 0), 0.001);
	assert_true(reply_cost(&profile, REPLY_FAILURE, 51, 4) > 5);
}

static void the_other_servers_are_asked_where_this_one_has_not_shown(void **state)
{
	struct profile blank = {.protocol = PROTOCOL_IMAP}, common = blank;
	const struct knowledge alone = {.server = &blank}, guessed = {.server = &blank, .common = &common},
			       alike = {.server = &blank, .common = &common, .alike = true};
	const struct length length = exact(51), other = exact(40);

	(void)state;
	profile_note(&common, REPLY_FAILURE, 51, 4);
	assert_true(likely_reply(&length, &guessed, REPLY_FAILURE, 0) <
		    likely_reply(&length, &alone, REPLY_FAILURE, 0));
	assert_true(likely_reply(&length, &alike, REPLY_FAILURE, 0) <
		    likely_reply(&length, &guessed, REPLY_FAILURE, 0));
	assert_true(likely_reply(&other, &alike, REPLY_FAILURE, 0) > likely_reply(&other, &guessed, REPLY_FAILURE, 0));
	assert_float_equal(likely_reply(&length, &alike, REPLY_SUCCESS, 0),
			   likely_reply(&length, &alone, REPLY_SUCCESS, 0), 0.001);
}

static void names_and_numbers_make_a_welcome_vary_but_no_refusal(void **state)
{
	struct profile profile = {.protocol = PROTOCOL_IMAP};

	(void)state;
	profile_note(&profile, REPLY_SUCCESS, 415, 32);
	assert_true(reply_cost(&profile, REPLY_SUCCESS, 417, 0) + 1 < reply_cost(&profile, REPLY_SUCCESS, 445, 0));
	profile_note(&profile, REPLY_FAILURE, 51, 32);
	assert_float_equal(reply_cost(&profile, REPLY_FAILURE, 53, 0), reply_cost(&profile, REPLY_FAILURE, 60, 0),
			   0.001);
}

static void what_no_server_says_cannot_be(void **state)
{
	const struct profile blank = {.protocol = PROTOCOL_POP3};

	(void)state;
	assert_true(reply_cost(&blank, REPLY_FAILURE, 20000, 0) >= COST_NEVER);
	assert_true(reply_cost(&blank, REPLY_FAILURE, 1, 0) >= COST_NEVER);
}

static void a_range_holds_what_is_in_it(void **state)
{
	struct profile profile = {.protocol = PROTOCOL_IMAP};
	const struct knowledge knowledge = {.server = &profile};
	const struct length hit = range(43, 58), miss = range(59, 74), any = range(1, 511);

	(void)state;
	profile_note(&profile, REPLY_FAILURE, 51, 32);
	assert_true(likely_reply(&hit, &knowledge, REPLY_FAILURE, 0) < 0.1F);
	assert_true(likely_reply(&any, &knowledge, REPLY_FAILURE, 0) < 0.1F);
	assert_true(likely_reply(&miss, &knowledge, REPLY_FAILURE, 0) > 3);
}

static void one_of_several_candidates_is_enough(void **state)
{
	const struct length length = {.range = {{20, 20, 0.5F}, {30, 40, 1.5F}, {35, 35, 3}}, .count = 3};
	const struct length none = {.count = 0};

	(void)state;
	assert_float_equal(likely_exactly(&length, 20), 0.5, 0.001);
	assert_float_equal(likely_exactly(&length, 35), 1.5, 0.001);
	assert_float_equal(likely_exactly(&length, 40), 1.5, 0.001);
	assert_true(likely_exactly(&length, 41) >= COST_NEVER);
	assert_true(likely_exactly(&length, 29) >= COST_NEVER);
	assert_true(likely_exactly(&none, 29) < COST_NEVER);
}

static void a_name_has_any_length_but_mostly_a_usual_one(void **state)
{
	const struct length shortest = exact(12), usual = exact(30), longest = exact(900), shorter = exact(11);

	(void)state;
	assert_true(likely_open(&usual, 12, 22, 1) < likely_open(&shortest, 12, 22, 1));
	assert_true(likely_open(&usual, 12, 22, 1) + 1 < likely_open(&longest, 12, 22, 1));
	assert_true(likely_open(&longest, 12, 22, 1) < COST_NEVER);
	assert_true(likely_open(&shorter, 12, 22, 1) >= COST_NEVER);
}

static void base64_comes_in_fours(void **state)
{
	(void)state;
	for (uint32_t bytes = 17; bytes < 80; bytes++) {
		const struct length length = exact(bytes);

		assert_int_equal(likely_open(&length, 17, 30, 4) < COST_NEVER, (bytes - 17) % 4 == 0);
	}
}

static void what_is_asked_in_base64_comes_in_fours(void **state)
{
	const struct length hidden = range(1, 60);

	(void)state;
	for (uint32_t bytes = 1; bytes < 60; bytes++) {
		const struct length length = exact(bytes);

		assert_int_equal(likely_coded(&length, 6) < COST_NEVER, bytes >= 6 && (bytes - 6) % 4 == 0);
	}
	assert_true(likely_coded(&hidden, 6) < COST_NEVER);
}

/* Every cost is of a probability: those of all lengths add up to no more than one. */
static void probabilities_are_none_above_one(void **state)
{
	double open = 0, reply = 0, anything = 0;
	struct profile profile = {.protocol = PROTOCOL_IMAP}, common = profile;
	const struct knowledge knowledge = {.server = &profile, .common = &common};

	(void)state;
	profile_note(&profile, REPLY_SUCCESS, 415, 3);
	profile_note(&profile, REPLY_SUCCESS, 430, 1);
	profile_note(&common, REPLY_SUCCESS, 15, 4);
	for (uint32_t bytes = 1; bytes < 30000; bytes++) {
		const struct length length = exact(bytes);

		open += exp(-likely_open(&length, 12, 22, 1));
		reply += exp(-likely_reply(&length, &knowledge, REPLY_SUCCESS, 0));
		anything += exp(-likely_anything(&length));
	}
	assert_true(open > 0.9 && open < 1.01);
	assert_true(reply > 0.9 && reply < 1.01);
	assert_true(anything > 0.9 && anything < 1.01);
}

static struct exchange delayed(uint32_t delay_ms)
{
	return (struct exchange){.out = exact(53), .delay_ms = delay_ms, .timed = true};
}

static void a_server_answers_as_slowly_as_it_did(void **state)
{
	struct profile profile = {.protocol = PROTOCOL_IMAP};
	const struct exchange slow = delayed(2000), fast = delayed(5);
	struct exchange unknown = delayed(2000);

	(void)state;
	profile_note_delay(&profile, REPLY_FAILURE, 2000, 32);
	profile_note_delay(&profile, REPLY_SUCCESS, 5, 32);
	assert_true(likely_delay(&slow, &profile, REPLY_FAILURE) + 1 < likely_delay(&fast, &profile, REPLY_FAILURE));
	assert_true(likely_delay(&fast, &profile, REPLY_SUCCESS) + 1 < likely_delay(&slow, &profile, REPLY_SUCCESS));
	/* penalties, other processes: nothing is ruled out by time alone */
	assert_true(likely_delay(&slow, &profile, REPLY_SUCCESS) < 7);
	/* ... but nobody lets a client wait for being told that he is not understood */
	assert_true(likely_at_once(&slow) > likely_delay(&slow, &profile, REPLY_BAD) + 1);
	assert_true(likely_at_once(&fast) < 0.5F);
	unknown.timed = false;
	assert_true(likely_at_once(&unknown) == 0);
	assert_true(likely_delay(&unknown, &profile, REPLY_SUCCESS) == 0);
}

static void nothing_overflows(void **state)
{
	static const uint32_t lengths[] = {0, 1, 2, 65534, 65535, UINT32_MAX - 1, UINT32_MAX};
	struct profile profile = {.protocol = PROTOCOL_SMTP};
	const struct knowledge knowledge = {.server = &profile, .common = &profile, .alike = true};

	(void)state;
	memset(profile.length, 0xff, sizeof(profile.length));
	memset(profile.delay_failure, 0xff, sizeof(profile.delay_failure));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (int reply = 0; reply < REPLY_MAX; reply++) {
			const struct length length = range(i % 2 ? 0 : lengths[i], lengths[i]);
			const struct exchange exchange = {.out = length, .delay_ms = lengths[i], .timed = true};

			assert_true(likely_reply(&length, &knowledge, (enum reply)reply, lengths[i] % 65536) >= -0.01F);
			assert_true(likely_delay(&exchange, &profile, (enum reply)reply) >= 0);
			assert_true(likely_open(&length, lengths[i] % 65536, 20, 1) >= -0.01F);
			assert_false(isnan(likely_anything(&length)));
		}
}

/* One length is a range of one, and the sum over all lengths is what the range costs. */
static void an_exact_length_is_read_as_a_range_of_one(void **state)
{
	const struct length all = range(12, 60);
	double share = 0;

	(void)state;
	for (uint32_t bytes = 12; bytes <= 60; bytes++) {
		const struct length one = exact(bytes);

		assert_float_equal(likely_open(&one, 12, 22, 1), likely_open_within(&one, 12, 22, 1), 1e-6);
		share += exp(-likely_open(&one, 12, 22, 1));
	}
	assert_float_equal(share, exp(-likely_open(&all, 12, 22, 1)), 0.02);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_seen_is_more_probable_than_what_was_not),
		cmocka_unit_test(the_more_often_the_surer),
		cmocka_unit_test(after_enough_of_them_counts_do_not_matter),
		cmocka_unit_test(the_tag_moves_a_reply),
		cmocka_unit_test(the_other_servers_are_asked_where_this_one_has_not_shown),
		cmocka_unit_test(names_and_numbers_make_a_welcome_vary_but_no_refusal),
		cmocka_unit_test(what_no_server_says_cannot_be),
		cmocka_unit_test(a_range_holds_what_is_in_it),
		cmocka_unit_test(one_of_several_candidates_is_enough),
		cmocka_unit_test(a_name_has_any_length_but_mostly_a_usual_one),
		cmocka_unit_test(base64_comes_in_fours),
		cmocka_unit_test(what_is_asked_in_base64_comes_in_fours),
		cmocka_unit_test(probabilities_are_none_above_one),
		cmocka_unit_test(a_server_answers_as_slowly_as_it_did),
		cmocka_unit_test(nothing_overflows),
		cmocka_unit_test(an_exact_length_is_read_as_a_range_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
