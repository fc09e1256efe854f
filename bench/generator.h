/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes the flood: SYNs from random sources, as frames in the kernel, at what one core can do. */
#ifndef BENCH_GENERATOR_H
#define BENCH_GENERATOR_H

#include <stdint.h>

#include "bpf/gatepost.h"

#define GENERATOR_BATCH 64 /* frames a redirect: what a network driver's poll takes at a time */

struct generator;

/* What the frames are: the same for the flood and for a program that is run on its own. */
struct traffic {
	int family; /* AF_INET or AF_INET6 */
	uint32_t source_mask; /* number of sources, less one: 0 is one source, 0xffffffff the whole space */
	uint16_t server_port;
	uint8_t tcp_flags;
};

uint64_t traffic_source(const struct traffic *traffic, uint32_t index); /* the index'th source, as a key */

int generator_new(struct generator **ret_generator, const struct traffic *traffic);
/* The same, with the traffic's sources (at most FLOOD_HASH_ENTRIES) in the hash of the program "hash_lookup". */
int generator_new_listing(struct generator **ret_generator, const struct traffic *traffic);
void generator_free(struct generator *generator);
/* Floods the wire for that long, at least one chunk, and tells how many frames it sent and how much of the time the
 * CPU was ours. Frames are made, carried and judged within the call, on this CPU. -EINTR when interrupted. */
int generator_send(struct generator *generator, unsigned wire, uint64_t for_ns, uint64_t *ret_sent,
		   uint64_t *ret_took_ns);
/* One of flood.bpf.c, as a file; -ENOENT. */
int generator_program(const struct generator *generator, const char *name);
/* Runs `program` on `count` random frames without any wire; ns a frame, the drawing included. `ret_verdict` is the
 * last one. */
int generator_through(struct generator *generator, int program, uint32_t count, double *ret_ns, uint32_t *ret_verdict);

uint64_t bench_now_ns(void);

#endif
