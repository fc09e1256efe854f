/* SPDX-License-Identifier: BSD-2-Clause */
/* A record before another judge: whom he bans, how soon, and what would not have come to pass. */
#include "tests/unit/stage.h"

#include "user/research/reading.h"

#define ATTACKER "203.0.113.1"
#define USER "192.0.2.7"

static const char labels[] = STAGE_HEAD ATTACKER ",4000,198.51.100.1,993,FFFFFF,1700000000,1,list\n" USER
						 ",4000,198.51.100.1,993,FS,1700000001,0,user\n";

static void what_comes_after_the_ban_is_prevented(void **state)
{
	struct stage stage;
	struct trial trial;
	struct toll_sum attack, benign;

	(void)state;
	stage_open(&stage, labels);
	attempted(&stage, ATTACKER, 4000, 1, "FFF"); /* at 1, 2 and 3 s: banned */
	attempted(&stage, USER, 4000, 3.5, "FS");
	attempted(&stage, ATTACKER, 4000, 5, "FFF");
	trial = stage_trial(&stage, &stage.settings->rules);
	attack = stage_sum(&trial, true);
	benign = stage_sum(&trial, false);
	assert_int_equal(attack.banned, 1);
	assert_int_equal(attack.through, 3);
	assert_int_equal(attack.prevented, 3);
	assert_true(attack.to_ban_median_ns == 2 * NS_PER_S);
	assert_true(attack.decided_median_ns == 0);
	assert_int_equal(benign.banned, 0);
	assert_int_equal(benign.through, 2);
	assert_int_equal(trial.rulings, 1); /* a second ban would have needed what was prevented */
	assert_int_equal(trial.targets, 1);
	assert_int_equal(trial.target[0].prevented, 3);
	assert_int_equal(trial.attempts, 8);
	assert_int_equal(trial.prevented, 3);
	trial_free(&trial);
	stage_close(&stage);
}

static void what_was_under_way_when_the_ban_came_got_through(void **state)
{
	struct stage stage;
	struct trial trial;

	(void)state;
	stage_open(&stage, labels);
	attempted(&stage, ATTACKER, 4000, 1, "FFF");
	attempted_after(&stage, ATTACKER, 4000, 2.9, 5,
			'F'); /* sent before the ban at 3 s, refused two seconds later */
	attempted_after(&stage, ATTACKER, 4000, 3.1, 5.1, 'F');
	trial = stage_trial(&stage, &stage.settings->rules);
	assert_int_equal(stage_sum(&trial, true).through, 4);
	assert_int_equal(stage_sum(&trial, true).prevented, 1);
	trial_free(&trial);
	stage_close(&stage);
}

static void a_ban_on_top_of_a_limit_begins_by_itself(void **state)
{
	struct stage stage;
	struct trial trial;
	struct rule rule = stage_rule();

	(void)state;
	stage_open(&stage, labels);
	rule.action = ACTION_LIMIT;
	rule.threshold = 1;
	strcpy(rule.name, "one");
	stage.settings->rules.rule[stage.settings->rules.count++] = rule;
	attempted(&stage, ATTACKER, 4000, 1, "FFF"); /* limited at 1 s, banned at 3 s */
	attempted_after(&stage, ATTACKER, 4000, 2.9, 5, 'F');
	attempted_after(&stage, ATTACKER, 4000, 3.1, 5.1, 'F');
	trial = stage_trial(&stage, &stage.settings->rules);
	assert_int_equal(stage_sum(&trial, true).limited, 1);
	assert_int_equal(stage_sum(&trial, true).through, 4);
	assert_int_equal(stage_sum(&trial, true).prevented, 1);
	assert_true(trial.target[0].banned_ns == engine_ns(3));
	trial_free(&trial);
	stage_close(&stage);
}

static void after_its_end_a_ban_prevents_nothing(void **state)
{
	struct stage stage;
	struct trial trial;

	(void)state;
	stage_open(&stage, labels);
	attempted(&stage, ATTACKER, 4000, 1, "FFF");
	attempted(&stage, ATTACKER, 4000, 3602, "F"); /* in force until 3603 */
	attempted(&stage, ATTACKER, 4000, 3603, "FFFF"); /* three of them and it is banned anew */
	trial = stage_trial(&stage, &stage.settings->rules);
	assert_int_equal(stage_sum(&trial, true).through, 6);
	assert_int_equal(stage_sum(&trial, true).prevented, 2);
	assert_int_equal(trial.rulings, 2);
	trial_free(&trial);
	stage_close(&stage);
}

static void attempts_that_nobody_read_count_at_the_end_of_their_connection(void **state)
{
	struct stage stage;
	struct trial trial;

	(void)state;
	stage_open(&stage, labels);
	attempted(&stage, ATTACKER, 4000, 1, "F");
	ended(&stage, ATTACKER, 4000, 0, 9); /* the labels have five more; nobody was banned */
	trial = stage_trial(&stage, &stage.settings->rules);
	assert_int_equal(stage_sum(&trial, true).through, 6);
	assert_int_equal(stage_sum(&trial, false).through, 2); /* not even seen */
	trial_free(&trial);
	stage_close(&stage);
}

static void what_was_read_is_compared_with_the_labels(void **state)
{
	struct stage stage;
	struct reading reading;
	struct score sum;

	(void)state;
	stage_open(&stage, labels);
	attempted(&stage, USER, 4000, 3.5, "FU");
	ended(&stage, USER, 4000, 1, 301);
	ended(&stage, USER, 4001, 1, 301); /* not in the labels; and the attacker of the labels is not seen */
	assert_int_equal(reading_of(&reading, stage.record), 0);
	assert_int_equal(reading.labelled, 2);
	assert_int_equal(reading.seen, 1);
	assert_int_equal(reading.unseen_attempts, 6);
	sum = reading_sum(&reading);
	assert_int_equal(sum.connections, 2);
	assert_int_equal(sum.attempts[SCORE_F][SCORE_F], 1);
	assert_int_equal(sum.attempts[SCORE_S][SCORE_U], 1);
	assert_int_equal(sum.attempts[SCORE_F][SCORE_NONE], 6);
	assert_int_equal(reading.score[3][TRANSPORT_TLS][BASIS_SHAPE].connections, 2); /* no service in the labels */
	stage_close(&stage);
}

static void a_false_ban_and_the_logins_it_costs_are_counted(void **state)
{
	struct stage stage;
	struct trial trial;
	struct toll_sum benign;

	(void)state;
	stage_open(&stage, STAGE_HEAD USER ",4000,198.51.100.1,993,FFF,1700000000,0,user\n" USER
					   ",4001,198.51.100.1,993,S,1700000060,0,user\n");
	attempted(&stage, USER, 4000, 1, "FFF");
	attempted(&stage, USER, 4001, 61, "S");
	trial = stage_trial(&stage, &stage.settings->rules);
	benign = stage_sum(&trial, false);
	assert_int_equal(benign.banned, 1);
	assert_int_equal(benign.hurt, 1);
	assert_int_equal(benign.through, 3);
	trial_free(&trial);
	stage_close(&stage);
}

static void a_banned_prefix_meets_who_comes_later(void **state)
{
	struct rule rule = stage_rule();
	struct stage stage;
	struct trial trial;
	struct toll_sum attack;

	(void)state;
	rule.per = PER_PREFIX;
	rule.v4_bits = 24;
	rule.v6_bits = 48;
	stage_open(&stage, STAGE_HEAD "203.0.113.1,4000,198.51.100.1,993,FFF,1700000000,1,spread\n"
				      "203.0.113.2,4000,198.51.100.1,993,FF,1700000010,1,spread\n"
				      "203.0.114.2,4000,198.51.100.1,993,FF,1700000010,1,spread\n");
	stage.settings->rules.rule[0] = rule;
	attempted(&stage, "203.0.113.1", 4000, 1, "FFF");
	attempted(&stage, "203.0.113.2", 4000, 11, "FF");
	attempted(&stage, "203.0.114.2", 4000, 12, "FF");
	trial = stage_trial(&stage, &stage.settings->rules);
	attack = stage_sum(&trial, true);
	assert_int_equal(attack.banned, 2);
	assert_int_equal(attack.through, 5);
	assert_int_equal(attack.prevented, 2);
	assert_true(attack.to_ban_median_ns == 0); /* of the second one */
	assert_true(attack.to_ban_p90_ns == 2 * NS_PER_S);
	assert_int_equal(trial.target[0].target.bits, GP_V4_BITS + 24);
	assert_int_equal(trial.target[0].prevented, 2);
	trial_free(&trial);
	stage_close(&stage);
}

static void a_rule_in_shadow_and_the_allow_list_prevent_nothing(void **state)
{
	struct stage stage;
	struct trial trial;

	(void)state;
	stage_open(&stage, labels);
	attempted(&stage, ATTACKER, 4000, 1, "FFFFFF");
	stage.settings->rules.rule[0].shadow = true;
	trial = stage_trial(&stage, &stage.settings->rules);
	assert_int_equal(stage_sum(&trial, true).banned, 0);
	assert_int_equal(stage_sum(&trial, true).prevented, 0);
	trial_free(&trial);
	stage.settings->rules.rule[0].shadow = false;
	stage.settings->allowed = 1;
	assert_int_equal(prefix_parse(ATTACKER, &stage.settings->allow[0]), 0);
	trial = stage_trial(&stage, &stage.settings->rules);
	assert_true(trial.rulings > 0);
	assert_false(trial.ruling[0].in_force);
	assert_int_equal(stage_sum(&trial, true).prevented, 0);
	trial_free(&trial);
	stage_close(&stage);
}

/* What was decided in the replay is taken as it was, whatever the rules are. */
static void without_rules_the_decisions_are_those_of_the_replay(void **state)
{
	const struct rule rule = stage_rule();
	struct decision decision = {
		.time_ns = engine_ns(1), .rule = &rule, .action = ACTION_BAN, .for_ns = NS_PER_HOUR, .reason = "so"};
	const struct ban ban = {.action = ACTION_BAN};
	struct stage stage;
	struct trial trial;

	(void)state;
	stage_open(&stage, labels);
	assert_int_equal(prefix_parse(ATTACKER, &decision.target), 0);
	attempted(&stage, ATTACKER, 4000, 1, "F");
	stage.hear.decision(stage.hear.context, &decision, &ban, wall_ns(1));
	attempted(&stage, ATTACKER, 4000, 2, "FFFFF");
	decision.time_ns = engine_ns(9);
	assert_int_equal(prefix_parse(USER, &decision.target), 0);
	stage.hear.decision(stage.hear.context, &decision, NULL, wall_ns(9)); /* never in force */
	attempted(&stage, USER, 4000, 10, "FS");
	trial = stage_trial(&stage, NULL);
	assert_int_equal(trial.rulings, 2);
	assert_int_equal(stage_sum(&trial, true).banned, 1);
	assert_int_equal(stage_sum(&trial, true).through, 1);
	assert_int_equal(stage_sum(&trial, true).prevented, 5);
	assert_int_equal(stage_sum(&trial, false).banned, 0);
	trial_free(&trial);
	stage_close(&stage);
}

static void hear_of(struct stage *stage, enum hearing_kind what, struct standing *standing, double s)
{
	const struct ends ends = stage_ends(ATTACKER, 1);
	const struct hearing hearing = {.what = what,
					.time_ns = engine_ns(s),
					.source = addr_source(&ends.client),
					.service = GP_SERVICE_IMAPS,
					.standing = standing};

	stage->hear.heard(stage->hear.context, &hearing);
}

static void connections_that_are_held_open_are_told_to_the_other_judge(void **state)
{
	struct standing standing[3];
	struct stage stage;
	struct trial trial;
	struct rule rule = stage_rule();

	(void)state;
	rule.count = COUNT_WAITING;
	rule.action = ACTION_LIMIT;
	rule.window_ns = 30 * NS_PER_S;
	rule.threshold = 2;
	stage_open(&stage, labels);
	stage.settings->rules.rule[0] = rule;
	attempted(&stage, ATTACKER, 4000, 0, "U");
	for (int i = 0; i < 3; i++)
		hear_of(&stage, HEARD_OPENED, &standing[i], i);
	hear_of(&stage, HEARD_SETTLED, &standing[0], 5);
	hear_of(&stage, HEARD_TICK, NULL, 31.5); /* the first has logged in, the third is too young */
	hear_of(&stage, HEARD_TICK, NULL, 32.5);
	hear_of(&stage, HEARD_CLOSED, &standing[1], 33);
	trial = stage_trial(&stage, &stage.settings->rules);
	assert_int_equal(trial.rulings, 1);
	assert_true(trial.ruling[0].time_ns == engine_ns(32.5));
	assert_int_equal(stage_sum(&trial, true).limited, 1);
	trial_free(&trial);
	stage_close(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_after_the_ban_is_prevented),
		cmocka_unit_test(what_was_under_way_when_the_ban_came_got_through),
		cmocka_unit_test(a_ban_on_top_of_a_limit_begins_by_itself),
		cmocka_unit_test(after_its_end_a_ban_prevents_nothing),
		cmocka_unit_test(attempts_that_nobody_read_count_at_the_end_of_their_connection),
		cmocka_unit_test(what_was_read_is_compared_with_the_labels),
		cmocka_unit_test(a_false_ban_and_the_logins_it_costs_are_counted),
		cmocka_unit_test(a_banned_prefix_meets_who_comes_later),
		cmocka_unit_test(a_rule_in_shadow_and_the_allow_list_prevent_nothing),
		cmocka_unit_test(without_rules_the_decisions_are_those_of_the_replay),
		cmocka_unit_test(connections_that_are_held_open_are_told_to_the_other_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
