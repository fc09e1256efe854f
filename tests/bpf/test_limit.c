/* SPDX-License-Identifier: BSD-2-Clause */
/* The limits on new connections: exact bursts, exact refills, on one CPU and on two; the levels for the unproven;
 * the second chance of a SYN that comes again. */
#include "tests/bpf/rig.h"

#include <pthread.h>
#include <sched.h>

static struct packet_spec syn(const char *from, uint32_t seq)
{
	return TCP(.from = from, .flags = SYN, .seq = seq);
}

static void check_exactly_the_burst_is_admitted(struct rig *rig)
{
	for (uint32_t i = 0; i < 3; i++)
		EXPECT_PASS(rig, "within the burst", syn("192.0.2.1", i), NEW_UNPROVEN);
	EXPECT_DROP(rig, "burst spent", syn("192.0.2.1", 3), LIMIT_SOURCE);
	EXPECT_PASS(rig, "another source is free", syn("192.0.2.2", 0), NEW_UNPROVEN);
	EXPECT_PASS(rig, "an open connection is not limited", TCP(.flags = ACK, .payload = "x"), STRAY);
	rig->now_ns += 10 * SECOND - MILLISECOND;
	EXPECT_DROP(rig, "a millisecond too early", syn("192.0.2.1", 4), LIMIT_SOURCE);
	rig->now_ns += MILLISECOND;
	EXPECT_PASS(rig, "one came back", syn("192.0.2.1", 5), NEW_UNPROVEN);
	EXPECT_DROP(rig, "but only one", syn("192.0.2.1", 6), LIMIT_SOURCE);
	rig->now_ns += 1000 * SECOND;
	for (uint32_t i = 0; i < 3; i++)
		EXPECT_PASS(rig, "the burst is never more than the burst", syn("192.0.2.1", 10 + i), NEW_UNPROVEN);
	EXPECT_DROP(rig, "spent again", syn("192.0.2.1", 20), LIMIT_SOURCE);
	assert_int_equal(rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_LIMIT_SOURCE).packets, 4);
}
ON_EVERY_ENGINE(exactly_the_burst_is_admitted)

static void check_a_syn_is_a_syn_whatever_else_it_carries(struct rig *rig)
{
	const struct packet_spec kinds[] = {
		{.flags = SYN, .payload = "fast open"},
		{.flags = SYN | FIN},
		{.flags = SYN | PSH | 0xc0},
		{.first_fragment = true, .ip_bytes = 8},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		rig->now_ns += 1000 * SECOND;
		for (int n = 0; n < 3; n++)
			EXPECT_PASS(rig, "within the burst", kinds[i], NEW_UNPROVEN);
		EXPECT_DROP(rig, "burst spent", kinds[i], LIMIT_SOURCE);
	}
}
ON_EVERY_ENGINE(a_syn_is_a_syn_whatever_else_it_carries)

static void check_time_may_wrap(struct rig *rig)
{
	rig->now_ns = ((1ULL << GP_TIME_BITS) - 5000000) * 1000; /* five seconds before the words wrap */
	for (uint32_t i = 0; i < 3; i++)
		EXPECT_PASS(rig, "before the wrap", syn("192.0.2.1", i), NEW_UNPROVEN);
	EXPECT_DROP(rig, "burst spent", syn("192.0.2.1", 3), LIMIT_SOURCE);
	rig->now_ns += 9 * SECOND;
	EXPECT_DROP(rig, "after the wrap, still", syn("192.0.2.1", 4), LIMIT_SOURCE);
	rig->now_ns += SECOND;
	EXPECT_PASS(rig, "after the wrap, one came back", syn("192.0.2.1", 5), NEW_UNPROVEN);
	rig->now_ns += 100 * 86400 * SECOND;
	for (uint32_t i = 0; i < 3; i++)
		EXPECT_PASS(rig, "a hundred days later", syn("192.0.2.1", 10 + i), NEW_UNPROVEN);
}
ON_EVERY_ENGINE(time_may_wrap)

static void check_a_prefix_has_a_limit_for_the_unproven(struct rig *rig)
{
	char from[32];

	for (int i = 1; i <= 8; i++) {
		snprintf(from, sizeof(from), "192.0.2.%d", i);
		EXPECT_PASS(rig, "the first eight of the prefix", syn(from, 0), NEW_UNPROVEN);
	}
	EXPECT_DROP(rig, "the ninth", syn("192.0.2.9", 0), LIMIT_PREFIX);
	EXPECT_PASS(rig, "another prefix", syn("192.0.3.9", 0), NEW_UNPROVEN);
	rig_handshake(rig, TCP(.from = "192.0.2.77", .from_port = 50000));
	EXPECT_PASS(rig, "a proven source of the full prefix", syn("192.0.2.77", 1), NEW_PROVEN);
}
ON_EVERY_ENGINE(a_prefix_has_a_limit_for_the_unproven)

static void check_a_service_has_a_limit_for_the_unproven(struct rig *rig)
{
	char from[32];

	for (int i = 1; i <= 20; i++) {
		snprintf(from, sizeof(from), "192.0.%d.1", i);
		EXPECT_PASS(rig, "the first twenty", syn(from, 0), NEW_UNPROVEN);
	}
	EXPECT_DROP(rig, "the next", syn("192.0.21.1", 0), LIMIT_SERVICE);
	EXPECT_PASS(rig, "another service", TCP(.from = "192.0.21.1", .flags = SYN, .to_port = 993), NEW_UNPROVEN);
	rig_handshake(rig, TCP(.from = "192.0.30.1", .from_port = 50000));
	EXPECT_PASS(rig, "a proven source", syn("192.0.30.1", 1), NEW_PROVEN);
	rig->now_ns += 10 * SECOND;
	EXPECT_PASS(rig, "one came back", syn("192.0.22.1", 0), NEW_UNPROVEN);
	EXPECT_DROP(rig, "and is spent", syn("192.0.23.1", 0), LIMIT_SERVICE);
}
ON_EVERY_ENGINE(a_service_has_a_limit_for_the_unproven)

static void check_no_rate_is_no_limit(struct rig *rig)
{
	rig->settings.source = rig->settings.prefix = rig->settings.service = (struct gp_rate){0};
	datapath_settings(rig->datapath, &rig->settings);
	for (uint32_t i = 0; i < 200; i++)
		EXPECT_PASS(rig, "no limit", syn("192.0.2.1", i), NEW_UNPROVEN);
}
ON_EVERY_ENGINE(no_rate_is_no_limit)

static void forge(struct rig *rig, uint32_t packets)
{
	for (uint32_t i = 0; i < packets; i++) {
		rig->now_ns += 10000;
		rig_send(rig, TCP(.flags = SYN, .seq = (uint32_t)rig->now_ns, .from_port = (uint16_t)(1024 + i)));
	}
}

/* A flood forged in a subscriber's name: his own SYN is lost in it, and its retransmission gets in. The table has
 * room for 8192: what is oldest makes room first. */
static void check_a_syn_that_comes_again_gets_in(struct rig *rig)
{
	forge(rig, 10000);
	EXPECT_DROP(rig, "the subscriber's SYN", syn("192.0.2.1", 424242), LIMIT_SOURCE);
	forge(rig, 3000);
	rig->now_ns += 300 * MILLISECOND;
	EXPECT_DROP(rig, "again, too soon to be TCP's", syn("192.0.2.1", 424242), LIMIT_SOURCE);
	rig->now_ns += 700 * MILLISECOND;
	EXPECT_DROP(rig, "another number", syn("192.0.2.1", 424243), LIMIT_SOURCE);
	EXPECT_PASS(rig, "his retransmission", syn("192.0.2.1", 424242), NEW_RETRIED);
	rig->now_ns += 3100 * MILLISECOND;
	EXPECT_DROP(rig, "too late", syn("192.0.2.1", 424242), LIMIT_SOURCE);
}
ON_EVERY_ENGINE(a_syn_that_comes_again_gets_in)

static void check_retries_have_a_limit_of_their_own(struct rig *rig)
{
	for (uint32_t i = 0; i < 10; i++)
		rig_send(rig, syn("192.0.2.1", i));
	rig->now_ns += SECOND;
	EXPECT_PASS(rig, "one", syn("192.0.2.1", 5), NEW_RETRIED);
	EXPECT_PASS(rig, "two", syn("192.0.2.1", 6), NEW_RETRIED);
	EXPECT_DROP(rig, "three are too many", syn("192.0.2.1", 7), LIMIT_SOURCE);
}
ON_EVERY_ENGINE(retries_have_a_limit_of_their_own)

/* Who forges each SYN twice gains the service's budget a second time, and no more. */
static void check_retries_of_the_unproven_are_bounded_by_the_service(struct rig *rig)
{
	char from[32];
	int admitted = 0;

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 200; i++) {
			snprintf(from, sizeof(from), "203.0.%d.1", i);
			admitted += !rig_send(rig, syn(from, 7)).drop;
		}
		rig->now_ns += SECOND;
	}
	assert_int_equal(admitted, 20 + 20);
}
ON_EVERY_ENGINE(retries_of_the_unproven_are_bounded_by_the_service)

/* 7168 sources is 1024 buckets: a flood of many times that fills them all, and a source with a slot keeps it. */
static void check_a_flood_of_sources_frees_nobody_from_his_limit(struct rig *rig)
{
	rig->settings.prefix = rig->settings.service = (struct gp_rate){0};
	datapath_settings(rig->datapath, &rig->settings);
	for (uint32_t i = 0; i < 3; i++)
		rig_send(rig, syn("192.0.2.1", i));
	for (int i = 0; i < 20000; i++) {
		char from[32];

		snprintf(from, sizeof(from), "10.%d.%d.1", i / 250, i % 250);
		rig_send(rig, syn(from, 0));
	}
	EXPECT_DROP(rig, "his burst is still spent", syn("192.0.2.1", 9), LIMIT_SOURCE);
	assert_true(rig_tally(rig, GP_TALLY_BUCKET_SHARED) > 0);
}
ON_EVERY_ENGINE(a_flood_of_sources_frees_nobody_from_his_limit)

/* ---- two CPUs on one word ---------------------------------------------------------------------------------------- */
#define PACKETS_EACH 20000

struct hammer {
	struct rig *rig;
	int cpu;
	int admitted;
};

static void *hammer_run(void *context)
{
	struct hammer *hammer = context;
	struct packet_spec packet = TCP(.flags = SYN);
	uint8_t frame[PACKET_BYTES];
	size_t length = packet_build(&packet, frame);
	enum gp_reason reason;
	cpu_set_t cpus;
	bool drop;

	CPU_ZERO(&cpus);
	CPU_SET(hammer->cpu, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	for (int i = 0; i < PACKETS_EACH; i++) {
		/* Time is frozen: every run writes the same clock. */
		if (!datapath_run(hammer->rig->datapath, GP_IN, frame, length, RIG_START, &drop, &reason))
			hammer->admitted += !drop;
	}
	return NULL;
}

static void two_cpus_admit_exactly_the_burst(void **state)
{
	const struct datapath_options options = rig_options(false);
	struct hammer hammers[2];
	pthread_t threads[2];
	struct rig rig;

	(void)state;
	assert_int_equal(rig_open(&rig, &options), 0);
	rig.settings.source = rate_of(1, 1000);
	rig.settings.prefix = rig.settings.service = (struct gp_rate){0};
	rig.settings.retry_min_ms = 1000000;
	datapath_settings(rig.datapath, &rig.settings);
	for (int i = 0; i < 2; i++) {
		hammers[i] = (struct hammer){&rig, i, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, hammer_run, &hammers[i]), 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(hammers[0].admitted + hammers[1].admitted, 1000 + (int)rig_tally(&rig, GP_TALLY_CONTENDED));
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exactly_the_burst_is_admitted),
		cmocka_unit_test(a_syn_is_a_syn_whatever_else_it_carries),
		cmocka_unit_test(time_may_wrap),
		cmocka_unit_test(a_prefix_has_a_limit_for_the_unproven),
		cmocka_unit_test(a_service_has_a_limit_for_the_unproven),
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(a_syn_that_comes_again_gets_in),
		cmocka_unit_test(retries_have_a_limit_of_their_own),
		cmocka_unit_test(retries_of_the_unproven_are_bounded_by_the_service),
		cmocka_unit_test(a_flood_of_sources_frees_nobody_from_his_limit),
		cmocka_unit_test(two_cpus_admit_exactly_the_burst),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
