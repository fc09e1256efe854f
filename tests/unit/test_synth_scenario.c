/* SPDX-License-Identifier: BSD-2-Clause */
/* A scenario is either understood or refused, with the line and what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/synth_rig.h"
#include "user/synth/dice.h"

#define POPULATION(what) "lasts = 1h\n" RIG_FARM "population \"p\" {\n" what "\n}\n"
#define ATTACK(what) "lasts = 1h\n" RIG_FARM "attack \"a\" {\n" what "\n}\n"

static void what_is_wrong_is_said_with_its_line(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *says;
	} rows[] = {
		{"", 0, "'lasts' is missing: how long it all takes"},
		{"lasts = 1h", 0, "a scenario needs a server and somebody: a population or an attack"},
		{"lasts = 10", 1, "'lasts' wants a time such as 10m or 1h30m, from 1s to 400d, got '10'"},
		{"lasts = 1h\nserver \"a\" {\n\timap = postfix\n}", 3, "imap and pop3 are spoken by"},
		{"lasts = 1h\nserver \"a\" {\n\taddress = \"2001:db8::1\"\n}", 3, "an address such as 192.0.2.10"},
		{"lasts = 1h\nserver \"a\" {\n\tadress = \"192.0.2.1\"\n}", 3, "did you mean 'address'?"},
		{POPULATION("addresses = \"10.0.0.0/8\" every = 1h"), 4, "population 'p': 'users' is missing"},
		{POPULATION("users = 1 every = 1h"), 4, "population 'p': 'addresses' is missing"},
		{POPULATION("users = 1 addresses = \"10.0.0.0/8\""), 4, "it needs one of 'logins' and 'every'"},
		{POPULATION("users = 1 addresses = \"10.0.0.0/8\" every = 1h logins = \"1/d\""), 4, "it needs one of"},
		{POPULATION("users = 257 addresses = \"10.0.0.0/24\" every = 1h"), 4,
		 "more 'sources' than 'addresses'"},
		{POPULATION("addresses = \"10.0.0.0\""), 4, "a prefix such as 198.18.0.0/15"},
		{POPULATION("each = 64"), 4, "a length from /1 to /128, got '64'"},
		{POPULATION("users = 1 addresses = \"10.0.0.0/24\" each = \"/20\" every = 1h"), 4,
		 "'each' wants a length"},
		{POPULATION("logins = \"12\""), 4, "how often, such as 6/d"},
		{POPULATION("logins = \"0/d\""), 4, "how often, such as 6/d"},
		{POPULATION("hours = \"1 2 3\""), 4, "24 numbers up to 1000"},
		{POPULATION("hours = \"0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\""), 4, "not all of them 0"},
		{POPULATION("services = {\"imaps\"}"), 4, "services and their weights"},
		{POPULATION("services = {\"imaps starttls 1\"}"), 4, "services and their weights"},
		{POPULATION("programs = {\"outlook 1\"}"), 4, "programs and their weights"},
		{POPULATION("programs = {}"), 5, "got '{}'"},
		{POPULATION("mistypes = 200%"), 4, "'mistypes' wants a share"},
		{ATTACK("addresses = \"10.0.0.0/8\" pause = 1m"), 4, "attack 'a': 'lasts' is missing"},
		{ATTACK("lasts = 1h pause = 1m"), 4, "it needs one of 'addresses' and 'behind'"},
		{ATTACK("lasts = 1h pause = 1m behind = \"nobody\""), 4, "'behind' wants the name of a population"},
		{ATTACK("lasts = 1h rate = \"1/s\" pause = 1m addresses = \"10.0.0.0/8\""), 4, "has no 'tries' and no"},
		{ATTACK("tries = 0.5"), 4, "a number such as 1.18 from 1 to 1000000, or no, got '0.5'"},
		{ATTACK("per_connection = 129"), 4, "a whole number from 0 to 128"},
		{ATTACK("leaves = politely"), 4, "fin, rst, open, syn or handshake"},
		{"lasts = 1h\nserver \"a\" {\n\taddress = \"192.0.2.1\"\n}\nattack \"a\" { lasts = 1h pause = 1m addresses = "
		 "\"2001:db8::/32\" }",
		 0, "'a' has IPv6, and not all servers have an 'address6'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault fault = {.line = 0};
		struct scenario *scenario;

		assert_int_equal(scenario_read(&scenario, "test", rows[i].text, &fault), -22);
		if (!strstr(fault.text, rows[i].says) || fault.line != rows[i].line)
			fail_msg("row %zu: line %u: %s", i, fault.line, fault.text);
	}
}

static struct scenario *read_good(const char *text)
{
	struct fault fault = {.line = 0};
	struct scenario *scenario;

	if (scenario_read(&scenario, "test", text, &fault))
		fail_msg("%u: %s", fault.line, fault.text);
	return scenario;
}

static void what_is_not_said_falls_back(void **state)
{
	struct scenario *scenario = read_good(POPULATION("users = 7 addresses = \"10.0.0.0/8\" every = 1h"));
	const struct scenario_actor *actor = &scenario->actor[0];

	(void)state;
	assert_int_equal(scenario->begins_ns, SCENARIO_MONDAY_NS + 8 * NS_PER_HOUR);
	assert_int_equal(actor->sources, 7);
	assert_int_equal(actor->each_bits, 128);
	assert_int_equal(actor->services.count, 2);
	assert_int_equal(actor->programs.choice[0].what, SYNTH_CLIENT_THUNDERBIRD);
	assert_int_equal(scenario->server[0].smtp, SYNTH_POSTFIX);
	scenario_free(scenario);
}

static void a_scenario_grows_in_proportion(void **state)
{
	struct scenario *scenario = read_good(POPULATION(
		"users = 100 sources = 4 addresses = \"10.0.0.0/24\" every = 1h") "attack \"f\" { lasts = 1h rate = \"10/s\" addresses = \"10.0.0.0/8\" }");
	struct fault fault = {.line = 0};

	(void)state;
	assert_int_equal(scenario_scale(scenario, 10 * DICE_MILLION, &fault), 0);
	assert_int_equal(scenario->actor[0].population.users, 1000);
	assert_int_equal(scenario->actor[0].sources, 40);
	assert_int_equal(scenario->actor[1].against.rate, 100ULL * 1000 * 86400);
	assert_int_equal(scenario_scale(scenario, DICE_MILLION / 10000, &fault), 0);
	assert_int_equal(scenario->actor[0].population.users, 1); /* nobody disappears */
	scenario_free(scenario);
}

static void but_not_over_its_addresses(void **state)
{
	struct scenario *scenario = read_good(POPULATION("users = 100 addresses = \"10.0.0.0/24\" every = 1h"));
	struct fault fault = {.line = 0};

	(void)state;
	assert_int_equal(scenario_scale(scenario, 10 * DICE_MILLION, &fault), -34);
	assert_string_equal(fault.text, "'p' has no room for so many");
	scenario_free(scenario);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
		cmocka_unit_test(what_is_not_said_falls_back),
		cmocka_unit_test(a_scenario_grows_in_proportion),
		cmocka_unit_test(but_not_over_its_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
