/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/fleet/batch.h"

#include <string.h>

#include "user/fleet/bytes.h"

#define BATCH_MAGIC 0x47504631 /* "GPF1": also keeps a signature of ours from being used for anything else */

size_t batch_encode(const struct batch *batch, const struct signer *signer, uint8_t *buffer)
{
	uint8_t *at = write_number(buffer, BATCH_MAGIC, 4);

	at = write_text(at, batch->node, sizeof(batch->node));
	at = write_number(at, batch->number, 8);
	at = write_number(at, batch->entries, 2);
	for (uint32_t i = 0; i < batch->entries; i++)
		at += entry_encode(&batch->entry[i], at);
	signer->sign(signer->key, buffer, (size_t)(at - buffer), at);
	return (size_t)(at - buffer) + SIGNATURE_BYTES;
}

bool batch_head(const uint8_t *bytes, size_t length, struct batch_head *ret_head)
{
	const size_t signed_bytes = length < SIGNATURE_BYTES ? 0 : length - SIGNATURE_BYTES;
	struct reader reader = {.at = bytes, .left = signed_bytes};
	struct batch_head head = {.signed_bytes = signed_bytes};

	if (length > BATCH_BYTES_MAX || read_number(&reader, 4) != BATCH_MAGIC)
		return false;
	read_text(&reader, head.node, sizeof(head.node));
	head.number = read_number(&reader, 8);
	head.entries = (uint32_t)read_number(&reader, 2);
	head.body = reader.at;
	head.body_bytes = reader.left;
	if (reader.bad || !fleet_is_node_name(head.node) || !head.number || !head.entries ||
	    head.entries > BATCH_ENTRIES_MAX)
		return false;
	*ret_head = head;
	return true;
}

bool batch_decode(const struct batch_head *head, struct batch *ret_batch)
{
	const uint8_t *at = head->body;
	size_t left = head->body_bytes;

	memcpy(ret_batch->node, head->node, sizeof(ret_batch->node));
	ret_batch->number = head->number;
	ret_batch->entries = head->entries;
	for (uint32_t i = 0; i < head->entries; i++) {
		const size_t used = entry_decode(at, left, &ret_batch->entry[i]);

		if (!used)
			return false;
		at += used;
		left -= used;
	}
	return !left;
}
