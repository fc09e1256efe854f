/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole protocol in a world that breaks: thousands of schedules of decisions, lost connections, crashes of nodes
 * and of Redis (empty, without its last seconds, with another clock), trimmed streams and flushed keys. When the world
 * holds still again, all nodes must agree, with each other and with all that was ever told, and later nothing may be
 * left.
 *
 * FLEET_SEEDS=N FLEET_SEED=FIRST run more of them, or one again; a soak runs 50,000. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fleet_world.h"

static void decide(struct world *world)
{
	struct world_node *node = &world->node[world_random(world, world->nodes)];
	const uint64_t dice = world_random(world, 10);
	struct entry entry = rig_entry("203.0.113.0",
				       dice < 2   ? ENTRY_UNBAN
				       : dice < 4 ? ENTRY_LIMIT
						  : ENTRY_BAN,
				       0, 1 + world_random(world, WORLD_LONGEST_S));

	entry.target.source += world_random(world, WORLD_TARGETS);
	world->decided += sync_decide(node->sync, &entry, node_mono_us(node)) == 1;
}

static void restart_redis(struct world *world, uint64_t how)
{
	struct redis *redis = &world->redis;

	redis->run++;
	if (how == 0)
		memset(&redis->now, 0, sizeof(redis->now)); /* empty */
	else if (how == 1)
		redis->now = redis->saved; /* from its file, or another one took over that was behind */
	redis->up = false;
	for (uint32_t i = 0; i < world->nodes; i++)
		node_disconnect(&world->node[i]);
	redis->clock_offset_us += world_random(world, 4000);
}

static void something_breaks(struct world *world)
{
	struct world_node *node = &world->node[world_random(world, world->nodes)];

	switch (world_random(world, 12)) {
	case 0:
		restart_redis(world, world_random(world, 3));
		break;
	case 1:
		sync_free(node->sync); /* killed, and started again */
		node_start(world, node->index);
		break;
	case 2:
	case 3:
		node->reachable = !node->reachable;
		break;
	case 4:
		redis_trim(world, (uint32_t)world_random(world, 3));
		break;
	case 5:
		memset(&world->redis.now, 0, sizeof(world->redis.now)); /* FLUSHALL, behind everybody's back */
		break;
	case 6:
	case 7:
		world->redis.saved = world->redis.now;
		break;
	default:
		node_disconnect(node);
	}
}

static void run_schedule(struct world *world)
{
	for (int step = 0; step < 1500; step++) {
		if (!world_random(world, 12))
			decide(world);
		if (!world_random(world, 60))
			something_breaks(world);
		if (!world->redis.up)
			world->redis.up = !world_random(world, 40);
		world_step(world);
	}
}

static bool is_quiet(const struct world *world)
{
	struct sync_report report;

	for (uint32_t i = 0; i < world->nodes; i++) {
		const struct world_node *node = &world->node[i];

		sync_report(node->sync, node_mono_us(node), &report);
		if (report.state != SYNC_FOLLOW || report.queued || report.behind)
			return false;
	}
	return true;
}

static bool hold_still(struct world *world)
{
	world->redis.up = true;
	for (uint32_t i = 0; i < world->nodes; i++)
		world->node[i].reachable = true;
	/* two beats at least, for a state that vanished unseen */
	for (int step = 0; step < 300; step++)
		world_step(world);
	for (int step = 0; step < 5000 && !is_quiet(world); step++)
		world_step(world);
	for (int step = 0; step < 50; step++)
		world_step(world);
	return is_quiet(world);
}

/* All that was ever signed, merged by one who heard it all: what everybody should know. */
static struct replica *oracle_of(const struct world *world)
{
	struct replica *oracle;

	assert_int_equal(replica_new(&oracle, 200, 1), 0);
	for (uint32_t i = 0; i < world->tolds; i++)
		replica_merge(oracle, (uint8_t)(world->told[i].node + 1), &world->told[i].entry, true, 0);
	return oracle;
}

static void compare(const struct world *world, const struct replica *oracle, uint64_t seed)
{
	for (uint32_t i = 0; i < world->nodes; i++)
		for (uint64_t n = 0; n < WORLD_TARGETS; n++)
			/* now, and at times to come: the ends are the same, too */
			for (uint64_t later_s = 0; later_s < WORLD_LONGEST_S; later_s += 7) {
				const uint64_t at_us = redis_time_us(world) + later_s * US_PER_S;
				struct entry entry = rig_entry("203.0.113.0", ENTRY_BAN, 1, 1);
				struct fleet_standing right, known;

				entry.target.source += n;
				replica_standing(oracle, &entry.target, at_us, &right);
				replica_standing(sync_replica(world->node[i].sync), &entry.target, at_us, &known);
				if (right.action != known.action || right.until_us != known.until_us ||
				    right.nodes != known.nodes)
					fail_msg("FLEET_SEED=%" PRIu64 ": node %u thinks otherwise of target %" PRIu64
						 ": action %d for %" PRId64 " s by %u, and not %d for %" PRId64
						 " s by %u",
						 seed, i, n, (int)known.action,
						 (int64_t)(known.until_us - at_us) / 1000000, known.nodes,
						 (int)right.action, (int64_t)(right.until_us - at_us) / 1000000,
						 right.nodes);
			}
}

/* What was decided was told in the end, unless it was over before. */
static void nothing_is_unsaid(const struct world *world, uint64_t seed)
{
	for (uint32_t i = 0; i < world->nodes; i++)
		for (size_t n = 0; n < WORLD_TARGETS * 2; n++) {
			const struct kept *kept = &world->node[i].kept[n];
			/* its revision may be by a clock that was wrong */
			const uint64_t age_us = node_wall_us(&world->node[i]) - kept->wall_us;

			if (kept->entry.revision_us && !kept->sent && kept->entry.for_us > age_us)
				fail_msg("FLEET_SEED=%" PRIu64 ": node %u never told of target %zu", seed, i, n / 2);
		}
}

static void nothing_is_left(struct world *world, uint64_t seed)
{
	world->now_us += (WORLD_LONGEST_S + 60) * US_PER_S;
	for (int step = 0; step < 200; step++)
		world_step(world);
	redis_purge(world);
	for (uint32_t i = 0; i < world->nodes; i++)
		if (replica_count(sync_replica(world->node[i].sync)))
			fail_msg("FLEET_SEED=%" PRIu64 ": node %u remembers what is over", seed, i);
	for (uint32_t i = 0; i < world->redis.now.batches; i++)
		if (world->redis.now.batch[i].id)
			fail_msg("FLEET_SEED=%" PRIu64 ": Redis keeps what is over", seed);
}

struct sums {
	uint64_t decided, told, snapshots, gaps;
};

static void try_seed(uint64_t seed, struct sums *sums)
{
	struct world *world = world_new(seed);
	struct replica *oracle;
	struct sync_report report;

	run_schedule(world);
	if (!hold_still(world))
		fail_msg("FLEET_SEED=%" PRIu64 ": no rest", seed);
	oracle = oracle_of(world);
	compare(world, oracle, seed);
	replica_free(oracle);
	nothing_is_unsaid(world, seed);
	if (world->refused)
		fail_msg("FLEET_SEED=%" PRIu64 ": %u refused of honest nodes", seed, world->refused);
	for (uint32_t i = 0; i < world->nodes; i++) {
		sync_report(world->node[i].sync, 0, &report);
		sums->snapshots += report.snapshots;
		sums->gaps += report.gaps;
	}
	sums->decided += world->decided;
	sums->told += world->tolds;
	nothing_is_left(world, seed);
	world_free(world);
}

static void after_thousands_of_broken_schedules_all_nodes_agree(void **state)
{
	const char *many = getenv("FLEET_SEEDS"), *first = getenv("FLEET_SEED");
	const uint64_t from = first ? strtoull(first, NULL, 10) : 1;
	const uint64_t seeds = many ? strtoull(many, NULL, 10) : first ? 1 : getenv("SOAK") ? 50000 : 1500;
	struct sums sums = {0};

	(void)state;
	for (uint64_t seed = from; seed < from + seeds; seed++)
		try_seed(seed, &sums);
	printf("# %" PRIu64 " schedules: %" PRIu64 " decisions, told %" PRIu64 " times, %" PRIu64 " snapshots, %" PRIu64
	       " gaps\n",
	       seeds, sums.decided, sums.told, sums.snapshots, sums.gaps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_thousands_of_broken_schedules_all_nodes_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
