/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost replay: captures through the shipped program and the whole pipeline, in the packets' own time. The same
 * files give the same lines, byte for byte: seeds are fixed, the clock is the packet's. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/capture.h"
#include "user/adapters/profile_shelf.h"
#include "user/config/config.h"
#include "user/adapters/secret.h"
#include "user/cmd/cmd.h"
#include "user/lines.h"
#include "user/pipeline.h"

#define NS_PER_S 1000000000ULL
#define TICK_NS (NS_PER_S / 5)
/* The kernel half's clock starts here, not at 0, so that "an hour ago" exists at the first packet. */
#define EPOCH_NS (3600 * NS_PER_S)
#define SERVERS_MAX 1024

struct replay {
	struct settings *settings;
	struct secret *secret;
	struct servers *servers;
	struct datapath *datapath;
	bool native; /* the engine in this process, not the kernel */
	struct pipeline *pipeline;
	uint64_t now_ns, ticked_ns, wall_offset_ns;
	bool started;
	size_t missing_bytes; /* of the frame under way: cut off by the snap length */
	uint64_t frames, bytes, dropped, spared, runts, cut;
	uint64_t reason[GP_REASON_MAX];
};

/* ---- output ---------------------------------------------------------------------------------------------------- */

static void print_line(json_t *line)
{
	json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(16));
	putchar('\n');
	json_decref(line);
}

static uint64_t wall_now_ns(const struct replay *replay)
{
	return replay->now_ns + replay->wall_offset_ns;
}

static void on_attempt(void *context, const struct attempt *attempt)
{
	print_line(line_attempt(attempt, wall_now_ns(context)));
}

static void on_flow(void *context, const struct flow_report *report)
{
	(void)context;
	print_line(line_flow(report));
}

static void on_decision(void *context, const struct decision *decision, const struct ban *ban)
{
	const struct replay *replay = context;

	print_line(line_decision(decision, ban, wall_now_ns(replay), replay->settings->enforce));
}

static void on_ban_ended(void *context, const struct ban *ban)
{
	print_line(line_ban_ended(ban, wall_now_ns(context)));
}

static json_t *summary_reasons(const struct replay *replay)
{
	static const char *const text[] = {
#define REASON_TEXT(name, words, drops) words,
		GP_REASONS(REASON_TEXT)
#undef REASON_TEXT
	};
	json_t *reasons = json_object();

	for (int i = 0; i < GP_REASON_MAX; i++)
		if (replay->reason[i])
			json_object_set_new(reasons, text[i], json_integer((json_int_t)replay->reason[i]));
	return reasons;
}

static void print_summary(const struct replay *replay)
{
	const struct pipeline_totals *totals = pipeline_totals(replay->pipeline);
	uint64_t tallies[GP_TALLY_MAX] = {0};

	datapath_tallies(replay->datapath, tallies);
	print_line(json_pack(
		"{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "type",
		"summary", "engine", replay->native ? "native" : "bpf", "frames", (json_int_t)replay->frames, "bytes",
		(json_int_t)replay->bytes, "dropped", (json_int_t)replay->dropped, "spared", (json_int_t)replay->spared,
		"runts", (json_int_t)replay->runts, "cut", (json_int_t)replay->cut, "verdicts", summary_reasons(replay),
		"samples", (json_int_t)totals->samples, "samples_lost",
		(json_int_t)(tallies[GP_TALLY_SAMPLES_LOST] + tallies[GP_TALLY_SAMPLES_OVER_BUDGET]), "flows",
		(json_int_t)totals->flows, "connections", (json_int_t)totals->connections, "handshakes",
		(json_int_t)totals->handshakes, "failures", (json_int_t)totals->attempts[OUTCOME_FAILURE], "successes",
		(json_int_t)totals->attempts[OUTCOME_SUCCESS], "unknown", (json_int_t)totals->attempts[OUTCOME_UNKNOWN],
		"decisions", (json_int_t)totals->decisions));
}

/* ---- frames ---------------------------------------------------------------------------------------------------- */

/* A frame cut by the snap length was padded for the parser; the padding is not what was sent. */
static void on_sample(void *context, const struct gp_sample *sample, const uint8_t *payload)
{
	struct replay *replay = context;
	struct gp_sample trimmed = *sample;
	size_t rest = (size_t)sample->payload_bytes + sample->behind_bytes; /* from here to the frame's end */
	size_t here = rest > replay->missing_bytes ? rest - replay->missing_bytes : 0;

	if (trimmed.captured_bytes > here)
		trimmed.captured_bytes = (uint16_t)here;
	pipeline_sample(replay->pipeline, &trimmed, payload);
}

static const bool reason_drops[] = {
#define REASON_DROPS(name, words, drops) drops,
	GP_REASONS(REASON_DROPS)
#undef REASON_DROPS
};

static const uint8_t *pad(const struct frame *frame, uint8_t *buffer, size_t *length)
{
	memcpy(buffer, frame->bytes, frame->captured);
	memset(buffer + frame->captured, 0, frame->length - frame->captured);
	*length = frame->length;
	return buffer;
}

/* A capture has both directions. What is for a protected service is ingress; the rest is shown to the egress. */
static int replay_frame(struct replay *replay, const struct frame *frame)
{
	static uint8_t padded[65536 + 64];
	const uint8_t *bytes = frame->bytes;
	size_t length = frame->captured;
	enum gp_reason reason = GP_REASON_NOT_MAIL;
	bool drop = false;
	int error;

	replay->frames++;
	replay->bytes += frame->length;
	replay->missing_bytes = 0;
	if (frame->captured < 14) {
		replay->runts++;
		return 0;
	}
	if (frame->captured < frame->length && frame->length <= sizeof(padded)) {
		replay->cut++;
		replay->missing_bytes = frame->length - frame->captured;
		bytes = pad(frame, padded, &length);
	}
	error = datapath_run(replay->datapath, GP_IN, bytes, length, replay->now_ns, &drop, &reason);
	if (!error && reason == GP_REASON_NOT_MAIL)
		error = datapath_run(replay->datapath, GP_OUT, bytes, length, replay->now_ns, &drop, &reason);
	if (error)
		return error;
	replay->reason[reason]++;
	replay->dropped += drop;
	replay->spared += reason_drops[reason] && !drop;
	return 0;
}

static void advance(struct replay *replay, uint64_t wall_ns)
{
	if (!replay->started) {
		replay->started = true;
		replay->wall_offset_ns = wall_ns - EPOCH_NS;
		replay->now_ns = replay->ticked_ns = EPOCH_NS;
		enforce_wall(pipeline_enforcer(replay->pipeline), replay->wall_offset_ns);
	}
	/* A capture of several queues may step back a little; time does not. */
	if (wall_ns - replay->wall_offset_ns > replay->now_ns && wall_ns > replay->wall_offset_ns)
		replay->now_ns = wall_ns - replay->wall_offset_ns;
	if (replay->now_ns - replay->ticked_ns >= TICK_NS) {
		replay->ticked_ns = replay->now_ns;
		pipeline_tick(replay->pipeline, replay->now_ns);
	}
}

static int replay_file(struct replay *replay, const char *path)
{
	struct capture *capture = NULL;
	struct fault fault = {0};
	struct frame frame;
	int error = capture_open_file(&capture, path, &fault);

	if (error)
		return cmd_fail(&fault, error);
	while ((error = capture_next(capture, &frame, &fault)) == 1) {
		advance(replay, frame.time_ns);
		error = replay_frame(replay, &frame);
		if (error) {
			fault_set(&fault, -error, "the engine refused a frame: %s", strerror(-error));
			break;
		}
	}
	capture_free(capture);
	return error < 0 ? cmd_fail(&fault, error) : EXIT_OK;
}

/* ---- setting up ------------------------------------------------------------------------------------------------ */

static int make_engine(struct replay *replay, struct fault *fault)
{
	struct datapath_options options = {
		.bans_max = replay->settings->bans_max,
		.sources_max = replay->settings->sources_max,
		.syns_max = replay->settings->syns_max,
		.flows_max = replay->settings->flows_max,
		.ring_bytes = 1 << 20,
		.virtual_time = true,
		.native = replay->native,
		.seed = {0x67617465706f7374, 0x7265706c6179},
	};
	bool taken_over;
	int error = datapath_new(&replay->datapath, &options, &taken_over, fault);

	/* Without the privilege for the kernel's program its native build gives the same verdicts. */
	if (error == -EPERM && !replay->native) {
		replay->native = options.native = true;
		error = datapath_new(&replay->datapath, &options, &taken_over, fault);
	}
	if (!error)
		datapath_on_sample(replay->datapath, on_sample, replay);
	return error;
}

static int make_pipeline(struct replay *replay, struct fault *fault)
{
	struct gp_settings kernel = {0};
	struct pipeline_options options = {
		.settings = replay->settings,
		.datapath = replay->datapath,
		.digest = secret_digest(replay->secret),
		.servers = replay->servers,
		.sink = {.context = replay,
			 .attempt = on_attempt,
			 .flow = on_flow,
			 .decision = on_decision,
			 .ban_ended = on_ban_ended},
	};
	int error = pipeline_new(&replay->pipeline, &options, fault);

	if (error)
		return error;
	settings_to_kernel(replay->settings, &kernel);
	error = datapath_settings(replay->datapath, &kernel);
	if (!error)
		error = datapath_servers(replay->datapath, replay->settings->server, replay->settings->servers);
	return error ? fault_set(fault, -error, "cannot set up the engine: %s", strerror(-error)) : 0;
}

static void on_bad_profile(void *context, const struct fault *fault)
{
	(void)context;
	fprintf(stderr, "gatepost: %s\n", fault->text);
}

static int make_servers(struct replay *replay, const char *profiles, struct fault *fault)
{
	const struct servers_options options = {.servers_max = SERVERS_MAX, .seed = 1, .learn = true};
	int loaded = servers_new(&replay->servers, &options);

	if (loaded)
		return fault_set(fault, ENOMEM, "out of memory");
	loaded = profile_shelf_load(replay->servers, profiles, on_bad_profile, NULL, fault);
	return loaded < 0 ? loaded : 0;
}

static int replay_new(struct replay *replay, const char *config, const char *profiles, bool enforce)
{
	struct fault fault = {0};
	int error = config_load(config, &replay->settings, &fault);

	if (!error) {
		replay->settings->judge.seed = 1;
		/* A capture may begin in the middle of things and hold one direction only. */
		replay->settings->one_way = true;
		replay->settings->enforce |= enforce;
		error = secret_new(&replay->secret, NULL, 1, &fault);
	}
	if (!error)
		error = make_servers(replay, profiles, &fault);
	if (!error)
		error = make_engine(replay, &fault);
	if (!error)
		error = make_pipeline(replay, &fault);
	return error ? cmd_fail(&fault, error) : EXIT_OK;
}

static void replay_free(struct replay *replay)
{
	pipeline_free(replay->pipeline);
	datapath_free(replay->datapath);
	servers_free(replay->servers);
	secret_free(replay->secret);
	config_free(replay->settings);
}

static int replay_files(struct replay *replay, char **path)
{
	int code = EXIT_OK;

	for (; *path; path++) {
		int one = replay_file(replay, *path);

		code = one ? one : code;
	}
	pipeline_finish(replay->pipeline, replay->now_ns);
	print_summary(replay);
	return code;
}

int cmd_replay(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},   {"engine", required_argument, NULL, 'e'},
		{"enforce", no_argument, NULL, 'f'},        {"output", required_argument, NULL, 'o'},
		{"profiles", required_argument, NULL, 'p'}, {0}};
	static const char usage[] =
		"usage: gatepost replay [--config FILE] [--profiles DIR] [--engine bpf|native] [--enforce] "
		"[-o json] FILE...";
	struct replay replay = {0};
	const char *config = NULL, *profiles = NULL;
	bool enforce = false;
	int option, code;

	while ((option = getopt_long(argc, argv, "c:e:o:p:", options, NULL)) != -1) {
		if (option == 'c')
			config = optarg;
		else if (option == 'e' && (!strcmp(optarg, "native") || !strcmp(optarg, "bpf")))
			replay.native = *optarg == 'n';
		else if (option == 'p')
			profiles = optarg;
		else if (option == 'f')
			enforce = true;
		else if (option != 'o' || strcmp(optarg, "json"))
			return cmd_usage(usage);
	}
	if (optind == argc)
		return cmd_usage(usage);
	code = replay_new(&replay, config, profiles, enforce);
	if (!code)
		code = replay_files(&replay, argv + optind);
	replay_free(&replay);
	return code;
}
