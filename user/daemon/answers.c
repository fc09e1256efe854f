/* SPDX-License-Identifier: BSD-2-Clause */
/* One function a command, one table to find it. Nothing here decides: it reads the rooms and words what it finds. */
#include "user/daemon/answers.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "user/adapters/clock.h"
#include "user/adapters/log.h"
#include "user/cmd/cmd.h"
#include "user/lines.h"

#define NS_PER_S 1000000000ULL

typedef json_t *(*answer_fn)(struct daemon *d, const json_t *request, uid_t uid);

json_t *answer_error(int code, const char *format, ...)
{
	va_list arguments;
	char text[512];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return json_pack("{s:b, s:i, s:s}", "ok", 0, "code", code, "error", text);
}

static json_t *answer_ok(void)
{
	return json_pack("{s:b}", "ok", 1);
}

static const char *word(const json_t *request, const char *key)
{
	return json_string_value(json_object_get(request, key));
}

static struct bans *bans_of(struct daemon *d)
{
	return enforcer_bans(pipeline_enforcer(d->pipeline));
}

/* ---- status ---------------------------------------------------------------------------------------------------- */

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

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:i}", "samples", (json_int_t)totals->samples, "connections",
			 (json_int_t)totals->connections, "failures", (json_int_t)totals->attempts[OUTCOME_FAILURE],
			 "successes", (json_int_t)totals->attempts[OUTCOME_SUCCESS], "unknown",
			 (json_int_t)totals->attempts[OUTCOME_UNKNOWN], "handshakes_without_attempt",
			 (json_int_t)totals->handshakes, "flows_open", pipeline_flows_open(d->pipeline));
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
	return guardrail_tripped || d->store_error || (d->reload.wall_ns && !d->reload.ok);
}

static json_t *answer_status(struct daemon *d, const json_t *request, uid_t uid)
{
	static const char *const role[] = {"gateway", "host", "tap"};
	const char *why = "";
	bool tripped = judge_guardrail_tripped(pipeline_judge(d->pipeline), &why);
	json_t *line = answer_ok();

	(void)request;
	(void)uid;
	json_object_set_new(line, "mode", json_string(d->settings->enforce ? "enforce" : "observe"));
	json_object_set_new(line, "guardrail", tripped ? json_string(why) : json_null());
	json_object_set_new(line, "role", json_string(role[d->settings->role]));
	json_object_set_new(line, "uptime_s", json_integer((json_int_t)((d->now_ns - d->started_ns) / NS_PER_S)));
	json_object_set_new(line, "kernel_half", json_string(d->tap ? "none" : d->taken_over ? "taken over" : "new"));
	json_object_set_new(line, "interfaces", status_interfaces(d));
	json_object_set_new(line, "rules", json_integer(judge_ruleset(pipeline_judge(d->pipeline))->count));
	json_object_set_new(line, "bans", json_integer(bans_count(bans_of(d), daemon_wall_ns(d))));
	json_object_set_new(line, "seen", status_seen(d));
	json_object_set_new(line, "lost", status_lost(d));
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

static json_t *answer_counters(struct daemon *d, const json_t *request, uid_t uid)
{
	struct gp_counter counter[GP_COUNTERS];
	bool all = json_is_true(json_object_get(request, "all"));
	json_t *rows = json_array(), *line = answer_ok();
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

/* ---- bans ------------------------------------------------------------------------------------------------------ */

static json_t *ban_row(struct daemon *d, const struct ban *ban)
{
	json_t *row = line_ban(ban, daemon_wall_ns(d));
	uint32_t until, hits = 0;
	bool there = !datapath_ban_read(d->datapath, &ban->target, &until, &hits);

	json_object_set_new(row, "in_kernel", json_boolean(there));
	json_object_set_new(row, "packets_met", json_integer(hits));
	return row;
}

static json_t *answer_bans(struct daemon *d, const json_t *request, uid_t uid)
{
	bool all = json_is_true(json_object_get(request, "all"));
	json_t *rows = json_array(), *line = answer_ok();
	const struct ban *ban;
	uint32_t cursor = 0;

	(void)uid;
	while ((ban = bans_next(bans_of(d), &cursor)))
		if (all || ban_in_force(ban, daemon_wall_ns(d)))
			json_array_append_new(rows, ban_row(d, ban));
	json_object_set_new(line, "bans", rows);
	return line;
}

/* NULL: `target` is filled. Else the error to answer. */
static json_t *read_target(const json_t *request, struct prefix *target)
{
	const char *text = word(request, "target");

	if (!text)
		return answer_error(EXIT_USAGE, "an address is missing");
	if (prefix_parse(text, target))
		return answer_error(EXIT_USAGE, "'%s' is neither an address nor ADDRESS/LENGTH", text);
	return NULL;
}

static json_t *refuse_width(const struct daemon *d, const struct prefix *target)
{
	const struct guardrail_settings *guardrail = &d->settings->judge.guardrail;
	uint8_t widest = source_is_v4(target->source) ? guardrail->widest_v4_bits : guardrail->widest_v6_bits;
	char text[ADDR_TEXT_BYTES];

	if (prefix_length(target) >= widest)
		return NULL;
	return answer_error(EXIT_GUARDRAIL, "%s is wider than the guardrail allows (/%u)", prefix_text(target, text),
			    widest);
}

static void ban_by_hand(const struct daemon *d, const struct prefix *target, uint64_t for_ns, const char *reason,
			uid_t uid, struct ban *ban)
{
	*ban = (struct ban){.target = *target, .action = ACTION_BAN, .evidence = GP_E5_OUTCOME, .offences = 1};
	ban->since_ns = daemon_wall_ns(d);
	ban->until_ns = for_ns ? ban->since_ns + for_ns : UINT64_MAX;
	snprintf(ban->rule, sizeof(ban->rule), "manual");
	snprintf(ban->origin, sizeof(ban->origin), "operator uid %u", (unsigned int)uid);
	snprintf(ban->reason, sizeof(ban->reason), "%s", reason ? reason : "by hand, no reason given");
}

static json_t *answer_ban(struct daemon *d, const json_t *request, uid_t uid)
{
	const char *duration = word(request, "for");
	uint64_t for_ns = 3600 * NS_PER_S;
	struct prefix target;
	struct ban ban;
	char text[ADDR_TEXT_BYTES];
	json_t *refused = read_target(request, &target);
	int changed;

	if (refused)
		return refused;
	if (duration && strcmp(duration, "forever") && duration_parse(duration, &for_ns))
		return answer_error(EXIT_USAGE, "'%s' is no duration: write 30m, 1h or forever", duration);
	refused = refuse_width(d, &target);
	if (refused)
		return refused;
	ban_by_hand(d, &target, duration && !strcmp(duration, "forever") ? 0 : for_ns, word(request, "reason"), uid,
		    &ban);
	changed = enforce_ban(pipeline_enforcer(d->pipeline), &ban, d->now_ns);
	prefix_text(&target, text);
	if (changed == -EPERM)
		return answer_error(EXIT_GUARDRAIL, "%s is on the allow list, which always wins", text);
	if (changed < 0)
		return answer_error(EXIT_NOT_FOUND, "%s cannot be banned: %s", text, strerror(-changed));
	daemon_store_ban(d, &target);
	log_line(LOG_LEVEL_WARN, "ban", "source=%s rule=manual uid=%u", text, (unsigned int)uid);
	return json_pack(
		"{s:b, s:o, s:o}", "ok", 1, "ban", ban_row(d, bans_find(bans_of(d), &target)), "text",
		json_pack("[o]",
			  json_sprintf("%s is banned%s; undo: gatepost unban %s", text,
				       d->settings->enforce ? "" : " (observe mode: nothing is dropped)", text)));
}

static json_t *answer_unban(struct daemon *d, const json_t *request, uid_t uid)
{
	struct prefix target;
	char text[ADDR_TEXT_BYTES];
	json_t *refused = read_target(request, &target);

	if (refused)
		return refused;
	prefix_text(&target, text);
	if (enforce_unban(pipeline_enforcer(d->pipeline), &target))
		return answer_error(EXIT_NOT_FOUND, "%s was not banned; `gatepost explain` shows what covers it", text);
	store_unban(d->store, &target);
	store_commit(d->store);
	log_line(LOG_LEVEL_WARN, "unban", "source=%s uid=%u", text, (unsigned int)uid);
	return json_pack("{s:b, s:[o]}", "ok", 1, "text", json_sprintf("%s is free and forgiven", text));
}

/* ---- allow ----------------------------------------------------------------------------------------------------- */

static json_t *list_allowed(struct daemon *d)
{
	json_t *rows = json_array();
	const struct prefix *prefix;
	const char *comment;
	uint32_t cursor = 0;
	char text[ADDR_TEXT_BYTES];

	while ((prefix = bans_allowed_next(bans_of(d), &cursor, &comment)))
		json_array_append_new(rows, json_pack("{s:s, s:s}", "prefix", prefix_text(prefix, text), "comment",
						      comment ? comment : ""));
	return json_pack("{s:b, s:o}", "ok", 1, "allowed", rows);
}

static json_t *disallow(struct daemon *d, const struct prefix *prefix, const char *text)
{
	if (enforce_disallow(pipeline_enforcer(d->pipeline), prefix))
		return answer_error(EXIT_NOT_FOUND, "%s is not an entry of the allow list", text);
	store_disallow(d->store, prefix);
	store_commit(d->store);
	return json_pack("{s:b, s:[o]}", "ok", 1, "text", json_sprintf("%s is off the allow list", text));
}

static json_t *answer_allow(struct daemon *d, const json_t *request, uid_t uid)
{
	const char *comment = word(request, "reason");
	struct prefix prefix;
	char text[ADDR_TEXT_BYTES];
	json_t *refused;
	int error;

	if (!word(request, "target"))
		return list_allowed(d);
	refused = read_target(request, &prefix);
	if (refused)
		return refused;
	prefix_text(&prefix, text);
	if (json_is_true(json_object_get(request, "remove")))
		return disallow(d, &prefix, text);
	error = enforce_allow(pipeline_enforcer(d->pipeline), &prefix, comment ? comment : "by hand");
	if (error && error != -EEXIST)
		return answer_error(EXIT_NOT_FOUND, "%s cannot be allowed: %s", text, strerror(-error));
	store_unban(d->store, &prefix);
	store_allow(d->store, &prefix, comment ? comment : "by hand");
	store_commit(d->store);
	log_line(LOG_LEVEL_WARN, "allow", "prefix=%s uid=%u", text, (unsigned int)uid);
	return json_pack("{s:b, s:[o]}", "ok", 1, "text", json_sprintf("%s is never dropped from now on", text));
}

/* ---- the rest -------------------------------------------------------------------------------------------------- */

static json_t *rule_row(const struct judge *judge, uint32_t index)
{
	const struct rule *rule = &judge_ruleset(judge)->rule[index];
	struct rule_tally tally = {0};
	char text[512];

	judge_rule_tally(judge, index, &tally);
	return json_pack("{s:s, s:b, s:I, s:I, s:I, s:s}", "name", rule->name, "shadow", rule->shadow, "decisions",
			 (json_int_t)tally.decisions, "hurt", (json_int_t)tally.hurt, "forgotten",
			 (json_int_t)tally.evictions, "text", rule_text(rule, text, sizeof(text)));
}

static json_t *answer_rules(struct daemon *d, const json_t *request, uid_t uid)
{
	const struct judge *judge = pipeline_judge(d->pipeline);
	json_t *rows = json_array();

	(void)request;
	(void)uid;
	for (uint32_t i = 0; i < judge_ruleset(judge)->count; i++)
		json_array_append_new(rows, rule_row(judge, i));
	return json_pack("{s:b, s:o}", "ok", 1, "rules", rows);
}

static json_t *answer_mode(struct daemon *d, const json_t *request, uid_t uid)
{
	const char *mode = word(request, "target");
	int error;

	(void)uid;
	if (!mode || (strcmp(mode, "observe") && strcmp(mode, "enforce")))
		return answer_error(EXIT_USAGE, "the mode is observe or enforce");
	judge_guardrail_reset(pipeline_judge(d->pipeline));
	error = daemon_set_mode(d, *mode == 'e');
	if (error)
		return answer_error(EXIT_NOT_FOUND, "the kernel half refused: %s", strerror(-error));
	return json_pack("{s:b, s:[o]}", "ok", 1, "text",
			 json_sprintf("mode %s until the next start; gatepost.conf says what it is then", mode));
}

static json_t *answer_reload(struct daemon *d, const json_t *request, uid_t uid)
{
	(void)request;
	(void)uid;
	if (daemon_reload(d))
		return answer_error(EXIT_NOT_FOUND, "%s; the old configuration stays in force", d->reload.error);
	return json_pack("{s:b, s:[s]}", "ok", 1, "text", "the new configuration is in force");
}

static json_t *answer_explained(struct daemon *d, const json_t *request, uid_t uid)
{
	struct prefix target;
	json_t *refused = read_target(request, &target);

	(void)uid;
	return refused ? refused : answer_explain(d, target.source);
}

/* Stays connected and is fed by control_publish. */
static json_t *answer_events(struct daemon *d, const json_t *request, uid_t uid)
{
	(void)d;
	(void)request;
	(void)uid;
	return NULL;
}

struct verify {
	struct daemon *d;
	uint32_t surplus;
};

static void verify_entry(void *context, const struct prefix *target, uint32_t until)
{
	struct verify *verify = context;

	/* What has expired is not enforced and waits for the sweep. */
	if (GP_BAN_SECONDS(until) * NS_PER_S > verify->d->now_ns && !bans_find(bans_of(verify->d), target))
		verify->surplus++;
}

static json_t *answer_verify(struct daemon *d, const json_t *request, uid_t uid)
{
	struct verify verify = {.d = d};
	uint32_t cursor = 0, missing = 0, in_force = 0, until, hits;
	const struct ban *ban;

	(void)request;
	(void)uid;
	while ((ban = bans_next(bans_of(d), &cursor))) {
		if (!ban_in_force(ban, daemon_wall_ns(d)))
			continue;
		in_force++;
		missing += datapath_ban_read(d->datapath, &ban->target, &until, &hits) != 0;
	}
	datapath_bans_each(d->datapath, verify_entry, &verify);
	return json_pack("{s:b, s:i, s:i, s:i, s:i, s:[o]}", "ok", !(missing || verify.surplus), "code", EXIT_NOT_FOUND,
			 "in_force", in_force, "missing", missing, "surplus", verify.surplus, "text",
			 json_sprintf("%u bans in force, %u missing in the kernel, %u in the kernel only", in_force,
				      missing, verify.surplus));
}

json_t *answer(void *context, const json_t *request, uid_t uid)
{
	static const struct {
		const char *command;
		answer_fn answer;
	} table[] = {
		{"status", answer_status}, {"counters", answer_counters}, {"bans", answer_bans},
		{"ban", answer_ban},       {"unban", answer_unban},       {"allow", answer_allow},
		{"rules", answer_rules},   {"mode", answer_mode},         {"reload", answer_reload},
		{"verify", answer_verify}, {"explain", answer_explained}, {"events", answer_events},
	};
	const char *command = word(request, "command");

	for (size_t i = 0; command && i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(command, table[i].command))
			return table[i].answer(context, request, uid);
	return answer_error(EXIT_USAGE, "unknown command");
}
