/* SPDX-License-Identifier: BSD-2-Clause */
/* A scenario, happening: connection after connection, in order of time.
 *
 * Nobody is stored. What user 4711 is like follows from a hash of his number; when the next of a population logs in is
 * one draw for all of them together. Only what is to follow on something is kept (who mistyped will try again, a bot
 * will come back): memory is bounded by what is under way, not by users, sources or time. */
#ifndef GATEPOST_SYNTH_WORLD_H
#define GATEPOST_SYNTH_WORLD_H

#include <stddef.h>

#include "user/synth/scenario.h"

struct world;

/* `scenario` must live as long as the world. The same seed gives the same world. -ENOMEM */
int world_new(struct world **ret_world, const struct scenario *scenario, uint64_t seed, struct fault *fault);
void world_free(struct world *world);

/* The next connection: 1; 0 when the scenario is over; -ENOMEM. Of ret_connection only what is said to be set is. */
int world_next(struct world *world, struct synth_connection *ret_connection);

const struct scenario_actor *world_actor(const struct world *world, uint32_t actor);
size_t world_bytes(const struct world *world); /* what it takes now */

#endif
