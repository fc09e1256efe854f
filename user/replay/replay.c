/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/replay/replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/profile_shelf.h"
#include "user/adapters/secret.h"
#include "user/config/config.h"
#include "user/pipeline.h"

#define NS_PER_S 1000000000ULL
#define TICK_NS (NS_PER_S / 5)
/* The kernel half's clock starts here, not at 0, so that "an hour ago" exists at the first packet. */
#define EPOCH_NS (3600 * NS_PER_S)
#define SERVERS_MAX 1024
#define ETHERNET_BYTES 14

struct replay {
	struct settings *settings;
	struct secret *secret;
	struct servers *servers;
	struct datapath *datapath;
	struct pipeline *pipeline;
	uint64_t now_ns, ticked_ns, wall_offset_ns;
	bool started;
	size_t missing_bytes; /* of the frame under way: cut off by the snap length */
	struct replay_totals totals;
	struct replay_listener listener[REPLAY_LISTENERS_MAX];
	size_t listeners;
	uint8_t padded[65536 + 64];
};

/* ---- telling --------------------------------------------------------------------------------------------------- */

#define TELL(replay, event, ...)                                                                                       \
	for (const struct replay_listener *to = (replay)->listener; to < (replay)->listener + (replay)->listeners;     \
	     to++)                                                                                                     \
		if (to->event)                                                                                         \
	to->event(to->context, __VA_ARGS__)

static uint64_t wall_now_ns(const struct replay *replay)
{
	return replay->now_ns + replay->wall_offset_ns;
}

static void on_attempt(void *context, const struct attempt *attempt)
{
	TELL((struct replay *)context, attempt, attempt, wall_now_ns(context));
}

static void on_hearing(void *context, const struct hearing *hearing)
{
	TELL((struct replay *)context, heard, hearing);
}

static void on_flow(void *context, const struct flow_report *report)
{
	TELL((struct replay *)context, flow, report);
}

static void on_decision(void *context, const struct decision *decision, const struct ban *ban)
{
	TELL((struct replay *)context, decision, decision, ban, wall_now_ns(context));
}

static void on_ban_ended(void *context, const struct ban *ban)
{
	TELL((struct replay *)context, ban_ended, ban, wall_now_ns(context));
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

/* A frame that the snap length cut is padded to what it was on the wire: the parser must not take it for a damaged one.
 */
static const uint8_t *whole(struct replay *replay, const struct frame *frame, size_t *ret_bytes)
{
	replay->missing_bytes = 0;
	*ret_bytes = frame->captured;
	if (frame->captured >= frame->length || frame->length > sizeof(replay->padded))
		return frame->bytes;
	replay->totals.cut++;
	replay->missing_bytes = frame->length - frame->captured;
	memcpy(replay->padded, frame->bytes, frame->captured);
	memset(replay->padded + frame->captured, 0, replay->missing_bytes);
	*ret_bytes = frame->length;
	return replay->padded;
}

/* A capture has both directions. What is for a protected service is ingress; the rest is shown to the egress. */
static int judge_frame(struct replay *replay, const struct frame *frame, struct replay_verdict *verdict)
{
	size_t length;
	const uint8_t *bytes = whole(replay, frame, &length);
	int error =
		datapath_run(replay->datapath, GP_IN, bytes, length, replay->now_ns, &verdict->drop, &verdict->reason);

	if (!error && verdict->reason == GP_REASON_NOT_MAIL) {
		verdict->direction = GP_OUT;
		error = datapath_run(replay->datapath, GP_OUT, bytes, length, replay->now_ns, &verdict->drop,
				     &verdict->reason);
	}
	if (error)
		return error;
	verdict->spared = reason_drops[verdict->reason] && !verdict->drop;
	replay->totals.reason[verdict->reason]++;
	replay->totals.dropped += verdict->drop;
	replay->totals.spared += verdict->spared;
	return 0;
}

static void advance(struct replay *replay, uint64_t wall_ns)
{
	if (!replay->started) {
		replay->started = true;
		replay->wall_offset_ns = wall_ns - EPOCH_NS;
		replay->now_ns = replay->ticked_ns = EPOCH_NS;
		enforce_wall(pipeline_enforcer(replay->pipeline), replay->wall_offset_ns);
		TELL(replay, began, replay->wall_offset_ns);
	}
	/* A capture of several queues may step back a little; time does not. */
	if (wall_ns - replay->wall_offset_ns > replay->now_ns && wall_ns > replay->wall_offset_ns)
		replay->now_ns = wall_ns - replay->wall_offset_ns;
	if (replay->now_ns - replay->ticked_ns >= TICK_NS) {
		replay->ticked_ns = replay->now_ns;
		pipeline_tick(replay->pipeline, replay->now_ns);
	}
}

/* A full disk is full for the rest of a long capture, too. */
static int listeners_error(const struct replay *replay)
{
	int error = 0;

	for (size_t i = 0; i < replay->listeners && !error; i++)
		if (replay->listener[i].error)
			error = replay->listener[i].error(replay->listener[i].context);
	return error;
}

int replay_frame(struct replay *replay, const struct frame *frame, struct fault *fault)
{
	struct replay_verdict verdict = {.reason = GP_REASON_CUT_SHORT, .direction = GP_IN};
	int error = 0;

	advance(replay, frame->time_ns);
	replay->totals.frames++;
	replay->totals.bytes += frame->length;
	if (frame->captured < ETHERNET_BYTES)
		replay->totals.runts++;
	else
		error = judge_frame(replay, frame, &verdict);
	if (error)
		return fault_set(fault, -error, "the engine refused a frame: %s", strerror(-error));
	TELL(replay, frame, frame, &verdict);
	error = listeners_error(replay);
	return error ? fault_set(fault, -error, "stopped: what is found cannot be written") : 0;
}

void replay_end(struct replay *replay)
{
	uint64_t tallies[GP_TALLY_MAX] = {0};

	pipeline_finish(replay->pipeline, replay->now_ns);
	datapath_tallies(replay->datapath, tallies);
	replay->totals.samples_lost = tallies[GP_TALLY_SAMPLES_LOST] + tallies[GP_TALLY_SAMPLES_OVER_BUDGET];
	TELL(replay, end, &replay->totals);
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
		.native = replay->totals.native,
		.seed = {0x67617465706f7374, 0x7265706c6179},
	};
	bool taken_over;
	int error = datapath_new(&replay->datapath, &options, &taken_over, fault);

	/* Without the privilege for the kernel's program its native build gives the same verdicts. */
	if (error == -EPERM && !replay->totals.native) {
		replay->totals.native = options.native = true;
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

static int set_up(struct replay *replay, const struct replay_options *options, struct fault *fault)
{
	int error = config_load(options->config, &replay->settings, fault);

	if (!error) {
		replay->settings->judge.seed = 1;
		/* A capture may begin in the middle of things and hold one direction only. */
		replay->settings->one_way = true;
		replay->settings->enforce = (replay->settings->enforce && !options->observe) || options->enforce;
		replay->totals.native = options->native;
		error = secret_new(&replay->secret, NULL, 1, fault);
	}
	if (!error)
		error = make_servers(replay, options->profiles, fault);
	if (!error)
		error = make_engine(replay, fault);
	if (!error)
		error = make_pipeline(replay, fault);
	return error;
}

int replay_new(struct replay **ret_replay, const struct replay_options *options, struct fault *fault)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	int error;

	if (!replay)
		return fault_set(fault, ENOMEM, "out of memory");
	error = set_up(replay, options, fault);
	if (error) {
		replay_free(replay);
		return error;
	}
	replay->totals.pipeline = pipeline_totals(replay->pipeline);
	*ret_replay = replay;
	return 0;
}

void replay_free(struct replay *replay)
{
	if (!replay)
		return;
	pipeline_free(replay->pipeline);
	datapath_free(replay->datapath);
	servers_free(replay->servers);
	secret_free(replay->secret);
	config_free(replay->settings);
	free(replay);
}

int replay_listen(struct replay *replay, const struct replay_listener *listener)
{
	if (replay->listeners == REPLAY_LISTENERS_MAX)
		return -ENOSPC;
	replay->listener[replay->listeners++] = *listener;
	if (listener->heard)
		judge_on_hearing(pipeline_judge(replay->pipeline), on_hearing, replay);
	return 0;
}

const struct settings *replay_settings(const struct replay *replay)
{
	return replay->settings;
}
