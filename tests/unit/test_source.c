/* SPDX-License-Identifier: BSD-2-Clause */
/* Which failures are taken for the same wrong password once more, where it was read and where only its length was. */
#include "tests/unit/court.h"

#include "user/judge/source.h"

#define FIVE_MINUTES (5 * NS_PER_MINUTE)

/* How many of `times` failures, one each `every_ns`, are taken for repeats, when `lengths` of them take turns. */
static unsigned int repeats_of(struct source_state *source, unsigned int lengths, unsigned int times, uint64_t every_ns)
{
	unsigned int repeats = 0;

	for (unsigned int i = 0; i < times; i++)
		repeats += source_repeats_likely(source, 0x100 + i % lengths, false, NS_PER_DAY, START + i * every_ns);
	return repeats;
}

static void a_phone_is_a_failure_for_each_way_it_tries(void **state)
{
	static const struct {
		const char *phone;
		unsigned int ways, times, repeats;
		uint64_t every_ns;
	} rows[] = {
		{"every five minutes for a day", 1, 288, 287, FIVE_MINUTES},
		{"for a month", 1, 30 * 288, 30 * 288 - 1, FIVE_MINUTES},
		{"three ways, a round in a quarter of an hour, for a day", 3, 288, 285, FIVE_MINUTES},
		{"impatient for a while", 1, 61, 60, NS_PER_S},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct source_state source = {.forgiven_s = 0};
		const unsigned int repeats = repeats_of(&source, rows[i].ways, rows[i].times, rows[i].every_ns);

		if (repeats != rows[i].repeats)
			fail_msg("%s: %u repeats", rows[i].phone, repeats);
	}
}

static void lengths_that_vary_are_no_repeats_from_the_fifth_on(void **state)
{
	(void)state;
	for (unsigned int lengths = 1; lengths <= 40; lengths++) {
		struct source_state source = {.forgiven_s = 0};
		const unsigned int repeats = repeats_of(&source, lengths, 50, NS_PER_S);

		if (repeats != (lengths <= SOURCE_LIKENESSES_MAX ? 50 - lengths : 0))
			fail_msg("%u lengths: %u repeats", lengths, repeats);
	}
}

static void a_fifth_length_ends_what_was_forgiven_to_the_first(void **state)
{
	struct source_state source = {.forgiven_s = 0};

	(void)state;
	assert_int_equal(repeats_of(&source, 4, 8, 0), 4);
	assert_int_equal(repeats_of(&source, 5, 5, 0), 4);
	assert_int_equal(repeats_of(&source, 1, 5, 0), 0);
}

static void a_list_sorted_by_length_is_forgiven_sixty_and_one_each_five_minutes(void **state)
{
	struct source_state source = {.forgiven_s = 0};
	unsigned int repeats = 0;

	(void)state;
	assert_int_equal(repeats_of(&source, 1, 1000, 0), 60);
	for (unsigned int second = 1; second <= 3600; second++)
		repeats += source_repeats_likely(&source, 0x100, false, NS_PER_DAY, START + second * NS_PER_S);
	assert_int_equal(repeats, 12);
}

/* Somebody at home sets up his program and mistypes, twice, while his old phone goes on asking. */
static void who_mistypes_does_not_turn_his_phone_into_an_attacker(void **state)
{
	struct source_state source = {.forgiven_s = 0};
	unsigned int counted = 0;

	(void)state;
	for (unsigned int i = 0; i < 96; i++) {
		const uint64_t now_ns = START + i * 15 * NS_PER_MINUTE;

		if (i == 20 || i == 21)
			for (uint64_t way = 1; way <= SOURCE_WAYS_MAX; way++)
				counted += !source_repeats_likely(&source, 0x200 + i * 8 + way, way > 1, NS_PER_DAY,
								  now_ns);
		counted += !source_repeats_likely(&source, 0x100, false, NS_PER_DAY, now_ns);
	}
	assert_in_range(counted, 3, 16); /* and not the 75 that were to come */
}

static void another_way_on_the_same_connection_is_the_same_password(void **state)
{
	struct source_state source = {.forgiven_s = 0};

	(void)state;
	for (uint64_t password = 0; password < 5; password++) {
		assert_false(source_repeats_likely(&source, 0x100 * password, false, NS_PER_DAY, START));
		assert_true(source_repeats_likely(&source, 0x100 * password + 1, true, NS_PER_DAY, START));
		assert_true(source_repeats_likely(&source, 0x100 * password + 2, true, NS_PER_DAY, START));
	}
}

static void a_length_is_forgotten_like_a_credential(void **state)
{
	struct source_state source = {.forgiven_s = 0};
	uint64_t now_ns = START;

	(void)state;
	assert_false(source_repeats_likely(&source, 0x100, false, NS_PER_DAY, now_ns));
	now_ns += NS_PER_DAY - NS_PER_S;
	assert_true(source_repeats_likely(&source, 0x100, false, NS_PER_DAY, now_ns));
	now_ns += NS_PER_DAY;
	assert_false(source_repeats_likely(&source, 0x100, false, NS_PER_DAY, now_ns));
	assert_false(source_repeats_likely(&source, 0x100, false, 0, now_ns)); /* `repeat = no` */
}

static void many_lengths_are_forgotten_too(void **state)
{
	struct source_state source = {.forgiven_s = 0};

	(void)state;
	repeats_of(&source, 16, 16, 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_false(source_repeats_likely(&source, 0x200 + i, false, NS_PER_DAY, START + 3 * NS_PER_DAY));
	assert_true(source_repeats_likely(&source, 0x200, false, NS_PER_DAY, START + 3 * NS_PER_DAY));
}

/* The phones of a household, each with its own mail program. */
static void passwords_that_were_read_are_no_lengths(void **state)
{
	struct source_state source = {.forgiven_s = 0};

	(void)state;
	for (uint64_t phone = 0; phone < 10; phone++)
		assert_false(source_repeats(&source, 0x100 + phone, NS_PER_DAY, START));
	assert_false(
		source_repeats_likely(&source, 0x100, false, NS_PER_DAY, START)); /* the same number means nothing */
	assert_true(source_repeats_likely(&source, 0x100, false, NS_PER_DAY, START));
	assert_true(source_repeats(&source, 0x104, NS_PER_DAY, START));
}

static void fail_inside(struct court *court, uint64_t credential)
{
	const struct attempt attempt = {.time_ns = court->now_ns,
					.source = ATTACKER,
					.outcome = OUTCOME_FAILURE,
					.basis = BASIS_SHAPE,
					.ends = {.service = GP_SERVICE_IMAPS},
					.credential = credential};

	judge_attempt(court->judge, &attempt, court->now_ns);
}

static unsigned int failures_until_banned(unsigned int lengths)
{
	struct court court = court_of(stuffing());
	unsigned int failures = 0;

	open_court(&court);
	while (!court.decisions && failures < 1000)
		fail_inside(&court, lengths ? 0x100 + failures++ % lengths : !failures++);
	judge_free(court.judge);
	return failures;
}

static void the_judge_goes_by_length_inside_tls(void **state)
{
	(void)state;
	assert_int_equal(failures_until_banned(12), 20);
	assert_int_equal(failures_until_banned(1), 80);
	assert_int_equal(failures_until_banned(0), 20); /* not even a length */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_phone_is_a_failure_for_each_way_it_tries),
		cmocka_unit_test(lengths_that_vary_are_no_repeats_from_the_fifth_on),
		cmocka_unit_test(a_fifth_length_ends_what_was_forgiven_to_the_first),
		cmocka_unit_test(a_list_sorted_by_length_is_forgiven_sixty_and_one_each_five_minutes),
		cmocka_unit_test(who_mistypes_does_not_turn_his_phone_into_an_attacker),
		cmocka_unit_test(another_way_on_the_same_connection_is_the_same_password),
		cmocka_unit_test(a_length_is_forgotten_like_a_credential),
		cmocka_unit_test(many_lengths_are_forgotten_too),
		cmocka_unit_test(passwords_that_were_read_are_no_lengths),
		cmocka_unit_test(the_judge_goes_by_length_inside_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
