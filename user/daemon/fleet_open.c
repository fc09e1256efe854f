/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's fleet is set up and taken down. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/log.h"
#include "user/daemon/fleet_state.h"

#define NS_PER_US 1000

static bool on_allows(void *context, const struct prefix *target)
{
	const struct fleet *fleet = context;

	return bans_allows(daemon_bans(fleet->daemon), target);
}

static void restore(void *context, const struct entry *entry, bool sent, uint64_t decided_ns)
{
	struct fleet *fleet = context;
	const uint64_t wall_ns = daemon_wall_ns(fleet->daemon);
	const uint64_t age_us = wall_ns > decided_ns ? (wall_ns - decided_ns) / NS_PER_US : 0;

	sync_restore(fleet->sync, entry, sent, age_us, fleet->daemon->now_ns / NS_PER_US);
}

static const char *beside_state(const struct settings *settings, const char *path, char buffer[2 * FLEET_PATH_BYTES])
{
	snprintf(buffer, 2 * FLEET_PATH_BYTES, "%s%s%s", *path == '/' ? "" : settings->state_dir,
		 *path == '/' ? "" : "/", path);
	return buffer;
}

static int open_files(struct fleet *fleet, const struct settings *settings, struct fault *fault)
{
	char path[2 * FLEET_PATH_BYTES];
	int error = signing_key_new(&fleet->key, beside_state(settings, settings->fleet.key_file, path), false, fault);

	if (error == -ENOENT)
		return fault_set(fault, ENOENT, "%s: no key; `gatepost key` makes it", path);
	if (!error)
		error = fleet_store_open(&fleet->store, beside_state(settings, "fleet.db", path), fault);
	if (error)
		return error;
	if (fault->text[0])
		log_line(LOG_LEVEL_ERROR, "fleet-store", "%s", fault->text);
	fleet->ahead_us = fleet_store_ahead_us(fleet->store);
	return 0;
}

static void list_nodes(struct fleet *fleet, const struct fleet_settings *settings)
{
	fleet->nodes = 1 + settings->peers;
	memcpy(fleet->node[REPLICA_SELF].name, settings->node, sizeof(settings->node));
	memcpy(fleet->node[REPLICA_SELF].key, signing_key_public(fleet->key), PUBLIC_KEY_BYTES);
	memcpy(&fleet->node[1], settings->peer, settings->peers * sizeof(settings->peer[0]));
}

static struct sync_options sync_options(struct fleet *fleet, const struct settings *settings)
{
	const struct fleet_settings *own = &settings->fleet;
	const uint64_t every_us = own->rate_milli ? 1000000000ULL / own->rate_milli : 0; /* at most 1000000/s */
	struct daemon *d = fleet->daemon;
	struct sync_options options = {
		.admission = {.nodes = fleet->nodes,
			      .node = fleet->node,
			      .widest_v4_bits = settings->judge.guardrail.widest_v4_bits,
			      .widest_v6_bits = settings->judge.guardrail.widest_v6_bits,
			      .longest_us = own->longest_ns / NS_PER_US,
			      .entry_every_us = every_us,
			      .burst_us = own->rate_burst ? (own->rate_burst - 1) * every_us : 0,
			      .share = own->entries_per_node,
			      .allows = on_allows,
			      .context = fleet},
		.signer = signing_key_signer(fleet->key),
		.link = redis_link(fleet->redis),
		.sink = fleet_sync_sink(fleet),
		.entries_max = own->entries_max,
		.queue_max = own->queue_max,
		.jitter_us = own->jitter_ns / NS_PER_US,
		.guess_us = daemon_wall_ns(d) / NS_PER_US + (uint64_t)fleet->ahead_us,
		.mono_us = d->now_ns / NS_PER_US,
	};

	secret_random(&options.seed, sizeof(options.seed));
	return options;
}

static int read_passwords(const struct fleet_settings *settings, struct redis_passwords *passwords, struct fault *fault)
{
	int error = 0;

	if (settings->password_file[0])
		error = redis_password_read(settings->password_file, passwords->redis, fault);
	if (!error && settings->sentinel_password_file[0])
		error = redis_password_read(settings->sentinel_password_file, passwords->sentinel, fault);
	return error;
}

static int open_all(struct fleet *fleet, const struct settings *settings, struct fault *fault)
{
	const struct redis_sink sink = fleet_redis_sink(fleet);
	struct redis_passwords passwords = {.redis = ""};
	struct sync_options options;
	int error = open_files(fleet, settings, fault);

	if (!error)
		error = read_passwords(&settings->fleet, &passwords, fault);
	if (!error)
		error = redis_new(&fleet->redis, fleet->daemon->loop, &settings->fleet, &passwords, &sink, fault);
	explicit_bzero(&passwords, sizeof(passwords));
	if (error)
		return error;
	list_nodes(fleet, &settings->fleet);
	options = sync_options(fleet, settings);
	error = sync_new(&fleet->sync, &options);
	if (!error)
		error = fleet_good_new(fleet, options.seed);
	if (error)
		return fault_set(fault, -error, "fleet: %s", strerror(-error));
	if (fleet_store_each(fleet->store, restore, fleet))
		log_line(LOG_LEVEL_WARN, "fleet-store", "some entries make no sense and were left alone");
	fleet_count_start(fleet);
	return redis_start(fleet->redis, fleet->sync) ? fault_set(fault, EIO, "fleet: no timer") : 0;
}

int daemon_open_fleet(struct daemon *d, struct fault *fault)
{
	int error;

	if (!d->settings->fleet.share)
		return 0;
	d->fleet = calloc(1, sizeof(*d->fleet));
	if (!d->fleet)
		return fault_set(fault, ENOMEM, "no memory for the fleet");
	d->fleet->daemon = d;
	memset(fault, 0, sizeof(*fault));
	error = open_all(d->fleet, d->settings, fault);
	if (error)
		daemon_free_fleet(d);
	return error;
}

void daemon_free_fleet(struct daemon *d)
{
	struct fleet *fleet = d->fleet;

	if (!fleet)
		return;
	d->fleet = NULL;
	fleet_count_stop(fleet);
	redis_free(fleet->redis);
	sync_free(fleet->sync);
	fleet_good_free(fleet);
	fleet_store_free(fleet->store);
	signing_key_free(fleet->key);
	free(fleet);
}
