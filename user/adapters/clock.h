/* SPDX-License-Identifier: BSD-2-Clause */
/* The only place that reads a clock. Everything else is told the time. */
#ifndef GATEPOST_CLOCK_H
#define GATEPOST_CLOCK_H

#include <stdint.h>

uint64_t clock_monotonic_ns(void); /* the kernel half's clock */
uint64_t clock_wall_ns(void); /* since 1970 */
/* "2026-03-01T12:00:00Z" into a buffer of at least 24 bytes; returns it. */
const char *clock_text(uint64_t wall_ns, char *buffer);

#endif
