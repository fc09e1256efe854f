/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every packet at ingress is counted once, by service and reason, and every loss is tallied. Per CPU: no packet
 * waits for another, and the user half adds up. */
#ifndef GATEPOST_COUNT_BPF_H
#define GATEPOST_COUNT_BPF_H

#include "bpf/platform.bpf.h"

#define COUNT_DROP_BIT(name, text, drops) | (__u64)(drops) << GP_REASON_##name
#define COUNT_DROPS (0 GP_REASONS(COUNT_DROP_BIT))
_Static_assert(GP_REASON_MAX <= 64, "a bit for each reason");

INLINE int reason_drops(__u32 reason)
{
	return COUNT_DROPS >> (reason & 63) & 1;
}

/* For who runs single frames; production has no such store. */
INLINE void note_reason(__u32 reason)
{
	if (GLOBAL(clock_is_virtual))
		GLOBAL(virtual_reason) = reason;
}

INLINE void count(__u8 service, __u32 reason, __u32 bytes, int spared)
{
	__u32 index = service * GP_REASON_MAX + reason;
	struct gp_counter *counter = TABLE_FIND(counters, &index);

	note_reason(reason);
	if (!counter)
		return;
	if (spared) {
		counter->spared++;
		counter->spared_bytes += bytes;
	} else {
		counter->packets++;
		counter->bytes += bytes;
	}
}

INLINE void tally(enum gp_tally which)
{
	__u32 index = which;
	__u64 *number = TABLE_FIND(tallies, &index);

	if (number)
		*number += 1;
}

#endif
