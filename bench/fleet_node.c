/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/fleet_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/clock.h"
#include "user/adapters/loop.h"
#include "user/adapters/redis.h"
#include "user/adapters/secret_sign.h"
#include "user/ban/ban.h"

#define FIRST_SOURCE (GP_SOURCE_V4 | 0x0a000000) /* 10.0.0.0, one ban an address */
#define NS_PER_S 1000000000ULL
#define TICK_NS 10000000 /* 50 nodes on two CPUs: waking up is not what is measured */
#define FOR_US (3600ULL * 1000000)

struct node {
	const struct fleet_bench *bench;
	struct fleet_shared *shared;
	struct fleet_node_seen *seen;
	uint32_t index;
	struct fleet_node list[FLEET_NODES_MAX];
	struct loop *loop;
	struct redis *redis;
	struct sync *sync;
	struct bans *bans;
	uint64_t decided, began_ns, looked_ns;
};

static void key_path(const struct fleet_bench *bench, uint32_t node, char *path, size_t size)
{
	snprintf(path, size, "%s/%u.key", bench->directory, node);
}

int fleet_node_key(struct fleet_bench *bench, uint32_t node)
{
	struct signing_key *key;
	char path[256];

	key_path(bench, node, path, sizeof(path));
	if (signing_key_new(&key, path, true, NULL))
		return -1;
	snprintf(bench->node[node].name, sizeof(bench->node[node].name), "edge%u", node);
	memcpy(bench->node[node].key, signing_key_public(key), PUBLIC_KEY_BYTES);
	signing_key_free(key);
	return 0;
}

/* ---- what it does ------------------------------------------------------------------------------------------------ */

static void ban(struct node *node, const struct prefix *target)
{
	struct ban ban = {.target = *target, .action = ACTION_BAN, .offences = 1, .until_ns = UINT64_MAX - 1};

	if (node->bans)
		bans_put(node->bans, &ban, 1);
}

static void decide(struct node *node, uint32_t number)
{
	struct entry entry = {.target = {.source = FIRST_SOURCE + number, .bits = GP_SOURCE_BITS},
			      .kind = ENTRY_BAN,
			      .evidence = GP_E5_OUTCOME,
			      .for_us = FOR_US,
			      .count = 20,
			      .rule = "stuffing"};
	char text[ADDR_TEXT_BYTES];

	snprintf(entry.reason, sizeof(entry.reason), "20 failures in 10m from %s, 1 account",
		 prefix_text(&entry.target, text));
	atomic_store(&node->shared->decided_ns[number], clock_monotonic_ns());
	ban(node, &entry.target);
	sync_decide(node->sync, &entry, clock_monotonic_ns() / 1000);
}

static void on_changed(void *context, const struct prefix *target)
{
	struct node *node = context;
	const uint64_t number = target->source - FIRST_SOURCE;
	uint64_t decided_ns, after_ns, slowest_ns;

	ban(node, target);
	if (number >= FLEET_BANS_MAX)
		return;
	decided_ns = atomic_load(&node->shared->decided_ns[number]);
	after_ns = clock_monotonic_ns() - decided_ns;
	slowest_ns = atomic_load(&node->shared->slowest_ns[number]);
	while (after_ns > slowest_ns &&
	       !atomic_compare_exchange_weak(&node->shared->slowest_ns[number], &slowest_ns, after_ns))
		;
	atomic_fetch_add(&node->shared->heard[number], 1);
}

static void on_refused(void *context, const char *name, enum refusal refusal, const struct entry *entry)
{
	struct node *node = context;

	(void)name;
	(void)refusal;
	(void)entry;
	atomic_fetch_add(&node->seen->refused, 1);
}

static uint64_t peak_bytes(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long long kb = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmHWM: %llu", &kb) == 1)
			break;
	if (file)
		fclose(file);
	return kb << 10;
}

static void tell(struct node *node, uint64_t now_ns)
{
	struct sync_report report;

	sync_report(node->sync, now_ns / 1000, &report);
	if (report.state == SYNC_FOLLOW && !report.behind && !atomic_load(&node->seen->synced_ns)) {
		atomic_store(&node->seen->peak_bytes, peak_bytes());
		atomic_store(&node->seen->synced_ns, now_ns);
	}
	atomic_store(&node->seen->entries, replica_count(sync_replica(node->sync)));
	atomic_store(&node->seen->lost, report.lost);
	atomic_store(&node->seen->gaps, report.gaps);
	atomic_store(&node->seen->following, report.state == SYNC_FOLLOW && !report.queued && !report.behind);
}

static void decide_due(struct node *node, uint64_t now_ns)
{
	const uint64_t rate = atomic_load(&node->shared->bans_a_second);
	/* One after the other, not all at the same moment. */
	const uint64_t phase_ns = NS_PER_S * node->index / FLEET_NODES_MAX;

	if (!rate || node->index >= atomic_load(&node->shared->deciding)) {
		node->began_ns = now_ns;
		node->decided = 0;
		return;
	}
	for (; node->decided < ((now_ns - node->began_ns) * rate + phase_ns) / NS_PER_S; node->decided++) {
		const uint32_t number = atomic_fetch_add(&node->shared->next, 1);

		if (number >= atomic_load(&node->shared->end)) {
			atomic_fetch_sub(&node->shared->next, 1);
			break;
		}
		decide(node, number);
	}
	redis_pump(node->redis);
}

static void on_tick(void *context)
{
	struct node *node = context;
	const uint64_t now_ns = clock_monotonic_ns();

	if (atomic_load(&node->shared->stop))
		loop_stop(node->loop, 0);
	decide_due(node, now_ns);
	if (now_ns - node->looked_ns < 2 * TICK_NS)
		return;
	node->looked_ns = now_ns;
	tell(node, now_ns);
}

/* ---- Redis, and its life ----------------------------------------------------------------------------------------- */

static void on_up(void *context, const char *text)
{
	(void)context;
	(void)text;
}

static size_t on_beat(void *context, uint8_t *buffer)
{
	(void)context;
	buffer[0] = 0;
	return 1;
}

static void on_heard(void *context, const uint8_t *bytes, size_t length)
{
	(void)context;
	(void)bytes;
	(void)length;
}

static void list_from(struct node *node)
{
	for (uint32_t i = 0; i < node->bench->nodes; i++)
		node->list[i] = node->bench->node[(node->index + i) % node->bench->nodes];
}

static int open_all(struct node *node, struct signing_key *key)
{
	const struct redis_sink sink = {node, on_up, on_up, on_beat, on_heard, on_heard, NULL};
	static struct fleet_settings settings = {.name = "bench", .stream_max = 100000};
	struct sync_options options = {
		.admission = {.nodes = node->bench->nodes,
			      .node = node->list,
			      .longest_us = ENTRY_FOR_MAX_US,
			      .share = FLEET_BANS_MAX},
		.signer = signing_key_signer(key),
		.sink = {node, on_changed, NULL, on_refused},
		.entries_max = atomic_load(&node->shared->end),
		.queue_max = FLEET_BANS_MAX,
		.jitter_us = 1000000,
		.seed = node->index + 1,
		.guess_us = clock_wall_ns() / 1000,
		.mono_us = clock_monotonic_ns() / 1000,
	};
	char path[256];

	memcpy(settings.node, node->list[0].name, sizeof(settings.node));
	snprintf(path, sizeof(path), "%s/redis.sock", node->bench->directory);
	if (fleet_address_parse(path, &settings.redis) || loop_new(&node->loop) ||
	    redis_new(&node->redis, node->loop, &settings, NULL, &sink, NULL))
		return -1;
	options.link = redis_link(node->redis);
	if (sync_new(&node->sync, &options) || loop_add_timer(node->loop, TICK_NS, on_tick, node))
		return -1;
	return redis_start(node->redis, node->sync);
}

int fleet_node_run(const struct fleet_bench *bench, uint32_t index)
{
	struct node *node = calloc(1, sizeof(*node));
	struct signing_key *key;
	char path[256];

	key_path(bench, index, path, sizeof(path));
	if (!node || signing_key_new(&key, path, false, NULL))
		return 1;
	node->bench = bench;
	node->shared = bench->shared;
	node->seen = &bench->shared->node[index];
	node->index = index;
	node->began_ns = clock_monotonic_ns();
	list_from(node);
	/* The table of bans of a million is the shield's, not the fleet's. */
	if (atomic_load(&node->shared->end) <= 65536 && bans_new(&node->bans, 65536, 0, 1))
		return 1;
	if (open_all(node, key))
		return 1;
	loop_run(node->loop);
	tell(node, clock_monotonic_ns());
	return 0;
}
