/* SPDX-License-Identifier: BSD-2-Clause */
/* What was read, beside what happened: which connections count as right, and which attempts as what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "user/research/score.h"

static void a_connection_is_right_unknown_or_wrong(void **state)
{
	static const struct {
		const char *truth, *read;
		enum mark mark;
	} rows[] = {
		{"", "", MARK_RIGHT},        {"", "-", MARK_RIGHT}, /* no flow at all */
		{"FFS", "FFS", MARK_RIGHT},  {"F?", "FU", MARK_RIGHT}, /* never answered: unknown */
		{"F?", "F", MARK_UNKNOWN},   {"FT", "F", MARK_RIGHT}, /* temporary, aborted: unknown, or no attempt */
		{"FT", "FU", MARK_RIGHT},    {"A", "U", MARK_RIGHT},   {"A", "F", MARK_WRONG},
		{"FT", "FF", MARK_WRONG},    {"?", "S", MARK_WRONG},   {"FF", "FU", MARK_UNKNOWN},
		{"FFF", "FF", MARK_UNKNOWN}, /* missed */
		{"FF", "-", MARK_UNKNOWN},   {"", "U", MARK_UNKNOWN},  {"", "F", MARK_WRONG}, /* made up */
		{"F", "S", MARK_WRONG},      {"S", "F", MARK_WRONG},   {"F", "FF", MARK_WRONG},
		{"FS", "SF", MARK_WRONG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct score score = {0};

		assert_int_equal(score_add(&score, rows[i].truth, rows[i].read), rows[i].mark);
		assert_int_equal(score.connections, 1);
		assert_int_equal(score.marks[rows[i].mark], 1);
	}
}

static void attempts_are_paired_the_cheapest_way(void **state)
{
	struct score score = {0};

	(void)state;
	score_add(&score, "FFS", "FS"); /* one missed, and not a success for a failure */
	assert_int_equal(score.attempts[SCORE_F][SCORE_F], 1);
	assert_int_equal(score.attempts[SCORE_F][SCORE_NONE], 1);
	assert_int_equal(score.attempts[SCORE_S][SCORE_S], 1);
	score_add(&score, "F", "S"); /* a mistake, and not one missed and one made up */
	assert_int_equal(score.attempts[SCORE_F][SCORE_S], 1);
	assert_int_equal(score.attempts[SCORE_F][SCORE_NONE], 1);
	assert_int_equal(score.attempts[SCORE_NONE][SCORE_S], 0);
	score_add(&score, "", "F");
	assert_int_equal(score.attempts[SCORE_NONE][SCORE_F], 1);
	assert_int_equal(score_truth(&score, SCORE_F), 3);
	assert_int_equal(score_wrong(&score), 2);
}

static void scores_add_up(void **state)
{
	struct score one = {0}, other = {0}, both = {0};

	(void)state;
	score_add(&one, "FS", "FU");
	score_add(&other, "S", "F");
	score_add(&both, "FS", "FU");
	score_add(&both, "S", "F");
	score_merge(&one, &other);
	assert_memory_equal(&one, &both, sizeof(both));
}

static void aborted_and_temporary_ones_are_told_apart(void **state)
{
	struct score score = {0};

	(void)state;
	assert_int_equal(score_add(&score, "ATF", "UF"), MARK_RIGHT); /* of each by itself: unknown or none */
	assert_int_equal(score_add(&score, "?", ""), MARK_UNKNOWN);
	assert_int_equal(score.attempts[SCORE_T][SCORE_U] + score.attempts[SCORE_A][SCORE_U], 1);
	assert_int_equal(score.attempts[SCORE_T][SCORE_NONE] + score.attempts[SCORE_A][SCORE_NONE], 1);
	assert_int_equal(score.attempts[SCORE_U][SCORE_NONE], 1);
	assert_int_equal(score_open(&score, SCORE_NONE), 2);
	assert_int_equal(score_truth(&score, SCORE_F), 1);
	assert_int_equal(score_read(&score, SCORE_F), 1);
}

/* A connection that is held open for thousands of tries. */
static void a_long_dialogue_is_compared_in_pieces(void **state)
{
	static char truth[4001], read[4001];
	struct score score = {0};

	(void)state;
	memset(truth, 'F', 4000);
	memset(read, 'F', 3999);
	read[1500] = 'U';
	assert_int_equal(score_add(&score, truth, read), MARK_UNKNOWN);
	assert_int_equal(score.attempts[SCORE_F][SCORE_F], 3998);
	assert_int_equal(score.attempts[SCORE_F][SCORE_U], 1);
	assert_int_equal(score.attempts[SCORE_F][SCORE_NONE], 1);
	assert_int_equal(score_truth(&score, SCORE_F), 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aborted_and_temporary_ones_are_told_apart),
		cmocka_unit_test(a_long_dialogue_is_compared_in_pieces),
		cmocka_unit_test(a_connection_is_right_unknown_or_wrong),
		cmocka_unit_test(attempts_are_paired_the_cheapest_way),
		cmocka_unit_test(scores_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
