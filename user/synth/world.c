/* SPDX-License-Identifier: BSD-2-Clause */
/* Picks what happens next: somebody new of one of the actors, or what was to follow on something. */
#include "user/synth/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/synth/world_state.h"

#define PORTS 64512u /* from 1024 on */
#define PORT_STEP 40507u /* has no factor in common with PORTS: a port comes again after all others */
#define ACCOUNT_ACTOR_SHIFT 32
#define ACCOUNT_STRANGER (1ULL << 62)
#define ACCOUNT_MISSING (1ULL << 61)

int world_new(struct world **ret_world, const struct scenario *scenario, uint64_t seed, struct fault *fault)
{
	struct world *world = calloc(1, sizeof(*world));
	int error = 0;

	if (!world)
		return fault_set(fault, ENOMEM, "no memory for the scenario");
	world->scenario = scenario;
	world->ends_ns = scenario->begins_ns + scenario->lasts_ns;
	for (uint32_t i = 0; i < scenario->actors && !error; i++) {
		struct stand *stand = &world->stand[i];

		stand->seed = dice_hash(seed, i, 0);
		stand->dice.state = dice_hash(seed, i, 1);
		stand->next_ns = UINT64_MAX;
		world->users += scenario->actor[i].attack ? 0 : scenario->actor[i].population.users;
		if (scenario->actor[i].attack)
			raid_start(world, i);
		else
			crowd_start(world, i);
		if (!scenario->actor[i].attack)
			error = crowd_settle(world, i);
	}
	if (error) {
		world_free(world);
		return fault_set(fault, ENOMEM, "no memory for the scenario");
	}
	*ret_world = world;
	return 0;
}

void world_free(struct world *world)
{
	if (!world)
		return;
	later_free(&world->later);
	free(world);
}

static uint32_t earliest(const struct world *world)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < world->scenario->actors; i++)
		if (world->stand[i].next_ns < world->stand[best].next_ns)
			best = i;
	return best;
}

int world_next(struct world *world, struct synth_connection *ret_connection)
{
	const uint32_t actor = earliest(world);
	const uint64_t due_ns = later_due_ns(&world->later);

	if (due_ns < world->stand[actor].next_ns) {
		const struct later_entry entry =
			due_ns < world->ends_ns ? later_take(&world->later) : (struct later_entry){.due_ns = due_ns};

		if (due_ns >= world->ends_ns)
			return 0;
		return world->scenario->actor[entry.actor].attack ? raid_return(world, &entry, ret_connection)
								  : crowd_return(world, &entry, ret_connection);
	}
	if (world->stand[actor].next_ns >= world->ends_ns)
		return 0;
	return world->scenario->actor[actor].attack ? raid_arrive(world, actor, ret_connection)
						    : crowd_arrive(world, actor, ret_connection);
}

/* ---- what both kinds of actors need -------------------------------------------------------------------------------
 */

const struct scenario_choice *world_choose(const struct scenario_mix *mix, uint64_t word)
{
	uint64_t at = dice_scale(word, mix->weights);
	const struct scenario_choice *choice = mix->choice;

	for (; at >= choice->weight; choice++)
		at -= choice->weight;
	return choice;
}

void world_connect(struct world *world, uint32_t actor, uint64_t time_ns, const struct addr *source, uint64_t kept,
		   struct synth_connection *ret_connection)
{
	const struct scenario_actor *who = &world->scenario->actor[actor];
	const struct scenario_choice *service = world_choose(&who->services, dice_next(&world->stand[actor].dice));

	ret_connection->time_ns = time_ns;
	ret_connection->source = *source;
	ret_connection->port = (uint16_t)(1024 + world->connections++ % PORTS * PORT_STEP % PORTS);
	ret_connection->server = (uint32_t)dice_scale(dice_mix(kept), world->scenario->servers);
	ret_connection->service = (enum gp_service)service->what;
	ret_connection->transport = (enum transport)service->transport;
	ret_connection->actor = actor;
	ret_connection->attack = who->attack;
	ret_connection->client = world_choose(&who->programs, kept)->what;
	ret_connection->lasts_ns = 0;
	ret_connection->end = SYNTH_END_FIN;
	ret_connection->attempts = 0;
}

struct synth_attempt *world_try(struct synth_connection *connection, uint64_t after_ns)
{
	struct synth_attempt *attempt = &connection->attempt[connection->attempts++];

	attempt->after_ns = after_ns;
	return attempt;
}

uint64_t world_account(uint32_t actor, uint32_t user)
{
	return (uint64_t)(actor + 1) << ACCOUNT_ACTOR_SHIFT | user;
}

uint64_t world_anybody(const struct world *world, uint64_t word)
{
	const struct scenario *scenario = world->scenario;
	uint64_t at = dice_scale(word, world->users);
	uint32_t actor = 0;

	for (; at >= scenario->actor[actor].population.users; actor++)
		at -= scenario->actor[actor].population.users;
	return world_account(actor, (uint32_t)at);
}

uint64_t world_stranger(uint32_t actor, uint32_t index, bool exists)
{
	return world_account(actor, index) | ACCOUNT_STRANGER | (exists ? 0 : ACCOUNT_MISSING);
}

uint64_t world_right(uint64_t account)
{
	return dice_mix(account * 2 + 1);
}

uint64_t world_wrong(uint64_t account, uint64_t which)
{
	return dice_hash(account, which, 0);
}

const struct scenario_actor *world_actor(const struct world *world, uint32_t actor)
{
	return &world->scenario->actor[actor];
}

size_t world_bytes(const struct world *world)
{
	return sizeof(*world) + world->later.room * sizeof(struct later_entry);
}

const char *synth_client_text(enum synth_client client)
{
	static const char *const text[] = {
#define SYNTH_CLIENT_TEXT(name, words, insists) words,
		SYNTH_CLIENTS(SYNTH_CLIENT_TEXT)
#undef SYNTH_CLIENT_TEXT
	};

	return text[client];
}
