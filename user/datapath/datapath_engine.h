/* SPDX-License-Identifier: BSD-2-Clause */
/* What datapath.c asks of the machine that runs the kernel half's program. Internal to the datapath files. */
#ifndef GATEPOST_DATAPATH_ENGINE_H
#define GATEPOST_DATAPATH_ENGINE_H

#include "bpf/tables.h"
#include "user/datapath/datapath.h"

enum trie {
	TRIE_SERVERS,
	TRIE_ALLOWED,
	TRIE_BANNED_PREFIXES,
	TRIE_MAX,
};
union trie_key {
	struct gp_prefix_key prefix;
	struct gp_server_key server;
};

/* One of the two machines; its own struct begins with this one. */
struct engine {
	const struct engine_operations *operations;
	struct gp_sizes sizes;
	/* Tables that the user half reads or writes, as memory shared with the program. */
	struct gp_control *control;
	struct gp_settings *settings; /* two */
	struct gp_ports *ports;
	struct gp_ban_bucket *bans;
	struct gp_flow_bucket *flows;
	struct gp_limit_bucket *sources;
	struct gp_aggregate *aggregates; /* one a service */
	__u64 *filter, *regions;
	struct gp_short_bucket *shortlist;
	datapath_sample_fn on_sample; /* may be NULL */
	void *context;
};

struct engine_operations {
	void (*free)(struct engine *engine);
	int (*trie_put)(struct engine *engine, enum trie trie, const union trie_key *key,
			const struct gp_prefix_ban *value);
	int (*trie_remove)(struct engine *engine, enum trie trie, const union trie_key *key); /* -ENOENT */
	/* The longest match, like the program's lookup. -ENOENT */
	int (*trie_match)(struct engine *engine, enum trie trie, const union trie_key *key,
			  struct gp_prefix_ban *ret_value);
	/* The key after `key`, the first one for NULL; -ENOENT at the end. */
	int (*trie_next)(struct engine *engine, enum trie trie, const union trie_key *key, union trie_key *ret_key);
	int (*counters)(struct engine *engine, struct gp_counter ret[GP_COUNTERS]);
	int (*tallies)(struct engine *engine, uint64_t ret[GP_TALLY_MAX]);
	int (*fd)(struct engine *engine); /* -ENOTSUP when samples are delivered at once */
	int (*poll)(struct engine *engine);
	int (*run)(struct engine *engine, enum gp_direction direction, const uint8_t *frame, size_t length,
		   uint64_t time_ns, bool *ret_drop, enum gp_reason *ret_reason);
};

struct datapath {
	struct engine *engine;
	struct ban_table bans;
	struct filter *filter;
	struct shortlist *shortlist;
	uint32_t sweep_cursor, short_cursor;
	bool native;
	bool virtual_time;
};

static inline struct gp_settings *settings_in_force(const struct datapath *datapath)
{
	return &datapath->engine->settings[datapath->engine->control->active & 1];
}

/* Entries of each sized table for these options. */
void datapath_sizes(const struct datapath_options *options, struct gp_sizes *ret_sizes);

#endif
