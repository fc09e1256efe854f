/* SPDX-License-Identifier: BSD-2-Clause */
/* Gatepost: the object that ships, loaded, set and attached by the product's own code. The cases differ in settings
 * only, and each starts from the shipped configuration:
 *
 * default      its limits. The service's budget for unproven sources is spent in a moment and then refuses.
 * every_stage  the longest way to a refusal. The allow list, the exact and the prefix bans are asked (none matches),
 *              proofs, the service's budget (endless), the source's own limit (the same as the meter of nftables has),
 *              and the prefix's, which is so tight that it refuses whatever the source's limit let through; then the
 *              SYN is remembered in case it comes again. As with nftables nothing is passed, so that neither figure
 *              has in it what the stack does with a packet. Left out is one compare-and-exchange on the service's word.
 * admitting    all limits are far away: every SYN is admitted, becomes a packet of the stack, and is dropped there at
 *              once by nftables. For orientation: mostly the price of the packet's buffer.
 * banned       the sources are banned. */
#include "bench/contestant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/wire.h"
#include "user/config/config.h"
#include "user/datapath/datapath.h"

#define BAN_SECONDS 3600
#define UNRELATED_PREFIXES 8 /* in the allow list and among the bans, so that they are asked */
#define TIGHT_US (3600u * 1000000) /* one an hour */
#define NS_PER_S 1000000000ULL

struct gatepost {
	struct datapath *datapath;
	struct settings *settings;
	unsigned wire;
	bool drops_admitted;
};

static uint32_t now_s(void)
{
	return bench_now_ns() / NS_PER_S;
}

static int refuse(int result, const struct fault *fault)
{
	fprintf(stderr, "bench: %s\n", fault->text);
	return result;
}

static int open_datapath(struct gatepost *gatepost, const struct scene *scene)
{
	struct datapath_options options = {.ring_bytes = 1 << 20, .seed = {0x6761746570, 0x6f73742062}};
	struct fault fault = {0};
	bool taken_over;
	int result = config_load(NULL, &gatepost->settings, &fault);

	if (result)
		return refuse(result, &fault);
	options.sources_max = gatepost->settings->sources_max;
	/* Room to spare: a table made for exactly a million may refuse the last few in a full neighbourhood. */
	options.bans_max = gatepost->settings->bans_max;
	if (options.bans_max < 2 * scene->bans)
		options.bans_max = 2 * scene->bans;
	options.flows_max = gatepost->settings->flows_max;
	result = datapath_new(&gatepost->datapath, &options, &taken_over, &fault);
	return result ? refuse(result, &fault) : 0;
}

static int attach(struct gatepost *gatepost)
{
	struct fault fault = {0};
	char name[16];
	int result = wire_enter_edge();

	if (result)
		return result;
	result = datapath_attach(gatepost->datapath, wire_edge_name(gatepost->wire, name), ATTACH_NATIVE, &fault);
	wire_leave_edge();
	return result ? refuse(result, &fault) : 0;
}

static void gatepost_stop(void *state)
{
	struct gatepost *gatepost = state;

	if (gatepost->drops_admitted)
		nft_table_remove(gatepost->wire);
	datapath_free(gatepost->datapath);
	config_free(gatepost->settings);
	free(gatepost);
}

static int set(struct gatepost *gatepost, const struct gp_settings *kernel)
{
	int result = datapath_servers(gatepost->datapath, gatepost->settings->server, gatepost->settings->servers);

	return result ? result : datapath_settings(gatepost->datapath, kernel);
}

/* From 198.18.0.0/15 (RFC 2544) and 3fff::/20 (RFC 9637): IPv4 sources are drawn from there too, one in 32768. */
static int unrelated_prefixes(struct gatepost *gatepost)
{
	int result = 0;

	for (unsigned i = 0; i < UNRELATED_PREFIXES && !result; i++) {
		struct prefix prefix = {.source = GP_SOURCE_V4 | 0xc6120000 | i << 8, .bits = 32 + 24};

		result = datapath_allow(gatepost->datapath, &prefix);
		prefix.source |= 0x10000;
		if (!result)
			result = datapath_ban(gatepost->datapath, &prefix, GP_ACTION_DROP, now_s() + BAN_SECONDS,
					      now_s());
		prefix = (struct prefix){.source = 0x3fff000000000000ULL | (uint64_t)i << 32, .bits = 48};
		if (!result)
			result = datapath_allow(gatepost->datapath, &prefix);
	}
	return result;
}

static int ban_sources(struct gatepost *gatepost, const struct scene *scene)
{
	int result = 0;

	for (uint32_t i = 0; i < scene->bans && !result; i++) {
		struct prefix target = prefix_of_source(traffic_source(&scene->traffic, i));

		result = datapath_ban(gatepost->datapath, &target, GP_ACTION_DROP, now_s() + BAN_SECONDS, now_s());
	}
	return result;
}

/* What a case does to a datapath that is loaded; `kernel` has the shipped settings, enforced. */
typedef int (*arrange_fn)(struct gatepost *gatepost, const struct scene *scene, struct gp_settings *kernel);

static int start(const struct scene *scene, unsigned wire, void **ret_state, arrange_fn arrange)
{
	struct gatepost *gatepost = calloc(1, sizeof(*gatepost));
	struct gp_settings kernel = {0};
	int result;

	if (!gatepost)
		return -ENOMEM;
	gatepost->wire = wire;
	result = open_datapath(gatepost, scene);
	if (!result) {
		settings_to_kernel(gatepost->settings, &kernel);
		kernel.flags &= ~(uint32_t)GP_OBSERVE;
		result = arrange(gatepost, scene, &kernel);
	}
	if (!result)
		result = set(gatepost, &kernel);
	if (!result)
		result = attach(gatepost);
	if (result)
		gatepost_stop(gatepost);
	else
		*ret_state = gatepost;
	return result;
}

static struct gp_rate limit_of(const struct scene *scene)
{
	const struct rate_settings rate = {.per_second_milli = scene->limit.per_second * 1000,
					   .burst = scene->limit.burst};

	return rate_to_kernel(&rate);
}

static int as_shipped(struct gatepost *gatepost, const struct scene *scene, struct gp_settings *kernel)
{
	(void)gatepost, (void)scene, (void)kernel;
	return 0;
}

static int default_start(const struct scene *scene, unsigned wire, void **ret_state)
{
	return start(scene, wire, ret_state, as_shipped);
}

static int every_stage(struct gatepost *gatepost, const struct scene *scene, struct gp_settings *kernel)
{
	kernel->source = limit_of(scene);
	kernel->service = (struct gp_rate){.interval_us = 1, .burst_us = TIGHT_US};
	kernel->prefix = (struct gp_rate){.interval_us = TIGHT_US};
	return unrelated_prefixes(gatepost);
}

static int every_stage_start(const struct scene *scene, unsigned wire, void **ret_state)
{
	return start(scene, wire, ret_state, every_stage);
}

static int admitting(struct gatepost *gatepost, const struct scene *scene, struct gp_settings *kernel)
{
	const struct gp_rate far = {.interval_us = 1, .burst_us = TIGHT_US};
	int result = unrelated_prefixes(gatepost);

	kernel->source = limit_of(scene);
	kernel->service = kernel->prefix = far;
	if (!result)
		result = nft_drop_add(gatepost->wire);
	gatepost->drops_admitted = !result;
	return result;
}

static int admitting_start(const struct scene *scene, unsigned wire, void **ret_state)
{
	return start(scene, wire, ret_state, admitting);
}

static int banned(struct gatepost *gatepost, const struct scene *scene, struct gp_settings *kernel)
{
	(void)kernel;
	return ban_sources(gatepost, scene);
}

static int banned_start(const struct scene *scene, unsigned wire, void **ret_state)
{
	return start(scene, wire, ret_state, banned);
}

static int by_reason(const struct gatepost *gatepost, uint64_t ret_packets[GP_REASON_MAX])
{
	struct gp_counter counters[GP_COUNTERS];
	int result = datapath_counters(gatepost->datapath, counters);

	if (result)
		return result;
	memset(ret_packets, 0, GP_REASON_MAX * sizeof(*ret_packets));
	for (int i = 0; i < GP_COUNTERS; i++)
		ret_packets[i % GP_REASON_MAX] += counters[i].packets + counters[i].spared;
	return 0;
}

static int gatepost_verdicts(void *state, uint64_t *ret_packets)
{
	uint64_t packets[GP_REASON_MAX];
	int result = by_reason(state, packets);

	if (result)
		return result;
	*ret_packets = 0;
	for (int reason = 0; reason < GP_REASON_MAX; reason++)
		*ret_packets += packets[reason];
	return 0;
}

/* Reasons of more than one in a hundred. */
static void gatepost_describe(void *state, char *text, size_t bytes)
{
#define REASON_TEXT(name, words, drops) words,
	static const char *const words[] = {GP_REASONS(REASON_TEXT)};
#undef REASON_TEXT
	uint64_t packets[GP_REASON_MAX], all = 0;
	size_t at = 0;

	text[0] = 0;
	if (by_reason(state, packets))
		return;
	for (int reason = 0; reason < GP_REASON_MAX; reason++)
		all += packets[reason];
	for (int reason = 0; reason < GP_REASON_MAX && at < bytes; reason++)
		if (packets[reason] * 100 > all)
			at += snprintf(text + at, bytes - at, "%s%.0f %% %s", at ? ", " : "",
				       100.0 * packets[reason] / all, words[reason]);
}

#define GATEPOST(name_, start_)                                                                                        \
	.name = name_, .start = start_, .stop = gatepost_stop, .verdicts = gatepost_verdicts,                          \
	.describe = gatepost_describe

const struct contestant gatepost_default = {GATEPOST("gatepost_default", default_start)};
const struct contestant gatepost_every_stage = {GATEPOST("gatepost_every_stage", every_stage_start)};
const struct contestant gatepost_admitting = {GATEPOST("gatepost_admitting", admitting_start)};
const struct contestant gatepost_banned = {GATEPOST("gatepost_banned", banned_start)};
