/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of a sample: flow -> classify -> read the login -> judge -> ban -> datapath. Start reading at
 * pipeline_sample. */
#include "user/pipeline.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "user/flows.h"
#include "user/marks.h"
#include "user/provisional.h"

#define NS_PER_S 1000000000ULL

struct pipeline {
	const struct settings *settings;
	struct flow_options flow_options;
	struct sink sink;
	uint64_t now_ns;
	struct classifier *classifier;
	struct hello_memo *ja4s; /* of hellos met before */
	struct flows *flows;
	struct judge *judge;
	struct enforcer *enforcer;
	struct pipeline_totals totals;
	struct tracked *current; /* the flow being read, for on_attempt and on_hello */
};

/* ---- decisions ------------------------------------------------------------------------------------------------- */

static void on_decision(void *context, const struct decision *decision)
{
	struct pipeline *p = context;
	struct ban ban;
	bool in_force = false;

	p->totals.decisions++;
	if (decision->target.bits && (decision->action == ACTION_BAN || decision->action == ACTION_LIMIT)) {
		enforcer_ban_of(p->enforcer, decision, &ban);
		in_force = enforce_ban(p->enforcer, &ban, p->now_ns) > 0;
		p->totals.bans += in_force;
	}
	if (p->sink.decision)
		p->sink.decision(p->sink.context, decision,
				 in_force ? bans_find(enforcer_bans(p->enforcer), &ban.target) : NULL);
}

static void on_settled(void *context, const struct rule *rule, const struct prefix *target, bool confirmed)
{
	struct pipeline *p = context;

	provisional_settle(p->enforcer, rule, target, confirmed, p->now_ns, &p->sink);
}

/* ---- flows ----------------------------------------------------------------------------------------------------- */

/* A success that is believed. */
static void welcome(struct pipeline *p, const struct attempt *attempt)
{
	if (!p->current->flow.proven)
		return;
	datapath_welcome(enforcer_datapath(p->enforcer), attempt->source, p->now_ns, 0);
	if (p->sink.success)
		p->sink.success(p->sink.context, attempt->source, attempt->time_ns);
}

static void on_attempt(void *context, const struct attempt *attempt)
{
	struct pipeline *p = context;
	struct attempt full = *attempt;

	if (!p->current)
		return; /* thrown away unreported */
	full.fingerprint = p->current->fingerprint;
	tracked_presume(p->current, &full);
	p->totals.attempts[full.outcome]++;
	if (p->sink.attempt)
		p->sink.attempt(p->sink.context, &full);
	/* Who never showed to be real is not judged: a reply in his direction can be forged from inside, too. Where
	 * one direction is all there is, a server's word has to do; what is read out of a client's acknowledgements
	 * alone is nobody's word, and would let anybody have anybody banned. */
	if (!p->current->flow.proven &&
	    !(p->settings->one_way && full.outcome != OUTCOME_UNKNOWN && full.basis == BASIS_REPLY))
		return;
	marks_outcome(enforcer_datapath(p->enforcer), &p->current->flow, full.outcome);
	if (judge_answered(p->judge, &p->current->awaited, &full, p->now_ns))
		welcome(p, &full);
}

static void on_hello(void *context, const uint8_t *message, size_t length)
{
	struct pipeline *p = context;

	if (p->current)
		tracked_note_hello(p->current, p->ja4s, message, length);
}

static void flow_finish(struct pipeline *p, struct tracked *tracked, enum flow_closed closed)
{
	struct classification classification = {0};
	struct flow_report report = {
		.flow = &tracked->flow, .classification = &classification, .ja4 = tracked->ja4.text};

	p->current = tracked;
	flow_close(&tracked->flow, closed);
	p->current = NULL;
	if (tracked->classified)
		classified_read(tracked->classified, &classification);
	if (tracked->flow.established_tls && !tracked->flow.attempts) {
		p->totals.handshakes++;
		judge_handshake(p->judge, tracked->flow.source, tracked->flow.ends.service, &tracked->fingerprint,
				p->now_ns);
	}
	report.time_ns = pipeline_wall_ns(p, p->now_ns);
	if (p->sink.flow)
		p->sink.flow(p->sink.context, &report);
}

/* The table gives up a record: by eviction, by removal, or at the end of everything. */
static void on_flow_drop(void *context, struct tracked *tracked)
{
	struct pipeline *p = context;

	judge_closed(p->judge, &tracked->standing, p->now_ns);
	judge_awaits_no_more(&tracked->awaited);
	tracked_drop(tracked);
}

/* A new flow pushes out the one that has been silent longest; that one is reported first. */
static void make_room(struct pipeline *p)
{
	struct tracked *oldest = flows_crowded_out(p->flows);

	if (!oldest)
		return;
	flow_finish(p, oldest, FLOW_TIMEOUT);
	flows_remove(p->flows, oldest);
	p->totals.flows_pushed_out++;
}

static struct tracked *flow_start(struct pipeline *p, const struct gp_sample *sample)
{
	struct tracked *tracked;

	make_room(p);
	tracked = flows_add(p->flows, sample->flow);
	p->totals.flows++;
	tracked_open(tracked, sample, &p->flow_options, p->classifier);
	flows_file(p->flows, tracked, p->settings->flow_idle_ns);
	return tracked;
}

/* NULL: of none, and not worth a new one. */
static struct tracked *flow_of(struct pipeline *p, const struct gp_sample *sample)
{
	struct tracked *tracked = flows_touch(p->flows, sample->flow);

	if (tracked && tracked_is_reopened(tracked, sample)) {
		flow_finish(p, tracked, tracked_silent_end(tracked));
		flows_remove(p->flows, tracked);
		tracked = NULL;
	}
	if (!tracked && tracked_is_afterthought(sample))
		return NULL;
	return tracked ? tracked : flow_start(p, sample);
}

static void count_connection(struct pipeline *p, struct tracked *tracked)
{
	if (tracked->counted || !tracked->flow.proven)
		return;
	tracked->counted = true;
	p->totals.connections++;
	judge_connection(p->judge, tracked->flow.source, tracked->flow.ends.service, p->now_ns);
}

/* What has not proven to be real holds nothing. */
static void note_standing(struct pipeline *p, struct tracked *tracked)
{
	const struct flow *flow = &tracked->flow;

	if (!flow->proven)
		return;
	if (flow_is_open(flow))
		judge_opened(p->judge, &tracked->standing, flow->source, flow->ends.service, p->now_ns);
	else
		judge_closed(p->judge, &tracked->standing, p->now_ns);
	if (tracked->standing.waiting && !flow_is_waiting(flow))
		judge_settled(p->judge, &tracked->standing, p->now_ns);
}

void pipeline_sample(void *context, const struct gp_sample *sample, const uint8_t *payload)
{
	struct pipeline *p = context;
	struct tracked *tracked;
	enum flow_want before;

	p->now_ns = sample->time_ns;
	p->totals.samples++;
	if (p->flow_options.servers)
		servers_time(p->flow_options.servers, pipeline_wall_ns(p, p->now_ns) / NS_PER_S);
	tracked = flow_of(p, sample);
	if (!tracked)
		return;
	before = tracked->flow.want;

	if (tracked->classified)
		classified_packet(tracked->classified, sample, payload, pipeline_wall_ns(p, p->now_ns) / 1000000);
	tracked_note_ja3(tracked);
	p->current = tracked;
	if (flow_packet(&tracked->flow, sample, payload) && tracked->classified)
		classified_restart(tracked->classified);
	if (before == FLOW_WANT_END && sample->payload_bytes)
		marks_again(enforcer_datapath(p->enforcer), sample);
	if (before == FLOW_WANT_MORE && tracked->flow.want == FLOW_WANT_END) {
		marks_enough(enforcer_datapath(p->enforcer), &tracked->flow);
		flow_release(&tracked->flow);
		if (tracked->classified)
			classified_stop(tracked->classified);
	}
	p->current = NULL;
	count_connection(p, tracked);
	note_standing(p, tracked);
	tracked_note_awaited(tracked, p->judge, p->now_ns);
	flows_file(p->flows, tracked, p->settings->flow_idle_ns);
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

/* How many connections a tick looks after: all of a full table of the usual size within half a minute. */
#define PATROL_FLOWS 512
#define GIVEN_UP_NS (2 * NS_PER_S)

static struct tracked *tracked_of_standing(struct standing *standing)
{
	return (struct tracked *)((char *)standing - offsetof(struct tracked, standing));
}

static void expire_flows(struct pipeline *p)
{
	struct tracked *tracked;

	while ((tracked = flows_over(p->flows, p->settings->flow_idle_ns, p->now_ns))) {
		flow_finish(p, tracked, tracked_silent_end(tracked));
		flows_remove(p->flows, tracked);
	}
}

/* The kernel half has forgotten it, and it is not that we are behind: nothing more will be heard of it. */
static bool is_given_up(const struct pipeline *p, const struct flow *flow)
{
	return p->now_ns > flow->last_ns + GIVEN_UP_NS &&
	       !datapath_flow_is_followed(enforcer_datapath(p->enforcer), flow->slot, flow->ends.flow);
}

/* A flow that the kernel half has given up ends without a word: it must not stand for ever. */
static void patrol(struct pipeline *p)
{
	const uint32_t open = judge_open_count(p->judge);

	for (uint32_t i = 0; i < open && i < PATROL_FLOWS; i++) {
		struct tracked *tracked = tracked_of_standing(judge_patrol(p->judge));

		if (!is_given_up(p, &tracked->flow))
			continue;
		flow_finish(p, tracked, tracked_silent_end(tracked));
		flows_remove(p->flows, tracked);
	}
}

void pipeline_tick(struct pipeline *p, uint64_t now_ns)
{
	p->now_ns = now_ns;
	expire_flows(p);
	patrol(p);
	judge_tick(p->judge, now_ns);
	enforce_expire(p->enforcer, now_ns);
}

void pipeline_finish(struct pipeline *p, uint64_t now_ns)
{
	struct tracked *tracked;

	p->now_ns = now_ns;
	while ((tracked = flows_first(p->flows))) {
		flow_finish(p, tracked, tracked->flow.closed == FLOW_OPEN ? FLOW_EOF : tracked->flow.closed);
		flows_remove(p->flows, tracked);
	}
}

uint64_t pipeline_wall_ns(const struct pipeline *p, uint64_t now_ns)
{
	return enforcer_wall_ns(p->enforcer, now_ns);
}

/* ---- making and reloading -------------------------------------------------------------------------------------- */

int pipeline_reload(struct pipeline *p, const struct settings *settings, struct fault *fault)
{
	const struct settings *old = p->settings;
	int error = judge_reload(p->judge, &settings->rules, fault);

	if (error)
		return error;
	error = enforce_allow_configured(p->enforcer, old, settings);
	if (error) {
		enforce_allow_configured(p->enforcer, settings, old);
		judge_reload(p->judge, &old->rules, NULL);
		return fault_set(fault, -error, "the allow list cannot be put in force: %s", strerror(-error));
	}
	p->settings = settings;
	if (old->flow_idle_ns != settings->flow_idle_ns)
		flows_file_all(p->flows, settings->flow_idle_ns);
	return 0;
}

static int pipeline_make(struct pipeline *p, const struct pipeline_options *options, struct fault *fault)
{
	const struct settings *settings = options->settings;
	int error = classifier_new(&p->classifier, fault);

	if (!error)
		error = hello_memo_new(&p->ja4s, sizeof(struct tracked_ja4));
	if (!error)
		error = flows_new(&p->flows, settings->flows_max, settings->judge.seed, on_flow_drop, p);
	if (!error)
		error = judge_new(&p->judge, &settings->judge, &settings->rules, on_decision, p, fault);
	if (!error)
		error = enforcer_new(&p->enforcer, settings, options->datapath, p->judge, &p->sink);
	if (error)
		return error;
	judge_on_settled(p->judge, on_settled, p);
	enforce_wall(p->enforcer, options->wall_offset_ns);
	return enforce_allow_configured(p->enforcer, NULL, settings);
}

int pipeline_new(struct pipeline **ret_pipeline, const struct pipeline_options *options, struct fault *fault)
{
	struct pipeline *p = calloc(1, sizeof(*p));
	int error;

	if (!p)
		return fault_set(fault, ENOMEM, "out of memory");
	p->settings = options->settings;
	p->flow_options = (struct flow_options){
		.digest = options->digest,
		.servers = options->servers,
		.context = p,
		.attempt = on_attempt,
		.hello = on_hello,
	};
	p->sink = options->sink;
	error = pipeline_make(p, options, fault);
	if (error) {
		pipeline_free(p);
		return error;
	}
	*ret_pipeline = p;
	return 0;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	p->sink = (struct sink){0};
	flows_free(p->flows);
	judge_free(p->judge);
	enforcer_free(p->enforcer);
	hello_memo_free(p->ja4s);
	classifier_free(p->classifier);
	free(p);
}

struct enforcer *pipeline_enforcer(struct pipeline *p)
{
	return p->enforcer;
}

struct judge *pipeline_judge(struct pipeline *p)
{
	return p->judge;
}

const struct pipeline_totals *pipeline_totals(const struct pipeline *p)
{
	return &p->totals;
}

uint32_t pipeline_flows_open(const struct pipeline *p)
{
	return flows_count(p->flows);
}

const struct settings *pipeline_settings(const struct pipeline *p)
{
	return p->settings;
}
