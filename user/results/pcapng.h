/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes captures in which each packet says what became of it: pcapng (draft-ietf-opsawg-pcapng), one section, one
 * Ethernet interface, nanoseconds, packets with comments and a verdict as xdpdump writes it and Wireshark shows it
 * (frame.comment, frame.verdict.ebpf_xdp, frame.verdict.ebpf_tc). Little endian on every machine. Knows of no files. */
#ifndef GATEPOST_PCAPNG_H
#define GATEPOST_PCAPNG_H

#include <stddef.h>
#include <stdint.h>

#include "user/core/writer.h"

enum pcapng_direction { /* epb_flags, bits 0 and 1 */
			PCAPNG_EITHER,
			PCAPNG_INBOUND,
			PCAPNG_OUTBOUND,
};
enum pcapng_hook { /* epb_verdict, the first byte: whose verdict it is */
		   PCAPNG_TC = 1,
		   PCAPNG_XDP = 2,
};

struct pcapng_packet {
	uint64_t time_ns; /* since 1970 */
	const uint8_t *bytes; /* from the Ethernet header on */
	size_t captured, length; /* bytes here, and on the wire: below 2^32 */
	enum pcapng_direction direction;
	enum pcapng_hook hook;
	int64_t verdict; /* what the program at the hook returned: XDP_PASS, TC_ACT_UNSPEC, ... */
	const char *const *comment; /* UTF-8; one that does not fit in PCAPNG_OPTIONS_BYTES is left out */
	size_t comments;
};

#define PCAPNG_OPTIONS_BYTES 8192 /* of one block */

/* Once, before the packets. `program` wrote the file. */
void pcapng_start(const struct writer *to, const char *program, const char *comment);
void pcapng_packet(const struct writer *to, const struct pcapng_packet *packet);

#endif
