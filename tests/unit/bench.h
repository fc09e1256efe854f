/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole way on a bench: the native build of the kernel half, the pipeline with the shipped rules, one client's
 * segments in and what came out. Included by each test program once. */
#ifndef GATEPOST_TEST_BENCH_H
#define GATEPOST_TEST_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/packet.h"
#include "user/adapters/secret.h"
#include "user/config/config.h"
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
	uint64_t tick_ns; /* between two segments */
	bool v6;
	bool misplaced; /* samples name another slot than the one where the flow is now */
	int attempts, flows, decisions, ended;
	char outcomes[256], closed[16], ja4[64];
	struct decision decision;
	bool in_force;
};

/* One TCP connection of a client; each line is a segment that the other end acknowledges in its next one. */
struct talk {
	struct bench *bench;
	const char *from;
	uint16_t port, to_port; /* to_port 0: IMAP */
	uint32_t client_seq, server_seq;
	int passed, dropped;
};

static inline void on_attempt(void *context, const struct attempt *attempt)
{
	struct bench *bench = context;

	bench->outcomes[bench->attempts++ % (sizeof(bench->outcomes) - 1)] = outcome_letter(attempt->outcome);
}

static inline void on_flow(void *context, const struct flow_report *report)
{
	struct bench *bench = context;

	bench->flows++;
	snprintf(bench->closed, sizeof(bench->closed), "%s", flow_closed_text(report->flow->closed));
	snprintf(bench->ja4, sizeof(bench->ja4), "%s", report->ja4);
}

static inline void on_decision(void *context, const struct decision *decision, const struct ban *ban)
{
	struct bench *bench = context;

	bench->decisions++;
	bench->decision = *decision;
	bench->in_force = ban != NULL;
}

static inline void on_ban_ended(void *context, const struct ban *ban)
{
	(void)ban;
	((struct bench *)context)->ended++;
}

static inline void on_sample(void *context, const struct gp_sample *sample, const uint8_t *payload)
{
	struct bench *bench = context;
	struct gp_sample moved = *sample;

	moved.slot ^= bench->misplaced;
	pipeline_sample(bench->pipeline, &moved, payload);
}

static inline struct bench *bench_new(bool v6, bool enforce)
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
	bench->tick_ns = 1000000;
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

static inline void bench_free(struct bench *bench)
{
	pipeline_free(bench->pipeline);
	datapath_free(bench->datapath);
	secret_free(bench->secret);
	config_free(bench->settings);
	free(bench);
}

static inline void pass_time(struct bench *bench, uint64_t ns)
{
	bench->now_ns += ns;
	pipeline_tick(bench->pipeline, bench->now_ns);
}

static inline bool segment_bytes(struct talk *talk, bool reply, uint8_t flags, const void *bytes, size_t count)
{
	struct packet_spec spec = {.from = talk->from,
				   .from_port = talk->port,
				   .to_port = talk->to_port,
				   .flags = flags,
				   .payload = bytes,
				   .payload_bytes = count,
				   .reply = reply,
				   .v6 = talk->bench->v6,
				   .seq = reply ? talk->server_seq : talk->client_seq,
				   .ack = flags & ACK ? reply ? talk->client_seq : talk->server_seq : 0};
	uint32_t advance = (uint32_t)spec.payload_bytes + !!(flags & (SYN | FIN));
	uint8_t frame[PACKET_BYTES];
	enum gp_reason reason;
	bool drop = false;
	size_t length = packet_build(&spec, frame);

	talk->bench->now_ns += talk->bench->tick_ns;
	assert_int_equal(datapath_run(talk->bench->datapath, reply ? GP_OUT : GP_IN, frame, length, talk->bench->now_ns,
				      &drop, &reason),
			 0);
	talk->dropped += drop;
	talk->passed += !drop;
	*(reply ? &talk->server_seq : &talk->client_seq) += advance;
	return !drop;
}

static inline bool segment(struct talk *talk, bool reply, uint8_t flags, const char *text)
{
	return segment_bytes(talk, reply, flags, text, text ? strlen(text) : 0);
}

static inline struct talk connect_talk(struct bench *bench, const char *from, uint16_t port, uint16_t to_port)
{
	struct talk talk = {.bench = bench,
			    .from = from,
			    .port = port,
			    .to_port = to_port,
			    .client_seq = 1000,
			    .server_seq = 900000};

	segment(&talk, false, SYN, NULL);
	segment(&talk, true, SYN | ACK, NULL);
	segment(&talk, false, ACK, NULL);
	return talk;
}

static inline struct talk open_talk(struct bench *bench, const char *from, uint16_t port)
{
	struct talk talk = connect_talk(bench, from, port, 0);

	segment(&talk, true, ACK, "* OK ready\r\n");
	return talk;
}

static inline void try_login(struct talk *talk, const char *password, bool right)
{
	char line[128];

	snprintf(line, sizeof(line), "a LOGIN alice %s\r\n", password);
	if (segment(talk, false, ACK, line))
		segment(talk, true, ACK, right ? "a OK done\r\n" : "a NO [AUTHENTICATIONFAILED] no\r\n");
}

static inline void close_talk(struct talk *talk)
{
	segment(talk, false, FIN | ACK, NULL);
	segment(talk, true, FIN | ACK, NULL);
}

static inline void guess(struct bench *bench, const char *from, int times, int *ret_dropped)
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

#endif
