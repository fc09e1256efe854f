/* SPDX-License-Identifier: BSD-2-Clause */
/* Wires the rooms: a sample goes in; attempts, flows and decisions come out, and bans reach the datapath. The same for
 * live traffic and for a capture: only the clock and the sink differ. */
#ifndef GATEPOST_PIPELINE_H
#define GATEPOST_PIPELINE_H

#include "user/core/digest.h"
#include "user/enforce.h"
#include "user/sink.h"

struct pipeline_options {
	const struct settings *settings; /* must outlive the pipeline, or be replaced by pipeline_reload */
	struct datapath *datapath; /* outlives the pipeline */
	struct digest digest;
	uint64_t wall_offset_ns; /* wall clock minus the kernel half's clock */
	struct servers *servers; /* outlives the pipeline; NULL: outcomes inside TLS are not read */
	struct sink sink;
};

struct pipeline_totals {
	uint64_t samples, flows, connections, handshakes, attempts[3]; /* by enum outcome */
	uint64_t decisions, bans, flows_pushed_out;
};

struct pipeline;

int pipeline_new(struct pipeline **ret_pipeline, const struct pipeline_options *options, struct fault *fault);
void pipeline_free(struct pipeline *pipeline); /* open flows are dropped unreported */

/* The product on one page. Matches datapath_sample_fn. */
void pipeline_sample(void *pipeline, const struct gp_sample *sample, const uint8_t *payload);
/* Time passes: flows that ended or fell silent are reported, bans that are over are lifted. Call it about five
 * times a second of the kernel half's clock. */
void pipeline_tick(struct pipeline *pipeline, uint64_t now_ns);
/* The capture is at its end: everything still open is reported as "eof". */
void pipeline_finish(struct pipeline *pipeline, uint64_t now_ns);

uint64_t pipeline_wall_ns(const struct pipeline *pipeline, uint64_t now_ns);

/* All or nothing: rules and limits of the new settings; table sizes stay. */
int pipeline_reload(struct pipeline *pipeline, const struct settings *settings, struct fault *fault);

struct enforcer *pipeline_enforcer(struct pipeline *pipeline);
struct judge *pipeline_judge(struct pipeline *pipeline);
const struct pipeline_totals *pipeline_totals(const struct pipeline *pipeline);
uint32_t pipeline_flows_open(const struct pipeline *pipeline);
const struct settings *pipeline_settings(const struct pipeline *pipeline);

#endif
