/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole way without a kernel: frames through the native build, samples through the pipeline with the shipped
 * rules, decisions out, bans back into the tables. Connections are told as transcripts. */
#include "tests/unit/bench.h"
#include "tests/unit/fixtures/tls_hello.h"

static void guessing_is_banned_at_the_threshold_and_the_next_packet_is_dropped(void **state)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct bench *bench = bench_new(v6, true);
		struct talk talk;
		int dropped;

		(void)state;
		guess(bench, "192.0.2.7", 3, &dropped);
		assert_int_equal(bench->decisions, 0);
		assert_int_equal(dropped, 0);
		guess(bench, "192.0.2.7", 1, &dropped);
		assert_int_equal(bench->decisions, 0); /* the fourth repeats the first one's password */
		talk = open_talk(bench, "192.0.2.7", 9000);
		try_login(&talk, "another", false);
		assert_int_equal(bench->decisions, 1);
		assert_true(bench->in_force);
		assert_int_equal(talk.dropped, 0);
		assert_false(segment(&talk, false, ACK, "b NOOP\r\n"));
		assert_string_equal(bench->decision.rule->name, "at-once");
		bench_free(bench);
	}
}

static void a_neighbour_is_not_touched_by_a_ban(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk;
	int dropped;

	(void)state;
	guess(bench, "192.0.2.7", 25, &dropped);
	assert_true(dropped > 0);
	talk = open_talk(bench, "192.0.2.8", 5000);
	try_login(&talk, "right", true);
	assert_int_equal(talk.dropped, 0);
	bench_free(bench);
}

static void a_site_that_guesses_from_many_sources_is_banned(void **state)
{
	struct bench *bench = bench_new(true, true);
	char from[16];
	int dropped;

	(void)state;
	/* The IPv6 twins of a /24 are /64s of one /48. Three failures each trip nothing by themselves. */
	for (int host = 1; host <= 34; host++) {
		snprintf(from, sizeof(from), "192.0.2.%d", host);
		guess(bench, from, host < 34 ? 3 : 1, &dropped);
	}
	assert_int_equal(bench->decisions, 2); /* and the account is under attack from ten sources */
	assert_string_equal(bench->decision.rule->name, "guessing-of-a-site");
	assert_int_equal(bench->decision.action, ACTION_BAN);
	bench_free(bench);
}

static void observing_decides_and_drops_nothing(void **state)
{
	struct bench *bench = bench_new(false, false);
	int dropped;

	(void)state;
	guess(bench, "192.0.2.7", 30, &dropped);
	assert_int_equal(bench->decisions, 2); /* "at-once", and a longer ban when it goes on */
	assert_int_equal(dropped, 0);
	assert_int_equal(bench->attempts, 30);
	bench_free(bench);
}

static void a_ban_ends_and_lets_the_source_in(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk;
	int dropped;

	(void)state;
	guess(bench, "192.0.2.7", 20, &dropped);
	pass_time(bench, (12 * 3600 + 1) * SECOND);
	assert_int_equal(bench->ended, 1);
	talk = open_talk(bench, "192.0.2.7", 6000);
	assert_int_equal(talk.dropped, 0);
	bench_free(bench);
}

static void put_limit(struct bench *bench, const char *target)
{
	struct ban ban = {.action = ACTION_LIMIT, .since_ns = WALL, .until_ns = UINT64_MAX, .offences = 1};

	assert_int_equal(prefix_parse(target, &ban.target), 0);
	assert_int_equal(enforce_ban(pipeline_enforcer(bench->pipeline), &ban, bench->now_ns), 1);
}

static void a_limit_leaves_a_guesser_one_try_a_connection(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk in, guessing, late;

	(void)state;
	in = open_talk(bench, "192.0.2.7", 5001);
	try_login(&in, "right", true);
	guessing = open_talk(bench, "192.0.2.7", 5002);
	try_login(&guessing, "wrong", false);
	put_limit(bench, "192.0.2.7");
	assert_false(segment(&guessing, false, ACK, "b LOGIN user other\r\n"));
	assert_true(segment(&in, false, ACK, "b NOOP\r\n"));
	late = open_talk(bench, "192.0.2.7", 5003);
	try_login(&late, "wrong-again", false);
	assert_int_equal(late.dropped, 0);
	assert_false(segment(&late, false, ACK, "b LOGIN user another\r\n"));
	pass_time(bench, 5 * SECOND);
	assert_int_equal(bench->flows, 2);
	assert_string_equal(bench->closed, "rst");
	bench_free(bench);
}

/* Its first SYN may come in: the others of its prefix have to come twice. */
static void where_somebody_logs_in_a_limited_prefix_leaves_the_source_its_own(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk;

	(void)state;
	talk = open_talk(bench, "192.0.2.7", 5001);
	try_login(&talk, "right", true);
	talk = open_talk(bench, "192.0.2.8", 5001);
	try_login(&talk, "wrong", false);
	put_limit(bench, "192.0.2.0/24");
	talk = open_talk(bench, "192.0.2.7", 5002);
	assert_int_equal(talk.dropped, 0);
	talk = open_talk(bench, "192.0.2.8", 5002);
	assert_true(talk.dropped > 0);
	bench_free(bench);
}

static void the_allow_list_keeps_a_source_in_whatever_it_does(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct prefix allowed;
	int dropped;

	(void)state;
	assert_int_equal(prefix_parse("192.0.2.0/28", &allowed), 0);
	assert_int_equal(enforce_allow(pipeline_enforcer(bench->pipeline), &allowed, "test"), 0);
	guess(bench, "192.0.2.7", 40, &dropped);
	assert_int_equal(dropped, 0);
	assert_false(bench->in_force);
	bench_free(bench);
}

static void an_unbanned_source_is_free_at_once_and_forgiven(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct prefix target;
	struct talk talk;
	int dropped;

	(void)state;
	guess(bench, "192.0.2.7", 20, &dropped);
	assert_int_equal(prefix_parse("192.0.2.7", &target), 0);
	assert_int_equal(enforce_unban(pipeline_enforcer(bench->pipeline), &target), 0);
	talk = open_talk(bench, "192.0.2.7", 6000);
	try_login(&talk, "once-more", false);
	assert_int_equal(talk.dropped, 0);
	assert_int_equal(bench->decisions, 1);
	bench_free(bench);
}

static void a_flow_is_reported_once_after_its_end(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = open_talk(bench, "192.0.2.7", 5000);

	(void)state;
	try_login(&talk, "x", false);
	try_login(&talk, "y", true);
	close_talk(&talk);
	assert_int_equal(bench->flows, 0);
	pass_time(bench, 3 * SECOND);
	pass_time(bench, 3 * SECOND);
	assert_int_equal(bench->flows, 1);
	assert_string_equal(bench->outcomes, "FS");
	assert_string_equal(bench->closed, "fin");
	bench_free(bench);
}

static void a_reply_after_the_client_has_left_still_counts(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = open_talk(bench, "192.0.2.7", 5000);

	(void)state;
	segment(&talk, false, ACK, "a LOGIN alice wrong\r\n");
	segment(&talk, false, FIN | ACK, NULL);
	segment(&talk, true, ACK, "a NO [AUTHENTICATIONFAILED] no\r\n");
	assert_string_equal(bench->outcomes, "F");
	bench_free(bench);
}

/* Dovecot takes its time over a wrong password; who guesses has hung up by then. */
static void an_answer_long_after_the_client_has_left_still_counts(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = open_talk(bench, "192.0.2.7", 5000);

	(void)state;
	segment(&talk, false, ACK, "a LOGIN alice wrong\r\n");
	segment(&talk, false, FIN | ACK, NULL);
	pass_time(bench, 17 * SECOND);
	assert_int_equal(bench->flows, 0);
	segment(&talk, true, ACK, "a NO [AUTHENTICATIONFAILED] no\r\n");
	assert_string_equal(bench->outcomes, "F");
	pass_time(bench, 31 * SECOND);
	assert_int_equal(bench->flows, 1);
	bench_free(bench);
}

static void a_forged_reset_hides_nothing(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = open_talk(bench, "192.0.2.7", 5000);

	(void)state;
	segment(&talk, false, RST, NULL);
	pass_time(bench, 20 * SECOND);
	try_login(&talk, "wrong", false);
	assert_int_equal(bench->flows, 0);
	assert_string_equal(bench->outcomes, "F");
	bench_free(bench);
}

static void what_is_open_at_the_end_is_reported_as_such(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = open_talk(bench, "192.0.2.7", 5000);

	(void)state;
	segment(&talk, false, ACK, "a LOGIN alice wrong\r\n");
	pipeline_finish(bench->pipeline, bench->now_ns);
	assert_int_equal(bench->flows, 1);
	assert_string_equal(bench->outcomes, "U");
	assert_string_equal(bench->closed, "eof");
	bench_free(bench);
}

static void bans_can_be_written_into_fresh_tables(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct prefix target;
	uint32_t until, hits;
	int dropped;

	(void)state;
	guess(bench, "192.0.2.7", 20, &dropped);
	assert_int_equal(prefix_parse("192.0.2.7", &target), 0);
	assert_int_equal(datapath_unban(bench->datapath, &target), 0);
	assert_int_equal(enforce_restore(pipeline_enforcer(bench->pipeline), bench->now_ns), 1);
	assert_int_equal(datapath_ban_read(bench->datapath, &target, &until, &hits), 0);
	bench_free(bench);
}

static void bans_that_end_together_are_lifted_bit_by_bit(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct ban ban = {.action = ACTION_BAN, .since_ns = WALL, .until_ns = WALL + 60 * SECOND, .offences = 1};
	struct bans *bans = enforcer_bans(pipeline_enforcer(bench->pipeline));
	struct talk talk;

	(void)state;
	for (uint32_t i = 0; i < 1200; i++) {
		ban.target = prefix_of_source(GP_SOURCE_V4 | (0x0a000000 + i));
		assert_int_equal(enforce_ban(pipeline_enforcer(bench->pipeline), &ban, bench->now_ns), 1);
	}
	pass_time(bench, 61 * SECOND);
	assert_in_range(bench->ended, 100, 1100);
	assert_int_equal(bans_count(bans, pipeline_wall_ns(bench->pipeline, bench->now_ns)), 0);
	talk = open_talk(bench, "10.0.4.175", 6000); /* of the last one */
	assert_int_equal(talk.dropped, 0);
	pass_time(bench, SECOND / 5);
	assert_int_equal(bench->ended, 1200);
	bench_free(bench);
}

static void a_wall_clock_that_is_set_changes_no_ban(void **state)
{
	static const int64_t day_ns = 86400 * (int64_t)SECOND;
	static const int64_t steps_ns[] = {-day_ns, day_ns};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench *bench = bench_new(false, true);
		struct enforcer *enforcer = pipeline_enforcer(bench->pipeline);
		struct talk talk;
		int dropped;

		guess(bench, "192.0.2.7", 20, &dropped);
		assert_true(enforce_wall(enforcer, WALL - START + (uint64_t)steps_ns[i]));
		assert_false(enforce_wall(enforcer, WALL - START + (uint64_t)steps_ns[i] + 1000));
		pass_time(bench, (3600 - 100) * SECOND);
		assert_int_equal(bench->ended, 0);
		talk = open_talk(bench, "192.0.2.7", 6000);
		assert_int_equal(talk.dropped, 2);
		pass_time(bench, 101 * SECOND);
		assert_int_equal(bench->ended, 1);
		bench_free(bench);
	}
}

static void a_ban_that_finds_no_room_is_not_said_to_be_in_force(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct ban ban = {.action = ACTION_BAN, .since_ns = WALL, .until_ns = WALL + 3600 * SECOND, .offences = 1};
	uint32_t until, hits, refused = 0;

	(void)state;
	for (uint32_t i = 0; i < 4096; i++) {
		ban.target = prefix_of_source(GP_SOURCE_V4 | (0x0a000000 + i));
		refused += enforce_ban(pipeline_enforcer(bench->pipeline), &ban, bench->now_ns) < 0;
		assert_int_equal(bans_find(enforcer_bans(pipeline_enforcer(bench->pipeline)), &ban.target) != NULL,
				 !datapath_ban_read(bench->datapath, &ban.target, &until, &hits));
	}
	assert_in_range(refused, 1000, 4000);
	bench_free(bench);
}

/* The list has room for so many; one reload too far must leave everything as it was. */
static void a_reload_that_does_not_fit_changes_nothing(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct settings *next = NULL;
	struct fault fault = {0};
	struct prefix prefix = {.bits = GP_SOURCE_BITS};
	int error = 0;

	(void)state;
	for (uint32_t i = 0; !error; i++) {
		prefix.source = GP_SOURCE_V4 | (0x0a000000 + i);
		error = enforce_allow(pipeline_enforcer(bench->pipeline), &prefix, "by hand");
	}
	assert_int_equal(config_load(NULL, &next, NULL), 0);
	next->allow[next->allowed++] = prefix;
	assert_int_not_equal(pipeline_reload(bench->pipeline, next, &fault), 0);
	assert_ptr_equal(pipeline_settings(bench->pipeline), bench->settings);
	assert_true(fault.text[0]);
	config_free(next);
	bench_free(bench);
}

static void say_hello(struct talk *talk, const uint8_t *hello, size_t length, size_t first)
{
	segment_bytes(talk, false, ACK, hello, first);
	if (first < length)
		segment_bytes(talk, false, ACK, hello + first, length - first);
}

static void a_flow_is_named_by_its_hello(void **state)
{
	static const struct {
		const char *claim;
		const uint8_t *hello;
		size_t length, first;
		bool starttls;
		const char *ja4;
	} rows[] = {
		{"hydra", hello_hydra, sizeof(hello_hydra), sizeof(hello_hydra), false,
		 "t13d311100_e8f1e7e78f70_d41ae481755e"},
		{"curl after STARTTLS", hello_curl, sizeof(hello_curl), sizeof(hello_curl), true,
		 "t13d311100_e8f1e7e78f70_b26ce05bbdd6"},
		{"Thunderbird in two segments", hello_thunderbird, sizeof(hello_thunderbird), 1400, false,
		 "t13d161600_86a278354501_"},
		{"in two segments after STARTTLS", hello_thunderbird, sizeof(hello_thunderbird), 1400, true,
		 "t13d161600_86a278354501_"},
		{"half a hello", hello_curl, 200, 200, false, ""},
		{"no hello", (const uint8_t *)"GET / HTTP/1.0\r\n\r\n", 18, 18, false, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench *bench = bench_new(false, true);
		struct talk talk = rows[i].starttls ? open_talk(bench, "192.0.2.7", 5000)
						    : connect_talk(bench, "192.0.2.7", 5000, 993);

		if (rows[i].starttls) {
			segment(&talk, false, ACK, "a STARTTLS\r\n");
			segment(&talk, true, ACK, "a OK go ahead\r\n");
		}
		say_hello(&talk, rows[i].hello, rows[i].length, rows[i].first);
		pipeline_finish(bench->pipeline, bench->now_ns);
		if (strncmp(bench->ja4, rows[i].ja4, strlen(rows[i].ja4)) || !bench->ja4[0] != !rows[i].ja4[0])
			fail_msg("%s: '%s'", rows[i].claim, bench->ja4);
		bench_free(bench);
	}
}

/* A flow that the kernel half gave up and opened again is somewhere else in its table, and was told nothing there. */
static void a_flow_of_which_enough_was_seen_falls_silent_even_if_it_moved(void **state)
{
	struct bench *bench = bench_new(false, true);
	const struct pipeline_totals *totals = pipeline_totals(bench->pipeline);
	struct talk talk;
	uint64_t samples;

	(void)state;
	bench->misplaced = true;
	talk = open_talk(bench, "192.0.2.7", 5000);
	try_login(&talk, "right", true);
	bench->misplaced = false;
	samples = totals->samples;
	segment(&talk, false, ACK, "b NOOP\r\n");
	assert_int_equal(totals->samples, samples + 1);
	segment(&talk, true, ACK, "b OK\r\n");
	segment(&talk, false, ACK, "c NOOP\r\n");
	assert_int_equal(totals->samples, samples + 1);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guessing_is_banned_at_the_threshold_and_the_next_packet_is_dropped),
		cmocka_unit_test(a_neighbour_is_not_touched_by_a_ban),
		cmocka_unit_test(a_site_that_guesses_from_many_sources_is_banned),
		cmocka_unit_test(observing_decides_and_drops_nothing),
		cmocka_unit_test(a_ban_ends_and_lets_the_source_in),
		cmocka_unit_test(a_limit_leaves_a_guesser_one_try_a_connection),
		cmocka_unit_test(where_somebody_logs_in_a_limited_prefix_leaves_the_source_its_own),
		cmocka_unit_test(the_allow_list_keeps_a_source_in_whatever_it_does),
		cmocka_unit_test(an_unbanned_source_is_free_at_once_and_forgiven),
		cmocka_unit_test(a_flow_is_reported_once_after_its_end),
		cmocka_unit_test(a_reply_after_the_client_has_left_still_counts),
		cmocka_unit_test(an_answer_long_after_the_client_has_left_still_counts),
		cmocka_unit_test(a_forged_reset_hides_nothing),
		cmocka_unit_test(what_is_open_at_the_end_is_reported_as_such),
		cmocka_unit_test(bans_can_be_written_into_fresh_tables),
		cmocka_unit_test(bans_that_end_together_are_lifted_bit_by_bit),
		cmocka_unit_test(a_wall_clock_that_is_set_changes_no_ban),
		cmocka_unit_test(a_ban_that_finds_no_room_is_not_said_to_be_in_force),
		cmocka_unit_test(a_reload_that_does_not_fit_changes_nothing),
		cmocka_unit_test(a_flow_is_named_by_its_hello),
		cmocka_unit_test(a_flow_of_which_enough_was_seen_falls_silent_even_if_it_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
