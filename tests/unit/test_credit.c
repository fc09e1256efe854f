/* SPDX-License-Identifier: BSD-2-Clause */
/* Credit: who pays, how often, how it decays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "user/judge/credit.h"
#include "user/core/duration.h"

static const struct credit_settings settings = {
	.per_success = 5, .most = 60, .half_life_ns = 6 * NS_PER_HOUR, .repeat_ns = NS_PER_DAY};

#define START (1000 * NS_PER_DAY)

static unsigned int spend_all(struct credit *credit, uint64_t now_ns)
{
	unsigned int spent = 0;

	while (credit_spend(credit, &settings, now_ns))
		spent++;
	return spent;
}

static void a_success_pays_for_so_many_failures(void **state)
{
	struct credit credit = {0};

	(void)state;
	assert_int_equal(spend_all(&credit, START), 0);
	assert_true(credit_earn(&credit, &settings, 1, START));
	assert_int_equal(spend_all(&credit, START), 5);
}

static void one_account_pays_once_in_a_half_life(void **state)
{
	struct credit credit = {0};
	unsigned int spent = 0;

	(void)state;
	/* a login a second for a day by an attacker who owns one account and spends at once */
	for (uint64_t now_ns = START; now_ns < START + NS_PER_DAY; now_ns += NS_PER_S) {
		credit_earn(&credit, &settings, 1, now_ns);
		spent += spend_all(&credit, now_ns);
	}
	assert_int_equal(spent, 4 * 5);
}

static void the_half_life_ends_exactly(void **state)
{
	struct credit credit = {0};

	(void)state;
	assert_true(credit_earn(&credit, &settings, 1, START));
	assert_false(credit_earn(&credit, &settings, 1, START + settings.half_life_ns - 1));
	assert_true(credit_earn(&credit, &settings, 1, START + settings.half_life_ns));
}

static void many_accounts_in_turn_cannot_pay_without_end(void **state)
{
	struct credit credit = {0};
	unsigned int earned = 0;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		earned += credit_earn(&credit, &settings, i % 100, START + i * NS_PER_S);
	assert_int_equal(earned, CREDIT_PAYERS);
}

static void there_is_never_more_than_the_most(void **state)
{
	struct credit_settings small = settings;
	struct credit credit = {0};

	(void)state;
	small.most = 12;
	for (uint64_t account = 0; account < 10; account++)
		credit_earn(&credit, &small, account, START);
	assert_true(credit_amount(&credit, &small, START) == 12);
}

static void it_halves_in_its_half_life(void **state)
{
	static const struct {
		double half_lives, share;
	} rows[] = {{0, 1}, {0.5, 0.70710678}, {1, 0.5}, {1.25, 0.42044821}, {2, 0.25}, {10, 0.0009765625}, {70, 0}};
	struct credit credit = {0};

	(void)state;
	credit_earn(&credit, &settings, 1, START);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint64_t now_ns = START + (uint64_t)(rows[i].half_lives * (double)settings.half_life_ns);
		const double off = credit_amount(&credit, &settings, now_ns) - 5 * rows[i].share;

		assert_true(off < 0.001 && off > -0.001);
	}
}

static void looking_at_it_often_does_not_change_its_decay(void **state)
{
	struct credit often = {0}, once = {0};
	double off;

	(void)state;
	credit_earn(&often, &settings, 1, START);
	credit_earn(&once, &settings, 1, START);
	for (unsigned int i = 0; i < 360; i++) {
		often.amount = credit_amount(&often, &settings, START + i * NS_PER_MINUTE);
		often.amount_ns = START + i * NS_PER_MINUTE;
	}
	off = credit_amount(&often, &settings, START + 6 * NS_PER_HOUR) -
	      credit_amount(&once, &settings, START + 6 * NS_PER_HOUR);
	assert_true(off < 0.05 && off > -0.05);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_success_pays_for_so_many_failures),
		cmocka_unit_test(one_account_pays_once_in_a_half_life),
		cmocka_unit_test(the_half_life_ends_exactly),
		cmocka_unit_test(many_accounts_in_turn_cannot_pay_without_end),
		cmocka_unit_test(there_is_never_more_than_the_most),
		cmocka_unit_test(it_halves_in_its_half_life),
		cmocka_unit_test(looking_at_it_often_does_not_change_its_decay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
