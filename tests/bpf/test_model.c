/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel half beside a model of it that is slow and plain: every source has an account of its own in a list,
 * nothing is packed, hashed, shared or evicted, and time is a number. Random sequences of SYNs, handshakes, bans that
 * come, end and are taken back, and allowed prefixes: the verdict and its reason have to be the same at every step, as
 * long as the tables have room for all. What happens when they have not is bounded, and the bound is checked at the
 * end. */
#include "tests/bpf/rig.h"

#define SOURCES 96 /* in 12 prefixes */
#define PREFIXES 12
#define STEPS_NATIVE 200000
#define STEPS_KERNEL 40000

/* GCRA as in the standard: the time when the next would be due. */
struct account {
	uint64_t due;
};

struct model {
	const struct gp_settings *settings;
	struct account source[SOURCES], prefix[PREFIXES], service;
	uint64_t heard_of[SOURCES]; /* ticks; when a proven source was last heard of */
	bool proven[SOURCES];
	uint64_t banned_until_s[SOURCES];
	bool allowed[PREFIXES];
};

static uint32_t random_state;
static uint32_t draw(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)random_state * below) >> 32);
}

static bool may(const struct account *account, const struct gp_rate *rate, uint64_t now)
{
	return account->due <= now || account->due - now <= rate->burst_ticks;
}

static void spend(struct account *account, const struct gp_rate *rate, uint64_t now)
{
	account->due = (account->due > now ? account->due : now) + rate->interval_ticks;
}

static bool is_known_real(const struct model *model, uint32_t source, uint64_t now)
{
	return model->proven[source] && now < model->heard_of[source] + model->settings->proven_ticks;
}

/* The word of a source is its limit and its proof: whoever is admitted has been heard of until his next is due. */
static void hear_of(struct model *model, uint32_t source, uint64_t now)
{
	uint64_t due = model->source[source].due;

	model->heard_of[source] = due > now ? due : now;
}

static enum gp_reason model_syn(struct model *model, uint32_t source, uint64_t now_ns)
{
	const struct gp_settings *settings = model->settings;
	const uint64_t now = GP_TICKS(now_ns);
	const bool real = is_known_real(model, source, now);
	struct account *prefix = &model->prefix[source % PREFIXES];

	if (model->allowed[source % PREFIXES])
		return GP_REASON_ALLOWED;
	if (now_ns / SECOND < model->banned_until_s[source])
		return GP_REASON_BAN_SOURCE;
	if (!real && !may(&model->service, &settings->service, now))
		return GP_REASON_LIMIT_SERVICE;
	if (!may(&model->source[source], &settings->source, now))
		return GP_REASON_LIMIT_SOURCE;
	spend(&model->source[source], &settings->source, now);
	if (real) {
		hear_of(model, source, now);
		return GP_REASON_NEW_PROVEN;
	}
	model->proven[source] = false;
	if (!may(prefix, &settings->prefix, now))
		return GP_REASON_LIMIT_PREFIX;
	spend(prefix, &settings->prefix, now);
	spend(&model->service, &settings->service, now);
	return GP_REASON_NEW_UNPROVEN;
}

static const char *address_of(uint32_t source, char text[32])
{
	snprintf(text, 32, "10.%u.%u.%u", source % PREFIXES, 7u, source / PREFIXES + 1);
	return text;
}

static void expect_syn(struct rig *rig, struct model *model, uint32_t source, uint32_t step)
{
	enum gp_reason expected = model_syn(model, source, rig->now_ns);
	struct ruling ruling;
	char from[32];

	ruling = rig_send(rig, TCP(.from = address_of(source, from), .flags = SYN, .seq = step));
	if (ruling.reason != expected)
		fail_msg("step %u, %s: the model says %s, the program %s", step, from, reason_text(expected),
			 reason_text(ruling.reason));
}

/* The server answers, the client acknowledges: only then is it proven. */
static void prove(struct rig *rig, struct model *model, uint32_t source, uint32_t step)
{
	struct packet_spec packet;
	char from[32];

	if (model->allowed[source % PREFIXES] || rig->now_ns / SECOND < model->banned_until_s[source])
		return;
	packet = TCP(.from = address_of(source, from), .from_port = (uint16_t)(1024 + step % 60000), .reply = true,
		     .flags = SYN | ACK, .seq = step, .ack = 1);
	rig_send(rig, packet);
	packet.reply = false;
	packet.flags = ACK;
	packet.seq = 1;
	packet.ack = step + 1;
	rig_send(rig, packet);
	model->proven[source] = true;
	hear_of(model, source, GP_TICKS(rig->now_ns));
}

static void ban_or_not(struct rig *rig, struct model *model, uint32_t source)
{
	uint32_t now_s = (uint32_t)(rig->now_ns / SECOND), for_s = draw(40);
	char from[32];
	struct prefix target = rig_prefix(rig, address_of(source, from), 32, 64);

	if (for_s < 10) {
		datapath_unban(rig->datapath, &target);
		model->banned_until_s[source] = 0;
		return;
	}
	assert_int_equal(datapath_ban(rig->datapath, &target, GP_ACTION_DROP, now_s + for_s, now_s), 0);
	model->banned_until_s[source] = now_s + for_s;
}

static void allow_or_not(struct rig *rig, struct model *model, uint32_t prefix)
{
	char from[32];
	struct prefix target = rig_prefix(rig, address_of(prefix, from), 24, 48);

	if (model->allowed[prefix])
		assert_int_equal(datapath_disallow(rig->datapath, &target), 0);
	else
		assert_int_equal(datapath_allow(rig->datapath, &target), 0);
	model->allowed[prefix] = !model->allowed[prefix];
}

static void step_once(struct rig *rig, struct model *model, uint32_t step)
{
	const uint32_t source = draw(SOURCES), what = draw(1000);

	rig->now_ns += (uint64_t)draw(2000) * MILLISECOND / 4;
	if (!draw(2000))
		rig->now_ns += 86400 * SECOND; /* proofs end, and limits long before */
	if (what < 20)
		ban_or_not(rig, model, source);
	else if (what < 24)
		allow_or_not(rig, model, source % PREFIXES);
	else if (what < 60)
		prove(rig, model, source, step);
	else
		expect_syn(rig, model, source, step);
}

/* Nobody comes twice here: what does has its own tests. */
static void check_the_program_says_what_the_model_says(struct rig *rig)
{
	const bool is_kernel = datapath_fd(rig->datapath) >= 0;
	static struct model model;

	memset(&model, 0, sizeof(model));
	rig->settings.retry_min_pulses = 256;
	rig->settings.service = rate_of(40, 60);
	rig->settings.prefix = rate_of(300, 20);
	datapath_settings(rig->datapath, &rig->settings);
	model.settings = &rig->settings;
	random_state = 20261128;
	for (uint32_t step = 1; step <= (is_kernel ? STEPS_KERNEL : STEPS_NATIVE); step++)
		step_once(rig, &model, step);
	assert_int_equal(rig_tally(rig, GP_TALLY_BUCKET_SHARED), 0);
}
ON_EVERY_ENGINE(the_program_says_what_the_model_says)

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
		cmocka_unit_test(what_a_full_table_admits_is_bounded),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
