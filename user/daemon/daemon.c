/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets everything up in the order in which it must not fail halfway: configuration, memory, the kernel's tables,
 * what was in force before, then the interfaces, then the door for commands; last, privileges are given up. */
#include "user/daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "user/adapters/clock.h"
#include "user/config/config.h"
#include "user/adapters/log.h"
#include "user/adapters/privilege.h"
#include "user/daemon/answers.h"
#include "user/lines.h"

#define NS_PER_S 1000000000ULL
#define TICK_NS (NS_PER_S / 5)

uint64_t daemon_wall_ns(const struct daemon *d)
{
	return pipeline_wall_ns(d->pipeline, d->now_ns);
}

static void take_time(struct daemon *d)
{
	d->now_ns = clock_monotonic_ns();
	/* The wall clock may be set while we run; bans are kept in it. */
	enforce_wall(pipeline_enforcer(d->pipeline), clock_wall_ns() - d->now_ns);
}

/* ---- what the pipeline tells ----------------------------------------------------------------------------------- */

static void publish(struct daemon *d, json_t *line)
{
	control_publish(d->control, line);
	json_decref(line);
}

static void on_attempt(void *context, const struct attempt *attempt)
{
	struct daemon *d = context;

	publish(d, line_attempt(attempt, pipeline_wall_ns(d->pipeline, attempt->time_ns)));
}

static void on_flow(void *context, const struct flow_report *report)
{
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
	publish(d,
		line_decision(decision, ban, pipeline_wall_ns(d->pipeline, decision->time_ns), d->settings->enforce));
}

static void on_ban_ended(void *context, const struct ban *ban)
{
	struct daemon *d = context;
	char target[ADDR_TEXT_BYTES];

	log_line(LOG_LEVEL_INFO, "ban-ended", "source=%s rule=%s", prefix_text(&ban->target, target), ban->rule);
	publish(d, line_ban_ended(ban, daemon_wall_ns(d)));
}

static void on_warning(void *context, const char *event, const char *text)
{
	(void)context;
	log_line(LOG_LEVEL_WARN, event, "%s", text);
}

/* ---- what the loop tells --------------------------------------------------------------------------------------- */

static void on_samples(void *context, int fd, uint32_t events)
{
	struct daemon *d = context;

	(void)fd;
	(void)events;
	take_time(d);
	datapath_poll(d->datapath);
}

/* A full disk must not stop the shield; it is said once, and once when it is over. */
static void commit(struct daemon *d)
{
	int error = store_commit(d->store);

	if (error != d->store_error)
		log_line(error ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "store", "%s",
			 error ? strerror(-error) : "bans are written to disk again");
	d->store_error = error;
}

static void on_tick(void *context)
{
	struct daemon *d = context;

	take_time(d);
	pipeline_tick(d->pipeline, d->now_ns);
	commit(d);
}

static void on_hour(void *context)
{
	struct daemon *d = context;

	store_forget(d->store, daemon_wall_ns(d) - d->settings->judge.remember_ns);
}

static void on_signal(void *context, int number)
{
	struct daemon *d = context;

	if (number == SIGHUP) {
		take_time(d);
		daemon_reload(d);
		return;
	}
	log_line(LOG_LEVEL_INFO, "stop", "signal=%d kernel_half=%s", number,
		 d->options.detach_on_exit ? "detached" : "goes-on");
	loop_stop(d->loop, 0);
}

static json_t *on_request(void *context, const json_t *request, uid_t uid)
{
	take_time(context);
	return answer(context, request, uid);
}

/* ---- mode and reload ------------------------------------------------------------------------------------------- */

static int push_settings(struct daemon *d)
{
	struct gp_settings kernel = {0};

	settings_to_kernel(d->settings, &kernel);
	return datapath_settings(d->datapath, &kernel);
}

int daemon_set_mode(struct daemon *d, bool enforce)
{
	d->settings->enforce = enforce;
	log_line(LOG_LEVEL_WARN, "mode", "mode=%s", enforce ? "enforce" : "observe");
	return push_settings(d);
}

static bool same_memory(const struct settings *a, const struct settings *b)
{
	return a->bans_max == b->bans_max && a->sources_max == b->sources_max && a->flows_max == b->flows_max &&
	       a->judge.sources_max == b->judge.sources_max && a->judge.keys_max == b->judge.keys_max;
}

static bool same_place(const struct settings *a, const struct settings *b)
{
	return a->role == b->role && a->interfaces == b->interfaces && !strcmp(a->user, b->user) &&
	       !strcmp(a->pin_dir, b->pin_dir) && !strcmp(a->state_dir, b->state_dir) &&
	       !strcmp(a->control_socket, b->control_socket);
}

/* What cannot change while it runs keeps its old value, and that is said. */
static void keep_fixed(const struct settings *old, struct settings *new)
{
	if (!same_memory(old, new) || !same_place(old, new))
		log_line(LOG_LEVEL_WARN, "reload", "table sizes, role, interfaces and paths change at the next start");
	if (memcmp(&old->judge.credit, &new->judge.credit, sizeof(old->judge.credit)) ||
	    memcmp(&old->judge.guardrail, &new->judge.guardrail, sizeof(old->judge.guardrail)))
		log_line(LOG_LEVEL_WARN, "reload", "credit and guardrail change at the next start");
	new->bans_max = old->bans_max;
	new->flows_max = old->flows_max;
	new->role = old->role;
	new->judge = old->judge;
	memcpy(new->pin_dir, old->pin_dir, sizeof(new->pin_dir));
}

static int reload_into(struct daemon *d, struct settings *settings, struct fault *fault)
{
	int error;

	keep_fixed(d->settings, settings);
	error = pipeline_reload(d->pipeline, settings, fault);
	if (error)
		return error;
	config_free(d->settings);
	d->settings = settings;
	error = push_settings(d);
	if (!error)
		error = datapath_servers(d->datapath, settings->server, settings->servers);
	return error ? fault_set(fault, -error, "the kernel half refused the settings: %s", strerror(-error)) : 0;
}

int daemon_reload(struct daemon *d)
{
	struct settings *settings = NULL;
	struct fault fault = {0};
	int error;

	loop_notify("RELOADING=1");
	error = config_load(d->options.config, &settings, &fault);
	if (!error) {
		error = reload_into(d, settings, &fault);
		if (error && d->settings != settings)
			config_free(settings);
	}
	d->reload = (struct reload_result){.ok = !error, .wall_ns = daemon_wall_ns(d)};
	if (error)
		fault_text(&fault, d->reload.error, sizeof(d->reload.error));
	log_line(error ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "reload", "%s",
		 error ? d->reload.error : "configuration in force");
	if (error)
		log_line(LOG_LEVEL_WARN, "reload", "the old configuration stays in force");
	loop_notify("READY=1");
	return error;
}

void daemon_store_ban(struct daemon *d, const struct prefix *target)
{
	const struct ban *ban = bans_find(enforcer_bans(pipeline_enforcer(d->pipeline)), target);

	if (ban)
		store_ban(d->store, ban);
	store_commit(d->store);
}

/* ---- taking up what was in force before ------------------------------------------------------------------------ */

static void restore_allowed(void *context, const struct prefix *prefix, const char *comment)
{
	struct daemon *d = context;

	enforce_allow(pipeline_enforcer(d->pipeline), prefix, comment);
}

static void restore_ban(void *context, const struct ban *ban)
{
	struct daemon *d = context;

	if (ban_in_force(ban, daemon_wall_ns(d)))
		enforce_ban(pipeline_enforcer(d->pipeline), ban, d->now_ns);
	judge_remember(pipeline_judge(d->pipeline), &ban->target, ban->offences, d->now_ns);
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
	if (enforce_ban(enforcer, &ban, d->now_ns) > 0) {
		d->bans_adopted++;
		store_ban(d->store, bans_find(enforcer_bans(enforcer), target));
	}
}

static int restore(struct daemon *d, struct fault *fault)
{
	int allowed = store_allowed(d->store, restore_allowed, d), bans = store_bans(d->store, restore_ban, d);

	if (allowed < 0 || bans < 0)
		return fault_set(fault, EIO, "cannot read the stored bans: %s",
				 strerror(allowed < 0 ? -allowed : -bans));
	if (allowed + bans)
		log_line(LOG_LEVEL_WARN, "store", "%d stored entries make no sense and were left alone",
			 allowed + bans);
	datapath_bans_each(d->datapath, adopt_ban, d);
	return 0;
}

/* ---- setting up ------------------------------------------------------------------------------------------------ */

static int open_state(struct daemon *d, struct fault *fault)
{
	char path[SETTINGS_PATH_BYTES + 16];
	int error = privilege_directory(d->settings->user, d->settings->state_dir, 0750, fault);

	if (error)
		return error;
	snprintf(path, sizeof(path), "%s/account.key", d->settings->state_dir);
	error = secret_new(&d->secret, path, 0, fault);
	if (error)
		return error;
	snprintf(path, sizeof(path), "%s/gatepost.db", d->settings->state_dir);
	error = store_open(&d->store, path, fault);
	/* A damaged database was moved aside: its bans are lost, the shield goes on. */
	if (!error && fault->text[0])
		log_line(LOG_LEVEL_ERROR, "store", "%s", fault->text);
	return error;
}

static int open_datapath(struct daemon *d, struct fault *fault)
{
	struct datapath_options options = {
		.bans_max = d->settings->bans_max,
		.sources_max = d->settings->sources_max,
		.flows_max = d->settings->flows_max,
		.ring_bytes = 4 << 20,
		.pin_dir = d->settings->role == ROLE_TAP ? NULL : d->settings->pin_dir,
		.native = d->settings->role == ROLE_TAP,
	};
	uint64_t bytes = datapath_memory_bytes(&options);

	if (bytes > d->settings->memory_max_bytes)
		return fault_set(fault, ENOMEM, "the tables would take %llu MiB, the budget (memory_max) is %llu MiB",
				 (unsigned long long)bytes >> 20,
				 (unsigned long long)d->settings->memory_max_bytes >> 20);
	secret_random(options.seed, sizeof(options.seed));
	return datapath_new(&d->datapath, &options, &d->taken_over, fault);
}

static int open_pipeline(struct daemon *d, struct fault *fault)
{
	struct pipeline_options options = {
		.settings = d->settings,
		.datapath = d->datapath,
		.digest = secret_digest(d->secret),
		.wall_offset_ns = clock_wall_ns() - d->now_ns,
		.sink = {.context = d,
			 .attempt = on_attempt,
			 .flow = on_flow,
			 .decision = on_decision,
			 .ban_ended = on_ban_ended,
			 .warning = on_warning},
	};
	int error;

	secret_random(&d->settings->judge.seed, sizeof(d->settings->judge.seed));
	error = pipeline_new(&d->pipeline, &options, fault);
	if (!error)
		error = restore(d, fault);
	if (error)
		return error;
	error = push_settings(d);
	if (!error)
		error = datapath_servers(d->datapath, d->settings->server, d->settings->servers);
	return error ? fault_set(fault, -error, "the kernel half refused the settings: %s", strerror(-error)) : 0;
}

static int open_interfaces(struct daemon *d, struct fault *fault)
{
	int error = 0;

	datapath_on_sample(d->datapath, pipeline_sample, d->pipeline);
	if (d->settings->role == ROLE_TAP)
		return tap_new(&d->tap, d->loop, d->datapath, d->settings, fault);
	for (uint32_t i = 0; i < d->settings->interfaces && !error; i++)
		error = datapath_attach(d->datapath, d->settings->interface[i].name, d->settings->interface[i].attach,
					fault);
	if (!error && loop_add_fd(d->loop, datapath_fd(d->datapath), EPOLLIN, on_samples, d))
		error = fault_set(fault, EIO, "cannot watch the ring of samples");
	return error;
}

static int open_loop(struct daemon *d, struct fault *fault)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	int error = loop_new(&d->loop);

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]) && !error; i++)
		error = loop_add_signal(d->loop, signals[i], on_signal, d);
	if (!error)
		error = loop_add_timer(d->loop, TICK_NS, on_tick, d);
	if (!error)
		error = loop_add_timer(d->loop, 3600 * NS_PER_S, on_hour, d);
	return error ? fault_set(fault, -error, "cannot set up the loop: %s", strerror(-error)) : 0;
}

static int open_control(struct daemon *d, struct fault *fault)
{
	char directory[SETTINGS_PATH_BYTES];
	char *slash;
	int error;

	snprintf(directory, sizeof(directory), "%s", d->settings->control_socket);
	slash = strrchr(directory, '/');
	if (slash && slash != directory) {
		*slash = '\0';
		/* Open to all: the socket's own mode says who may ask. One that exists is somebody's and stays as it
		 * is. */
		error = access(directory, F_OK) ? privilege_directory(d->settings->user, directory, 0755, fault) : 0;
		if (error)
			return error;
	}
	return control_new(&d->control, d->loop, d->settings->control_socket, d->settings->control_group, on_request, d,
			   fault);
}

static int load_settings(struct daemon *d, struct fault *fault)
{
	int error = config_load(d->options.config, &d->settings, fault);

	if (error || !d->options.interface)
		return error;
	if (strlen(d->options.interface) >= sizeof(d->settings->interface[0].name))
		return fault_set(fault, EINVAL, "'%s' is no interface name: at most 15 characters",
				 d->options.interface);
	d->settings->interfaces = 1;
	d->settings->interface[0] = (struct interface_settings){.attach = ATTACH_NATIVE};
	snprintf(d->settings->interface[0].name, sizeof(d->settings->interface[0].name), "%s", d->options.interface);
	return 0;
}

static int daemon_open(struct daemon *d, struct fault *fault)
{
	int (*const step[])(struct daemon *, struct fault *) = {
		open_loop, open_state, open_datapath, open_pipeline, open_control, open_interfaces,
	};
	int error = load_settings(d, fault);

	d->started_ns = d->now_ns = clock_monotonic_ns();
	for (size_t i = 0; i < sizeof(step) / sizeof(step[0]) && !error; i++)
		error = step[i](d, fault);
	return error ? error : privilege_drop(d->settings->user, fault);
}

int daemon_new(struct daemon **ret_daemon, const struct daemon_options *options, struct fault *fault)
{
	struct daemon *d = calloc(1, sizeof(*d));
	int error;

	if (!d)
		return fault_set(fault, ENOMEM, "out of memory");
	d->options = *options;
	error = daemon_open(d, fault);
	if (error) {
		daemon_free(d);
		return error;
	}
	*ret_daemon = d;
	return 0;
}

void daemon_free(struct daemon *d)
{
	if (!d)
		return;
	control_free(d->control);
	tap_free(d->tap);
	pipeline_free(d->pipeline);
	datapath_free(d->datapath);
	store_free(d->store);
	secret_free(d->secret);
	loop_free(d->loop);
	config_free(d->settings);
	free(d);
}

static void log_start(const struct daemon *d)
{
	static const char *const role[] = {"gateway", "host", "tap"};
	struct bans *bans = enforcer_bans(pipeline_enforcer(d->pipeline));

	log_line(LOG_LEVEL_INFO, "start", "mode=%s role=%s rules=%u bans=%u kernel_half=%s adopted=%llu",
		 d->settings->enforce ? "enforce" : "observe", role[d->settings->role], d->settings->rules.count,
		 bans_count(bans, daemon_wall_ns(d)), d->taken_over ? "taken-over" : "new",
		 (unsigned long long)d->bans_adopted);
	for (uint32_t i = 0; i < d->settings->interfaces; i++)
		log_line(LOG_LEVEL_INFO, "interface", "name=%s attach=%s", d->settings->interface[i].name,
			 d->settings->role == ROLE_TAP                        ? "tap"
			 : d->settings->interface[i].attach == ATTACH_GENERIC ? "generic"
									      : "native");
	if (!d->settings->interfaces)
		log_line(LOG_LEVEL_WARN, "interface", "none configured: nothing is seen");
}

int daemon_run(struct daemon *d)
{
	struct fault fault = {0};
	char text[640];
	int code;

	log_start(d);
	loop_notify("READY=1");
	code = loop_run(d->loop);
	loop_notify("STOPPING=1");
	if (d->options.detach_on_exit && !d->tap && datapath_detach(d->settings->pin_dir, &fault))
		log_line(LOG_LEVEL_ERROR, "detach", "%s", fault_text(&fault, text, sizeof(text)));
	return code;
}
