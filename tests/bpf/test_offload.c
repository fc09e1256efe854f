/* SPDX-License-Identifier: BSD-2-Clause */
/* On a real interface: segments as the stack hands them to a card that will cut them (GSO, tc egress), and frames in
 * several buffers (XDP), reach the user half whole. */
#include "tests/bpf/lab.h"

#include <linux/virtio_net.h>

#include "tests/bpf/segment.h"

#define MTU_TEXT "9000"
#define MSS 1448

struct wire {
	struct lab *lab;
	struct rig rig;
	int edge; /* frames written here go out through tc egress */
};

static int gso_socket(const char *interface)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface)};
	int sock = socket(AF_PACKET, SOCK_RAW, 0), on = 1;

	assert_true(sock >= 0);
	assert_int_equal(setsockopt(sock, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(sock, (struct sockaddr *)&address, sizeof(address)), 0);
	return sock;
}

/* One skb of any size, to be cut into segments of MSS behind the hook. */
static void send_gso(int sock, struct packet_spec spec, size_t bytes)
{
	static uint8_t message[sizeof(struct virtio_net_hdr) + PACKET_BYTES + SEGMENT_MAX];
	struct virtio_net_hdr header = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = 54,
		.gso_size = MSS,
		.csum_start = 34,
		.csum_offset = 16,
	};
	size_t length = segment_build(spec, bytes, message + sizeof(header));

	memcpy(message, &header, sizeof(header));
	assert_int_equal(send(sock, message, sizeof(header) + length, 0), sizeof(header) + length);
}

static void send_jumbo(int sock, struct packet_spec spec, size_t bytes)
{
	static uint8_t frame[PACKET_BYTES + SEGMENT_MAX];
	size_t length = segment_build(spec, bytes, frame);

	assert_int_equal(send(sock, frame, length, 0), length);
}

static void wait_for_samples(struct rig *rig, int samples)
{
	uint64_t deadline_ns = now_ns() + PATIENCE_MS * MILLISECOND;

	while (rig->samples < samples && now_ns() < deadline_ns)
		assert_true(datapath_poll(rig->datapath) >= 0);
	assert_int_equal(rig->samples, samples);
}

/* Met halfway, so that no handshake has to be played. */
static void wire_open(struct wire *wire, struct lab *lab)
{
	struct datapath_options options = live_options(lab);
	struct gp_settings settings = rig_settings();

	memset(wire, 0, sizeof(*wire));
	wire->lab = lab;
	assert_int_equal(system("ip link set outside mtu " MTU_TEXT " && ip link set edge.1 mtu " MTU_TEXT), 0);
	options.pin_dir = NULL;
	wire->rig.datapath = live_open(&options, false);
	settings.flags = GP_ONE_WAY;
	datapath_settings(wire->rig.datapath, &settings);
	datapath_on_sample(wire->rig.datapath, rig_keep, &wire->rig);
	live_attach(wire->rig.datapath);
	wire->edge = gso_socket("edge.1");
}

static void wire_close(struct wire *wire)
{
	datapath_free(wire->rig.datapath);
	close(wire->edge);
}

static void a_certificate_of_6_kB_in_one_segment_arrives_whole(void **state)
{
	const struct packet_spec server = TCP(.reply = true, .flags = ACK | PSH, .seq = 5001, .ack = 1001);
	struct wire wire;

	wire_open(&wire, *state);
	send_gso(wire.edge, server, 6000);
	wait_for_samples(&wire.rig, 4);
	expect_pieces(&wire.rig, 0, 5001, 6000, 6000);
	assert_int_equal(wire.rig.sample[0].head.direction, GP_OUT);
	assert_int_equal(wire.rig.sample[3].head.packets_out, 1);
	wire_close(&wire);
}

static void of_a_download_in_segments_of_60_kB_the_rest_is_a_hole(void **state)
{
	const struct packet_spec server = TCP(.reply = true, .flags = ACK, .seq = 5001, .ack = 1001);
	struct wire wire;

	wire_open(&wire, *state);
	send_gso(wire.edge, server, 60000);
	wait_for_samples(&wire.rig, GP_SAMPLE_PIECES);
	expect_pieces(&wire.rig, 0, 5001, 60000, (size_t)GP_SAMPLE_PIECES * GP_SAMPLE_BYTES);
	wire_close(&wire);
}

static void a_jumbo_frame_of_a_client_arrives_whole(void **state)
{
	struct wire wire;

	wire_open(&wire, *state);
	send_jumbo(wire.lab->sock, TCP(.flags = ACK | PSH, .seq = 1001, .ack = 5001), 8000);
	wait_for_samples(&wire.rig, 6);
	expect_pieces(&wire.rig, 0, 1001, 8000, 8000);
	assert_int_equal(wire.rig.sample[0].head.direction, GP_IN);
	wire_close(&wire);
}

/* A flood of samples must not keep us from everything else: the ring is never empty then. */
static void a_poll_ends_though_there_is_more(void **state)
{
	const int sent = 2 * DATAPATH_POLL_SAMPLES + 100;
	uint64_t wanted, deadline_ns;
	struct wire wire;
	int polled;

	wire_open(&wire, *state);
	wanted = rig_tally(&wire.rig, GP_TALLY_SAMPLES) + (uint64_t)sent;
	for (int i = 0; i < sent; i++)
		send_jumbo(wire.lab->sock, TCP(.flags = ACK | PSH, .seq = 1001 + (uint32_t)i, .ack = 5001), 1);
	deadline_ns = now_ns() + PATIENCE_MS * MILLISECOND;
	while (rig_tally(&wire.rig, GP_TALLY_SAMPLES) < wanted && now_ns() < deadline_ns)
		sched_yield(); /* they arrive when the kernel gets to them */
	for (int i = 0; i < 2; i++) {
		polled = datapath_poll(wire.rig.datapath);
		assert_int_equal(polled, DATAPATH_POLL_SAMPLES);
		assert_int_equal(wire.rig.samples, (i + 1) * DATAPATH_POLL_SAMPLES);
	}
	wait_for_samples(&wire.rig, sent);
	assert_int_equal(datapath_poll(wire.rig.datapath), 0);
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_of_6_kB_in_one_segment_arrives_whole),
		cmocka_unit_test(of_a_download_in_segments_of_60_kB_the_rest_is_a_hole),
		cmocka_unit_test(a_jumbo_frame_of_a_client_arrives_whole),
		cmocka_unit_test(a_poll_ends_though_there_is_more),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, lab_open, lab_close) : SKIPPED;
}
