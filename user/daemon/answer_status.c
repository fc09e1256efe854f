/* SPDX-License-Identifier: BSD-2-Clause */
/* What it is doing: status and counters. */
#include <string.h>

#include "user/adapters/clock.h"
#include "user/cmd/cmd.h"
#include "user/daemon/answers.h"
#include "user/daemon/fleet.h"

#define NS_PER_S 1000000000ULL

static json_t *status_interfaces(const struct daemon *d)
{
	struct attachment attachment[SETTINGS_INTERFACES_MAX];
	json_t *list = json_array();
	int count = d->tap ? 0 : datapath_attachments(d->datapath, attachment, SETTINGS_INTERFACES_MAX);

	for (int i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "name", attachment[i].interface, "xdp",
						      attachment[i].generic ? "generic" : "native", "attached",
						      attachment[i].attached));
	for (uint32_t i = 0; d->tap && i < d->settings->interfaces; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "name", d->settings->interface[i].name, "xdp",
						      "tap", "attached", 1));
	return list;
}

static json_t *status_seen(const struct daemon *d)
{
	const struct pipeline_totals *totals = pipeline_totals(d->pipeline);
	struct presumed_tally tally;

	judge_presumed_tally(pipeline_judge(d->pipeline), &tally);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:I, s:I}", "samples", (json_int_t)totals->samples,
			 "connections", (json_int_t)totals->connections, "failures",
			 (json_int_t)totals->attempts[OUTCOME_FAILURE], "successes",
			 (json_int_t)totals->attempts[OUTCOME_SUCCESS], "unknown",
			 (json_int_t)totals->attempts[OUTCOME_UNKNOWN], "handshakes_without_attempt",
			 (json_int_t)totals->handshakes, "flows_open", pipeline_flows_open(d->pipeline), "presumed",
			 (json_int_t)tally.presumed, "taken_back", (json_int_t)tally.taken_back);
}

static json_t *status_lost(const struct daemon *d)
{
	uint64_t tallies[GP_TALLY_MAX] = {0};

	datapath_tallies(d->datapath, tallies);
	return json_pack("{s:I, s:I, s:I, s:I}", "ring_full", (json_int_t)tallies[GP_TALLY_SAMPLES_LOST], "over_budget",
			 (json_int_t)tallies[GP_TALLY_SAMPLES_OVER_BUDGET], "flows_pushed_out",
			 (json_int_t)pipeline_totals(d->pipeline)->flows_pushed_out, "capture",
			 (json_int_t)(d->tap ? tap_lost(d->tap) : 0));
}

/* Services whose unproven sources have to come twice, and for how long already. */
static json_t *status_flooded(const struct daemon *d)
{
	json_t *list = json_array();

	for (int service = GP_SERVICE_NONE + 1; service < GP_SERVICE_MAX; service++) {
		uint64_t since_ns = datapath_flooded_since_ns(d->datapath, (enum gp_service)service, d->now_ns);

		if (since_ns && since_ns <= d->now_ns)
			json_array_append_new(list, json_pack("{s:s, s:I}", "service", service_text(service), "for_s",
							      (json_int_t)((d->now_ns - since_ns) / NS_PER_S)));
	}
	return list;
}

static json_t *status_reload(const struct daemon *d)
{
	char when[32];

	if (!d->reload.wall_ns)
		return json_null();
	return json_pack("{s:b, s:s, s:s}", "ok", d->reload.ok, "at", clock_text(d->reload.wall_ns, when), "error",
			 d->reload.error);
}

/* What a person should look at: the exit code of `gatepost status`. */
static bool needs_a_look(const struct daemon *d, bool guardrail_tripped)
{
	struct attachment attachment[SETTINGS_INTERFACES_MAX];
	int count = d->tap ? 0 : datapath_attachments(d->datapath, attachment, SETTINGS_INTERFACES_MAX);

	for (int i = 0; i < count; i++)
		if (!attachment[i].attached)
			return true;
	return guardrail_tripped || fleet_needs_a_look(d) || d->store_error || d->profiles_error ||
	       (d->reload.wall_ns && !d->reload.ok);
}

json_t *answer_status(struct daemon *d, const json_t *request, uid_t uid)
{
	static const char *const role[] = {"gateway", "host", "tap"};
	const char *why = "";
	bool tripped = judge_guardrail_tripped(pipeline_judge(d->pipeline), &why);
	json_t *line = json_pack("{s:b}", "ok", 1);

	(void)request;
	(void)uid;
	json_object_set_new(line, "mode", json_string(d->settings->enforce ? "enforce" : "observe"));
	json_object_set_new(line, "guardrail", tripped ? json_string(why) : json_null());
	json_object_set_new(line, "role", json_string(role[d->settings->role]));
	json_object_set_new(line, "uptime_s", json_integer((json_int_t)((d->now_ns - d->started_ns) / NS_PER_S)));
	json_object_set_new(line, "kernel_half", json_string(d->tap ? "none" : d->taken_over ? "taken over" : "new"));
	json_object_set_new(line, "interfaces", status_interfaces(d));
	json_object_set_new(line, "rules", json_integer(judge_ruleset(pipeline_judge(d->pipeline))->count));
	json_object_set_new(line, "bans", json_integer(bans_count(daemon_bans(d), daemon_wall_ns(d))));
	json_object_set_new(line, "seen", status_seen(d));
	json_object_set_new(line, "lost", status_lost(d));
	json_object_set_new(line, "flooded", status_flooded(d));
	json_object_set_new(line, "servers", answer_servers_summary(d));
	json_object_set_new(line, "fleet", fleet_summary(d));
	json_object_set_new(line, "reload", status_reload(d));
	json_object_set_new(line, "disk", d->store_error ? json_string(strerror(-d->store_error)) : json_null());
	if (needs_a_look(d, tripped))
		json_object_set_new(line, "code", json_integer(EXIT_NOT_FOUND));
	return line;
}

/* ---- counters -------------------------------------------------------------------------------------------------- */

static const char *const reason_words[] = {
#define REASON_WORDS(name, words, drops) words,
	GP_REASONS(REASON_WORDS)
#undef REASON_WORDS
};
static const bool reason_drops[] = {
#define REASON_DROPS(name, words, drops) drops,
	GP_REASONS(REASON_DROPS)
#undef REASON_DROPS
};

static json_t *counter_row(int service, int reason, const struct gp_counter *counter)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "service", service_text(service), "verdict",
			 reason_drops[reason] ? "drop" : "pass", "reason", reason_words[reason], "packets",
			 (json_int_t)counter->packets, "bytes", (json_int_t)counter->bytes, "spared",
			 (json_int_t)counter->spared, "spared_bytes", (json_int_t)counter->spared_bytes);
}

static json_t *counter_tallies(const struct daemon *d)
{
	static const char *const words[] = {
#define TALLY_WORDS(name, text) text,
		GP_TALLIES(TALLY_WORDS)
#undef TALLY_WORDS
	};
	uint64_t tallies[GP_TALLY_MAX] = {0};
	json_t *object = json_object();

	datapath_tallies(d->datapath, tallies);
	for (int i = 0; i < GP_TALLY_MAX; i++)
		json_object_set_new(object, words[i], json_integer((json_int_t)tallies[i]));
	return object;
}

json_t *answer_counters(struct daemon *d, const json_t *request, uid_t uid)
{
	struct gp_counter counter[GP_COUNTERS];
	bool all = json_is_true(json_object_get(request, "all"));
	json_t *rows = json_array(), *line = json_pack("{s:b}", "ok", 1);
	int error = datapath_counters(d->datapath, counter);

	(void)uid;
	if (error)
		return answer_error(EXIT_NOT_FOUND, "cannot read the counters: %s", strerror(-error));
	for (int i = 0; i < GP_COUNTERS; i++)
		if (all || counter[i].packets || counter[i].spared)
			json_array_append_new(rows, counter_row(i / GP_REASON_MAX, i % GP_REASON_MAX, &counter[i]));
	json_object_set_new(line, "counters", rows);
	json_object_set_new(line, "tallies", counter_tallies(d));
	return line;
}
