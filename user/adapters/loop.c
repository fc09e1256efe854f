/* SPDX-License-Identifier: BSD-2-Clause */
/* sd-event behind a small face. Every source belongs to the loop: loop_free releases what was not removed. Sources
 * are kept in a list since they are few (interfaces, the control socket and its clients, a dozen timers). */
#include "user/adapters/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>

#define NS_PER_US 1000

struct watch {
	struct watch *next;
	struct loop *loop;
	sd_event_source *source;
	int fd; /* -1 for timers and signals */
	uint64_t every_us; /* timers */
	union {
		loop_fd_fn on_ready;
		loop_timer_fn on_time;
		loop_signal_fn on_signal;
	};
	void *context;
};

struct loop {
	sd_event *event;
	struct watch *watches;
};

int loop_new(struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int err;

	if (!loop)
		return -ENOMEM;
	err = sd_event_new(&loop->event);
	/* Not fatal: without a manager there is nobody to feed. */
	if (err >= 0)
		sd_event_set_watchdog(loop->event, true);
	if (err < 0) {
		loop_free(loop);
		return err;
	}
	*ret_loop = loop;
	return 0;
}

static void watch_free(struct watch *watch)
{
	sd_event_source_disable_unref(watch->source);
	free(watch);
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	while (loop->watches) {
		struct watch *watch = loop->watches;

		loop->watches = watch->next;
		watch_free(watch);
	}
	sd_event_unref(loop->event);
	free(loop);
}

static struct watch *watch_new(struct loop *loop, int fd, void *context)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->loop = loop;
	watch->fd = fd;
	watch->context = context;
	return watch;
}

/* Hand the watch to the loop, or free it if sd-event did not take it. */
static int watch_keep(struct watch *watch, int err)
{
	if (err < 0) {
		watch_free(watch);
		return err;
	}
	watch->next = watch->loop->watches;
	watch->loop->watches = watch;
	return 0;
}

static struct watch **watch_find(struct loop *loop, int fd)
{
	struct watch **at = &loop->watches;

	while (*at && (*at)->fd != fd)
		at = &(*at)->next;
	return at;
}

/* The callback may remove this very watch: nothing here touches it afterwards, and sd-event holds its own reference
 * to the source while it dispatches. */
static int on_fd(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct watch *watch = userdata;

	(void)source;
	watch->on_ready(watch->context, fd, events);
	return 0;
}

int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_fn on_ready, void *context)
{
	struct watch *watch;

	if (fd < 0)
		return -EBADF;
	if (*watch_find(loop, fd))
		return -EEXIST;
	watch = watch_new(loop, fd, context);
	if (!watch)
		return -ENOMEM;
	watch->on_ready = on_ready;
	return watch_keep(watch, sd_event_add_io(loop->event, &watch->source, fd, events, on_fd, watch));
}

int loop_change_fd(struct loop *loop, int fd, uint32_t events)
{
	struct watch *watch = fd < 0 ? NULL : *watch_find(loop, fd);

	return watch ? sd_event_source_set_io_events(watch->source, events) : -ENOENT;
}

void loop_remove_fd(struct loop *loop, int fd)
{
	struct watch **at = watch_find(loop, fd);
	struct watch *watch = *at;

	if (fd < 0 || !watch)
		return;
	*at = watch->next;
	watch_free(watch);
}

/* The next time is counted from now, not from when it was due: a loop that was held up does not run to catch up. Set
 * before the call, which may remove the timer. */
static int on_timer(sd_event_source *source, uint64_t due_us, void *userdata)
{
	struct watch *watch = userdata;
	int err;

	(void)due_us;
	err = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	if (err >= 0)
		err = sd_event_source_set_time_relative(source, watch->every_us);
	watch->on_time(watch->context);
	return err;
}

int loop_add_timer(struct loop *loop, uint64_t every_ns, loop_timer_fn on_time, void *context)
{
	uint64_t every_us = every_ns / NS_PER_US;
	struct watch *watch;

	if (!every_us)
		return -EINVAL;
	watch = watch_new(loop, -1, context);
	if (!watch)
		return -ENOMEM;
	watch->every_us = every_us;
	watch->on_time = on_time;
	/* An accuracy of 1 us: the default (250 ms) would gather our timers with others'. */
	return watch_keep(watch, sd_event_add_time_relative(loop->event, &watch->source, CLOCK_MONOTONIC, every_us, 1,
							    on_timer, watch));
}

void loop_remove_timers(struct loop *loop, const void *context)
{
	struct watch **at = &loop->watches;

	while (*at) {
		struct watch *watch = *at;

		if (watch->every_us && watch->context == context) {
			*at = watch->next;
			watch_free(watch);
		} else {
			at = &watch->next;
		}
	}
}

static int on_signal_source(sd_event_source *source, const struct signalfd_siginfo *siginfo, void *userdata)
{
	struct watch *watch = userdata;

	(void)source;
	watch->on_signal(watch->context, (int)siginfo->ssi_signo);
	return 0;
}

int loop_add_signal(struct loop *loop, int signal, loop_signal_fn on_signal, void *context)
{
	struct watch *watch;
	sigset_t set;
	int err;

	sigemptyset(&set);
	if (sigaddset(&set, signal))
		return -EINVAL;
	err = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (err)
		return -err;
	watch = watch_new(loop, -1, context);
	if (!watch)
		return -ENOMEM;
	watch->on_signal = on_signal;
	return watch_keep(watch, sd_event_add_signal(loop->event, &watch->source, signal, on_signal_source, watch));
}

int loop_run(struct loop *loop)
{
	return sd_event_loop(loop->event);
}

void loop_stop(struct loop *loop, int code)
{
	sd_event_exit(loop->event, code);
}

void loop_notify(const char *state)
{
	sd_notify(false, state);
}
