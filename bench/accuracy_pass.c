/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/accuracy_pass.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/adapters/capture.h"
#include "user/adapters/secret.h"
#include "user/config/config.h"

#define NS_PER_S 1000000000ULL
#define EPOCH_NS (3600 * NS_PER_S)
#define TICK_NS (NS_PER_S / 5) /* as the daemon */

void die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "accuracy: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

/* ---- the captures ---------------------------------------------------------------------------------------------- */

static void find_captures(struct corpus *corpus)
{
	char path[512];

	for (size_t i = 0; i < corpus->labels.count; i++) {
		struct label_row *row = &corpus->labels.row[i];

		if (row->capture != i) {
			row->missing = corpus->labels.row[row->capture].missing;
			continue;
		}
		snprintf(path, sizeof(path), "%s/%s", corpus->directory, row->pcap);
		row->missing = access(path, R_OK) != 0;
		corpus->captures++;
		corpus->captures_missing += row->missing;
	}
}

int corpus_open(struct corpus *ret_corpus, const char *directory, struct fault *fault)
{
	struct corpus corpus = {.directory = directory};
	char path[512];
	int error;

	snprintf(path, sizeof(path), "%s/labels.csv", directory);
	error = labels_load(&corpus.labels, path, fault);
	if (!error)
		error = config_load(NULL, &corpus.settings, fault);
	if (!error)
		error = secret_new(&corpus.secret, NULL, 1, fault);
	if (error) {
		corpus_close(&corpus);
		return error;
	}
	find_captures(&corpus);
	*ret_corpus = corpus;
	return 0;
}

void corpus_close(struct corpus *corpus)
{
	labels_free(&corpus->labels);
	secret_free(corpus->secret);
	config_free(corpus->settings);
}

void answers_new(struct answers *ret_answers, const struct corpus *corpus)
{
	const size_t count = corpus->labels.count;

	ret_answers->read = calloc(count, sizeof(*ret_answers->read));
	ret_answers->counted = calloc(count, sizeof(*ret_answers->counted));
	ret_answers->count = count;
	if (!ret_answers->read || !ret_answers->counted)
		die("out of memory");
	for (size_t i = 0; i < count; i++)
		strcpy(ret_answers->read[i], "-");
}

void answers_free(struct answers *answers)
{
	free(answers->read);
	free(answers->counted);
	*answers = (struct answers){0};
}

/* ---- a pass ---------------------------------------------------------------------------------------------------- */

struct run {
	const struct pass *pass;
	struct datapath *datapath;
	struct pipeline *pipeline;
	size_t capture;
	bool *ended; /* rows whose connection was reported: the same four numbers may come again */
	uint64_t now_ns, ticked_ns, wall_offset_ns;
	const struct gp_sample *sample; /* that is being read */
};

static bool is_of(const struct label_row *row, const struct ends *ends)
{
	return row->client_port == ends->client_port && row->server_port == ends->server_port &&
	       !memcmp(&row->client, &ends->client, sizeof(row->client)) &&
	       !memcmp(&row->server, &ends->server, sizeof(row->server));
}

static const struct label_row *row_of(const struct run *run, const struct ends *ends)
{
	const struct labels *labels = &run->pass->corpus->labels;

	for (size_t i = run->capture; i < labels->count; i++)
		if (labels->row[i].capture == run->capture && !run->ended[i] && is_of(&labels->row[i], ends))
			return &labels->row[i];
	return NULL;
}

static void on_attempt(void *context, const struct attempt *attempt)
{
	const struct run *run = context;

	if (run->pass->attempt)
		run->pass->attempt(run->pass->context, row_of(run, &attempt->ends), attempt, run->sample);
}

static void on_flow(void *context, const struct flow_report *report)
{
	struct run *run = context;
	const struct label_row *row = row_of(run, &report->flow->ends);

	if (row)
		run->ended[row - run->pass->corpus->labels.row] = true;
	if (run->pass->flow)
		run->pass->flow(run->pass->context, row, report->flow->outcomes);
}

static void on_sample(void *context, const struct gp_sample *sample, const uint8_t *payload)
{
	struct run *run = context;
	const struct pass *pass = run->pass;

	if (pass->wanted) {
		struct ends ends = {.client_port = sample->client_port, .server_port = sample->server_port};

		memcpy(ends.client.byte, sample->client, sizeof(ends.client.byte));
		memcpy(ends.server.byte, sample->server, sizeof(ends.server.byte));
		if (!pass->wanted(pass->context, row_of(run, &ends)))
			return;
	}
	if (pass->sample)
		pass->sample(pass->context, sample, payload);
	run->sample = sample;
	pipeline_sample(run->pipeline, sample, payload);
	run->sample = NULL;
}

static void engine_start(struct run *run)
{
	const struct corpus *corpus = run->pass->corpus;
	const struct datapath_options engine = {
		.bans_max = 1024,
		.sources_max = 1 << 14,
		.flows_max = 1 << 12,
		.ring_bytes = 1 << 20,
		.virtual_time = true,
		.native = true,
		.seed = {1, 2},
	};
	struct pipeline_options options = {
		.settings = corpus->settings,
		.digest = secret_digest(corpus->secret),
		.servers = run->pass->servers,
		.sink = {.context = run, .attempt = on_attempt, .flow = on_flow},
	};
	struct gp_settings kernel = {0};
	struct fault fault = {0};
	bool taken_over;

	corpus->settings->one_way = run->pass->one_way;
	if (datapath_new(&run->datapath, &engine, &taken_over, &fault))
		die("%s", fault.text);
	datapath_on_sample(run->datapath, on_sample, run);
	options.datapath = run->datapath;
	if (pipeline_new(&run->pipeline, &options, &fault))
		die("%s", fault.text);
	settings_to_kernel(corpus->settings, &kernel);
	datapath_settings(run->datapath, &kernel);
	datapath_servers(run->datapath, corpus->settings->server, corpus->settings->servers);
	run->now_ns = run->ticked_ns = EPOCH_NS;
	run->wall_offset_ns = 0;
}

static void time_goes_on(struct run *run, uint64_t time_ns)
{
	if (!run->wall_offset_ns) {
		run->wall_offset_ns = time_ns - EPOCH_NS;
		enforce_wall(pipeline_enforcer(run->pipeline), run->wall_offset_ns);
	}
	if (time_ns - run->wall_offset_ns > run->now_ns && time_ns > run->wall_offset_ns)
		run->now_ns = time_ns - run->wall_offset_ns;
	if (run->now_ns - run->ticked_ns >= TICK_NS) {
		run->ticked_ns = run->now_ns;
		pipeline_tick(run->pipeline, run->now_ns);
	}
}

static void frame_run(struct run *run, const struct frame *frame)
{
	enum gp_reason reason = GP_REASON_NOT_MAIL;
	bool drop;

	time_goes_on(run, frame->time_ns);
	datapath_run(run->datapath, GP_IN, frame->bytes, frame->captured, run->now_ns, &drop, &reason);
	if (reason == GP_REASON_NOT_MAIL && !run->pass->one_way)
		datapath_run(run->datapath, GP_OUT, frame->bytes, frame->captured, run->now_ns, &drop, &reason);
}

static void capture_run(struct run *run, const char *pcap)
{
	struct capture *capture;
	struct fault fault = {0};
	struct frame frame;
	char path[512];
	int more;

	snprintf(path, sizeof(path), "%s/%s", run->pass->corpus->directory, pcap);
	if (capture_open_file(&capture, path, &fault))
		die("%s: %s", path, fault.text);
	engine_start(run);
	while ((more = capture_next(capture, &frame, &fault)) == 1)
		frame_run(run, &frame);
	if (more < 0)
		die("%s: %s", path, fault.text);
	pipeline_finish(run->pipeline, run->now_ns);
	pipeline_free(run->pipeline);
	datapath_free(run->datapath);
	capture_free(capture);
}

static bool is_wanted(const struct pass *pass, size_t capture)
{
	const struct labels *labels = &pass->corpus->labels;

	for (size_t i = capture; i < labels->count; i++)
		if (labels->row[i].capture == capture &&
		    (!pass->wanted || pass->wanted(pass->context, &labels->row[i])))
			return !labels->row[i].missing;
	return false;
}

void pass_run(const struct pass *pass)
{
	const struct labels *labels = &pass->corpus->labels;
	struct run run = {.pass = pass, .ended = calloc(labels->count, sizeof(*run.ended))};

	if (!run.ended)
		die("out of memory");
	for (run.capture = 0; run.capture < labels->count; run.capture++)
		if (is_wanted(pass, run.capture))
			capture_run(&run, labels->row[run.capture].pcap);
	free(run.ended);
}
