/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections that are held open, from packets to the judge's count: what opens one, what ends it. */
#include "tests/unit/bench.h"
#include "tests/unit/fixtures/tls_hello.h"

#define HOLDER "192.0.2.7"

static uint32_t open_now(const struct bench *bench)
{
	return judge_open_count(pipeline_judge(bench->pipeline));
}

/* What the shipped rule counts, half a minute from now. */
static uint32_t held_by(struct bench *bench, const char *from)
{
	struct judge *judge = pipeline_judge(bench->pipeline);
	struct prefix source;
	uint32_t rule = 0;

	while (strcmp(judge_ruleset(judge)->rule[rule].name, "held-open"))
		rule++;
	assert_int_equal(prefix_parse(from, &source), 0);
	pass_time(bench, 31 * SECOND);
	return judge_count(judge, rule, source.source, bench->now_ns);
}

static void whoever_says_nothing_or_half_of_it_is_counted(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk;

	(void)state;
	connect_talk(bench, HOLDER, 5000, 993);
	talk = connect_talk(bench, HOLDER, 5001, 993);
	segment_bytes(&talk, false, ACK, hello_curl, 200);
	open_talk(bench, HOLDER, 5002);
	talk = open_talk(bench, HOLDER, 5003);
	segment(&talk, false, ACK, "a LOG");
	talk = open_talk(bench, HOLDER, 5004);
	try_login(&talk, "wrong", false);
	assert_int_equal(open_now(bench), 5);
	assert_int_equal(held_by(bench, HOLDER), 5);
	bench_free(bench);
}

static void whoever_logs_in_holds_one_open_and_does_not_wait(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = open_talk(bench, HOLDER, 5000);

	(void)state;
	open_talk(bench, HOLDER, 5001);
	try_login(&talk, "right", true);
	assert_int_equal(held_by(bench, HOLDER), 1);
	try_login(&talk, "again", true);
	assert_int_equal(open_now(bench), 2);
	bench_free(bench);
}

static void what_is_not_proven_holds_nothing(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = {.bench = bench, .from = HOLDER, .client_seq = 1, .server_seq = 9};

	(void)state;
	for (talk.port = 5000; talk.port < 5020; talk.port++) {
		segment(&talk, false, SYN, NULL);
		segment(&talk, true, SYN | ACK, NULL);
		talk.server_seq += 1000;
		segment(&talk, false, ACK, "a LOGIN alice guess\r\n");
	}
	assert_int_equal(open_now(bench), 0);
	bench_free(bench);
}

struct ending {
	const char *claim;
	struct {
		bool reply;
		uint8_t flags;
		const char *text;
	} segment[3];
	uint32_t open;
};

static void what_ends_a_connection(void **state)
{
	static const struct ending rows[] = {
		{"nothing", {{0}}, 1},
		{"the server's FIN", {{true, FIN | ACK, NULL}}, 0},
		{"a last word with its FIN", {{true, FIN | ACK, "* BYE\r\n"}}, 0},
		{"the client's FIN", {{false, FIN | ACK, NULL}}, 0},
		{"both", {{false, FIN | ACK, NULL}, {true, FIN | ACK, NULL}}, 0},
		{"the server's reset", {{true, RST | ACK, NULL}}, 0},
		{"the client's reset", {{false, RST | ACK, NULL}}, 0},
		{"not one that anybody could have sent", {{false, RST, NULL}}, 1},
		{"who goes on after a reset is still there", {{true, RST | ACK, NULL}, {true, ACK, "* OK\r\n"}}, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench *bench = bench_new(false, true);
		struct talk talk = open_talk(bench, HOLDER, 5000);

		for (int n = 0; n < 3 && rows[i].segment[n].flags; n++)
			segment(&talk, rows[i].segment[n].reply, rows[i].segment[n].flags, rows[i].segment[n].text);
		if (open_now(bench) != rows[i].open)
			fail_msg("%s: %u open", rows[i].claim, open_now(bench));
		bench_free(bench);
	}
}

static void a_silent_one_ends_when_it_has_been_idle(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = open_talk(bench, HOLDER, 5000);

	(void)state;
	open_talk(bench, HOLDER, 5001);
	pass_time(bench, 2000 * SECOND);
	segment(&talk, false, ACK, "a NOOP\r\n");
	pass_time(bench, 101 * SECOND);
	assert_int_equal(open_now(bench), 1);
	assert_int_equal(bench->flows, 1);
	pass_time(bench, 2100 * SECOND);
	assert_int_equal(open_now(bench), 0);
	assert_int_equal(bench->flows, 2);
	bench_free(bench);
}

static struct talk other_isn(struct bench *bench, const char *from, uint16_t port, uint32_t isn)
{
	struct talk talk = {.bench = bench, .from = from, .port = port, .client_seq = 1000, .server_seq = isn};

	segment(&talk, false, SYN, NULL);
	segment(&talk, true, SYN | ACK, NULL);
	segment(&talk, false, ACK, NULL);
	return talk;
}

static void one_whose_ports_are_used_again_is_one(void **state)
{
	struct bench *bench = bench_new(false, true);

	(void)state;
	for (int i = 0; i < 5; i++) {
		other_isn(bench, HOLDER, 5000, 1000u * (uint32_t)(i + 1));
		bench->now_ns += SECOND;
	}
	assert_int_equal(open_now(bench), 1);
	bench_free(bench);
}

/* The kernel half has room for twice a thousand here; what it gave up will not end in anybody's sight. */
static void what_the_kernel_half_has_given_up_is_not_counted(void **state)
{
	struct bench *bench = bench_new(false, true);
	char from[16];

	(void)state;
	for (int i = 0; i < 4000; i++) {
		snprintf(from, sizeof(from), "198.18.%d.%d", i / 250, i % 250 + 1);
		other_isn(bench, from, 5000, 77);
	}
	assert_int_equal(open_now(bench), 4000);
	for (int i = 0; i < 20; i++)
		pass_time(bench, SECOND / 5);
	assert_in_range(open_now(bench), 500, 2 * 1024);
	assert_int_equal(bench->flows, 4000 - (int)open_now(bench));
	bench_free(bench);
}

/* So many samples a flood may take; what a client says in its end is not read, but that it has ended is known. */
static void what_ends_over_the_budget_of_samples_is_not_counted(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct gp_settings kernel = {0};
	struct talk talk;

	(void)state;
	talk = open_talk(bench, HOLDER, 5000);
	settings_to_kernel(bench->settings, &kernel);
	kernel.samples = (struct gp_rate){UINT32_MAX, 0};
	assert_int_equal(datapath_settings(bench->datapath, &kernel), 0);
	segment(&talk, false, ACK, "a NOOP\r\n");
	segment(&talk, false, FIN | ACK, NULL);
	assert_int_equal(open_now(bench), 1);
	for (int i = 0; i < 20; i++)
		pass_time(bench, SECOND / 5);
	assert_int_equal(open_now(bench), 0);
	assert_int_equal(bench->flows, 1);
	bench_free(bench);
}

static void fifty_of_one_source_for_half_a_minute_are_told(void **state)
{
	struct bench *bench = bench_new(false, true);

	(void)state;
	for (int i = 0; i < 49; i++)
		open_talk(bench, HOLDER, (uint16_t)(5000 + i));
	assert_int_equal(held_by(bench, HOLDER), 49);
	assert_int_equal(bench->decisions, 0);
	open_talk(bench, HOLDER, 6000);
	assert_int_equal(held_by(bench, HOLDER), 50);
	assert_int_equal(bench->decisions, 1);
	assert_int_equal(bench->decision.action, ACTION_LIMIT);
	assert_true(bench->decision.shadow);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_says_nothing_or_half_of_it_is_counted),
		cmocka_unit_test(whoever_logs_in_holds_one_open_and_does_not_wait),
		cmocka_unit_test(what_is_not_proven_holds_nothing),
		cmocka_unit_test(what_ends_a_connection),
		cmocka_unit_test(a_silent_one_ends_when_it_has_been_idle),
		cmocka_unit_test(one_whose_ports_are_used_again_is_one),
		cmocka_unit_test(what_the_kernel_half_has_given_up_is_not_counted),
		cmocka_unit_test(what_ends_over_the_budget_of_samples_is_not_counted),
		cmocka_unit_test(fifty_of_one_source_for_half_a_minute_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
