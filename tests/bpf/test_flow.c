/* SPDX-License-Identifier: BSD-2-Clause */
/* Proof and flows: what makes a source real, what a forger cannot do, which packets reach the user half. */
#include "tests/bpf/rig.h"

#define CLIENT "192.0.2.1"

static bool is_proven(struct rig *rig, const char *from)
{
	return datapath_source_proven(rig->datapath, packet_source(from, rig->v6), rig->now_ns);
}

static struct packet_spec synack(uint32_t seq)
{
	return TCP(.reply = true, .flags = SYN | ACK, .seq = seq, .ack = 1001);
}

static struct packet_spec client_says(uint32_t seq, uint32_t ack, const char *payload)
{
	return TCP(.flags = ACK | PSH, .seq = seq, .ack = ack, .payload = payload);
}

static struct packet_spec server_says(uint32_t seq, uint32_t ack, const char *payload)
{
	return TCP(.reply = true, .flags = ACK | PSH, .seq = seq, .ack = ack, .payload = payload);
}

static void check_an_acknowledged_synack_proves_the_source(struct rig *rig)
{
	const struct gp_sample *head = &rig->sample[0].head;
	uint8_t client[16];

	EXPECT_PASS(rig, "SYN", TCP(.flags = SYN, .seq = 1000), NEW_UNPROVEN);
	EXPECT_PASS(rig, "SYN-ACK", synack(5000), FLOW);
	assert_false(is_proven(rig, CLIENT));
	assert_int_equal(rig->samples, 0);
	EXPECT_PASS(rig, "ACK", TCP(.flags = ACK, .seq = 1001, .ack = 5001), FLOW);
	assert_true(is_proven(rig, CLIENT));
	assert_false(is_proven(rig, "192.0.2.2"));
	assert_int_equal(rig_tally(rig, GP_TALLY_SOURCES_PROVEN), 1);

	assert_int_equal(rig->samples, 1);
	packet_address(CLIENT, rig->v6, client);
	assert_memory_equal(head->client, client, 16);
	packet_address(PACKET_SERVER, rig->v6, client);
	assert_memory_equal(head->server, client, 16);
	assert_int_equal(head->state, GP_FLOW_PROVEN);
	assert_int_equal(head->time_ns, RIG_START);
	assert_int_equal(head->direction, GP_IN);
	assert_int_equal(head->service, GP_SERVICE_IMAP);
	assert_int_equal(head->client_port, 40000);
	assert_int_equal(head->server_port, 143);
	assert_int_equal(head->seq, 1001);
	assert_int_equal(head->ack, 5001);
	assert_int_equal(head->payload_bytes, 0);
	assert_int_equal(head->captured_bytes, 0);
	assert_int_equal(head->packets_in, 2);
	assert_int_equal(head->packets_out, 1);

	EXPECT_PASS(rig, "its next connection", TCP(.flags = SYN, .from_port = 40001), NEW_PROVEN);
	rig->now_ns += 86390 * SECOND;
	EXPECT_PASS(rig, "nearly a day after it was last heard of", TCP(.flags = SYN, .from_port = 40002), NEW_PROVEN);
	rig->now_ns += 86430 * SECOND; /* a connection is heard of as long as its limit remembers it: half a minute */
	EXPECT_PASS(rig, "more than a day after", TCP(.flags = SYN, .from_port = 40003), NEW_UNPROVEN);
}
ON_EVERY_ENGINE(an_acknowledged_synack_proves_the_source)

static void check_a_forged_acknowledgement_proves_nothing(struct rig *rig)
{
	const uint32_t guesses[] = {0, 4999, 5000, 5002, 5500, 70000, 5001u + (1u << 31)};

	EXPECT_PASS(rig, "an ACK out of the blue", TCP(.flags = ACK, .seq = 1, .ack = 1), STRAY);
	rig_send(rig, TCP(.flags = SYN, .seq = 1000));
	rig_send(rig, synack(5000));
	for (size_t i = 0; i < sizeof(guesses) / sizeof(*guesses); i++)
		EXPECT_PASS(rig, "a guess", client_says(1001, guesses[i], "a LOGIN victim x\r\n"), FLOW);
	EXPECT_PASS(rig, "the number on a RST", TCP(.flags = RST | ACK, .seq = 1001, .ack = 5001), FLOW);
	EXPECT_PASS(rig, "the number on a SYN-ACK", TCP(.flags = SYN | ACK, .seq = 1001, .ack = 5001), FLOW);
	EXPECT_PASS(rig, "the number without ACK", TCP(.flags = PSH, .seq = 1001, .ack = 5001), FLOW);
	assert_false(is_proven(rig, CLIENT));
	assert_int_equal(rig->samples, 0);
	EXPECT_PASS(rig, "the number, as it should be", TCP(.flags = ACK, .seq = 1001, .ack = 5001), FLOW);
	assert_true(is_proven(rig, CLIENT));
}
ON_EVERY_ENGINE(a_forged_acknowledgement_proves_nothing)

/* A mirror port may miss the first ACK; the server sends nothing to who has not proved himself to it. */
static void check_what_the_server_sent_may_be_acknowledged_instead(struct rig *rig)
{
	rig_send(rig, TCP(.flags = SYN, .seq = 1000));
	rig_send(rig, synack(5000));
	rig_send(rig, server_says(5001, 1001, "* OK ready\r\n"));
	EXPECT_PASS(rig, "more than was sent", client_says(1001, 5014, "x"), FLOW);
	assert_false(is_proven(rig, CLIENT));
	EXPECT_PASS(rig, "all that was sent", client_says(1001, 5013, "a NOOP\r\n"), FLOW);
	assert_true(is_proven(rig, CLIENT));
}
ON_EVERY_ENGINE(what_the_server_sent_may_be_acknowledged_instead)

static void check_payload_of_both_directions_is_sampled(struct rig *rig)
{
	rig_handshake(rig, TCP(.from_port = 40000));
	rig_send(rig, server_says(5001, 1001, "* OK ready\r\n"));
	rig_send(rig, TCP(.flags = ACK, .seq = 1001, .ack = 5013));
	rig_send(rig, TCP(.flags = ACK | PSH, .seq = 1001, .ack = 5013, .payload = "a LOGIN u p\r\n", .pad = 200));
	rig_send(rig, server_says(5013, 1014, "a NO wrong\r\n"));
	assert_int_equal(rig->samples, 4);
	assert_int_equal(rig->sample[1].head.direction, GP_OUT);
	assert_int_equal(rig->sample[1].head.captured_bytes, 12);
	assert_memory_equal(rig->sample[1].payload, "* OK ready\r\n", 12);
	assert_int_equal(rig->sample[2].head.direction, GP_IN);
	assert_int_equal(rig->sample[2].head.payload_bytes, 13); /* the padding is not payload */
	assert_int_equal(rig->sample[2].head.captured_bytes, 13);
	assert_memory_equal(rig->sample[2].payload, "a LOGIN u p\r\n", 13);
	assert_int_equal(rig->sample[3].head.payload_bytes, 12);
	assert_int_equal(rig->sample[3].head.packets_in, 4);
	assert_int_equal(rig->sample[3].head.packets_out, 3);
	for (int i = 1; i < 4; i++) {
		assert_int_equal(rig->sample[i].head.flow, rig->sample[0].head.flow);
		assert_int_equal(rig->sample[i].head.slot, rig->sample[0].head.slot);
	}
	assert_int_equal(rig_tally(rig, GP_TALLY_SAMPLES), 4);
}
ON_EVERY_ENGINE(payload_of_both_directions_is_sampled)

static void check_enough_ends_the_samples_but_not_the_end(struct rig *rig)
{
	const struct gp_sample *first = &rig->sample[0].head;

	rig_handshake(rig, TCP(.from_port = 40000));
	datapath_flow_flag(rig->datapath, first->slot, first->flow ^ 1ULL << 40, GP_FLOW_ENOUGH);
	rig_send(rig, client_says(1001, 5001, "one"));
	assert_int_equal(rig->samples, 2); /* the flag was for another flow */
	datapath_flow_flag(rig->datapath, first->slot, first->flow, GP_FLOW_ENOUGH);
	rig_send(rig, client_says(1004, 5001, "two"));
	rig_send(rig, server_says(5001, 1007, "three"));
	rig_send(rig, TCP(.flags = FIN | ACK, .seq = 1007, .ack = 99999999)); /* forged: nobody said so much */
	assert_int_equal(rig->samples, 2);
	rig_send(rig, TCP(.flags = FIN | ACK, .seq = 1007, .ack = 5006));
	rig_send(rig, TCP(.flags = FIN | ACK, .seq = 1007, .ack = 5006)); /* once more */
	assert_int_equal(rig->samples, 3);
	assert_int_equal(rig->sample[2].head.tcp_flags & FIN, FIN);
	rig_send(rig, TCP(.reply = true, .flags = FIN | ACK, .seq = 5006, .ack = 1008));
	rig_send(rig, TCP(.reply = true, .flags = FIN | ACK, .seq = 5006, .ack = 1008));
	assert_int_equal(rig->samples, 4); /* each end's goodbye, once */
	assert_int_equal(rig->sample[3].head.direction, GP_OUT);
}
ON_EVERY_ENGINE(enough_ends_the_samples_but_not_the_end)

static void check_packets_of_a_connection_are_counted_as_far_as_the_count_goes(struct rig *rig)
{
	rig_handshake(rig, TCP(.from_port = 40000));
	datapath_flow_flag(rig->datapath, rig->sample[0].head.slot, rig->sample[0].head.flow, GP_FLOW_ENOUGH);
	for (int i = 0; i < GP_FLOW_PACKETS_MAX; i++)
		rig_send(rig, client_says(1001, 5001, "on and on"));
	rig_send(rig, server_says(5001, 1010, "yes"));
	rig_send(rig, TCP(.flags = FIN | ACK, .seq = 1010, .ack = 5004));
	assert_int_equal(rig->samples, 2);
	assert_int_equal(rig->sample[1].head.packets_in, GP_FLOW_PACKETS_MAX);
	assert_int_equal(rig->sample[1].head.packets_out, 2);
}
ON_EVERY_ENGINE(packets_of_a_connection_are_counted_as_far_as_the_count_goes)

static void check_forged_ends_and_forged_payload_change_nothing(struct rig *rig)
{
	rig_handshake(rig, TCP(.from_port = 40000));
	for (int i = 0; i < 10; i++)
		rig_send(rig, TCP(.flags = RST, .seq = 77)); /* bare: nothing vouches for it */
	assert_int_equal(rig->samples, 2);
	rig_send(rig, TCP(.flags = FIN | ACK, .seq = 77, .ack = 99999999));
	rig_send(rig, TCP(.flags = RST | ACK, .seq = 77, .ack = 4000000000u));
	rig_send(rig, client_says(77, 99999999, "a LOGIN forged x\r\n"));
	assert_int_equal(rig->samples, 2);
	rig_send(rig, client_says(1001, 5001, "a LOGIN real x\r\n"));
	assert_int_equal(rig->samples, 3);
	rig_send(rig, TCP(.flags = FIN | ACK, .seq = 1017, .ack = 5001));
	assert_int_equal(rig->samples, 4); /* the real end is still told */
	assert_true(is_proven(rig, CLIENT));
}
ON_EVERY_ENGINE(forged_ends_and_forged_payload_change_nothing)

static void check_ports_used_again_are_a_new_flow(struct rig *rig)
{
	rig_handshake(rig, TCP(.from_port = 40000));
	datapath_flow_flag(rig->datapath, rig->sample[0].head.slot, rig->sample[0].head.flow, GP_FLOW_ENOUGH);
	EXPECT_PASS(rig, "the SYN-ACK again", synack(5000), FLOW);
	rig_send(rig, client_says(1001, 5001, "still enough"));
	assert_int_equal(rig->samples, 1);
	EXPECT_PASS(rig, "another SYN-ACK", synack(900000), FLOW);
	rig_send(rig, client_says(1001, 5001, "of the old one"));
	assert_int_equal(rig->samples, 1);
	rig_send(rig, TCP(.flags = ACK, .seq = 1001, .ack = 900001));
	rig_send(rig, client_says(1001, 900001, "of the new one"));
	assert_int_equal(rig->samples, 3);
	assert_int_equal(rig->sample[1].head.packets_in, 3);
	assert_int_equal(rig_tally(rig, GP_TALLY_FLOWS_OPENED), 2);
	assert_int_equal(rig_tally(rig, GP_TALLY_FLOWS_REPLACED), 0);
}
ON_EVERY_ENGINE(ports_used_again_are_a_new_flow)

static void check_one_way_follows_what_it_meets(struct rig *rig)
{
	EXPECT_PASS(rig, "not asked", client_says(1, 1, "x"), STRAY);
	EXPECT_PASS(rig, "not asked, the other way", server_says(1, 1, "x"), STRAY);
	rig->settings.flags = GP_ONE_WAY;
	datapath_settings(rig->datapath, &rig->settings);
	EXPECT_PASS(rig, "no payload", TCP(.flags = ACK), STRAY);
	EXPECT_PASS(rig, "payload", client_says(1, 1, "a LOGIN u p\r\n"), FLOW);
	EXPECT_PASS(rig, "the other way", server_says(7, 7, "a NO\r\n"), FLOW);
	assert_int_equal(rig->samples, 2);
	assert_int_equal(rig->sample[0].head.state, GP_FLOW_MIDWAY);
	assert_false(is_proven(rig, CLIENT));
	EXPECT_PASS(rig, "only replies of another", TCP(.from_port = 5, .reply = true, .flags = ACK, .payload = "y"),
		    FLOW);
	assert_int_equal(rig->samples, 3);
}
ON_EVERY_ENGINE(one_way_follows_what_it_meets)

static void follow_one_way(struct rig *rig)
{
	rig->settings.flags = GP_ONE_WAY;
	datapath_settings(rig->datapath, &rig->settings);
}

static struct packet_spec client_acks(uint32_t ack)
{
	return TCP(.flags = ACK, .seq = 1014, .ack = ack);
}

/* Its replies go another way: how long they are, and when they came, is in the client's acknowledgements. */
static void check_a_server_that_is_not_heard_is_followed_by_what_its_client_acknowledges(struct rig *rig)
{
	follow_one_way(rig);
	EXPECT_PASS(rig, "SYN", TCP(.flags = SYN, .seq = 1000), NEW_UNPROVEN);
	EXPECT_PASS(rig, "nothing said yet", TCP(.flags = ACK, .seq = 1001, .ack = 5001), STRAY);
	EXPECT_PASS(rig, "the first word", client_says(1001, 5001, "a LOGIN u p\r\n"), FLOW);
	rig_send(rig, client_acks(5001)); /* a keepalive, a window: not news */
	assert_int_equal(rig->samples, 1);
	rig_send(rig, client_acks(5040));
	rig_send(rig, client_acks(5040));
	assert_int_equal(rig->samples, 2);
	assert_int_equal(rig->sample[1].head.ack, 5040);
	assert_int_equal(rig->sample[1].head.payload_bytes, 0);
	assert_int_equal(rig->sample[1].head.state, GP_FLOW_MIDWAY);
	assert_int_equal(rig->sample[1].head.packets_out, 0);
	rig_send(rig, client_says(1014, 5040, "b LOGIN u q\r\n"));
	assert_int_equal(rig->samples, 3);
	rig_send(rig, TCP(.flags = FIN | ACK, .seq = 1027, .ack = 5080)); /* the last reply is in the end */
	assert_int_equal(rig->samples, 4);
	assert_int_equal(rig->sample[3].head.tcp_flags, FIN | ACK);
	assert_int_equal(rig->sample[3].head.seq, 1027);
	assert_int_equal(rig->sample[3].head.ack, 5080);
	rig_send(rig, TCP(.flags = ACK, .seq = 1028, .ack = 5120)); /* or behind it */
	assert_int_equal(rig->samples, 5);
	assert_false(is_proven(rig, CLIENT));
}
ON_EVERY_ENGINE(a_server_that_is_not_heard_is_followed_by_what_its_client_acknowledges)

static void check_a_client_that_resets_still_acknowledges_the_last_reply(struct rig *rig)
{
	follow_one_way(rig);
	rig_send(rig, client_says(1001, 5001, "a LOGIN u p\r\n"));
	rig_send(rig, TCP(.flags = RST | ACK, .seq = 1014, .ack = 5040));
	rig_send(rig,
		 TCP(.from_port = 40001, .flags = PSH | ACK, .seq = 1001, .ack = 5001, .payload = "a LOGIN u p\r\n"));
	rig_send(rig, TCP(.from_port = 40001, .flags = ACK, .seq = 1014, .ack = 5040));
	rig_send(rig, TCP(.from_port = 40001, .flags = RST, .seq = 1014)); /* says nothing, and need not */
	assert_int_equal(rig->samples, 5);
	assert_int_equal(rig->sample[1].head.ack, 5040);
	assert_int_equal(rig->sample[3].head.ack, 5040);
	assert_int_equal(rig->sample[4].head.tcp_flags, RST);
}
ON_EVERY_ENGINE(a_client_that_resets_still_acknowledges_the_last_reply)

static void check_a_far_acknowledgement_does_not_mute_the_next(struct rig *rig)
{
	follow_one_way(rig);
	rig_send(rig, client_says(1001, 5001, "a LOGIN u p\r\n"));
	rig_send(rig, client_acks(5001 + (1u << 30))); /* forged */
	rig_send(rig, client_acks(5040));
	assert_int_equal(rig->samples, 3);
	assert_int_equal(rig->sample[2].head.ack, 5040);
}
ON_EVERY_ENGINE(a_far_acknowledgement_does_not_mute_the_next)

static void check_acknowledgements_alone_are_sampled_only_while_the_server_is_not_heard(struct rig *rig)
{
	follow_one_way(rig);
	rig_send(rig, client_says(1001, 5001, "a LOGIN u p\r\n"));
	rig_send(rig, server_says(5001, 1014, "a NO wrong\r\n"));
	assert_int_equal(rig->samples, 2);
	rig_send(rig, client_acks(5013));
	assert_int_equal(rig->samples, 2);
	rig_handshake(rig, TCP(.from_port = 40001)); /* its SYN-ACK was heard */
	assert_int_equal(rig->samples, 3);
	rig_send(rig, TCP(.from_port = 40001, .flags = ACK, .seq = 1001, .ack = 5050));
	assert_int_equal(rig->samples, 3);
}
ON_EVERY_ENGINE(acknowledgements_alone_are_sampled_only_while_the_server_is_not_heard)

static void check_enough_ends_the_acknowledgements_too(struct rig *rig)
{
	follow_one_way(rig);
	rig_send(rig, client_says(1001, 5001, "a LOGIN u p\r\n"));
	datapath_flow_flag(rig->datapath, rig->sample[0].head.slot, rig->sample[0].head.flow, GP_FLOW_ENOUGH);
	rig_send(rig, client_acks(5040));
	assert_int_equal(rig->samples, 1);
	rig_send(rig, TCP(.flags = FIN | ACK, .seq = 1014, .ack = 5080));
	assert_int_equal(rig->samples, 2);
}
ON_EVERY_ENGINE(enough_ends_the_acknowledgements_too)

/* Its place went to another meanwhile: what the user half said of it is forgotten, and has to be said again. */
static void check_a_flow_met_again_is_sampled_again(struct rig *rig)
{
	follow_one_way(rig);
	rig_send(rig, client_says(1001, 5001, "a LOGIN u p\r\n"));
	datapath_flow_flag(rig->datapath, rig->sample[0].head.slot, rig->sample[0].head.flow, GP_FLOW_ENOUGH);
	for (uint16_t port = 1; port <= 6000; port++) /* 14 for each bucket, and the oldest goes first */
		rig_send(rig, TCP(.from = "203.0.113.5", .from_port = port, .flags = ACK, .payload = "x"));
	rig->samples = 0;
	rig_send(rig, client_says(1014, 5040, "b FETCH 1\r\n"));
	assert_int_equal(rig->samples, 1);
	datapath_flow_flag(rig->datapath, rig->sample[0].head.slot, rig->sample[0].head.flow, GP_FLOW_ENOUGH);
	rig_send(rig, client_says(1025, 5080, "c FETCH 2\r\n"));
	assert_int_equal(rig->samples, 1);
}
ON_EVERY_ENGINE(a_flow_met_again_is_sampled_again)

/* 2050 places: 3000 connections that prove nothing must not push out the one that did. */
static void check_a_flood_of_unproven_flows_replaces_its_own_kind(struct rig *rig)
{
	rig_handshake(rig, TCP(.from_port = 40000));
	for (uint16_t port = 1; port <= 3000; port++) {
		rig->now_ns += MILLISECOND;
		rig_send(rig,
			 TCP(.from = "203.0.113.5", .from_port = port, .reply = true, .flags = SYN | ACK, .seq = port));
	}
	assert_true(rig_tally(rig, GP_TALLY_FLOWS_REPLACED) > 1000);
	rig_send(rig, client_says(1001, 5001, "still here"));
	assert_int_equal(rig->samples, 2);
}
ON_EVERY_ENGINE(a_flood_of_unproven_flows_replaces_its_own_kind)

/* However many are opened in one beat: the client has until the others of its bucket have gone. */
static void check_of_those_opened_at_once_the_first_goes_first(struct rig *rig)
{
	for (uint16_t port = 1; port <= 4000; port++)
		rig_send(rig, TCP(.from = "203.0.113.5", .from_port = port, .reply = true, .flags = SYN | ACK));
	for (uint16_t port = 1; port <= 20; port++)
		rig_send(rig, TCP(.from_port = port, .reply = true, .flags = SYN | ACK, .seq = 5000));
	for (uint16_t port = 1; port <= 400; port++) /* one for each bucket */
		rig_send(rig, TCP(.from = "203.0.113.6", .from_port = port, .reply = true, .flags = SYN | ACK));
	rig->samples = 0;
	for (uint16_t port = 1; port <= 20; port++)
		rig_send(rig, TCP(.from_port = port, .flags = ACK, .seq = 1001, .ack = 5001));
	assert_int_equal(rig->samples, 20);
}
ON_EVERY_ENGINE(of_those_opened_at_once_the_first_goes_first)

static void check_idle_flows_make_room_first(struct rig *rig)
{
	for (uint16_t port = 1; port <= 3000; port++)
		rig_handshake(rig, TCP(.from_port = port));
	assert_true(rig_tally(rig, GP_TALLY_FLOWS_REPLACED) > 1000);
	rig->now_ns += 601 * SECOND;
	for (uint16_t port = 10001; port <= 10100; port++)
		rig_send(rig, TCP(.from_port = port, .reply = true, .flags = SYN | ACK, .seq = port));
	assert_int_equal(rig_tally(rig, GP_TALLY_FLOWS_OPENED), 3100);
	assert_true(rig_tally(rig, GP_TALLY_FLOWS_REPLACED) < 2001);
}
ON_EVERY_ENGINE(idle_flows_make_room_first)

static bool is_followed(struct rig *rig)
{
	return datapath_flow_is_followed(rig->datapath, rig->sample[0].head.slot, rig->sample[0].head.flow);
}

static void spend_all_samples(struct rig *rig)
{
	rig->settings.samples = rate_of(1000000, 1);
	datapath_settings(rig->datapath, &rig->settings);
	rig_send(rig, TCP(.from_port = 50000, .reply = true, .flags = SYN | ACK, .seq = 1));
	rig_send(rig, TCP(.from_port = 50000, .reply = true, .flags = ACK, .seq = 2, .payload = "spent"));
	rig_send(rig, TCP(.from_port = 50000, .flags = ACK, .ack = 2, .payload = "spent"));
	rig->samples = 1;
}

/* Nobody will hear of it, but who counts what is held open can ask. */
static void check_an_end_for_whose_sample_there_is_no_room_is_remembered(struct rig *rig)
{
	const struct {
		const char *why;
		struct packet_spec packet;
		bool is_end;
	} rows[] = {
		{"data", TCP(.flags = ACK | PSH, .seq = 1001, .ack = 5001, .payload = "x"), false},
		{"a bare reset, which anybody can send", TCP(.flags = RST, .seq = 1001), false},
		{"a forged goodbye", TCP(.flags = FIN | ACK, .seq = 1001, .ack = 99999999), false},
		{"the client's goodbye", TCP(.flags = FIN | ACK, .seq = 1001, .ack = 5001), true},
		{"its reset", TCP(.flags = RST | ACK, .seq = 1001, .ack = 5001), true},
		{"the server's goodbye", TCP(.reply = true, .flags = FIN | ACK, .seq = 5001, .ack = 1001), true},
		{"its reset", TCP(.reply = true, .flags = RST, .seq = 5001), true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct packet_spec packet = rows[i].packet;

		packet.from_port = (uint16_t)(40000 + i);
		rig->settings.samples = (struct gp_rate){0};
		datapath_settings(rig->datapath, &rig->settings);
		rig->samples = 0;
		rig->now_ns += 1000 * SECOND;
		rig_handshake(rig, TCP(.from_port = packet.from_port));
		assert_true(is_followed(rig));
		spend_all_samples(rig);
		EXPECT_PASS(rig, rows[i].why, packet, FLOW);
		if (rig->samples != 1 || is_followed(rig) == rows[i].is_end)
			fail_msg("%s: %d samples, %s", rows[i].why, rig->samples, is_followed(rig) ? "open" : "over");
	}
}
ON_EVERY_ENGINE(an_end_for_whose_sample_there_is_no_room_is_remembered)

static void check_an_end_that_was_told_needs_no_mark(struct rig *rig)
{
	rig_handshake(rig, TCP(.from_port = 40000));
	rig_send(rig, TCP(.flags = FIN | ACK, .seq = 1001, .ack = 5001));
	assert_int_equal(rig->samples, 2);
	assert_true(is_followed(rig));
}
ON_EVERY_ENGINE(an_end_that_was_told_needs_no_mark)

/* In IPv6 the lower half of the address is the client's to choose. One that cancels the difference between two servers
 * must not give his two connections one place: what is said on one would hide the other. */
static void check_no_address_of_a_client_makes_two_connections_one(struct rig *rig)
{
	static const char *const ends[][2] = {
		{"2001:db8:1:2::10", "2001:db8:fa::10"},
		{"2001:db8:1:2:0:1:0:10", "2001:db8:fa::11"}, /* the same difference to both */
		{"2001:db8:1:2:2001:d43:fa:0", "2001:db8:fa::fa"},
		{"2001:db8:1:2:2001:d42:fa:0", "2001:db8:fa::fb"}, /* one for the other */
	};
	uint64_t flow[4];

	for (int i = 0; i < 4; i++) {
		rig->samples = 0;
		rig_handshake(rig, TCP(.from = ends[i][0], .to = ends[i][1]));
		assert_int_equal(rig->samples, 1);
		flow[i] = rig->sample[0].head.flow;
		for (int j = 0; j < i; j++)
			if (flow[i] == flow[j])
				fail_msg("%s to %s is %s to %s", ends[i][0], ends[i][1], ends[j][0], ends[j][1]);
	}
}
ON_EVERY_ENGINE(no_address_of_a_client_makes_two_connections_one)

static void check_spared_packets_are_still_followed(struct rig *rig)
{
	rig->settings.flags = GP_OBSERVE;
	datapath_settings(rig->datapath, &rig->settings);
	rig_handshake(rig, TCP(.from_port = 40000));
	rig_ban(rig, CLIENT, GP_ACTION_DROP, 60);
	EXPECT_PASS(rig, "would be dropped", client_says(1001, 5001, "a LOGIN u p\r\n"), BAN_SOURCE);
	assert_int_equal(rig->samples, 2);
	rig->settings.flags = 0;
	datapath_settings(rig->datapath, &rig->settings);
	EXPECT_DROP(rig, "is dropped", client_says(1014, 5001, "b LOGIN u p\r\n"), BAN_SOURCE);
	assert_int_equal(rig->samples, 2);
}
ON_EVERY_ENGINE(spared_packets_are_still_followed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_acknowledged_synack_proves_the_source),
		cmocka_unit_test(a_forged_acknowledgement_proves_nothing),
		cmocka_unit_test(what_the_server_sent_may_be_acknowledged_instead),
		cmocka_unit_test(payload_of_both_directions_is_sampled),
		cmocka_unit_test(enough_ends_the_samples_but_not_the_end),
		cmocka_unit_test(packets_of_a_connection_are_counted_as_far_as_the_count_goes),
		cmocka_unit_test(forged_ends_and_forged_payload_change_nothing),
		cmocka_unit_test(ports_used_again_are_a_new_flow),
		cmocka_unit_test(one_way_follows_what_it_meets),
		cmocka_unit_test(a_server_that_is_not_heard_is_followed_by_what_its_client_acknowledges),
		cmocka_unit_test(a_client_that_resets_still_acknowledges_the_last_reply),
		cmocka_unit_test(a_far_acknowledgement_does_not_mute_the_next),
		cmocka_unit_test(acknowledgements_alone_are_sampled_only_while_the_server_is_not_heard),
		cmocka_unit_test(enough_ends_the_acknowledgements_too),
		cmocka_unit_test(a_flow_met_again_is_sampled_again),
		cmocka_unit_test(a_flood_of_unproven_flows_replaces_its_own_kind),
		cmocka_unit_test(of_those_opened_at_once_the_first_goes_first),
		cmocka_unit_test(idle_flows_make_room_first),
		cmocka_unit_test(an_end_for_whose_sample_there_is_no_room_is_remembered),
		cmocka_unit_test(an_end_that_was_told_needs_no_mark),
		cmocka_unit_test(no_address_of_a_client_makes_two_connections_one),
		cmocka_unit_test(spared_packets_are_still_followed),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
