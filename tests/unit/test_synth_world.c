/* SPDX-License-Identifier: BSD-2-Clause */
/* The world does what its scenario says: how often, when, from where, with which outcome. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/synth_rig.h"
#include "user/synth/dice.h"
#include "user/synth/place.h"

#define HOMES                                                                                                          \
	"population \"homes\" { users = 1000 addresses = \"10.0.0.0/16\" logins = \"24/d\" mistypes = 5% stale = 1% }\n"
#define BOTS                                                                                                           \
	"attack \"bots\" { lasts = 10h sources = 5000 addresses = \"240.0.0.0/4\" tries = 2.2 pause = 1m known = 50% " \
	"right = 2% unanswered = 3% }\n"

static void assert_near(double got, double wanted, double part)
{
	if (got < wanted * (1 - part) || got > wanted * (1 + part))
		fail_msg("%f is not within %g %% of %f", got, 100 * part, wanted);
}

static uint64_t hash_of(const char *text, uint64_t seed)
{
	struct rig *rig = rig_new(text, seed);
	uint64_t hash = RIG_HASH;

	while (rig_next(rig)) {
		const struct synth_connection *connection = &rig->connection;
		const uint64_t numbers[] = {connection->time_ns, connection->port,      connection->server,
					    connection->service, connection->transport, connection->actor,
					    connection->client,  connection->lasts_ns,  connection->end};

		hash = rig_hash(hash, numbers, sizeof(numbers));
		hash = rig_hash(hash, &connection->source, sizeof(connection->source));
		for (uint32_t i = 0; i < connection->attempts; i++) {
			const struct synth_attempt *attempt = &connection->attempt[i];
			const uint64_t try[] = {attempt->after_ns, attempt->account, attempt->password,
						attempt->outcome};

			hash = rig_hash(hash, try, sizeof(try));
		}
	}
	rig_free(rig);
	return hash;
}

static void a_seed_gives_the_same_world(void **state)
{
	(void)state;
	assert_true(hash_of("lasts = 6h\n" HOMES BOTS, 1) == hash_of("lasts = 6h\n" HOMES BOTS, 1));
	assert_true(hash_of("lasts = 6h\n" HOMES BOTS, 1) != hash_of("lasts = 6h\n" HOMES BOTS, 2));
}

/* Little-endian machines: the numbers are hashed as they stand in memory. */
static void and_so_does_every_machine(void **state)
{
	(void)state;
	assert_int_equal(hash_of("lasts = 6h\n" HOMES BOTS, 1), 0xc37ac360eb27f2ab);
}

static void time_never_goes_back(void **state)
{
	struct rig *rig = rig_new("lasts = 6h\n" HOMES BOTS, 3);
	uint64_t before_ns = rig->scenario->begins_ns;

	(void)state;
	while (rig_next(rig)) {
		assert_true(rig->connection.time_ns >= before_ns);
		before_ns = rig->connection.time_ns;
		for (uint32_t i = 1; i < rig->connection.attempts; i++)
			assert_true(rig->connection.attempt[i].after_ns > rig->connection.attempt[i - 1].after_ns);
		assert_true(!rig->connection.attempts ||
			    rig->connection.attempt[rig->connection.attempts - 1].after_ns < rig->connection.lasts_ns);
	}
	assert_true(before_ns < rig->scenario->begins_ns + rig->scenario->lasts_ns);
	rig_free(rig);
}

static void a_population_logs_in_as_often_as_it_is_said_to(void **state)
{
	static const char *const rows[] = {
		"lasts = 1d begins = no\n population \"p\" { users = 5000 addresses = \"10.0.0.0/8\" logins = \"12/d\" }",
		"lasts = 1d begins = no\n population \"p\" { users = 5000 addresses = \"10.0.0.0/8\" every = 2h }",
		"lasts = 1d begins = no\n population \"p\" { users = 5000 addresses = \"10.0.0.0/8\" logins = \"0.5/h\" "
		"hours = \"1 1 1 1 1 2 4 8 9 9 9 9 9 9 9 9 9 9 8 7 6 5 3 2\" }",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig *rig = rig_new(rows[i], 1);
		unsigned int count = 0;

		while (rig_next(rig))
			count++;
		assert_near(count, 60000, 0.02);
		rig_free(rig);
	}
}

static void the_hours_of_the_day_have_their_shape(void **state)
{
	struct rig *rig =
		rig_new("lasts = 7d begins = no\n population \"p\" { users = 20000 addresses = \"10.0.0.0/8\" "
			"logins = \"5/d\" weekend = 50% "
			"hours = \"1 1 1 1 1 1 1 1 9 9 9 9 9 9 9 9 1 1 1 1 1 1 1 1\" }",
			1);
	unsigned int hour[24] = {0}, day[7] = {0};

	(void)state;
	while (rig_next(rig)) {
		const uint64_t at_ns = rig->connection.time_ns - SCENARIO_MONDAY_NS;

		hour[at_ns / NS_PER_HOUR % 24]++;
		day[at_ns / NS_PER_DAY]++;
	}
	assert_near((double)hour[12] / hour[3], 9, 0.05);
	assert_near((double)day[6] / day[2], 0.5, 0.03);
	assert_near(day[0], 100000, 0.02);
	rig_free(rig);
}

static void a_regular_program_asks_once_in_its_period(void **state)
{
	struct rig *rig =
		rig_new("lasts = 3h\n population \"p\" { users = 100 addresses = \"10.0.0.0/8\" every = 10m }", 1);
	uint64_t last_ns[100] = {0};

	(void)state;
	while (rig_next(rig)) {
		const uint32_t user = (uint32_t)rig->connection.attempt[0].account % 100;

		if (last_ns[user])
			assert_near((double)(rig->connection.time_ns - last_ns[user]), 600e9, 0.02);
		last_ns[user] = rig->connection.time_ns;
	}
	rig_free(rig);
}

/* ---- who is where ------------------------------------------------------------------------------------------------ */

static void sources_never_meet_and_stay_in_their_prefix(void **state)
{
	static uint8_t seen[1 << 16];
	struct rig *rig = rig_new("lasts = 1h\n population \"p\" { users = 65536 addresses = \"10.7.0.0/16\" "
				  "logins = \"1/d\" }",
				  1);

	(void)state;
	for (uint32_t i = 0; i < 65536; i++) {
		const struct addr addr = place_of(&rig->scenario->actor[0], i, i);
		const unsigned int low = (unsigned int)addr.byte[14] << 8 | addr.byte[15];

		assert_int_equal(addr.byte[12], 10);
		assert_int_equal(addr.byte[13], 7);
		assert_int_equal(seen[low], 0);
		seen[low] = 1;
	}
	rig_free(rig);
}

static void a_thousand_share_an_address(void **state)
{
	struct rig *rig = rig_new("lasts = 1d\n population \"p\" { users = 4000 sources = 4 addresses = "
				  "\"100.64.0.0/10\" logins = \"10/d\" moves = 6h }",
				  1);
	uint64_t first = 0;
	unsigned int same = 0, all = 0;

	(void)state;
	while (rig_next(rig)) {
		first = first ? first : addr_source(&rig->connection.source);
		same += addr_source(&rig->connection.source) == first;
		all++;
	}
	assert_near(same, all / 4.0, 0.05);
	rig_free(rig);
}

/* A /64 whose host part changes, and a /48 whose /64s change. */
static void ipv6_attackers_rotate_where_they_may(void **state)
{
	static const struct {
		const char *prefix, *each;
		bool source_stays;
	} rows[] = {{"2001:db8:bad:1::/64", "/64", true}, {"2001:db8:bad::/48", "/48", false}};
	char text[512];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct addr before;
		struct rig *rig;

		snprintf(text, sizeof(text),
			 "lasts = 1h\n attack \"a\" { lasts = 1h addresses = \"%s\" each = \"%s\" pause = 10s }",
			 rows[i].prefix, rows[i].each);
		rig = rig_new(text, 1);
		assert_true(rig_next(rig));
		before = rig->connection.source;
		for (int j = 0; j < 50 && rig_next(rig); j++) {
			assert_memory_not_equal(&before, &rig->connection.source, sizeof(before));
			assert_true((addr_source(&before) == addr_source(&rig->connection.source)) ==
				    rows[i].source_stays);
			assert_memory_equal(&before, &rig->connection.source, 6);
			before = rig->connection.source;
		}
		rig_free(rig);
	}
}

static void an_attack_may_sit_behind_a_populations_address(void **state)
{
	struct rig *rig = rig_new("lasts = 1h\n population \"p\" { users = 100 sources = 2 addresses = "
				  "\"100.64.0.0/10\" logins = \"1/d\" }\n"
				  "attack \"a\" { lasts = 1h behind = \"p\" pause = 1m }",
				  1);
	const struct addr neighbour = place_of(&rig->scenario->actor[0], 0, 0);
	unsigned int attacks = 0;

	(void)state;
	while (rig_next(rig)) {
		if (!rig->connection.attack)
			continue;
		assert_memory_equal(&neighbour, &rig->connection.source, sizeof(neighbour));
		attacks++;
	}
	assert_in_range(attacks, 30, 90);
	rig_free(rig);
}

/* ---- what becomes of it ------------------------------------------------------------------------------------------ */

static void a_forgotten_device_repeats_one_wrong_password(void **state)
{
	struct rig *rig = rig_new("lasts = 1d\n population \"p\" { users = 1000 addresses = \"10.0.0.0/8\" "
				  "logins = \"0.001/d\" stale = 1% stale_every = 5m stale_for = 400d "
				  "programs = {\"curl 1\"} }",
				  1);
	uint64_t password[1000] = {0};
	unsigned int tries = 0, devices = 0;

	(void)state;
	while (rig_next(rig)) {
		const struct synth_attempt *attempt = &rig->connection.attempt[0];
		uint64_t *known = &password[attempt->account % 1000];

		if (attempt->outcome == OUTCOME_SUCCESS)
			continue;
		devices += !*known;
		*known = *known ? *known : attempt->password;
		assert_true(*known == attempt->password);
		tries++;
	}
	assert_in_range(devices, 8, 11); /* two of the ten may have forgotten the same account */
	assert_near(tries, 10 * 288, 0.05);
	rig_free(rig);
}

static void who_mistypes_tries_again_with_another_password(void **state)
{
	struct rig *rig = rig_new("lasts = 1d\n population \"p\" { users = 10 addresses = \"10.0.0.0/8\" "
				  "logins = \"20/d\" mistypes = 50% programs = {\"thunderbird 1\"} }",
				  1);
	unsigned int failed = 0, succeeded = 0;

	(void)state;
	while (rig_next(rig)) {
		const struct synth_attempt *attempt = rig->connection.attempt;

		if (attempt[0].outcome == OUTCOME_SUCCESS) {
			assert_int_equal(rig->connection.attempts, 1);
			succeeded++;
			continue;
		}
		assert_int_equal(rig->connection.attempts, 3); /* the program insists */
		assert_true(attempt[0].password == attempt[1].password && attempt[1].password == attempt[2].password);
		failed++;
	}
	/* half of them once; of those one in five once more, and so on */
	assert_near((double)failed / succeeded, 0.5 * 1.25, 0.2);
	rig_free(rig);
}

/* Nobody knows it, so each login ends a row of wrong ones. */
static void who_has_forgotten_it_tries_more_of_them(void **state)
{
	struct rig *rig = rig_new("lasts = 4d\n population \"p\" { users = 1000 addresses = \"10.0.0.0/8\" "
				  "logins = \"1/d\" mistypes = 100% forgets = 100% programs = {\"curl 1\"} }",
				  1);
	uint8_t wrong[1000] = {0};
	unsigned int rows = 0, over_three = 0, over_nine = 0;

	(void)state;
	while (rig_next(rig)) {
		const uint64_t user = rig->connection.attempt[0].account & 0xffffffff;

		assert_in_range(user, 0, 999);
		if (rig->connection.attempt[0].outcome == OUTCOME_FAILURE) {
			wrong[user]++;
			continue;
		}
		rows++;
		over_three += wrong[user] >= 3;
		over_nine += wrong[user] >= 9;
		wrong[user] = 0;
	}
	assert_in_range(rows, 3500, 4500);
	/* the first is wrong in any case */
	assert_near((double)over_three / rows, 0.75 * 0.75, 0.05);
	assert_near((double)over_nine / rows, 0.1, 0.2);
	rig_free(rig);
}

static void an_account_has_one_right_password(void **state)
{
	struct rig *rig = rig_new("lasts = 6h\n" HOMES BOTS, 1);
	uint64_t right[1000] = {0};
	unsigned int stolen = 0;

	(void)state;
	while (rig_next(rig)) {
		for (uint32_t i = 0; i < rig->connection.attempts; i++) {
			const struct synth_attempt *attempt = &rig->connection.attempt[i];
			const uint64_t user = attempt->account & 0xffffffff;

			if (attempt->outcome != OUTCOME_SUCCESS)
				continue;
			assert_in_range(user, 0, 999); /* of the population */
			assert_true(!right[user] || right[user] == attempt->password);
			right[user] = attempt->password;
			stolen += rig->connection.attack;
		}
	}
	assert_near(stolen, 6600 * 0.5 * 0.02, 0.4);
	rig_free(rig);
}

static void a_botnet_tries_as_often_an_address_as_it_is_said_to(void **state)
{
	static const double asked[] = {1, 1.18, 2.2, 3.4, 50};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		unsigned int attempts = 0;
		struct rig *rig;

		snprintf(text, sizeof(text),
			 "lasts = 30d\n attack \"a\" { lasts = 30d sources = 20000 addresses = \"240.0.0.0/4\" "
			 "tries = %g pause = 10s }",
			 asked[i]);
		rig = rig_new(text, 1);
		while (rig_next(rig))
			attempts += rig->connection.attempts;
		assert_near(attempts / 20000.0, asked[i], 0.02);
		rig_free(rig);
	}
}

static void a_spray_tries_all_accounts_before_another_password(void **state)
{
	struct rig *rig = rig_new("lasts = 1h\n attack \"a\" { lasts = 1h sources = 10 addresses = \"240.0.0.0/4\" "
				  "pause = 10s list = spray accounts = 50 }",
				  1);
	uint64_t account = 0, password = 0;

	(void)state;
	for (unsigned int i = 0; i < 500 && rig_next(rig); i++) {
		const struct synth_attempt *attempt = &rig->connection.attempt[0];

		assert_true((attempt->account == account) == (i && i % 50 == 0));
		assert_true((attempt->password == password) == (i % 50 != 0));
		if (i % 50 == 0)
			account = attempt->account;
		password = attempt->password;
	}
	rig_free(rig);
}

static void who_knows_the_threshold_stays_below_it(void **state)
{
	struct rig *rig = rig_new("lasts = 1d\n attack \"a\" { lasts = 1d addresses = \"240.0.0.0/4\" pause = 6m "
				  "steady = yes }",
				  1);
	uint64_t before_ns = 0;
	unsigned int count = 0;

	(void)state;
	for (; rig_next(rig); count++) {
		assert_true(!before_ns || rig->connection.time_ns - before_ns >= 6 * NS_PER_MINUTE);
		before_ns = rig->connection.time_ns;
	}
	assert_near(count, 240, 0.02);
	rig_free(rig);
}

static void a_flood_comes_at_its_rate_and_tries_nothing(void **state)
{
	static const char *const ends[] = {"syn", "open", "handshake"};
	char text[512];

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		unsigned int count = 0;
		struct rig *rig;

		snprintf(text, sizeof(text),
			 "lasts = 1m\n attack \"a\" { lasts = 30s sources = 100000000 addresses = \"240.0.0.0/4\" "
			 "rate = \"2000/s\" per_connection = 0 leaves = %s }",
			 ends[i]);
		rig = rig_new(text, 1);
		for (; rig_next(rig); count++) {
			assert_int_equal(rig->connection.attempts, 0);
			assert_int_equal(rig->connection.end, i == 0   ? SYNTH_END_SYN
							      : i == 1 ? SYNTH_END_OPEN
								       : SYNTH_END_HANDSHAKE);
		}
		assert_near(count, 60000, 0.02);
		rig_free(rig);
	}
}

static void memory_does_not_grow_with_users_sources_or_time(void **state)
{
	struct rig *rig = rig_new("lasts = 30d\n population \"p\" { users = 100000000 addresses = \"0.0.0.0/4\" "
				  "logins = \"0.01/d\" }\n"
				  "attack \"a\" { lasts = 30d sources = 100000000 addresses = \"240.0.0.0/4\" "
				  "tries = 1.18 pause = 1h }",
				  1);

	(void)state;
	for (unsigned int i = 0; i < 1000000 && rig_next(rig); i++)
		;
	assert_true(world_bytes(rig->world) < 4 << 20);
	rig_free(rig);
}

/* ---- chance ------------------------------------------------------------------------------------------------------ */

static void waits_are_exponential(void **state)
{
	struct dice dice = {.state = 1};
	double sum = 0;
	unsigned int longer = 0;

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		const uint64_t wait = dice_wait(&dice, 1000000);

		sum += (double)wait;
		longer += wait > 2302585; /* ln 10 */
	}
	assert_near(sum / 1e6, 1e6, 0.01);
	assert_near(longer, 100000, 0.02);
}

static void a_logarithm_falls_as_its_number_grows(void **state)
{
	uint64_t before = dice_nats(1);

	(void)state;
	assert_near((double)before / 4294967296.0, 44.3614, 0.0001); /* ln 2^64 */
	for (uint64_t word = 2; word < 1ULL << 63; word += word / 7 + 1) {
		const uint64_t nats = dice_nats(word);

		assert_true(nats <= before);
		before = nats;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_gives_the_same_world),
		cmocka_unit_test(and_so_does_every_machine),
		cmocka_unit_test(time_never_goes_back),
		cmocka_unit_test(a_population_logs_in_as_often_as_it_is_said_to),
		cmocka_unit_test(the_hours_of_the_day_have_their_shape),
		cmocka_unit_test(a_regular_program_asks_once_in_its_period),
		cmocka_unit_test(sources_never_meet_and_stay_in_their_prefix),
		cmocka_unit_test(a_thousand_share_an_address),
		cmocka_unit_test(ipv6_attackers_rotate_where_they_may),
		cmocka_unit_test(an_attack_may_sit_behind_a_populations_address),
		cmocka_unit_test(a_forgotten_device_repeats_one_wrong_password),
		cmocka_unit_test(who_mistypes_tries_again_with_another_password),
		cmocka_unit_test(who_has_forgotten_it_tries_more_of_them),
		cmocka_unit_test(an_account_has_one_right_password),
		cmocka_unit_test(a_botnet_tries_as_often_an_address_as_it_is_said_to),
		cmocka_unit_test(a_spray_tries_all_accounts_before_another_password),
		cmocka_unit_test(who_knows_the_threshold_stays_below_it),
		cmocka_unit_test(a_flood_comes_at_its_rate_and_tries_nothing),
		cmocka_unit_test(memory_does_not_grow_with_users_sources_or_time),
		cmocka_unit_test(waits_are_exponential),
		cmocka_unit_test(a_logarithm_falls_as_its_number_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
