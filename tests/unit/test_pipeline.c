/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole way without a kernel: frames through the native build, samples through the pipeline with the shipped
 * rules, decisions out, bans back into the tables. Connections are told as transcripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/packet.h"
#include "user/config/config.h"
#include "user/adapters/secret.h"
#include "user/pipeline.h"

#define SECOND 1000000000ULL
#define START (1000 * SECOND)
#define WALL (1700000000 * SECOND)

struct bench {
	struct settings *settings;
	struct secret *secret;
	struct datapath *datapath;
	struct pipeline *pipeline;
	uint64_t now_ns;
	bool v6;
	int attempts, flows, decisions, ended;
	char outcomes[256], closed[16];
	struct decision decision;
	bool in_force;
};

/* One TCP connection of a client; each line is a segment that the other end acknowledges in its next one. */
struct talk {
	struct bench *bench;
	const char *from;
	uint16_t port;
	uint32_t client_seq, server_seq;
	int passed, dropped;
};

static void on_attempt(void *context, const struct attempt *attempt)
{
	struct bench *bench = context;

	bench->outcomes[bench->attempts++ % (sizeof(bench->outcomes) - 1)] = outcome_letter(attempt->outcome);
}

static void on_flow(void *context, const struct flow_report *report)
{
	struct bench *bench = context;

	bench->flows++;
	snprintf(bench->closed, sizeof(bench->closed), "%s", flow_closed_text(report->flow->closed));
}

static void on_decision(void *context, const struct decision *decision, const struct ban *ban)
{
	struct bench *bench = context;

	bench->decisions++;
	bench->decision = *decision;
	bench->in_force = ban != NULL;
}

static void on_ban_ended(void *context, const struct ban *ban)
{
	(void)ban;
	((struct bench *)context)->ended++;
}

static void on_sample(void *context, const struct gp_sample *sample, const uint8_t *payload)
{
	pipeline_sample(((struct bench *)context)->pipeline, sample, payload);
}

static struct bench *bench_new(bool v6, bool enforce)
{
	struct datapath_options engine = {.bans_max = 1024,
					  .sources_max = 1024,
					  .flows_max = 1024,
					  .ring_bytes = 1 << 16,
					  .native = true,
					  .virtual_time = true,
					  .seed = {1, 2}};
	struct bench *bench = calloc(1, sizeof(*bench));
	struct gp_settings kernel = {0};
	struct pipeline_options options = {.wall_offset_ns = WALL - START,
					   .sink = {.context = bench,
						    .attempt = on_attempt,
						    .flow = on_flow,
						    .decision = on_decision,
						    .ban_ended = on_ban_ended}};
	bool taken_over;

	bench->v6 = v6;
	bench->now_ns = START;
	assert_int_equal(config_load(NULL, &bench->settings, NULL), 0);
	bench->settings->enforce = enforce;
	assert_int_equal(secret_new(&bench->secret, NULL, 7, NULL), 0);
	assert_int_equal(datapath_new(&bench->datapath, &engine, &taken_over, NULL), 0);
	options.settings = bench->settings;
	options.datapath = bench->datapath;
	options.digest = secret_digest(bench->secret);
	assert_int_equal(pipeline_new(&bench->pipeline, &options, NULL), 0);
	settings_to_kernel(bench->settings, &kernel);
	assert_int_equal(datapath_settings(bench->datapath, &kernel), 0);
	assert_int_equal(datapath_servers(bench->datapath, bench->settings->server, bench->settings->servers), 0);
	datapath_on_sample(bench->datapath, on_sample, bench);
	return bench;
}

static void bench_free(struct bench *bench)
{
	pipeline_free(bench->pipeline);
	datapath_free(bench->datapath);
	secret_free(bench->secret);
	config_free(bench->settings);
	free(bench);
}

static void pass_time(struct bench *bench, uint64_t ns)
{
	bench->now_ns += ns;
	pipeline_tick(bench->pipeline, bench->now_ns);
}

static bool segment(struct talk *talk, bool reply, uint8_t flags, const char *text)
{
	struct packet_spec spec = {.from = talk->from,
				   .from_port = talk->port,
				   .flags = flags,
				   .payload = text,
				   .payload_bytes = text ? strlen(text) : 0,
				   .reply = reply,
				   .v6 = talk->bench->v6,
				   .seq = reply ? talk->server_seq : talk->client_seq,
				   .ack = flags & ACK ? reply ? talk->client_seq : talk->server_seq : 0};
	uint32_t advance = (uint32_t)spec.payload_bytes + !!(flags & (SYN | FIN));
	uint8_t frame[PACKET_BYTES];
	enum gp_reason reason;
	bool drop = false;
	size_t length = packet_build(&spec, frame);

	talk->bench->now_ns += 1000000;
	assert_int_equal(datapath_run(talk->bench->datapath, reply ? GP_OUT : GP_IN, frame, length, talk->bench->now_ns,
				      &drop, &reason),
			 0);
	talk->dropped += drop;
	talk->passed += !drop;
	*(reply ? &talk->server_seq : &talk->client_seq) += advance;
	return !drop;
}

static struct talk open_talk(struct bench *bench, const char *from, uint16_t port)
{
	struct talk talk = {.bench = bench, .from = from, .port = port, .client_seq = 1000, .server_seq = 900000};

	segment(&talk, false, SYN, NULL);
	segment(&talk, true, SYN | ACK, NULL);
	segment(&talk, false, ACK, NULL);
	segment(&talk, true, ACK, "* OK ready\r\n");
	return talk;
}

static void try_login(struct talk *talk, const char *password, bool right)
{
	char line[128];

	snprintf(line, sizeof(line), "a LOGIN alice %s\r\n", password);
	if (segment(talk, false, ACK, line))
		segment(talk, true, ACK, right ? "a OK done\r\n" : "a NO [AUTHENTICATIONFAILED] no\r\n");
}

static void close_talk(struct talk *talk)
{
	segment(talk, false, FIN | ACK, NULL);
	segment(talk, true, FIN | ACK, NULL);
}

static void guess(struct bench *bench, const char *from, int times, int *ret_dropped)
{
	int dropped = 0;

	for (int i = 0; i < times; i++) {
		struct talk talk = open_talk(bench, from, (uint16_t)(2000 + i));
		char password[16];

		snprintf(password, sizeof(password), "wrong%d", i);
		try_login(&talk, password, false);
		close_talk(&talk);
		dropped += talk.dropped;
	}
	*ret_dropped = dropped;
}

static void guessing_is_banned_at_the_threshold_and_the_next_packet_is_dropped(void **state)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct bench *bench = bench_new(v6, true);
		struct talk talk;
		int dropped;

		(void)state;
		guess(bench, "192.0.2.7", 19, &dropped);
		assert_int_equal(bench->decisions, 0);
		assert_int_equal(dropped, 0);
		guess(bench, "192.0.2.7", 1, &dropped);
		assert_int_equal(bench->decisions, 0); /* the twentieth repeats the first one's password */
		talk = open_talk(bench, "192.0.2.7", 9000);
		try_login(&talk, "another", false);
		assert_int_equal(bench->decisions, 1);
		assert_true(bench->in_force);
		assert_int_equal(talk.dropped, 0);
		assert_false(segment(&talk, false, ACK, "b NOOP\r\n"));
		assert_string_equal(bench->decision.rule->name, "stuffing");
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

static void observing_decides_and_drops_nothing(void **state)
{
	struct bench *bench = bench_new(false, false);
	int dropped;

	(void)state;
	guess(bench, "192.0.2.7", 30, &dropped);
	assert_int_equal(bench->decisions, 1);
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
	pass_time(bench, 3601 * SECOND);
	assert_int_equal(bench->ended, 1);
	talk = open_talk(bench, "192.0.2.7", 6000);
	assert_int_equal(talk.dropped, 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guessing_is_banned_at_the_threshold_and_the_next_packet_is_dropped),
		cmocka_unit_test(a_neighbour_is_not_touched_by_a_ban),
		cmocka_unit_test(observing_decides_and_drops_nothing),
		cmocka_unit_test(a_ban_ends_and_lets_the_source_in),
		cmocka_unit_test(the_allow_list_keeps_a_source_in_whatever_it_does),
		cmocka_unit_test(an_unbanned_source_is_free_at_once_and_forgiven),
		cmocka_unit_test(a_flow_is_reported_once_after_its_end),
		cmocka_unit_test(a_reply_after_the_client_has_left_still_counts),
		cmocka_unit_test(a_forged_reset_hides_nothing),
		cmocka_unit_test(what_is_open_at_the_end_is_reported_as_such),
		cmocka_unit_test(bans_can_be_written_into_fresh_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
