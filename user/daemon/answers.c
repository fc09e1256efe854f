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

const char *answer_word(const json_t *request, const char *key)
{
	return json_string_value(json_object_get(request, key));
}

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
	const char *mode = answer_word(request, "target");
	int error;

	(void)uid;
	if (!mode || (strcmp(mode, "observe") && strcmp(mode, "enforce")))
		return answer_error(EXIT_USAGE, "the mode is observe or enforce");
	if (*mode == 'e' && d->tap)
		return answer_error(EXIT_USAGE, "role tap cannot drop: it observes");
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
	if (GP_BAN_SECONDS(until) * NS_PER_S > verify->d->now_ns && !bans_find(daemon_bans(verify->d), target))
		verify->surplus++;
}

static json_t *answer_verify(struct daemon *d, const json_t *request, uid_t uid)
{
	struct verify verify = {.d = d};
	uint32_t cursor = 0, missing = 0, in_force = 0, until, hits;
	const struct ban *ban;

	(void)request;
	(void)uid;
	while ((ban = bans_next(daemon_bans(d), &cursor))) {
		if (!ban_in_force(ban, daemon_wall_ns(d)))
			continue;
		in_force++;
		missing += datapath_ban_read(d->datapath, &ban->target, &until, &hits) != 0;
	}
	datapath_bans_each(d->datapath, verify_entry, &verify);
	return json_pack("{s:b, s:i, s:i, s:i, s:i, s:[o]}", "ok", !(missing || verify.surplus), "code",
			 missing || verify.surplus ? EXIT_NOT_FOUND : EXIT_OK, "in_force", in_force, "missing", missing,
			 "surplus", verify.surplus, "text",
			 json_sprintf("%u bans in force, %u missing in the kernel, %u in the kernel only", in_force,
				      missing, verify.surplus));
}

json_t *answer(void *context, const json_t *request, uid_t uid)
{
	static const struct {
		const char *command;
		answer_fn answer;
	} table[] = {
		{"status", answer_status},   {"counters", answer_counters}, {"bans", answer_bans},
		{"ban", answer_ban},         {"unban", answer_unban},       {"allow", answer_allow},
		{"rules", answer_rules},     {"mode", answer_mode},         {"reload", answer_reload},
		{"verify", answer_verify},   {"explain", answer_explain},   {"events", answer_events},
		{"servers", answer_servers}, {"fleet", answer_fleet},       {"feed", answer_feed},
	};
	const char *command = answer_word(request, "command");

	for (size_t i = 0; command && i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(command, table[i].command))
			return table[i].answer(context, request, uid);
	return answer_error(EXIT_USAGE, "unknown command");
}
