/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the world share: world.c picks what is next, crowd.c makes populations' connections of it, raid.c
 * attacks'. */
#ifndef GATEPOST_SYNTH_WORLD_STATE_H
#define GATEPOST_SYNTH_WORLD_STATE_H

#include "user/synth/dice.h"
#include "user/synth/later.h"
#include "user/synth/world.h"

/* Where an actor stands: when the next of it comes that does not follow on anything. */
struct stand {
	uint64_t next_ns; /* UINT64_MAX: nobody */
	uint64_t count; /* of those that came */
	uint64_t gap; /* between two of them, in 1/256 ns: on average, or exactly */
	uint64_t tried; /* of an attack's list */
	uint64_t seed; /* of what its users and sources are like */
	uint32_t busiest; /* weight of the busiest hour */
	struct dice dice;
};

#define STAND_GAP_SHIFT 8

/* Somewhere in the slot of the next of those who come evenly, one a gap. */
static inline uint64_t stand_slot_ns(struct stand *stand)
{
	const unsigned __int128 slots = (unsigned __int128)stand->gap * stand->count;

	return (uint64_t)((slots + dice_below(&stand->dice, stand->gap)) >> STAND_GAP_SHIFT);
}

struct world {
	const struct scenario *scenario;
	uint64_t ends_ns, connections;
	uint64_t users; /* of all populations */
	struct stand stand[SCENARIO_ACTORS_MAX];
	struct later later;
};

/* Set what all connections need: time, ends, what it is part of. `kept` decides what stays the same each time. */
void world_connect(struct world *world, uint32_t actor, uint64_t time_ns, const struct addr *source, uint64_t kept,
		   struct synth_connection *ret_connection);
struct synth_attempt *world_try(struct synth_connection *connection, uint64_t after_ns);
/* Passwords of an account: the right one, and wrong ones, each with a number of its own. */
uint64_t world_right(uint64_t account);
uint64_t world_wrong(uint64_t account, uint64_t which);
const struct scenario_choice *world_choose(const struct scenario_mix *mix, uint64_t word);
/* The account of a user of a population, and of any of all populations' users. */
uint64_t world_account(uint32_t actor, uint32_t user);
uint64_t world_anybody(const struct world *world, uint64_t word);
/* For scenarios that have no people: it is somebody's, or nobody's, and in no population. */
uint64_t world_stranger(uint32_t actor, uint32_t index, bool exists);

void crowd_start(struct world *world, uint32_t actor); /* sets next_ns */
int crowd_settle(struct world *world, uint32_t actor); /* its forgotten devices; -ENOMEM */
int crowd_arrive(struct world *world, uint32_t actor, struct synth_connection *ret_connection);
int crowd_return(struct world *world, const struct later_entry *entry, struct synth_connection *ret_connection);
struct addr crowd_address(const struct world *world, uint32_t actor, uint32_t source, uint64_t host);

void raid_start(struct world *world, uint32_t actor);
int raid_arrive(struct world *world, uint32_t actor, struct synth_connection *ret_connection);
int raid_return(struct world *world, const struct later_entry *entry, struct synth_connection *ret_connection);

#endif
