/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables at their edges: clocks that wrap, ends that are exactly now, keys of all zeros and all ones, tables that are
 * full or were made with another secret. */
#include "tests/bpf/lab.h"

#define TICK_NS (1ULL << GP_TICK_SHIFT)
#define BEAT_NS (1ULL << GP_BEAT_SHIFT)
#define PULSE_NS (1ULL << GP_PULSE_SHIFT)

static struct packet_spec syn(const char *from, uint32_t seq)
{
	return TCP(.from = from, .flags = SYN, .seq = seq);
}

static bool is_proven(struct rig *rig, const char *from)
{
	return datapath_source_proven(rig->datapath, packet_source(from, rig->v6), rig->now_ns);
}

/* ---- clocks that wrap -------------------------------------------------------------------------------------------- */
static void check_a_proof_outlives_the_wrap_of_ticks(struct rig *rig)
{
	rig->settings.proven_ticks = GP_TICKS(100 * SECOND);
	rig->settings.service = rate_of(1000000, 1);
	datapath_settings(rig->datapath, &rig->settings);
	rig->now_ns = (1ULL << (GP_TIME_BITS + GP_TICK_SHIFT)) - 50 * SECOND;
	rig_handshake(rig, TCP(.from = "192.0.2.1"));
	rig_send(rig, syn("203.0.113.9", 1)); /* no room is left for strangers, if there was some */
	rig->now_ns += 60 * SECOND;
	assert_true(is_proven(rig, "192.0.2.1"));
	EXPECT_PASS(rig, "proven before the wrap, heard of after it", syn("192.0.2.1", 2), NEW_PROVEN);
	rig->now_ns += 111 * SECOND;
	assert_false(is_proven(rig, "192.0.2.1"));
	EXPECT_DROP(rig, "a hundred seconds after it was last heard of", syn("192.0.2.1", 3), LIMIT_SERVICE);
}
ON_EVERY_ENGINE(a_proof_outlives_the_wrap_of_ticks)

static void check_a_limit_outlives_every_wrap_of_pulses_and_a_refused_syn_none(struct rig *rig)
{
	rig->now_ns = 256 * PULSE_NS * 1000 - 500 * MILLISECOND; /* half a second before pulses wrap */
	for (uint32_t i = 0; i < 4; i++)
		rig_send(rig, syn("192.0.2.1", i));
	rig->now_ns += SECOND;
	EXPECT_PASS(rig, "refused before the wrap, comes again after it", syn("192.0.2.1", 3), NEW_RETRIED);
	rig_send(rig, syn("192.0.2.1", 4));
	rig->now_ns += 5 * SECOND;
	EXPECT_DROP(rig, "after five seconds it is forgotten", syn("192.0.2.1", 4), LIMIT_SOURCE);
}
ON_EVERY_ENGINE(a_limit_outlives_every_wrap_of_pulses_and_a_refused_syn_none)

/* 2050 places: which one gives way shows who is taken for idle, and nobody is who makes room for others and counts. */
static void check_connections_older_than_the_wrap_of_beats_are_not_the_idlest(struct rig *rig)
{
	uint64_t replaced;

	rig->now_ns = (BEAT_NS << 16) - 10 * SECOND;
	rig_handshake(rig, TCP(.from_port = 40000));
	for (uint16_t port = 1; port <= 4000; port++)
		rig_send(rig,
			 TCP(.from = "203.0.113.5", .from_port = port, .reply = true, .flags = SYN | ACK, .seq = 1));
	replaced = rig_tally(rig, GP_TALLY_FLOWS_REPLACED);
	rig->now_ns += 20 * SECOND;
	for (uint16_t port = 1; port <= 4000; port++)
		rig_send(rig,
			 TCP(.from = "203.0.113.6", .from_port = port, .reply = true, .flags = SYN | ACK, .seq = 1));
	assert_true(rig_tally(rig, GP_TALLY_FLOWS_REPLACED) > replaced + 3900); /* who is idle is not live */
	rig->samples = 0;
	rig_send(rig, TCP(.flags = ACK, .seq = 1001, .ack = 5001, .payload = "still here"));
	assert_int_equal(rig->samples, 1);
}
ON_EVERY_ENGINE(connections_older_than_the_wrap_of_beats_are_not_the_idlest)

/* Another CPU took the time of its packet a moment later than this one. */
static void check_a_connection_that_another_cpu_just_touched_is_not_the_idlest(struct rig *rig)
{
	rig_handshake(rig, TCP(.from_port = 40000));
	rig->now_ns -= BEAT_NS;
	for (uint16_t port = 1; port <= 4000; port++)
		rig_send(rig,
			 TCP(.from = "203.0.113.5", .from_port = port, .reply = true, .flags = SYN | ACK, .seq = 1));
	rig->samples = 0;
	rig_send(rig, TCP(.flags = ACK, .seq = 1001, .ack = 5001, .payload = "still here"));
	assert_int_equal(rig->samples, 1);
}
ON_EVERY_ENGINE(a_connection_that_another_cpu_just_touched_is_not_the_idlest)

/* ---- exactly now --------------------------------------------------------------------------------------------------
 */
static void check_what_ends_is_over_exactly_when_it_ends(struct rig *rig)
{
	rig->settings.source = (struct gp_rate){1000, 0};
	rig->settings.service = (struct gp_rate){0};
	rig->settings.prefix = (struct gp_rate){0};
	rig->settings.proven_ticks = 5000;
	rig->settings.retry_min_pulses = 256;
	datapath_settings(rig->datapath, &rig->settings);
	rig->now_ns = RIG_START / TICK_NS * TICK_NS;
	EXPECT_PASS(rig, "one", syn("192.0.2.1", 1), NEW_UNPROVEN);
	rig->now_ns += 1000 * TICK_NS - 1;
	EXPECT_DROP(rig, "a nanosecond too early", syn("192.0.2.1", 2), LIMIT_SOURCE);
	rig->now_ns += 1;
	EXPECT_PASS(rig, "at the tick when it is due", syn("192.0.2.1", 3), NEW_UNPROVEN);

	rig->now_ns += 100000 * TICK_NS;
	rig_send(rig, TCP(.reply = true, .flags = SYN | ACK, .seq = 5000));
	rig_send(rig, TCP(.flags = ACK, .ack = 5001));
	rig->now_ns += 5000 * TICK_NS - 1;
	assert_true(is_proven(rig, "192.0.2.1"));
	rig->now_ns += 1;
	assert_false(is_proven(rig, "192.0.2.1"));
	EXPECT_PASS(rig, "its proof is over at the tick when it ends", syn("192.0.2.1", 4), NEW_UNPROVEN);
}
ON_EVERY_ENGINE(what_ends_is_over_exactly_when_it_ends)

static void check_a_retransmission_is_one_from_its_first_pulse_to_its_last(struct rig *rig)
{
	const struct {
		const char *why;
		uint32_t pulses;
		enum gp_reason reason;
	} rows[] = {
		{"a pulse too early", 27, GP_REASON_LIMIT_SOURCE},
		{"the first pulse", 28, GP_REASON_NEW_RETRIED},
		{"the last pulse", 119, GP_REASON_NEW_RETRIED},
		{"a pulse too late", 120, GP_REASON_LIMIT_SOURCE},
	};

	rig->settings.retry_min_pulses = 28;
	rig->settings.retry_max_pulses = 119;
	rig->settings.source = rate_of(1000000, 1);
	rig->settings.service = rig->settings.prefix = (struct gp_rate){0};
	datapath_settings(rig->datapath, &rig->settings);
	for (uint32_t i = 0; i < 4; i++) {
		char from[32];

		snprintf(from, sizeof(from), "192.0.2.%u", i + 1);
		rig->now_ns = RIG_START / PULSE_NS * PULSE_NS;
		rig_send(rig, syn(from, 1));
		rig_send(rig, syn(from, 2));
		rig->now_ns += rows[i].pulses * PULSE_NS;
		rig_expect(rig, rows[i].why, syn(from, 2), rows[i].reason != GP_REASON_NEW_RETRIED, rows[i].reason);
	}
}
ON_EVERY_ENGINE(a_retransmission_is_one_from_its_first_pulse_to_its_last)

/* ---- keys ---------------------------------------------------------------------------------------------------------
 */
static void check_sources_of_all_zeros_and_all_ones_are_sources(struct rig *rig)
{
	static const struct {
		const char *from, *neighbour;
	} rows[] = {
		{"0.0.0.0", "0.0.0.1"},
		{"255.255.255.255", "255.255.255.254"},
		{"0.0.0.0", "255.255.255.255"},
		{"ffff:ffff:ffff:ffff::1", "ffff:ffff:ffff:fffe::1"},
		{"1::1", "1:0:0:1::1"},
		{"2001:db8::1", "2001:db8:0:1::1"}, /* the first /64 of a /48 */
		{"2001:db8:0:ffff::1", "2001:db8:1::1"}, /* and the last one */
		{"8000::1", "7fff:ffff:ffff:ffff::1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct prefix target = prefix_of_source(packet_source(rows[i].from, false));
		struct packet_spec packet = TCP(.from = rows[i].from, .flags = SYN), other = packet;

		rig->v6 = strchr(rows[i].from, ':');
		other.from = rows[i].neighbour;
		packet.to = other.to = rig->v6 ? "2001:db8:fa::10" : PACKET_SERVER;
		rig->now_ns += 1000 * SECOND;
		for (uint32_t n = 0; n < 3; n++)
			EXPECT_PASS(rig, rows[i].from, packet, NEW_UNPROVEN);
		EXPECT_DROP(rig, rows[i].from, packet, LIMIT_SOURCE);
		EXPECT_PASS(rig, rows[i].neighbour, other, NEW_UNPROVEN);
		assert_int_equal(datapath_ban(rig->datapath, &target, GP_ACTION_DROP, 500000, 1), 0);
		EXPECT_DROP(rig, rows[i].from, packet, BAN_SOURCE);
		EXPECT_PASS(rig, rows[i].neighbour, other, NEW_UNPROVEN);
		assert_int_equal(datapath_unban(rig->datapath, &target), 0);
	}
}
ON_EVERY_ENGINE(sources_of_all_zeros_and_all_ones_are_sources)

/* 0 is a free entry in the table of bans, and ::/64 is nobody. */
static void check_nobody_is_not_banned_and_not_free_of_limits(struct rig *rig)
{
	const struct prefix nobody = {0, 64};
	const struct packet_spec packet = TCP(.from = "::1", .to = "2001:db8:fa::10", .flags = SYN);

	assert_int_equal(datapath_ban(rig->datapath, &nobody, GP_ACTION_DROP, 500000, 1), -EINVAL);
	for (int i = 0; i < 3; i++)
		EXPECT_PASS(rig, "from ::1", packet, NEW_UNPROVEN);
	EXPECT_DROP(rig, "from ::1", packet, LIMIT_SOURCE);
}
ON_EVERY_ENGINE(nobody_is_not_banned_and_not_free_of_limits)

/* ---- full ---------------------------------------------------------------------------------------------------------
 */
static void check_a_full_table_of_bans_refuses_and_keeps_what_it_has(struct rig *rig)
{
	uint32_t kept = 0, first_refused = 0;

	for (uint32_t i = 1; i <= 4096; i++) {
		const struct prefix target = {GP_SOURCE_V4 | 0x0a000000 | i, 64};
		const int error = datapath_ban(rig->datapath, &target, GP_ACTION_DROP, 5000, 1);

		if (error)
			assert_int_equal(error, -ENOSPC);
		kept += !error;
		first_refused = error && !first_refused ? i : first_refused;
	}
	assert_in_range(kept, 1024, 2048); /* as many as it was made for, and no more than there are places */
	assert_true(first_refused > 1024);
	rig->v6 = false;
	EXPECT_DROP(rig, "the first", syn("10.0.0.1", 1), BAN_SOURCE);
	EXPECT_DROP(rig, "the last of those it was made for", syn("10.0.4.0", 1), BAN_SOURCE);
	rig->now_ns = 5000 * SECOND;
	EXPECT_PASS(rig, "when all are over", syn("10.0.0.1", 1), NEW_UNPROVEN);
	for (uint32_t i = 1; i <= 1024; i++) {
		const struct prefix target = {GP_SOURCE_V4 | 0x0b000000 | i, 64};

		assert_int_equal(datapath_ban(rig->datapath, &target, GP_ACTION_DROP, 9000, 5000), 0);
	}
	EXPECT_DROP(rig, "there is room again", syn("11.0.0.1", 1), BAN_SOURCE);
}
ON_EVERY_ENGINE(a_full_table_of_bans_refuses_and_keeps_what_it_has)

/* ---- another secret ------------------------------------------------------------------------------------------------
 */
/* The secret is made with the tables and lives in them: who takes them over takes it, too, and nothing is lost. */
static void who_takes_tables_over_takes_their_secret(void **state)
{
	struct datapath_options options = live_options(*state);
	const uint64_t source = packet_source("192.0.2.1", false);
	const struct prefix banned = prefix_of_source(packet_source("192.0.2.2", false));
	struct datapath *datapath = live_open(&options, false);
	const uint64_t now = now_ns();
	uint32_t until, hits;

	live_attach(datapath);
	datapath_prove(datapath, source, now, SECOND);
	assert_int_equal(datapath_ban(datapath, &banned, GP_ACTION_DROP, 500000, 1), 0);
	datapath_free(datapath);
	options.seed[0] = ~options.seed[0];
	options.seed[1] ^= 0x5555;
	datapath = live_open(&options, true);
	assert_true(datapath_source_proven(datapath, source, now));
	assert_int_equal(datapath_ban_read(datapath, &banned, &until, &hits), 0);
	datapath_free(datapath);
}

/* New tables have a new one: limits and proofs are given up, and bans and proofs have to be told again, as the daemon
 * does before it lets them take the place of the old ones. */
static void new_tables_have_a_secret_of_their_own_and_know_nobody(void **state)
{
	struct datapath_options options = live_options(*state);
	const uint64_t source = packet_source("192.0.2.1", false);
	const struct prefix banned = prefix_of_source(packet_source("192.0.2.2", false));
	const uint64_t now = now_ns();
	struct datapath *datapath;
	uint32_t until, hits;

	options.sources_max *= 2;
	options.seed[0] = ~options.seed[0];
	datapath = live_open(&options, false);
	assert_false(datapath_source_proven(datapath, source, now));
	assert_int_equal(datapath_ban_read(datapath, &banned, &until, &hits), -ENOENT);
	datapath_prove(datapath, source, now, SECOND);
	assert_int_equal(datapath_ban(datapath, &banned, GP_ACTION_DROP, 500000, 1), 0);
	assert_true(datapath_source_proven(datapath, source, now));
	assert_int_equal(datapath_ban_read(datapath, &banned, &until, &hits), 0);
	datapath_free(datapath);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proof_outlives_the_wrap_of_ticks),
		cmocka_unit_test(a_limit_outlives_every_wrap_of_pulses_and_a_refused_syn_none),
		cmocka_unit_test(connections_older_than_the_wrap_of_beats_are_not_the_idlest),
		cmocka_unit_test(a_connection_that_another_cpu_just_touched_is_not_the_idlest),
		cmocka_unit_test(what_ends_is_over_exactly_when_it_ends),
		cmocka_unit_test(a_retransmission_is_one_from_its_first_pulse_to_its_last),
		cmocka_unit_test(sources_of_all_zeros_and_all_ones_are_sources),
		cmocka_unit_test(nobody_is_not_banned_and_not_free_of_limits),
		cmocka_unit_test(a_full_table_of_bans_refuses_and_keeps_what_it_has),
		cmocka_unit_test(who_takes_tables_over_takes_their_secret),
		cmocka_unit_test(new_tables_have_a_secret_of_their_own_and_know_nobody),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, lab_open, lab_close) : SKIPPED;
}
