/* SPDX-License-Identifier: BSD-2-Clause */
/* The fleet as the configuration says it. rules/gatepost.conf is the manual of every field. */
#ifndef GATEPOST_FLEET_SETTINGS_H
#define GATEPOST_FLEET_SETTINGS_H

#include "user/fleet/address.h"
#include "user/fleet/node.h"

#define FLEET_PATH_BYTES 256
#define FLEET_SENTINELS_MAX 8
#define FLEET_PEERS_MAX 255 /* and this node */

struct fleet_settings {
	bool share, successes;
	char node[FLEET_NODE_BYTES];
	char key_file[FLEET_PATH_BYTES]; /* as written: relative to state_dir */
	struct fleet_address redis;
	uint32_t sentinels;
	struct fleet_address sentinel[FLEET_SENTINELS_MAX];
	char sentinel_master[64]; /* "": no Sentinel */
	char sentinel_user[64], sentinel_password_file[FLEET_PATH_BYTES]; /* "": none */
	bool sentinel_tls;
	char user[64], password_file[FLEET_PATH_BYTES]; /* "": none */
	bool tls;
	char tls_ca_file[FLEET_PATH_BYTES], tls_certificate_file[FLEET_PATH_BYTES], tls_key_file[FLEET_PATH_BYTES];
	char tls_name[64];
	char name[32]; /* of the fleet: keys in Redis begin with it */
	uint64_t longest_ns, jitter_ns;
	uint32_t rate_milli, rate_burst; /* new entries of one node, thousandths a second; 0: no limit */
	uint32_t entries_max, entries_per_node, queue_max, stream_max;
	uint32_t peers;
	struct fleet_node peer[FLEET_PEERS_MAX];
};

#endif
