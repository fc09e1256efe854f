/* SPDX-License-Identifier: BSD-2-Clause */
/* What will happen later in a world: a binary heap of small values, which grows as far as it must. */
#ifndef GATEPOST_SYNTH_LATER_H
#define GATEPOST_SYNTH_LATER_H

#include <stddef.h>
#include <stdint.h>

struct later_entry {
	uint64_t due_ns;
	uint64_t until_ns; /* of a forgotten device: when somebody remembers it */
	uint32_t who; /* user of a population, source of an attack */
	uint32_t left; /* tries; of who mistyped: how often so far */
	uint16_t actor;
	uint16_t what; /* what the actor makes of it */
};

struct later {
	struct later_entry *entry; /* the earliest first */
	uint32_t count, room;
};

int later_put(struct later *later, const struct later_entry *entry); /* -ENOMEM */
/* The earliest; there must be one. Equal times come out in an order that depends on nothing but what was put in. */
struct later_entry later_take(struct later *later);
void later_free(struct later *later);

static inline uint64_t later_due_ns(const struct later *later)
{
	return later->count ? later->entry[0].due_ns : UINT64_MAX;
}

#endif
