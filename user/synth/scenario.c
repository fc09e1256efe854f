/* SPDX-License-Identifier: BSD-2-Clause */
/* Scenarios, read by the tables of scenario_keys.c and checked as a whole. */
#include "user/synth/scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config_keys.h"
#include "user/core/duration.h"
#include "user/synth/dice.h"
#include "user/synth/place.h"
#include "user/synth/scenario_keys.h"
#include "user/synth/scenario_mix.h"
#include "user/synth/software.h"

#define V4_BITS 96
#define ADDRESS_BITS 128
#define SOURCE_V6_BITS 64

struct reading {
	struct scenario *scenario;
	const char *name;
	const struct config_items *items;
	struct fault *fault;
};

static bool is_v4(const struct scenario_actor *actor)
{
	return addr_is_v4(&actor->place.prefix);
}

/* ---- one section ------------------------------------------------------------------------------------------------- */

/* Where to look for what is wrong with a section as a whole: its first setting. */
static unsigned int line_of(const struct reading *reading, size_t first, size_t end)
{
	unsigned int line = config_items_at(reading->items, first)->line; /* the library's: where the section ends */

	for (size_t i = first + 1; i < end; i++) {
		const unsigned int other = config_items_at(reading->items, i)->line;

		line = other < line ? other : line;
	}
	return line;
}

static int read_title(const struct reading *reading, const struct config_item *begin,
		      char ret_name[SCENARIO_NAME_BYTES])
{
	const size_t length = strlen(begin->title);

	if (!length || length >= SCENARIO_NAME_BYTES || strpbrk(begin->title, ",\"'"))
		return fault_set_at(reading->fault, EINVAL, reading->name, begin->line,
				    "the name of a %s has 1 to %d characters and no commas or quotes", begin->section,
				    SCENARIO_NAME_BYTES - 1);
	memcpy(ret_name, begin->title, length + 1);
	return 0;
}

static bool serves_smtp(enum synth_software software)
{
	return software == SYNTH_DOVECOT || software == SYNTH_NGINX || software == SYNTH_POSTFIX ||
	       software == SYNTH_EXIM;
}

static int read_server(const struct reading *reading, size_t first, size_t end)
{
	const struct config_item *begin = config_items_at(reading->items, first);
	struct scenario_server *server = &reading->scenario->server[reading->scenario->servers];
	int result;

	if (reading->scenario->servers == SCENARIO_SERVERS_MAX)
		return fault_set_at(reading->fault, EINVAL, reading->name, begin->line, "more than %d servers",
				    SCENARIO_SERVERS_MAX);
	config_fall_back(scenario_server_keys, server);
	result = read_title(reading, begin, server->name);
	for (size_t i = first + 1; i < end && !result; i++)
		result = config_set(scenario_server_keys, server, reading->name, config_items_at(reading->items, i),
				    reading->fault);
	if (result)
		return result;
	if (server->imap > SYNTH_NGINX || server->pop3 > SYNTH_NGINX || !serves_smtp(server->smtp))
		return fault_set_at(reading->fault, EINVAL, reading->name, line_of(reading, first, end),
				    "imap and pop3 are spoken by dovecot, courier, cyrus and nginx, smtp by dovecot, "
				    "nginx, postfix and exim");
	reading->scenario->servers++;
	return 0;
}

/* Both kinds of actors: their keys, and the lists that have none. */
static int read_items(const struct reading *reading, const struct config_key *keys, struct scenario_actor *actor,
		      size_t first, size_t end)
{
	int result = 0;

	for (size_t i = first + 1; i < end && !result; i++) {
		const struct config_item *item = config_items_at(reading->items, i);

		if (!strcmp(item->key, "services") || !strcmp(item->key, "programs"))
			result = scenario_mix_read(actor, reading->name, item, reading->fault);
		else
			result = config_set(keys, actor, reading->name, item, reading->fault);
	}
	scenario_mix_fall_back(actor);
	return result;
}

static int check_population(struct scenario_actor *actor, const char **ret_wrong)
{
	const struct scenario_population *population = &actor->population;

	if (!actor->sources)
		actor->sources = population->users;
	if (!population->users)
		*ret_wrong = "'users' is missing";
	else if (!actor->place.bits)
		*ret_wrong = "'addresses' is missing";
	else if (!population->logins == !population->every_ns)
		*ret_wrong = "it needs one of 'logins' and 'every'";
	else
		return 0;
	return -EINVAL;
}

static const struct scenario_actor *find_population(const struct scenario *scenario, const char *name,
						    uint32_t *ret_index)
{
	for (uint32_t i = 0; i < scenario->actors; i++) {
		if (!scenario->actor[i].attack && !strcmp(scenario->actor[i].name, name)) {
			*ret_index = i;
			return &scenario->actor[i];
		}
	}
	return NULL;
}

static int check_attack(const struct scenario *scenario, struct scenario_actor *actor, const char **ret_wrong)
{
	struct scenario_attack *attack = &actor->against;
	const struct scenario_actor *among = NULL;

	if (attack->behind[0])
		among = find_population(scenario, attack->behind, &attack->behind_actor);
	if (!attack->lasts_ns)
		*ret_wrong = "'lasts' is missing";
	else if (!actor->place.bits == !attack->behind[0])
		*ret_wrong = "it needs one of 'addresses' and 'behind'";
	else if (attack->behind[0] && !among)
		*ret_wrong = "'behind' wants the name of a population";
	else if (attack->rate && (attack->tries || attack->pause_ns))
		*ret_wrong = "what has a 'rate' has no 'tries' and no 'pause'";
	else if (!attack->rate && !attack->tries && !attack->pause_ns && !attack->per_connection)
		*ret_wrong = "it needs 'rate', 'tries', 'pause' or tries 'per_connection'";
	else
		return 0;
	return -EINVAL;
}

/* How long a source's prefix is, of 128: as it was written, of its family, or the usual one. */
static int check_place(struct scenario_actor *actor, const char **ret_wrong)
{
	const uint8_t family_bits = is_v4(actor) ? ADDRESS_BITS - V4_BITS : ADDRESS_BITS;

	*ret_wrong = "'each' wants a length between that of 'addresses' and that of an address";
	if (!actor->place.bits)
		return 0; /* elsewhere */
	if (actor->each_bits > family_bits)
		return -EINVAL;
	if (!actor->each_bits)
		actor->each_bits = is_v4(actor) ? ADDRESS_BITS : SOURCE_V6_BITS;
	else if (is_v4(actor))
		actor->each_bits += V4_BITS;
	if (actor->each_bits < actor->place.bits)
		return -EINVAL;
	*ret_wrong = "there are more 'sources' than 'addresses' has room for";
	return actor->sources > place_room(actor) ? -EINVAL : 0;
}

static int read_actor(const struct reading *reading, size_t first, size_t end)
{
	struct scenario *scenario = reading->scenario;
	const struct config_item *begin = config_items_at(reading->items, first);
	struct scenario_actor *actor = &scenario->actor[scenario->actors];
	const bool attack = !strcmp(begin->section, "attack");
	const struct config_key *keys = attack ? scenario_attack_keys : scenario_population_keys;
	const char *wrong = "";
	int result;

	if (scenario->actors == SCENARIO_ACTORS_MAX)
		return fault_set_at(reading->fault, EINVAL, reading->name, begin->line,
				    "more than %d populations and attacks", SCENARIO_ACTORS_MAX);
	actor->attack = attack;
	config_fall_back(keys, actor);
	result = read_title(reading, begin, actor->name);
	if (!result)
		result = read_items(reading, keys, actor, first, end);
	if (result)
		return result;
	result = attack ? check_attack(scenario, actor, &wrong) : check_population(actor, &wrong);
	if (!result)
		result = check_place(actor, &wrong);
	if (result)
		return fault_set_at(reading->fault, EINVAL, reading->name, line_of(reading, first, end), "%s '%s': %s",
				    begin->section, actor->name, wrong);
	scenario->actors++;
	return 0;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static size_t section_end(const struct config_items *items, size_t first)
{
	size_t end = first + 1;

	while (end < config_items_count(items) && config_items_at(items, end)->key)
		end++;
	return end;
}

static int read_all(const struct reading *reading)
{
	size_t next;
	int result = 0;

	for (size_t i = 0; i < config_items_count(reading->items) && !result; i = next) {
		const struct config_item *item = config_items_at(reading->items, i);

		next = item->key ? i + 1 : section_end(reading->items, i);
		if (item->key)
			result = config_set(scenario_keys, reading->scenario, reading->name, item, reading->fault);
		else if (!strcmp(item->section, "server"))
			result = read_server(reading, i, next);
		else
			result = read_actor(reading, i, next);
	}
	return result;
}

/* Is there a server for each family that clients come with? */
static bool is_reachable(const struct scenario *scenario, bool v4)
{
	static const struct addr none;

	for (uint32_t i = 0; i < scenario->servers; i++)
		if (!memcmp(&scenario->server[i].address[v4 ? 0 : 1], &none, sizeof(none)))
			return false;
	return true;
}

static int check_all(const struct scenario *scenario, const char *name, struct fault *fault)
{
	if (!scenario->lasts_ns)
		return fault_set_at(fault, EINVAL, name, 0, "'lasts' is missing: how long it all takes");
	if (!scenario->servers || !scenario->actors)
		return fault_set_at(fault, EINVAL, name, 0,
				    "a scenario needs a server and somebody: a population or an attack");
	for (uint32_t i = 0; i < scenario->actors; i++) {
		const struct scenario_actor *actor = &scenario->actor[i];

		if (actor->place.bits && !is_reachable(scenario, is_v4(actor)))
			return fault_set_at(fault, EINVAL, name, 0, "'%s' has IPv%d, and not all servers have an '%s'",
					    actor->name, is_v4(actor) ? 4 : 6, is_v4(actor) ? "address" : "address6");
	}
	return 0;
}

int scenario_read(struct scenario **ret_scenario, const char *name, const char *text, struct fault *fault)
{
	struct scenario *scenario = calloc(1, sizeof(*scenario));
	struct reading reading = {.scenario = scenario, .name = name, .fault = fault};
	struct config_grammar *grammar = NULL;
	struct config_items *items = NULL;
	size_t rows;
	int result;

	if (!scenario || scenario_grammar_new(&grammar, &rows)) {
		free(scenario);
		return fault_set_at(fault, ENOMEM, name, 0, "no memory to read it");
	}
	config_fall_back(scenario_keys, scenario);
	result = config_items_new(&items, name, text, grammar, rows, fault);
	free(grammar);
	if (!result) {
		reading.items = items;
		result = read_all(&reading);
		config_items_free(items);
	}
	if (!result)
		result = check_all(scenario, name, fault);
	if (result) {
		scenario_free(scenario);
		return result;
	}
	scenario->begins_ns += SCENARIO_MONDAY_NS;
	*ret_scenario = scenario;
	return 0;
}

void scenario_free(struct scenario *scenario)
{
	free(scenario);
}

/* ---- larger and smaller ------------------------------------------------------------------------------------------ */

static uint64_t scale(uint64_t number, uint64_t parts)
{
	const unsigned __int128 scaled = (unsigned __int128)number * parts / DICE_MILLION;

	if (!number || scaled > UINT64_MAX)
		return number;
	return scaled ? (uint64_t)scaled : 1;
}

static int scale_number(uint32_t *number, uint64_t parts)
{
	const uint64_t scaled = scale(*number, parts);

	if (scaled > UINT32_MAX)
		return -ERANGE;
	*number = (uint32_t)scaled;
	return 0;
}

int scenario_scale(struct scenario *scenario, uint64_t parts, struct fault *fault)
{
	for (uint32_t i = 0; i < scenario->actors; i++) {
		struct scenario_actor *actor = &scenario->actor[i];

		if (scale_number(&actor->sources, parts) || scale_number(&actor->population.users, parts) ||
		    scale_number(&actor->against.accounts, parts) ||
		    (actor->place.bits && actor->sources > place_room(actor)))
			return fault_set(fault, ERANGE, "'%s' has no room for so many", actor->name);
		actor->against.rate = scale(actor->against.rate, parts);
	}
	return 0;
}

/* As they are shipped (rules/profiles/): Postfix asks Dovecot, and waits as long as that does. */
uint64_t scenario_failure_delay_ns(const struct scenario_server *server, enum gp_service service)
{
	static const uint64_t delay_ns[] = {
		[SYNTH_DOVECOT] = 2 * NS_PER_S, [SYNTH_COURIER] = 5 * NS_PER_S, [SYNTH_CYRUS] = 3 * NS_PER_S,
		[SYNTH_NGINX] = 3 * NS_PER_S,   [SYNTH_POSTFIX] = 2 * NS_PER_S, [SYNTH_EXIM] = 0,
	};

	return server->hurried ? 0 : delay_ns[software_of(server, service)];
}

const char *synth_software_text(enum synth_software software)
{
	return scenario_softwares[software];
}
