/* SPDX-License-Identifier: BSD-2-Clause */
/* Our own decisions on disk: what was told and what was not, over restarts. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/fleet_rig.h"
#include "user/adapters/store_fleet.h"

#define DECIDED_NS 1700000000000000000ULL

static char directory[64], path[96];

static int set_up(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/gatepost-test.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/fleet.db", directory);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static struct fleet_store *reopen(struct fleet_store *store)
{
	struct fault fault = {0};

	fleet_store_free(store);
	assert_int_equal(fleet_store_open(&store, path, &fault), 0);
	return store;
}

struct found {
	uint32_t count;
	struct entry entry[8];
	bool sent[8];
	uint64_t decided_ns[8];
};

static void find(void *context, const struct entry *entry, bool sent, uint64_t decided_ns)
{
	struct found *found = context;

	found->entry[found->count] = *entry;
	found->sent[found->count] = sent;
	found->decided_ns[found->count++] = decided_ns;
}

static void what_is_kept_comes_back_told_ones_first(void **state)
{
	struct entry ban = rig_entry("203.0.113.7", ENTRY_BAN, START_US, 3600);
	struct entry unban = rig_entry("203.0.113.7", ENTRY_UNBAN, START_US + 5, 3600);
	struct fleet_store *store = reopen(NULL);
	struct found found = {0};

	(void)state;
	ban.floor_us = 77;
	assert_int_equal(fleet_store_keep(store, &ban, false, DECIDED_NS), 0);
	assert_int_equal(fleet_store_keep(store, &unban, true, DECIDED_NS + 1), 0);
	store = reopen(store);
	assert_int_equal(fleet_store_each(store, find, &found), 0);
	assert_int_equal(found.count, 2);
	assert_int_equal(found.entry[0].kind, ENTRY_UNBAN);
	assert_true(found.sent[0]);
	assert_int_equal(found.entry[1].revision_us, START_US);
	assert_int_equal(found.entry[1].floor_us, 77);
	assert_string_equal(found.entry[1].reason, ban.reason);
	assert_false(found.sent[1]);
	fleet_store_free(store);
}

static void to_tell_it_does_not_change_when_it_was_decided(void **state)
{
	struct entry entry = rig_entry("203.0.113.7", ENTRY_BAN, START_US, 3600);
	struct fleet_store *store = reopen(NULL);
	struct found found = {0};

	(void)state;
	fleet_store_keep(store, &entry, false, DECIDED_NS);
	fleet_store_keep(store, &entry, true, DECIDED_NS + 999);
	fleet_store_each(store, find, &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.decided_ns[0], DECIDED_NS);
	entry.revision_us++;
	fleet_store_keep(store, &entry, false, DECIDED_NS + 2000); /* another decision */
	found.count = 0;
	fleet_store_each(store, find, &found);
	assert_int_equal(found.decided_ns[0], DECIDED_NS + 2000);
	fleet_store_free(store);
}

static void what_is_over_is_forgotten_and_the_clock_is_remembered(void **state)
{
	const struct entry entry = rig_entry("203.0.113.7", ENTRY_BAN, START_US, 60);
	struct fleet_store *store = reopen(NULL);
	struct found found = {0};

	(void)state;
	assert_int_equal(fleet_store_ahead_us(store), 0);
	fleet_store_keep(store, &entry, true, DECIDED_NS);
	fleet_store_clock(store, -3600000000);
	fleet_store_forget(store, DECIDED_NS + 59 * 1000000000ULL);
	fleet_store_each(store, find, &found);
	assert_int_equal(found.count, 1);
	fleet_store_forget(store, DECIDED_NS + 61 * 1000000000ULL);
	store = reopen(store);
	found.count = 0;
	fleet_store_each(store, find, &found);
	assert_int_equal(found.count, 0);
	assert_int_equal(fleet_store_ahead_us(store), -3600000000);
	fleet_store_free(store);
}

static void a_damaged_file_is_moved_aside(void **state)
{
	FILE *file = fopen(path, "w");
	struct fleet_store *store;
	struct fault fault = {0};

	(void)state;
	for (int i = 0; i < 500; i++)
		fputs("this is not a database ", file);
	fclose(file);
	assert_int_equal(fleet_store_open(&store, path, &fault), 0);
	assert_non_null(strstr(fault.text, "damaged; kept as"));
	fleet_store_free(store);
}

static void what_cannot_be_opened_is_said(void **state)
{
	struct fleet_store *store;
	struct fault fault = {0};

	(void)state;
	assert_int_equal(fleet_store_open(&store, "/nowhere/fleet.db", &fault), -EACCES);
	assert_non_null(strstr(fault.text, "/nowhere/fleet.db"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_kept_comes_back_told_ones_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(to_tell_it_does_not_change_when_it_was_decided, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_over_is_forgotten_and_the_clock_is_remembered, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_moved_aside, set_up, tear_down),
		cmocka_unit_test(what_cannot_be_opened_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
