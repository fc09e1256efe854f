/* SPDX-License-Identifier: BSD-2-Clause */
/* The one loop of the one thread: file descriptors, timers and signals (sd-event). */
#ifndef GATEPOST_LOOP_H
#define GATEPOST_LOOP_H

#include <stdint.h>

struct loop;

typedef void (*loop_fd_fn)(void *context, int fd, uint32_t events); /* EPOLLIN ... */
typedef void (*loop_timer_fn)(void *context);
typedef void (*loop_signal_fn)(void *context, int signal);

int loop_new(struct loop **ret_loop);
void loop_free(struct loop *loop);
int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_fn on_ready, void *context);
int loop_change_fd(struct loop *loop, int fd, uint32_t events);
void loop_remove_fd(struct loop *loop, int fd); /* not closed */
int loop_add_timer(struct loop *loop, uint64_t every_ns, loop_timer_fn on_time, void *context);
int loop_add_signal(struct loop *loop, int signal, loop_signal_fn on_signal, void *context); /* blocks it first */
int loop_run(struct loop *loop); /* until loop_stop; the code given there */
void loop_stop(struct loop *loop, int code);

#endif
