/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans by a list that somebody else publishes (gatepost import). They stay on this edge: every edge has its own lists,
 * and the fleet shares only what was seen. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/adapters/log.h"
#include "user/cmd/cmd.h"
#include "user/daemon/answers.h"
#include "user/fleet/node.h"

#define FEED_NAME_MAX 20

struct feed {
	struct daemon *d;
	const char *name;
	char origin[BAN_ORIGIN_BYTES];
	uint64_t for_ns;
	int banned, allowed, wide, failed, freed;
};

static void ban_one(struct feed *feed, const struct prefix *target)
{
	const struct guardrail_settings *guardrail = &feed->d->settings->judge.guardrail;
	struct ban ban = {.target = *target, .action = ACTION_BAN, .evidence = GP_E0_PACKET, .offences = 1};
	int changed;

	if (prefix_length(target) <
	    (source_is_v4(target->source) ? guardrail->widest_v4_bits : guardrail->widest_v6_bits)) {
		feed->wide++;
		return;
	}
	ban.since_ns = daemon_wall_ns(feed->d);
	ban.until_ns = ban.since_ns + feed->for_ns;
	snprintf(ban.rule, sizeof(ban.rule), "feed");
	snprintf(ban.origin, sizeof(ban.origin), "%s", feed->origin);
	snprintf(ban.reason, sizeof(ban.reason), "on the list %s", feed->name);
	changed = enforce_ban(pipeline_enforcer(feed->d->pipeline), &ban, feed->d->now_ns);
	feed->banned += changed >= 0;
	feed->allowed += changed == -EPERM;
	feed->failed += changed < 0 && changed != -EPERM;
	if (changed > 0)
		store_ban(feed->d->store, bans_find(daemon_bans(feed->d), target));
}

/* Only what stands because of this list: somebody may have been caught since. */
static void free_one(struct feed *feed, const struct prefix *target)
{
	const struct ban *ban = bans_find(daemon_bans(feed->d), target);

	if (!ban || strcmp(ban->origin, feed->origin) || enforce_unban(pipeline_enforcer(feed->d->pipeline), target))
		return;
	store_unban(feed->d->store, target);
	feed->freed++;
}

static void each(struct feed *feed, const json_t *rows, void (*what)(struct feed *feed, const struct prefix *target))
{
	struct prefix target;
	const json_t *row;
	size_t n;

	json_array_foreach(rows, n, row)
	{
		if (json_is_string(row) && !prefix_parse(json_string_value(row), &target))
			what(feed, &target);
		else
			feed->failed++;
	}
}

json_t *answer_feed(struct daemon *d, const json_t *request, uid_t uid)
{
	const char *duration = answer_word(request, "for");
	struct feed feed = {.d = d, .name = answer_word(request, "name")};

	if (!feed.name || !fleet_is_node_name(feed.name) || strlen(feed.name) > FEED_NAME_MAX)
		return answer_error(EXIT_USAGE, "a list has a name of letters, digits, '.', '_', '-', at most %d",
				    FEED_NAME_MAX);
	if (!duration || duration_parse(duration, &feed.for_ns) || !feed.for_ns)
		return answer_error(EXIT_USAGE, "'%s' is no duration: write 12h or 1d", duration ? duration : "");
	snprintf(feed.origin, sizeof(feed.origin), "feed %s", feed.name);
	each(&feed, json_object_get(request, "add"), ban_one);
	each(&feed, json_object_get(request, "remove"), free_one);
	log_line(LOG_LEVEL_INFO, "feed", "name=%s uid=%u banned=%d freed=%d allowed=%d wide=%d failed=%d", feed.name,
		 (unsigned int)uid, feed.banned, feed.freed, feed.allowed, feed.wide, feed.failed);
	return json_pack("{s:b, s:i, s:i, s:i, s:i, s:i}", "ok", 1, "banned", feed.banned, "allowed", feed.allowed,
			 "wide", feed.wide, "failed", feed.failed, "freed", feed.freed);
}
