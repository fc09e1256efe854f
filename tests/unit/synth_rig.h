/* SPDX-License-Identifier: BSD-2-Clause */
/* Small scenarios for the tests of user/synth. */
#ifndef GATEPOST_TEST_SYNTH_RIG_H
#define GATEPOST_TEST_SYNTH_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/core/duration.h"
#include "user/synth/world.h"

#define RIG_FARM "server \"farm\" { address = \"192.0.2.10\" address6 = \"2001:db8:fa::10\" }\n"

struct rig {
	struct scenario *scenario;
	struct world *world;
	struct synth_connection connection;
};

/* `text` without the server. */
static inline struct rig *rig_new(const char *text, uint64_t seed)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct fault fault = {.line = 0};
	char whole[8192];

	snprintf(whole, sizeof(whole), "%s%s", RIG_FARM, text);
	if (scenario_read(&rig->scenario, "test", whole, &fault) ||
	    world_new(&rig->world, rig->scenario, seed, &fault)) {
		fprintf(stderr, "%s:%u: %s\n", fault.file, fault.line, fault.text);
		abort();
	}
	return rig;
}

static inline void rig_free(struct rig *rig)
{
	world_free(rig->world);
	scenario_free(rig->scenario);
	free(rig);
}

static inline bool rig_next(struct rig *rig)
{
	return world_next(rig->world, &rig->connection) == 1;
}

/* FNV-1a, to compare worlds and captures by one number. */
static inline uint64_t rig_hash(uint64_t hash, const void *bytes, size_t count)
{
	const uint8_t *at = bytes;

	for (; count; count--)
		hash = (hash ^ *at++) * 0x100000001b3ULL;
	return hash;
}
#define RIG_HASH 0xcbf29ce484222325ULL

#endif
