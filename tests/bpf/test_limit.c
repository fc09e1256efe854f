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
		struct packet_spec kind = kinds[i];

		rig->now_ns += 1000 * SECOND;
		kind.from_port = (uint16_t)(40000 + i); /* not the SYN of a moment ago */
		for (int n = 0; n < 3; n++)
			EXPECT_PASS(rig, "within the burst", kind, NEW_UNPROVEN);
		EXPECT_DROP(rig, "burst spent", kind, LIMIT_SOURCE);
	}
}
ON_EVERY_ENGINE(a_syn_is_a_syn_whatever_else_it_carries)

static void check_time_may_wrap(struct rig *rig)
{
	rig->now_ns = (1ULL << (GP_TIME_BITS + GP_TICK_SHIFT)) - 5 * SECOND; /* before the words wrap */
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

/* The time of a packet is taken when it comes and its limit is looked at later: two CPUs do not agree on it. */
static void check_a_cpu_that_is_a_moment_behind_finds_the_same_limits(struct rig *rig)
{
	rig->settings.source = rate_of(20, 500); /* as shipped: none of them looks further ahead than another */
	rig->settings.judged = rate_of(500, 20);
	rig->settings.prefix = rate_of(5, 2000);
	rig->settings.service = rate_of(20, 500);
	rig->settings.retry_min_pulses = 256;
	rig->settings.proven_ticks = 0;
	datapath_settings(rig->datapath, &rig->settings);
	for (uint32_t i = 0; i < 500; i++)
		EXPECT_PASS(rig, "the burst", syn("192.0.2.1", i), NEW_UNPROVEN);
	EXPECT_DROP(rig, "spent, and the service's with it", syn("192.0.2.1", 500), LIMIT_SERVICE);
	for (uint64_t behind_ns = 1024; behind_ns < SECOND; behind_ns *= 2) {
		rig->now_ns = RIG_START - behind_ns;
		EXPECT_DROP(rig, "the service's, a moment ago", syn("198.51.100.7", 501), LIMIT_SERVICE);
	}
	rig->settings.service = (struct gp_rate){0};
	datapath_settings(rig->datapath, &rig->settings);
	for (uint64_t behind_ns = 1024; behind_ns < SECOND; behind_ns *= 2) {
		rig->now_ns = RIG_START - behind_ns;
		EXPECT_DROP(rig, "the source's, a moment ago", syn("192.0.2.1", 501), LIMIT_SOURCE);
	}
}
ON_EVERY_ENGINE(a_cpu_that_is_a_moment_behind_finds_the_same_limits)

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

static int admitted_of_crowd(struct rig *rig, uint32_t seq)
{
	int admitted = 0;
	char from[32];

	for (int i = 0; i < 200; i++) {
		snprintf(from, sizeof(from), "203.0.%d.1", i);
		admitted += !rig_send(rig, syn(from, seq)).drop;
	}
	return admitted;
}

/* Who forges each SYN twice gains half of the service's budget a second time, and no more; the other half is for
 * those who wait for their second retransmission. */
static void check_retries_of_the_unproven_are_bounded_by_the_service(struct rig *rig)
{
	assert_int_equal(admitted_of_crowd(rig, 7), 20);
	rig->now_ns += SECOND;
	assert_int_equal(admitted_of_crowd(rig, 7), 10);
	rig->now_ns += 2 * SECOND;
	assert_int_equal(admitted_of_crowd(rig, 8), 0);
	assert_int_equal(admitted_of_crowd(rig, 7), 10);
	rig->now_ns += SECOND;
	assert_int_equal(admitted_of_crowd(rig, 8), 0);
}
ON_EVERY_ENGINE(retries_of_the_unproven_are_bounded_by_the_service)

/* ---- a flooded service ------------------------------------------------------------------------------------------ */
static void be_flooded(struct rig *rig)
{
	rig->settings.flooded_ticks = GP_TICKS(30 * SECOND);
	rig->settings.service = rate_of(100, 20); /* ten a second */
	datapath_settings(rig->datapath, &rig->settings);
	assert_int_equal(admitted_of_crowd(rig, 1), 20);
}

static void check_in_calm_nobody_has_to_come_twice(struct rig *rig)
{
	rig->settings.flooded_ticks = GP_TICKS(30 * SECOND);
	rig->settings.service = rate_of(100, 20);
	datapath_settings(rig->datapath, &rig->settings);
	for (int i = 0; i < 200; i++) {
		char from[32];

		snprintf(from, sizeof(from), "203.0.%d.1", i);
		EXPECT_PASS(rig, "at the service's own rate", syn(from, 1), NEW_UNPROVEN);
		rig->now_ns += 100 * MILLISECOND;
	}
	assert_int_equal(datapath_flooded_since_ns(rig->datapath, GP_SERVICE_IMAP, rig->now_ns), 0);
}
ON_EVERY_ENGINE(in_calm_nobody_has_to_come_twice)

static void check_in_a_flood_the_unproven_have_to_come_twice(struct rig *rig)
{
	be_flooded(rig);
	rig->now_ns += 5 * SECOND; /* enough for the budget to be whole again */
	EXPECT_DROP(rig, "a first SYN", syn("198.18.0.1", 77), LIMIT_FIRST);
	EXPECT_PASS(rig, "of another service", TCP(.from = "198.18.0.1", .flags = SYN, .to_port = 993), NEW_UNPROVEN);
	rig_handshake(rig, TCP(.from = "198.18.0.2", .from_port = 50000, .to_port = 993));
	EXPECT_PASS(rig, "of a proven source", syn("198.18.0.2", 1), NEW_PROVEN);
	rig->now_ns += SECOND;
	EXPECT_PASS(rig, "its retransmission", syn("198.18.0.1", 77), NEW_RETRIED);
	assert_true(datapath_flooded_since_ns(rig->datapath, GP_SERVICE_IMAP, rig->now_ns) / SECOND ==
		    RIG_START / SECOND);
	assert_int_equal(datapath_flooded_since_ns(rig->datapath, GP_SERVICE_IMAPS, rig->now_ns), 0);
}
ON_EVERY_ENGINE(in_a_flood_the_unproven_have_to_come_twice)

/* Six a second is more than half of ten: it goes on. Four is less: thirty seconds later it is over. */
static void check_a_flood_is_over_when_it_has_been_for_a_while(struct rig *rig)
{
	uint32_t seq = 100;

	be_flooded(rig);
	for (uint64_t end = rig->now_ns + 60 * SECOND; rig->now_ns < end; rig->now_ns += SECOND / 6)
		EXPECT_DROP(rig, "pressed on", syn("198.18.0.1", seq++), LIMIT_FIRST);
	for (uint64_t end = rig->now_ns + 28 * SECOND; rig->now_ns < end; rig->now_ns += SECOND / 4)
		EXPECT_DROP(rig, "for a while", syn("198.18.0.1", seq++), LIMIT_FIRST);
	rig->now_ns += 4 * SECOND;
	EXPECT_PASS(rig, "over", syn("198.18.0.1", seq), NEW_UNPROVEN);
	assert_int_equal(datapath_flooded_since_ns(rig->datapath, GP_SERVICE_IMAP, rig->now_ns), 0);
}
ON_EVERY_ENGINE(a_flood_is_over_when_it_has_been_for_a_while)

/* What repeats nothing gets nothing, and does not wear out who waits: the table has room for 8192. */
static void check_random_syns_get_nothing_and_who_waits_gets_in(struct rig *rig)
{
	int admitted = 0;

	be_flooded(rig);
	EXPECT_DROP(rig, "a subscriber's SYN", syn("198.18.0.1", 77), LIMIT_FIRST);
	for (uint32_t i = 0; i < 4000; i++) {
		char from[32];

		snprintf(from, sizeof(from), "10.%u.%u.1", i / 250, i % 250);
		rig->now_ns += 250000;
		admitted += !rig_send(rig, syn(from, i * 2654435761u)).drop;
	}
	assert_int_equal(admitted, 0);
	EXPECT_PASS(rig, "his retransmission, a second later", syn("198.18.0.1", 77), NEW_RETRIED);
}
ON_EVERY_ENGINE(random_syns_get_nothing_and_who_waits_gets_in)

/* 5120 sources are 1024 buckets: a flood of many times that fills them all, and a source with a slot keeps it. */
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
	rig.settings.retry_min_pulses = 256;
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
		cmocka_unit_test(a_cpu_that_is_a_moment_behind_finds_the_same_limits),
		cmocka_unit_test(a_prefix_has_a_limit_for_the_unproven),
		cmocka_unit_test(a_service_has_a_limit_for_the_unproven),
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(a_syn_that_comes_again_gets_in),
		cmocka_unit_test(retries_have_a_limit_of_their_own),
		cmocka_unit_test(retries_of_the_unproven_are_bounded_by_the_service),
		cmocka_unit_test(in_calm_nobody_has_to_come_twice),
		cmocka_unit_test(in_a_flood_the_unproven_have_to_come_twice),
		cmocka_unit_test(a_flood_is_over_when_it_has_been_for_a_while),
		cmocka_unit_test(random_syns_get_nothing_and_who_waits_gets_in),
		cmocka_unit_test(a_flood_of_sources_frees_nobody_from_his_limit),
		cmocka_unit_test(two_cpus_admit_exactly_the_burst),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
