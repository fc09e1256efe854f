/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a Redis or a Sentinel is: an address and a port, or the path of a Unix socket. No names: looking one up would
 * hold up the loop. */
#ifndef GATEPOST_FLEET_ADDRESS_H
#define GATEPOST_FLEET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#define FLEET_ADDRESS_BYTES 128
#define FLEET_REDIS_PORT 6379

struct fleet_address {
	char host[108]; /* or the path: sun_path of unix(7) */
	uint16_t port; /* 0: Unix */
	char text[FLEET_ADDRESS_BYTES]; /* as written */
};

/* "192.0.2.1:6379", "[2001:db8::1]:6379", "/run/redis/redis.sock"; without a port, 6379. -EINVAL */
int fleet_address_parse(const char *text, struct fleet_address *ret_address);
/* The same of an address and a port. -EINVAL: it is none. */
int fleet_address_of(const char *host, uint16_t port, struct fleet_address *ret_address);

#endif
