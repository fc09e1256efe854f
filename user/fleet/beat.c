/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/fleet/beat.h"

#include <string.h>

#include "user/fleet/bytes.h"

#define BEAT_MAGIC 0x47504231 /* "GPB1" */

size_t beat_encode(const struct beat *beat, const struct signer *signer, uint8_t *buffer)
{
	uint8_t *at = write_number(buffer, BEAT_MAGIC, 4);

	at = write_text(at, beat->node, sizeof(beat->node));
	at = write_number(at, beat->time_us, 8);
	at = write_number(at, beat->enforces, 1);
	at = write_number(at, beat->bans, 4);
	at = write_number(at, beat->entries, 4);
	at = write_number(at, beat->queued, 4);
	at = write_number(at, beat->behind, 8);
	at = write_number(at, beat->refused, 8);
	signer->sign(signer->key, buffer, (size_t)(at - buffer), at);
	return (size_t)(at - buffer) + SIGNATURE_BYTES;
}

static bool read_beat(struct reader *reader, struct beat *beat)
{
	uint64_t enforces;

	if (read_number(reader, 4) != BEAT_MAGIC)
		return false;
	read_text(reader, beat->node, sizeof(beat->node));
	beat->time_us = read_number(reader, 8);
	enforces = read_number(reader, 1);
	beat->enforces = enforces == 1;
	beat->bans = (uint32_t)read_number(reader, 4);
	beat->entries = (uint32_t)read_number(reader, 4);
	beat->queued = (uint32_t)read_number(reader, 4);
	beat->behind = read_number(reader, 8);
	beat->refused = read_number(reader, 8);
	return !reader->bad && !reader->left && enforces <= 1;
}

bool beat_decode(const uint8_t *bytes, size_t length, const struct fleet_node *node, uint32_t nodes,
		 const struct signer *signer, struct beat *ret_beat, uint8_t *ret_node)
{
	struct reader reader = {.at = bytes, .left = length < SIGNATURE_BYTES ? 0 : length - SIGNATURE_BYTES};
	const size_t signed_bytes = reader.left;
	struct beat beat;

	memset(&beat, 0, sizeof(beat));
	if (!read_beat(&reader, &beat))
		return false;
	for (uint32_t i = 0; i < nodes; i++) {
		if (strcmp(node[i].name, beat.node))
			continue;
		if (!signer->check(node[i].key, bytes, signed_bytes, bytes + signed_bytes))
			return false;
		*ret_beat = beat;
		*ret_node = (uint8_t)i;
		return true;
	}
	return false;
}
