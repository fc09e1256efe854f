/* SPDX-License-Identifier: BSD-2-Clause */
/* The flows that are followed: found by their number, the one silent longest makes room, and each comes up when it may
 * be over, so that a hundred thousand silent ones cost nothing. */
#ifndef GATEPOST_FLOWS_H
#define GATEPOST_FLOWS_H

#include "user/tracked.h"

struct flows;

/* `drop` is called with each that goes, before its memory is wiped. -ENOMEM */
int flows_new(struct flows **ret_flows, uint32_t flows_max, uint64_t seed,
	      void (*drop)(void *context, struct tracked *tracked), void *context);
void flows_free(struct flows *flows); /* NULL is fine */

struct tracked *flows_touch(struct flows *flows, uint64_t id); /* NULL: not there */
struct tracked *flows_add(struct flows *flows,
			  uint64_t id); /* zeroed; there must be room, and flows_file must follow */
void flows_remove(struct flows *flows, struct tracked *tracked);
struct tracked *flows_crowded_out(const struct flows *flows); /* the one silent longest, if there is no room; or NULL */
struct tracked *flows_first(const struct flows *flows); /* the one silent longest; NULL: there is none */
uint32_t flows_count(const struct flows *flows);

/* After each packet: is it over earlier than it was? `idle_ns` as in tracked_over_ns. */
void flows_file(struct flows *flows, struct tracked *tracked, uint64_t idle_ns);
void flows_file_all(struct flows *flows, uint64_t idle_ns); /* it is another time now */
struct tracked *flows_over(struct flows *flows, uint64_t idle_ns, uint64_t now_ns); /* one that is; NULL: none */

#endif
