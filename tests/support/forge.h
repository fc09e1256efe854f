/* SPDX-License-Identifier: BSD-2-Clause */
/* What the forger's program in the kernel and its driver agree on. */
#ifndef GATEPOST_TESTS_FORGE_H
#define GATEPOST_TESTS_FORGE_H

#include <linux/types.h>

/* Where the template frame is rewritten, and with what. Offsets are of the frame. */
struct forge_layout {
	__u32 source; /* 32 bits of the source address: all of IPv4, the second word of IPv6 */
	__u32 source_mask_be; /* its bits that are random; zero in the template */
	__u32 tcp;
	__u32 ip_check; /* 0: IPv6 has none */
	__u32 is_data; /* draws an acknowledgement, too */
	__u32 port; /* of the server */
};

#define FORGE_IDLE_MAX 1000

#endif
