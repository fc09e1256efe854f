/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost explain ADDRESS: the question of 3 a.m. In this order: what happens to it, why, since when and until when,
 * what it did, what the kernel says, and how to undo it. */
#include <stdarg.h>
#include <stdio.h>

#include "user/adapters/clock.h"
#include "user/daemon/answers.h"
#include "user/daemon/fleet.h"
#include "user/lines.h"

#define NS_PER_S 1000000000ULL

struct explained {
	struct daemon *d;
	uint64_t source;
	char name[ADDR_TEXT_BYTES];
	const struct ban *ban; /* in force, or NULL */
	bool allowed;
	json_t *text; /* lines for people */
};

static void say(struct explained *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct explained *e, const char *format, ...)
{
	va_list arguments;
	char line[768];

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	json_array_append_new(e->text, json_string(line));
}

static const char *verdict(const struct explained *e)
{
	if (e->allowed)
		return "allowed";
	if (!e->ban)
		return "passes";
	if (!e->d->settings->enforce || e->ban->shadow)
		return "observed";
	return e->ban->action == ACTION_BAN ? "banned" : "limited";
}

static void say_verdict(struct explained *e)
{
	uint64_t wall_ns = daemon_wall_ns(e->d);
	char left[32];

	if (e->allowed)
		say(e, "%s  ALLOWED: on the allow list, never dropped", e->name);
	else if (!e->ban)
		say(e, "%s  PASSES: not banned", e->name);
	else if (e->ban->until_ns == UINT64_MAX)
		say(e, "%s  %s until further notice", e->name, e->ban->action == ACTION_BAN ? "BANNED" : "LIMITED");
	else
		say(e, "%s  %s, %s left", e->name, e->ban->action == ACTION_BAN ? "BANNED" : "LIMITED",
		    duration_text((e->ban->until_ns - wall_ns) / NS_PER_S * NS_PER_S, left, sizeof(left)));
	if (e->ban && !e->d->settings->enforce)
		say(e, "  mode      observe: its packets pass and are counted as spared");
	else if (e->ban && e->ban->shadow)
		say(e, "  mode      the rule is in shadow: its packets pass and are counted as spared");
}

static const struct rule *rule_named(const struct explained *e, const char *name)
{
	const struct ruleset *rules = judge_ruleset(pipeline_judge(e->d->pipeline));

	for (uint32_t i = 0; i < rules->count; i++)
		if (!__builtin_strcmp(rules->rule[i].name, name))
			return &rules->rule[i];
	return NULL;
}

static void say_ban(struct explained *e)
{
	char since[32], until[32], target[ADDR_TEXT_BYTES], sentence[512];
	const struct rule *rule = rule_named(e, e->ban->rule);

	say(e, "  rule      %s%s%s", e->ban->rule, rule ? ": " : "",
	    rule ? rule_text(rule, sentence, sizeof(sentence)) : "");
	say(e, "  why       %s", e->ban->reason);
	say(e, "  covers    %s", prefix_text(&e->ban->target, target));
	say(e, "  since     %s, until %s, offence %u, evidence E%u, origin %s", clock_text(e->ban->since_ns, since),
	    e->ban->until_ns == UINT64_MAX ? "further notice" : clock_text(e->ban->until_ns, until), e->ban->offences,
	    e->ban->evidence, e->ban->origin);
}

/* The last one that ended or was lifted is worth a line: "why was it blocked an hour ago?" */
static void say_past(struct explained *e)
{
	struct prefix own = prefix_of_source(e->source);
	const struct ban *past = bans_find(daemon_bans(e->d), &own);
	char until[32];

	if (!e->ban && past)
		say(e, "  past      banned until %s by %s: %s", clock_text(past->until_ns, until), past->rule,
		    past->reason);
}

static void say_claim(void *context, const char *text)
{
	say(context, "  fleet     %s", text);
}

static void say_fleet(struct explained *e)
{
	const struct prefix own = prefix_of_source(e->source);

	fleet_explain(e->d, &own, say_claim, e);
	if (e->ban && !prefix_equal(&e->ban->target, &own))
		fleet_explain(e->d, &e->ban->target, say_claim, e);
}

static json_t *explain_kernel(struct explained *e)
{
	uint32_t until = 0, hits = 0;
	bool there;

	if (!e->ban)
		return json_null();
	there = !datapath_ban_read(e->d->datapath, &e->ban->target, &until, &hits);
	if (there)
		say(e, "  kernel    in force, %u packets met it%s", hits,
		    e->d->settings->enforce && !e->ban->shadow ? "" : " and passed");
	else
		say(e, "  kernel    NOT IN ITS TABLE: run `gatepost verify`");
	return json_pack("{s:b, s:I}", "in_force", there, "packets_met", (json_int_t)hits);
}

static json_t *explain_record(struct explained *e)
{
	struct source_record record;
	uint64_t now_ns = e->d->now_ns;
	char ago[32];

	if (!judge_source(pipeline_judge(e->d->pipeline), e->source, now_ns, &record)) {
		say(e, "  seen      nothing since the start");
		return json_null();
	}
	say(e,
	    "  seen      %u connections, %u attempts: %u failures on %u accounts (%u repeats of a wrong password), "
	    "%u successes",
	    record.connections, record.attempts, record.failures, record.accounts, record.repeats, record.successes);
	if (record.presumed)
		say(e, "  presumed  %u of the failures: kept waiting for longer than who gets in, no answer seen",
		    record.presumed);
	say(e, "  last      %s ago, credit %.1f%s",
	    duration_text((now_ns - record.last_ns) / NS_PER_S * NS_PER_S, ago, sizeof(ago)), record.credit,
	    datapath_source_proven(e->d->datapath, e->source, now_ns) ? ", address proven" : "");
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:f}", "connections", record.connections, "attempts",
			 record.attempts, "failures", record.failures, "presumed", record.presumed, "repeats",
			 record.repeats, "accounts", record.accounts, "successes", record.successes, "credit",
			 record.credit);
}

static json_t *explain_rules(struct explained *e)
{
	struct judge *judge = pipeline_judge(e->d->pipeline);
	const struct ruleset *rules = judge_ruleset(judge);
	json_t *list = json_array();

	for (uint32_t i = 0; i < rules->count; i++) {
		uint32_t seen = judge_count(judge, i, e->source, e->d->now_ns);

		if (!seen)
			continue;
		say(e, "  count     %s: %u of %u", rules->rule[i].name, seen, rules->rule[i].threshold);
		json_array_append_new(list, json_pack("{s:s, s:i, s:i}", "name", rules->rule[i].name, "seen", seen,
						      "threshold", rules->rule[i].threshold));
	}
	return list;
}

static void say_undo(struct explained *e)
{
	char target[ADDR_TEXT_BYTES];

	if (e->ban)
		say(e, "  undo      gatepost unban %s", prefix_text(&e->ban->target, target));
	if (e->ban)
		say(e, "  never     gatepost allow %s", e->name);
}

static json_t *explain(struct daemon *d, uint64_t source)
{
	struct explained e = {.d = d, .source = source, .text = json_array()};
	struct prefix own = prefix_of_source(source);
	json_t *line = json_pack("{s:b}", "ok", 1);

	source_text(source, e.name);
	e.ban = bans_covering(daemon_bans(d), source, daemon_wall_ns(d));
	e.allowed = bans_allows(daemon_bans(d), &own);
	say_verdict(&e);
	if (e.ban)
		say_ban(&e);
	say_past(&e);
	say_fleet(&e);
	json_object_set_new(line, "source", json_string(e.name));
	json_object_set_new(line, "verdict", json_string(verdict(&e)));
	json_object_set_new(line, "ban", e.ban ? line_ban(e.ban, daemon_wall_ns(d)) : json_null());
	json_object_set_new(line, "kernel", explain_kernel(&e));
	json_object_set_new(line, "record", explain_record(&e));
	json_object_set_new(line, "rules", explain_rules(&e));
	say_undo(&e);
	json_object_set_new(line, "text", e.text);
	return line;
}

json_t *answer_explain(struct daemon *d, const json_t *request, uid_t uid)
{
	struct prefix target;
	json_t *refused = answer_target(request, &target);

	(void)uid;
	return refused ? refused : explain(d, target.source);
}
