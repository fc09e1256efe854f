/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one clock of the kernel half. In production the verifier sees a constant and removes the virtual branch. */
#ifndef GATEPOST_CLOCK_BPF_H
#define GATEPOST_CLOCK_BPF_H

#include "bpf/platform.bpf.h"

#define NS_PER_S 1000000000ULL

/* The time of the last tick of the kernel's timer, a few milliseconds old at most: enough for limits and bans. A call
 * into the kernel costs a tenth of the whole verdict, so it is made once a tick: the number of ticks is a load. Who
 * meets the second word before the first is a tick late. */
INLINE __u64 clock_coarse_ns(void)
{
	__u64 jiffies;

	if (GLOBAL(clock_is_virtual))
		return GLOBAL(virtual_now_ns);
	jiffies = bpf_jiffies64();
	if (READ_ONCE(GLOBAL(clock_jiffies)) != jiffies) {
		GLOBAL(clock_ns) = bpf_ktime_get_coarse_ns();
		GLOBAL(clock_jiffies) = jiffies;
	}
	return READ_ONCE(GLOBAL(clock_ns));
}

INLINE __u64 clock_exact_ns(void)
{
	return GLOBAL(clock_is_virtual) ? GLOBAL(virtual_now_ns) : bpf_ktime_get_ns();
}

#endif
