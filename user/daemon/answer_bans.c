/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans and the allow list, shown and changed by hand. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/adapters/log.h"
#include "user/cmd/cmd.h"
#include "user/daemon/answers.h"
#include "user/daemon/fleet.h"
#include "user/lines.h"

#define NS_PER_S 1000000000ULL

static json_t *ban_row(struct daemon *d, const struct ban *ban)
{
	json_t *row = line_ban(ban, daemon_wall_ns(d));
	uint32_t until, hits = 0;
	bool there = !datapath_ban_read(d->datapath, &ban->target, &until, &hits);

	json_object_set_new(row, "in_kernel", json_boolean(there));
	json_object_set_new(row, "packets_met", json_integer(hits));
	return row;
}

/* So much at a time, some ten milliseconds: who asks for a hundred thousand bans must not hold up what makes them. */
#define PAGE_ROWS 500
#define PAGE_PLACES 20000

/* From "from" (1) on; "next" is where to go on, if there is more. */
json_t *answer_bans(struct daemon *d, const json_t *request, uid_t uid)
{
	const json_int_t from = json_integer_value(json_object_get(request, "from"));
	bool all = json_is_true(json_object_get(request, "all")), more = true;
	const char *origin = answer_word(request, "origin");
	uint32_t place = from > 0 && from < UINT32_MAX ? (uint32_t)from : 1;
	json_t *rows = json_array(), *line = json_pack("{s:b}", "ok", 1);
	const struct ban *ban;

	(void)uid;
	for (uint32_t i = 0; more && i < PAGE_PLACES && json_array_size(rows) < PAGE_ROWS; i++) {
		more = bans_walk(daemon_bans(d), &place, &ban);
		if (more && ban && (all || ban_in_force(ban, daemon_wall_ns(d))) &&
		    (!origin || !strcmp(origin, ban->origin)))
			json_array_append_new(rows, ban_row(d, ban));
	}
	json_object_set_new(line, "bans", rows);
	if (more)
		json_object_set_new(line, "next", json_integer(place));
	return line;
}

/* NULL: `target` is filled. Else the error to answer. */
json_t *answer_target(const json_t *request, struct prefix *target)
{
	const char *text = answer_word(request, "target");

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

json_t *answer_ban(struct daemon *d, const json_t *request, uid_t uid)
{
	const char *duration = answer_word(request, "for");
	uint64_t for_ns = 3600 * NS_PER_S;
	struct prefix target;
	struct ban ban;
	char text[ADDR_TEXT_BYTES];
	json_t *refused = answer_target(request, &target);
	int changed;

	if (refused)
		return refused;
	if (duration && strcmp(duration, "forever") && duration_parse(duration, &for_ns))
		return answer_error(EXIT_USAGE, "'%s' is no duration: write 30m, 1h or forever", duration);
	refused = refuse_width(d, &target);
	if (refused)
		return refused;
	ban_by_hand(d, &target, duration && !strcmp(duration, "forever") ? 0 : for_ns, answer_word(request, "reason"),
		    uid, &ban);
	changed = enforce_ban(pipeline_enforcer(d->pipeline), &ban, d->now_ns);
	prefix_text(&target, text);
	if (changed == -EPERM)
		return answer_error(EXIT_GUARDRAIL, "%s is on the allow list, which always wins", text);
	if (changed < 0)
		return answer_error(EXIT_NOT_FOUND, "%s cannot be banned: %s", text, strerror(-changed));
	daemon_store_ban(d, &target);
	fleet_banned_by_hand(d, &ban);
	log_line(LOG_LEVEL_WARN, "ban", "source=%s rule=manual uid=%u", text, (unsigned int)uid);
	return json_pack(
		"{s:b, s:o, s:o}", "ok", 1, "ban", ban_row(d, bans_find(daemon_bans(d), &target)), "text",
		json_pack("[o]",
			  json_sprintf("%s is banned%s; undo: gatepost unban %s", text,
				       d->settings->enforce ? "" : " (observe mode: nothing is dropped)", text)));
}

json_t *answer_unban(struct daemon *d, const json_t *request, uid_t uid)
{
	struct prefix target;
	char text[ADDR_TEXT_BYTES];
	json_t *refused = answer_target(request, &target);
	int error;

	if (refused)
		return refused;
	prefix_text(&target, text);
	error = enforce_unban(pipeline_enforcer(d->pipeline), &target);
	/* What is not banned here may be so elsewhere. */
	if (!fleet_unbanned(d, &target, answer_word(request, "reason")) && error)
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

	while ((prefix = bans_allowed_next(daemon_bans(d), &cursor, &comment)))
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

json_t *answer_allow(struct daemon *d, const json_t *request, uid_t uid)
{
	const char *comment = answer_word(request, "reason");
	struct prefix prefix;
	char text[ADDR_TEXT_BYTES];
	json_t *refused;
	int error;

	if (!answer_word(request, "target"))
		return list_allowed(d);
	refused = answer_target(request, &prefix);
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
