/* SPDX-License-Identifier: BSD-2-Clause */
/* A world in one process: a model of Redis, nodes with clocks of their own, and connections that delay and break. Time
 * goes in steps of a millisecond; everything random comes from the seed. */
#ifndef GATEPOST_TEST_FLEET_WORLD_H
#define GATEPOST_TEST_FLEET_WORLD_H

#include <inttypes.h>
#include <stdlib.h>

#include "tests/unit/fleet_rig.h"

#define WORLD_NODES 4
#define WORLD_TARGETS 6
#define WORLD_BATCHES 4096
#define WORLD_KEPT 4096
#define WORLD_QUEUE 256
#define WORLD_LONGEST_S 60

/* ---- Redis ------------------------------------------------------------------------------------------------------- */

struct stored {
	char field[64];
	uint8_t *bytes; /* for ever: what Redis forgets may still be on its way */
	size_t length;
	uint64_t end_us, id, number; /* id 0: free (state), or trimmed (stream) */
};

struct redis_state {
	struct stored batch[WORLD_BATCHES], item[WORLD_BATCHES];
	uint32_t batches, items;
	uint64_t counter, last_id;
};

struct redis {
	struct redis_state now, saved; /* saved: what a restart brings back */
	uint64_t run, clock_offset_us;
	bool up;
};

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

enum word { WORD_MARK, WORD_PAGE, WORD_FOLLOW, WORD_PUBLISH, WORD_BEAT };
struct message {
	enum word word;
	uint64_t due_us;
	bool answered; /* it is the answer: on its way back */
	struct sync_mark mark;
	char text[64]; /* cursor, id or field; then the next cursor */
	const uint8_t *bytes;
	size_t length;
	uint64_t for_ms, counter;
	bool arrived;
	struct stored item[16];
	uint32_t items;
};

struct kept {
	struct entry entry;
	bool sent;
	uint64_t wall_us; /* of the node's own clock, when it was decided */
};

struct world;
struct world_node {
	struct world *world;
	uint8_t index;
	struct sync *sync;
	struct fleet_node list[WORLD_NODES]; /* it is the first of its own list */
	bool connected, reachable;
	uint64_t mono_offset_us, wall_skew_us, correction_us, connect_at_us, beat_at_us;
	struct message queue[WORLD_QUEUE];
	uint32_t messages;
	struct kept kept[WORLD_TARGETS * 2];
};

struct told {
	uint8_t node;
	struct entry entry;
};

struct world {
	uint64_t now_us, random;
	struct redis redis;
	struct world_node node[WORLD_NODES];
	uint32_t nodes;
	struct told told[WORLD_KEPT]; /* all that was ever signed: what everybody must know in the end */
	uint32_t tolds, decided, snapshots, gaps, refused;
	uint32_t stream_cap;
	uint8_t *bytes[4 * WORLD_BATCHES];
	uint32_t byte_arrays;
};

static inline uint64_t world_random(struct world *world, uint64_t below)
{
	return rig_random(&world->random, below);
}

static inline uint64_t node_mono_us(const struct world_node *node)
{
	return node->world->now_us + node->mono_offset_us;
}

static inline uint64_t node_wall_us(const struct world_node *node)
{
	return node->world->now_us + START_US + node->wall_skew_us;
}

static inline uint64_t redis_time_us(const struct world *world)
{
	return world->now_us + START_US + world->redis.clock_offset_us;
}

/* ---- Redis answers ----------------------------------------------------------------------------------------------- */

static inline void redis_purge(struct world *world)
{
	struct redis_state *state = &world->redis.now;

	for (uint32_t i = 0; i < state->batches; i++)
		if (state->batch[i].id && state->batch[i].end_us <= redis_time_us(world))
			state->batch[i].id = 0;
}

static inline void redis_trim(struct world *world, uint32_t keep)
{
	struct redis_state *state = &world->redis.now;

	for (uint32_t i = 0; i + keep < state->items; i++)
		state->item[i].id = 0;
}

/* What was flushed does not begin where somebody stands. */
static inline void redis_count_from_now(struct world *world)
{
	if (!world->redis.now.counter)
		world->redis.now.counter = redis_time_us(world);
}

static inline void redis_publish(struct world *world, struct message *message)
{
	struct redis_state *state = &world->redis.now;
	struct stored stored = {.bytes = (uint8_t *)message->bytes, .length = message->length};

	redis_purge(world);
	snprintf(stored.field, sizeof(stored.field), "%s", message->text);
	for (uint32_t i = 0; i < state->batches; i++)
		if (state->batch[i].id && !strcmp(state->batch[i].field, stored.field))
			return;
	stored.end_us = redis_time_us(world) + message->for_ms * 1000;
	redis_count_from_now(world);
	stored.number = ++state->counter;
	stored.id = state->last_id = redis_time_us(world) > state->last_id ? redis_time_us(world) : state->last_id + 1;
	if (state->batches == WORLD_BATCHES || state->items == WORLD_BATCHES)
		abort();
	state->batch[state->batches++] = stored;
	state->item[state->items++] = stored;
	redis_trim(world, world->stream_cap);
}

static inline void redis_mark(struct world *world, struct message *message)
{
	const struct redis_state *state = &world->redis.now;

	redis_count_from_now(world);
	message->mark =
		(struct sync_mark){.redis_us = redis_time_us(world), .last_id = "0-0", .counter = state->counter};
	snprintf(message->mark.run, sizeof(message->mark.run), "%" PRIu64, world->redis.run);
	if (state->items && state->item[state->items - 1].id)
		snprintf(message->mark.last_id, sizeof(message->mark.last_id), "%" PRIu64,
			 state->item[state->items - 1].id);
}

/* Pages by place, as HSCAN's: what is there all the time is seen. */
static inline void redis_page(struct world *world, struct message *message)
{
	const struct redis_state *state = &world->redis.now;
	uint32_t at = (uint32_t)strtoul(message->text, NULL, 10);

	message->items = 0;
	for (; at < state->batches && message->items < 3; at++)
		if (state->batch[at].id)
			message->item[message->items++] = state->batch[at];
	snprintf(message->text, sizeof(message->text), "%u", at < state->batches ? at : 0);
}

/* False: nothing new yet. */
static inline bool redis_follow(struct world *world, struct message *message)
{
	const struct redis_state *state = &world->redis.now;
	const uint64_t after = strtoull(message->text, NULL, 10);

	message->items = 0;
	for (uint32_t i = 0; i < state->items && message->items < 16; i++)
		if (state->item[i].id > after)
			message->item[message->items++] = state->item[i];
	return message->items > 0;
}

/* ---- the link ---------------------------------------------------------------------------------------------------- */

static inline struct message *node_ask(struct world_node *node, enum word word, const char *text)
{
	struct message *message;

	if (node->messages == WORLD_QUEUE)
		abort();
	message = &node->queue[node->messages++];
	*message = (struct message){.word = word, .due_us = node->world->now_us + world_random(node->world, 8000)};
	snprintf(message->text, sizeof(message->text), "%s", text);
	return message;
}

static void link_mark(void *context)
{
	node_ask(context, WORD_MARK, "");
}

static void link_page(void *context, const char *cursor)
{
	node_ask(context, WORD_PAGE, cursor);
}

static inline void node_forget(struct world_node *node, enum word word)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < node->messages; i++)
		if (node->queue[i].word != word)
			node->queue[kept++] = node->queue[i];
	node->messages = kept;
}

static void link_follow(void *context, const char *after_id)
{
	node_forget(context, WORD_FOLLOW);
	node_ask(context, WORD_FOLLOW, after_id);
}

static void link_publish(void *context, const char *field, const uint8_t *bytes, size_t length, uint64_t for_ms)
{
	struct world_node *node = context;
	struct message *message = node_ask(node, WORD_PUBLISH, field);
	uint8_t *copy = malloc(length);

	if (!copy || node->world->byte_arrays == 4 * WORLD_BATCHES)
		abort();
	memcpy(copy, bytes, length);
	node->world->bytes[node->world->byte_arrays++] = copy;
	message->bytes = copy;
	message->length = length;
	message->for_ms = for_ms;
}

static inline void redis_execute(struct world *world, struct message *message)
{
	switch (message->word) {
	case WORD_MARK:
		redis_mark(world, message);
		break;
	case WORD_PAGE:
		redis_page(world, message);
		break;
	case WORD_FOLLOW:
		if (!redis_follow(world, message))
			return; /* it blocks */
		break;
	case WORD_PUBLISH:
		redis_publish(world, message);
		message->arrived = true;
		break;
	case WORD_BEAT:
		redis_purge(world);
		message->mark.redis_us = redis_time_us(world);
		message->counter = world->redis.now.counter;
		break;
	}
	message->answered = true;
	message->due_us = world->now_us + world_random(world, 8000);
}

static inline void node_answer(struct world_node *node, const struct message *message)
{
	const uint64_t mono_us = node_mono_us(node);

	switch (message->word) {
	case WORD_MARK:
		sync_marked(node->sync, &message->mark, mono_us);
		/* written down now and then, as a process that is killed does */
		if (world_random(node->world, 2))
			node->correction_us = message->mark.redis_us - node_wall_us(node);
		break;
	case WORD_PAGE:
		for (uint32_t i = 0; i < message->items; i++)
			sync_batch(node->sync, message->item[i].bytes, message->item[i].length, mono_us);
		sync_paged(node->sync, message->text, mono_us);
		break;
	case WORD_FOLLOW: {
		char id[64] = "";

		/* asked before what is told, so that the sync may ask otherwise */
		snprintf(id, sizeof(id), "%" PRIu64, message->item[message->items - 1].id);
		link_follow(node, id);
		for (uint32_t i = 0; i < message->items; i++) {
			snprintf(id, sizeof(id), "%" PRIu64, message->item[i].id);
			sync_heard(node->sync, id, message->item[i].number, message->item[i].bytes,
				   message->item[i].length, mono_us);
		}
		break;
	}
	case WORD_PUBLISH:
		sync_published(node->sync, message->arrived, mono_us);
		break;
	case WORD_BEAT:
		sync_clock(node->sync, message->mark.redis_us, message->counter, mono_us);
		break;
	}
}

/* Commands are answered in their order, as on one connection; FOLLOW has a connection of its own. */
static inline void node_messages(struct world_node *node)
{
	bool commands_wait = false;

	for (uint32_t i = 0; i < node->messages; i++) {
		struct message message = node->queue[i];
		const bool follows = message.word == WORD_FOLLOW;

		if (message.due_us > node->world->now_us || (!follows && commands_wait)) {
			commands_wait |= !follows;
			continue;
		}
		if (!message.answered) {
			redis_execute(node->world, &node->queue[i]);
			commands_wait |= !follows;
			continue;
		}
		memmove(&node->queue[i], &node->queue[i + 1], (node->messages - i - 1) * sizeof(message));
		node->messages--;
		node_answer(node, &message);
		return; /* the queue may be another one now */
	}
}

/* ---- a node's life ----------------------------------------------------------------------------------------------- */

static void sink_changed(void *context, const struct prefix *target)
{
	(void)context;
	(void)target;
}

static uint32_t target_index(const struct entry *entry)
{
	return (uint32_t)(entry->target.source & 0xff) * 2 + (entry->kind == ENTRY_UNBAN);
}

static void sink_keep(void *context, const struct entry *entry, bool sent)
{
	struct world_node *node = context;
	struct world *world = node->world;
	struct kept *kept = &node->kept[target_index(entry)];
	const bool anew = kept->entry.revision_us != entry->revision_us;

	if (sent) {
		if (world->tolds == WORLD_KEPT)
			abort();
		world->told[world->tolds++] = (struct told){.node = node->index, .entry = *entry};
	}
	if (anew && !sent)
		kept->wall_us = node_wall_us(node);
	kept->entry = *entry;
	kept->sent = sent;
}

static void sink_refused(void *context, const char *name, enum refusal refusal, const struct entry *entry)
{
	struct world_node *node = context;

	(void)name;
	(void)entry;
	if (refusal != REFUSED_REPLAYED && getenv("FLEET_SEED"))
		printf("# node %u refuses: %s\n", node->index, refusal_text(refusal));
	node->world->refused += refusal != REFUSED_REPLAYED; /* a lost answer makes a second delivery */
}

static inline void node_start(struct world *world, uint8_t index)
{
	struct world_node *node = &world->node[index];
	struct sync_options options = {
		.admission = {.nodes = world->nodes,
			      .node = node->list,
			      .widest_v4_bits = 20,
			      .widest_v6_bits = 44,
			      .longest_us = WORLD_LONGEST_S * US_PER_S,
			      .share = 1000},
		.link = {node, link_mark, link_page, link_follow, link_publish},
		.sink = {node, sink_changed, sink_keep, sink_refused},
		.entries_max = 200,
		.queue_max = 1000,
		.jitter_us = 50000,
		.seed = world_random(world, UINT64_MAX),
	};

	node->world = world;
	node->index = index;
	for (uint32_t i = 0; i < world->nodes; i++) {
		char name[16];

		snprintf(name, sizeof(name), "edge%u", (index + i) % world->nodes);
		node->list[i] = rig_node(name);
	}
	options.signer = rig_signer(&node->list[0]);
	options.guess_us = node_wall_us(node) + node->correction_us;
	options.mono_us = node_mono_us(node);
	node->messages = 0;
	node->connected = false;
	node->connect_at_us = world->now_us;
	if (sync_new(&node->sync, &options))
		abort();
	for (size_t i = 0; i < sizeof(node->kept) / sizeof(node->kept[0]); i++)
		if (node->kept[i].entry.revision_us)
			sync_restore(node->sync, &node->kept[i].entry, node->kept[i].sent,
				     node_wall_us(node) - node->kept[i].wall_us, node_mono_us(node));
}

static inline void node_disconnect(struct world_node *node)
{
	if (!node->connected)
		return;
	node->connected = false;
	node->messages = 0;
	node->connect_at_us = node->world->now_us + 5000 + world_random(node->world, 40000);
	sync_lost(node->sync, node_mono_us(node));
}

static inline void node_step(struct world_node *node)
{
	struct world *world = node->world;
	const bool can = world->redis.up && node->reachable;

	if (node->connected && !can)
		node_disconnect(node);
	if (!node->connected && can && world->now_us >= node->connect_at_us) {
		node->connected = true;
		node->beat_at_us = world->now_us + 100000;
		sync_connected(node->sync, node_mono_us(node));
	}
	if (node->connected && world->now_us >= node->beat_at_us) {
		node->beat_at_us = world->now_us + 100000;
		node_ask(node, WORD_BEAT, "");
	}
	if (node->connected)
		node_messages(node);
	sync_pump(node->sync, node_mono_us(node));
	sync_tick(node->sync, node_mono_us(node));
}

static inline void world_step(struct world *world)
{
	world->now_us += 1000;
	for (uint32_t i = 0; i < world->nodes; i++)
		node_step(&world->node[i]);
}

static inline struct world *world_new(uint64_t seed)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		abort();
	world->random = seed;
	world->now_us = 1000000;
	world->nodes = 2 + (uint32_t)world_random(world, WORLD_NODES - 1);
	world->stream_cap = 4 + (uint32_t)world_random(world, 60);
	world->redis.up = true;
	world->redis.run = 1;
	for (uint8_t i = 0; i < world->nodes; i++) {
		struct world_node *node = &world->node[i];

		node->reachable = true;
		node->mono_offset_us = world_random(world, 1000 * US_PER_S);
		/* one clock in two is wrong by up to an hour either way */
		if (world_random(world, 2))
			node->wall_skew_us = world_random(world, 7200 * US_PER_S) - 3600 * US_PER_S;
		node_start(world, i);
	}
	return world;
}

static inline void world_free(struct world *world)
{
	for (uint32_t i = 0; i < world->nodes; i++)
		sync_free(world->node[i].sync);
	for (uint32_t i = 0; i < world->byte_arrays; i++)
		free(world->bytes[i]);
	free(world);
}

#endif
