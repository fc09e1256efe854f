/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses, sources and prefixes: the one 64-bit key of bpf/gatepost.h, read and written. */
#ifndef GATEPOST_ADDR_H
#define GATEPOST_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/gatepost.h"

/* An address in network order, IPv4 as ::ffff:a.b.c.d. */
struct addr {
	uint8_t byte[16];
};

/* A source and how many of its leading bits count: 64 is one source (an IPv4 address, an IPv6 /64). */
struct prefix {
	uint64_t source;
	uint8_t bits;
};

#define ADDR_TEXT_BYTES 48 /* any of the texts below, with its end */

bool addr_is_v4(const struct addr *addr);
uint64_t addr_source(const struct addr *addr);
int addr_parse(const char *text, struct addr *ret_addr); /* -EINVAL */
/* "192.0.2.7", "2001:db8::7". All the *_text functions return `buffer`, ADDR_TEXT_BYTES long. */
const char *addr_text(const struct addr *addr, char *buffer);

bool source_is_v4(uint64_t source);
const char *source_text(uint64_t source, char *buffer); /* "192.0.2.7", "2001:db8:1:2::/64" */

/* "192.0.2.7", "192.0.2.0/24", "2001:db8::/48"; host bits are cleared; an IPv6 address or a prefix longer than
 * /64 becomes its /64, since that is the unit of judgement. -EINVAL on anything else. */
int prefix_parse(const char *text, struct prefix *ret_prefix);
const char *prefix_text(const struct prefix *prefix, char *buffer);
struct prefix prefix_of(uint64_t source, uint8_t v4_bits, uint8_t v6_bits); /* family's own lengths: 24, 48 */
struct prefix prefix_of_source(uint64_t source);
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
uint8_t prefix_length(const struct prefix *prefix); /* as a person writes it: 24 for a v4 /24 */
struct gp_prefix_key prefix_key(const struct prefix *prefix); /* for the kernel's tries */

#endif
