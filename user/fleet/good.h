/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources from which somebody logged in lately at one node, signed by it, so that a subscriber who arrives at another
 * edge is known there. Best effort: nothing is asked for again, and a day later it is worth nothing. */
#ifndef GATEPOST_GOOD_H
#define GATEPOST_GOOD_H

#include "user/fleet/batch.h"

#define GOOD_SOURCES_MAX 1024
#define GOOD_BYTES_MAX (4 + FLEET_NODE_BYTES + 8 + 2 + 8 * GOOD_SOURCES_MAX + SIGNATURE_BYTES)

struct good {
	char node[FLEET_NODE_BYTES];
	uint64_t time_us; /* Redis's clock, when it was told */
	uint32_t sources; /* 1..GOOD_SOURCES_MAX */
	uint64_t source[GOOD_SOURCES_MAX];
};

size_t good_encode(const struct good *good, const struct signer *signer, uint8_t *buffer); /* of GOOD_BYTES_MAX */
/* Only of a listed node, signed by it. */
bool good_decode(const uint8_t *bytes, size_t length, const struct fleet_node *node, uint32_t nodes,
		 const struct signer *signer, struct good *ret_good, uint8_t *ret_node);

#endif
