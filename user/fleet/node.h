/* SPDX-License-Identifier: BSD-2-Clause */
/* A node of the fleet: its name, and the key by which it is known. */
#ifndef GATEPOST_FLEET_NODE_H
#define GATEPOST_FLEET_NODE_H

#include <stdbool.h>
#include <stdint.h>

#define FLEET_NODE_BYTES 32 /* a name with its end: letters, digits, '.', '_' and '-' */
#define PUBLIC_KEY_BYTES 32 /* Ed25519, RFC 8032 */

struct fleet_node {
	char name[FLEET_NODE_BYTES];
	uint8_t key[PUBLIC_KEY_BYTES];
};

bool fleet_is_node_name(const char *name);

#endif
