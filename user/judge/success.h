/* SPDX-License-Identifier: BSD-2-Clause */
/* The sources that logged in lately, and their credit. Kept apart from all that hostile traffic can fill: only a right
 * password makes an entry here, so nobody washes out the neighbours' good name with failures. */
#ifndef GATEPOST_SUCCESS_H
#define GATEPOST_SUCCESS_H

#include <stddef.h>

#include "user/core/addr.h"
#include "user/judge/credit.h"

struct successes;

/* Entries are dropped `keep_ns` after their last success. */
int successes_new(struct successes **ret_successes, uint32_t sources_max, uint64_t keep_ns, uint64_t seed);
void successes_free(struct successes *successes);
size_t successes_bytes(uint32_t sources_max);

struct credit *successes_note(struct successes *successes, uint64_t source, uint64_t now_ns);
struct credit *successes_credit(const struct successes *successes, uint64_t source); /* NULL: none */
uint64_t successes_last(const struct successes *successes, uint64_t source); /* 0: never */
uint32_t successes_count(struct successes *successes, uint64_t now_ns); /* sources with a success in keep_ns */
/* How many of them lie inside `target`; *ret_last is the latest success among them, 0: none. */
uint32_t successes_inside(struct successes *successes, const struct prefix *target, uint64_t now_ns,
			  uint64_t *ret_last);

#endif
