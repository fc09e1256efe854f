/* SPDX-License-Identifier: BSD-2-Clause */
/* The course of a month: connections overlap, and what happens on them is put in the order of time; each guard hears
 * what it let through, and stops the rest. */
#ifndef BENCH_MONTH_COURSE_H
#define BENCH_MONTH_COURSE_H

#include "bench/month/guard.h"
#include "bench/month/balance.h"
#include "user/synth/event.h"

struct course;

/* The guards and the balance outlive the course. Until `observe_until_ns` everybody hears, nobody is stopped and
 * nothing is counted: so a guard is put up (observe first). -ENOMEM */
int course_new(struct course **ret_course, struct guard *const *guard, unsigned guards, struct balance *balance,
	       uint64_t observe_until_ns);
void course_free(struct course *course);

/* Another connection, not earlier than the one before. `family` as in balance.h; the server thinks about a wrong
 * password for failure_delay_ns. -ENOMEM */
int course_connection(struct course *course, const struct synth_connection *connection, unsigned family,
		      uint64_t failure_delay_ns);
void course_finish(struct course *course); /* nobody comes any more: what is under way goes on to its end */

#endif
