/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's program and the same source in this process give the same verdict, reason, samples, counters and
 * tallies, frame by frame, on hundreds of thousands of frames (SOAK=1: millions) that are valid, mutated or noise. */
#include "tests/bpf/rig.h"

#include "tests/support/traffic.h"

#define FRAMES 200000
#define FRAMES_SOAK 2000000 /* SOAK=1 */
#define FRAMES_BRIEF 20000 /* BRIEF=1 */

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
	struct traffic traffic = {.choices.state = 2};
	const int frames = getenv("SOAK") ? FRAMES_SOAK : getenv("BRIEF") ? FRAMES_BRIEF : FRAMES;
	struct rig kernel, native;

	(void)unused;
	assert_int_equal(rig_open(&kernel, &kernel_options), 0);
	assert_int_equal(rig_open(&native, &native_options), 0);
	furnish(&kernel);
	furnish(&native);
	for (int n = 0; n < frames; n++) {
		enum gp_direction direction;
		const size_t length = traffic_frame(&traffic, frame, &direction);

		if (n == frames / 2) {
			kernel.settings.flags = native.settings.flags = GP_ONE_WAY | GP_OBSERVE;
			datapath_settings(kernel.datapath, &kernel.settings);
			datapath_settings(native.datapath, &native.settings);
		}
		expect_same(&kernel, &native, direction, frame, length, n);
		expect_same_samples(&kernel, &native);
		kernel.now_ns += choose(&traffic.choices, 50) * MILLISECOND;
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
