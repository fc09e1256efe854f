/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets everything up in the order in which it must not fail halfway: configuration, memory, the door for commands, the
 * kernel's tables, what was in force before, then the interfaces; last, privileges are given up. */
#include "user/daemon/daemon.h"

#include <errno.h>
#include <net/if.h>
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
#include "user/daemon/fleet.h"
#include "user/daemon/profiles.h"
#include "user/daemon/restore.h"
#include "user/daemon/tellings.h"

#define NS_PER_S 1000000000ULL
#define TICK_NS (NS_PER_S / 5)

uint64_t daemon_wall_ns(const struct daemon *d)
{
	return pipeline_wall_ns(d->pipeline, d->now_ns);
}

struct bans *daemon_bans(const struct daemon *d)
{
	return enforcer_bans(pipeline_enforcer(d->pipeline));
}

void daemon_take_time(struct daemon *d)
{
	const struct ban *ban;
	uint32_t cursor = 0;

	d->now_ns = clock_monotonic_ns();
	/* The wall clock may be set while we run; bans are kept in it. */
	if (!enforce_wall(pipeline_enforcer(d->pipeline), clock_wall_ns() - d->now_ns))
		return;
	log_line(LOG_LEVEL_WARN, "clock", "the wall clock was set; bans last as long as they were to");
	while ((ban = bans_next(daemon_bans(d), &cursor)))
		store_ban(d->store, ban);
}

/* ---- what the loop tells --------------------------------------------------------------------------------------- */

static void on_samples(void *context, int fd, uint32_t events)
{
	struct daemon *d = context;

	(void)fd;
	(void)events;
	daemon_take_time(d);
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

	daemon_take_time(d);
	pipeline_tick(d->pipeline, d->now_ns);
	commit(d);
	fleet_tick(d);
	daemon_store_profiles(d);
}

static void on_hour(void *context)
{
	struct daemon *d = context;

	store_forget(d->store, daemon_wall_ns(d) - d->settings->judge.remember_ns);
	store_part(d->store, daemon_wall_ns(d) - d->settings->proven_for_ns);
	daemon_age_profiles(d);
	fleet_hour(d);
}

static void on_signal(void *context, int number)
{
	struct daemon *d = context;

	if (number == SIGHUP) {
		daemon_take_time(d);
		daemon_reload(d);
		return;
	}
	log_line(LOG_LEVEL_INFO, "stop", "signal=%d kernel_half=%s", number,
		 d->options.detach_on_exit ? "detached" : "goes-on");
	loop_stop(d->loop, 0);
}

static json_t *on_request(void *context, const json_t *request, uid_t uid)
{
	daemon_take_time(context);
	return answer(context, request, uid);
}

void daemon_store_ban(struct daemon *d, const struct prefix *target)
{
	const struct ban *ban = bans_find(daemon_bans(d), target);

	if (ban)
		store_ban(d->store, ban);
	store_commit(d->store);
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
		.syns_max = d->settings->syns_max,
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
	d->guarded = options.pin_dir && datapath_guards(options.pin_dir);
	return datapath_new(&d->datapath, &options, &d->taken_over, fault);
}

static int open_pipeline(struct daemon *d, struct fault *fault)
{
	struct pipeline_options options = {
		.settings = d->settings,
		.datapath = d->datapath,
		.digest = secret_digest(d->secret),
		.wall_offset_ns = clock_wall_ns() - d->now_ns,
		.servers = d->servers,
		.sink = daemon_sink(d),
	};
	int error;

	secret_random(&d->settings->judge.seed, sizeof(d->settings->judge.seed));
	error = pipeline_new(&d->pipeline, &options, fault);
	if (!error)
		error = daemon_restore(d, fault);
	if (error)
		return error;
	error = daemon_push_settings(d);
	if (!error)
		error = datapath_servers(d->datapath, d->settings->server, d->settings->servers);
	return error ? fault_set(fault, -error, "the kernel half refused the settings: %s", strerror(-error)) : 0;
}

/* A name that is wrong must not be found out when others have been switched already. */
static int find_interfaces(const struct settings *settings, struct fault *fault)
{
	for (uint32_t i = 0; i < settings->interfaces; i++)
		if (!if_nametoindex(settings->interface[i].name))
			return fault_set(fault, ENODEV, "there is no interface '%s'", settings->interface[i].name);
	return 0;
}

static int open_interfaces(struct daemon *d, struct fault *fault)
{
	int error = find_interfaces(d->settings, fault);

	if (error)
		return error;
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

	if (error)
		return error;
	daemon_settle_mode(d->settings);
	if (!d->options.interface)
		return 0;
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
		/* the door before the kernel's tables: who finds it taken must not touch what another one runs */
		open_loop,     open_state,      open_control,      open_datapath, daemon_open_profiles,
		open_pipeline, open_interfaces, daemon_open_fleet,
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
	struct fault ignored = {0};
	int error;

	if (!d)
		return fault_set(fault, ENOMEM, "out of memory");
	d->options = *options;
	error = daemon_open(d, fault);
	if (error) {
		/* Nothing is left behind, but who guarded before us goes on. */
		if (d->datapath && !d->taken_over && !d->guarded && d->settings->role != ROLE_TAP)
			datapath_detach(d->settings->pin_dir, &ignored);
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
	daemon_free_fleet(d);
	control_free(d->control);
	tap_free(d->tap);
	pipeline_free(d->pipeline);
	servers_free(d->servers);
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
	log_line(LOG_LEVEL_INFO, "servers", "profiles=%u learn=%s", servers_count(d->servers),
		 d->settings->learn_servers ? "yes" : "no");
	if (!d->settings->interfaces)
		log_line(LOG_LEVEL_WARN, "interface", "none configured: nothing is seen");
}

int daemon_run(struct daemon *d)
{
	int code;

	log_start(d);
	loop_notify("READY=1");
	code = loop_run(d->loop);
	loop_notify("STOPPING=1");
	daemon_store_all_profiles(d);
	return code;
}
