/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes up what was in force before: bans and allow entries from the disk, bans that only the kernel still knows, and
 * who is known to be real.
 */
#include "user/daemon/restore.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/adapters/log.h"

#define NS_PER_S 1000000000ULL

static void restore_allowed(void *context, const struct prefix *prefix, const char *comment)
{
	struct daemon *d = context;

	enforce_allow(pipeline_enforcer(d->pipeline), prefix, comment);
}

/* The judge must know: the servers send their last refusals again to whom we no longer let answer, and the same
 * failures would be a second offence. A ban in shadow is nothing to go by. */
static void resume(struct daemon *d, const struct ban *ban, uint64_t for_ns)
{
	struct offence offence = {
		.target = ban->target, .count = ban->offences, .action = ban->action, .for_ns = for_ns};

	if (enforce_ban(pipeline_enforcer(d->pipeline), ban, d->now_ns) < 0 || ban->shadow)
		return;
	offence.until_ns = ban->until_ns == UINT64_MAX ? UINT64_MAX : ban->until_ns - daemon_wall_ns(d) + d->now_ns;
	judge_resume(pipeline_judge(d->pipeline), &offence);
}

static void restore_ban(void *context, const struct ban *ban)
{
	struct daemon *d = context;

	judge_remember(pipeline_judge(d->pipeline), &ban->target, ban->offences, d->now_ns);
	if (ban_in_force(ban, daemon_wall_ns(d)))
		resume(d, ban, ban->until_ns - ban->since_ns);
}

/* In the kernel, but not on disk: decided in the last moment before a crash. */
static void adopt_ban(void *context, const struct prefix *target, uint32_t until)
{
	struct daemon *d = context;
	struct enforcer *enforcer = pipeline_enforcer(d->pipeline);
	uint32_t seconds = GP_BAN_SECONDS(until);
	struct ban ban = {.target = *target, .offences = 1, .evidence = GP_E4_ATTEMPT, .since_ns = daemon_wall_ns(d)};

	if (bans_find(enforcer_bans(enforcer), target) || seconds * NS_PER_S <= d->now_ns)
		return;
	ban.action = GP_BAN_ACTION(until) == GP_ACTION_LIMIT ? ACTION_LIMIT : ACTION_BAN;
	ban.shadow = GP_BAN_ACTION(until) == GP_ACTION_SHADOW_DROP;
	ban.until_ns = seconds == GP_BAN_SECONDS_MAX ? UINT64_MAX : pipeline_wall_ns(d->pipeline, seconds * NS_PER_S);
	snprintf(ban.rule, sizeof(ban.rule), "unknown");
	snprintf(ban.origin, sizeof(ban.origin), "kernel");
	snprintf(ban.reason, sizeof(ban.reason), "found in force in the kernel after a crash; its record was lost");
	resume(d, &ban, UINT64_MAX); /* nobody knows how long it was meant to be: let it end first */
	if (bans_find(enforcer_bans(enforcer), target)) {
		d->bans_adopted++;
		store_ban(d->store, bans_find(enforcer_bans(enforcer), target));
	}
}

/* New tables know nobody: who logged in before must not wait behind a flood of strangers. Tables that were taken over
 * know better than the disk. */
static void restore_welcomed(void *context, uint64_t source, uint64_t last_ns)
{
	struct daemon *d = context;
	const uint64_t wall_ns = daemon_wall_ns(d), age_ns = wall_ns > last_ns ? wall_ns - last_ns : 0;

	if (age_ns > d->settings->proven_for_ns)
		return;
	datapath_prove(d->datapath, source, d->now_ns, age_ns);
	datapath_welcome(d->datapath, source, d->now_ns, age_ns);
}

int daemon_restore(struct daemon *d, struct fault *fault)
{
	int allowed = store_allowed(d->store, restore_allowed, d), bans = store_bans(d->store, restore_ban, d);

	if (allowed < 0 || bans < 0)
		return fault_set(fault, EIO, "cannot read the stored bans: %s",
				 strerror(allowed < 0 ? -allowed : -bans));
	if (allowed + bans)
		log_line(LOG_LEVEL_WARN, "store", "%d stored entries make no sense and were left alone",
			 allowed + bans);
	datapath_bans_each(d->datapath, adopt_ban, d);
	if (!d->taken_over && store_welcomed(d->store, d->settings->sources_max, restore_welcomed, d))
		log_line(LOG_LEVEL_WARN, "store",
			 "cannot read who logged in before: all have to prove themselves again");
	return 0;
}
