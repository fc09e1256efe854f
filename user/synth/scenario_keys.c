/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/synth/scenario_keys.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "user/core/duration.h"
#include "user/synth/scenario.h"
#include "user/synth/scenario_kinds.h"

#define THOUSAND 1000u
#define MILLION 1000000u
#define NUMBERS_MAX (1u << 30) /* users, sources, accounts */
#define LONGEST (400 * NS_PER_DAY)
#define OFTEN_MAX (10000000ULL * THOUSAND * 86400) /* ten million a second */
#define EVEN "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"

const char *const scenario_softwares[] = {"dovecot", "courier", "cyrus", "nginx", "postfix", "exim", NULL};
static const char *const switches[] = {"no", "yes", NULL};
static const char *const tls_versions[] = {"1.3", "1.2", NULL};
static const char *const lists[] = {"stuffing", "spray", "guessing", NULL};
static const char *const ends[] = {"fin", "rst", "open", "syn", "handshake", NULL};

#define AT(field) offsetof(struct scenario, field)
const struct config_key scenario_keys[] = {
	{"", "begins", &config_duration, AT(begins_ns), "8h", .least = 0, .most = LONGEST},
	{"", "lasts", &config_duration, AT(lasts_ns), NULL, .least = NS_PER_S, .most = LONGEST},
	{0},
};
#undef AT

#define AT(field) offsetof(struct scenario_server, field)
const struct config_key scenario_server_keys[] = {
	{"server", "address", &scenario_address, AT(address[0]), "", .least = 4, .most = 4},
	{"server", "address6", &scenario_address, AT(address[1]), "", .least = 6, .most = 6},
	{"server", "imap", &config_word, AT(imap), "dovecot", .words = scenario_softwares},
	{"server", "pop3", &config_word, AT(pop3), "dovecot", .words = scenario_softwares},
	{"server", "smtp", &config_word, AT(smtp), "postfix", .words = scenario_softwares},
	{"server", "hurried", &config_flag, AT(hurried), "no", .words = switches},
	{"server", "tls", &config_flag, AT(tls_1_2), "1.3", .words = tls_versions},
	{0},
};
#undef AT

#define AT(field) offsetof(struct scenario_actor, field)
const struct config_key scenario_population_keys[] = {
	{"population", "users", &config_number, AT(population.users), NULL, .least = 1, .most = NUMBERS_MAX},
	{"population", "sources", &config_number, AT(sources), "0", .least = 0, .most = NUMBERS_MAX},
	{"population", "addresses", &scenario_prefix, AT(place), NULL, .least = 0},
	{"population", "each", &scenario_length, AT(each_bits), NULL, .least = 1, .most = 128},
	{"population", "moves", &config_duration, AT(population.moves_ns), "no", .least = 0, .most = LONGEST},
	{"population", "logins", &scenario_frequency, AT(population.logins), "no", .least = 1, .most = OFTEN_MAX},
	{"population", "every", &config_duration, AT(population.every_ns), "no", .least = 0, .most = LONGEST},
	{"population", "hours", &scenario_hours, AT(population.hours), EVEN, .least = 0, .most = THOUSAND},
	{"population", "weekend", &config_share, AT(population.weekend), "100%", .least = 0, .most = MILLION},
	{"population", "stays", &config_duration, AT(population.stays_ns), "5s", .least = 0, .most = LONGEST},
	{"population", "mistypes", &config_share, AT(population.mistypes), "off", .least = 0, .most = MILLION},
	{"population", "forgets", &config_share, AT(population.forgets), "off", .least = 0, .most = MILLION},
	{"population", "stale", &config_share, AT(population.stale), "off", .least = 0, .most = MILLION},
	{"population", "stale_every", &config_duration, AT(population.stale_every_ns), "5m", .least = NS_PER_S,
	 .most = LONGEST},
	{"population", "stale_for", &config_duration, AT(population.stale_for_ns), "3d", .least = NS_PER_S,
	 .most = LONGEST},
	{0},
};

const struct config_key scenario_attack_keys[] = {
	{"attack", "begins", &config_duration, AT(against.begins_ns), "no", .least = 0, .most = LONGEST},
	{"attack", "lasts", &config_duration, AT(against.lasts_ns), NULL, .least = NS_PER_S, .most = LONGEST},
	{"attack", "sources", &config_number, AT(sources), "1", .least = 1, .most = NUMBERS_MAX},
	{"attack", "addresses", &scenario_prefix, AT(place), NULL, .least = 0},
	{"attack", "each", &scenario_length, AT(each_bits), NULL, .least = 1, .most = 128},
	{"attack", "behind", &config_text, AT(against.behind), "", .least = 0, .most = SCENARIO_NAME_BYTES - 1},
	{"attack", "rate", &scenario_frequency, AT(against.rate), "no", .least = 1, .most = OFTEN_MAX},
	{"attack", "tries", &scenario_average, AT(against.tries), "no", .least = THOUSAND, .most = 1000000 * THOUSAND},
	{"attack", "per_connection", &config_number, AT(against.per_connection), "1", .least = 0,
	 .most = SYNTH_ATTEMPTS_MAX},
	{"attack", "parallel", &config_number, AT(against.parallel), "1", .least = 1, .most = 1024},
	{"attack", "pause", &config_duration, AT(against.pause_ns), "no", .least = 0, .most = LONGEST},
	{"attack", "steady", &config_flag, AT(against.steady), "no", .words = switches},
	{"attack", "thinks", &config_duration, AT(against.thinks_ns), "50ms", .least = 0, .most = LONGEST},
	{"attack", "holds", &config_duration, AT(against.holds_ns), "no", .least = 0, .most = LONGEST},
	{"attack", "list", &config_word, AT(against.list), "stuffing", .words = lists},
	{"attack", "accounts", &config_number, AT(against.accounts), "100000", .least = 1, .most = NUMBERS_MAX},
	{"attack", "passwords", &config_number, AT(against.passwords), "1000", .least = 1, .most = NUMBERS_MAX},
	{"attack", "known", &config_share, AT(against.known), "off", .least = 0, .most = MILLION},
	{"attack", "right", &config_share, AT(against.right), "off", .least = 0, .most = MILLION},
	{"attack", "unanswered", &config_share, AT(against.unanswered), "off", .least = 0, .most = MILLION},
	{"attack", "leaves", &config_word, AT(against.leaves), "fin", .words = ends},
	{0},
};
#undef AT

static const struct config_grammar mixes[] = {
	{"", "services", .list = true, .titled = true},
	{"", "programs", .list = true, .titled = true},
};
#define MIXES (sizeof(mixes) / sizeof(mixes[0]))

static size_t count_keys(const struct config_key *keys)
{
	size_t count = 0;

	while (keys[count].key)
		count++;
	return count;
}

static struct config_grammar *put_keys(struct config_grammar *row, const struct config_key *keys, bool titled)
{
	for (; keys->key; keys++)
		*row++ = (struct config_grammar){.section = keys->section, .key = keys->key, .titled = titled};
	return row;
}

static struct config_grammar *put_mixes(struct config_grammar *row, const char *section)
{
	for (size_t i = 0; i < MIXES; i++, row++) {
		*row = mixes[i];
		row->section = section;
	}
	return row;
}

int scenario_grammar_new(struct config_grammar **ret_grammar, size_t *ret_rows)
{
	const size_t rows = count_keys(scenario_keys) + count_keys(scenario_server_keys) +
			    count_keys(scenario_population_keys) + count_keys(scenario_attack_keys) + 2 * MIXES;
	struct config_grammar *grammar = calloc(rows, sizeof(*grammar)), *row = grammar;

	if (!grammar)
		return -ENOMEM;
	row = put_keys(row, scenario_keys, false);
	row = put_keys(row, scenario_server_keys, true);
	row = put_keys(row, scenario_population_keys, true);
	row = put_mixes(row, "population");
	row = put_keys(row, scenario_attack_keys, true);
	put_mixes(row, "attack");
	*ret_grammar = grammar;
	*ret_rows = rows;
	return 0;
}
