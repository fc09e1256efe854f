/* SPDX-License-Identifier: BSD-2-Clause */
/* A SYN, shown to the kernel half's program. */
#ifndef BENCH_MONTH_KNOCK_H
#define BENCH_MONTH_KNOCK_H

#include "bench/month/guard.h"
#include "user/datapath/datapath.h"

/* Does it come in, at once or with one of its retransmissions (Linux: after 1, 3 and 7 seconds, then people give up)?
 * now_ns is of the kernel half's clock. */
bool knock(struct datapath *datapath, const struct arrival *arrival, uint64_t now_ns);

#endif
