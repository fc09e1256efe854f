/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/provisional.h"

#include <stdio.h>
#include <string.h>

#define WITHDRAWN "taken back: an attempt that was presumed to have failed was not refused"

static const struct ban *find(struct enforcer *enforcer, const struct rule *rule, const struct prefix *target,
			      uint64_t wall_ns)
{
	const struct ban *ban = bans_find(enforcer_bans(enforcer), target);
	const bool ours = ban && ban_in_force(ban, wall_ns) && ban->evidence < GP_E5_OUTCOME &&
			  !strcmp(ban->rule, rule->name) && !strcmp(ban->origin, "local");

	return ours ? ban : NULL;
}

static void confirm(struct enforcer *enforcer, const struct ban *ban, const struct sink *sink)
{
	bans_confirm(enforcer_bans(enforcer), &ban->target, GP_E5_OUTCOME);
	if (sink->ban_confirmed)
		sink->ban_confirmed(sink->context, ban);
}

static void withdraw(struct enforcer *enforcer, const struct ban *ban, const struct sink *sink)
{
	struct ban ended = *ban;

	ended.withdrawn = true;
	snprintf(ended.reason, sizeof(ended.reason), "%s", WITHDRAWN);
	bans_remove(enforcer_bans(enforcer), &ended.target);
	datapath_unban(enforcer_datapath(enforcer), &ended.target);
	if (sink->ban_ended)
		sink->ban_ended(sink->context, &ended);
}

void provisional_settle(struct enforcer *enforcer, const struct rule *rule, const struct prefix *target, bool confirmed,
			uint64_t now_ns, const struct sink *sink)
{
	const struct ban *ban = find(enforcer, rule, target, enforcer_wall_ns(enforcer, now_ns));

	if (ban && confirmed)
		confirm(enforcer, ban, sink);
	else if (ban)
		withdraw(enforcer, ban, sink);
}
