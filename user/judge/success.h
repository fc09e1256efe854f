/* SPDX-License-Identifier: BSD-2-Clause */
/* The sources that logged in lately, and their credit. Kept apart from all that hostile traffic can fill: only a right
 * password makes an entry here, so nobody washes out the neighbours' good name with failures. */
#ifndef GATEPOST_SUCCESS_H
#define GATEPOST_SUCCESS_H

#include <stddef.h>

#include "user/core/addr.h"
#include "user/judge/credit.h"

struct successes;

struct success_settings {
	uint32_t sources_max;
	uint64_t keep_ns; /* entries are dropped so long after their last success */
	uint8_t widest_v4_bits, widest_v6_bits; /* of what successes_inside is asked for, and asked for often */
	uint64_t seed;
};

int successes_new(struct successes **ret_successes, const struct success_settings *settings);
void successes_free(struct successes *successes);
size_t successes_bytes(uint32_t sources_max);

struct credit *successes_note(struct successes *successes, uint64_t source, uint64_t now_ns);
struct credit *successes_credit(const struct successes *successes, uint64_t source); /* NULL: none */
uint64_t successes_last(const struct successes *successes, uint64_t source); /* 0: never */
uint32_t successes_logins(const struct successes *successes, uint64_t source); /* since its entry was made */
uint32_t successes_count(struct successes *successes, uint64_t now_ns); /* sources with a success in keep_ns */
/* How many of them lie inside `target`; *ret_last is the latest success among them, 0: none. Looks at those only that
 * share the widest prefix with it; at all of them when the target is wider still. */
uint32_t successes_inside(struct successes *successes, const struct prefix *target, uint64_t now_ns,
			  uint64_t *ret_last);

#endif
