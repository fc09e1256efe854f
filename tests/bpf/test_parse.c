/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parser makes of a frame: who is judged, who passes unjudged, and why. The sender is banned, so a frame
 * that is understood is dropped and one that is not passes: each row's neighbour is in the table. */
#include "tests/bpf/rig.h"

struct row {
	const char *why;
	struct packet_spec packet;
	bool drop;
	enum gp_reason reason;
	bool v6_only;
};
#define UNDERSTOOD true, GP_REASON_BAN_SOURCE
#define PASSES(reason) false, GP_REASON_##reason

static const struct row rows[] = {
	{"a plain SYN", {.flags = SYN}, UNDERSTOOD, 0},
	{"data of a connection", {.flags = ACK | PSH, .payload = "a LOGIN u p\r\n"}, UNDERSTOOD, 0},
	{"another port", {.flags = SYN, .to_port = 80}, PASSES(NOT_MAIL), 0},
	{"port 25 is never judged", {.flags = SYN, .to_port = 25}, PASSES(NOT_MAIL), 0},
	{"the mail port on the client's side", {.flags = SYN, .from_port = 143, .to_port = 80}, PASSES(NOT_MAIL), 0},
	{"one VLAN tag", {.flags = SYN, .tags = 1}, UNDERSTOOD, 0},
	{"two VLAN tags", {.flags = SYN, .tags = 2}, UNDERSTOOD, 0},
	{"three VLAN tags", {.flags = SYN, .tags = 3}, UNDERSTOOD, 0},
	{"four VLAN tags", {.flags = SYN, .tags = 4}, UNDERSTOOD, 0},
	{"five VLAN tags", {.flags = SYN, .tags = 5}, PASSES(TAGS_DEEP), 0},
	{"PPPoE", {.flags = SYN, .pppoe = true}, UNDERSTOOD, 0},
	{"PPPoE in two VLANs", {.flags = SYN, .pppoe = true, .tags = 2}, UNDERSTOOD, 0},
	{"ARP", {.ethertype = 0x0806}, PASSES(NOT_IP), 0},
	{"the other family's type", {.ethertype = 0x0801}, PASSES(NOT_IP), 0},
	{"UDP", {.protocol = 17}, PASSES(NOT_TCP), 0},
	{"ESP cannot be seen into", {.protocol = 50}, PASSES(NOT_TCP), 0},
	{"ICMP", {.protocol = 1}, PASSES(ICMP), 0},
	{"ICMPv6", {.protocol = 58}, PASSES(ICMP), 0},
	{"IPv4 options", {.flags = SYN, .options = 10}, UNDERSTOOD, 0},
	{"AH", {.flags = SYN, .extensions = 1, .extension = 51}, UNDERSTOOD, 0},
	{"TCP options", {.flags = SYN, .data_offset = 15}, UNDERSTOOD, 0},
	{"a TCP header of four words", {.flags = SYN, .data_offset = 4}, PASSES(MALFORMED), 0},
	{"a TCP header longer than the packet", {.flags = SYN, .data_offset = 6, .ip_bytes = 20}, PASSES(MALFORMED), 0},
	{"a packet shorter than TCP", {.flags = SYN, .ip_bytes = 12}, PASSES(MALFORMED), 0},
	{"padding to 60 bytes", {.flags = SYN, .pad = 90}, UNDERSTOOD, 0},
	{"a first fragment", {.flags = SYN, .first_fragment = true, .payload_bytes = 8}, UNDERSTOOD, 0},
	{"a first fragment with its flags cut off", {.first_fragment = true, .ip_bytes = 8}, UNDERSTOOD, 0},
	{"a first fragment that ends within the TCP options",
	 {.flags = SYN, .first_fragment = true, .ip_bytes = 24, .data_offset = 10},
	 UNDERSTOOD,
	 0},
	{"a later fragment", {.later_fragment = true}, PASSES(FRAGMENT_LATER), 0},
	{"1 extension header", {.flags = SYN, .extensions = 1}, UNDERSTOOD, true},
	{"2 extension headers", {.flags = SYN, .extensions = 2}, UNDERSTOOD, true},
	{"4 routing headers", {.flags = SYN, .extensions = 4, .extension = 43}, UNDERSTOOD, true},
	{"5 mobility headers", {.flags = SYN, .extensions = 5, .extension = 135}, UNDERSTOOD, true},
	{"6 extension headers", {.flags = SYN, .extensions = 6}, UNDERSTOOD, true},
	{"7 extension headers", {.flags = SYN, .extensions = 7}, PASSES(HEADERS_DEEP), true},
	{"a fragment behind extension headers",
	 {.flags = SYN, .extensions = 3, .first_fragment = true},
	 UNDERSTOOD,
	 true},
	{"a fragment header is one of the six",
	 {.flags = SYN, .extensions = 6, .first_fragment = true},
	 PASSES(HEADERS_DEEP),
	 true},
};

static void check_frames_are_understood_or_pass(struct rig *rig)
{
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 3600);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct packet_spec packet = rows[i].packet;
		enum gp_service service;
		struct gp_counter before, after;

		if (rows[i].v6_only && !rig->v6)
			continue;
		service = rows[i].drop ? GP_SERVICE_IMAP : GP_SERVICE_NONE;
		before = rig_counter(rig, service, rows[i].reason);
		rig_expect(rig, rows[i].why, packet, rows[i].drop, rows[i].reason);
		after = rig_counter(rig, service, rows[i].reason);
		assert_int_equal(after.packets, before.packets + 1);
		assert_true(after.bytes > before.bytes);

		packet.from = "192.0.2.2"; /* the neighbour is not banned: nothing of this may hurt him */
		packet.v6 = rig->v6;
		assert_false(rig_send(rig, packet).drop && rows[i].drop);
		rig->now_ns += 100 * SECOND;
	}
}
ON_EVERY_ENGINE(frames_are_understood_or_pass)

/* However a frame of a good source is cut, it passes, and what is lost before the flags makes it "cut short". */
static void check_every_cut_is_safe(struct rig *rig)
{
	static const struct packet_spec shapes[] = {
		{.flags = SYN},
		{.flags = SYN, .tags = 4, .pppoe = true},
		{.flags = SYN, .options = 10, .data_offset = 15},
		{.flags = SYN, .extensions = 6},
		{.flags = SYN, .extensions = 1, .extension = 51},
		{.flags = SYN, .extensions = 2, .first_fragment = true},
		{.flags = ACK, .payload = "a LOGIN u p\r\n"},
		{.protocol = 17},
	};
	uint8_t frame[PACKET_BYTES];

	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		struct packet_spec spec = shapes[i];
		size_t length;

		spec.v6 = rig->v6;
		length = packet_build(&spec, frame);
		for (size_t cut = 14; cut <= length; cut++) {
			int errors[2];
			bool drop = true;
			enum gp_reason reason;

			for (int direction = 0; direction < 2; direction++) {
				errors[direction] = datapath_run(rig->datapath, (enum gp_direction)direction, frame,
								 cut, rig->now_ns, &drop, &reason);
				if (!errors[direction])
					assert_false(drop);
			}
			assert_int_equal(errors[0], 0);
			rig->now_ns += 100 * SECOND;
		}
	}
}
ON_EVERY_ENGINE(every_cut_is_safe)

static void check_cut_headers_are_counted(struct rig *rig)
{
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 3600);
	EXPECT_PASS(rig, "no IP header", TCP(.flags = SYN, .cut = 20), CUT_SHORT);
	EXPECT_PASS(rig, "no ports", TCP(.flags = SYN, .cut = rig->v6 ? 57 : 37), CUT_SHORT);
	EXPECT_PASS(rig, "no flags", TCP(.flags = SYN, .cut = rig->v6 ? 73 : 53), CUT_SHORT);
	EXPECT_DROP(rig, "all headers", TCP(.flags = SYN, .cut = rig->v6 ? 74 : 54, .payload = "x"), BAN_SOURCE);
	assert_int_equal(rig_counter(rig, GP_SERVICE_NONE, GP_REASON_CUT_SHORT).packets, 3);
}
ON_EVERY_ENGINE(cut_headers_are_counted)

static void check_a_frame_shorter_than_ethernet_is_refused(struct rig *rig)
{
	const uint8_t frame[14] = {0};
	enum gp_reason reason;
	bool drop;

	assert_int_equal(datapath_run(rig->datapath, GP_IN, frame, 13, 1, &drop, &reason), -EINVAL);
	assert_int_equal(datapath_run(rig->datapath, GP_IN, frame, 14, 1, &drop, &reason), 0);
}
ON_EVERY_ENGINE(a_frame_shorter_than_ethernet_is_refused)

/* One port, two servers by prefix, and the rest of the world. */
static void check_services_by_server_protect_only_those(struct rig *rig)
{
	struct server_settings servers[] = {
		{.port = 143, .service = GP_SERVICE_IMAP, .bits = 128},
		{.port = 2143, .service = GP_SERVICE_IMAP},
	};

	packet_address(PACKET_SERVER, rig->v6, servers[0].address.byte);
	assert_int_equal(datapath_servers(rig->datapath, servers, 2), 0);
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 3600);
	EXPECT_DROP(rig, "the server", TCP(.flags = SYN), BAN_SOURCE);
	EXPECT_PASS(rig, "another server", TCP(.flags = SYN, .to = "198.51.100.26"), NOT_MAIL);
	EXPECT_DROP(rig, "any server, its own port", TCP(.flags = SYN, .to = "198.51.100.26", .to_port = 2143),
		    BAN_SOURCE);
	EXPECT_PASS(rig, "a port no longer served", TCP(.flags = SYN, .to_port = 993), NOT_MAIL);

	assert_int_equal(datapath_servers(rig->datapath, servers + 1, 1), 0);
	EXPECT_PASS(rig, "the server is taken out", TCP(.flags = SYN), NOT_MAIL);
}
ON_EVERY_ENGINE(services_by_server_protect_only_those)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_understood_or_pass),
		cmocka_unit_test(every_cut_is_safe),
		cmocka_unit_test(cut_headers_are_counted),
		cmocka_unit_test(a_frame_shorter_than_ethernet_is_refused),
		cmocka_unit_test(services_by_server_protect_only_those),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
