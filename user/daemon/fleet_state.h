/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the parts of the daemon's fleet only. */
#ifndef GATEPOST_DAEMON_FLEET_STATE_H
#define GATEPOST_DAEMON_FLEET_STATE_H

#include "user/adapters/redis.h"
#include "user/adapters/secret_sign.h"
#include "user/adapters/store_fleet.h"
#include "user/daemon/fleet.h"
#include "user/fleet/beat.h"
#include "user/fleet/good.h"

/* What a rule has counted for a key. */
#define FLEET_VALUES_MAX 1024
struct fleet_value {
	char rule[RULE_NAME_BYTES];
	uint64_t key, value, window_ns;
};

struct fleet {
	struct daemon *daemon;
	struct signing_key *key;
	struct redis *redis;
	struct sync *sync;
	struct fleet_store *store;
	uint32_t nodes; /* node[0] is this one */
	struct fleet_node node[1 + FLEET_PEERS_MAX];
	struct beat beat[1 + FLEET_PEERS_MAX]; /* time 0: none yet */
	int store_error; /* of the last tick */
	int keep_error; /* of a decision in this tick */
	int64_t ahead_us; /* Redis's clock minus our wall clock, as it is on disk */
	char why[256]; /* Redis is away; "": it is not */
	uint64_t away_wall_ns;
	uint32_t told_lines; /* logged in this tick */
	uint64_t untold_lines; /* and not */
	uint64_t not_in_force; /* entries that the table of bans had no room for */

	/* Sources with recent success: fleet_good.c. */
	struct table *told; /* source -> when it was told */
	struct good good, heard_good; /* to be told next; being heard */
	uint64_t good_told_ns, good_heard, good_refused;
	uint64_t good_heard_us[1 + FLEET_PEERS_MAX]; /* Redis's clock, when the last one was told */

	/* Counts over the fleet: fleet_count.c. */
	struct fleet_value value[FLEET_VALUES_MAX], asked_value[REDIS_VALUES_MAX];
	uint32_t values, asked_values; /* to be asked; asked, and not answered */
	uint64_t values_dropped;

	uint64_t refused_said_ns[REFUSAL_MAX]; /* a kind of refusal is logged once in a while */
};

void fleet_count_start(struct fleet *fleet);
void fleet_count_stop(struct fleet *fleet);
void fleet_ask_counts(struct daemon *daemon);
void fleet_counted(void *fleet, const uint64_t *seen, uint32_t count);
int fleet_good_new(struct fleet *fleet, uint64_t seed); /* -ENOMEM */
void fleet_good_free(struct fleet *fleet);
void fleet_tell_good(struct daemon *daemon); /* when it is time to */
void fleet_hear_good(void *fleet, const uint8_t *bytes, size_t length);
struct sync_sink fleet_sync_sink(struct fleet *fleet);
struct redis_sink fleet_redis_sink(struct fleet *fleet);
uint64_t fleet_redis_us(const struct fleet *fleet);
uint64_t fleet_wall_ns(const struct fleet *fleet, uint64_t redis_us); /* of our clock, at that moment of Redis's */

#endif
