/* SPDX-License-Identifier: BSD-2-Clause */
/* Populations. Their members log in at random hours (a Poisson process for all of them together, thinned to the hours
 * of the day) or as regularly as a program asks (one after the other, each once in a period). They mistype, and try
 * again; and some have a device in a drawer that was not told about the new password. */
#include <errno.h>

#include "user/core/duration.h"
#include "user/synth/place.h"
#include "user/synth/world_state.h"

#define FIRST_LEAST_NS (150 * NS_PER_MS) /* from the SYN to the login: handshakes, greeting, capabilities */
#define FIRST_MOST_NS (600 * NS_PER_MS)
#define AGAIN_LEAST_NS (5 * NS_PER_S) /* to read what is wrong and to type the password anew */
#define AGAIN_MOST_NS (30 * NS_PER_S)
#define MISTYPED_AGAIN (DICE_MILLION / 5)
#define MISTYPED_MOST 6 /* then they look it up */
/* Who has forgotten it: of a hundred people 54 have it within three tries and 93 within nine (Brostoff and Sasse 2003).
 */
#define RECALLED_AGAIN (DICE_MILLION / 4 * 3)
#define RECALLED_MOST 20
#define THOUSAND 1000

enum later_what {
	RETYPES,
	RECALLS,
	FORGOTTEN,
};

static const uint8_t insists[] = {
#define INSISTS(name, words, times) times,
	SYNTH_CLIENTS(INSISTS)
#undef INSISTS
};

/* ---- when ------------------------------------------------------------------------------------------------------- */

/* How busy it is, relative to other times, in between the hours, too. */
static uint64_t weight_at(const struct scenario_population *population, uint64_t time_ns)
{
	const uint64_t second = (time_ns - SCENARIO_MONDAY_NS) / NS_PER_S;
	const uint64_t hour = second / 3600, part = second % 3600, day = hour / 24 % 7;
	const uint64_t weight =
		population->hours[hour % 24] * (3600 - part) + population->hours[(hour + 1) % 24] * part;

	return day < 5 ? weight : weight * population->weekend / DICE_MILLION;
}

static uint64_t weight_max(const struct scenario_population *population)
{
	const uint64_t weekend = population->weekend > DICE_MILLION ? population->weekend : DICE_MILLION;
	uint64_t most = 0;

	for (int i = 0; i < SCENARIO_HOURS; i++)
		most = population->hours[i] > most ? population->hours[i] : most;
	return most * 3600 * weekend / DICE_MILLION;
}

/* The mean over the days from Monday to Friday: what `logins` and `every` are about. */
static uint64_t weight_mean(const struct scenario_population *population)
{
	uint64_t sum = 0;

	for (int i = 0; i < SCENARIO_HOURS; i++)
		sum += population->hours[i];
	return sum * 3600 / SCENARIO_HOURS;
}

static bool is_awake(struct stand *stand, const struct scenario_population *population)
{
	return dice_below(&stand->dice, stand->busiest) < weight_at(population, stand->next_ns);
}

/* Candidates come as at the busiest hour; at others some of them sleep. */
static void advance(struct world *world, uint32_t actor)
{
	const struct scenario_population *population = &world->scenario->actor[actor].population;
	struct stand *stand = &world->stand[actor];

	do {
		stand->count++;
		if (population->logins)
			stand->next_ns += dice_wait(&stand->dice, stand->gap) >> STAND_GAP_SHIFT;
		else
			stand->next_ns = world->scenario->begins_ns + stand_slot_ns(stand);
	} while (stand->next_ns < world->ends_ns && !is_awake(stand, population));
}

void crowd_start(struct world *world, uint32_t actor)
{
	const struct scenario_population *population = &world->scenario->actor[actor].population;
	struct stand *stand = &world->stand[actor];
	const uint64_t mean = weight_mean(population);

	stand->busiest = (uint32_t)weight_max(population);
	stand->next_ns = world->scenario->begins_ns;
	if (population->logins)
		stand->gap = (uint64_t)((((unsigned __int128)NS_PER_DAY * THOUSAND << STAND_GAP_SHIFT) * mean) /
					((unsigned __int128)population->users * population->logins * stand->busiest));
	else
		stand->gap = (uint64_t)((((unsigned __int128)population->every_ns << STAND_GAP_SHIFT) * mean) /
					((unsigned __int128)population->users * stand->busiest));
	if (!stand->gap)
		stand->gap = 1;
	stand->count = UINT64_MAX; /* the next one is 0 */
	advance(world, actor);
}

/* ---- who -------------------------------------------------------------------------------------------------------- */

struct addr crowd_address(const struct world *world, uint32_t actor, uint32_t source, uint64_t host)
{
	return place_of(&world->scenario->actor[actor], source, host);
}

static struct addr address_of(const struct world *world, uint32_t actor, uint32_t user, uint64_t time_ns)
{
	const struct scenario_actor *who = &world->scenario->actor[actor];
	const uint64_t seed = world->stand[actor].seed;
	uint32_t source = user % who->sources;

	if (who->population.moves_ns)
		source = (uint32_t)dice_scale(dice_hash(seed, user, time_ns / who->population.moves_ns), who->sources);
	/* the host part changes each day, as RFC 8981 has it */
	return crowd_address(world, actor, source, dice_hash(seed, ~(uint64_t)user, time_ns / NS_PER_DAY));
}

static void connect_user(struct world *world, uint32_t actor, uint32_t user, uint64_t time_ns,
			 struct synth_connection *ret_connection)
{
	const struct addr source = address_of(world, actor, user, time_ns);

	world_connect(world, actor, time_ns, &source, dice_hash(world->stand[actor].seed, user, 0), ret_connection);
}

/* ---- what ------------------------------------------------------------------------------------------------------- */

static void log_in(struct world *world, uint64_t account, struct synth_connection *connection)
{
	struct dice *dice = &world->stand[connection->actor].dice;
	struct synth_attempt *attempt = world_try(connection, dice_between(dice, FIRST_LEAST_NS, FIRST_MOST_NS));

	attempt->account = account;
	attempt->password = world_right(account);
	attempt->outcome = OUTCOME_SUCCESS;
	connection->lasts_ns = attempt->after_ns + NS_PER_S / 5 +
			       dice_wait(dice, world->scenario->actor[connection->actor].population.stays_ns);
}

/* A wrong password, as often as the program tries it before it gives up. */
static void fail(struct world *world, uint64_t account, uint64_t password, struct synth_connection *connection)
{
	struct dice *dice = &world->stand[connection->actor].dice;
	const uint64_t delay_ns =
		scenario_failure_delay_ns(&world->scenario->server[connection->server], connection->service);
	uint64_t after_ns = dice_between(dice, FIRST_LEAST_NS, FIRST_MOST_NS);

	for (unsigned int i = 0; i < insists[connection->client]; i++) {
		struct synth_attempt *attempt = world_try(connection, after_ns);

		attempt->account = account;
		attempt->password = password;
		attempt->outcome = OUTCOME_FAILURE;
		after_ns += delay_ns + dice_between(dice, NS_PER_S / 5, NS_PER_S / 2);
	}
	connection->lasts_ns = after_ns;
}

/* `what`: RETYPES or RECALLS. */
static int mistype(struct world *world, uint32_t user, enum later_what what, uint32_t times,
		   struct synth_connection *connection)
{
	const uint64_t account = world_account(connection->actor, user);
	struct dice *dice = &world->stand[connection->actor].dice;
	struct later_entry again = {.who = user, .left = times + 1, .actor = (uint16_t)connection->actor};

	fail(world, account, world_wrong(account, dice_next(dice)), connection);
	again.what = what;
	again.due_ns = connection->time_ns + connection->lasts_ns + dice_between(dice, AGAIN_LEAST_NS, AGAIN_MOST_NS);
	return later_put(&world->later, &again);
}

static bool has_forgotten(const struct scenario_population *population, struct dice *dice)
{
	return population->forgets && dice_share(dice, population->forgets);
}

int crowd_arrive(struct world *world, uint32_t actor, struct synth_connection *ret_connection)
{
	const struct scenario_population *population = &world->scenario->actor[actor].population;
	struct stand *stand = &world->stand[actor];
	const uint32_t user = population->logins ? (uint32_t)dice_below(&stand->dice, population->users)
						 : (uint32_t)(stand->count % population->users);
	int error = 0;

	connect_user(world, actor, user, stand->next_ns, ret_connection);
	if (population->mistypes && dice_share(&stand->dice, population->mistypes))
		error = mistype(world, user, has_forgotten(population, &stand->dice) ? RECALLS : RETYPES, 0,
				ret_connection);
	else
		log_in(world, world_account(actor, user), ret_connection);
	advance(world, actor);
	return error ? error : 1;
}

/* ---- forgotten devices ------------------------------------------------------------------------------------------- */

static void forget(struct world *world, struct later_entry *device)
{
	const struct scenario_population *population = &world->scenario->actor[device->actor].population;
	struct dice *dice = &world->stand[device->actor].dice;

	device->who = (uint32_t)dice_below(dice, population->users);
	device->until_ns = device->due_ns + dice_wait(dice, population->stale_for_ns);
}

/* As many as there are at any time: how long each has been forgotten already does not matter to what is to come. */
int crowd_settle(struct world *world, uint32_t actor)
{
	const struct scenario_population *population = &world->scenario->actor[actor].population;
	const uint64_t devices = (uint64_t)population->users * population->stale / DICE_MILLION;
	struct dice *dice = &world->stand[actor].dice;

	for (uint64_t i = 0; i < devices; i++) {
		struct later_entry device = {.actor = (uint16_t)actor, .what = FORGOTTEN};

		device.due_ns = world->scenario->begins_ns + dice_below(dice, population->stale_every_ns);
		forget(world, &device);
		if (later_put(&world->later, &device))
			return -ENOMEM;
	}
	return 0;
}

/* It was set up once: it does not ask another service each time. */
static void keep_to_service(struct world *world, const struct later_entry *device, struct synth_connection *connection)
{
	const struct scenario_choice *service =
		world_choose(&world->scenario->actor[device->actor].services,
			     dice_hash(world->stand[device->actor].seed, device->who, 1));

	connection->service = (enum gp_service)service->what;
	connection->transport = (enum transport)service->transport;
}

/* The same wrong password once more; when somebody remembers this device, another one is forgotten elsewhere. */
static int ask_again(struct world *world, struct later_entry *device, struct synth_connection *ret_connection)
{
	const struct scenario_population *population = &world->scenario->actor[device->actor].population;
	const uint64_t every_ns = population->stale_every_ns;
	uint64_t account;

	if (device->due_ns > device->until_ns)
		forget(world, device);
	account = world_account(device->actor, device->who);
	connect_user(world, device->actor, device->who, device->due_ns, ret_connection);
	keep_to_service(world, device, ret_connection);
	fail(world, account, world_wrong(account, 0), ret_connection);
	device->due_ns += every_ns - every_ns / 20 + dice_below(&world->stand[device->actor].dice, every_ns / 10 + 1);
	return later_put(&world->later, device);
}

static bool is_wrong_again(const struct later_entry *entry, struct dice *dice)
{
	const bool recalls = entry->what == RECALLS;

	return entry->left < (recalls ? RECALLED_MOST : MISTYPED_MOST) &&
	       dice_share(dice, recalls ? RECALLED_AGAIN : MISTYPED_AGAIN);
}

int crowd_return(struct world *world, const struct later_entry *entry, struct synth_connection *ret_connection)
{
	struct dice *dice = &world->stand[entry->actor].dice;
	struct later_entry again = *entry;
	int error = 0;

	if (entry->what == FORGOTTEN)
		return ask_again(world, &again, ret_connection) ? -ENOMEM : 1;
	connect_user(world, entry->actor, entry->who, entry->due_ns, ret_connection);
	if (is_wrong_again(entry, dice))
		error = mistype(world, entry->who, (enum later_what)entry->what, entry->left, ret_connection);
	else
		log_in(world, world_account(entry->actor, entry->who), ret_connection);
	return error ? error : 1;
}
