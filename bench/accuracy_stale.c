/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/accuracy_stale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/accuracy_known.h"

#define PLACES_MAX 256
#define LEARNING_ROUNDS 2
#define SHOWINGS 2

/* A port of a server. */
struct place {
	struct addr address;
	uint16_t port;
	bool known;
	struct profile profile; /* its own */
	char software[LABEL_TEXT_BYTES];
	/* of this turn */
	const struct place *given; /* whose profile it has; NULL: its own */
	uint32_t shown, told_at, right_at; /* connections; right_at: since it was told */
	bool told, right;
	struct score before, learning, learned;
};

struct experiment {
	const struct corpus *corpus;
	struct servers *servers;
	struct place place[PLACES_MAX];
	struct place other[PLACES_MAX]; /* the same at another time */
	size_t places;
	bool *said_stale; /* by row: an outcome was said of it while nothing had been noticed */
	int showing;
	bool verbose;
};

const char *stale_text(enum stale_from from)
{
	static const char *const text[] = {"learned", "probe", "set up anew"};

	return text[from];
}

static struct place *place_of(struct experiment *experiment, const struct addr *address, uint16_t port)
{
	for (size_t i = 0; i < experiment->places; i++)
		if (experiment->place[i].port == port &&
		    !memcmp(&experiment->place[i].address, address, sizeof(*address)))
			return &experiment->place[i];
	return NULL;
}

/* ---- places and their own profiles ------------------------------------------------------------------------------ */

static void find_places(struct experiment *experiment)
{
	for (size_t i = 0; i < experiment->corpus->labels.count; i++) {
		const struct label_row *row = &experiment->corpus->labels.row[i];
		struct place *place = &experiment->place[experiment->places];

		if (row->missing || experiment->places == PLACES_MAX ||
		    place_of(experiment, &row->server, row->server_port))
			continue;
		*place = (struct place){.address = row->server, .port = row->server_port};
		snprintf(place->software, sizeof(place->software), "%s", row->software);
		experiment->places++;
	}
}

static void know_learned(struct experiment *experiment)
{
	struct servers *servers = known_servers(experiment->corpus, &(struct known){.learn = true, .builtin = true});
	const struct pass pass = {.corpus = experiment->corpus, .servers = servers};

	for (int round = 0; round < LEARNING_ROUNDS; round++)
		pass_run(&pass);
	for (size_t i = 0; i < experiment->places; i++) {
		struct place *place = &experiment->place[i];
		const struct server *server = servers_find(servers, &place->address, place->port);

		place->known = server != NULL;
		if (server)
			place->profile = server->profile;
	}
	servers_free(servers);
}

static void know_probed(struct experiment *experiment)
{
	for (size_t i = 0; i < experiment->corpus->labels.count; i++) {
		const struct label_row *row = &experiment->corpus->labels.row[i];
		struct place *place = place_of(experiment, &row->server, row->server_port);
		uint16_t port;

		if (place && !place->known && known_probe(experiment->corpus, row->profile, &place->profile, &port))
			place->known = port == place->port;
	}
}

/* ---- who is given what ------------------------------------------------------------------------------------------ */

static uint16_t main_failure(const struct profile *profile)
{
	const struct reply_length *length = profile->length[REPLY_FAILURE], *most = length;

	for (int i = 1; i < PROFILE_LENGTHS; i++)
		if (length[i].seen > most->seen)
			most = &length[i];
	return most->seen ? most->bytes : 0;
}

/* What this server says most when it refuses is not what the other one says. */
static bool differs(const struct place *place, const struct place *other)
{
	const uint16_t bytes = main_failure(&place->profile);

	if (!place->known || !other->known || !bytes || !main_failure(&other->profile))
		return false;
	for (int i = 0; i < PROFILE_LENGTHS; i++)
		if (other->profile.length[REPLY_FAILURE][i].seen &&
		    other->profile.length[REPLY_FAILURE][i].bytes == bytes)
			return false;
	return true;
}

/* The `turn`th after it that has the same port; NULL: they have all had their turn. */
static const struct place *other_of(const struct experiment *experiment, const struct place *place, size_t turn)
{
	const size_t self = (size_t)(place - experiment->place);

	for (size_t i = 1; i < experiment->places; i++) {
		const struct place *other = &experiment->place[(self + i) % experiment->places];

		if (other->port == place->port && !--turn)
			return other;
	}
	return NULL;
}

static size_t turns(const struct experiment *experiment)
{
	size_t most = 0;

	for (size_t i = 0; i < experiment->places; i++) {
		size_t same = 0;

		for (size_t j = 0; j < experiment->places; j++)
			same += i != j && experiment->place[j].port == experiment->place[i].port;
		most = same > most ? same : most;
	}
	return most;
}

static void give(struct experiment *experiment, size_t turn)
{
	for (size_t i = 0; i < experiment->places; i++) {
		struct place *place = &experiment->place[i];
		const struct place *other = other_of(experiment, place, turn);

		place->given = other && differs(place, other) ? other : NULL;
	}
}

/* ---- a turn ---------------------------------------------------------------------------------------------------- */

static void on_changed(void *context, const struct server *server)
{
	struct place *place = place_of(context, &server->address, server->port);

	if (!place || place->told)
		return;
	place->told = true;
	place->told_at = place->shown;
}

static void on_attempt(void *context, const struct label_row *row, const struct attempt *attempt,
		       const struct gp_sample *sample)
{
	struct experiment *experiment = context;
	const struct place *place = row ? place_of(experiment, &row->server, row->server_port) : NULL;

	(void)sample;
	if (place && !place->told && attempt->outcome != OUTCOME_UNKNOWN)
		experiment->said_stale[row - experiment->corpus->labels.row] = true;
}

static void on_flow(void *context, const struct label_row *row, const char *outcomes)
{
	struct experiment *experiment = context;
	struct place *place = row ? place_of(experiment, &row->server, row->server_port) : NULL;
	bool *said_stale = row ? &experiment->said_stale[row - experiment->corpus->labels.row] : NULL;
	struct score *score;
	enum mark mark;

	if (!place || !place->given || strcmp(row->handshake, "done"))
		return;
	place->shown++;
	if (!place->told || *said_stale)
		score = &place->before;
	else
		score = experiment->showing ? &place->learned : &place->learning;
	mark = score_add(score, row->outcomes, outcomes);
	*said_stale = false;
	if (place->told && !place->right && mark == MARK_RIGHT && row->outcomes[0]) {
		place->right = true;
		place->right_at = place->shown - place->told_at;
	}
}

static void put_given(struct experiment *experiment)
{
	for (size_t i = 0; i < experiment->places; i++) {
		struct place *place = &experiment->place[i];
		const struct profile *profile = place->given ? &place->given->profile : &place->profile;

		if (place->known)
			servers_put(experiment->servers, &place->address, place->port, profile);
		place->shown = place->told_at = place->right_at = 0;
		place->told = place->right = false;
		place->before = place->learning = place->learned = (struct score){0};
	}
}

static void tell_pair(const struct place *place)
{
	char address[ADDR_TEXT_BYTES];

	addr_text(&place->address, address);
	printf("    stale: %s (%s) port %u, with the profile of %s: %u wrong before it was told, %u after; ", address,
	       place->software, place->port, place->given->software, score_wrong(&place->before),
	       score_wrong(&place->learning) + score_wrong(&place->learned));
	if (place->told)
		printf("told after %u connections\n", place->told_at);
	else
		printf("never told\n");
}

static uint32_t at_most(uint32_t value)
{
	return value < STALE_COUNTED ? value : STALE_COUNTED - 1;
}

static void collect(const struct experiment *experiment, struct stale stale[3])
{
	for (size_t i = 0; i < experiment->places; i++) {
		const struct place *place = &experiment->place[i];
		struct stale *kind = &stale[place->profile.protocol];

		if (!place->given)
			continue;
		kind->pairs++;
		kind->told += place->told;
		if (place->told)
			kind->told_after[at_most(place->told_at)]++;
		if (place->right)
			kind->right_after[at_most(place->right_at)]++;
		score_merge(&kind->before, &place->before);
		score_merge(&kind->learning, &place->learning);
		score_merge(&kind->learned, &place->learned);
		if (experiment->verbose &&
		    score_wrong(&place->before) + score_wrong(&place->learning) + score_wrong(&place->learned))
			tell_pair(place);
	}
}

static bool any_given(const struct experiment *experiment)
{
	for (size_t i = 0; i < experiment->places; i++)
		if (experiment->place[i].given)
			return true;
	return false;
}

static void one_turn(struct experiment *experiment, struct stale stale[3])
{
	const struct known known = {.learn = true, .builtin = true, .context = experiment, .changed = on_changed};
	struct pass pass = {
		.corpus = experiment->corpus,
		.context = experiment,
		.attempt = on_attempt,
		.flow = on_flow,
	};

	if (!any_given(experiment))
		return;
	pass.servers = experiment->servers = known_servers(experiment->corpus, &known);
	put_given(experiment);
	for (experiment->showing = 0; experiment->showing < SHOWINGS; experiment->showing++)
		pass_run(&pass);
	collect(experiment, stale);
	servers_free(experiment->servers);
}

static void all_turns(struct experiment *experiment, struct stale stale[3])
{
	for (size_t turn = 1; turn <= turns(experiment); turn++) {
		give(experiment, turn);
		one_turn(experiment, stale);
	}
}

/* ---- the server's own, of another time --------------------------------------------------------------------------- */

/* NAME.json -> NAME-v2.json */
static bool probe_of_other_time(const struct corpus *corpus, const char *file, struct profile *ret_profile,
				uint16_t *ret_port)
{
	char other[LABEL_TEXT_BYTES + 8];
	const char *end = strrchr(file, '.');

	if (!end)
		return false;
	snprintf(other, sizeof(other), "%.*s-v2.json", (int)(end - file), file);
	return known_probe(corpus, other, ret_profile, ret_port);
}

static void set_up_anew(struct experiment *experiment, struct stale stale[3])
{
	for (size_t i = 0; i < experiment->places; i++)
		experiment->place[i].given = NULL;
	for (size_t i = 0; i < experiment->corpus->labels.count; i++) {
		const struct label_row *row = &experiment->corpus->labels.row[i];
		struct place *place = place_of(experiment, &row->server, row->server_port);
		struct place *before = place ? &experiment->other[place - experiment->place] : NULL;
		uint16_t port;

		if (!place || !place->known || place->given ||
		    !probe_of_other_time(experiment->corpus, row->profile, &before->profile, &port) ||
		    port != place->port)
			continue;
		memcpy(before->software, place->software, sizeof(before->software));
		place->given = before;
	}
	one_turn(experiment, stale);
}

void stale_run(const struct corpus *corpus, bool verbose, struct stale ret_stale[STALE_FROM][3])
{
	struct experiment *experiment = calloc(1, sizeof(*experiment));

	if (experiment)
		experiment->said_stale = calloc(corpus->labels.count, sizeof(*experiment->said_stale));
	if (!experiment || !experiment->said_stale)
		die("out of memory");
	experiment->corpus = corpus;
	experiment->verbose = verbose;
	find_places(experiment);
	know_learned(experiment);
	all_turns(experiment, ret_stale[STALE_LEARNED]);
	for (size_t i = 0; i < experiment->places; i++)
		experiment->place[i].known = false;
	know_probed(experiment);
	all_turns(experiment, ret_stale[STALE_PROBE]);
	set_up_anew(experiment, ret_stale[STALE_SETUP]);
	free(experiment->said_stale);
	free(experiment);
}

uint32_t stale_median(const uint32_t histogram[STALE_COUNTED], uint32_t *ret_most)
{
	uint32_t all = 0, so_far = 0, median = 0, most = 0;

	for (uint32_t i = 0; i < STALE_COUNTED; i++)
		all += histogram[i];
	for (uint32_t i = STALE_COUNTED; i--;) {
		so_far += histogram[i];
		if (histogram[i] && !most)
			most = i;
		if (all && so_far * 2 >= all) {
			median = i;
			break;
		}
	}
	if (ret_most)
		*ret_most = most;
	return median;
}
