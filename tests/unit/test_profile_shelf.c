/* SPDX-License-Identifier: BSD-2-Clause */
/* Profiles in a directory: what a restart finds again, and what must not be overwritten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "user/adapters/profile_file.h"
#include "user/adapters/profile_shelf.h"

#define NOW_S 1767225600ULL /* 2026-01-01 */

static char directory[64];

static int enter(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/gatepost-shelf-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static const char *in_directory(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static int leave(void **state)
{
	DIR *open = opendir(directory);
	const struct dirent *entry;

	(void)state;
	while (open && (entry = readdir(open)))
		unlink(in_directory(entry->d_name));
	if (open)
		closedir(open);
	return rmdir(directory);
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(in_directory(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* As if it had been written at another time: two writes of a test are nearly at the same. */
static void date_file(const char *name, time_t at_s)
{
	const struct timespec times[2] = {{.tv_sec = at_s}, {.tv_sec = at_s}};

	assert_int_equal(utimensat(AT_FDCWD, in_directory(name), times, 0), 0);
}

static int count_files(void)
{
	DIR *open = opendir(directory);
	const struct dirent *entry;
	int count = 0;

	while ((entry = readdir(open)))
		count += entry->d_name[0] != '.';
	closedir(open);
	return count;
}

static struct servers *some_servers(void)
{
	const struct servers_options options = {.servers_max = 16, .seed = 1, .learn = true};
	struct servers *servers;

	assert_int_equal(servers_new(&servers, &options), 0);
	servers_time(servers, NOW_S);
	return servers;
}

static struct server *find(struct servers *servers, const char *address, uint16_t port)
{
	struct addr addr;

	assert_int_equal(addr_parse(address, &addr), 0);
	return servers_find(servers, &addr, port);
}

/* A flow comes, and fails with a reply of so many bytes. */
static struct server *learn(struct servers *servers, const char *address, uint16_t port, uint16_t bytes)
{
	struct ends ends = {.server_port = port, .service = GP_SERVICE_IMAPS};
	struct server *server;

	assert_int_equal(addr_parse(address, &ends.server), 0);
	server = servers_enter(servers, &ends);
	assert_non_null(server);
	servers_heard(servers, server, REPLY_FAILURE, bytes, false);
	server_leave(server);
	return server;
}

static bool knows_failure(const struct server *server, uint16_t bytes)
{
	for (int i = 0; i < PROFILE_LENGTHS; i++)
		if (server->profile.length[REPLY_FAILURE][i].seen &&
		    server->profile.length[REPLY_FAILURE][i].bytes == bytes)
			return true;
	return false;
}

static struct servers *restarted(struct servers *servers)
{
	struct servers *fresh = some_servers();

	servers_free(servers);
	assert_true(profile_shelf_load(fresh, directory, NULL, NULL, NULL) >= 0);
	return fresh;
}

static void what_was_learned_survives_a_restart(void **state)
{
	struct servers *servers = some_servers();
	struct fault fault = {0};

	(void)state;
	learn(servers, "192.0.2.10", 993, 51);
	learn(servers, "2001:db8:fa::10", 993, 77);
	assert_int_equal(profile_shelf_store_all(servers, directory, &fault), 2);
	servers = restarted(servers);
	assert_int_equal(servers_count(servers), 2);
	assert_true(knows_failure(find(servers, "192.0.2.10", 993), 51));
	assert_true(knows_failure(find(servers, "2001:db8:fa::10", 993), 77));
	assert_int_equal(find(servers, "192.0.2.10", 993)->profile.origin, ORIGIN_LEARNED);
	assert_int_equal(find(servers, "192.0.2.10", 993)->profile.made_s, NOW_S);
	/* and again: what is as on disk is not written */
	assert_int_equal(profile_shelf_store_all(servers, directory, &fault), 0);
	learn(servers, "192.0.2.10", 993, 60);
	assert_int_equal(profile_shelf_store_all(servers, directory, &fault), 1);
	servers = restarted(servers);
	assert_true(knows_failure(find(servers, "192.0.2.10", 993), 51));
	assert_true(knows_failure(find(servers, "192.0.2.10", 993), 60));
	assert_int_equal(count_files(), 2);
	servers_free(servers);
}

static void a_directory_that_is_not_there_is_empty_and_so_is_none(void **state)
{
	struct servers *servers = some_servers();

	(void)state;
	assert_int_equal(profile_shelf_load(servers, "/nonexistent/profiles", NULL, NULL, NULL), 0);
	assert_int_equal(profile_shelf_load(servers, "", NULL, NULL, NULL), 0);
	assert_int_equal(profile_shelf_load(servers, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(servers_count(servers), 0);
	servers_free(servers);
}

static void on_bad(void *context, const struct fault *fault)
{
	char *words = context;

	fault_text(fault, words + strlen(words), 1024);
}

static void bad_files_are_named_and_passed_over(void **state)
{
	struct servers *servers = some_servers();
	char words[4096] = "";
	struct stat status;

	(void)state;
	write_file("192.0.2.10-993.json", "{\"host\": \"192.0.2.10\", \"port\": 993, \"proto\": \"imap\", "
					  "\"steps\": [{\"name\": \"F\", \"total\": 53}]}");
	write_file("192.0.2.11-993.json", "{\"host\": \"192.0.2.11\", \"port\": 993");
	write_file("192.0.2.12-993.json", "{\"host\": \"mail\", \"port\": 993, \"proto\": \"imap\", \"steps\": []}");
	write_file("192.0.2.13-993.json.Ab3xYz", "half a write");
	assert_int_equal(profile_shelf_load(servers, directory, on_bad, words, NULL), 1);
	assert_int_equal(servers_count(servers), 1);
	assert_non_null(strstr(words, "192.0.2.11-993.json"));
	assert_non_null(strstr(words, "192.0.2.12-993.json"));
	assert_null(strstr(words, "192.0.2.10-993.json"));
	assert_null(strstr(words, "192.0.2.13"));
	assert_int_equal(stat(in_directory("192.0.2.11-993.json"), &status), 0);
	servers_free(servers);
}

static void a_server_is_written_once_in_a_while_and_few_at_a_time(void **state)
{
	struct servers *servers = some_servers();
	struct fault fault = {0};
	const uint64_t due_s = NOW_S + PROFILE_SHELF_EVERY_S;

	(void)state;
	learn(servers, "192.0.2.10", 993, 51);
	learn(servers, "192.0.2.11", 993, 52);
	learn(servers, "192.0.2.12", 993, 53);
	assert_int_equal(profile_shelf_store(servers, directory, due_s - 1, 9, &fault), 0); /* too soon */
	assert_int_equal(profile_shelf_store(servers, directory, due_s, 2, &fault), 2);
	assert_int_equal(count_files(), 2);
	assert_int_equal(profile_shelf_store(servers, directory, due_s, 2, &fault), 1);
	assert_int_equal(profile_shelf_store(servers, directory, due_s, 2, &fault), 0);
	learn(servers, "192.0.2.10", 993, 60);
	assert_int_equal(profile_shelf_store(servers, directory, due_s + 1, 2, &fault), 0);
	assert_int_equal(profile_shelf_store(servers, directory, due_s + PROFILE_SHELF_EVERY_S, 2, &fault), 1);
	servers_free(servers);
}

static void count_change(void *context, const struct server *server)
{
	assert_int_equal(server->port, 993);
	++*(int *)context;
}

static void whose_replies_changed_is_told_and_written_at_once(void **state)
{
	int changes = 0;
	const struct servers_options options = {
		.servers_max = 16, .seed = 1, .learn = true, .context = &changes, .changed = count_change};
	struct servers *servers;
	struct server *server;

	(void)state;
	assert_int_equal(servers_new(&servers, &options), 0);
	servers_time(servers, NOW_S);
	server = learn(servers, "192.0.2.10", 993, 51);
	for (int i = 0; i < 10; i++)
		assert_false(servers_greeted(servers, server, 100));
	assert_int_equal(profile_shelf_store_all(servers, directory, NULL), 1);
	server->tried_s = NOW_S;
	servers_time(servers, NOW_S + 60);
	for (int i = 0; i < 10 && !changes; i++)
		assert_true(servers_greeted(servers, server, 150));
	assert_int_equal(changes, 1);
	assert_int_equal(server->changed_s, NOW_S + 60);
	assert_int_equal(server_state(server), SERVER_RELEARNING);
	assert_int_equal(profile_shelf_store(servers, directory, NOW_S + 60, 1, NULL), 1);
	servers = restarted(servers);
	assert_false(knows_failure(find(servers, "192.0.2.10", 993), 51)); /* that was the old one's */
	servers_free(servers);
}

static void of_whom_nothing_is_known_no_file_is_made(void **state)
{
	struct servers *servers = some_servers();
	struct ends ends = {.server_port = 993, .service = GP_SERVICE_IMAPS};

	(void)state;
	assert_int_equal(addr_parse("192.0.2.10", &ends.server), 0);
	server_leave(servers_enter(servers, &ends));
	assert_int_equal(profile_shelf_store_all(servers, directory, NULL), 0);
	assert_int_equal(count_files(), 0);
	servers_free(servers);
}

#define PROBE(total)                                                                                                     \
	"{\"host\": \"192.0.2.10\", \"port\": 993, \"proto\": \"imap\", \"steps\": [{\"name\": \"F\", \"total\": " total \
	"}]}"

static void what_somebody_calibrated_meanwhile_is_read_not_overwritten(void **state)
{
	struct servers *servers = some_servers();
	struct fault fault = {0};
	struct server *server = learn(servers, "192.0.2.10", 993, 60);

	(void)state;
	assert_int_equal(profile_shelf_store_all(servers, directory, &fault), 1);
	write_file("192.0.2.10-993.json", PROBE("53"));
	date_file("192.0.2.10-993.json", 1000);
	learn(servers, "192.0.2.10", 993, 60);
	assert_int_equal(profile_shelf_store_all(servers, directory, &fault), 0);
	assert_int_equal(server->profile.origin, ORIGIN_PROBE);
	assert_true(knows_failure(server, 51));
	assert_false(knows_failure(server, 60));
	/* from then on it is ours again */
	learn(servers, "192.0.2.10", 993, 70);
	assert_int_equal(profile_shelf_store_all(servers, directory, &fault), 1);
	servers = restarted(servers);
	server = find(servers, "192.0.2.10", 993);
	assert_true(knows_failure(server, 51) && knows_failure(server, 70));
	assert_int_equal(server->profile.origin, ORIGIN_PROBE);
	servers_free(servers);
}

static void a_reload_reads_what_is_new_and_keeps_what_was_learned(void **state)
{
	struct servers *servers = some_servers();
	struct fault fault = {0};

	(void)state;
	learn(servers, "192.0.2.11", 993, 60);
	assert_int_equal(profile_shelf_store_all(servers, directory, &fault), 1);
	learn(servers, "192.0.2.11", 993, 61); /* not on disk yet */
	write_file("192.0.2.10-993.json", PROBE("53"));
	assert_int_equal(profile_shelf_reload(servers, directory, NULL, NULL, &fault), 2);
	assert_true(knows_failure(find(servers, "192.0.2.10", 993), 51));
	assert_true(knows_failure(find(servers, "192.0.2.11", 993), 61));
	write_file("192.0.2.10-993.json", PROBE("54"));
	date_file("192.0.2.10-993.json", 1000);
	assert_int_equal(profile_shelf_reload(servers, directory, NULL, NULL, &fault), 2);
	assert_true(knows_failure(find(servers, "192.0.2.10", 993), 52));
	assert_false(knows_failure(find(servers, "192.0.2.10", 993), 51));
	servers_free(servers);
}

static void somebodys_file_that_makes_no_sense_is_left_alone_and_said(void **state)
{
	static const char *const texts[] = {
		"{", "{\"host\": \"192.0.2.99\", \"port\": 993, \"proto\": \"imap\", \"steps\": []}"};
	char words[640], text[128] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct servers *servers = some_servers();
		struct fault fault = {0};
		FILE *file;

		learn(servers, "192.0.2.10", 993, 60);
		write_file("192.0.2.10-993.json", texts[i]);
		assert_int_equal(profile_shelf_store_all(servers, directory, &fault), -EEXIST);
		assert_non_null(strstr(fault_text(&fault, words, sizeof(words)), "192.0.2.10-993.json"));
		assert_int_equal(profile_shelf_failing(servers), 1);
		file = fopen(in_directory("192.0.2.10-993.json"), "r");
		assert_non_null(fgets(text, sizeof(text), file));
		fclose(file);
		assert_string_equal(text, texts[i]);
		/* mended */
		unlink(in_directory("192.0.2.10-993.json"));
		assert_int_equal(profile_shelf_store_all(servers, directory, &fault), 1);
		assert_int_equal(profile_shelf_failing(servers), 0);
		unlink(in_directory("192.0.2.10-993.json"));
		servers_free(servers);
	}
}

static void a_directory_that_cannot_be_written_is_an_error_that_says_so(void **state)
{
	struct servers *servers = some_servers();
	struct fault fault = {0};
	const uid_t uid = geteuid();
	char words[640];
	int result;

	(void)state;
	learn(servers, "192.0.2.10", 993, 60);
	assert_int_equal(profile_shelf_store_all(servers, "/nonexistent/profiles", &fault), -ENOENT);
	assert_non_null(strstr(fault_text(&fault, words, sizeof(words)), "/nonexistent/profiles/192.0.2.10-993.json"));
	assert_non_null(strstr(words, "cannot be written: No such file or directory"));

	chmod(directory, 0555);
	assert_int_equal(seteuid(uid ? uid : 65534), 0); /* nothing is forbidden to root */
	result = profile_shelf_store_all(servers, directory, &fault);
	assert_int_equal(seteuid(uid), 0);
	chmod(directory, 0755);
	assert_int_equal(result, -EACCES);
	assert_non_null(strstr(fault_text(&fault, words, sizeof(words)), "cannot be written: Permission denied"));
	assert_int_equal(profile_shelf_failing(servers), 1);
	assert_int_equal(profile_shelf_store_all(servers, directory, &fault), 1);
	assert_int_equal(profile_shelf_failing(servers), 0);
	servers_free(servers);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_learned_survives_a_restart),
		TEST(a_directory_that_is_not_there_is_empty_and_so_is_none),
		TEST(bad_files_are_named_and_passed_over),
		TEST(a_server_is_written_once_in_a_while_and_few_at_a_time),
		TEST(whose_replies_changed_is_told_and_written_at_once),
		TEST(of_whom_nothing_is_known_no_file_is_made),
		TEST(what_somebody_calibrated_meanwhile_is_read_not_overwritten),
		TEST(a_reload_reads_what_is_new_and_keeps_what_was_learned),
		TEST(somebodys_file_that_makes_no_sense_is_left_alone_and_said),
		TEST(a_directory_that_cannot_be_written_is_an_error_that_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
