/* SPDX-License-Identifier: BSD-2-Clause */
/* How a packet reaches the user half: whole, however large, and within a budget. */
#include "tests/bpf/segment.h"
#include "user/datapath/datapath_engine.h"

#define ALL_PIECES_BYTES ((size_t)GP_SAMPLE_PIECES * GP_SAMPLE_BYTES)

static struct packet_spec client_says(uint32_t seq, uint32_t ack, const char *payload)
{
	return TCP(.flags = ACK | PSH, .seq = seq, .ack = ack, .payload = payload);
}

/* Past datapath_run, which takes no more than BPF_PROG_TEST_RUN does at egress: at ingress it takes 64 KiB, in several
 * buffers, as a card with large frames has them. `cut` bytes of the end are missing. */
static void segment_send(struct rig *rig, struct packet_spec spec, size_t bytes, size_t cut)
{
	static uint8_t frame[PACKET_BYTES + SEGMENT_MAX];
	struct engine *engine = rig->datapath->engine;
	enum gp_reason reason;
	size_t length;
	bool drop;

	spec.v6 |= rig->v6;
	length = segment_build(spec, bytes, frame) - cut;
	assert_int_equal(engine->operations->run(engine, spec.reply ? GP_OUT : GP_IN, frame, length, rig->now_ns, &drop,
						 &reason),
			 0);
	assert_int_equal(reason, GP_REASON_FLOW);
}

static void check_a_payload_fits_in_one_sample_or_comes_in_pieces(struct rig *rig)
{
	const struct {
		size_t bytes;
		int samples;
	} rows[] = {{1, 1},     {1448, 1}, {1536, 1}, {1537, 2},   {3000, 2},
		    {3072, 2},  {3073, 3}, {6000, 4}, {14480, 10}, /* the first ten segments of a connection at once */
		    {15360, 10}};

	rig_handshake(rig, TCP(.from_port = 40000));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct packet_spec packet = TCP(.flags = ACK, .seq = 4294965000u, .ack = 5001); /* wraps */

		rig->samples = 0;
		segment_send(rig, packet, rows[i].bytes, 0);
		assert_int_equal(rig->samples, rows[i].samples);
		expect_pieces(rig, 0, packet.seq, rows[i].bytes, rows[i].bytes);
	}
}
ON_EVERY_ENGINE(a_payload_fits_in_one_sample_or_comes_in_pieces)

static void check_what_a_server_says_comes_in_pieces_too(struct rig *rig)
{
	rig_handshake(rig, TCP(.from_port = 40000));
	segment_send(rig, TCP(.reply = true, .flags = ACK | PSH, .seq = 5001, .ack = 1001), 3400, 0);
	assert_int_equal(rig->samples, 4);
	expect_pieces(rig, 1, 5001, 3400, 3400);
	for (int i = 1; i < 4; i++) {
		assert_int_equal(rig->sample[i].head.direction, GP_OUT);
		assert_int_equal(rig->sample[i].head.packets_out, 2); /* one packet, in whatever many pieces */
		assert_int_equal(rig->sample[i].head.tcp_flags, i < 3 ? ACK : ACK | PSH);
	}
	assert_int_equal(rig_tally(rig, GP_TALLY_SAMPLES), 4);
}
ON_EVERY_ENGINE(what_a_server_says_comes_in_pieces_too)

static void check_beyond_the_last_piece_is_a_hole_that_is_measured(struct rig *rig)
{
	rig_handshake(rig, TCP(.from_port = 40000));
	segment_send(rig, TCP(.flags = ACK, .seq = 1001, .ack = 5001), 60000, 0);
	assert_int_equal(rig->samples, 1 + GP_SAMPLE_PIECES);
	expect_pieces(rig, 1, 1001, 60000, ALL_PIECES_BYTES);
}
ON_EVERY_ENGINE(beyond_the_last_piece_is_a_hole_that_is_measured)

static void check_the_end_is_on_the_last_piece(struct rig *rig)
{
	rig_handshake(rig, TCP(.from_port = 40000));
	segment_send(rig, TCP(.flags = ACK | FIN, .seq = 1001, .ack = 5001), 3000, 0);
	assert_int_equal(rig->samples, 3);
	assert_int_equal(rig->sample[1].head.tcp_flags, ACK);
	assert_int_equal(rig->sample[2].head.tcp_flags, ACK | FIN);
}
ON_EVERY_ENGINE(the_end_is_on_the_last_piece)

static void check_a_payload_cut_off_is_measured_and_sent_as_far_as_it_is_there(struct rig *rig)
{
	rig_handshake(rig, TCP(.from_port = 40000));
	segment_send(rig, TCP(.flags = ACK, .seq = 1001, .ack = 5001), 23, 16);
	assert_int_equal(rig->samples, 2);
	expect_pieces(rig, 1, 1001, 23, 7);
	segment_send(rig, TCP(.flags = ACK, .seq = 1024, .ack = 5001), 6000, 4000);
	assert_int_equal(rig->samples, 4);
	expect_pieces(rig, 2, 1024, 6000, 2000);
	segment_send(rig, TCP(.flags = ACK, .seq = 7024, .ack = 5001), 6000, 6000);
	assert_int_equal(rig->samples, 5);
	expect_pieces(rig, 4, 7024, 6000, 0);
}
ON_EVERY_ENGINE(a_payload_cut_off_is_measured_and_sent_as_far_as_it_is_there)

/* A capture on a host with offloads. */
static void check_a_frame_too_large_for_a_run_goes_as_several(struct rig *rig)
{
	static uint8_t frame[PACKET_BYTES + SEGMENT_MAX];
	struct packet_spec packet =
		TCP(.reply = true, .flags = ACK | PSH | FIN, .seq = 4294965000u, .ack = 1001, .v6 = rig->v6, .tags = 2);

	rig_handshake(rig, TCP(.from_port = 40000));
	rig_frame(rig, GP_OUT, frame, segment_build(packet, 6000, frame) - 500);
	for (int i = 1; i < rig->samples; i++) {
		const struct gp_sample *head = &rig->sample[i].head;
		const bool is_last = i + 1 == rig->samples;

		for (size_t n = 0; n < head->captured_bytes; n++)
			assert_int_equal(rig->sample[i].payload[n], segment_byte(head->seq + (uint32_t)n));
		assert_int_equal(head->payload_bytes - head->captured_bytes, is_last ? 500 : 0);
		assert_int_equal(head->tcp_flags, is_last ? ACK | PSH | FIN : ACK);
		packet.seq += i > 1 ? rig->sample[i - 1].head.payload_bytes : 0;
		assert_int_equal(head->seq, packet.seq);
	}
	packet.seq += rig->sample[rig->samples - 1].head.payload_bytes;
	assert_int_equal(packet.seq, 4294965000u + 6000);
}
ON_EVERY_ENGINE(a_frame_too_large_for_a_run_goes_as_several)

static void samples_at_most(struct rig *rig, uint32_t burst)
{
	rig->settings.samples = rate_of(1000, burst);
	datapath_settings(rig->datapath, &rig->settings);
}

static void check_samples_have_a_budget(struct rig *rig)
{
	rig->settings.samples = rate_of(1000, 3);
	datapath_settings(rig->datapath, &rig->settings);
	rig_handshake(rig, TCP(.from_port = 40000));
	for (uint32_t i = 0; i < 10; i++)
		rig_send(rig, client_says(1001 + i, 5001, "x"));
	assert_int_equal(rig->samples, 3);
	assert_int_equal(rig_tally(rig, GP_TALLY_SAMPLES), 3);
	assert_int_equal(rig_tally(rig, GP_TALLY_SAMPLES_OVER_BUDGET), 8);
	rig->now_ns += SECOND;
	rig_send(rig, client_says(1011, 5001, "x"));
	assert_int_equal(rig->samples, 4);
}
ON_EVERY_ENGINE(samples_have_a_budget)

static void check_a_piece_costs_what_a_sample_costs(struct rig *rig)
{
	samples_at_most(rig, 5);
	rig_handshake(rig, TCP(.from_port = 40000)); /* one */
	segment_send(rig, TCP(.flags = ACK, .seq = 1001, .ack = 5001), 6000, 0); /* four */
	assert_int_equal(rig->samples, 5);
	rig_send(rig, client_says(7001, 5001, "x"));
	assert_int_equal(rig->samples, 5);
	rig->now_ns += 4 * SECOND; /* four are back */
	segment_send(rig, TCP(.flags = ACK, .seq = 7001, .ack = 5001), 6000, 0);
	assert_int_equal(rig->samples, 9);
	expect_pieces(rig, 5, 7001, 6000, 6000);
	assert_int_equal(rig_tally(rig, GP_TALLY_SAMPLES), 9);
	assert_int_equal(rig_tally(rig, GP_TALLY_SAMPLES_OVER_BUDGET), 1);
}
ON_EVERY_ENGINE(a_piece_costs_what_a_sample_costs)

static void check_where_the_budget_has_not_all_pieces_the_first_stands_for_all(struct rig *rig)
{
	samples_at_most(rig, 4);
	rig_handshake(rig, TCP(.from_port = 40000)); /* one of four */
	segment_send(rig, TCP(.flags = ACK | FIN, .seq = 1001, .ack = 5001), 6000, 0); /* four of three */
	assert_int_equal(rig->samples, 2);
	expect_pieces(rig, 1, 1001, 6000, GP_SAMPLE_BYTES);
	assert_int_equal(rig->sample[1].head.tcp_flags, ACK | FIN);
	segment_send(rig, TCP(.flags = ACK, .seq = 7001, .ack = 5001), 16000, 0); /* more than there ever are */
	assert_int_equal(rig->samples, 3);
	expect_pieces(rig, 2, 7001, 16000, GP_SAMPLE_BYTES);
	assert_int_equal(rig_tally(rig, GP_TALLY_SAMPLES_OVER_BUDGET), 2);
}
ON_EVERY_ENGINE(where_the_budget_has_not_all_pieces_the_first_stands_for_all)

/* A share is a 32nd of the rate and a burst of 64 at least: of 2000 a source has 64, whoever it makes speak. */
static void check_one_source_cannot_spend_the_samples_of_others(struct rig *rig)
{
	const struct packet_spec download = TCP(.reply = true, .flags = ACK, .seq = 5001, .ack = 1001);
	const struct packet_spec other =
		TCP(.from = "192.0.2.9", .reply = true, .flags = ACK, .seq = 5001, .ack = 1001);

	rig->settings.samples = (struct gp_rate){.interval_ticks = 977, .burst_ticks = 1999 * 977};
	datapath_settings(rig->datapath, &rig->settings);
	rig_handshake(rig, TCP(.from_port = 40000));
	rig_handshake(rig, other);
	rig->samples = 0;
	for (uint32_t i = 0; i < 100; i++)
		segment_send(rig, download, 3000, 0);
	assert_int_equal(rig->samples, 64);
	segment_send(rig, other, 3000, 0);
	assert_int_equal(rig->samples, 66);
	rig_send(rig, client_says(1001, 5001, "his own words have a share of their own"));
	assert_int_equal(rig->samples, 67);
}
ON_EVERY_ENGINE(one_source_cannot_spend_the_samples_of_others)

/* Whatever the addresses have in common: each of a /28 says all that it may, and then each is told all that it may be.
 */
static void check_what_neighbours_say_spends_nothing_of_what_one_is_told(struct rig *rig)
{
	static const char *const near[] = {"192.0.2.0",  "192.0.2.1",  "192.0.2.2",  "192.0.2.3",
					   "192.0.2.4",  "192.0.2.5",  "192.0.2.6",  "192.0.2.7",
					   "192.0.2.8",  "192.0.2.9",  "192.0.2.10", "192.0.2.11",
					   "192.0.2.12", "192.0.2.13", "192.0.2.14", "192.0.2.15"};

	rig->settings.samples = (struct gp_rate){.interval_ticks = 977, .burst_ticks = 1999 * 977};
	datapath_settings(rig->datapath, &rig->settings);
	for (int i = 0; i < 16; i++)
		rig_handshake(rig, TCP(.from = near[i], .from_port = 40000));
	for (int i = 0; i < 16 * 70; i++)
		rig_send(rig, TCP(.from = near[i % 16], .flags = ACK, .seq = 1001, .ack = 5001, .payload = "x"));
	rig->samples = 0;
	for (int i = 0; i < 16; i++)
		rig_send(rig, TCP(.from = near[i], .reply = true, .flags = ACK, .seq = 5001, .ack = 1002,
				  .payload = "and what the server says comes"));
	assert_int_equal(rig->samples, 16);
}
ON_EVERY_ENGINE(what_neighbours_say_spends_nothing_of_what_one_is_told)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_payload_fits_in_one_sample_or_comes_in_pieces),
		cmocka_unit_test(what_a_server_says_comes_in_pieces_too),
		cmocka_unit_test(beyond_the_last_piece_is_a_hole_that_is_measured),
		cmocka_unit_test(the_end_is_on_the_last_piece),
		cmocka_unit_test(a_payload_cut_off_is_measured_and_sent_as_far_as_it_is_there),
		cmocka_unit_test(a_frame_too_large_for_a_run_goes_as_several),
		cmocka_unit_test(samples_have_a_budget),
		cmocka_unit_test(a_piece_costs_what_a_sample_costs),
		cmocka_unit_test(where_the_budget_has_not_all_pieces_the_first_stands_for_all),
		cmocka_unit_test(one_source_cannot_spend_the_samples_of_others),
		cmocka_unit_test(what_neighbours_say_spends_nothing_of_what_one_is_told),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
