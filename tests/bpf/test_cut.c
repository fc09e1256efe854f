/* SPDX-License-Identifier: BSD-2-Clause */
/* A limit that is judged, where it bites: the connections that a guesser has open, and the sources of a limited prefix,
 * which share what it has. */
#include "tests/bpf/rig.h"

#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-function"
#include "user/datapath/datapath_engine.h"
#include "user/datapath/native_platform.h"

#define GUESSER "192.0.2.1"

static struct packet_spec says(const char *from, uint16_t port, const char *words)
{
	return TCP(.from = from, .from_port = port, .flags = ACK | PSH, .seq = 1001, .ack = 5001, .payload = words);
}

/* A connection on which something was answered: its place is known from the sample of its proof. */
static void log_in(struct rig *rig, const char *from, uint16_t port, enum gp_flow_flag outcome)
{
	const struct gp_sample *proof = &rig->sample[0].head;

	rig->samples = 0;
	rig_handshake(rig, TCP(.from = from, .from_port = port));
	assert_int_equal(rig->samples, 1);
	datapath_flow_flag(rig->datapath, proof->slot, proof->flow, outcome);
}

static void limit(struct rig *rig, const char *text, uint8_t v4_bits, uint8_t v6_bits)
{
	const struct prefix target = rig_prefix(rig, text, v4_bits, v6_bits);
	const uint32_t now_s = (uint32_t)(rig->now_ns / SECOND);

	assert_int_equal(datapath_ban(rig->datapath, &target, GP_ACTION_LIMIT, now_s + 600, now_s), 0);
}

/* ---- connections ------------------------------------------------------------------------------------------------- */
static void check_a_limit_cuts_connections_on_which_a_login_failed(struct rig *rig)
{
	log_in(rig, GUESSER, 50001, GP_FLOW_FAILED);
	log_in(rig, GUESSER, 50002, GP_FLOW_LOGGED_IN);
	rig_handshake(rig, TCP(.from = GUESSER, .from_port = 50003));
	EXPECT_PASS(rig, "no limit, no cut", says(GUESSER, 50001, "b LOGIN u p\r\n"), FLOW);
	rig_ban(rig, GUESSER, GP_ACTION_LIMIT, 600);
	EXPECT_DROP(rig, "one more guess", says(GUESSER, 50001, "b LOGIN u p\r\n"), GUESSING);
	EXPECT_DROP(rig, "and another", says(GUESSER, 50001, "c LOGIN u p\r\n"), GUESSING);
	EXPECT_PASS(rig, "who has logged in", says(GUESSER, 50002, "b NOOP\r\n"), FLOW);
	EXPECT_PASS(rig, "who has not failed yet", says(GUESSER, 50003, "a LOGIN u p\r\n"), FLOW);
	EXPECT_PASS(rig, "nothing is said", TCP(.from_port = 50001, .flags = ACK, .seq = 1001, .ack = 5001), FLOW);
	EXPECT_PASS(rig, "goodbye", TCP(.from_port = 50001, .flags = FIN | ACK, .seq = 1001, .ack = 5001), FLOW);
	assert_int_equal(rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_GUESSING).packets, 2);
	assert_int_equal(rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_GUESSING).spared, 0);
}
ON_EVERY_ENGINE(a_limit_cuts_connections_on_which_a_login_failed)

static void check_somebody_who_gets_in_after_all_is_left_alone(struct rig *rig)
{
	const struct gp_sample *proof = &rig->sample[0].head;

	rig_ban(rig, GUESSER, GP_ACTION_LIMIT, 600);
	log_in(rig, GUESSER, 50001, GP_FLOW_FAILED);
	datapath_flow_flag(rig->datapath, proof->slot, proof->flow, GP_FLOW_LOGGED_IN);
	EXPECT_PASS(rig, "he is in", says(GUESSER, 50001, "c NOOP\r\n"), FLOW);
}
ON_EVERY_ENGINE(somebody_who_gets_in_after_all_is_left_alone)

static void check_the_end_of_a_limit_ends_its_cuts(struct rig *rig)
{
	const struct prefix target = rig_prefix(rig, GUESSER, 32, 64);

	log_in(rig, GUESSER, 50001, GP_FLOW_FAILED);
	rig_ban(rig, GUESSER, GP_ACTION_LIMIT, 60);
	EXPECT_DROP(rig, "limited", says(GUESSER, 50001, "x"), GUESSING);
	assert_int_equal(datapath_allow(rig->datapath, &target), 0);
	EXPECT_PASS(rig, "allowed", says(GUESSER, 50001, "x"), ALLOWED);
	assert_int_equal(datapath_disallow(rig->datapath, &target), 0);
	EXPECT_DROP(rig, "allowed no more", says(GUESSER, 50001, "x"), GUESSING);
	assert_int_equal(datapath_unban(rig->datapath, &target), 0);
	EXPECT_PASS(rig, "taken back", says(GUESSER, 50001, "x"), FLOW);
	rig_ban(rig, GUESSER, GP_ACTION_LIMIT, 60);
	rig->now_ns += 60 * SECOND;
	EXPECT_PASS(rig, "run out", says(GUESSER, 50001, "x"), FLOW);
	rig_ban(rig, GUESSER, GP_ACTION_DROP, 60);
	EXPECT_DROP(rig, "a ban is a ban", says(GUESSER, 50001, "x"), BAN_SOURCE);
}
ON_EVERY_ENGINE(the_end_of_a_limit_ends_its_cuts)

static void check_shadow_and_observe_cut_nothing(struct rig *rig)
{
	log_in(rig, GUESSER, 50001, GP_FLOW_FAILED);
	rig_ban(rig, GUESSER, GP_ACTION_SHADOW_DROP, 600);
	EXPECT_PASS(rig, "in shadow", says(GUESSER, 50001, "x"), BAN_SOURCE);
	rig_ban(rig, GUESSER, GP_ACTION_LIMIT, 600);
	rig->settings.flags = GP_OBSERVE;
	datapath_settings(rig->datapath, &rig->settings);
	rig->samples = 0;
	EXPECT_PASS(rig, "observed", says(GUESSER, 50001, "b LOGIN u p\r\n"), GUESSING);
	assert_int_equal(rig->samples, 1);
	assert_int_equal(rig->sample[0].head.payload_bytes, 13); /* as it was said */
	assert_int_equal(rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_GUESSING).packets, 0);
	assert_int_equal(rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_GUESSING).spared, 1);
}
ON_EVERY_ENGINE(shadow_and_observe_cut_nothing)

static void check_new_connections_are_new(struct rig *rig)
{
	rig->settings.judged = rate_of(1000, 8);
	datapath_settings(rig->datapath, &rig->settings);
	rig_ban(rig, GUESSER, GP_ACTION_LIMIT, 600);
	log_in(rig, GUESSER, 50001, GP_FLOW_FAILED);
	EXPECT_DROP(rig, "the old one", says(GUESSER, 50001, "x"), GUESSING);
	rig_send(rig, TCP(.from = GUESSER, .from_port = 50001, .flags = SYN, .seq = 1000));
	rig_send(rig,
		 TCP(.from = GUESSER, .from_port = 50001, .reply = true, .flags = SYN | ACK, .seq = 7000, .ack = 1001));
	EXPECT_PASS(rig, "the same ports again",
		    TCP(.from_port = 50001, .flags = ACK, .seq = 1001, .ack = 7001, .payload = "x"), FLOW);
}
ON_EVERY_ENGINE(new_connections_are_new)

/* The user half hears once that it is over, and none of the words. */
static void check_a_cut_is_told_as_an_end(struct rig *rig)
{
	log_in(rig, GUESSER, 50001, GP_FLOW_FAILED);
	rig_ban(rig, GUESSER, GP_ACTION_LIMIT, 600);
	rig->samples = 0;
	for (int i = 0; i < 3; i++)
		EXPECT_DROP(rig, "a guess", says(GUESSER, 50001, "b LOGIN u p\r\n"), GUESSING);
	assert_int_equal(rig->samples, 1);
	assert_int_equal(rig->sample[0].head.tcp_flags, GP_RST | GP_ACK);
	assert_int_equal(rig->sample[0].head.payload_bytes, 0);
}
ON_EVERY_ENGINE(a_cut_is_told_as_an_end)

/* ---- the reset --------------------------------------------------------------------------------------------------- */
static uint16_t word_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* RFC 9293, 3.1, over the pseudo header, without a trick. 0: it is right. */
static uint16_t checksum(const uint8_t *frame, size_t length, bool v6)
{
	const size_t tcp = v6 ? 54 : 34, addresses = v6 ? 22 : 26;
	uint64_t sum = 6 + length - tcp;

	for (size_t i = addresses; i < tcp; i += 2)
		sum += word_at(frame + i);
	for (size_t i = tcp; i + 1 < length; i += 2)
		sum += word_at(frame + i);
	if ((length - tcp) % 2)
		sum += (uint64_t)frame[length - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void check_reset(struct rig *rig, uint32_t tail)
{
	const size_t tcp = rig->v6 ? 54 : 34;
	struct packet_spec spec = says(GUESSER, 50001, "b LOGIN u p\r\n");
	uint8_t before[PACKET_BYTES], frame[PACKET_BYTES];
	const uint8_t *after;
	size_t length;
	uint16_t check;

	spec.v6 = rig->v6;
	length = packet_build(&spec, before);
	memcpy(before + length - 4, &tail, sizeof(tail)); /* other bytes, another checksum */
	before[tcp + 16] = before[tcp + 17] = 0;
	check = checksum(before, length, rig->v6);
	before[tcp + 16] = (uint8_t)(check >> 8);
	before[tcp + 17] = (uint8_t)check;
	memcpy(frame, before, length);
	assert_true(rig_frame(rig, GP_IN, frame, length).drop);
	after = ((struct native *)rig->datapath->engine)->copy + 2;
	assert_int_equal(after[tcp + 13], GP_RST | GP_ACK);
	assert_int_equal(checksum(after, length, rig->v6), 0);
	frame[tcp + 12] = after[tcp + 12];
	assert_int_equal(after[tcp + 12], before[tcp + 12]);
	frame[tcp + 13] = after[tcp + 13];
	frame[tcp + 16] = after[tcp + 16];
	frame[tcp + 17] = after[tcp + 17];
	assert_memory_equal(after, frame, length);
}

static void what_was_said_becomes_a_reset_with_a_right_checksum(void **state)
{
	const struct datapath_options options = rig_options(true);

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct rig rig;

		assert_int_equal(rig_open(&rig, &options), 0);
		rig.v6 = v6;
		log_in(&rig, GUESSER, 50001, GP_FLOW_FAILED);
		rig_ban(&rig, GUESSER, GP_ACTION_LIMIT, 600);
		for (uint32_t tail = 0; tail < 0x1ffff; tail++)
			check_reset(&rig, tail);
		rig_close(&rig);
	}
}

/* ---- a limited prefix -------------------------------------------------------------------------------------------- */
/* SYNs as TCP sends them, a second apart. True: one came in. */
static bool knocks(struct rig *rig, const char *from, uint32_t seq)
{
	const struct packet_spec syn = TCP(.from = from, .flags = SYN, .seq = seq);
	const struct ruling first = rig_send(rig, syn);
	struct ruling again;

	if (!first.drop)
		return true;
	rig->now_ns += SECOND;
	again = rig_send(rig, syn);
	rig->now_ns -= SECOND;
	return !again.drop;
}

static void check_the_sources_of_a_limited_prefix_share_one_account(struct rig *rig)
{
	int admitted = 0;
	char from[32];

	limit(rig, "192.0.2.0", 24, 48);
	for (int i = 1; i <= 40; i++) {
		snprintf(from, sizeof(from), "192.0.2.%d", i);
		admitted += knocks(rig, from, 1);
	}
	assert_int_equal(admitted, 2);
	rig->now_ns += 30 * SECOND;
	assert_true(knocks(rig, "192.0.2.50", 2));
	assert_false(knocks(rig, "192.0.2.51", 2));
	assert_true(knocks(rig, "192.0.3.1", 1)); /* the next prefix */
	assert_true(rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_LIMIT_SHARED).packets >= 40);
}
ON_EVERY_ENGINE(the_sources_of_a_limited_prefix_share_one_account)

static void check_a_source_with_a_limit_of_its_own_shares_all_the_same(struct rig *rig)
{
	limit(rig, "192.0.2.0", 24, 48);
	for (int i = 1; i <= 2; i++)
		assert_true(knocks(rig, GUESSER, (uint32_t)i));
	limit(rig, "192.0.2.9", 32, 64);
	assert_false(knocks(rig, "192.0.2.9", 1));
}
ON_EVERY_ENGINE(a_source_with_a_limit_of_its_own_shares_all_the_same)

static void check_where_somebody_logged_in_lately_the_source_has_its_own(struct rig *rig)
{
	rig->settings.proven_ticks = GP_TICKS(3600 * SECOND);
	datapath_settings(rig->datapath, &rig->settings);
	limit(rig, "192.0.2.0", 24, 48);
	datapath_welcome(rig->datapath, packet_source("192.0.2.7", rig->v6), rig->now_ns, 0);
	while (knocks(rig, GUESSER, (uint32_t)rig->now_ns))
		rig->now_ns += MILLISECOND;
	EXPECT_PASS(rig, "its own, at once", TCP(.from = "192.0.2.7", .flags = SYN), NEW_UNPROVEN);
	EXPECT_DROP(rig, "at the judged rate", TCP(.from = "192.0.2.7", .flags = SYN, .seq = 2), LIMIT_JUDGED);
	EXPECT_DROP(rig, "a neighbour", TCP(.from = "192.0.2.8", .flags = SYN), LIMIT_SHARED);
	rig_handshake(rig, TCP(.from = "192.0.2.8", .from_port = 50000, .to_port = 993));
	EXPECT_DROP(rig, "who is real, and no more", TCP(.from = "192.0.2.8", .flags = SYN, .seq = 3), LIMIT_SHARED);
}
ON_EVERY_ENGINE(where_somebody_logged_in_lately_the_source_has_its_own)

static void check_a_welcome_is_as_old_as_the_last_login(struct rig *rig)
{
	const uint64_t source = packet_source("192.0.2.7", rig->v6);

	rig->settings.proven_ticks = GP_TICKS(300 * SECOND);
	datapath_settings(rig->datapath, &rig->settings);
	datapath_welcome(rig->datapath, source, rig->now_ns, 0);
	rig->now_ns += 200 * SECOND;
	datapath_welcome(rig->datapath, source, rig->now_ns, 0);
	datapath_welcome(rig->datapath, source, rig->now_ns, 290 * SECOND); /* heard late of an older one */
	rig->now_ns += 200 * SECOND;
	limit(rig, "192.0.2.0", 24, 48);
	EXPECT_PASS(rig, "200 seconds after", TCP(.from = "192.0.2.7", .flags = SYN), NEW_UNPROVEN);
	rig->now_ns += 101 * SECOND;
	EXPECT_DROP(rig, "301 seconds after", TCP(.from = "192.0.2.7", .flags = SYN, .seq = 2), LIMIT_SHARED);
}
ON_EVERY_ENGINE(a_welcome_is_as_old_as_the_last_login)

/* Nobody outside knows which SYNs are on their way, so what he forges comes once. */
static void check_forged_syns_spend_nothing_of_a_limited_prefix(struct rig *rig)
{
	char from[32];

	rig->settings.prefix = rig->settings.service = (struct gp_rate){0};
	datapath_settings(rig->datapath, &rig->settings);
	limit(rig, "192.0.2.0", 24, 48);
	EXPECT_DROP(rig, "a subscriber's SYN", TCP(.from = "192.0.2.99", .flags = SYN, .seq = 77), LIMIT_SHARED);
	for (uint32_t i = 0; i < 4000; i++) {
		snprintf(from, sizeof(from), "192.0.2.%u", i % 256);
		rig->now_ns += 250000;
		assert_true(rig_send(rig, TCP(.from = from, .flags = SYN, .seq = 1000 + i * 2654435761u)).drop);
	}
	EXPECT_PASS(rig, "again, a second later", TCP(.from = "192.0.2.99", .flags = SYN, .seq = 77), NEW_UNPROVEN);
}
ON_EVERY_ENGINE(forged_syns_spend_nothing_of_a_limited_prefix)

static void check_prefixes_within_prefixes_have_an_account_each(struct rig *rig)
{
	limit(rig, "192.0.2.0", 24, 48);
	limit(rig, "192.0.2.0", 25, 57);
	for (uint32_t i = 1; i <= 2; i++) {
		assert_true(knocks(rig, "192.0.2.1", i));
		assert_true(knocks(rig, "192.0.2.200", i));
	}
	assert_false(knocks(rig, "192.0.2.2", 1));
	assert_false(knocks(rig, "192.0.2.201", 1));
}
ON_EVERY_ENGINE(prefixes_within_prefixes_have_an_account_each)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_cuts_connections_on_which_a_login_failed),
		cmocka_unit_test(somebody_who_gets_in_after_all_is_left_alone),
		cmocka_unit_test(the_end_of_a_limit_ends_its_cuts),
		cmocka_unit_test(shadow_and_observe_cut_nothing),
		cmocka_unit_test(new_connections_are_new),
		cmocka_unit_test(a_cut_is_told_as_an_end),
		cmocka_unit_test(what_was_said_becomes_a_reset_with_a_right_checksum),
		cmocka_unit_test(the_sources_of_a_limited_prefix_share_one_account),
		cmocka_unit_test(a_source_with_a_limit_of_its_own_shares_all_the_same),
		cmocka_unit_test(where_somebody_logged_in_lately_the_source_has_its_own),
		cmocka_unit_test(a_welcome_is_as_old_as_the_last_login),
		cmocka_unit_test(forged_syns_spend_nothing_of_a_limited_prefix),
		cmocka_unit_test(prefixes_within_prefixes_have_an_account_each),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
