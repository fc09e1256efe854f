/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one clock of the kernel half. In production the verifier sees a constant and removes the virtual branch. */
#ifndef GATEPOST_CLOCK_BPF_H
#define GATEPOST_CLOCK_BPF_H

#include "bpf/platform.bpf.h"

#define NS_PER_US 1000
#define NS_PER_MS 1000000
#define NS_PER_S 1000000000

/* The time of the last tick, a few milliseconds old at most: enough for limits and bans, and it costs a load where
 * reading the counter of the CPU would first wait for every load under way. */
INLINE __u64 clock_coarse_ns(void)
{
	return GLOBAL(clock_is_virtual) ? GLOBAL(virtual_now_ns) : bpf_ktime_get_coarse_ns();
}

INLINE __u64 clock_exact_ns(void)
{
	return GLOBAL(clock_is_virtual) ? GLOBAL(virtual_now_ns) : bpf_ktime_get_ns();
}

/* The unit of limits and moments: microseconds modulo 2^44. */
INLINE __u64 clock_us(__u64 time_ns)
{
	return time_ns / NS_PER_US & GP_TIME_MASK;
}

#endif
