/* SPDX-License-Identifier: BSD-2-Clause */
/* Who logged in lately, told to the other edges and heard of them. */
#include <stdio.h>
#include <string.h>

#include "user/core/duration.h"
#include "user/core/table.h"
#include "user/daemon/fleet_state.h"

#define US_PER_S 1000000ULL
#define TOLD_MAX 262144 /* sources */
#define TELL_AGAIN_NS (6 * NS_PER_HOUR) /* a credit's half-life */
#define TELL_EVERY_NS (5 * NS_PER_S)
#define WORTH_US (86400 * US_PER_S)
/* Of one node, by when it told: somewhat less than an honest one waits. The day that a new node reads is no flood. */
#define HEAR_EVERY_US (TELL_EVERY_NS / 1000 / 2)

struct told {
	uint64_t at_ns;
};

void fleet_success(struct daemon *d, uint64_t source)
{
	struct fleet *fleet = d->fleet;
	struct told *told;
	bool added;

	if (!fleet || !d->settings->fleet.successes || fleet->good.sources == GOOD_SOURCES_MAX)
		return; /* the next one will come again, or the next success of this one */
	told = table_take(fleet->told, source, &added);
	if (!added && d->now_ns - told->at_ns < TELL_AGAIN_NS)
		return;
	told->at_ns = d->now_ns;
	fleet->good.source[fleet->good.sources++] = source;
}

void fleet_tell_good(struct daemon *d)
{
	struct fleet *fleet = d->fleet;
	const struct signer signer = signing_key_signer(fleet->key);
	uint8_t bytes[GOOD_BYTES_MAX];

	if (!fleet->good.sources || fleet->why[0] || d->now_ns - fleet->good_told_ns < TELL_EVERY_NS)
		return;
	fleet->good_told_ns = d->now_ns;
	fleet->good.time_us = fleet_redis_us(fleet);
	memcpy(fleet->good.node, fleet->node[REPLICA_SELF].name, sizeof(fleet->good.node));
	if (!redis_tell_good(fleet->redis, bytes, good_encode(&fleet->good, &signer, bytes)))
		fleet->good.sources = 0;
}

static bool is_in_time(struct fleet *fleet, uint8_t node, uint64_t time_us)
{
	const uint64_t now_us = fleet_redis_us(fleet);
	uint64_t *last_us = &fleet->good_heard_us[node];

	if (time_us > now_us + ADMISSION_AHEAD_US || now_us > time_us + WORTH_US)
		return false;
	if (time_us < *last_us + HEAR_EVERY_US)
		return false; /* too many, or an old one again */
	*last_us = time_us;
	return true;
}

void fleet_hear_good(void *context, const uint8_t *bytes, size_t length)
{
	struct fleet *fleet = context;
	struct daemon *d = fleet->daemon;
	const struct signer signer = signing_key_signer(fleet->key);
	struct good *good = &fleet->heard_good;
	uint64_t now_us, age_ns;
	uint8_t node;

	daemon_take_time(d);
	if (!d->settings->fleet.successes)
		return;
	if (!good_decode(bytes, length, fleet->node, fleet->nodes, &signer, good, &node)) {
		fleet->good_refused++;
		return;
	}
	if (node == REPLICA_SELF)
		return;
	if (!is_in_time(fleet, node, good->time_us)) {
		fleet->good_refused++;
		return;
	}
	now_us = fleet_redis_us(fleet);
	age_ns = now_us > good->time_us ? (now_us - good->time_us) * 1000 : 0;
	for (uint32_t i = 0; i < good->sources; i++) {
		judge_success_elsewhere(pipeline_judge(d->pipeline), good->source[i],
					d->now_ns > age_ns ? d->now_ns - age_ns : 1);
		datapath_welcome(d->datapath, good->source[i], d->now_ns, age_ns);
	}
	fleet->good_heard += good->sources;
}

int fleet_good_new(struct fleet *fleet, uint64_t seed)
{
	return table_new(&fleet->told, TOLD_MAX, sizeof(struct told), seed);
}

void fleet_good_free(struct fleet *fleet)
{
	table_free(fleet->told);
}
