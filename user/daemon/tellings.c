/* SPDX-License-Identifier: BSD-2-Clause */
/* What the pipeline tells, told on: to the log, to whoever follows the events, to the disk. */
#include "user/daemon/tellings.h"

#include "user/adapters/log.h"
#include "user/daemon/fleet.h"
#include "user/lines.h"

/* Ten thousand connections a second are worth a line each only to whom they are told. */
static bool is_followed(const struct daemon *d)
{
	return control_followers(d->control) > 0;
}

static void publish(struct daemon *d, json_t *line)
{
	control_publish(d->control, line);
	json_decref(line);
}

static void on_attempt(void *context, const struct attempt *attempt)
{
	struct daemon *d = context;

	if (is_followed(d))
		publish(d, line_attempt(attempt, pipeline_wall_ns(d->pipeline, attempt->time_ns)));
}

static void on_success(void *context, uint64_t source, uint64_t time_ns)
{
	struct daemon *d = context;

	store_welcome(d->store, source, pipeline_wall_ns(d->pipeline, time_ns));
	fleet_success(d, source);
}

static void on_flow(void *context, const struct flow_report *report)
{
	if (is_followed(context))
		publish(context, line_flow(report));
}

static void on_decision(void *context, const struct decision *decision, const struct ban *ban)
{
	struct daemon *d = context;
	char target[ADDR_TEXT_BYTES] = "-", duration[32];

	if (decision->target.bits)
		prefix_text(&decision->target, target);
	log_line(decision->action == ACTION_OBSERVE ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, action_text(decision->action),
		 "source=%s rule=%s for=%s mode=%s in_force=%s reason=\"%s\"", target, decision->rule->name,
		 duration_text(decision->for_ns, duration, sizeof(duration)),
		 d->settings->enforce ? decision->shadow ? "shadow" : "enforce" : "observe",
		 ban && d->settings->enforce && !ban->shadow ? "yes" : "no", decision->reason);
	if (ban)
		store_ban(d->store, ban);
	fleet_decided(d, decision, ban);
	publish(d,
		line_decision(decision, ban, pipeline_wall_ns(d->pipeline, decision->time_ns), d->settings->enforce));
}

/* Nothing new but for the fleet, which may hear of it now. */
static void on_ban_confirmed(void *context, const struct ban *ban)
{
	struct daemon *d = context;

	store_ban(d->store, ban);
	fleet_confirmed(d, ban);
}

static void on_ban_ended(void *context, const struct ban *ban)
{
	struct daemon *d = context;
	char target[ADDR_TEXT_BYTES];

	prefix_text(&ban->target, target);
	if (ban->withdrawn)
		log_line(LOG_LEVEL_WARN, "ban-ended", "source=%s rule=%s reason=\"%s\"", target, ban->rule,
			 ban->reason);
	else
		log_line(LOG_LEVEL_INFO, "ban-ended", "source=%s rule=%s", target, ban->rule);
	if (ban->withdrawn)
		store_unban(d->store, &ban->target);
	publish(d, line_ban_ended(ban, daemon_wall_ns(d)));
	fleet_ban_ended(d, &ban->target);
}

static void on_warning(void *context, const char *event, const char *text)
{
	(void)context;
	log_line(LOG_LEVEL_WARN, event, "%s", text);
}

struct sink daemon_sink(struct daemon *d)
{
	return (struct sink){.context = d,
			     .attempt = on_attempt,
			     .success = on_success,
			     .flow = on_flow,
			     .decision = on_decision,
			     .ban_confirmed = on_ban_confirmed,
			     .ban_ended = on_ban_ended,
			     .warning = on_warning};
}
