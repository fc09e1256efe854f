/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "user/adapters/loop.h"

#define MS 1000000ULL

struct seen {
	struct loop *loop;
	int pipe[2];
	unsigned int calls, stop_after;
	int signal;
};

static int enter(void **state)
{
	static struct seen seen;

	memset(&seen, 0, sizeof(seen));
	*state = &seen;
	return loop_new(&seen.loop) || pipe(seen.pipe);
}

static int leave(void **state)
{
	struct seen *seen = *state;

	loop_free(seen->loop);
	close(seen->pipe[0]);
	close(seen->pipe[1]);
	return 0;
}

static void count_down(struct seen *seen)
{
	if (++seen->calls == seen->stop_after)
		loop_stop(seen->loop, 42);
}

static void on_readable(void *context, int fd, uint32_t events)
{
	struct seen *seen = context;
	char byte;

	assert_true(events & EPOLLIN);
	assert_int_equal(read(fd, &byte, 1), 1);
	count_down(seen);
}

static void on_time(void *context)
{
	count_down(context);
}

static void on_signal(void *context, int signal)
{
	struct seen *seen = context;

	seen->signal = signal;
	count_down(seen);
}

static void a_readable_descriptor_is_served_until_stopped(void **state)
{
	struct seen *seen = *state;

	seen->stop_after = 3;
	assert_int_equal(write(seen->pipe[1], "abcd", 4), 4);
	assert_int_equal(loop_add_fd(seen->loop, seen->pipe[0], EPOLLIN, on_readable, seen), 0);
	assert_int_equal(loop_add_fd(seen->loop, seen->pipe[0], EPOLLIN, on_readable, seen), -EEXIST);
	assert_int_equal(loop_run(seen->loop), 42);
	assert_int_equal(seen->calls, 3);
}

static void a_timer_comes_again(void **state)
{
	struct seen *seen = *state;

	seen->stop_after = 3;
	assert_int_equal(loop_add_timer(seen->loop, 0, on_time, seen), -EINVAL);
	assert_int_equal(loop_add_timer(seen->loop, MS, on_time, seen), 0);
	assert_int_equal(loop_run(seen->loop), 42);
	assert_int_equal(seen->calls, 3);
}

static void remove_itself(void *context, int fd, uint32_t events)
{
	struct seen *seen = context;

	(void)events;
	loop_remove_fd(seen->loop, fd);
	loop_remove_fd(seen->loop, fd);
	assert_int_equal(loop_change_fd(seen->loop, fd, 0), -ENOENT);
	seen->calls += 100;
}

static void a_descriptor_can_remove_itself(void **state)
{
	struct seen *seen = *state;

	seen->stop_after = 102;
	assert_int_equal(write(seen->pipe[1], "a", 1), 1);
	assert_int_equal(loop_add_fd(seen->loop, seen->pipe[0], EPOLLIN, remove_itself, seen), 0);
	assert_int_equal(loop_add_timer(seen->loop, MS, on_time, seen), 0);
	assert_int_equal(loop_run(seen->loop), 42);
	assert_int_equal(seen->calls, 102);
}

static void stop_timers(void *context)
{
	struct seen *seen = context;

	seen->calls += 100;
	loop_remove_timers(seen->loop, seen);
}

static void a_timer_can_remove_itself(void **state)
{
	struct seen other = {.loop = ((struct seen *)*state)->loop, .stop_after = 5};
	struct seen *seen = *state;

	assert_int_equal(loop_add_timer(seen->loop, MS, stop_timers, seen), 0);
	assert_int_equal(loop_add_timer(seen->loop, 2 * MS, on_time, &other), 0);
	assert_int_equal(loop_run(seen->loop), 42);
	assert_int_equal(seen->calls, 100);
}

static void a_silenced_descriptor_waits(void **state)
{
	struct seen *seen = *state;

	seen->stop_after = 2;
	assert_int_equal(write(seen->pipe[1], "a", 1), 1);
	assert_int_equal(loop_add_fd(seen->loop, seen->pipe[0], EPOLLIN, remove_itself, seen), 0);
	assert_int_equal(loop_change_fd(seen->loop, seen->pipe[0], 0), 0);
	assert_int_equal(loop_add_timer(seen->loop, MS, on_time, seen), 0);
	assert_int_equal(loop_run(seen->loop), 42);
	assert_int_equal(seen->calls, 2);
}

static void a_signal_arrives_in_the_loop(void **state)
{
	struct seen *seen = *state;

	seen->stop_after = 1;
	assert_int_equal(loop_add_signal(seen->loop, SIGHUP, on_signal, seen), 0);
	assert_int_equal(raise(SIGHUP), 0);
	assert_int_equal(seen->calls, 0);
	assert_int_equal(loop_run(seen->loop), 42);
	assert_int_equal(seen->signal, SIGHUP);
}

static void the_service_manager_is_told(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t length = sizeof(address);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[64] = "";

	(void)state;
	/* A name that the kernel chooses, in the abstract name space: nothing to clean up. */
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	address.sun_path[length - sizeof(sa_family_t)] = '\0';
	address.sun_path[0] = '@';
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	loop_notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), 7);
	assert_string_equal(text, "READY=1");
	loop_notify("READY=1"); /* nobody there: nothing happens */
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_readable_descriptor_is_served_until_stopped, enter, leave),
		cmocka_unit_test_setup_teardown(a_timer_comes_again, enter, leave),
		cmocka_unit_test_setup_teardown(a_descriptor_can_remove_itself, enter, leave),
		cmocka_unit_test_setup_teardown(a_timer_can_remove_itself, enter, leave),
		cmocka_unit_test_setup_teardown(a_silenced_descriptor_waits, enter, leave),
		cmocka_unit_test_setup_teardown(a_signal_arrives_in_the_loop, enter, leave),
		cmocka_unit_test(the_service_manager_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
