/* SPDX-License-Identifier: BSD-2-Clause */
/* What the adapter makes of what Redis says: one clear line for each thing that is wrong, and never a crash. The server
 * is a socket of this process that says what a row has; what it is asked does not matter to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/fleet_rig.h"
#include "user/adapters/redis.h"

#define BULK(length, text) "$" #length "\r\n" text "\r\n"
#define RUN_ID "run_id:0123456789abcdef0123456789abcdef01234567\r\n"
#define SCRIPT BULK(40, "0123456789abcdef0123456789abcdef01234567")
#define GREETING BULK(84, "redis_version:7.0.15\r\n" RUN_ID "role:master\r\n")
#define WAIT_NS 3000000000ULL

struct server {
	struct loop *loop;
	struct redis *redis;
	int listener, accepted[4], count;
	const char *says; /* on the connection for commands */
	char why[256];
	bool up, sentinel;
};

static void on_connection(void *context, int fd, uint32_t events)
{
	struct server *server = context;
	const int client = accept(fd, NULL, NULL);
	const char *says = server->count ? "+PONG\r\n" : server->says;

	(void)events;
	assert_true(client >= 0);
	assert_true(server->count < 4);
	assert_int_equal(send(client, says, strlen(says), MSG_NOSIGNAL), strlen(says));
	server->accepted[server->count++] = client;
}

static void on_up(void *context, const char *address)
{
	struct server *server = context;

	(void)address;
	server->up = true;
}

static void on_down(void *context, const char *why)
{
	struct server *server = context;

	snprintf(server->why, sizeof(server->why), "%s", why);
	loop_stop(server->loop, 0);
}

static void on_time(void *context)
{
	struct server *server = context;

	loop_stop(server->loop, 0); /* nothing was said */
}

static size_t on_beat(void *context, uint8_t *buffer)
{
	(void)context;
	buffer[0] = 'b';
	return 1;
}

static void on_changed(void *context, const struct prefix *target)
{
	(void)context;
	(void)target;
}

static void open_server(struct server *server, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server->listener, 4), 0);
	assert_int_equal(loop_add_fd(server->loop, server->listener, EPOLLIN, on_connection, server), 0);
	assert_int_equal(loop_add_timer(server->loop, WAIT_NS, on_time, server), 0);
}

static void close_server(struct server *server, const char *path)
{
	loop_remove_fd(server->loop, server->listener);
	close(server->listener);
	for (int i = 0; i < server->count; i++)
		close(server->accepted[i]);
	unlink(path);
	loop_free(server->loop);
}

static void talk(struct server *server)
{
	static struct fleet_settings settings;
	struct fleet_node node = rig_node("edge1");
	const struct redis_sink sink = {.context = server, .up = on_up, .down = on_down, .beat = on_beat};
	struct sync_options options = {
		.admission = {.nodes = 1, .node = &node, .longest_us = US_PER_S, .share = 1},
		.signer = rig_signer(&node),
		.sink = {.changed = on_changed},
		.entries_max = 16,
		.queue_max = 16,
		.guess_us = START_US,
	};
	struct sync *sync;
	char path[64];

	snprintf(path, sizeof(path), "/tmp/gatepost-test-%d.sock", (int)getpid());
	settings = (struct fleet_settings){.node = "edge1", .name = "t", .stream_max = 100};
	assert_int_equal(fleet_address_parse(path, &settings.redis), 0);
	if (server->sentinel) {
		settings.sentinels = 1;
		settings.sentinel[0] = settings.redis;
		strcpy(settings.sentinel_master, "shield");
	}
	assert_int_equal(loop_new(&server->loop), 0);
	open_server(server, path);
	assert_int_equal(redis_new(&server->redis, server->loop, &settings, NULL, &sink, NULL), 0);
	options.link = redis_link(server->redis);
	assert_int_equal(sync_new(&sync, &options), 0);
	assert_int_equal(redis_start(server->redis, sync), 0);
	loop_run(server->loop);
	redis_free(server->redis);
	sync_free(sync);
	close_server(server, path);
}

static void what_is_wrong_is_said_in_one_line(void **state)
{
	static const struct {
		const char *says, *why;
	} row[] = {
		{BULK(83, "redis_version:5.0.3\r\n" RUN_ID "role:master\r\n"),
		 "Redis 5.0.3 is too old, 6.0 or newer is wanted"},
		{BULK(83, "redis_version:7.0.15\r\n" RUN_ID "role:slave\r\n"),
		 "it is a slave: only a master takes bans"},
		{BULK(5, "hello"), "this is not Redis"},
		{":1\r\n", "this is not Redis"},
		{"HTTP/1.1 400 Bad Request\r\n", "its answer cannot be read"},
		{"-NOAUTH Authentication required.\r\n", "it wants a password"},
		{"-WRONGPASS invalid username-password pair\r\n", "wrong user or password"},
		{"-ERR max number of clients reached\r\n", "ERR max number of clients reached"},
		{"-ERR wrong number of arguments for 'auth' command\r\n", "Redis 6.0 or newer is wanted"},
		{"-ERR \xff\x1b[2J\r\n", "ERR ??[2J"}, /* nothing for a terminal */
		{GREETING "-NOPERM this user has no permissions to run the 'script|load' command\r\n",
		 "a right is missing: this user has no permissions to run the 'script|load' command (docs/fleet.md"},
		{GREETING "-LOADING Redis is loading the dataset in memory\r\n", "LOADING"},
		{GREETING ":7\r\n", "the answer to SCRIPT LOAD makes no sense"},
		{GREETING "+OK\r\n+OK\r\n", "makes no sense"},
		{GREETING SCRIPT "+OK\r\n", "an answer that nobody asked for"},
		{"*1000000000\r\n", "its answer cannot be read"},
		{"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "its answer cannot be read"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct server server = {.says = row[i].says};

		talk(&server);
		if (!strstr(server.why, row[i].why))
			fail_msg("row %zu: '%s' does not say '%s'", i, server.why, row[i].why);
		assert_false(server.up);
	}
}

static void what_a_sentinel_says_wrong_is_said_to_be_its(void **state)
{
	static const struct {
		const char *says, *why;
	} row[] = {
		{"-NOAUTH Authentication required.\r\n", "Sentinel: it wants a password: set sentinel_password_file"},
		{"-WRONGPASS invalid\r\n", "Sentinel: wrong user or password"},
		{"-ERR unknown command\r\n", "Sentinel: ERR unknown command"},
		{"*-1\r\n", "Sentinel knows no master 'shield'"},
		{"*2\r\n" BULK(4, "evil") BULK(4, "6379"), "Sentinel names 'evil' as the master, which is no address"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct server server = {.says = row[i].says, .sentinel = true};

		talk(&server);
		if (!strstr(server.why, row[i].why))
			fail_msg("row %zu: '%s' does not say '%s'", i, server.why, row[i].why);
	}
}

static void nobody_there_is_said(void **state)
{
	struct fleet_settings settings = {.node = "edge1", .name = "t"};
	struct server server = {.says = ""};
	const struct redis_sink sink = {.context = &server, .up = on_up, .down = on_down, .beat = on_beat};

	(void)state;
	assert_int_equal(fleet_address_parse("/tmp/gatepost-test-nobody.sock", &settings.redis), 0);
	assert_int_equal(loop_new(&server.loop), 0);
	assert_int_equal(redis_new(&server.redis, server.loop, &settings, NULL, &sink, NULL), 0);
	redis_start(server.redis, NULL); /* not asked of before it is up */
	assert_non_null(strstr(server.why, "cannot connect: No such file"));
	redis_free(server.redis);
	loop_free(server.loop);
}

static void a_password_is_the_first_line_of_a_file_of_ours(void **state)
{
	char path[] = "/tmp/gatepost-test.XXXXXX", password[REDIS_PASSWORD_BYTES];
	struct fault fault = {0};
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "secret word\nmore\n", 17), 17);
	assert_int_equal(redis_password_read(path, password, &fault), 0);
	assert_string_equal(password, "secret word");
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_true(redis_password_read(path, password, &fault) < 0);
	assert_non_null(strstr(fault.text, "chmod 600"));
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_true(redis_password_read(path, password, &fault) < 0);
	close(fd);
	unlink(path);
	assert_true(redis_password_read(path, password, &fault) < 0);
}

static void an_address_is_no_name(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
	} row[] = {
		{"192.0.2.1:6380", "192.0.2.1", 6380},
		{"192.0.2.1", "192.0.2.1", 6379},
		{"[2001:db8::1]:1", "2001:db8::1", 1},
		{"[::1]", "::1", 6379},
		{"/run/redis.sock", "/run/redis.sock", 0},
		{"localhost:6379", NULL, 0},
		{"2001:db8::1", NULL, 0},
		{"192.0.2.1:", NULL, 0},
		{"192.0.2.1:0", NULL, 0},
		{"192.0.2.1:65536", NULL, 0},
		{"[::1", NULL, 0},
		{"[::1]x", NULL, 0},
		{"", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct fleet_address address;

		if (!fleet_address_parse(row[i].text, &address) != (row[i].host != NULL))
			fail_msg("'%s'", row[i].text);
		if (!row[i].host)
			continue;
		assert_string_equal(address.host, row[i].host);
		assert_int_equal(address.port, row[i].port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_said_in_one_line),
		cmocka_unit_test(what_a_sentinel_says_wrong_is_said_to_be_its),
		cmocka_unit_test(nobody_there_is_said),
		cmocka_unit_test(a_password_is_the_first_line_of_a_file_of_ours),
		cmocka_unit_test(an_address_is_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
