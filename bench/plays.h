/* SPDX-License-Identifier: BSD-2-Clause */
/* All scenes that are measured, ended by one without a name. */
#ifndef BENCH_PLAYS_H
#define BENCH_PLAYS_H

#include "bench/play.h"

extern const struct play plays[];

#endif
