/* SPDX-License-Identifier: BSD-2-Clause */
/* On a real interface: what is attached drops real frames, outlives its process, and is taken over without a gap. */
#include "tests/bpf/lab.h"

#include <pthread.h>

static void live_ban(struct datapath *datapath, const char *text)
{
	const struct prefix target = prefix_of_source(packet_source(text, false));
	uint32_t now_s = (uint32_t)(now_ns() / SECOND);

	assert_int_equal(datapath_ban(datapath, &target, GP_ACTION_DROP, now_s + 3600, now_s), 0);
}

static void send_frames(const struct lab *lab, struct packet_spec spec, int count)
{
	uint8_t frame[PACKET_BYTES];
	size_t length = packet_build(&spec, frame);

	for (int i = 0; i < count; i++)
		assert_int_equal(send(lab->sock, frame, length, 0), length);
}

static uint64_t counted(const struct datapath *datapath, enum gp_reason reason)
{
	struct gp_counter counters[GP_COUNTERS];

	assert_int_equal(datapath_counters(datapath, counters), 0);
	return counters[GP_SERVICE_IMAP * GP_REASON_MAX + reason].packets;
}

/* Frames arrive when the kernel gets to them. */
static void expect_counted(const struct datapath *datapath, enum gp_reason reason, uint64_t wanted)
{
	uint64_t deadline_ns = now_ns() + PATIENCE_MS * MILLISECOND;

	while (counted(datapath, reason) < wanted && now_ns() < deadline_ns)
		sched_yield();
	assert_int_equal(counted(datapath, reason), wanted);
}

static void an_attached_program_drops_real_frames(void **state)
{
	const struct datapath_options options = live_options(*state);
	struct datapath *datapath = live_open(&options, false);
	struct attachment attachment;

	live_attach(datapath);
	assert_int_equal(datapath_attachments(datapath, &attachment, 1), 1);
	assert_string_equal(attachment.interface, "edge.1");
	assert_true(attachment.attached);
	assert_false(attachment.generic);
	live_ban(datapath, "192.0.2.1");
	send_frames(*state, TCP(.flags = SYN), 5);
	send_frames(*state, TCP(.from = "192.0.2.2", .flags = SYN), 1);
	expect_counted(datapath, GP_REASON_BAN_SOURCE, 5);
	expect_counted(datapath, GP_REASON_NEW_UNPROVEN, 1);
	datapath_free(datapath);
}

/* Goes on from the test before: its process is "dead", its pins are there. */
static void the_dead_process_leaves_its_bans_in_force(void **state)
{
	const struct datapath_options options = live_options(*state);
	const struct prefix target = prefix_of_source(packet_source("192.0.2.1", false));
	struct datapath *datapath;
	uint32_t until, hits;

	send_frames(*state, TCP(.flags = SYN), 7);
	datapath = live_open(&options, true);
	expect_counted(datapath, GP_REASON_BAN_SOURCE, 12);
	live_attach(datapath);
	assert_int_equal(datapath_ban_read(datapath, &target, &until, &hits), 0);
	assert_int_equal(hits, 12);
	send_frames(*state, TCP(.flags = SYN), 1);
	expect_counted(datapath, GP_REASON_BAN_SOURCE, 13);
	datapath_free(datapath);
}

struct sender {
	const struct lab *lab;
	bool stop;
	uint64_t sent;
};

static void *sender_run(void *context)
{
	struct sender *sender = context;
	uint8_t frame[PACKET_BYTES];
	struct packet_spec packet = TCP(.flags = SYN);
	size_t length = packet_build(&packet, frame);

	while (!__atomic_load_n(&sender->stop, __ATOMIC_RELAXED))
		sender->sent += send(sender->lab->sock, frame, length, 0) == (ssize_t)length;
	return NULL;
}

/* Frames keep coming while the program is switched over and over: each one must meet the ban. */
static void taking_over_has_no_gap(void **state)
{
	const struct datapath_options options = live_options(*state);
	struct datapath *datapath = live_open(&options, true);
	uint64_t before = counted(datapath, GP_REASON_BAN_SOURCE);
	struct sender sender = {.lab = *state};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, sender_run, &sender), 0);
	for (int i = 0; i < 5; i++) {
		live_attach(datapath);
		datapath_free(datapath);
		datapath = live_open(&options, true);
	}
	__atomic_store_n(&sender.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_true(sender.sent > 100);
	expect_counted(datapath, GP_REASON_BAN_SOURCE, before + sender.sent);
	datapath_free(datapath);
}

static void another_size_starts_afresh_behind_the_old_program(void **state)
{
	struct datapath_options options = live_options(*state);
	const struct prefix target = prefix_of_source(packet_source("192.0.2.1", false));
	struct datapath *datapath;
	uint32_t until, hits;

	options.bans_max *= 4;
	datapath = live_open(&options, false);
	assert_int_equal(datapath_ban_read(datapath, &target, &until, &hits), -ENOENT);
	send_frames(*state, TCP(.flags = SYN), 3); /* still meets the old program and its tables */
	live_ban(datapath, "192.0.2.1");
	live_attach(datapath);
	send_frames(*state, TCP(.flags = SYN), 4);
	expect_counted(datapath, GP_REASON_BAN_SOURCE, 4);
	assert_int_equal(counted(datapath, GP_REASON_NEW_UNPROVEN), 0);
	datapath_free(datapath);
	datapath_free(live_open(&options, true));
}

static void samples_that_find_no_room_are_counted(void **state)
{
	struct datapath_options options = live_options(*state);
	uint64_t tallies[GP_TALLY_MAX], deadline_ns = now_ns() + PATIENCE_MS * MILLISECOND;
	struct gp_settings settings = rig_settings();
	struct datapath *datapath;

	options.ring_bytes = 4096;
	datapath = live_open(&options, false);
	settings.flags = GP_ONE_WAY;
	datapath_settings(datapath, &settings);
	live_attach(datapath);
	send_frames(*state, TCP(.flags = ACK, .payload_bytes = 1400), 10);
	do
		assert_int_equal(datapath_tallies(datapath, tallies), 0);
	while (tallies[GP_TALLY_SAMPLES] + tallies[GP_TALLY_SAMPLES_LOST] < 10 && now_ns() < deadline_ns);
	assert_int_equal(tallies[GP_TALLY_SAMPLES], 2);
	assert_int_equal(tallies[GP_TALLY_SAMPLES_LOST], 8);
	assert_int_equal(datapath_poll(datapath), 2);
	datapath_free(datapath);
}

static uint64_t tallied(const struct datapath *datapath, enum gp_tally tally)
{
	uint64_t tallies[GP_TALLY_MAX];

	assert_int_equal(datapath_tallies(datapath, tallies), 0);
	return tallies[tally];
}

static uint64_t forwarded(void)
{
	FILE *count = popen("sed -n 's/^ *outside: *[0-9]* *//p' /proc/net/dev", "r");
	unsigned long long packets = 0;

	assert_non_null(count);
	assert_int_equal(fscanf(count, "%llu", &packets), 1);
	pclose(count);
	return packets;
}

/* Somebody outside writes as the server to somebody outside; the edge, as routers do, sends it back where it came
 * from, past tc egress. A flow opened by that could have anybody banned. */
static void a_reply_that_came_from_outside_is_none(void **state)
{
	struct datapath_options options = live_options(*state);
	struct datapath *datapath = live_open(&options, false);
	uint64_t deadline_ns, before;

	assert_int_equal(system("ip link set edge.1 address 02:00:00:00:00:02 && "
				"ip addr add 203.0.113.1/24 dev edge.1 && ip route add 192.0.2.0/24 via 203.0.113.2 && "
				"ip neigh add 203.0.113.2 lladdr 02:00:00:00:00:01 dev edge.1 && "
				"ip route add 198.51.100.0/24 dev edge.1 && sysctl -qw net.ipv4.ip_forward=1 "
				"net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.all.send_redirects=0 "
				"net.ipv4.conf.default.send_redirects=0"),
			 0);
	live_attach(datapath);
	before = forwarded();
	deadline_ns = now_ns() + PATIENCE_MS * MILLISECOND;
	send_frames(*state, TCP(.reply = true, .flags = SYN | ACK, .seq = 5000, .ack = 1), 3);
	while (forwarded() < before + 3 && now_ns() < deadline_ns)
		sched_yield();
	assert_in_range(forwarded(), before + 3, before + 100);
	assert_int_equal(tallied(datapath, GP_TALLY_FLOWS_OPENED), 0);
	datapath_free(datapath);
}

static void detaching_leaves_nothing(void **state)
{
	const struct lab *lab = *state;
	struct datapath_options options = live_options(lab);
	struct fault fault = {0};
	struct datapath *datapath;

	assert_int_equal(datapath_detach(lab->pin_dir, &fault), 0);
	assert_int_equal(access(lab->pin_dir, F_OK), -1);
	assert_int_equal(system("ip -d link show edge.1 | grep -q xdp"), 256);
	assert_int_equal(system("tc filter show dev edge.1 egress | grep -q gatepost"), 256);
	assert_int_equal(datapath_detach(lab->pin_dir, &fault), 0); /* again is fine */
	datapath = live_open(&options, false);
	live_attach(datapath);
	datapath_free(datapath);
}

static void refusals_say_what_to_do(void **state)
{
	struct datapath_options options = live_options(*state);
	struct fault fault = {0};
	struct attachment attachment;
	struct datapath *datapath;

	options.pin_dir = NULL; /* a stranger, to whom ours is another program */
	datapath = live_open(&options, false);
	assert_int_equal(datapath_attach(datapath, "nothing0", ATTACH_NATIVE, &fault), -ENODEV);
	assert_non_null(strstr(fault.text, "nothing0"));
	assert_int_equal(datapath_attach(datapath, "edge.1", ATTACH_NATIVE, &fault), -EBUSY);
	assert_non_null(strstr(fault.text, "another XDP program"));
	assert_int_equal(datapath_attach(datapath, "lo", ATTACH_NATIVE, &fault), -EOPNOTSUPP);
	assert_non_null(strstr(fault.text, "generic"));
	assert_int_equal(datapath_attachments(datapath, &attachment, 1), 0);
	assert_int_equal(datapath_attach(datapath, "lo", ATTACH_GENERIC, &fault), 0);
	assert_int_equal(datapath_attachments(datapath, &attachment, 1), 1);
	assert_true(attachment.generic);
	datapath_free(datapath);
	assert_int_equal(system("ip -d link show lo | grep -q xdp"), 256); /* not pinned: ends with its owner */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_attached_program_drops_real_frames),
		cmocka_unit_test(the_dead_process_leaves_its_bans_in_force),
		cmocka_unit_test(taking_over_has_no_gap),
		cmocka_unit_test(another_size_starts_afresh_behind_the_old_program),
		cmocka_unit_test(samples_that_find_no_room_are_counted),
		cmocka_unit_test(a_reply_that_came_from_outside_is_none),
		cmocka_unit_test(detaching_leaves_nothing),
		cmocka_unit_test(refusals_say_what_to_do),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, lab_open, lab_close) : SKIPPED;
}
