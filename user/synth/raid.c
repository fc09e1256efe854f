/* SPDX-License-Identifier: BSD-2-Clause */
/* Attacks. Either sources come one after the other, evenly over the time of the attack, and each makes its tries,
 * pausing between connections (one machine, a botnet, the slow ones); or connections come at a rate, each from any of
 * the sources (floods, forged ones). */
#include <errno.h>

#include "user/core/duration.h"
#include "user/synth/place.h"
#include "user/synth/world_state.h"

#define FIRST_LEAST_NS (150 * NS_PER_MS)
#define FIRST_MOST_NS (450 * NS_PER_MS)
#define THINKS_LEAST_NS (20 * NS_PER_MS)
#define THOUSAND 1000

/* ---- when ------------------------------------------------------------------------------------------------------- */

static uint64_t ends_ns(const struct world *world, const struct scenario_attack *attack)
{
	return world->scenario->begins_ns + attack->begins_ns + attack->lasts_ns;
}

static uint64_t begins_ns(const struct world *world, const struct scenario_attack *attack)
{
	return world->scenario->begins_ns + attack->begins_ns;
}

static void advance(struct world *world, uint32_t actor)
{
	const struct scenario_attack *attack = &world->scenario->actor[actor].against;
	struct stand *stand = &world->stand[actor];

	stand->count++;
	if (attack->rate)
		stand->next_ns += dice_wait(&stand->dice, stand->gap) >> STAND_GAP_SHIFT;
	else if (stand->count < world->scenario->actor[actor].sources)
		stand->next_ns = begins_ns(world, attack) + stand_slot_ns(stand);
	else
		stand->next_ns = UINT64_MAX; /* all have come */
	if (stand->next_ns >= ends_ns(world, attack))
		stand->next_ns = UINT64_MAX;
}

/* Who goes on until the attack is over is there from the start, but for a pause; who makes a few tries comes at any
 * time. */
static uint64_t arrival_ns(const struct scenario_attack *attack)
{
	if (attack->tries)
		return attack->lasts_ns;
	return attack->pause_ns < attack->lasts_ns ? attack->pause_ns : attack->lasts_ns;
}

void raid_start(struct world *world, uint32_t actor)
{
	const struct scenario_attack *attack = &world->scenario->actor[actor].against;
	struct stand *stand = &world->stand[actor];

	if (attack->rate)
		stand->gap = (uint64_t)(((unsigned __int128)NS_PER_DAY * THOUSAND << STAND_GAP_SHIFT) / attack->rate);
	else
		stand->gap = (uint64_t)(((unsigned __int128)arrival_ns(attack) << STAND_GAP_SHIFT) /
					world->scenario->actor[actor].sources);
	if (!stand->gap)
		stand->gap = 1;
	stand->next_ns = begins_ns(world, attack);
	stand->count = UINT64_MAX;
	advance(world, actor);
}

/* ---- what ------------------------------------------------------------------------------------------------------- */

/* Which account and which password is next on the list. */
static void pick(struct world *world, uint32_t actor, struct synth_attempt *attempt)
{
	const struct scenario_attack *attack = &world->scenario->actor[actor].against;
	struct stand *stand = &world->stand[actor];
	const uint64_t n = stand->tried++;
	const bool by_password = attack->list == SCENARIO_GUESSING;
	const uint64_t account = (by_password ? n / attack->passwords : n) % attack->accounts;
	const uint64_t password = by_password ? n % attack->passwords : n / attack->accounts;
	const uint64_t like = dice_hash(stand->seed, account, 2);
	const bool exists = dice_scale(like, DICE_MILLION) < attack->known;

	attempt->account = exists && world->users ? world_anybody(world, dice_mix(like))
						  : world_stranger(actor, (uint32_t)account, exists);
	attempt->password = attack->list == SCENARIO_STUFFING ? world_wrong(attempt->account, n + 1)
							      : dice_hash(stand->seed, password, 3);
	attempt->outcome = OUTCOME_FAILURE;
	if (exists && dice_share(&stand->dice, attack->right)) {
		attempt->password = world_right(attempt->account);
		attempt->outcome = OUTCOME_SUCCESS;
	}
}

/* Tries, until one succeeds or `most` were made; when it is over, *lasts_ns says so. */
static void try_all(struct world *world, uint32_t most, struct synth_connection *connection)
{
	const struct scenario_attack *attack = &world->scenario->actor[connection->actor].against;
	const uint64_t delay_ns =
		scenario_failure_delay_ns(&world->scenario->server[connection->server], connection->service);
	struct dice *dice = &world->stand[connection->actor].dice;
	const bool gives_up = attack->unanswered && delay_ns && dice_share(dice, attack->unanswered);
	uint64_t after_ns = dice_between(dice, FIRST_LEAST_NS, FIRST_MOST_NS);

	while (connection->attempts < most) {
		struct synth_attempt *attempt = world_try(connection, after_ns);

		pick(world, connection->actor, attempt);
		connection->lasts_ns = after_ns + delay_ns + NS_PER_S / 5 + attack->holds_ns;
		if (attempt->outcome == OUTCOME_SUCCESS)
			return;
		if (gives_up && connection->attempts == most) {
			attempt->outcome = OUTCOME_UNKNOWN;
			connection->lasts_ns = after_ns + delay_ns / 4;
		}
		after_ns += delay_ns + THINKS_LEAST_NS + dice_wait(dice, attack->thinks_ns);
	}
}

static struct addr address_of(struct world *world, uint32_t actor, uint64_t source)
{
	const struct scenario_actor *who = &world->scenario->actor[actor];
	struct stand *stand = &world->stand[actor];

	if (who->against.behind[0])
		return crowd_address(world, who->against.behind_actor,
				     (uint32_t)(source % world->scenario->actor[who->against.behind_actor].sources),
				     dice_next(&stand->dice));
	return place_of(who, source, dice_next(&stand->dice));
}

/* One connection of `source`, with as many tries as are left to it but no more than a connection has. */
static void attack_once(struct world *world, uint32_t actor, uint64_t source, uint32_t left, uint64_t time_ns,
			struct synth_connection *ret_connection)
{
	const struct scenario_attack *attack = &world->scenario->actor[actor].against;
	struct stand *stand = &world->stand[actor];
	const struct addr address = address_of(world, actor, source);

	world_connect(world, actor, time_ns, &address, dice_hash(stand->seed, source, 4), ret_connection);
	ret_connection->server = (uint32_t)dice_below(&stand->dice, world->scenario->servers);
	ret_connection->lasts_ns = attack->holds_ns;
	ret_connection->end = attack->leaves;
	if (attack->per_connection && attack->leaves != SYNTH_END_SYN && attack->leaves != SYNTH_END_HANDSHAKE)
		try_all(world, left < attack->per_connection ? left : attack->per_connection, ret_connection);
}

/* ---- who -------------------------------------------------------------------------------------------------------- */

/* At least one; geometric, with the mean that was asked for: P(more than k) = ((mean - 1) / mean)^k. */
static uint32_t tries_of(struct stand *stand, const struct scenario_attack *attack)
{
	uint64_t stops, ratio;

	if (!attack->tries)
		return UINT32_MAX;
	if (attack->tries <= THOUSAND)
		return 1;
	ratio = (uint64_t)(((unsigned __int128)(attack->tries - THOUSAND) << 64) / attack->tries);
	stops = dice_nats(ratio);
	return 1 + (uint32_t)(dice_nats(dice_next(&stand->dice) | 1) / stops);
}

/* It comes back after a pause, if it has tries left and the attack is still on. */
static int come_back(struct world *world, struct later_entry *entry, const struct synth_connection *connection)
{
	const struct scenario_attack *attack = &world->scenario->actor[entry->actor].against;

	if (attack->tries)
		entry->left -= connection->attempts < entry->left ? connection->attempts : entry->left;
	if (attack->tries && !connection->attempts)
		entry->left--; /* a connection without a try counts for one */
	entry->due_ns = connection->time_ns + connection->lasts_ns + NS_PER_MS;
	entry->due_ns +=
		attack->steady ? attack->pause_ns : dice_wait(&world->stand[entry->actor].dice, attack->pause_ns);
	if (!entry->left || entry->due_ns >= ends_ns(world, attack))
		return 0;
	return later_put(&world->later, entry);
}

int raid_return(struct world *world, const struct later_entry *entry, struct synth_connection *ret_connection)
{
	struct later_entry again = *entry;

	attack_once(world, entry->actor, entry->who, entry->left, entry->due_ns, ret_connection);
	return come_back(world, &again, ret_connection) ? -ENOMEM : 1;
}

/* A new source: its first connection now, the others that it opens beside it a moment later. */
static int arrive_source(struct world *world, uint32_t actor, struct synth_connection *ret_connection)
{
	const struct scenario_attack *attack = &world->scenario->actor[actor].against;
	struct stand *stand = &world->stand[actor];
	struct later_entry entry = {.due_ns = stand->next_ns, .who = (uint32_t)stand->count, .actor = (uint16_t)actor};
	const uint32_t tries = tries_of(stand, attack);

	for (uint32_t lane = 1; lane < attack->parallel; lane++) {
		struct later_entry beside = entry;

		beside.due_ns += dice_below(&stand->dice, NS_PER_S);
		beside.left = tries == UINT32_MAX ? tries : tries / attack->parallel;
		if (beside.left && later_put(&world->later, &beside))
			return -ENOMEM;
	}
	entry.left = tries == UINT32_MAX ? tries : tries - tries / attack->parallel * (attack->parallel - 1);
	return raid_return(world, &entry, ret_connection);
}

int raid_arrive(struct world *world, uint32_t actor, struct synth_connection *ret_connection)
{
	const struct scenario_actor *who = &world->scenario->actor[actor];
	struct stand *stand = &world->stand[actor];
	int result = 1;

	if (who->against.rate)
		attack_once(world, actor, dice_below(&stand->dice, who->sources), UINT32_MAX, stand->next_ns,
			    ret_connection);
	else
		result = arrive_source(world, actor, ret_connection);
	advance(world, actor);
	return result;
}
