/* SPDX-License-Identifier: BSD-2-Clause */
/* make accuracy: how many connections of the labelled captures are read right, inside TLS, by what is known of the
 * servers; every figure beside its bar. The captures go through the shipped pipeline (native engine), one pass a
 * question. Exit 1 when a bar is missed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/labels.h"
#include "bench/score.h"
#include "user/adapters/capture.h"
#include "user/adapters/profile_file.h"
#include "user/adapters/secret.h"
#include "user/config/config.h"
#include "user/pipeline.h"

#define NS_PER_S 1000000000ULL
#define EPOCH_NS (3600 * NS_PER_S)

struct world {
	const char *corpus;
	struct labels labels;
	struct servers *servers;
	struct settings *settings;
	struct secret *secret;
	struct datapath *datapath;
	struct pipeline *pipeline;
	const char *pcap; /* the capture that is read */
	uint64_t now_ns, wall_offset_ns;
	bool one_way;
	uint64_t frames;
};

static void die(const char *what, int error)
{
	fprintf(stderr, "accuracy: %s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(2);
}

bool trace_on;

/* ---- a pass over the captures ----------------------------------------------------------------------------------- */

static struct label_row *row_of(struct world *world, const struct flow *flow)
{
	for (size_t i = 0; i < world->labels.count; i++) {
		struct label_row *row = &world->labels.row[i];

		if (row->client_port == flow->ends.client_port && row->server_port == flow->ends.server_port &&
		    !strcmp(row->pcap, world->pcap) &&
		    !memcmp(&row->client, &flow->ends.client, sizeof(row->client)) &&
		    !memcmp(&row->server, &flow->ends.server, sizeof(row->server)) && !strcmp(row->read, "-"))
			return row;
	}
	return NULL;
}

static void on_flow(void *context, const struct flow_report *report)
{
	struct label_row *row = row_of(context, report->flow);

	if (trace_on)
		fprintf(stderr, "FLOW port %u -> %u outcomes %s truth %s %s\n", report->flow->ends.client_port, report->flow->ends.server_port, report->flow->outcomes, row ? row->outcomes : "none", row ? row->tool : "");

	if (row)
		snprintf(row->read, sizeof(row->read), "%s", report->flow->outcomes);
}

static void on_sample(void *context, const struct gp_sample *sample, const uint8_t *payload)
{
	struct world *world = context;

	pipeline_sample(world->pipeline, sample, payload);
}

static void engine_start(struct world *world)
{
	struct datapath_options engine = {
		.bans_max = 1024,
		.sources_max = 1 << 16,
		.flows_max = 1 << 12,
		.ring_bytes = 1 << 20,
		.virtual_time = true,
		.native = true,
		.seed = {1, 2},
	};
	struct pipeline_options options = {
		.settings = world->settings,
		.digest = secret_digest(world->secret),
		.servers = world->servers,
		.sink = {.context = world, .flow = on_flow},
	};
	struct gp_settings kernel = {0};
	struct fault fault = {0};
	bool taken_over;

	if (datapath_new(&world->datapath, &engine, &taken_over, &fault))
		die(fault.text, EINVAL);
	datapath_on_sample(world->datapath, on_sample, world);
	options.datapath = world->datapath;
	if (pipeline_new(&world->pipeline, &options, &fault))
		die(fault.text, EINVAL);
	settings_to_kernel(world->settings, &kernel);
	datapath_settings(world->datapath, &kernel);
	datapath_servers(world->datapath, world->settings->server, world->settings->servers);
	world->now_ns = EPOCH_NS;
	world->wall_offset_ns = 0;
}

static void frame_run(struct world *world, const struct frame *frame)
{
	enum gp_reason reason = GP_REASON_NOT_MAIL;
	bool drop;

	if (!world->wall_offset_ns) {
		world->wall_offset_ns = frame->time_ns - EPOCH_NS;
		enforce_wall(pipeline_enforcer(world->pipeline), world->wall_offset_ns);
	}
	if (frame->time_ns - world->wall_offset_ns > world->now_ns)
		world->now_ns = frame->time_ns - world->wall_offset_ns;
	world->frames++;
	datapath_run(world->datapath, GP_IN, frame->bytes, frame->captured, world->now_ns, &drop, &reason);
	if (reason == GP_REASON_NOT_MAIL && !world->one_way)
		datapath_run(world->datapath, GP_OUT, frame->bytes, frame->captured, world->now_ns, &drop, &reason);
}

static void capture_run(struct world *world, const char *pcap)
{
	struct capture *capture;
	struct fault fault = {0};
	struct frame frame;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", world->corpus, pcap);
	world->pcap = pcap;
	if (capture_open_file(&capture, path, &fault))
		die(fault.text, EINVAL);
	engine_start(world);
	while (capture_next(capture, &frame, &fault) == 1)
		frame_run(world, &frame);
	pipeline_finish(world->pipeline, world->now_ns);
	pipeline_free(world->pipeline);
	datapath_free(world->datapath);
	capture_free(capture);
}

static void pass(struct world *world)
{
	const char *only = trace_on ? getenv("ONLY") : NULL;

	labels_forget(&world->labels);
	for (size_t i = 0; i < world->labels.count; i++)
		if ((!i || strcmp(world->labels.row[i].pcap, world->labels.row[i - 1].pcap)) &&
		    (!only || !strcmp(only, world->labels.row[i].pcap)))
			capture_run(world, world->labels.row[i].pcap);
	if (trace_on && getenv("ONCE"))
		exit(0);
}

/* ---- what is known of the servers ------------------------------------------------------------------------------ */

static void put_common(void *context, const char *name, const struct profile *profile)
{
	struct world *world = context;

	(void)name;
	servers_common(world->servers, profile);
}

static void servers_start(struct world *world, bool learn, bool builtin)
{
	const struct servers_options options = {.servers_max = 64, .seed = 1, .learn = learn};

	servers_free(world->servers);
	if (servers_new(&world->servers, &options))
		die("servers", ENOMEM);
	if (builtin)
		profiles_builtin(put_common, world);
}

static void servers_probed(struct world *world, unsigned int flags)
{
	for (size_t i = 0; i < world->labels.count; i++) {
		const struct label_row *row = &world->labels.row[i];
		struct profile profile;
		struct profile_key key;
		struct fault fault = {0};
		char path[512];

		if (!row->profile[0] || servers_find(world->servers, &row->server, row->server_port))
			continue;
		snprintf(path, sizeof(path), "%s/profiles/%s", world->corpus, row->profile);
		if (profile_load(path, flags, &profile, &key, &fault))
			die(path, EBADMSG);
		if (key.port != row->server_port) /* the greeting of another port */
			memset(profile.length[REPLY_GREETING], 0, sizeof(profile.length[REPLY_GREETING]));
		servers_put(world->servers, &row->server, row->server_port, &profile);
	}
}

/* ---- questions ------------------------------------------------------------------------------------------------- */

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strncmp(name, *list, strlen(*list)))
			return true;
	return false;
}

static const char *const usual[] = {"legit_", "attack_", "rtt40ms", "idle", "noattempt", "session_resumption", NULL};
static const char *const odd[] = {"client_padding", "fragmented", "pipelined", "long_tag", "abort", "multi", NULL};
static const char *const cbc[] = {"cbc", NULL};
static const char *const padded[] = {"server_padding", NULL};
static const char *const every[] = {"", NULL};

static bool verbose;

static struct score score_of(const struct world *world, const char *const *pcaps, const char *what)
{
	struct score score = {0};

	for (size_t i = 0; i < world->labels.count; i++) {
		const struct label_row *row = &world->labels.row[i];
		enum mark mark;

		if (strcmp(row->handshake, "done") || !is_one_of(row->pcap, pcaps))
			continue;
		mark = score_add(&score, row->outcomes, row->read);
		if (verbose && mark != MARK_RIGHT)
			printf("    %s: %s %s truth %s read %s: %s port %u -> %u %s %s %s\n", what,
			       mark == MARK_WRONG ? "WRONG" : "unknown", row->pcap, row->outcomes, row->read,
			       row->profile, row->client_port, row->server_port, row->tls, row->tool, row->service);
	}
	return score;
}

static void score_print(const char *what, const struct score *score)
{
	const double all = score->connections ? score->connections : 1;

	printf("%-44s %5u  right %5.1f %%  unknown %4.1f %%  wrong %4.1f %%   F>S %u S>F %u ->F %u ->S %u F>U %u F>- %u\n",
	       what, score->connections, 100 * score->marks[MARK_RIGHT] / all, 100 * score->marks[MARK_UNKNOWN] / all,
	       100 * score->marks[MARK_WRONG] / all, score->attempts[SCORE_F][SCORE_S],
	       score->attempts[SCORE_S][SCORE_F], score->attempts[SCORE_NONE][SCORE_F],
	       score->attempts[SCORE_NONE][SCORE_S], score->attempts[SCORE_F][SCORE_U],
	       score->attempts[SCORE_F][SCORE_NONE]);
}

static void ask(const struct world *world, const char *how)
{
	static const struct {
		const char *name;
		const char *const *pcaps;
	} groups[] = {{"usual", usual}, {"odd", odd}, {"cbc", cbc}, {"server padding", padded}, {"all", every}};
	char what[80];

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct score score;

		snprintf(what, sizeof(what), "%s, %s", how, groups[i].name);
		score = score_of(world, groups[i].pcaps, what);
		score_print(what, &score);
	}
}

static const struct question {
	const char *name;
	bool probe, learn, builtin, one_way;
	int rounds;
} questions[] = {
	{"probe", .probe = true, .builtin = true, .rounds = 1},
	{"probe, learning", .probe = true, .builtin = true, .learn = true, .rounds = 3},
	{"empty", .learn = true, .rounds = 4},
	{"builtin", .learn = true, .builtin = true, .rounds = 4},
	{"one way, probe", .probe = true, .builtin = true, .one_way = true, .rounds = 1},
	{"one way, builtin", .learn = true, .builtin = true, .one_way = true, .rounds = 4},
};

int main(int argc, char **argv)
{
	struct world world = {.corpus = argc > 1 ? argv[1] : "../shared/corpus"};
	struct fault fault = {0};
	char path[512];

	verbose = argc > 2;
	snprintf(path, sizeof(path), "%s/labels.csv", world.corpus);
	if (labels_load(&world.labels, path))
		die(path, EBADMSG);
	if (config_load(NULL, &world.settings, &fault) || secret_new(&world.secret, NULL, 1, &fault))
		die("configuration", EINVAL);
	world.settings->one_way = true;

	for (size_t q = 0; q < sizeof(questions) / sizeof(questions[0]); q++) {
		const struct question *question = &questions[q];
		const char *only = getenv("Q");
		if (only && strcmp(only, question->name))
			continue;
		world.one_way = question->one_way;
		servers_start(&world, question->learn, question->builtin);
		if (question->probe)
			servers_probed(&world, PROFILE_WITHOUT_SUCCESS);
		for (int round = 1; round <= question->rounds; round++) {
			char what[64];
			trace_on = round == question->rounds && getenv("TRACE");
			pass(&world);
			snprintf(what, sizeof(what), question->rounds > 1 ? "%s, round %d" : "%s", question->name, round);
			if (round == 1 || round == question->rounds)
				ask(&world, what);
		}
	}
	labels_free(&world.labels);
	servers_free(world.servers);
	secret_free(world.secret);
	config_free(world.settings);
	return 0;
}
