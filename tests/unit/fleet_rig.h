/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the fleet share: a signature that is only a keyed sum, nodes with such keys, entries. */
#ifndef GATEPOST_TEST_FLEET_RIG_H
#define GATEPOST_TEST_FLEET_RIG_H

#include <stdio.h>
#include <string.h>

#include "user/fleet/sync.h"

#define US_PER_S 1000000ULL
#define START_US (1700000000ULL * US_PER_S)

static void toy_sign(const void *key, const uint8_t *bytes, size_t length, uint8_t ret_signature[SIGNATURE_BYTES])
{
	static const __u64 seed[2] = {0, 0};
	uint64_t sum = 0;

	memcpy(&sum, key, sizeof(sum));
	for (size_t i = 0; i < length; i++)
		sum = gp_hash(sum ^ bytes[i], seed);
	memset(ret_signature, 0, SIGNATURE_BYTES);
	memcpy(ret_signature, &sum, sizeof(sum));
}

static bool toy_check(const uint8_t key[PUBLIC_KEY_BYTES], const uint8_t *bytes, size_t length,
		      const uint8_t signature[SIGNATURE_BYTES])
{
	uint8_t right[SIGNATURE_BYTES];

	toy_sign(key, bytes, length, right);
	return !memcmp(right, signature, SIGNATURE_BYTES);
}

static inline struct fleet_node rig_node(const char *name)
{
	struct fleet_node node = {.name = ""};

	snprintf(node.name, sizeof(node.name), "%s", name);
	snprintf((char *)node.key, sizeof(node.key), "%s's key", name);
	return node;
}

static inline struct signer rig_signer(const struct fleet_node *node)
{
	return (struct signer){.sign = toy_sign, .check = toy_check, .key = node->key};
}

static inline struct entry rig_entry(const char *target, enum entry_kind kind, uint64_t revision_us, uint64_t for_s)
{
	struct entry entry = {.kind = kind,
			      .evidence = GP_E5_OUTCOME,
			      .revision_us = revision_us,
			      .for_us = for_s * US_PER_S,
			      .first_ago_s = 60,
			      .count = 20,
			      .rule = "imap-stuffing",
			      .reason = "20 failures in 10m"};

	if (prefix_parse(target, &entry.target))
		entry.target.bits = 0;
	return entry;
}

static inline size_t rig_batch(const struct fleet_node *node, uint64_t number, const struct entry *entry,
			       uint32_t entries, uint8_t *buffer)
{
	static struct batch batch;
	const struct signer signer = rig_signer(node);

	memset(&batch, 0, sizeof(batch));
	snprintf(batch.node, sizeof(batch.node), "%s", node->name);
	batch.number = number;
	batch.entries = entries;
	memcpy(batch.entry, entry, entries * sizeof(*entry));
	return batch_encode(&batch, &signer, buffer);
}

/* Random, the same for the same seed. */
static inline uint64_t rig_random(uint64_t *state, uint64_t below)
{
	static const __u64 seed[2] = {0, 0};

	*state += 0x9e3779b97f4a7c15ULL;
	return below ? gp_hash(*state, seed) % below : 0;
}

#endif
