/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's program and the same source in this process give the same verdict, reason, samples, counters and
 * tallies, frame by frame, on thousands of frames that are valid, mutated or noise. */
#include "tests/bpf/rig.h"

#define FRAMES 12000

/* splitmix64: the same frames on every run. */
static uint64_t next_random(uint64_t *state)
{
	const __u64 seed[2] = {0, 0};

	*state += 0x9e3779b97f4a7c15ULL;
	return gp_hash(*state, seed);
}

static uint32_t below(uint64_t *state, uint32_t limit)
{
	return (uint32_t)(next_random(state) >> 32) % limit;
}

/* Few addresses and numbers, so that flows, bans and limits are met often. */
static struct packet_spec random_packet(uint64_t *state)
{
	static const char *const from[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "203.0.113.7", "203.0.113.8"};
	static const uint8_t flags[] = {SYN, SYN | ACK, ACK, ACK | PSH, FIN | ACK, RST, RST | ACK, 0, SYN | FIN, 0xff};
	static const uint16_t ports[] = {143, 993, 25, 587, 80};
	static const uint8_t protocols[] = {0, 0, 0, 0, 0, 0, 1, 17, 50, 58};
	static const uint8_t extensions[] = {0, 43, 51, 60, 135, 139};
	struct packet_spec packet = {
		.from = from[below(state, 5)],
		.from_port = (uint16_t)(40000 + below(state, 8)),
		.to_port = ports[below(state, 5)],
		.flags = flags[below(state, 10)],
		.seq = 5000 + below(state, 3),
		.ack = 5000 + below(state, 4),
		.payload_bytes = below(state, 3) ? 0 : below(state, 2900),
		.v6 = below(state, 2),
		.reply = below(state, 3) == 0,
		.protocol = protocols[below(state, 10)],
		.tags = below(state, 4) ? 0 : (int)below(state, 6),
		.pppoe = below(state, 8) == 0,
		.options = below(state, 8) ? 0 : (int)below(state, 11),
		.extensions = below(state, 4) ? 0 : (int)below(state, 8),
		.extension = extensions[below(state, 6)],
		.first_fragment = below(state, 16) == 0,
		.later_fragment = below(state, 32) == 0,
		.data_offset = below(state, 8) ? 5 : (uint8_t)(4 + below(state, 12)),
		.pad = below(state, 4) ? 0 : below(state, 100),
	};

	return packet;
}

/* Change some bytes of the headers, or cut the frame. */
static size_t mutate(uint64_t *state, uint8_t *frame, size_t length)
{
	uint32_t changes = below(state, 3) ? 0 : 1 + below(state, 4);

	while (changes--)
		frame[12 + below(state, length > 100 ? 88 : (uint32_t)length - 12)] = (uint8_t)next_random(state);
	if (below(state, 6) == 0)
		length = 14 + below(state, (uint32_t)length - 13);
	return length;
}

static void furnish(struct rig *rig)
{
	const struct prefix allowed = {packet_source("203.0.113.8", false), 64};
	const struct prefix banned = {packet_source("203.0.113.7", true) & ~0ULL << 16, 48};

	rig->settings.flags = GP_DROP_FRAGMENTS;
	rig->settings.samples = rate_of(20, 50);
	datapath_settings(rig->datapath, &rig->settings);
	rig_ban(rig, "192.0.2.3", GP_ACTION_DROP, 100);
	rig_ban(rig, "203.0.113.7", GP_ACTION_LIMIT, 600);
	datapath_allow(rig->datapath, &allowed);
	datapath_ban(rig->datapath, &banned, GP_ACTION_SHADOW_DROP, 1200, 1000);
}

static void expect_same(struct rig *kernel, struct rig *native, enum gp_direction direction, const uint8_t *frame,
			size_t length, int n)
{
	bool drop[2] = {false, false};
	enum gp_reason reason[2] = {0, 0};
	char hex[2 * PACKET_BYTES];
	int error[2];

	error[0] = datapath_run(kernel->datapath, direction, frame, length, kernel->now_ns, &drop[0], &reason[0]);
	if (error[0] == -EINVAL)
		return; /* BPF_PROG_TEST_RUN wants a whole IP header in what it takes for an skb */
	error[1] = datapath_run(native->datapath, direction, frame, length, kernel->now_ns, &drop[1], &reason[1]);
	if (!error[0] && !error[1] && drop[0] == drop[1] && reason[0] == reason[1] &&
	    kernel->samples == native->samples)
		return;
	fail_msg("frame %d, direction %d: kernel %d %s %s %d samples, native %d %s %s %d samples: %s", n, direction,
		 error[0], drop[0] ? "DROP" : "PASS", reason_text(reason[0]), kernel->samples, error[1],
		 drop[1] ? "DROP" : "PASS", reason_text(reason[1]), native->samples,
		 packet_hex(frame, length, hex, sizeof(hex)));
}

static void expect_same_samples(struct rig *kernel, struct rig *native)
{
	for (int i = 0; i < RIG_SAMPLES && i < kernel->samples; i++) {
		assert_memory_equal(&kernel->sample[i].head, &native->sample[i].head, sizeof(struct gp_sample));
		assert_memory_equal(kernel->sample[i].payload, native->sample[i].payload,
				    kernel->sample[i].head.captured_bytes);
	}
	kernel->samples = native->samples = 0;
}

static void kernel_and_native_agree_on_every_frame(void **unused)
{
	const struct datapath_options kernel_options = rig_options(false), native_options = rig_options(true);
	struct gp_counter counters[2][GP_COUNTERS];
	uint64_t tallies[2][GP_TALLY_MAX];
	uint8_t frame[PACKET_BYTES];
	struct rig kernel, native;
	uint64_t state = 2;

	(void)unused;
	assert_int_equal(rig_open(&kernel, &kernel_options), 0);
	assert_int_equal(rig_open(&native, &native_options), 0);
	furnish(&kernel);
	furnish(&native);
	for (int n = 0; n < FRAMES; n++) {
		struct packet_spec packet = random_packet(&state);
		size_t length = mutate(&state, frame, packet_build(&packet, frame));

		if (n == FRAMES / 2) {
			kernel.settings.flags = native.settings.flags = GP_ONE_WAY | GP_OBSERVE;
			datapath_settings(kernel.datapath, &kernel.settings);
			datapath_settings(native.datapath, &native.settings);
		}
		expect_same(&kernel, &native, packet.reply ? GP_OUT : GP_IN, frame, length, n);
		expect_same_samples(&kernel, &native);
		kernel.now_ns += below(&state, 50) * MILLISECOND;
	}
	datapath_counters(kernel.datapath, counters[0]);
	datapath_counters(native.datapath, counters[1]);
	assert_memory_equal(counters[0], counters[1], sizeof(counters[0]));
	datapath_tallies(kernel.datapath, tallies[0]);
	datapath_tallies(native.datapath, tallies[1]);
	assert_memory_equal(tallies[0], tallies[1], sizeof(tallies[0]));
	assert_true(tallies[0][GP_TALLY_SAMPLES] > 100); /* or the frames were too dull to mean anything */
	assert_true(tallies[0][GP_TALLY_SOURCES_PROVEN] > 1);
	rig_close(&kernel);
	rig_close(&native);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_and_native_agree_on_every_frame),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
