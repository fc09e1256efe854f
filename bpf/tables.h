/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every table of the kernel half, once: from this list come the maps, their native stand-ins, and the walk over
 * them when they are pinned or taken over. Sizes of 1 that are not said to be 1 are set before loading. */
#ifndef GATEPOST_TABLES_H
#define GATEPOST_TABLES_H

#include "bpf/gatepost.h"

/* Room for one sample while it is put together. */
struct gp_sample_room {
	struct gp_sample sample;
	__u8 payload[GP_SAMPLE_BYTES];
};

/* ARRAY(name, value, entries): memory shared with the user half. TRIE(name, key, entries): longest prefix to a
 * struct gp_prefix_ban or, for the others, a number in `until`. PER_CPU(name, value, entries). RING(name). */
#define GP_TABLES(ARRAY, TRIE, PER_CPU, RING)                                                                          \
	ARRAY(controls, struct gp_control, 1)                                                                          \
	ARRAY(settings_pair, struct gp_settings, 2)                                                                    \
	ARRAY(port_services, struct gp_ports, 1)                                                                       \
	TRIE(servers, struct gp_server_key, 1024)                                                                      \
	TRIE(allowed, struct gp_prefix_key, 16384)                                                                     \
	TRIE(banned_prefixes, struct gp_prefix_key, 65536)                                                             \
	ARRAY(regions, __u64, GP_REGION_WORDS)                                                                         \
	ARRAY(filter, __u64, GP_FILTER_WORDS)                                                                          \
	ARRAY(shortlist, struct gp_short_bucket, GP_SHORT_BUCKETS)                                                     \
	ARRAY(bans, struct gp_ban_bucket, 1) /* sized */                                                               \
	ARRAY(sources, struct gp_limit_bucket, 1) /* sized: limits and proofs of sources, accounts of their own */     \
	ARRAY(prefixes, struct gp_limit_bucket, 1) /* sized */                                                         \
	ARRAY(aggregates, struct gp_aggregate, GP_SERVICE_MAX)                                                         \
	ARRAY(syns, struct gp_syn_bucket, 1) /* sized: refused a moment ago */                                         \
	ARRAY(flows, struct gp_flow_bucket, 1) /* sized */                                                             \
	ARRAY(flow_numbers, struct gp_flow_numbers_bucket, 1) /* sized as flows */                                     \
	ARRAY(sample_budget, __u64, 2) /* a GCRA word a direction */                                                   \
	PER_CPU(counters, struct gp_counter, GP_COUNTERS)                                                              \
	PER_CPU(tallies, __u64, GP_TALLY_MAX)                                                                          \
	PER_CPU(sample_room, struct gp_sample_room, 1)                                                                 \
	RING(samples)

/* Entries of the sized tables. */
struct gp_sizes {
	__u32 bans;
	__u32 sources;
	__u32 prefixes;
	__u32 syns;
	__u32 flows;
};

#endif
