/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the kernel half share: a datapath on either engine, frames through it, samples kept. Included by
 * each test program once. */
#ifndef GATEPOST_TESTS_RIG_H
#define GATEPOST_TESTS_RIG_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/packet.h"
#include "user/datapath/datapath.h"

#define SECOND 1000000000ULL
#define MILLISECOND 1000000ULL
#define RIG_START (1000 * SECOND)
#define RIG_SAMPLES 64
#define SKIPPED 77

struct rig {
	struct datapath *datapath;
	struct gp_settings settings;
	uint64_t now_ns;
	bool v6; /* rows are sent as their IPv6 twins */
	struct {
		struct gp_sample head;
		uint8_t payload[GP_SAMPLE_BYTES];
	} sample[RIG_SAMPLES];
	int samples;
};

static inline struct gp_rate rate_of(uint32_t interval_ms, uint32_t burst)
{
	const uint32_t interval = (uint32_t)GP_TICKS(interval_ms * MILLISECOND);

	return (struct gp_rate){interval, (burst - 1) * interval};
}

/* A burst of 3 a source and 8 a prefix, 20 a service, one back every 10 s. */
static inline struct gp_settings rig_settings(void)
{
	return (struct gp_settings){
		.source = rate_of(10000, 3),
		.judged = rate_of(60000, 1),
		.judged_prefix = rate_of(30000, 2),
		.retry = rate_of(10000, 2),
		.prefix = rate_of(10000, 8),
		.service = rate_of(10000, 20),
		.prefix_v4_bits = 24,
		.prefix_v6_bits = 48,
		.proven_ticks = GP_TICKS(86400 * SECOND),
		.flow_idle_beats = GP_BEATS(600 * SECOND),
		.retry_min_pulses = GP_PULSES(900 * MILLISECOND) + 1,
		.retry_late_pulses = GP_PULSES(2500 * MILLISECOND),
		.retry_max_pulses = GP_PULSES(4000 * MILLISECOND),
	};
}

static inline void rig_keep(void *context, const struct gp_sample *sample, const uint8_t *payload)
{
	struct rig *rig = context;

	if (rig->samples < RIG_SAMPLES) {
		rig->sample[rig->samples].head = *sample;
		memcpy(rig->sample[rig->samples].payload, payload, sample->captured_bytes);
	}
	rig->samples++;
}

static inline int rig_serve(struct rig *rig)
{
	static const struct server_settings servers[] = {
		{.port = 143, .service = GP_SERVICE_IMAP},       {.port = 993, .service = GP_SERVICE_IMAPS},
		{.port = 110, .service = GP_SERVICE_POP3},       {.port = 995, .service = GP_SERVICE_POP3S},
		{.port = 587, .service = GP_SERVICE_SUBMISSION}, {.port = 465, .service = GP_SERVICE_SUBMISSIONS},
	};

	return datapath_servers(rig->datapath, servers, sizeof(servers) / sizeof(*servers));
}

static inline struct datapath_options rig_options(bool native)
{
	return (struct datapath_options){
		.bans_max = 1024,
		.sources_max = 5120,
		.syns_max = 8192,
		.flows_max = 1024,
		.ring_bytes = 1 << 18,
		.virtual_time = true,
		.native = native,
		.seed = {0x0123456789abcdef, 0xfedcba9876543210},
	};
}

static inline int rig_open(struct rig *rig, const struct datapath_options *options)
{
	struct fault fault = {0};
	bool taken_over;

	memset(rig, 0, sizeof(*rig));
	if (datapath_new(&rig->datapath, options, &taken_over, &fault)) {
		fprintf(stderr, "# %s\n", fault.text);
		return -1;
	}
	rig->now_ns = RIG_START;
	rig->settings = rig_settings();
	datapath_settings(rig->datapath, &rig->settings);
	datapath_on_sample(rig->datapath, rig_keep, rig);
	return rig_serve(rig);
}

static inline void rig_close(struct rig *rig)
{
	datapath_free(rig->datapath);
}

struct ruling {
	bool drop;
	enum gp_reason reason;
};

static inline struct ruling rig_frame(struct rig *rig, enum gp_direction direction, const uint8_t *frame, size_t length)
{
	struct ruling answer = {0};
	int error = datapath_run(rig->datapath, direction, frame, length, rig->now_ns, &answer.drop, &answer.reason);

	assert_int_equal(error, 0);
	return answer;
}

static inline struct ruling rig_send(struct rig *rig, struct packet_spec spec)
{
	uint8_t frame[PACKET_BYTES];

	spec.v6 |= rig->v6;
	return rig_frame(rig, spec.reply ? GP_OUT : GP_IN, frame, packet_build(&spec, frame));
}

static inline const char *reason_text(enum gp_reason reason)
{
	static const char *const text[] = {
#define REASON_TEXT(name, words, drops) #name,
		GP_REASONS(REASON_TEXT)
#undef REASON_TEXT
	};

	return reason < GP_REASON_MAX ? text[reason] : "?";
}

/* Send it and compare, in words when it fails. */
static inline void rig_expect(struct rig *rig, const char *why, struct packet_spec spec, bool drop,
			      enum gp_reason reason)
{
	uint8_t frame[PACKET_BYTES];
	char hex[2 * PACKET_BYTES];
	struct ruling answer;
	size_t length;

	spec.v6 |= rig->v6;
	length = packet_build(&spec, frame);
	answer = rig_frame(rig, spec.reply ? GP_OUT : GP_IN, frame, length);
	if (answer.drop == drop && answer.reason == reason)
		return;
	fail_msg("%s (%s): expected %s %s, got %s %s; frame %s", why, spec.v6 ? "IPv6" : "IPv4", drop ? "DROP" : "PASS",
		 reason_text(reason), answer.drop ? "DROP" : "PASS", reason_text(answer.reason),
		 packet_hex(frame, length, hex, sizeof(hex)));
}
#define EXPECT_PASS(rig, why, spec, reason) rig_expect(rig, why, spec, false, GP_REASON_##reason)
#define EXPECT_DROP(rig, why, spec, reason) rig_expect(rig, why, spec, true, GP_REASON_##reason)

static inline struct gp_counter rig_counter(struct rig *rig, enum gp_service service, enum gp_reason reason)
{
	struct gp_counter counters[GP_COUNTERS];

	assert_int_equal(datapath_counters(rig->datapath, counters), 0);
	return counters[service * GP_REASON_MAX + reason];
}

static inline uint64_t rig_tally(struct rig *rig, enum gp_tally tally)
{
	uint64_t tallies[GP_TALLY_MAX];

	assert_int_equal(datapath_tallies(rig->datapath, tallies), 0);
	return tallies[tally];
}

static inline struct prefix rig_prefix(const struct rig *rig, const char *text, uint8_t v4_bits, uint8_t v6_bits)
{
	struct prefix prefix = {packet_source(text, rig->v6), rig->v6 ? v6_bits : 32 + v4_bits};

	prefix.source &= prefix.bits < 64 ? ~(~0ULL >> prefix.bits) : ~0ULL;
	return prefix;
}

static inline void rig_ban(struct rig *rig, const char *text, enum gp_action action, uint32_t for_s)
{
	const struct prefix target = rig_prefix(rig, text, 32, 64);
	uint32_t now_s = (uint32_t)(rig->now_ns / SECOND);

	assert_int_equal(datapath_ban(rig->datapath, &target, action, now_s + for_s, now_s), 0);
}

/* SYN, SYN-ACK, ACK: the source is proven and the flow followed. Numbers: client 1000, server 5000. */
static inline void rig_handshake(struct rig *rig, struct packet_spec ends)
{
	struct packet_spec packet = ends;

	packet.flags = SYN;
	packet.seq = 1000;
	rig_send(rig, packet);
	packet.reply = true;
	packet.flags = SYN | ACK;
	packet.seq = 5000;
	packet.ack = 1001;
	rig_send(rig, packet);
	packet.reply = false;
	packet.flags = ACK;
	packet.seq = 1001;
	packet.ack = 5001;
	rig_send(rig, packet);
}

/* Every test runs on both engines and in both families, each time on fresh tables. */
static const struct {
	const char *name;
	bool native, v6;
} rig_variants[] = {
	{"kernel, IPv4", false, false},
	{"kernel, IPv6", false, true},
	{"native, IPv4", true, false},
	{"native, IPv6", true, true},
};

static inline void rig_each(void (*test)(struct rig *rig))
{
	for (size_t i = 0; i < sizeof(rig_variants) / sizeof(*rig_variants); i++) {
		const struct datapath_options options = rig_options(rig_variants[i].native);
		struct rig rig;

		if (rig_open(&rig, &options))
			fail_msg("no datapath (%s)", rig_variants[i].name);
		rig.v6 = rig_variants[i].v6;
		test(&rig);
		rig_close(&rig);
	}
}
/* void name(void **state) for cmocka around static void check_name(struct rig *rig). */
#define ON_EVERY_ENGINE(name)                                                                                          \
	static void name(void **state)                                                                                 \
	{                                                                                                              \
		(void)state;                                                                                           \
		rig_each(check_##name);                                                                                \
	}

/* A test of the kernel half needs the right to load it; a skip says so. */
static inline bool rig_is_permitted(void)
{
	struct datapath_options options = rig_options(false);
	struct datapath *datapath;
	struct fault fault = {0};
	bool taken_over;
	int error = datapath_new(&datapath, &options, &taken_over, &fault);

	if (!error)
		datapath_free(datapath);
	if (error == -EPERM)
		printf("# SKIP needs CAP_BPF\n");
	else if (error)
		fprintf(stderr, "# %s\n", fault.text);
	return error != -EPERM;
}

#endif
