/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost as it ships, from what its readers say on: judge, ladder, guardrail, bans, and the kernel half's own program
 * (built natively), which is asked with a SYN whenever something stands against a source. What the readers would have
 * read is made from the truth: in clear everything; inside TLS no account, of the password only the length of the
 * request that carries it, and some outcomes not at all (bench/ACCURACY.md). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/month/guard.h"
#include "bench/month/knock.h"
#include "user/config/config.h"
#include "user/core/duration.h"
#include "user/enforce.h"
#include "user/synth/event.h"

/* The kernel half's clock: an hour has passed since it was started when the first connection comes. */
#define STARTED_NS NS_PER_HOUR
/* Outcomes inside TLS that are left open, per million. ACCURACY.md, built-in profiles, every finished handshake: 3.0 %
 * of the connections at first showing, 2.0 % after 200. Said wrong: none of 805 successes and of 3135 failures. */
#define UNKNOWN_PPM 20000
/* Somebody of the staff sees that the guardrail has tripped, and resets it. */
#define GUARDRAIL_WATCH_NS (30 * NS_PER_MINUTE)
#define HASH 0x9e3779b97f4a7c15ULL

struct gatepost {
	struct guard guard;
	struct settings *settings;
	struct datapath *datapath;
	struct judge *judge;
	struct enforcer *enforcer;
	struct sink sink;
	uint64_t offset_ns; /* wall clock minus the kernel half's; 0: not started */
	uint64_t now_ns; /* of the kernel half */
	uint64_t tripped_ns; /* 0: the guardrail has not */
	uint64_t attempts, unknown, bans, limits, refused, trips;
	char why[160]; /* it tripped last */
};

static struct gatepost *gatepost_of(struct guard *guard)
{
	return (struct gatepost *)guard;
}

/* The same as pipeline.c's on_decision. */
static void on_decision(void *context, const struct decision *decision)
{
	struct gatepost *g = context;
	const struct guard_listener *listener = &g->guard.listener;
	struct ban ban;
	int changed;

	if (!decision->target.bits || (decision->action != ACTION_BAN && decision->action != ACTION_LIMIT))
		return;
	enforcer_ban_of(g->enforcer, decision, &ban);
	changed = enforce_ban(g->enforcer, &ban, g->now_ns);
	g->refused += changed < 0;
	if (changed <= 0 || ban.shadow)
		return;
	g->bans += ban.action == ACTION_BAN;
	g->limits += ban.action == ACTION_LIMIT;
	/* Whom a wider prefix meets is seen when he comes. */
	if (listener->on_ban && ban.target.bits == GP_SOURCE_BITS)
		listener->on_ban(listener->context, listener->index, ban.target.source, ban.since_ns,
				 ban.action == ACTION_LIMIT);
}

static void gatepost_time(struct gatepost *g, uint64_t now_ns)
{
	if (!g->offset_ns) {
		g->offset_ns = now_ns - STARTED_NS;
		enforce_wall(g->enforcer, g->offset_ns);
	}
	g->now_ns = now_ns - g->offset_ns;
}

/* ---- who gets through ------------------------------------------------------------------------------------------- */

static const struct ban *ban_against(struct gatepost *g, uint64_t source, uint64_t now_ns)
{
	const struct ban *ban;

	gatepost_time(g, now_ns);
	ban = bans_covering(enforcer_bans(g->enforcer), source, now_ns);
	return ban && !ban->shadow ? ban : NULL;
}

/* Where only a limit stands, the kernel half cuts connections on which a login failed. (That 2 % of the failures inside
 * TLS are not known to be some is left out.) */
static enum passage gatepost_passes(struct guard *guard, const struct arrival *arrival, bool has_failed,
				    uint64_t now_ns)
{
	const struct ban *ban = ban_against(gatepost_of(guard), arrival->source, now_ns);

	if (ban && ban->action == ACTION_BAN)
		return PASSAGE_BANNED;
	return ban && has_failed ? PASSAGE_LIMITED : PASSAGE_FREE;
}

/* Somebody of whom only the address is known that his SYN came from it: it has proven itself at an earlier one. */
static enum passage gatepost_admits(struct guard *guard, const struct arrival *arrival)
{
	struct gatepost *g = gatepost_of(guard);
	const struct ban *ban = ban_against(g, arrival->source, arrival->time_ns);

	if (!ban)
		return PASSAGE_FREE;
	datapath_prove(g->datapath, arrival->source, g->now_ns, 0);
	if (knock(g->datapath, arrival, g->now_ns))
		return PASSAGE_FREE;
	return ban->action == ACTION_BAN ? PASSAGE_BANNED : PASSAGE_LIMITED;
}

/* ---- what is heard ---------------------------------------------------------------------------------------------- */

static uint64_t mixed(uint64_t a, uint64_t b)
{
	a = (a ^ b * HASH) * 0xbf58476d1ce4e5b9ULL;
	return a ^ a >> 29;
}

/* Characters of an account's name (an address) and of a password. Passwords as in the list of RockYou, where 6 to 10
 * characters make up nine in ten (Weir, Aggarwal, Collins, Stern, CCS 2010); names 14 to 29. */
static unsigned name_length(uint64_t account)
{
	return 14 + (unsigned)(mixed(account, 1) % 16 + mixed(account, 2) % 16) / 2;
}

static unsigned password_length(uint64_t password)
{
	static const uint8_t length[16] = {6, 6, 6, 6, 7, 7, 7, 8, 8, 8, 8, 8, 9, 9, 10, 12};

	return length[mixed(password, 3) % 16];
}

/* Ways of saying it, of which a program that insists takes one after the other. What of an exchange depends on name and
 * password is, inside TLS: base64 of both together (AUTH PLAIN), of one and of the other (AUTH LOGIN), or both as they
 * are (IMAP's LOGIN, POP3's USER and PASS). */
static unsigned length_said(const struct answered *answer)
{
	static const uint8_t insists[] = {
#define INSISTS(name, words, times) times,
		SYNTH_CLIENTS(INSISTS)
#undef INSISTS
	};
	const enum gp_service service = answer->arrival->service;
	const bool smtp = service == GP_SERVICE_SUBMISSION || service == GP_SERVICE_SUBMISSIONS;
	const unsigned name = name_length(answer->account), password = password_length(answer->password);
	const unsigned ways = insists[answer->arrival->client], way = ways - 1 - answer->n % ways;

	if (way == 1)
		return (name + 2) / 3 * 4 + (password + 2) / 3 * 4;
	if (way == 2 || smtp)
		return (name + password + 4) / 3 * 4;
	return name + password;
}

/* See inside.c: the length and the server's port. */
static uint64_t length_shown(const struct answered *answer)
{
	return mixed(length_said(answer), (uint64_t)answer->arrival->service);
}

static bool is_left_open(const struct answered *answer)
{
	return mixed(answer->time_ns, answer->account) % 1000000 < UNKNOWN_PPM;
}

static void gatepost_hear_answer(struct guard *guard, const struct answered *answer)
{
	struct gatepost *g = gatepost_of(guard);
	const struct arrival *arrival = answer->arrival;
	const bool clear = arrival->transport == TRANSPORT_PLAIN;
	struct attempt attempt = {
		.ends = {.client = arrival->address,
			 .client_port = arrival->port,
			 .service = (uint8_t)arrival->service},
		.source = arrival->source,
		.n = answer->n + 1,
		.outcome = answer->outcome,
		.basis = clear ? BASIS_REPLY : BASIS_SHAPE,
		.confidence = 1,
		.account = clear ? mixed(answer->account, 4) | 1 : 0,
		.credential = clear ? mixed(answer->account, answer->password) | 1 : length_shown(answer),
	};

	gatepost_time(g, answer->time_ns);
	attempt.time_ns = g->now_ns;
	if (!clear) {
		attempt.fingerprint = (struct fingerprint){mixed(arrival->client, 5), mixed(arrival->client, 6)};
		if (is_left_open(answer))
			attempt.outcome = OUTCOME_UNKNOWN;
	}
	g->attempts++;
	g->unknown += attempt.outcome == OUTCOME_UNKNOWN;
	if (judge_attempt(g->judge, &attempt, g->now_ns))
		datapath_welcome(g->datapath, attempt.source, g->now_ns, 0);
}

static void gatepost_hear_connection(struct guard *guard, const struct arrival *arrival)
{
	struct gatepost *g = gatepost_of(guard);

	gatepost_time(g, arrival->time_ns);
	judge_connection(g->judge, arrival->source, arrival->service, g->now_ns);
}

static void gatepost_hear_handshake(struct guard *guard, const struct arrival *arrival, uint64_t now_ns)
{
	struct gatepost *g = gatepost_of(guard);
	const struct fingerprint fingerprint = {mixed(arrival->client, 5), mixed(arrival->client, 6)};

	gatepost_time(g, now_ns);
	judge_handshake(g->judge, arrival->source, arrival->service, &fingerprint, g->now_ns);
}

static void watch_guardrail(struct gatepost *g)
{
	const char *why;

	if (!judge_guardrail_tripped(g->judge, &why)) {
		g->tripped_ns = 0;
	} else if (!g->tripped_ns) {
		g->tripped_ns = g->now_ns;
		g->trips++;
		snprintf(g->why, sizeof(g->why), "%s", why);
	} else if (g->now_ns - g->tripped_ns >= GUARDRAIL_WATCH_NS) {
		judge_guardrail_reset(g->judge);
		g->tripped_ns = 0;
	}
}

static void gatepost_tick(struct guard *guard, uint64_t now_ns)
{
	struct gatepost *g = gatepost_of(guard);

	gatepost_time(g, now_ns);
	judge_tick(g->judge, g->now_ns);
	enforce_expire(g->enforcer, g->now_ns);
	watch_guardrail(g);
}

static void gatepost_remark(struct guard *guard, char *text, size_t size)
{
	const struct gatepost *g = gatepost_of(guard);
	const struct ruleset *rules = judge_ruleset(g->judge);
	size_t used = (size_t)snprintf(text, size,
				       "%llu bans, %llu limits, %llu not put in force; %.2f %% of outcomes unknown; "
				       "guardrail tripped %llu times%s%s; decisions",
				       (unsigned long long)g->bans, (unsigned long long)g->limits,
				       (unsigned long long)g->refused,
				       g->attempts ? 100.0 * (double)g->unknown / (double)g->attempts : 0,
				       (unsigned long long)g->trips, g->trips ? ", last: " : "", g->why);

	for (uint32_t i = 0; i < rules->count && used < size; i++) {
		struct rule_tally tally;

		judge_rule_tally(g->judge, i, &tally);
		if (tally.decisions)
			used += (size_t)snprintf(text + used, size - used, " %s%s %llu", rules->rule[i].name,
						 rules->rule[i].shadow ? " (shadow)" : "",
						 (unsigned long long)tally.decisions);
	}
}

/* ---- making ----------------------------------------------------------------------------------------------------- */

static void gatepost_free(struct guard *guard)
{
	struct gatepost *g = gatepost_of(guard);

	enforcer_free(g->enforcer);
	judge_free(g->judge);
	datapath_free(g->datapath);
	config_free(g->settings);
	free(g);
}

static const struct guard_kind gatepost_kind = {
	.free = gatepost_free,
	.admits = gatepost_admits,
	.passes = gatepost_passes,
	.hear_connection = gatepost_hear_connection,
	.hear_answer = gatepost_hear_answer,
	.hear_handshake = gatepost_hear_handshake,
	.tick = gatepost_tick,
	.remark = gatepost_remark,
};

/* Flows and samples are nothing to it here; bans and limits are as many as it would have. */
static int gatepost_new_datapath(struct gatepost *g, struct fault *fault)
{
	const struct datapath_options options = {
		.bans_max = g->settings->bans_max,
		.sources_max = g->settings->sources_max,
		.flows_max = 1024,
		.syns_max = 1 << 16,
		.ring_bytes = 1 << 16,
		.virtual_time = true,
		.native = true,
		.seed = {1, 2},
	};
	struct gp_settings kernel = {.seed = {1, 2}};
	bool taken_over;
	int error = datapath_new(&g->datapath, &options, &taken_over, fault);

	if (error)
		return error;
	settings_to_kernel(g->settings, &kernel);
	kernel.flags &= ~(uint32_t)GP_OBSERVE;
	error = datapath_servers(g->datapath, g->settings->server, g->settings->servers);
	return error ? error : datapath_settings(g->datapath, &kernel);
}

static int gatepost_make(struct gatepost *g, const char *config, struct fault *fault)
{
	int error = config_load(config, &g->settings, fault);

	if (!error)
		error = gatepost_new_datapath(g, fault);
	if (error)
		return error;
	g->settings->judge.seed = 1;
	error = judge_new(&g->judge, &g->settings->judge, &g->settings->rules, on_decision, g, fault);
	if (!error)
		error = enforcer_new(&g->enforcer, g->settings, g->datapath, g->judge, &g->sink);
	if (!error)
		error = enforce_allow_configured(g->enforcer, NULL, g->settings);
	return error;
}

int guard_gatepost_new(struct guard **ret_guard, const char *name, const char *config, struct fault *fault)
{
	struct gatepost *g = calloc(1, sizeof(*g));
	int error;

	if (!g)
		return fault_set(fault, ENOMEM, "out of memory");
	g->guard.kind = &gatepost_kind;
	g->guard.name = name;
	error = gatepost_make(g, config, fault);
	if (error) {
		gatepost_free(&g->guard);
		return error;
	}
	*ret_guard = &g->guard;
	return 0;
}
