/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes from Redis as a listed node with a right signature could send them: what is read is written back the same, and
 * any order of answers leaves the node within its memory and able to go on. */
#include <stdlib.h>

#include "tests/unit/fleet_rig.h"
#include "user/fleet/address.h"
#include "user/fleet/beat.h"
#include "user/fleet/good.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define ENTRIES 64

static uint8_t buffer[BATCH_BYTES_MAX], outgoing[BATCH_BYTES_MAX];
static struct batch batch;

static void sign(const void *key, const uint8_t *bytes, size_t length, uint8_t ret_signature[SIGNATURE_BYTES])
{
	(void)key;
	(void)bytes;
	(void)length;
	memset(ret_signature, 0, SIGNATURE_BYTES);
}

static bool check(const uint8_t key[PUBLIC_KEY_BYTES], const uint8_t *bytes, size_t length,
		  const uint8_t signature[SIGNATURE_BYTES])
{
	(void)key;
	(void)bytes;
	(void)length;
	(void)signature;
	return true;
}

static const struct signer signer = {sign, check, NULL};

static void write_back(const uint8_t *bytes, size_t length)
{
	struct batch_head head;

	if (!batch_head(bytes, length, &head) || !batch_decode(&head, &batch))
		return;
	if (batch_encode(&batch, &signer, buffer) != length || memcmp(buffer, bytes, length - SIGNATURE_BYTES))
		abort();
}

/* ---- a node that hears all that --------------------------------------------------------------------------------- */

struct heard {
	struct sync *sync;
	bool publishing;
};

static void nothing(void *context)
{
	(void)context;
}

static void nothing_of(void *context, const char *text)
{
	(void)context;
	if (strlen(text) >= 64)
		abort();
}

static void publish(void *context, const char *field, const uint8_t *bytes, size_t length, uint64_t for_ms)
{
	struct heard *heard = context;

	(void)for_ms;
	if (heard->publishing || !*field || length > sizeof(outgoing))
		abort(); /* one at a time */
	memcpy(outgoing, bytes, length);
	heard->publishing = true;
}

static void changed(void *context, const struct prefix *target)
{
	struct heard *heard = context;
	struct fleet_standing standing;

	replica_standing(sync_replica(heard->sync), target, START_US, &standing);
}

static struct sync *node_new(struct heard *heard, struct fleet_node *nodes)
{
	struct sync_options options = {
		.admission = {.nodes = 2,
			      .node = nodes,
			      .widest_v4_bits = 8,
			      .widest_v6_bits = 16,
			      .longest_us = ENTRY_FOR_MAX_US,
			      .entry_every_us = 10,
			      .burst_us = 1000,
			      .share = 40},
		.signer = signer,
		.link = {heard, nothing, nothing_of, nothing_of, publish},
		.sink = {heard, changed, NULL, NULL},
		.entries_max = ENTRIES,
		.queue_max = 16,
		.jitter_us = 1000,
		.seed = 1,
		.guess_us = START_US,
	};

	nodes[0] = rig_node("a");
	nodes[1] = rig_node("b");
	if (sync_new(&heard->sync, &options))
		abort();
	return heard->sync;
}

/* Every batch in the way that it comes in through: as one of node "b", with a number that may be heard. */
static void hear(struct sync *sync, const uint8_t *bytes, size_t length, uint64_t number, bool live, uint64_t mono_us)
{
	char id[SYNC_ID_BYTES];

	snprintf(id, sizeof(id), "%llu-0", (unsigned long long)number);
	if (live)
		sync_heard(sync, id, number, bytes, length, mono_us);
	else
		sync_batch(sync, bytes, length, mono_us);
}

static void step(struct heard *heard, const uint8_t *bytes, size_t length, uint8_t what, uint64_t *number,
		 uint64_t mono_us)
{
	struct sync_mark mark = {.redis_us = START_US + mono_us * (what >> 4), .run = "run", .last_id = "1-1"};
	struct entry entry;

	mark.counter = *number;
	switch (what & 7) {
	case 0:
		sync_connected(heard->sync, mono_us);
		sync_marked(heard->sync, &mark, mono_us);
		break;
	case 1:
		hear(heard->sync, bytes, length, 0, false, mono_us);
		break;
	case 2:
		sync_paged(heard->sync, "0", mono_us);
		break;
	case 3:
		hear(heard->sync, bytes, length, ++*number, true, mono_us);
		break;
	case 4:
		if (entry_decode(bytes, length, &entry))
			sync_decide(heard->sync, &entry, mono_us);
		break;
	case 5:
		heard->publishing = false;
		sync_published(heard->sync, what & 8, mono_us);
		break;
	case 6:
		heard->publishing = false;
		sync_lost(heard->sync, mono_us);
		break;
	default:
		sync_clock(heard->sync, mark.redis_us, *number + (what >> 6), mono_us);
	}
	sync_tick(heard->sync, mono_us);
	sync_pump(heard->sync, mono_us);
	if (replica_count(sync_replica(heard->sync)) > ENTRIES)
		abort();
}

/* Steps of one byte what, two bytes length, and that much. */
static void live(const uint8_t *bytes, size_t length)
{
	struct fleet_node nodes[2];
	struct heard heard = {.sync = NULL};
	struct sync *sync = node_new(&heard, nodes);
	uint64_t number = 1, mono_us = 1;

	while (length > 3) {
		size_t size = (size_t)bytes[1] << 8 | bytes[2];

		if (size > length - 3)
			size = length - 3;
		step(&heard, bytes + 3, size, bytes[0], &number, mono_us);
		bytes += 3 + size;
		length -= 3 + size;
		mono_us += 100000;
	}
	sync_free(sync);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct fleet_node node = rig_node("a");
	struct fleet_address address;
	static struct good good;
	struct beat beat;
	char text[64];
	uint8_t from;

	write_back(bytes, length);
	beat_decode(bytes, length, &node, 1, &signer, &beat, &from);
	if (good_decode(bytes, length, &node, 1, &signer, &good, &from) &&
	    (good_encode(&good, &signer, buffer) != length || memcmp(buffer, bytes, length - SIGNATURE_BYTES)))
		abort();
	snprintf(text, sizeof(text), "%.*s", (int)(length < 63 ? length : 63), (const char *)bytes);
	fleet_address_parse(text, &address);
	live(bytes, length);
	return 0;
}
