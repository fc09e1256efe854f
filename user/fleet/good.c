/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/fleet/good.h"

#include <string.h>

#include "user/fleet/bytes.h"

#define GOOD_MAGIC 0x47504731 /* "GPG1" */

size_t good_encode(const struct good *good, const struct signer *signer, uint8_t *buffer)
{
	uint8_t *at = write_number(buffer, GOOD_MAGIC, 4);

	at = write_text(at, good->node, sizeof(good->node));
	at = write_number(at, good->time_us, 8);
	at = write_number(at, good->sources, 2);
	for (uint32_t i = 0; i < good->sources; i++)
		at = write_number(at, good->source[i], 8);
	signer->sign(signer->key, buffer, (size_t)(at - buffer), at);
	return (size_t)(at - buffer) + SIGNATURE_BYTES;
}

static bool read_good(struct reader *reader, struct good *good)
{
	if (read_number(reader, 4) != GOOD_MAGIC)
		return false;
	read_text(reader, good->node, sizeof(good->node));
	good->time_us = read_number(reader, 8);
	good->sources = (uint32_t)read_number(reader, 2);
	if (!good->sources || good->sources > GOOD_SOURCES_MAX)
		return false;
	for (uint32_t i = 0; i < good->sources; i++)
		good->source[i] = read_number(reader, 8);
	return !reader->bad && !reader->left;
}

bool good_decode(const uint8_t *bytes, size_t length, const struct fleet_node *node, uint32_t nodes,
		 const struct signer *signer, struct good *ret_good, uint8_t *ret_node)
{
	const size_t signed_bytes = length < SIGNATURE_BYTES ? 0 : length - SIGNATURE_BYTES;
	struct reader reader = {.at = bytes, .left = signed_bytes};

	if (!read_good(&reader, ret_good))
		return false;
	for (uint32_t i = 0; i < nodes; i++) {
		if (strcmp(node[i].name, ret_good->node))
			continue;
		*ret_node = (uint8_t)i;
		return signer->check(node[i].key, bytes, signed_bytes, bytes + signed_bytes);
	}
	return false;
}
