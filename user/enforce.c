/* SPDX-License-Identifier: BSD-2-Clause */
/* The bans should be in force at the datapath within the call that decided them: a store to shared memory for a source,
 * one system call for a prefix. What the datapath refuses is told, never silent. */
#include "user/enforce.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1000000000ULL
#define EXPIRE_BANS 1000 /* a call: some ten milliseconds, each has its line in the log */
#define WALL_STEP_NS 1000000000LL /* less is the time between reading the two clocks */

struct enforcer {
	struct datapath *datapath;
	struct bans *bans;
	struct judge *judge;
	const struct sink *sink;
	uint64_t wall_offset_ns;
};

/* ---- to the datapath -----------------------------------------------------------------------------------------------
 */

/* In seconds of the kernel half's clock, rounded up: a ban never ends before its time. */
static uint32_t until_s(const struct enforcer *e, const struct ban *ban)
{
	uint64_t seconds;

	if (ban->until_ns == UINT64_MAX)
		return GP_BAN_SECONDS_MAX;
	seconds = (ban->until_ns - e->wall_offset_ns + NS_PER_S - 1) / NS_PER_S;
	return seconds > GP_BAN_SECONDS_MAX ? GP_BAN_SECONDS_MAX : (uint32_t)seconds;
}

static enum gp_action kernel_action(const struct ban *ban)
{
	if (ban->shadow)
		return GP_ACTION_SHADOW_DROP;
	return ban->action == ACTION_BAN ? GP_ACTION_DROP : GP_ACTION_LIMIT;
}

static int ban_to_datapath(struct enforcer *e, const struct ban *ban, uint64_t now_ns)
{
	return datapath_ban(e->datapath, &ban->target, kernel_action(ban), until_s(e, ban),
			    (uint32_t)(now_ns / NS_PER_S));
}

static void warn_refused(const struct enforcer *e, const struct ban *ban, int error)
{
	char text[160], target[ADDR_TEXT_BYTES];

	if (!e->sink->warning)
		return;
	snprintf(text, sizeof(text), "target=%s error=\"%s\"", prefix_text(&ban->target, target), strerror(-error));
	e->sink->warning(e->sink->context, "ban-not-in-force", text);
}

void enforcer_ban_of(const struct enforcer *e, const struct decision *decision, struct ban *ret_ban)
{
	*ret_ban = (struct ban){
		.target = decision->target,
		.action = decision->action,
		.shadow = decision->shadow,
		.evidence = decision->evidence,
		.offences = decision->offences,
		.since_ns = enforcer_wall_ns(e, decision->time_ns),
		.origin = "local",
	};
	ret_ban->until_ns = ret_ban->since_ns + decision->for_ns;
	snprintf(ret_ban->rule, sizeof(ret_ban->rule), "%s", decision->rule->name);
	snprintf(ret_ban->reason, sizeof(ret_ban->reason), "%s", decision->reason);
}

int enforce_ban(struct enforcer *e, const struct ban *ban, uint64_t now_ns)
{
	int changed = bans_put(e->bans, ban, enforcer_wall_ns(e, now_ns)), error;

	if (changed <= 0)
		return changed;
	/* What is in force may be a merge of this ban and an older one. */
	error = ban_to_datapath(e, bans_find(e->bans, &ban->target), now_ns);
	if (error) {
		warn_refused(e, ban, error);
		bans_remove(e->bans, &ban->target); /* nobody is to read that it is in force */
		return error;
	}
	return changed;
}

static void tell_ended(const struct enforcer *e, const struct ban *ban)
{
	if (e->sink->ban_ended)
		e->sink->ban_ended(e->sink->context, ban);
}

/* What is over is over for the datapath whether it is lifted or not; a hundred thousand may end in one moment. */
void enforce_expire(struct enforcer *e, uint64_t now_ns)
{
	struct ban ban;

	for (int i = 0; i < EXPIRE_BANS && bans_expire(e->bans, enforcer_wall_ns(e, now_ns), &ban); i++) {
		datapath_unban(e->datapath, &ban.target);
		tell_ended(e, &ban);
	}
	datapath_sweep(e->datapath, (uint32_t)(now_ns / NS_PER_S));
}

uint32_t enforce_restore(struct enforcer *e, uint64_t now_ns)
{
	uint64_t wall_ns = enforcer_wall_ns(e, now_ns);
	uint32_t cursor = 0, restored = 0;
	const struct prefix *allowed;
	const struct ban *ban;

	while ((allowed = bans_allowed_next(e->bans, &cursor, NULL)))
		restored += !datapath_allow(e->datapath, allowed);
	cursor = 0;
	while ((ban = bans_next(e->bans, &cursor)))
		if (ban_in_force(ban, wall_ns))
			restored += !ban_to_datapath(e, ban, now_ns);
	return restored;
}

/* ---- by hand --------------------------------------------------------------------------------------------------- */

int enforce_unban(struct enforcer *e, const struct prefix *target)
{
	int error = bans_remove(e->bans, target);

	/* The datapath is cleared even of what was not known here. */
	if (!datapath_unban(e->datapath, target))
		error = 0;
	judge_forgive(e->judge, target);
	return error;
}

static void lift(void *context, const struct ban *ban)
{
	struct enforcer *e = context;

	datapath_unban(e->datapath, &ban->target);
	judge_forgive(e->judge, &ban->target);
	tell_ended(e, ban);
}

int enforce_allow(struct enforcer *e, const struct prefix *prefix, const char *comment)
{
	int error = bans_allow(e->bans, prefix, comment, lift, e);

	return error ? error : datapath_allow(e->datapath, prefix);
}

/* What was decided while it was allowed was never in force, and must not keep the rules silent now. */
int enforce_disallow(struct enforcer *e, const struct prefix *prefix)
{
	int error = bans_disallow(e->bans, prefix);

	if (error)
		return error;
	judge_forgive(e->judge, prefix);
	return datapath_disallow(e->datapath, prefix);
}

static bool settings_allow(const struct settings *settings, const struct prefix *prefix)
{
	for (uint32_t i = 0; i < settings->allowed; i++)
		if (prefix_equal(&settings->allow[i], prefix))
			return true;
	return false;
}

int enforce_allow_configured(struct enforcer *e, const struct settings *old, const struct settings *settings)
{
	int error;

	for (uint32_t i = 0; old && i < old->allowed; i++)
		if (!settings_allow(settings, &old->allow[i]))
			enforce_disallow(e, &old->allow[i]);
	for (uint32_t i = 0; i < settings->allowed; i++) {
		error = enforce_allow(e, &settings->allow[i], "configuration");
		if (error && error != -EEXIST)
			return error;
	}
	return 0;
}

/* ---- making ---------------------------------------------------------------------------------------------------- */

int enforcer_new(struct enforcer **ret_enforcer, const struct settings *settings, struct datapath *datapath,
		 struct judge *judge, const struct sink *sink)
{
	struct enforcer *e = calloc(1, sizeof(*e));
	int error;

	if (!e)
		return -ENOMEM;
	error = bans_new(&e->bans, settings->bans_max, settings->judge.remember_ns, settings->judge.seed);
	if (error) {
		free(e);
		return error;
	}
	e->datapath = datapath;
	e->judge = judge;
	e->sink = sink;
	*ret_enforcer = e;
	return 0;
}

void enforcer_free(struct enforcer *e)
{
	if (!e)
		return;
	bans_free(e->bans);
	free(e);
}

bool enforce_wall(struct enforcer *e, uint64_t wall_offset_ns)
{
	const int64_t step_ns = (int64_t)(wall_offset_ns - e->wall_offset_ns);
	const bool stepped = step_ns > WALL_STEP_NS || step_ns < -WALL_STEP_NS;

	e->wall_offset_ns = wall_offset_ns;
	if (stepped)
		bans_shift(e->bans, step_ns);
	return stepped;
}

uint64_t enforcer_wall_ns(const struct enforcer *e, uint64_t now_ns)
{
	return now_ns + e->wall_offset_ns;
}

struct bans *enforcer_bans(struct enforcer *e)
{
	return e->bans;
}

struct datapath *enforcer_datapath(const struct enforcer *e)
{
	return e->datapath;
}
