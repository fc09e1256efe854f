/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel half beside a model of it that is slow and plain (tests/support/model.h): frames as they could come, bans
 * that come, end and are taken back, allowed prefixes, under several secrets. Verdict and reason have to be the same at
 * every step, as long as the tables have room for all. What happens when they have not is bounded, and the bound is
 * checked at the end. */
#include "tests/bpf/rig.h"

#include "tests/support/model.h"
#include "tests/support/traffic.h"
#include "user/datapath/datapath_engine.h"

#define STEPS_NATIVE 1000000
#define STEPS_NATIVE_SOAK 10000000 /* SOAK=1 */
#define STEPS_BRIEF 25000 /* BRIEF=1 */
#define STEPS_KERNEL 25000
#define STEPS_A_LIFE 500 /* then all is forgotten, so that no list grows long */

static const struct server_settings served[] = {
	{.port = 143, .service = GP_SERVICE_IMAP},
	{.port = 993, .service = GP_SERVICE_IMAPS},
	{.port = 587, .service = GP_SERVICE_SUBMISSION, .bits = 96, .address = {{[10] = 0xff, [11] = 0xff}}},
};
#define SERVED (sizeof(served) / sizeof(*served))

static void ban_or_not(struct rig *rig, struct model *model, struct choices *choices, const struct prefix *target)
{
	const uint32_t now_s = (uint32_t)(rig->now_ns / SECOND), for_s = choose(choices, 40);
	const enum gp_action action = (enum gp_action)(GP_ACTION_DROP + choose(choices, 3));

	if (for_s < 10) {
		datapath_unban(rig->datapath, target);
		model_unban(model, target);
		return;
	}
	assert_int_equal(datapath_ban(rig->datapath, target, action, now_s + for_s, now_s), 0);
	model_ban(model, target, action, now_s + for_s);
}

static void allow_or_not(struct rig *rig, struct model *model, struct choices *choices, const struct prefix *target)
{
	if (choose(choices, 3)) {
		datapath_disallow(rig->datapath, target);
		model_disallow(model, target);
		return;
	}
	assert_int_equal(datapath_allow(rig->datapath, target), 0);
	model_allow(model, target);
}

static void list_or_not(struct rig *rig, struct model *model, struct choices *choices)
{
	const char *name = traffic_named[choose(choices, TRAFFIC_NAMED)];
	const struct prefix own = rig_prefix(rig, name, 32, 64), few = rig_prefix(rig, name, 25, 56),
			    many = rig_prefix(rig, name, 24, 48);

	switch (choose(choices, 4)) {
	case 0:
		ban_or_not(rig, model, choices, &few);
		break;
	case 1:
		ban_or_not(rig, model, choices, &many);
		break;
	case 2:
		allow_or_not(rig, model, choices, choose(choices, 2) ? &own : &many);
		break;
	default:
		ban_or_not(rig, model, choices, &own);
	}
}

/* What a reader might have made of what it was shown. */
static void log_in_or_not(struct rig *rig, struct model *model, struct choices *choices)
{
	const struct gp_sample *sample = &rig->sample[0].head;
	struct sight sight = {.client_port = sample->client_port, .server_port = sample->server_port};
	const bool success = !choose(choices, 6);

	if (!rig->samples || choose(choices, 2))
		return;
	memcpy(sight.client, sample->client, sizeof(sight.client));
	memcpy(sight.server, sample->server, sizeof(sight.server));
	datapath_flow_flag(rig->datapath, sample->slot, sample->flow, success ? GP_FLOW_LOGGED_IN : GP_FLOW_FAILED);
	model_outcome(model, &sight, success);
}

static void welcome_somebody(struct rig *rig, struct model *model, struct choices *choices)
{
	const uint64_t source = packet_source(traffic_named[choose(choices, TRAFFIC_NAMED)], rig->v6);

	datapath_welcome(rig->datapath, source, rig->now_ns, 0);
	model_welcome(model, source, rig->now_ns);
}

static void expect_the_same(struct rig *rig, struct model *model, struct traffic *traffic, uint32_t step,
			    uint32_t met[GP_REASON_MAX])
{
	struct opinion opinion;
	uint8_t frame[PACKET_BYTES];
	char hex[2 * PACKET_BYTES];
	enum gp_direction direction;
	const size_t length = traffic_frame(traffic, frame, &direction);
	enum gp_reason reason;
	bool drop;

	/* BPF_PROG_TEST_RUN wants a whole IP header in what it takes for an skb. */
	if (datapath_run(rig->datapath, direction, frame, length, rig->now_ns, &drop, &reason) == -EINVAL)
		return;
	opinion = model_frame(model, direction, frame, length, rig->now_ns);
	if (drop != opinion.drop || reason != opinion.reason)
		fail_msg("step %u, direction %d: the model says %s %s, the program %s %s; frame %s", step, direction,
			 opinion.drop ? "DROP" : "PASS", reason_text(opinion.reason), drop ? "DROP" : "PASS",
			 reason_text(reason), packet_hex(frame, length, hex, sizeof(hex)));
	met[reason]++;
}

/* Rates at which everything is spent now and then, and comes back: sooner what a prefix has, or what the service has.
 */
static void be_tight(struct rig *rig, bool by_prefix)
{
	rig->settings.prefix = by_prefix ? rate_of(3000, 4) : rate_of(100, 200);
	rig->settings.service = by_prefix ? rate_of(300, 30) : rate_of(1500, 6);
	rig->settings.judged = rate_of(60000, 1);
	rig->settings.judged_prefix = rate_of(10000, 2);
	rig->settings.flooded_ticks = GP_TICKS(5 * SECOND);
	rig->settings.proven_ticks = GP_TICKS(300 * SECOND);
}

static void live(const struct datapath_options *options, struct choices *choices, uint32_t flags,
		 uint32_t met[GP_REASON_MAX])
{
	struct traffic traffic = {.choices.state = choose(choices, 65536)};
	const uint32_t pace = choose(choices, 2) ? 20 : 4;
	uint64_t tallies[GP_TALLY_MAX];
	struct gp_sizes sizes;
	struct model *model;
	struct rig rig;

	assert_int_equal(rig_open(&rig, options), 0);
	be_tight(&rig, choose(choices, 2));
	rig.settings.flags = flags;
	assert_int_equal(datapath_settings(rig.datapath, &rig.settings), 0);
	assert_int_equal(datapath_servers(rig.datapath, served, SERVED), 0);
	model = model_new(&rig.settings, served, SERVED);
	for (uint32_t step = 0; step < STEPS_A_LIFE; step++) {
		rig.now_ns += (uint64_t)choose(choices, 4000) * choose(choices, 4000) * pace;
		if (!choose(choices, 100))
			rig.now_ns += 100 * SECOND;
		rig.v6 = choose(choices, 2);
		if (!choose(choices, 30))
			list_or_not(&rig, model, choices);
		if (!choose(choices, 100))
			welcome_somebody(&rig, model, choices);
		rig.samples = 0;
		expect_the_same(&rig, model, &traffic, step, met);
		log_in_or_not(&rig, model, choices);
	}
	assert_int_equal(datapath_tallies(rig.datapath, tallies), 0);
	assert_int_equal(tallies[GP_TALLY_BUCKET_SHARED] + tallies[GP_TALLY_FLOWS_REPLACED], 0);
	datapath_sizes(options, &sizes);
	assert_true(model_is_bound(model, sizes.sources, sizes.prefixes, options->seed));
	model_free(model);
	rig_close(&rig);
}

static void check_lives(bool native, uint32_t steps)
{
	static const uint32_t flags[] = {0, GP_DROP_FRAGMENTS, GP_OBSERVE, GP_ONE_WAY};
	struct choices choices = {.state = 20261129};
	uint32_t met[GP_REASON_MAX] = {0};

	for (uint32_t n = 0; n < steps / STEPS_A_LIFE; n++) {
		struct datapath_options options = rig_options(native);

		/* Another secret each time; the first ones are what no secret should be. */
		options.seed[0] = n == 0 ? 0 : n == 1 ? ~0ULL : n * 0x9e3779b97f4a7c15ULL;
		options.seed[1] = n == 0 ? 0 : n == 1 ? ~0ULL : ~options.seed[0] * 3;
		live(&options, &choices, flags[n % 4], met);
	}
	for (int reason = 0; reason < GP_REASON_MAX; reason++)
		if (!met[reason])
			fail_msg("%s was never met: the frames are too dull", reason_text((enum gp_reason)reason));
}

static void the_program_says_what_the_model_says(void **state)
{
	(void)state;
	check_lives(false, STEPS_KERNEL);
}

static void so_does_its_native_build(void **state)
{
	(void)state;
	check_lives(true, getenv("SOAK") ? STEPS_NATIVE_SOAK : getenv("BRIEF") ? STEPS_BRIEF : STEPS_NATIVE);
}

/* A table that is much too small: per bucket seven slots and the shared word, each its burst, and what comes back. */
static void check_what_a_full_table_admits_is_bounded(struct rig *rig)
{
	const uint64_t buckets = 1024, words = buckets * (GP_SLOTS + 1), burst = 3, back = 2; /* in twenty seconds */
	uint64_t admitted = 0;

	rig->settings.prefix = rig->settings.service = (struct gp_rate){0};
	rig->settings.retry_min_pulses = 256;
	datapath_settings(rig->datapath, &rig->settings);
	for (uint32_t i = 0; i < 60000; i++) {
		char from[32];

		snprintf(from, sizeof(from), "10.%u.%u.%u", i % 250, i / 250 % 250, i % 3 + 1);
		rig->now_ns += 20 * SECOND / 60000;
		admitted += !rig_send(rig, TCP(.from = from, .flags = SYN, .seq = i)).drop;
	}
	assert_true(admitted > words * burst / 2); /* or nothing was tried */
	assert_true(admitted <= words * (burst + back));
	printf("# a flood of 60000 sources through %llu buckets admitted %llu, at most %llu\n",
	       (unsigned long long)buckets, (unsigned long long)admitted, (unsigned long long)(words * (burst + back)));
}
ON_EVERY_ENGINE(what_a_full_table_admits_is_bounded)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_program_says_what_the_model_says),
		cmocka_unit_test(so_does_its_native_build),
		cmocka_unit_test(what_a_full_table_admits_is_bounded),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
