/* SPDX-License-Identifier: BSD-2-Clause */
/* The one loop of the one thread: file descriptors, timers and signals (sd-event), and the messages to the service
 * manager that started us, if one did. */
#ifndef GATEPOST_LOOP_H
#define GATEPOST_LOOP_H

#include <stdint.h>

struct loop;

typedef void (*loop_fd_fn)(void *context, int fd, uint32_t events); /* EPOLLIN ... */
typedef void (*loop_timer_fn)(void *context);
typedef void (*loop_signal_fn)(void *context, int signal);

int loop_new(struct loop **ret_loop);
void loop_free(struct loop *loop);
/* -EEXIST: this descriptor is watched already; -EPERM: a regular file cannot be watched. */
int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_fn on_ready, void *context);
int loop_change_fd(struct loop *loop, int fd, uint32_t events); /* -ENOENT */
void loop_remove_fd(struct loop *loop, int fd); /* not closed */
/* Monotonic; calls missed while something else ran are not made up for. -EINVAL for 0. */
int loop_add_timer(struct loop *loop, uint64_t every_ns, loop_timer_fn on_time, void *context);
void loop_remove_timers(struct loop *loop, const void *context); /* all that were added with it */
int loop_add_signal(struct loop *loop, int signal, loop_signal_fn on_signal, void *context); /* blocks it first */
int loop_run(struct loop *loop); /* until loop_stop; the code given there */
void loop_stop(struct loop *loop, int code);

/* "READY=1", "RELOADING=1", "STATUS=..." (sd_notify(3)); nothing happens without a service manager. The watchdog,
 * where the manager asks for one, is fed by the loop itself: a loop that hangs is restarted. */
void loop_notify(const char *state);

#endif
