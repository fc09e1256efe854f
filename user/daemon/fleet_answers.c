/* SPDX-License-Identifier: BSD-2-Clause */
/* The fleet, shown: nodes, what of each is known and refused, and where Redis is. */
#include <stdio.h>
#include <string.h>

#include "user/adapters/clock.h"
#include "user/cmd/cmd.h"
#include "user/core/duration.h"
#include "user/daemon/answers.h"
#include "user/daemon/fleet_state.h"

#define US_PER_S 1000000
#define AWAY_LOOK_US (10 * US_PER_S) /* a Redis that restarts is nobody's business at night */
#define NODE_SILENT_US (10 * US_PER_S)

static struct sync_report report_of(const struct fleet *fleet)
{
	struct sync_report report;

	sync_report(fleet->sync, fleet->daemon->now_ns / 1000, &report);
	return report;
}

static json_t *refusals_of(const struct fleet *fleet, int node)
{
	json_t *object = json_object();

	for (int i = 0; i < REFUSAL_MAX; i++) {
		const uint64_t count = admission_count(sync_admission(fleet->sync), node, (enum refusal)i);

		if (count)
			json_object_set_new(object, refusal_text((enum refusal)i), json_integer((json_int_t)count));
	}
	return object;
}

static json_t *node_row(const struct fleet *fleet, uint32_t node)
{
	const struct beat *beat = &fleet->beat[node];
	const uint64_t now_us = fleet_redis_us(fleet);
	const uint64_t ago_us = now_us > beat->time_us ? now_us - beat->time_us : 0;
	const char *state = !beat->time_us ? "never seen" : ago_us > NODE_SILENT_US ? "silent" : "up";

	return json_pack(
		"{s:s, s:s, s:o, s:s, s:i, s:i, s:I, s:i, s:i, s:I, s:o}", "node", fleet->node[node].name, "state",
		state, "seen_s", beat->time_us ? json_integer((json_int_t)(ago_us / US_PER_S)) : json_null(), "mode",
		!beat->time_us   ? "-"
		: beat->enforces ? "enforce"
				 : "observe",
		"bans", (int)beat->bans, "entries", (int)beat->entries, "behind", (json_int_t)beat->behind, "queued",
		(int)beat->queued, "from_it", (int)replica_count_of(sync_replica(fleet->sync), (uint8_t)node),
		"refused", (json_int_t)admission_total(sync_admission(fleet->sync), (int)node), "refusals",
		refusals_of(fleet, (int)node));
}

json_t *fleet_summary(const struct daemon *d)
{
	const struct fleet *fleet = d->fleet;
	struct sync_report report;
	char when[32];

	if (!fleet)
		return json_null();
	report = report_of(fleet);
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "node",
			 fleet->node[REPLICA_SELF].name, "redis", redis_address(fleet->redis), "state",
			 sync_state_text(report.state), "away_since",
			 fleet->why[0] ? json_string(clock_text(fleet->away_wall_ns, when)) : json_null(), "why",
			 fleet->why, "queued", (int)report.queued, "behind", (json_int_t)report.behind, "told",
			 (json_int_t)report.sent, "heard", (json_int_t)report.heard, "heard_twice",
			 (json_int_t)report.known, "lost", (json_int_t)report.lost, "snapshots",
			 (json_int_t)report.snapshots, "not_in_force", (json_int_t)fleet->not_in_force, "good_heard",
			 (json_int_t)fleet->good_heard, "good_refused", (json_int_t)fleet->good_refused);
}

bool fleet_needs_a_look(const struct daemon *d)
{
	struct sync_report report;

	if (!d->fleet)
		return false;
	report = report_of(d->fleet);
	return report.away_us > AWAY_LOOK_US || report.lost || d->fleet->store_error || d->fleet->not_in_force ||
	       admission_count(sync_admission(d->fleet->sync), REPLICA_SELF, REFUSED_CLONE);
}

json_t *answer_fleet(struct daemon *d, const json_t *request, uid_t uid)
{
	json_t *rows = json_array(), *line = json_pack("{s:b}", "ok", 1);

	(void)request;
	(void)uid;
	if (!d->fleet)
		return answer_error(EXIT_NOT_FOUND, "nothing is shared: fleet { share = no }");
	for (uint32_t i = 0; i < d->fleet->nodes; i++)
		json_array_append_new(rows, node_row(d->fleet, i));
	json_object_set_new(line, "fleet", fleet_summary(d));
	json_object_set_new(line, "nodes", rows);
	json_object_set_new(line, "refused_of_none", refusals_of(d->fleet, -1));
	if (fleet_needs_a_look(d))
		json_object_set_new(line, "code", json_integer(EXIT_NOT_FOUND));
	return line;
}

/* ---- explain ------------------------------------------------------------------------------------------------------
 */

struct explaining {
	const struct fleet *fleet;
	void (*say)(void *context, const char *text);
	void *context;
};

static void say_claim(void *context, const struct claim_view *claim)
{
	const struct explaining *explaining = context;
	static const char *const words[] = {[ENTRY_LIMIT] = "limit", [ENTRY_BAN] = "ban", [ENTRY_UNBAN] = "unban"};
	const struct entry *entry = &claim->entry;
	const uint64_t now_us = fleet_redis_us(explaining->fleet), until_us = entry_until_us(entry);
	char left[DURATION_TEXT_BYTES] = "over", when[32], text[512];

	if (until_us > now_us)
		duration_text((until_us - now_us) / US_PER_S * NS_PER_S, left, sizeof(left));
	snprintf(text, sizeof(text), "%s: %s by %s at %s, %s%s, E%u%s%s%s", explaining->fleet->node[claim->node].name,
		 words[entry->kind], entry->rule,
		 clock_text(fleet_wall_ns(explaining->fleet, entry->revision_us), when), left,
		 until_us > now_us ? " left" : "", entry->evidence, entry->reason[0] ? ": " : "", entry->reason,
		 claim->node == REPLICA_SELF && !claim->in_redis ? " (not told yet)" : "");
	explaining->say(explaining->context, text);
}

void fleet_explain(const struct daemon *d, const struct prefix *target, void (*say)(void *context, const char *text),
		   void *context)
{
	struct explaining explaining = {.fleet = d->fleet, .say = say, .context = context};

	if (d->fleet)
		replica_claims(sync_replica(d->fleet->sync), target, say_claim, &explaining);
}
