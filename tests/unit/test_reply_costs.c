/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "user/shape/reply_costs.h"

struct rig {
	struct profile server;
	struct knowledge knowledge;
	struct exchange exchange;
	struct reply_costs costs;
};

static void rig_begin(struct rig *rig, uint32_t answer_bytes)
{
	*rig = (struct rig){
		.server = {.protocol = PROTOCOL_IMAP},
		.exchange = {.out = {.range = {{answer_bytes, answer_bytes, 0}}, .count = 1}, .timed = true},
	};
	rig->knowledge.server = &rig->server;
	profile_note(&rig->server, REPLY_FAILURE, 51, 20);
	profile_note(&rig->server, REPLY_SUCCESS, 300, 3);
	reply_costs_begin(&rig->costs, &rig->exchange, &rig->knowledge);
}

static void assert_worked_out(struct rig *rig, enum reply reply, uint32_t tag_bytes)
{
	assert_float_equal(reply_cost_length(&rig->costs, reply, tag_bytes),
			   likely_reply(&rig->exchange.out, &rig->knowledge, reply, tag_bytes), 0);
	assert_float_equal(reply_cost_delay(&rig->costs, reply), likely_delay(&rig->exchange, &rig->server, reply), 0);
}

static void every_reply_with_every_tag_costs_what_it_costs_worked_out_anew(void **state)
{
	struct rig rig;

	(void)state;
	for (uint32_t bytes = 40; bytes < 80; bytes += 3) {
		rig_begin(&rig, bytes);
		for (uint32_t turn = 0; turn < 40; turn++) /* tags that share a place push each other out */
			for (int reply = 0; reply < REPLY_MAX; reply++)
				assert_worked_out(&rig, (enum reply)reply, turn * 7 % 23);
	}
}

static void what_was_asked_for_is_not_worked_out_again(void **state)
{
	struct rig rig;
	float before;

	(void)state;
	rig_begin(&rig, 51);
	before = reply_cost_length(&rig.costs, REPLY_FAILURE, 0);
	profile_note(&rig.server, REPLY_FAILURE, 52, 200); /* must not happen, and shows what is remembered */
	assert_float_equal(reply_cost_length(&rig.costs, REPLY_FAILURE, 0), before, 0);
	assert_true(reply_cost_length(&rig.costs, REPLY_FAILURE, 1) != before);
}

static void a_server_that_never_said_so_hardly_ever_says_neither(void **state)
{
	struct rig rig, busy;

	(void)state;
	rig_begin(&rig, 51);
	rig_begin(&busy, 51);
	profile_note(&busy.server, REPLY_TEMPORARY, 70, 40);
	assert_true(reply_cost_neither(&rig.costs) > 4);
	assert_true(reply_cost_neither(&busy.costs) < 1);
}

static void no_answer_costs_nothing_whatever_it_is_taken_for(void **state)
{
	struct rig rig;

	(void)state;
	rig_begin(&rig, 51);
	rig.exchange.out.count = 0;
	assert_float_equal(reply_cost_anything(&rig.costs), 0, 0);
	assert_float_equal(reply_cost_length(&rig.costs, REPLY_FAILURE, 4), 0, 0);
	assert_float_equal(reply_cost_delay(&rig.costs, REPLY_FAILURE), 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reply_with_every_tag_costs_what_it_costs_worked_out_anew),
		cmocka_unit_test(what_was_asked_for_is_not_worked_out_again),
		cmocka_unit_test(a_server_that_never_said_so_hardly_ever_says_neither),
		cmocka_unit_test(no_answer_costs_nothing_whatever_it_is_taken_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
