/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration as the program sees it: read and checked once, then unchanging until a reload makes another.
 * rules/gatepost.conf is the manual of every field. */
#ifndef GATEPOST_SETTINGS_H
#define GATEPOST_SETTINGS_H

#include "user/fleet/fleet_settings.h"
#include "user/judge/judge.h"

#define SETTINGS_PATH_BYTES 256
#define SETTINGS_PROFILES_BYTES (2 * SETTINGS_PATH_BYTES) /* state_dir and what is relative to it */
#define SETTINGS_INTERFACES_MAX 8
#define SETTINGS_SERVERS_MAX 256
#define SETTINGS_ALLOWED_MAX 4096

enum role {
	ROLE_GATEWAY,
	ROLE_HOST,
	ROLE_TAP,
};
enum attach {
	ATTACH_NATIVE, /* in the driver, or not at all */
	ATTACH_GENERIC, /* only because the operator asked for it */
};

struct interface_settings {
	char name[16];
	enum attach attach;
};
/* A protected service: this port on these servers. bits 0 and a zero address: on every address. */
struct server_settings {
	struct addr address;
	uint8_t bits; /* of the 128-bit address: a v4 /24 is 96 + 24 */
	uint16_t port;
	uint8_t service; /* enum gp_service */
};
/* As written by an operator: "20/s" and "burst 50". */
struct rate_settings {
	uint32_t per_second_milli; /* thousandths a second; 0: no limit */
	uint32_t burst;
};

struct settings {
	enum role role;
	bool enforce; /* false: observe */
	uint32_t interfaces;
	struct interface_settings interface[SETTINGS_INTERFACES_MAX];
	uint32_t servers;
	struct server_settings server[SETTINGS_SERVERS_MAX];
	char user[32]; /* to run as after set-up; "": stay */
	char state_dir[SETTINGS_PATH_BYTES], control_socket[SETTINGS_PATH_BYTES], control_group[32];
	char pin_dir[SETTINGS_PATH_BYTES];
	char profiles_dir[SETTINGS_PATH_BYTES]; /* as written: settings_profiles_dir() */
	bool one_way, drop_fragments;
	bool learn_servers;
	struct rate_settings source, judged, judged_prefix, retry, prefix, service, samples;
	uint8_t prefix_v4_bits, prefix_v6_bits;
	uint64_t proven_for_ns, flow_idle_ns, flooded_for_ns;
	uint32_t bans_max, sources_max, flows_max, syns_max, servers_max; /* sizes of the tables */
	uint64_t memory_max_bytes;
	struct judge_settings judge; /* its seed is not set here */
	struct ruleset rules;
	struct fleet_settings fleet;
	uint32_t allowed;
	struct prefix allow[SETTINGS_ALLOWED_MAX];
};

/* The kernel half's form. `seed` is not touched. */
void settings_to_kernel(const struct settings *settings, struct gp_settings *ret_kernel);
struct gp_rate rate_to_kernel(const struct rate_settings *rate);
/* Where profiles of servers are kept; "": nowhere. */
const char *settings_profiles_dir(const struct settings *settings, char buffer[SETTINGS_PROFILES_BYTES]);
/* What the tables of both halves will take when they are full. */
uint64_t settings_memory_bytes(const struct settings *settings);

#endif
