/* SPDX-License-Identifier: BSD-2-Clause */
/* What a node says of itself every few seconds, signed, so that `gatepost fleet` shows all of them at each. Nothing is
 * decided by it. */
#ifndef GATEPOST_BEAT_H
#define GATEPOST_BEAT_H

#include "user/fleet/batch.h"

#define BEAT_BYTES_MAX (4 + FLEET_NODE_BYTES + 8 + 1 + 4 + 4 + 4 + 8 + 8 + SIGNATURE_BYTES)

struct beat {
	char node[FLEET_NODE_BYTES];
	uint64_t time_us; /* Redis's clock */
	bool enforces;
	uint32_t bans; /* in force there */
	uint32_t entries; /* known of the fleet */
	uint32_t queued; /* its own that Redis does not have yet */
	uint64_t behind; /* items of the stream that it has not heard */
	uint64_t refused;
};

size_t beat_encode(const struct beat *beat, const struct signer *signer, uint8_t *buffer); /* of BEAT_BYTES_MAX */
/* Only of a listed node, signed by it. `nodes` and *ret_node as in admission.h. */
bool beat_decode(const uint8_t *bytes, size_t length, const struct fleet_node *node, uint32_t nodes,
		 const struct signer *signer, struct beat *ret_beat, uint8_t *ret_node);

#endif
