/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands at the edge's end of a wire and gives each frame its verdict. Each contestant has a wire of its own (two
 * where two CPUs flood) and stays there for the whole scene, so that rounds can alternate and no state is lost in
 * between. */
#ifndef BENCH_CONTESTANT_H
#define BENCH_CONTESTANT_H

#include <stdint.h>
#include <stdio.h>

#include "bench/generator.h"

/* The one limit that all limiters of a scene are given. */
struct limit {
	uint32_t per_second;
	uint32_t burst;
};

struct scene {
	const char *name;
	const char *words; /* what is sent */
	struct traffic traffic;
	uint32_t table; /* sources that the tables of others have room for */
	uint32_t timeout_s; /* ... and keep for; no less than burst / per_second, or they would not limit */
	uint32_t bans; /* of the traffic's first sources and, beyond them, of others */
	uint32_t bans_elsewhere; /* of sources that are not in the traffic */
	uint32_t prefixes; /* banned, none of which has a source of the traffic */
	uint32_t cpus; /* 2: two of them flood, a wire each; else one */
	struct limit limit;
	uint32_t line_mib[2]; /* of lines_only and lines_kept: how large our tables are that such a packet needs a line
				 of */
};

struct contestant {
	const char *name;
	const char *program; /* of flood.bpf.c, where it is one of those */
	bool reads_checksums;
	int (*start)(const struct contestant *self, const struct scene *scene, unsigned wire, void **ret_state);
	void (*stop)(void *state);
	/* Once everything is attached: what has to be learned from real frames. May be NULL. */
	int (*rehearse)(void *state, struct generator *generator);
	/* It has given so far, by its own count. May be NULL. */
	int (*verdicts)(void *state, uint64_t *ret_packets);
	/* What became of the packets, in at most `bytes`. */
	void (*describe)(void *state, char *text, size_t bytes);
};

extern const struct contestant drop_only;
extern const struct contestant pass_only;
extern const struct contestant hash_lookup;
extern const struct contestant lines_only, lines_kept, lines_kept_350, lines_kept_700;
extern const struct contestant lru_bucket;
extern const struct contestant xdp_filter;
extern const struct contestant nft_meter;
extern const struct contestant nft_set;
extern const struct contestant hashlimit;
extern const struct contestant gatepost_default;
extern const struct contestant gatepost_every_stage;
extern const struct contestant gatepost_admitting;
extern const struct contestant gatepost_banned;
extern const struct contestant gatepost_established;

/* A rule at the wire's far end that drops all that is not dropped before it; undone with its table. */
int nft_drop_add(unsigned wire);
void nft_table_remove(unsigned wire);

/* How often the XDP program on the wire has run and how long that took (kernel: BPF_ENABLE_STATS). -ENOENT: none. */
int contestant_cost(unsigned wire, uint64_t *ret_runs, uint64_t *ret_ns);

#endif
