/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/adapters/store.h"

#define SECOND 1000000000ULL

static char directory[64], path[96];

static int enter(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/gatepost-store-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/db", directory);
	return 0;
}

static int leave(void **state)
{
	char pattern[128];
	glob_t found;
	size_t i;

	(void)state;
	snprintf(pattern, sizeof(pattern), "%s/*", directory);
	if (!glob(pattern, 0, NULL, &found)) {
		for (i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
		globfree(&found);
	}
	return rmdir(directory);
}

static struct ban ban_of(const char *target)
{
	struct ban ban = {.action = ACTION_BAN, .evidence = 5, .offences = 3, .since_ns = 1772366400 * SECOND};

	assert_int_equal(prefix_parse(target, &ban.target), 0);
	ban.until_ns = ban.since_ns + 3600 * SECOND;
	strcpy(ban.rule, "imap-stuffing");
	strcpy(ban.reason, "23 failures in 10m; it's \"bad\"");
	strcpy(ban.origin, "local");
	return ban;
}

static struct store *open_store(void)
{
	struct fault fault;
	struct store *store;

	assert_int_equal(store_open(&store, path, &fault), 0);
	assert_string_equal(fault.text, "");
	return store;
}

struct read {
	unsigned int bans, allowed;
	struct ban ban[4];
	char comment[64];
};

static void on_ban(void *context, const struct ban *ban)
{
	struct read *read = context;

	if (read->bans < 4)
		read->ban[read->bans] = *ban;
	read->bans++;
}

static void on_allowed(void *context, const struct prefix *prefix, const char *comment)
{
	struct read *read = context;

	(void)prefix;
	read->allowed++;
	snprintf(read->comment, sizeof(read->comment), "%s", comment);
}

static struct read read_all(struct store *store)
{
	struct read read = {0};

	assert_int_equal(store_bans(store, on_ban, &read), 0);
	assert_int_equal(store_allowed(store, on_allowed, &read), 0);
	return read;
}

static void every_field_comes_back(void **state)
{
	static const char *const targets[] = {"192.0.2.7", "198.51.100.0/24", "2001:db8:1:2::/64", "2001:db8::/48"};
	struct store *store = open_store();
	struct read read;
	struct ban ban;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		ban = ban_of(targets[i]);
		ban.shadow = i % 2;
		ban.action = i == 1 ? ACTION_LIMIT : ACTION_BAN;
		ban.until_ns = i == 2 ? UINT64_MAX : ban.until_ns;
		assert_int_equal(store_ban(store, &ban), 0);
		store_free(store);
		store = open_store();
		read = read_all(store);
		assert_int_equal(read.bans, 1);
		assert_memory_equal(&read.ban[0], &ban, sizeof(ban));
		assert_int_equal(store_unban(store, &ban.target), 0);
		assert_int_equal(read_all(store).bans, 0);
	}
	store_free(store);
}

static void a_target_has_one_ban(void **state)
{
	struct store *store = open_store();
	struct ban ban = ban_of("192.0.2.7");
	struct read read;

	(void)state;
	assert_int_equal(store_ban(store, &ban), 0);
	ban.offences = 4;
	assert_int_equal(store_ban(store, &ban), 0);
	read = read_all(store);
	assert_int_equal(read.bans, 1);
	assert_int_equal(read.ban[0].offences, 4);
	store_free(store);
}

static void ended_bans_are_forgotten_and_lasting_ones_are_not(void **state)
{
	struct store *store = open_store();
	struct ban short_ban = ban_of("192.0.2.7"), long_ban = ban_of("192.0.2.8"), lasting = ban_of("192.0.2.9");
	struct read read;

	(void)state;
	long_ban.until_ns++;
	lasting.until_ns = UINT64_MAX;
	assert_int_equal(store_ban(store, &short_ban), 0);
	assert_int_equal(store_ban(store, &long_ban), 0);
	assert_int_equal(store_ban(store, &lasting), 0);
	assert_int_equal(store_forget(store, long_ban.until_ns), 0);
	read = read_all(store);
	assert_int_equal(read.bans, 2);
	assert_int_equal(store_forget(store, UINT64_MAX), 0);
	read = read_all(store);
	assert_int_equal(read.bans, 1);
	assert_memory_equal(&read.ban[0], &lasting, sizeof(lasting));
	store_free(store);
}

static void the_allow_list_is_kept_with_its_comments(void **state)
{
	struct store *store = open_store();
	struct prefix office;
	struct read read;

	(void)state;
	assert_int_equal(prefix_parse("203.0.113.0/24", &office), 0);
	assert_int_equal(store_allow(store, &office, "the office"), 0);
	assert_int_equal(store_allow(store, &office, "the new office"), 0);
	store_free(store);
	store = open_store();
	read = read_all(store);
	assert_int_equal(read.allowed, 1);
	assert_string_equal(read.comment, "the new office");
	assert_int_equal(store_allow(store, &office, NULL), 0);
	assert_string_equal(read_all(store).comment, "");
	assert_int_equal(store_disallow(store, &office), 0);
	assert_int_equal(read_all(store).allowed, 0);
	store_free(store);
}

/* What a process leaves behind that is killed between two commits. */
static void a_crash_loses_only_what_was_not_committed(void **state)
{
	struct ban first = ban_of("192.0.2.7"), second = ban_of("192.0.2.8");
	struct store *store;
	struct read read;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (!pid) {
		store = open_store();
		if (store_ban(store, &first) || store_commit(store) || store_ban(store, &second))
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	store = open_store();
	read = read_all(store);
	assert_int_equal(read.bans, 1);
	assert_memory_equal(&read.ban[0], &first, sizeof(first));
	store_free(store);
}

static void damage(off_t at, const char *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, bytes, length, at), length);
	close(fd);
}

static void a_damaged_file_is_kept_aside_and_a_new_one_started(void **state)
{
	/* Not a database; its first table's page; the page of the bans. */
	static const off_t places[] = {0, 100, 4096};
	char aside[128], noise[512];
	struct store *store;
	struct stat status;
	struct fault fault;
	struct ban ban = ban_of("192.0.2.7");
	size_t i;

	(void)state;
	memset(noise, 0xa5, sizeof(noise));
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		store = open_store();
		assert_int_equal(store_ban(store, &ban), 0);
		store_free(store);
		damage(places[i], noise, sizeof(noise));
		assert_int_equal(store_open(&store, path, &fault), 0);
		snprintf(aside, sizeof(aside), "%s.damaged-%zu", path, i + 1);
		assert_non_null(strstr(fault.text, aside));
		assert_int_equal(stat(aside, &status), 0);
		assert_true(status.st_size >= 4096);
		assert_int_equal(read_all(store).bans, 0);
		assert_int_equal(store_ban(store, &ban), 0);
		store_free(store);
	}
	store = open_store();
	assert_int_equal(read_all(store).bans, 1);
	store_free(store);
}

static void run_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void a_file_of_another_version_or_program_is_left_alone(void **state)
{
	struct store *store = open_store();
	struct fault fault;

	(void)state;
	store_free(store);
	run_sql("PRAGMA user_version = 2");
	assert_int_equal(store_open(&store, path, &fault), -EPROTO);
	assert_non_null(strstr(fault.text, "another version"));
	assert_int_equal(unlink(path), 0);
	run_sql("CREATE TABLE mine (a)");
	assert_int_equal(store_open(&store, path, &fault), -EPROTO);
	assert_non_null(strstr(fault.text, "another program"));
	run_sql("INSERT INTO mine VALUES (1)");
}

static void rows_without_sense_are_passed_over_and_counted(void **state)
{
	struct store *store = open_store();
	struct ban ban = ban_of("192.0.2.7");
	struct read read = {0};

	(void)state;
	assert_int_equal(store_ban(store, &ban), 0);
	assert_int_equal(store_commit(store), 0);
	run_sql("INSERT INTO ban VALUES ('192.0.2.777', 'ban', 0, 5, 1, 1, 2, '', '', '');"
		"INSERT INTO ban VALUES ('192.0.2.9', 'hang', 0, 5, 1, 1, 2, '', '', '');"
		"INSERT INTO ban VALUES ('192.0.2.10', 'observe', 0, 5, 1, 1, 2, '', '', '');"
		"INSERT INTO allowed VALUES ('everybody', '')");
	assert_int_equal(store_bans(store, on_ban, &read), 3);
	assert_int_equal(read.bans, 1);
	assert_int_equal(store_allowed(store, on_allowed, &read), 1);
	assert_int_equal(read.allowed, 0);
	store_free(store);
}

static void what_cannot_be_stored_is_refused_and_the_rest_goes_on(void **state)
{
	struct store *store = open_store();
	struct ban ban = ban_of("192.0.2.7"), senseless = ban_of("192.0.2.8");

	(void)state;
	senseless.evidence = 77;
	assert_int_equal(store_ban(store, &ban), 0);
	assert_int_equal(store_ban(store, &senseless), -EINVAL);
	store_free(store);
	store = open_store();
	assert_int_equal(read_all(store).bans, 1);
	store_free(store);
}

struct welcomed {
	unsigned int count;
	uint64_t source[8], last_ns[8];
};

static void on_welcomed(void *context, uint64_t source, uint64_t last_ns)
{
	struct welcomed *welcomed = context;

	if (welcomed->count < 8) {
		welcomed->source[welcomed->count] = source;
		welcomed->last_ns[welcomed->count] = last_ns;
	}
	welcomed->count++;
}

static struct welcomed welcomed_of(struct store *store, uint32_t most)
{
	struct welcomed welcomed = {0};

	assert_int_equal(store_welcomed(store, most, on_welcomed, &welcomed), 0);
	return welcomed;
}

static void who_logged_in_is_known_after_a_start_the_latest_last(void **state)
{
	const uint64_t v6 = 0xfedcba9876543210, v4 = GP_SOURCE_V4 | 0xc0000207;
	struct store *store = open_store();
	struct welcomed welcomed;

	(void)state;
	assert_int_equal(store_welcome(store, v4, 10 * SECOND), 0);
	assert_int_equal(store_welcome(store, v6, 20 * SECOND), 0);
	assert_int_equal(store_welcome(store, 7, 15 * SECOND), 0);
	assert_int_equal(store_welcome(store, v4, 30 * SECOND), 0); /* again */
	store_free(store);
	store = open_store();
	welcomed = welcomed_of(store, 8);
	assert_int_equal(welcomed.count, 3);
	assert_int_equal(welcomed.source[0], 7);
	assert_int_equal(welcomed.source[1], v6);
	assert_int_equal(welcomed.source[2], v4);
	assert_int_equal(welcomed.last_ns[2], 30 * SECOND);
	welcomed = welcomed_of(store, 2); /* of too many the latest */
	assert_int_equal(welcomed.count, 2);
	assert_int_equal(welcomed.source[0], v6);
	assert_int_equal(store_part(store, 20 * SECOND), 0);
	assert_int_equal(welcomed_of(store, 8).count, 2);
	store_free(store);
}

/* Made by a gatepost that did not keep it yet. */
static void a_file_from_before_is_taken_up(void **state)
{
	struct ban ban = ban_of("192.0.2.7");
	struct store *store = open_store();
	sqlite3 *db;

	(void)state;
	assert_int_equal(store_ban(store, &ban), 0);
	store_free(store);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE welcome", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	store = open_store();
	assert_int_equal(read_all(store).bans, 1);
	assert_int_equal(store_welcome(store, 7, SECOND), 0);
	assert_int_equal(welcomed_of(store, 8).count, 1);
	store_free(store);
}

static void a_place_that_cannot_be_written_is_an_error(void **state)
{
	struct store *store;
	struct fault fault;

	(void)state;
	assert_int_equal(store_open(&store, "/nonexistent/gatepost.db", &fault), -EACCES);
	assert_non_null(strstr(fault.text, "/nonexistent/gatepost.db"));
	assert_int_equal(store_open(&store, ":memory:", &fault), 0);
	assert_string_equal(fault.text, "");
	store_free(store);
	store_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_field_comes_back, enter, leave),
		cmocka_unit_test_setup_teardown(a_target_has_one_ban, enter, leave),
		cmocka_unit_test_setup_teardown(ended_bans_are_forgotten_and_lasting_ones_are_not, enter, leave),
		cmocka_unit_test_setup_teardown(the_allow_list_is_kept_with_its_comments, enter, leave),
		cmocka_unit_test_setup_teardown(a_crash_loses_only_what_was_not_committed, enter, leave),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_kept_aside_and_a_new_one_started, enter, leave),
		cmocka_unit_test_setup_teardown(a_file_of_another_version_or_program_is_left_alone, enter, leave),
		cmocka_unit_test_setup_teardown(rows_without_sense_are_passed_over_and_counted, enter, leave),
		cmocka_unit_test_setup_teardown(what_cannot_be_stored_is_refused_and_the_rest_goes_on, enter, leave),
		cmocka_unit_test_setup_teardown(who_logged_in_is_known_after_a_start_the_latest_last, enter, leave),
		cmocka_unit_test_setup_teardown(a_file_from_before_is_taken_up, enter, leave),
		cmocka_unit_test(a_place_that_cannot_be_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
