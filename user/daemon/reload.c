/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes while it runs: the mode, and the configuration read again, all or nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/log.h"
#include "user/config/config.h"
#include "user/daemon/profiles.h"

void daemon_settle_mode(struct settings *settings)
{
	if (settings->role != ROLE_TAP || !settings->enforce)
		return;
	log_line(LOG_LEVEL_WARN, "mode", "role tap cannot drop: it observes");
	settings->enforce = false;
}

int daemon_push_settings(struct daemon *d)
{
	struct gp_settings kernel = {0};

	settings_to_kernel(d->settings, &kernel);
	return datapath_settings(d->datapath, &kernel);
}

int daemon_set_mode(struct daemon *d, bool enforce)
{
	d->settings->enforce = enforce;
	d->mode_by_hand = true;
	log_line(LOG_LEVEL_WARN, "mode", "mode=%s", enforce ? "enforce" : "observe");
	return daemon_push_settings(d);
}

static bool same_memory(const struct settings *a, const struct settings *b)
{
	return a->bans_max == b->bans_max && a->sources_max == b->sources_max && a->syns_max == b->syns_max &&
	       a->flows_max == b->flows_max && a->servers_max == b->servers_max &&
	       a->judge.sources_max == b->judge.sources_max && a->judge.keys_max == b->judge.keys_max;
}

static bool same_place(const struct settings *a, const struct settings *b)
{
	return a->role == b->role && a->interfaces == b->interfaces && !strcmp(a->user, b->user) &&
	       !strcmp(a->pin_dir, b->pin_dir) && !strcmp(a->state_dir, b->state_dir) &&
	       !strcmp(a->profiles_dir, b->profiles_dir) && !strcmp(a->control_socket, b->control_socket);
}

/* What cannot change while it runs keeps its old value, and that is said. */
static void keep_fixed(const struct settings *old, struct settings *new)
{
	if (!same_memory(old, new) || !same_place(old, new))
		log_line(LOG_LEVEL_WARN, "reload", "table sizes, role, interfaces and paths change at the next start");
	if (memcmp(&old->judge.credit, &new->judge.credit, sizeof(old->judge.credit)) ||
	    memcmp(&old->judge.guardrail, &new->judge.guardrail, sizeof(old->judge.guardrail)) ||
	    old->judge.overdue != new->judge.overdue)
		log_line(LOG_LEVEL_WARN, "reload", "credit, guardrail and overdue change at the next start");
	if (memcmp(&old->fleet, &new->fleet, sizeof(old->fleet)))
		log_line(LOG_LEVEL_WARN, "reload", "the fleet and its peers change at the next start");
	new->fleet = old->fleet;
	new->bans_max = old->bans_max;
	new->flows_max = old->flows_max;
	new->servers_max = old->servers_max;
	new->role = old->role;
	new->judge = old->judge;
	memcpy(new->pin_dir, old->pin_dir, sizeof(new->pin_dir));
	memcpy(new->state_dir, old->state_dir, sizeof(new->state_dir));
	memcpy(new->profiles_dir, old->profiles_dir, sizeof(new->profiles_dir));
}

static int reload_into(struct daemon *d, struct settings *settings, struct fault *fault)
{
	int error;

	keep_fixed(d->settings, settings);
	/* Nobody who has just said "observe" wants to drop again because a rule was changed. */
	if (d->mode_by_hand)
		settings->enforce = d->settings->enforce;
	daemon_settle_mode(settings);
	error = pipeline_reload(d->pipeline, settings, fault);
	if (error)
		return error;
	config_free(d->settings);
	d->settings = settings;
	servers_learn(d->servers, settings->learn_servers);
	daemon_reload_profiles(d);
	error = daemon_push_settings(d);
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
