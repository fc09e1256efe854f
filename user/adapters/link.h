/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands before the IP packet on the links that a capture can come from: where it starts, and its EtherType. */
#ifndef GATEPOST_LINK_H
#define GATEPOST_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* By pcap-linktype(7); the numbers of libpcap are translated in capture.c. */
enum link {
	LINK_ETHERNET,
	LINK_SLL, /* Linux "any" */
	LINK_SLL2,
	LINK_RAW, /* IP at once */
	LINK_FAMILY, /* four bytes of address family: BSD loopback */
	LINK_PPP,
	LINK_PPP_SERIAL, /* with HDLC address and control */
	LINK_CISCO_HDLC,
};

/* Not for LINK_ETHERNET. Too short or unknown: false, and nothing is written. */
bool link_parse(enum link link, const uint8_t *bytes, size_t captured, size_t *ret_header_bytes,
		uint16_t *ret_ethertype);

#endif
