/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands at the edge's end of a wire and gives each frame its verdict. Each contestant has a wire of its own and
 * stays there for the whole scene, so that rounds can alternate and no state is lost in between. */
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
	uint32_t table; /* sources that the set of nftables has room for */
	uint32_t timeout_s; /* ... and keeps for; no less than burst / per_second, or it would not limit */
	uint32_t bans; /* of the traffic's first sources and, beyond them, of others */
	struct limit limit;
};

struct contestant {
	const char *name;
	int (*start)(const struct scene *scene, unsigned wire, void **ret_state);
	void (*stop)(void *state);
	int (*verdicts)(void *state, uint64_t *ret_packets); /* it has given so far, by its own count */
	/* What became of the packets, in at most `bytes`. */
	void (*describe)(void *state, char *text, size_t bytes);
};

extern const struct contestant drop_only;
extern const struct contestant nft_meter;
extern const struct contestant nft_set;
extern const struct contestant gatepost_default;
extern const struct contestant gatepost_every_stage;
extern const struct contestant gatepost_admitting;
extern const struct contestant gatepost_banned;

/* A rule at the wire's far end that drops all that is not dropped before it; undone with its table. */
int nft_drop_add(unsigned wire);
void nft_table_remove(unsigned wire);

/* The program that a gatepost or another contestant has put on the wire, for BPF_PROG_TEST_RUN: -errno or a file. */
int contestant_program(unsigned wire);

#endif
