/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of one node under one signature: what is written to Redis and read from it. One entry when a ban is alone,
 * up to 256 when there are many, since a signature is by far the dearest thing here (checking one costs as much as
 * reading a few hundred entries). */
#ifndef GATEPOST_BATCH_H
#define GATEPOST_BATCH_H

#include "user/fleet/entry.h"
#include "user/fleet/node.h"

#define BATCH_ENTRIES_MAX 256
#define SIGNATURE_BYTES 64 /* Ed25519, RFC 8032 */
#define BATCH_HEAD_BYTES (4 + 1 + FLEET_NODE_BYTES - 1 + 8 + 2)
#define BATCH_BYTES_MAX (BATCH_HEAD_BYTES + BATCH_ENTRIES_MAX * ENTRY_BYTES_MAX + SIGNATURE_BYTES)

/* How bytes are signed and checked: the core is given these and sees no key of its own. */
struct signer {
	void (*sign)(const void *key, const uint8_t *bytes, size_t length, uint8_t ret_signature[SIGNATURE_BYTES]);
	bool (*check)(const uint8_t public_key[PUBLIC_KEY_BYTES], const uint8_t *bytes, size_t length,
		      const uint8_t signature[SIGNATURE_BYTES]);
	const void *key;
};

struct batch {
	char node[FLEET_NODE_BYTES];
	uint64_t
		number; /* of this node, never less than the one before: an old batch that comes again is known by it */
	uint32_t entries;
	struct entry entry[BATCH_ENTRIES_MAX];
};

/* Bytes written to `buffer` of BATCH_BYTES_MAX, signature and all. */
size_t batch_encode(const struct batch *batch, const struct signer *signer, uint8_t *buffer);

/* Whose batch is it, and what is signed? Cheap, and nothing of it is to be believed yet. False: it is no batch. */
struct batch_head {
	char node[FLEET_NODE_BYTES];
	uint64_t number;
	uint32_t entries;
	const uint8_t *body; /* the entries, in the bytes that were given */
	size_t body_bytes;
	size_t signed_bytes; /* the signature is what follows them */
};
bool batch_head(const uint8_t *bytes, size_t length, struct batch_head *ret_head);
/* All entries make sense and nothing is left over. */
bool batch_decode(const struct batch_head *head, struct batch *ret_batch);

#endif
