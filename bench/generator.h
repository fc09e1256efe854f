/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes the flood: frames in the kernel, from random sources, at what one core can do. */
#ifndef BENCH_GENERATOR_H
#define BENCH_GENERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/gatepost.h"

#define GENERATOR_BATCH 64 /* frames a redirect: what a network driver's poll takes at a time */

struct generator;

/* What the frames are. */
struct traffic {
	int family; /* AF_INET or AF_INET6 */
	uint32_t source_mask; /* number of sources, less one: 0 is one source, 0xffffffff the whole space */
	uint16_t server_port;
	uint8_t tcp_flags;
	bool connected; /* one connection a source, FLOOD_SEQ acknowledged, some payload; else all is random */
};

uint64_t traffic_source(const struct traffic *traffic, uint32_t index); /* the index'th source, as a key */

int generator_new(struct generator **ret_generator, const struct traffic *traffic);
void generator_free(struct generator *generator);
/* Floods the wire for that long, at least one chunk, and tells how many frames it sent and how much of the time the
 * CPU was ours. Frames are made, carried and judged within the call, on this CPU. -EINTR when interrupted. */
int generator_send(struct generator *generator, unsigned wire, bool with_checksum, uint64_t for_ns, uint64_t *ret_sent,
		   uint64_t *ret_took_ns);
/* The frame with which the server would answer the index'th source's SYN. `frame` has FRAME_BYTES_MAX; bytes of it. */
#define FRAME_BYTES_MAX 128
uint32_t generator_synack(const struct generator *generator, uint32_t index, unsigned char *frame);

uint64_t bench_now_ns(void);

#endif
