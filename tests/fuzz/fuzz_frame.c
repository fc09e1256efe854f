/* SPDX-License-Identifier: BSD-2-Clause */
/* The program, compiled natively, beside the model of it (tests/support/model.h): any bytes as frames, and sequences of
 * frames that the bytes choose. Nothing is read that is not there, what is said of a packet holds, and verdict and
 * reason are the model's. Input: which settings and lists, then records of { time, kind }; a kind of 0 is { direction,
 * length (2 bytes), frame }, all others are the choices of tests/support/traffic.h.
 *
 * Tables are made once and wiped for each input; the native build is compiled in once more, for its insides. */
#define native_new native_new_with_insides
#include "user/datapath/native.c"

#include "tests/support/model.h"
#include "tests/support/traffic.h"

#define SECOND 1000000000ULL
#define TICKS_OF_MS(ms) ((__u32)GP_TICKS((ms)*1000000ULL))
#define FRAMES_MOST 300 /* an input; all of them find room */

static const struct server_settings served[] = {
	{.port = 143, .service = GP_SERVICE_IMAP},
	{.port = 993, .service = GP_SERVICE_IMAPS},
	{.port = 587, .service = GP_SERVICE_SUBMISSION, .bits = 96, .address = {{[10] = 0xff, [11] = 0xff}}},
};
#define SERVED (sizeof(served) / sizeof(*served))

static const struct {
	const char *name;
	enum gp_action action; /* NONE: allowed */
	uint8_t v4_bits, v6_bits;
	uint32_t until_s;
} listed[] = {
	{"192.0.2.1", GP_ACTION_DROP, 32, 64, 1010},          {"192.0.2.2", GP_ACTION_LIMIT, 32, 64, 2000},
	{"192.0.2.3", GP_ACTION_SHADOW_DROP, 32, 64, 2000},   {"192.0.2.0", GP_ACTION_LIMIT, 24, 48, 1020},
	{"192.0.2.128", GP_ACTION_DROP, 25, 56, 1040},        {"203.0.113.7", GP_ACTION_NONE, 32, 64, 0},
	{"203.0.113.0", GP_ACTION_SHADOW_DROP, 24, 48, 1030},
};

/* Two, with nobody listed and with those above. */
struct pair {
	struct datapath *datapath;
	struct model *model;
	struct gp_sample sample; /* the last one; service NONE: there was none since */
};
static struct gp_settings settings = {
	.judged = {TICKS_OF_MS(60000), 0},
	.judged_prefix = {TICKS_OF_MS(20000), TICKS_OF_MS(20000)},
	.retry = {TICKS_OF_MS(10000), TICKS_OF_MS(10000)},
	.prefix_v4_bits = 24,
	.prefix_v6_bits = 48,
	.proven_ticks = TICKS_OF_MS(60000),
	.flow_idle_beats = GP_BEATS(60 * SECOND),
	.flooded_ticks = TICKS_OF_MS(5000),
	.retry_min_pulses = 27,
	.retry_late_pulses = 74,
	.retry_max_pulses = 119,
};

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void on_sample(void *context, const struct gp_sample *sample, const uint8_t *payload)
{
	static volatile uint8_t sum;
	struct pair *pair = context;

	pair->sample = *sample;
	for (int i = 0; i < sample->captured_bytes; i++)
		sum ^= payload[i]; /* every byte is there to be read */
	require(sample->captured_bytes <= GP_SAMPLE_BYTES);
	require(sample->captured_bytes <= sample->payload_bytes);
	require(sample->service > GP_SERVICE_NONE && sample->service < GP_SERVICE_MAX);
	require(sample->flow && sample->packets_in + sample->packets_out > 0);
}

static void list_all(struct pair *pair)
{
	for (size_t i = 0; i < 2 * sizeof(listed) / sizeof(*listed); i++) {
		const bool v6 = i % 2;
		struct prefix target = {packet_source(listed[i / 2].name, v6),
					v6 ? listed[i / 2].v6_bits : GP_V4_BITS + listed[i / 2].v4_bits};

		target.source &= target.bits < 64 ? ~(~0ULL >> target.bits) : ~0ULL;
		if (listed[i / 2].action == GP_ACTION_NONE) {
			require(!datapath_allow(pair->datapath, &target));
			model_allow(pair->model, &target);
			continue;
		}
		require(!datapath_ban(pair->datapath, &target, listed[i / 2].action, listed[i / 2].until_s, 1));
		model_ban(pair->model, &target, listed[i / 2].action, listed[i / 2].until_s);
	}
}

static void pair_open(struct pair *pair, bool with_lists)
{
	const struct datapath_options options = {.bans_max = 64,
						 .sources_max = 5120,
						 .flows_max = 2048,
						 .syns_max = 8192,
						 .native = true,
						 .seed = {1, 2}};
	bool taken_over;

	require(!datapath_new(&pair->datapath, &options, &taken_over, NULL));
	require(!datapath_servers(pair->datapath, served, SERVED));
	datapath_on_sample(pair->datapath, on_sample, pair);
	pair->model = model_new(&settings, served, SERVED);
	if (with_lists)
		list_all(pair);
}

/* All that frames leave behind. */
static void pair_wipe(struct pair *pair)
{
	struct native *native = native_of(pair->datapath->engine);
	const struct gp_sizes *sizes = &native->sizes;

	memset(native->sources, 0, sizes->sources * sizeof(*native->sources));
	memset(native->prefixes, 0, sizes->prefixes * sizeof(*native->prefixes));
	memset(native->syns, 0, sizes->syns * sizeof(*native->syns));
	memset(native->flows, 0, sizes->flows * sizeof(*native->flows));
	memset(native->flow_numbers, 0, sizes->flows * sizeof(*native->flow_numbers));
	memset(native->aggregates, 0, GP_SERVICE_MAX * sizeof(*native->aggregates));
	memset(native->sample_budget, 0, 2 * sizeof(*native->sample_budget));
	memset(native->tallies, 0, GP_TALLY_MAX * sizeof(*native->tallies));
	pair->sample.service = GP_SERVICE_NONE;
	model_forget(pair->model);
}

/* What is spent first: what a source has, its prefix, or its service. Samples have a budget in half of all. */
static void set_up(struct pair *pair, uint8_t which)
{
	static const struct gp_rate few = {TICKS_OF_MS(2000), 3 * TICKS_OF_MS(2000)};
	static const struct gp_rate some = {TICKS_OF_MS(1000), 9 * TICKS_OF_MS(1000)};
	static const struct gp_rate many = {TICKS_OF_MS(100), 99 * TICKS_OF_MS(100)};

	settings.flags = which & (GP_OBSERVE | GP_ONE_WAY | GP_DROP_FRAGMENTS);
	settings.source = which & 0x08 ? some : few;
	settings.prefix = which & 0x10 ? many : few;
	settings.service = which & 0x20 ? many : some;
	settings.samples = which & 0x40 ? some : (struct gp_rate){0};
	datapath_settings(pair->datapath, &settings);
}

/* The model says less than it seems to where tables are full, or where two have one tag. */
static bool speaks(const struct pair *pair)
{
	const struct native *native = native_of(pair->datapath->engine);
	const uint64_t seed[2] = {1, 2};

	return !native->tallies[GP_TALLY_BUCKET_SHARED] && !native->tallies[GP_TALLY_FLOWS_REPLACED] &&
	       !native->tallies[GP_TALLY_PROOFS_LOST] &&
	       model_is_bound(pair->model, native->sizes.sources, native->sizes.prefixes, seed);
}

/* False: from here on they may differ. */
static bool judge_both(struct pair *pair, enum gp_direction direction, const uint8_t *frame, size_t length,
		       uint64_t now_ns)
{
	struct opinion opinion;
	enum gp_reason reason;
	bool drop;

	if (datapath_run(pair->datapath, direction, frame, length, now_ns, &drop, &reason))
		return true;
	require(reason < GP_REASON_MAX && !(drop && direction == GP_OUT));
	opinion = model_frame(pair->model, direction, frame, length, now_ns);
	if (opinion.drop == drop && opinion.reason == reason)
		return true;
	require(!speaks(pair));
	return false;
}

/* What a reader might have made of what it was shown: a failure, a success, or somebody who has logged in before. */
static void make_of_it(struct pair *pair, uint32_t what, uint64_t now_ns)
{
	const struct gp_sample *sample = &pair->sample;
	struct sight sight = {.client_port = sample->client_port, .server_port = sample->server_port};
	struct addr client;
	uint64_t source;

	if (sample->service == GP_SERVICE_NONE)
		return;
	memcpy(sight.client, sample->client, sizeof(sight.client));
	memcpy(sight.server, sample->server, sizeof(sight.server));
	memcpy(client.byte, sample->client, sizeof(client.byte));
	source = addr_source(&client);
	if (what == 1 || what == 2) {
		datapath_flow_flag(pair->datapath, sample->slot, sample->flow,
				   what == 1 ? GP_FLOW_FAILED : GP_FLOW_LOGGED_IN);
		model_outcome(pair->model, &sight, what == 2);
	}
	if (what == 3) {
		datapath_welcome(pair->datapath, source, now_ns, 0);
		model_welcome(pair->model, source, now_ns);
	}
	pair->sample.service = GP_SERVICE_NONE;
}

static size_t raw_frame(struct choices *choices, const uint8_t **ret_frame, enum gp_direction *ret_direction)
{
	size_t length;

	*ret_direction = choose(choices, 2) ? GP_OUT : GP_IN;
	length = choose(choices, 2048);
	length = length < choices->left ? length : choices->left;
	*ret_frame = choices->bytes;
	choices->bytes += length;
	choices->left -= length;
	return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct pair pairs[2];
	struct pair *pair;
	struct traffic traffic = {{0}};
	uint64_t now_ns = 1000 * SECOND;
	bool same = true;

	if (size < 1)
		return 0;
	for (int i = 0; i < 2 && !pairs[i].model; i++)
		pair_open(&pairs[i], i);
	pair = &pairs[bytes[0] >> 7];
	pair_wipe(pair);
	set_up(pair, bytes[0]);
	traffic.choices = (struct choices){.bytes = bytes + 1, .left = size - 1};
	for (int n = 0; n < FRAMES_MOST && same && traffic.choices.left > 1; n++) {
		uint8_t built[PACKET_BYTES];
		const uint8_t *frame = built;
		enum gp_direction direction;
		const uint32_t pause = choose(&traffic.choices, 256);
		size_t length;

		now_ns += pause * pause * (SECOND / 16384); /* up to four seconds */
		if (choose(&traffic.choices, 256))
			length = traffic_frame(&traffic, built, &direction);
		else
			length = raw_frame(&traffic.choices, &frame, &direction);
		same = judge_both(pair, direction, frame, length, now_ns);
		if (pair->sample.service != GP_SERVICE_NONE)
			make_of_it(pair, choose(&traffic.choices, 8), now_ns);
	}
	return 0;
}
