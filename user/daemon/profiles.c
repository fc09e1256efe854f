/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/daemon/profiles.h"

#include <errno.h>
#include <string.h>

#include "user/adapters/clock.h"
#include "user/adapters/log.h"
#include "user/adapters/privilege.h"
#include "user/adapters/profile_shelf.h"

#define NS_PER_S 1000000000ULL

static uint64_t wall_s(void)
{
	return clock_wall_ns() / NS_PER_S;
}

static void on_changed(void *context, const struct server *server)
{
	char address[ADDR_TEXT_BYTES];

	(void)context;
	log_line(LOG_LEVEL_WARN, "server-changed",
		 "server=%s port=%u service=%s times=%u reason=\"its replies have changed; outcomes of logins inside "
		 "TLS are unknown there until they are learned again\"",
		 addr_text(&server->address, address), server->port, service_text(server->service), server->relearned);
}

static void on_bad(void *context, const struct fault *fault)
{
	char text[640];

	(void)context;
	log_line(LOG_LEVEL_WARN, "profile", "%s", fault_text(fault, text, sizeof(text)));
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static int read_profiles(struct daemon *d, const char *directory, struct fault *fault)
{
	int loaded = profile_shelf_load(d->servers, directory, on_bad, NULL, fault);

	if (loaded < 0)
		return loaded;
	if ((uint32_t)loaded > d->settings->servers_max)
		log_line(LOG_LEVEL_WARN, "profile", "%d profiles in %s, and room for %u servers", loaded, directory,
			 d->settings->servers_max);
	daemon_age_profiles(d);
	return 0;
}

int daemon_open_profiles(struct daemon *d, struct fault *fault)
{
	struct servers_options options = {
		.servers_max = d->settings->servers_max,
		.learn = d->settings->learn_servers,
		.changed = on_changed,
	};
	char directory[SETTINGS_PROFILES_BYTES];
	int error;

	secret_random(&options.seed, sizeof(options.seed));
	error = servers_new(&d->servers, &options);
	if (error)
		return fault_set(fault, -error, "no memory for %u servers", options.servers_max);
	servers_time(d->servers, wall_s());
	settings_profiles_dir(d->settings, directory);
	/* Who only reads need not own it. */
	if (*directory && d->settings->learn_servers)
		error = privilege_directory(d->settings->user, directory, 0750, fault);
	return error ? error : read_profiles(d, directory, fault);
}

void daemon_reload_profiles(struct daemon *d)
{
	char directory[SETTINGS_PROFILES_BYTES], text[640];
	struct fault fault = {0};

	settings_profiles_dir(d->settings, directory);
	if (profile_shelf_reload(d->servers, directory, on_bad, NULL, &fault) < 0)
		log_line(LOG_LEVEL_WARN, "profile", "%s", fault_text(&fault, text, sizeof(text)));
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

/* Said once, and once when it is over: for all servers together, as it is one disk. */
static void settle(struct daemon *d, int stored, const struct fault *fault)
{
	char text[640];

	if (stored < 0 && !d->profiles_error)
		log_line(LOG_LEVEL_ERROR, "profile", "%s", fault_text(fault, text, sizeof(text)));
	if (stored < 0) {
		d->profiles_error = stored;
		return;
	}
	if (!d->profiles_error || profile_shelf_failing(d->servers))
		return;
	log_line(LOG_LEVEL_INFO, "profile", "profiles of servers are written again");
	d->profiles_error = 0;
}

static bool is_kept(const struct daemon *d, char directory[SETTINGS_PROFILES_BYTES])
{
	return d->settings->learn_servers && *settings_profiles_dir(d->settings, directory);
}

void daemon_store_profiles(struct daemon *d)
{
	char directory[SETTINGS_PROFILES_BYTES];
	struct fault fault = {0};

	if (is_kept(d, directory))
		settle(d, profile_shelf_store(d->servers, directory, wall_s(), 1, &fault), &fault);
}

void daemon_store_all_profiles(struct daemon *d)
{
	char directory[SETTINGS_PROFILES_BYTES];
	struct fault fault = {0};

	if (is_kept(d, directory))
		settle(d, profile_shelf_store_all(d->servers, directory, &fault), &fault);
}

void daemon_age_profiles(struct daemon *d)
{
	/* What nothing new comes to stays as it is. */
	if (d->settings->learn_servers)
		servers_age(d->servers, wall_s());
}
