/* SPDX-License-Identifier: BSD-2-Clause */
/* Logins that wait for their answer, from packets to the ban: which do, and what comes of those that wait too long. */
#include "tests/unit/bench.h"

#define GUESSER "203.0.113.1"
#define PERSON "192.0.2.7"
#define MS (SECOND / 1000)
#define MANY 16 /* more than any rule of failures per source wants */

struct crowd {
	struct bench *bench;
	struct talk talk[MANY];
	uint16_t next_port;
};

static void person_logs_in(struct crowd *crowd)
{
	struct talk talk = open_talk(crowd->bench, PERSON, crowd->next_port++);

	try_login(&talk, "right", true);
}

/* A server that is known, and sixteen connections to it on which nothing was said yet. */
static struct crowd crowd_new(void)
{
	struct crowd crowd = {.bench = bench_new(false, true), .next_port = 3000};

	for (int i = 0; i < 10; i++)
		person_logs_in(&crowd);
	for (uint16_t i = 0; i < MANY; i++)
		crowd.talk[i] = open_talk(crowd.bench, GUESSER, 5000 + i);
	crowd.bench->attempts = 0;
	return crowd;
}

static void say(struct crowd *crowd, int at, const char *line)
{
	segment(&crowd->talk[at], false, ACK, line);
}

static void guess_all(struct crowd *crowd)
{
	for (int i = 0; i < MANY; i++) {
		char line[64];

		snprintf(line, sizeof(line), "a LOGIN alice wrong%d\r\n", i);
		say(crowd, i, line);
	}
}

static void answer_all(struct crowd *crowd, const char *line)
{
	for (int i = 0; i < MANY; i++)
		segment(&crowd->talk[i], true, ACK, line);
}

static void wait_long(struct crowd *crowd)
{
	person_logs_in(crowd);
	pass_time(crowd->bench, 300 * MS);
}

static struct source_record guesser(const struct crowd *crowd)
{
	struct source_record record = {0};
	struct prefix source;

	assert_int_equal(prefix_parse(GUESSER, &source), 0);
	judge_source(pipeline_judge(crowd->bench->pipeline), source.source, crowd->bench->now_ns, &record);
	return record;
}

static void whoever_guesses_is_dropped_before_the_first_refusal(void **state)
{
	struct crowd crowd = crowd_new();
	uint32_t decisions;

	(void)state;
	guess_all(&crowd);
	wait_long(&crowd);
	decisions = crowd.bench->decisions;
	assert_in_range(decisions, 1, 2); /* of one rule, or of a quicker one as well */
	assert_true(crowd.bench->in_force);
	assert_int_equal(crowd.bench->decision.evidence, GP_E4_ATTEMPT);
	assert_false(segment(&crowd.talk[0], false, ACK, "b NOOP\r\n"));
	/* what the server says later is told as ever, once */
	answer_all(&crowd, "a NO [AUTHENTICATIONFAILED] no\r\n");
	assert_int_equal(crowd.bench->attempts, MANY + 1);
	assert_int_equal(guesser(&crowd).failures, MANY);
	assert_int_equal(guesser(&crowd).presumed, 0);
	assert_int_equal(crowd.bench->decisions, decisions);
	bench_free(crowd.bench);
}

static void whoever_gets_in_after_all_is_let_go(void **state)
{
	struct crowd crowd = crowd_new();

	(void)state;
	guess_all(&crowd);
	wait_long(&crowd);
	assert_false(segment(&crowd.talk[0], false, ACK, NULL));
	segment(&crowd.talk[3], true, ACK, "a OK done\r\n");
	assert_int_equal(crowd.bench->ended, 1);
	assert_true(segment(&crowd.talk[0], false, ACK, NULL));
	bench_free(crowd.bench);
}

static void a_server_that_cannot_tell_takes_it_back(void **state)
{
	struct crowd crowd = crowd_new();

	(void)state;
	guess_all(&crowd);
	wait_long(&crowd);
	answer_all(&crowd, "a NO [UNAVAILABLE] later\r\n");
	assert_int_equal(crowd.bench->ended, 1);
	assert_int_equal(guesser(&crowd).failures, 0);
	bench_free(crowd.bench);
}

static void whoever_hangs_up_unanswered_has_failed(void **state)
{
	struct crowd crowd = crowd_new();

	(void)state;
	say(&crowd, 0, "a LOGIN alice wrong\r\n");
	wait_long(&crowd);
	segment(&crowd.talk[0], false, FIN | ACK, NULL);
	pass_time(crowd.bench, 40 * SECOND);
	assert_int_equal(guesser(&crowd).failures, 1);
	assert_int_equal(guesser(&crowd).presumed, 1);
	assert_int_equal(crowd.bench->outcomes[1], 'F'); /* behind the person's */
	bench_free(crowd.bench);
}

static const struct {
	const char *claim;
	const char *line[3]; /* of the client; the server's prompt between them */
	uint32_t failures;
} said[] = {
	{"a LOGIN is asked for when both words are there", {"a LOGIN alice wrong\r\n"}, 1},
	{"a line without its end is not asked", {"a LOGIN alice wrong"}, 0},
	{"AUTHENTICATE PLAIN with its response", {"a AUTHENTICATE PLAIN AGFsaWNlAHdyb25n\r\n"}, 1},
	{"a mechanism alone asks for nothing", {"a AUTHENTICATE PLAIN\r\n"}, 0},
	{"PLAIN in two steps", {"a AUTHENTICATE PLAIN\r\n", "AGFsaWNlAHdyb25n\r\n"}, 1},
	{"a name alone is no login", {"a AUTHENTICATE LOGIN\r\n", "YWxpY2U=\r\n"}, 0},
	{"LOGIN in three", {"a AUTHENTICATE LOGIN\r\n", "YWxpY2U=\r\n", "d3Jvbmc=\r\n"}, 1},
	{"what was called off waits for nothing", {"a AUTHENTICATE PLAIN\r\n", "*\r\n"}, 0},
	{"SCRAM: its end is not known", {"a AUTHENTICATE SCRAM-SHA-1 biwsbj1hbGljZSxyPXh5eg==\r\n"}, 0},
	{"any other command", {"a NOOP\r\n"}, 0},
	{"who goes on talking may have had his answer", {"a LOGIN alice wrong\r\nb NOOP\r\n"}, 0},
};

static void only_what_is_asked_in_full_waits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		struct crowd crowd = crowd_new();

		for (int step = 0; step < 3 && said[i].line[step]; step++) {
			if (step)
				segment(&crowd.talk[0], true, ACK, "+ \r\n");
			say(&crowd, 0, said[i].line[step]);
		}
		wait_long(&crowd);
		if (guesser(&crowd).failures != said[i].failures)
			fail_msg("%s: %u failures", said[i].claim, guesser(&crowd).failures);
		bench_free(crowd.bench);
	}
}

static const struct {
	uint16_t port;
	const char *greeting, *name, *named, *password, *welcome; /* name NULL: in one step */
} protocols[] = {
	{110, "+OK ready\r\n", "USER alice\r\n", "+OK\r\n", "PASS wrong\r\n", "+OK Logged in.\r\n"},
	{110, "+OK ready\r\n", NULL, NULL, "AUTH PLAIN AGFsaWNlAHdyb25n\r\n", "+OK Logged in.\r\n"},
	{587, "220 mail ESMTP\r\n", NULL, NULL, "AUTH PLAIN AGFsaWNlAHdyb25n\r\n", "235 2.7.0 ok\r\n"},
	{587, "220 mail ESMTP\r\n", "AUTH LOGIN YWxpY2U=\r\n", "334 UGFzc3dvcmQ6\r\n", "d3Jvbmc=\r\n",
	 "235 2.7.0 ok\r\n"},
};

static void ask(struct bench *bench, size_t protocol, const char *from, uint16_t port, bool welcome)
{
	struct talk talk = connect_talk(bench, from, port, protocols[protocol].port);

	segment(&talk, true, ACK, protocols[protocol].greeting);
	if (protocols[protocol].name) {
		segment(&talk, false, ACK, protocols[protocol].name);
		segment(&talk, true, ACK, protocols[protocol].named);
	}
	segment(&talk, false, ACK, protocols[protocol].password);
	if (welcome)
		segment(&talk, true, ACK, protocols[protocol].welcome);
}

static void pop3_and_smtp_wait_the_same_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		struct crowd crowd = {.bench = bench_new(false, true)};

		for (uint16_t port = 0; port < 10; port++)
			ask(crowd.bench, i, PERSON, 3000 + port, true);
		ask(crowd.bench, i, GUESSER, 5000, false);
		ask(crowd.bench, i, PERSON, 3100, true);
		pass_time(crowd.bench, 200 * MS);
		assert_int_equal(guesser(&crowd).failures, 0);
		pass_time(crowd.bench, 100 * MS);
		assert_int_equal(guesser(&crowd).failures, 1);
		bench_free(crowd.bench);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_guesses_is_dropped_before_the_first_refusal),
		cmocka_unit_test(whoever_gets_in_after_all_is_let_go),
		cmocka_unit_test(a_server_that_cannot_tell_takes_it_back),
		cmocka_unit_test(whoever_hangs_up_unanswered_has_failed),
		cmocka_unit_test(only_what_is_asked_in_full_waits),
		cmocka_unit_test(pop3_and_smtp_wait_the_same_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
