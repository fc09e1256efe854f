/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel filter of a live capture, in the words of pcap-filter(7). */
#ifndef GATEPOST_CAPTURE_FILTER_H
#define GATEPOST_CAPTURE_FILTER_H

#include <stddef.h>
#include <stdint.h>

/* TCP to or from the ports, without a VLAN tag, with one or with two, and every IPv6 packet that starts with an
 * extension header: the filter cannot look behind those, the parser can. -E2BIG, -EINVAL for no ports. */
int capture_filter_text(const uint16_t *ports, size_t count, char *buffer, size_t size);

#endif
