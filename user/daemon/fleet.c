/* SPDX-License-Identifier: BSD-2-Clause */
/* From decisions to entries and back. Times on this side are our wall clock, on the other Redis's. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/adapters/log.h"
#include "user/core/duration.h"
#include "user/daemon/fleet_state.h"
#include "user/lines.h"

#define NS_PER_US 1000
#define US_PER_S 1000000
#define CLOCK_JUMP_US (10 * US_PER_S)
#define LINES_A_TICK 20 /* of what others ban; the rest is a number */
#define REFUSED_EVERY_NS (10 * NS_PER_S)
/* A ban and the unban that follows at once are a round trip apart by two clocks that were set meanwhile. */
#define ORDER_SLACK_NS NS_PER_S
#define UNLESS_SUCCESS_NS NS_PER_DAY /* of a rule that is not known here */

uint64_t fleet_redis_us(const struct fleet *fleet)
{
	return sync_now_us(fleet->sync, fleet->daemon->now_ns / NS_PER_US);
}

uint64_t fleet_wall_ns(const struct fleet *fleet, uint64_t redis_us)
{
	return daemon_wall_ns(fleet->daemon) + (redis_us - fleet_redis_us(fleet)) * NS_PER_US;
}

/* ---- what others decided ----------------------------------------------------------------------------------------- */

static bool may_log(struct fleet *fleet)
{
	if (fleet->told_lines++ < LINES_A_TICK)
		return true;
	fleet->untold_lines++;
	return false;
}

static void lift(struct fleet *fleet, const struct fleet_standing *standing, const struct prefix *target)
{
	struct daemon *d = fleet->daemon;
	const struct ban *ban = bans_find(daemon_bans(d), target);
	char text[ADDR_TEXT_BYTES];

	if (!standing->lifted_us || !ban || !ban_in_force(ban, daemon_wall_ns(d)) ||
	    ban->since_ns > fleet_wall_ns(fleet, standing->lifted_us) + ORDER_SLACK_NS)
		return;
	enforce_unban(pipeline_enforcer(d->pipeline), target);
	store_unban(d->store, target);
	if (may_log(fleet))
		log_line(LOG_LEVEL_WARN, "fleet-unban", "source=%s", prefix_text(target, text));
}

static void ban_from_standing(const struct fleet *fleet, const struct fleet_standing *standing, struct ban *ban)
{
	const struct entry *entry = &standing->entry;

	*ban = (struct ban){
		.target = entry->target,
		.action = standing->action,
		.evidence = entry->evidence,
		.offences = 1,
		.since_ns = fleet_wall_ns(fleet, entry->revision_us),
		.until_ns = fleet_wall_ns(fleet, standing->until_us),
	};
	snprintf(ban->rule, sizeof(ban->rule), "%s", entry->rule);
	snprintf(ban->reason, sizeof(ban->reason), "%s", entry->reason);
	snprintf(ban->origin, sizeof(ban->origin), "%s",
		 standing->node == REPLICA_SELF ? "local" : fleet->node[standing->node].name);
}

static uint64_t unless_success_ns(const struct fleet *fleet, const char *name)
{
	const struct ruleset *rules = judge_ruleset(pipeline_judge(fleet->daemon->pipeline));

	for (uint32_t i = 0; i < rules->count; i++)
		if (!strcmp(rules->rule[i].name, name))
			return rules->rule[i].unless_success_ns;
	return UNLESS_SUCCESS_NS;
}

/* Somebody logs in here from there: the rule that bans would have made a limit of it here. What an operator says is
 * not a rule. */
static void spare(const struct fleet *fleet, struct ban *ban)
{
	struct judge *judge = pipeline_judge(fleet->daemon->pipeline);
	const uint64_t now_ns = fleet->daemon->now_ns;
	char ago[DURATION_TEXT_BYTES];
	struct source_record record;
	size_t length = strlen(ban->reason);

	if (ban->action != ACTION_BAN || ban->target.bits != GP_SOURCE_BITS || !strcmp(ban->rule, "manual") ||
	    !judge_source(judge, ban->target.source, now_ns, &record) || !record.last_success_ns ||
	    now_ns - record.last_success_ns >= unless_success_ns(fleet, ban->rule))
		return;
	ban->action = ACTION_LIMIT;
	snprintf(ban->reason + length, sizeof(ban->reason) - length, "; limit, not ban: somebody logged in here %s ago",
		 duration_text((now_ns - record.last_success_ns) / NS_PER_S * NS_PER_S, ago, sizeof(ago)));
}

static void put(struct fleet *fleet, const struct fleet_standing *standing)
{
	struct daemon *d = fleet->daemon;
	char text[ADDR_TEXT_BYTES], left[DURATION_TEXT_BYTES];
	const uint64_t left_ns = (standing->until_us - fleet_redis_us(fleet)) * NS_PER_US;
	struct ban ban;
	int changed;

	ban_from_standing(fleet, standing, &ban);
	spare(fleet, &ban);
	changed = enforce_ban(pipeline_enforcer(d->pipeline), &ban, d->now_ns);
	fleet->not_in_force += changed < 0 && changed != -EPERM;
	if (changed <= 0)
		return;
	store_ban(d->store, bans_find(daemon_bans(d), &ban.target));
	if (control_followers(d->control)) {
		json_t *line = line_fleet_ban(&ban, daemon_wall_ns(d));

		control_publish(d->control, line);
		json_decref(line);
	}
	if (may_log(fleet))
		log_line(LOG_LEVEL_WARN, "fleet-ban", "source=%s action=%s node=%s rule=%s for=%s reason=\"%s\"",
			 prefix_text(&ban.target, text), action_text(ban.action), ban.origin, ban.rule,
			 duration_text(left_ns / NS_PER_S * NS_PER_S, left, sizeof(left)), ban.reason);
}

static void on_changed(void *context, const struct prefix *target)
{
	struct fleet *fleet = context;
	struct fleet_standing standing;

	daemon_take_time(fleet->daemon);
	replica_standing(sync_replica(fleet->sync), target, fleet_redis_us(fleet), &standing);
	lift(fleet, &standing, target);
	if (standing.action != ACTION_OBSERVE)
		put(fleet, &standing);
}

/* A ban is over, and a limit that was decided elsewhere may not be. */
void fleet_ban_ended(struct daemon *d, const struct prefix *target)
{
	struct fleet_standing standing;

	if (!d->fleet)
		return;
	replica_standing(sync_replica(d->fleet->sync), target, fleet_redis_us(d->fleet), &standing);
	if (standing.action != ACTION_OBSERVE)
		put(d->fleet, &standing);
}

static void on_refused(void *context, const char *node, enum refusal refusal, const struct entry *entry)
{
	struct fleet *fleet = context;
	char target[ADDR_TEXT_BYTES] = "-";
	uint64_t *said_ns = &fleet->refused_said_ns[refusal];

	if (*said_ns && fleet->daemon->now_ns - *said_ns < REFUSED_EVERY_NS)
		return;
	*said_ns = fleet->daemon->now_ns;
	if (entry)
		prefix_text(&entry->target, target);
	log_line(LOG_LEVEL_WARN, "fleet-refused", "node=%s source=%s why=\"%s\" (more of this kind is only counted)",
		 node[0] ? node : "-", target, refusal_text(refusal));
}

/* ---- what is decided here ---------------------------------------------------------------------------------------- */

static void on_keep(void *context, const struct entry *entry, bool sent)
{
	struct fleet *fleet = context;
	const int error = fleet_store_keep(fleet->store, entry, sent, daemon_wall_ns(fleet->daemon));

	if (error)
		fleet->keep_error = error;
}

/* An edge that only observes has nothing to say to those who enforce; a tap is there to tell. */
static bool may_tell(const struct daemon *d)
{
	return d->fleet && (d->settings->enforce || d->tap);
}

static void tell(struct daemon *d, const struct ban *ban, uint64_t for_ns, uint32_t count)
{
	struct entry entry = {
		.target = ban->target,
		.kind = ban->action == ACTION_BAN ? ENTRY_BAN : ENTRY_LIMIT,
		.evidence = ban->evidence,
		.for_us = for_ns / NS_PER_US,
		.first_ago_s = (uint32_t)((daemon_wall_ns(d) - ban->since_ns) / NS_PER_S),
		.count = count,
	};

	if (entry.evidence < (entry.kind == ENTRY_BAN ? GP_E5_OUTCOME : GP_E4_ATTEMPT))
		return; /* stays local: the ladder of evidence */
	if (!entry.for_us)
		return;
	if (entry.for_us > ENTRY_FOR_MAX_US)
		entry.for_us = ENTRY_FOR_MAX_US;
	snprintf(entry.rule, sizeof(entry.rule), "%s", ban->rule);
	snprintf(entry.reason, sizeof(entry.reason), "%s", ban->reason);
	sync_decide(d->fleet->sync, &entry, d->now_ns / NS_PER_US);
	redis_pump(d->fleet->redis);
}

void fleet_decided(struct daemon *d, const struct decision *decision, const struct ban *ban)
{
	if (ban && may_tell(d) && !ban->shadow && !decision->shadow)
		tell(d, ban, decision->for_ns, decision->seen);
}

/* What there was too little evidence for when it was decided. */
void fleet_confirmed(struct daemon *d, const struct ban *ban)
{
	if (may_tell(d) && !ban->shadow)
		tell(d, ban, ban->until_ns - daemon_wall_ns(d), 0);
}

void fleet_banned_by_hand(struct daemon *d, const struct ban *ban)
{
	if (may_tell(d))
		tell(d, ban, ban->until_ns == UINT64_MAX ? UINT64_MAX : ban->until_ns - daemon_wall_ns(d), 0);
}

bool fleet_unbanned(struct daemon *d, const struct prefix *target, const char *reason)
{
	struct entry entry = {.target = *target, .kind = ENTRY_UNBAN, .evidence = GP_E5_OUTCOME, .rule = "manual"};

	if (!d->fleet)
		return false;
	snprintf(entry.reason, sizeof(entry.reason), "%s", reason ? reason : "");
	sync_decide(d->fleet->sync, &entry, d->now_ns / NS_PER_US);
	redis_pump(d->fleet->redis);
	return true;
}

/* ---- Redis comes and goes ---------------------------------------------------------------------------------------- */

static void on_up(void *context, const char *address)
{
	struct fleet *fleet = context;

	fleet->why[0] = '\0';
	daemon_take_time(fleet->daemon);
	log_line(LOG_LEVEL_INFO, "fleet", "redis=%s state=up", address);
}

static void on_down(void *context, const char *why)
{
	struct fleet *fleet = context;

	daemon_take_time(fleet->daemon);
	if (!fleet->why[0])
		fleet->away_wall_ns = daemon_wall_ns(fleet->daemon);
	snprintf(fleet->why, sizeof(fleet->why), "%s", why);
	fleet->asked_values = 0; /* no answer comes */
	log_line(LOG_LEVEL_WARN, "fleet",
		 "redis=%s state=away why=\"%s\" (bans stay in force, decisions are kept for it)",
		 redis_address(fleet->redis), why);
}

static size_t on_beat(void *context, uint8_t *buffer)
{
	struct fleet *fleet = context;
	const struct daemon *d = fleet->daemon;
	const struct signer signer = signing_key_signer(fleet->key);
	struct beat *beat = &fleet->beat[REPLICA_SELF];
	struct sync_report report;

	daemon_take_time(fleet->daemon);
	sync_report(fleet->sync, d->now_ns / NS_PER_US, &report);
	*beat = (struct beat){
		.time_us = fleet_redis_us(fleet),
		.enforces = d->settings->enforce,
		.bans = bans_count(daemon_bans(d), daemon_wall_ns(d)),
		.entries = replica_count(sync_replica(fleet->sync)),
		.queued = report.queued,
		.behind = report.behind,
	};
	memcpy(beat->node, fleet->node[REPLICA_SELF].name, sizeof(beat->node));
	for (int node = -1; node < (int)fleet->nodes; node++)
		beat->refused += admission_total(sync_admission(fleet->sync), node);
	return beat_encode(beat, &signer, buffer);
}

static void on_heard(void *context, const uint8_t *bytes, size_t length)
{
	struct fleet *fleet = context;
	const struct signer signer = signing_key_signer(fleet->key);
	struct beat beat;
	uint8_t node;

	if (beat_decode(bytes, length, fleet->node, fleet->nodes, &signer, &beat, &node) && node != REPLICA_SELF &&
	    beat.time_us >= fleet->beat[node].time_us)
		fleet->beat[node] = beat;
}

static void say_clock(int64_t ahead_us)
{
	char by[DURATION_TEXT_BYTES];
	const uint64_t off_us = (uint64_t)(ahead_us < 0 ? -ahead_us : ahead_us);

	duration_text((off_us + US_PER_S / 2) / US_PER_S * NS_PER_S, by, sizeof(by));
	log_line(LOG_LEVEL_WARN, "fleet-clock", "Redis's clock is %s %s ours (one of them jumped, or was never set)",
		 by, ahead_us < 0 ? "behind" : "ahead of");
}

static void keep_clock(struct fleet *fleet)
{
	const int64_t ahead_us = (int64_t)(fleet_redis_us(fleet) - daemon_wall_ns(fleet->daemon) / NS_PER_US);
	const int64_t moved_us = ahead_us - fleet->ahead_us;

	if (fleet->why[0] || (moved_us < 100000 && moved_us > -100000))
		return;
	if (moved_us > CLOCK_JUMP_US || moved_us < -CLOCK_JUMP_US)
		say_clock(ahead_us);
	fleet->ahead_us = ahead_us;
	fleet_store_clock(fleet->store, ahead_us);
}

void fleet_tick(struct daemon *d)
{
	struct fleet *fleet = d->fleet;
	int error;

	if (!fleet)
		return;
	if (fleet->untold_lines)
		log_line(LOG_LEVEL_WARN, "fleet-ban", "more=%llu (see gatepost bans)",
			 (unsigned long long)fleet->untold_lines);
	fleet->told_lines = 0;
	fleet->untold_lines = 0;
	keep_clock(fleet);
	fleet_tell_good(d);
	fleet_ask_counts(d);
	error = fleet_store_commit(fleet->store);
	if (!error)
		error = fleet->keep_error;
	fleet->keep_error = 0;
	if (error != fleet->store_error)
		log_line(error ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "fleet-store", "%s",
			 error ? strerror(-error) : "decisions are written to disk again");
	fleet->store_error = error;
}

/* What is banned until further notice is told for as long as may be, and again when half of that is over. */
static void tell_again(struct daemon *d)
{
	const uint64_t enough_us = d->settings->fleet.longest_ns / NS_PER_US / 2;
	const struct ban *ban;
	uint32_t cursor = 0;

	while ((ban = bans_next(daemon_bans(d), &cursor))) {
		struct claim_view claim;

		if (ban->until_ns != UINT64_MAX || ban->shadow)
			continue;
		if (!replica_own(sync_replica(d->fleet->sync), &ban->target, ENTRY_BAN, &claim) ||
		    entry_until_us(&claim.entry) < fleet_redis_us(d->fleet) + enough_us)
			tell(d, ban, UINT64_MAX, 0);
	}
}

void fleet_hour(struct daemon *d)
{
	if (!d->fleet)
		return;
	fleet_store_forget(d->fleet->store, daemon_wall_ns(d));
	if (may_tell(d))
		tell_again(d);
}

struct sync_sink fleet_sync_sink(struct fleet *fleet)
{
	return (struct sync_sink){fleet, on_changed, on_keep, on_refused};
}

struct redis_sink fleet_redis_sink(struct fleet *fleet)
{
	return (struct redis_sink){fleet, on_up, on_down, on_beat, on_heard, fleet_hear_good, fleet_counted};
}
