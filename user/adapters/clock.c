/* SPDX-License-Identifier: BSD-2-Clause */
/* The only place that reads a clock; see clock.h. */
#include "user/adapters/clock.h"

#include <stdio.h>
#include <time.h>

#define NS_PER_S 1000000000ULL
#define CLOCK_TEXT_BYTES 24

static uint64_t clock_read_ns(clockid_t id)
{
	struct timespec now;

	/* Cannot fail: both clocks exist on every Linux. */
	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* bpf_ktime_get_ns() is CLOCK_MONOTONIC as well: the times of both halves can be compared. */
uint64_t clock_monotonic_ns(void)
{
	return clock_read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_wall_ns(void)
{
	return clock_read_ns(CLOCK_REALTIME);
}

const char *clock_text(uint64_t wall_ns, char *buffer)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm utc;

	/* 2^64 ns ends in the year 2554: four digits always do. */
	if (!gmtime_r(&seconds, &utc) || !strftime(buffer, CLOCK_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &utc))
		snprintf(buffer, CLOCK_TEXT_BYTES, "?");
	return buffer;
}
