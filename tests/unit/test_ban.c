/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans: what is in force, what both of two amount to, what ends, what is remembered, and that allow wins. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "user/ban/ban.h"
#include "user/core/duration.h"
#include "user/core/table.h"

#define START (20000 * NS_PER_DAY)
#define REMEMBER (30 * NS_PER_DAY)
#define MINUTE NS_PER_MINUTE
#define SEED 42

static struct prefix prefix(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static uint64_t source(const char *text)
{
	return prefix(text).source;
}

static struct ban ban_of(const char *target, enum action action, uint64_t minutes)
{
	return (struct ban){.target = prefix(target),
			    .action = action,
			    .offences = 1,
			    .since_ns = START,
			    .until_ns = START + minutes * MINUTE,
			    .rule = "r",
			    .reason = "because",
			    .origin = "local"};
}

static struct bans *bans_of(uint32_t capacity)
{
	struct bans *bans;

	assert_int_equal(bans_new(&bans, capacity, REMEMBER, SEED), 0);
	return bans;
}

static void put(struct bans *bans, const char *target, enum action action, uint64_t minutes)
{
	const struct ban ban = ban_of(target, action, minutes);

	assert_int_equal(bans_put(bans, &ban, START), 1);
}

static void an_expired_ban_lets_the_source_in(void **state)
{
	struct bans *bans = bans_of(4);
	struct ban ended;

	(void)state;
	put(bans, "203.0.113.1", ACTION_BAN, 60);
	assert_non_null(bans_covering(bans, source("203.0.113.1"), START + 60 * MINUTE - 1));
	assert_null(bans_covering(bans, source("203.0.113.1"), START + 60 * MINUTE));
	assert_null(bans_covering(bans, source("203.0.113.2"), START));
	assert_int_equal(bans_count(bans, START), 1);
	assert_int_equal(bans_count(bans, START + 60 * MINUTE), 0);
	assert_false(bans_expire(bans, START + 60 * MINUTE - 1, &ended));
	assert_true(bans_expire(bans, START + 60 * MINUTE, &ended));
	assert_string_equal(ended.reason, "because");
	assert_false(bans_expire(bans, START + 60 * MINUTE, &ended));
	bans_free(bans);
}

static void bans_end_in_order(void **state)
{
	struct bans *bans = bans_of(16);
	struct ban ended;
	char target[32];
	uint64_t last_ns = 0;
	unsigned int count = 0;

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		snprintf(target, sizeof(target), "203.0.113.%u", i);
		put(bans, target, ACTION_BAN, 1 + i * 7 % 10);
	}
	while (bans_expire(bans, START + 5 * MINUTE, &ended)) {
		assert_true(ended.until_ns >= last_ns);
		last_ns = ended.until_ns;
		count++;
	}
	assert_int_equal(count, 5);
	assert_int_equal(bans_count(bans, START + 5 * MINUTE), 5);
	bans_free(bans);
}

static void two_bans_amount_to_the_strongest_action_and_the_latest_end(void **state)
{
	static const struct {
		const char *why;
		enum action old, new;
		uint64_t old_minutes, new_minutes;
		bool old_shadow, new_shadow;
		int result;
		enum action action;
		uint64_t minutes;
		bool shadow;
	} rows[] = {
		{"the same", ACTION_BAN, ACTION_BAN, 60, 60, 0, 0, 0, ACTION_BAN, 60, 0},
		{"shorter", ACTION_BAN, ACTION_BAN, 60, 30, 0, 0, 0, ACTION_BAN, 60, 0},
		{"longer", ACTION_BAN, ACTION_BAN, 60, 90, 0, 0, 1, ACTION_BAN, 90, 0},
		{"weaker", ACTION_BAN, ACTION_LIMIT, 60, 60, 0, 0, 0, ACTION_BAN, 60, 0},
		{"stronger", ACTION_LIMIT, ACTION_BAN, 60, 30, 0, 0, 1, ACTION_BAN, 60, 0},
		{"weaker and longer", ACTION_BAN, ACTION_LIMIT, 60, 90, 0, 0, 1, ACTION_BAN, 90, 0},
		{"shadow never touches a real one", ACTION_LIMIT, ACTION_BAN, 60, 90, 0, 1, 0, ACTION_LIMIT, 60, 0},
		{"a real one replaces a shadow", ACTION_BAN, ACTION_LIMIT, 60, 30, 1, 0, 1, ACTION_LIMIT, 30, 0},
		{"two shadows", ACTION_LIMIT, ACTION_BAN, 60, 30, 1, 1, 1, ACTION_BAN, 60, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bans *bans = bans_of(4);
		struct ban old = ban_of("203.0.113.1", rows[i].old, rows[i].old_minutes),
			   new = ban_of("203.0.113.1", rows[i].new, rows[i].new_minutes);
		const struct ban *found;

		old.shadow = rows[i].old_shadow;
		new.shadow = rows[i].new_shadow;
		new.since_ns += MINUTE;
		bans_put(bans, &old, START);
		if (bans_put(bans, &new, START) != rows[i].result)
			fail_msg("%s", rows[i].why);
		found = bans_find(bans, &old.target);
		if (found->action != rows[i].action || found->until_ns != START + rows[i].minutes * MINUTE ||
		    found->shadow != rows[i].shadow || found->since_ns != START)
			fail_msg("%s", rows[i].why);
		bans_free(bans);
	}
}

static void a_ban_in_force_that_was_lengthened_ends_once_and_late(void **state)
{
	struct bans *bans = bans_of(4);
	struct ban ended;

	(void)state;
	put(bans, "203.0.113.1", ACTION_BAN, 10);
	put(bans, "203.0.113.1", ACTION_BAN, 20);
	assert_false(bans_expire(bans, START + 10 * MINUTE, &ended));
	assert_true(bans_expire(bans, START + 20 * MINUTE, &ended));
	assert_false(bans_expire(bans, START + 99 * MINUTE, &ended));
	bans_free(bans);
}

static void the_stronger_of_its_own_and_the_longest_prefix_is_met(void **state)
{
	struct bans *bans = bans_of(8);

	(void)state;
	put(bans, "203.0.0.0/16", ACTION_LIMIT, 60);
	put(bans, "203.0.113.0/24", ACTION_BAN, 60);
	put(bans, "203.0.113.9", ACTION_BAN, 30);
	put(bans, "203.0.113.8", ACTION_LIMIT, 30);
	put(bans, "2001:db8::/48", ACTION_BAN, 60);
	assert_int_equal(bans_covering(bans, source("203.0.113.9"), START)->target.bits, 64);
	assert_int_equal(bans_covering(bans, source("203.0.113.9"), START + 30 * MINUTE)->target.bits, 56);
	assert_int_equal(bans_covering(bans, source("203.0.113.8"), START)->target.bits, 56);
	assert_int_equal(bans_covering(bans, source("203.0.7.7"), START)->target.bits, 48);
	assert_int_equal(bans_covering(bans, source("2001:db8:0:7::1"), START)->target.bits, 48);
	assert_null(bans_covering(bans, source("2001:db8:1::1"), START));
	assert_null(bans_covering(bans, source("192.0.2.1"), START));
	bans_free(bans);
}

static void offences_are_remembered_for_their_time(void **state)
{
	struct bans *bans = bans_of(4);
	struct ban ban = ban_of("203.0.113.1", ACTION_BAN, 1), ended;
	const uint64_t end_ns = START + MINUTE;

	(void)state;
	ban.offences = 3;
	bans_put(bans, &ban, START);
	while (bans_expire(bans, end_ns, &ended))
		;
	assert_int_equal(bans_offences(bans, &ban.target), 3);
	bans_expire(bans, end_ns + REMEMBER - 1, &ended);
	assert_int_equal(bans_offences(bans, &ban.target), 3);
	bans_expire(bans, end_ns + REMEMBER, &ended);
	assert_int_equal(bans_offences(bans, &ban.target), 0);
	bans_free(bans);
}

static void a_ban_that_comes_back_keeps_its_offences(void **state)
{
	struct bans *bans = bans_of(4);
	struct ban ban = ban_of("203.0.113.1", ACTION_BAN, 1), ended;

	(void)state;
	ban.offences = 3;
	bans_put(bans, &ban, START);
	bans_expire(bans, START + MINUTE, &ended);
	ban.offences = 1;
	ban.until_ns = START + 5 * MINUTE;
	assert_int_equal(bans_put(bans, &ban, START + 2 * MINUTE), 1);
	assert_int_equal(bans_offences(bans, &ban.target), 3);
	assert_true(bans_expire(bans, START + 5 * MINUTE, &ended));
	bans_free(bans);
}

static void taking_a_ban_back_forgets_its_offences(void **state)
{
	struct bans *bans = bans_of(4);
	struct ban ended;
	const struct prefix target = prefix("203.0.113.1");

	(void)state;
	put(bans, "203.0.113.1", ACTION_BAN, 1);
	assert_int_equal(bans_remove(bans, &target), 0);
	assert_int_equal(bans_remove(bans, &target), -ENOENT);
	assert_int_equal(bans_offences(bans, &target), 0);
	assert_false(bans_expire(bans, START + 60 * MINUTE, &ended));
	bans_free(bans);
}

static void ended_bans_make_room_and_those_in_force_do_not(void **state)
{
	struct bans *bans = bans_of(2);
	struct ban ban = ban_of("203.0.113.3", ACTION_BAN, 60), ended;
	const struct prefix first = prefix("203.0.113.1");

	(void)state;
	put(bans, "203.0.113.1", ACTION_BAN, 1);
	put(bans, "203.0.113.2", ACTION_BAN, 30);
	assert_int_equal(bans_put(bans, &ban, START), -ENOSPC);
	assert_true(bans_expire(bans, START + MINUTE, &ended));
	assert_int_equal(bans_put(bans, &ban, START + MINUTE), 1);
	assert_null(bans_find(bans, &first));
	assert_int_equal(bans_count(bans, START + MINUTE), 2);
	bans_free(bans);
}

static void until_further_notice_never_ends(void **state)
{
	struct bans *bans = bans_of(2);
	struct ban ban = ban_of("203.0.113.1", ACTION_BAN, 1), ended;

	(void)state;
	ban.until_ns = UINT64_MAX;
	bans_put(bans, &ban, START);
	assert_false(bans_expire(bans, UINT64_MAX - 1, &ended));
	assert_int_equal(bans_count(bans, UINT64_MAX - 1), 1);
	bans_free(bans);
}

static void count_lifted(void *context, const struct ban *ban)
{
	assert_int_equal(ban->rule[0], 'r');
	++*(unsigned int *)context;
}

static void allow_beats_ban(void **state)
{
	static const struct {
		const char *allowed, *target;
		int result;
	} rows[] = {
		{"203.0.113.1", "203.0.113.1", -EPERM},
		{"203.0.113.0/24", "203.0.113.7", -EPERM}, /* inside what is allowed */
		{"203.0.113.7", "203.0.113.0/24", -EPERM}, /* around what is allowed */
		{"203.0.113.0/24", "203.0.114.1", 1},
		{"2001:db8::/48", "2001:db8:0:9::/64", -EPERM},
		{"2001:db8::/48", "2001:db8:1::/64", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bans *bans = bans_of(4);
		const struct prefix allowed = prefix(rows[i].allowed);
		const struct ban ban = ban_of(rows[i].target, ACTION_BAN, 60);
		unsigned int lifted = 0;

		assert_int_equal(bans_allow(bans, &allowed, "why", NULL, NULL), 0);
		if (bans_put(bans, &ban, START) != rows[i].result)
			fail_msg("%s %s", rows[i].allowed, rows[i].target);
		assert_int_equal(bans_disallow(bans, &allowed), 0);
		/* and the other way round */
		bans_put(bans, &ban, START);
		assert_int_equal(bans_allow(bans, &allowed, "why", count_lifted, &lifted), 0);
		assert_int_equal(lifted, rows[i].result == -EPERM);
		assert_int_equal(bans_count(bans, START), rows[i].result != -EPERM);
		bans_free(bans);
	}
}

static void the_allow_list_holds_each_prefix_once(void **state)
{
	struct bans *bans = bans_of(4);
	const struct prefix one = prefix("192.0.2.0/24"), two = prefix("192.0.2.0/25");
	const char *comment;
	uint32_t cursor = 0;

	(void)state;
	assert_int_equal(bans_disallow(bans, &one), -ENOENT);
	assert_int_equal(bans_allow(bans, &one, "office", NULL, NULL), 0);
	assert_int_equal(bans_allow(bans, &one, NULL, NULL, NULL), -EEXIST);
	assert_int_equal(bans_allow(bans, &two, NULL, NULL, NULL), 0);
	assert_true(prefix_equal(bans_allowed_next(bans, &cursor, &comment), &one));
	assert_string_equal(comment, "office");
	assert_true(prefix_equal(bans_allowed_next(bans, &cursor, &comment), &two));
	assert_null(bans_allowed_next(bans, &cursor, &comment));
	bans_free(bans);
}

static void the_walk_shows_all(void **state)
{
	struct bans *bans = bans_of(4);
	uint32_t cursor = 0;
	unsigned int count = 0;

	(void)state;
	put(bans, "203.0.113.1", ACTION_BAN, 1);
	put(bans, "203.0.113.0/24", ACTION_LIMIT, 1);
	while (bans_next(bans, &cursor))
		count++;
	assert_int_equal(count, 2);
	bans_free(bans);
}

static void what_two_bans_amount_to_began_with_the_longer_one_in_either_order(void **state)
{
	for (int first = 0; first < 2; first++) {
		struct ban ban[2] = {ban_of("203.0.113.1", ACTION_BAN, 60), ban_of("203.0.113.1", ACTION_BAN, 10)};
		struct bans *bans = bans_of(4);

		(void)state;
		ban[0].since_ns = START - MINUTE;
		bans_put(bans, &ban[first], START);
		bans_put(bans, &ban[!first], START);
		assert_int_equal(bans_find(bans, &ban[0].target)->since_ns, START - MINUTE);
		assert_int_equal(bans_find(bans, &ban[0].target)->until_ns, START + 60 * MINUTE);
		bans_free(bans);
	}
}

/* Whoever knew the seed could choose a prefix that is found where another's source should be. */
static void a_prefix_with_the_hash_of_a_source_is_refused_and_spoils_nothing(void **state)
{
	struct ban wide = ban_of("203.0.113.0/24", ACTION_BAN, 1), same = wide;
	struct bans *bans = bans_of(4);
	struct table *table;

	(void)state;
	assert_int_equal(table_new(&table, 4, 1, SEED), 0);
	same.target = (struct prefix){.source = table_prefix_key(table, &wide.target), .bits = GP_SOURCE_BITS};
	assert_int_equal(bans_put(bans, &wide, START), 1);
	assert_int_equal(bans_put(bans, &same, START), -ENOSPC);
	assert_null(bans_find(bans, &same.target));
	assert_non_null(bans_find(bans, &wide.target));
	assert_int_equal(bans_count(bans, START), 1);
	table_free(table);
	bans_free(bans);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expired_ban_lets_the_source_in),
		cmocka_unit_test(bans_end_in_order),
		cmocka_unit_test(two_bans_amount_to_the_strongest_action_and_the_latest_end),
		cmocka_unit_test(what_two_bans_amount_to_began_with_the_longer_one_in_either_order),
		cmocka_unit_test(a_ban_in_force_that_was_lengthened_ends_once_and_late),
		cmocka_unit_test(the_stronger_of_its_own_and_the_longest_prefix_is_met),
		cmocka_unit_test(offences_are_remembered_for_their_time),
		cmocka_unit_test(a_ban_that_comes_back_keeps_its_offences),
		cmocka_unit_test(taking_a_ban_back_forgets_its_offences),
		cmocka_unit_test(a_prefix_with_the_hash_of_a_source_is_refused_and_spoils_nothing),
		cmocka_unit_test(ended_bans_make_room_and_those_in_force_do_not),
		cmocka_unit_test(until_further_notice_never_ends),
		cmocka_unit_test(allow_beats_ban),
		cmocka_unit_test(the_allow_list_holds_each_prefix_once),
		cmocka_unit_test(the_walk_shows_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
