/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "user/control/control.h"
#include "user/control/control_client.h"
#include "user/control/control_line.h"

#define ANSWER_SECONDS 10 /* no answer for as long is a failure */

/* A daemon whose loop runs in a thread of its own; the test is its client. */
static struct daemon {
	char directory[64], path[96];
	struct loop *loop;
	struct control *control;
	pthread_t thread;
	int stop[2];
	unsigned int requests; /* of the daemon's thread */
} server;

/* {"want": ...}: "events" follows, "much" is a long answer, "publish" sends a line of "bytes" to the followers. */
static json_t *on_request(void *context, const json_t *request, uid_t uid)
{
	struct daemon *daemon = context;
	const char *want = json_string_value(json_object_get(request, "want"));
	static char much[100001];

	daemon->requests++;
	memset(much, 'x', sizeof(much) - 1);
	if (want && !strcmp(want, "events"))
		return NULL;
	if (want && !strcmp(want, "much"))
		return json_pack("{s:b, s:s}", "ok", 1, "much", much);
	if (want && !strcmp(want, "publish")) {
		json_t *line =
			json_pack("{s:s}", "event",
				  much + sizeof(much) - 1 - json_integer_value(json_object_get(request, "bytes")));

		control_publish(daemon->control, line);
		json_decref(line);
	}
	return json_pack("{s:b, s:i, s:i, s:i}", "ok", 1, "uid", (int)uid, "n", daemon->requests, "followers",
			 control_followers(daemon->control));
}

static void on_stop(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	loop_stop(context, 0);
}

static void *daemon_main(void *loop)
{
	loop_run(loop);
	return NULL;
}

static int daemon_start(void **state)
{
	(void)state;
	memset(&server, 0, sizeof(server));
	strcpy(server.directory, "/tmp/gatepost-control-XXXXXX");
	if (!mkdtemp(server.directory) || pipe(server.stop))
		return -1;
	snprintf(server.path, sizeof(server.path), "%s/socket", server.directory);
	if (loop_new(&server.loop) || loop_add_fd(server.loop, server.stop[0], EPOLLIN, on_stop, server.loop) ||
	    control_new(&server.control, server.loop, server.path, "", on_request, &server, NULL))
		return -1;
	return pthread_create(&server.thread, NULL, daemon_main, server.loop);
}

static int daemon_stop(void **state)
{
	(void)state;
	close(server.stop[1]); /* readable at its end */
	pthread_join(server.thread, NULL);
	control_free(server.control);
	loop_free(server.loop);
	close(server.stop[0]);
	return rmdir(server.directory); /* the socket must be gone */
}

static int dial(void)
{
	const struct timeval timeout = {.tv_sec = ANSWER_SECONDS};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, server.path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* A line without its newline; "" at the end of the connection. */
static const char *hear(int fd)
{
	static char line[200000];
	size_t length = 0;
	ssize_t got;

	do {
		got = recv(fd, line + length, 1, 0);
		if (got < 0 && errno != ECONNRESET)
			fail_msg("no answer: %s", strerror(errno));
	} while (got > 0 && line[length++] != '\n');
	line[got > 0 ? length - 1 : 0] = '\0';
	return line;
}

static void assert_hears(int fd, const char *words)
{
	const char *line = hear(fd);

	if (!strstr(line, words))
		fail_msg("'%.200s' is not about '%s'", line, words);
}

static void requests_are_answered_in_order(void **state)
{
	int fd = dial();
	char words[32];
	int i;

	(void)state;
	say(fd, "{}\n{}\n{\"a\":");
	assert_hears(fd, "\"n\":1");
	assert_hears(fd, "\"n\":2");
	say(fd, "1}\n");
	snprintf(words, sizeof(words), "\"uid\":%d,\"n\":3", (int)geteuid());
	assert_hears(fd, words);
	for (i = 4; i < 100; i++) {
		say(fd, "{}\n");
		snprintf(words, sizeof(words), "\"n\":%d,", i);
		assert_hears(fd, words);
	}
	close(fd);
}

static void bad_requests_are_refused_and_the_client_stays(void **state)
{
	static const char *const lines[] = {
		"\n", "nonsense\n", "[1]\n", "{\"a\":1,\"a\":2}\n", "{\"a\":\"\xff\"}\n", "{} {}\n", "1\n", "{\"\xc3\n",
	};
	int fd = dial();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		say(fd, lines[i]);
		assert_hears(fd, "{\"ok\":false,\"code\":2,\"error\":");
	}
	say(fd, "{}\n");
	assert_hears(fd, "\"n\":1");
	close(fd);
}

static void a_request_without_end_is_refused_and_closed(void **state)
{
	char line[CONTROL_REQUEST_BYTES + 1] = "{\"a\":\"";
	int fd = dial();

	(void)state;
	memset(line + 6, 'x', sizeof(line) - 7);
	line[sizeof(line) - 1] = '\0';
	say(fd, line);
	assert_hears(fd, "at most 4096 bytes");
	assert_string_equal(hear(fd), "");
	close(fd);
}

static void the_longest_request_is_answered(void **state)
{
	char line[CONTROL_REQUEST_BYTES + 1];
	int fd = dial();

	(void)state;
	memset(line, ' ', sizeof(line));
	memcpy(line, "{}", 2);
	strcpy(line + CONTROL_REQUEST_BYTES - 1, "\n");
	say(fd, line);
	assert_hears(fd, "\"n\":1");
	close(fd);
}

static void followers_hear_what_is_published_and_others_do_not(void **state)
{
	int follower = dial(), other = dial();

	(void)state;
	say(follower, "{\"want\":\"events\"}\n");
	assert_string_equal(hear(follower), "{\"ok\":true}");
	say(other, "{\"want\":\"publish\",\"bytes\":3}\n");
	assert_hears(other, "\"followers\":1");
	assert_string_equal(hear(follower), "{\"event\":\"xxx\"}");
	close(follower);
	say(other, "{}\n");
	hear(other);
	say(other, "{\"want\":\"publish\",\"bytes\":3}\n");
	assert_hears(other, "\"followers\":0");
	close(other);
}

static void a_follower_that_is_behind_is_dropped(void **state)
{
	int follower = dial(), other = dial();
	const char *answer;
	unsigned int i = 0;

	(void)state;
	say(follower, "{\"want\":\"events\"}\n");
	assert_string_equal(hear(follower), "{\"ok\":true}");
	do {
		say(other, "{\"want\":\"publish\",\"bytes\":100000}\n");
		answer = hear(other);
	} while (++i < 40 && strstr(answer, "\"followers\":1"));
	/* 1 MiB behind, and what the sockets hold. */
	assert_in_range(i, 10, 20);
	close(follower);
	close(other);
}

static void a_client_that_does_not_read_is_asked_no_more(void **state)
{
	int fd = dial(), other = dial();
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++)
		say(fd, "{\"want\":\"much\"}\n");
	/* Everybody else is served meanwhile. */
	for (i = 0; i < 50; i++) {
		say(other, "{}\n");
		assert_hears(other, "\"n\":");
	}
	assert_in_range(server.requests, 51, 50 + 10);
	for (i = 0; i < 100; i++)
		assert_hears(fd, "xxxx");
	assert_int_equal(server.requests, 150);
	close(fd);
	close(other);
}

static void too_many_clients_are_told(void **state)
{
	int fd[CONTROL_CLIENTS], late;
	unsigned int i;

	(void)state;
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		fd[i] = dial();
		say(fd[i], "{}\n");
		assert_hears(fd[i], "\"ok\":true");
	}
	late = dial();
	assert_hears(late, "too many clients");
	assert_string_equal(hear(late), "");
	close(late);
	close(fd[7]);
	say(fd[8], "{}\n");
	hear(fd[8]); /* by now the close has been seen */
	late = dial();
	say(late, "{}\n");
	assert_hears(late, "\"ok\":true");
	close(late);
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		if (i != 7)
			close(fd[i]);
	}
}

static void a_client_that_only_sends_gets_its_answers(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, "{}\n{}\n");
	shutdown(fd, SHUT_WR);
	assert_hears(fd, "\"n\":1");
	assert_hears(fd, "\"n\":2");
	assert_string_equal(hear(fd), "");
	close(fd);
}

static void only_owner_and_group_may_connect(void **state)
{
	struct stat status;

	(void)state;
	assert_int_equal(stat(server.path, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 0777, 0660);
}

static void a_running_daemon_is_not_replaced(void **state)
{
	struct control *control;
	struct fault fault;
	struct loop *loop;
	int fd;

	(void)state;
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(control_new(&control, loop, server.path, "", on_request, &server, &fault), -EADDRINUSE);
	assert_non_null(strstr(fault.text, "another gatepost is running"));
	assert_int_equal(control_new(&control, loop, server.path, "nosuchgroup", on_request, &server, &fault), -ENOENT);
	assert_non_null(strstr(fault.text, "nosuchgroup"));
	loop_free(loop);
	fd = dial();
	say(fd, "{}\n");
	assert_hears(fd, "\"n\":1");
	close(fd);
}

/* In a directory with no daemon: what stands there, and what becomes of it. */
static void a_dead_socket_is_replaced_and_a_file_is_not(void **state)
{
	char directory[] = "/tmp/gatepost-control-XXXXXX", path[64];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct control *control;
	struct fault fault;
	struct loop *loop;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/s", directory);
	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(control_new(&control, loop, path, "", on_request, &server, &fault), 0);
	control_free(control);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(control_new(&control, loop, path, "", on_request, &server, &fault), -EEXIST);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
	assert_int_equal(control_new(&control, loop, path, "", on_request, &server, &fault), -ENOENT);
	loop_free(loop);
}

static void mute_clients_are_dropped_and_waiting_followers_are_not(void **state)
{
	struct control_client *client;
	int pair[2], i;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(control_client_new(&client, pair[0]), 0);
	for (i = 0; i < CONTROL_MUTE_S; i++) {
		assert_false(client->gone);
		control_client_tick(client);
	}
	assert_true(client->gone);
	client->gone = false;
	client->follows = true;
	for (i = 0; i < 2 * CONTROL_MUTE_S; i++)
		control_client_tick(client);
	assert_false(client->gone);
	control_client_free(client);
	close(pair[1]);
}

static bool keep_n(void *context, const json_t *line)
{
	json_int_t *n = context;

	*n = json_integer_value(json_object_get(line, "n"));
	return false;
}

static bool keep_bytes(void *context, const json_t *line)
{
	size_t *bytes = context;

	*bytes = json_string_length(json_object_get(line, "much"));
	return false;
}

static void the_command_line_asks_and_is_answered(void **state)
{
	json_t *request = json_pack("{s:s}", "want", "much"), *plain = json_object();
	json_int_t n = 0;
	size_t bytes = 0;

	(void)state;
	assert_int_equal(control_ask(server.path, plain, keep_n, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(control_ask(server.path, request, keep_bytes, &bytes), 0);
	assert_int_equal(bytes, 100000);
	assert_int_equal(control_ask("/nonexistent/socket", plain, keep_n, &n), -ENOENT);
	json_decref(request);
	json_decref(plain);
}

/* A server that says something and closes. */
struct once {
	int fd;
	const char *text;
};

static void *answer_once(void *context)
{
	const struct once *once = context;
	const char *text = once->text;
	int fd = accept(once->fd, NULL, NULL);
	char request[64];

	assert_true(recv(fd, request, sizeof(request), 0) > 0);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	close(fd);
	return NULL;
}

static bool count_lines(void *context, const json_t *line)
{
	(void)line;
	++*(unsigned int *)context;
	return true;
}

static void the_command_line_survives_a_broken_server(void **state)
{
	static const struct {
		const char *text;
		int err;
		unsigned int lines;
	} rows[] = {
		{"", -ECONNRESET, 0},          {"nonsense\n", -EBADMSG, 0}, {"{}", -EBADMSG, 0},
		{"{}\n{\"cut\"", -EBADMSG, 1}, {"{}\n{}\n", 0, 2},
	};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char directory[] = "/tmp/gatepost-control-XXXXXX";
	json_t *request = json_object();
	unsigned int lines;
	pthread_t thread;
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", directory);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct once once = {.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), .text = rows[i].text};

		assert_int_equal(bind(once.fd, (struct sockaddr *)&address, sizeof(address)), 0);
		assert_int_equal(listen(once.fd, 1), 0);
		assert_int_equal(pthread_create(&thread, NULL, answer_once, &once), 0);
		lines = 0;
		assert_int_equal(control_ask(address.sun_path, request, count_lines, &lines), rows[i].err);
		assert_int_equal(lines, rows[i].lines);
		pthread_join(thread, NULL);
		close(once.fd);
		assert_int_equal(control_ask(address.sun_path, request, count_lines, &lines), -ECONNREFUSED);
		assert_int_equal(unlink(address.sun_path), 0);
	}
	json_decref(request);
	assert_int_equal(rmdir(directory), 0);
}

#define WITH_DAEMON(test) cmocka_unit_test_setup_teardown(test, daemon_start, daemon_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DAEMON(requests_are_answered_in_order),
		WITH_DAEMON(bad_requests_are_refused_and_the_client_stays),
		WITH_DAEMON(a_request_without_end_is_refused_and_closed),
		WITH_DAEMON(the_longest_request_is_answered),
		WITH_DAEMON(followers_hear_what_is_published_and_others_do_not),
		WITH_DAEMON(a_follower_that_is_behind_is_dropped),
		WITH_DAEMON(a_client_that_does_not_read_is_asked_no_more),
		WITH_DAEMON(too_many_clients_are_told),
		WITH_DAEMON(a_client_that_only_sends_gets_its_answers),
		WITH_DAEMON(only_owner_and_group_may_connect),
		WITH_DAEMON(a_running_daemon_is_not_replaced),
		WITH_DAEMON(the_command_line_asks_and_is_answered),
		cmocka_unit_test(a_dead_socket_is_replaced_and_a_file_is_not),
		cmocka_unit_test(mute_clients_are_dropped_and_waiting_followers_are_not),
		cmocka_unit_test(the_command_line_survives_a_broken_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
