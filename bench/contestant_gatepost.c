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
 * banned       the sources are banned.
 * established  data of connections that were seen to begin, to prove themselves and to log in. */
#include "bench/contestant.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/flood.h"
#include "bench/wire.h"
#include "user/config/config.h"
#include "user/datapath/datapath.h"

#define BAN_SECONDS 3600
#define UNRELATED_PREFIXES 8 /* in the allow list and among the bans, so that they are asked */
#define TIGHT_TICKS (3600u * 976563) /* one an hour */
#define NS_PER_S 1000000000ULL
#define RING_BYTES (1u << 26) /* the samples of one call of the generator */
#define REHEARSALS 8 /* frames a connection */

struct gatepost {
	struct datapath *datapath;
	struct settings *settings;
	const struct scene *scene;
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
	struct datapath_options options = {.ring_bytes = RING_BYTES, .seed = {0x6761746570, 0x6f73742062}};
	struct fault fault = {0};
	bool taken_over;
	int result = config_load(NULL, &gatepost->settings, &fault);

	if (result)
		return refuse(result, &fault);
	options.sources_max = gatepost->settings->sources_max;
	if (options.sources_max < scene->table)
		options.sources_max = scene->table;
	options.bans_max = gatepost->settings->bans_max;
	if (options.bans_max < scene->bans + scene->bans_elsewhere)
		options.bans_max = scene->bans + scene->bans_elsewhere;
	options.syns_max = gatepost->settings->syns_max;
	options.flows_max = gatepost->settings->flows_max;
	if (scene->traffic.connected)
		options.flows_max = scene->traffic.source_mask + 1;
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
	for (unsigned cpu = 0; cpu < (gatepost->scene->cpus == 2 ? 2u : 1u) && !result; cpu++)
		result = datapath_attach(gatepost->datapath, wire_edge_name(gatepost->wire + cpu * FLOOD_SECOND, name),
					 ATTACH_NATIVE, &fault);
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

static int ban(struct gatepost *gatepost, struct prefix target)
{
	return datapath_ban(gatepost->datapath, &target, GP_ACTION_DROP, now_s() + BAN_SECONDS, now_s());
}

/* Sources of the traffic, others (traffic's indexes end below 2^24, or it has every address), and prefixes: /24s of
 * 198.18.0.0/15 and on, where few or none of the sources are. */
static int ban_all(struct gatepost *gatepost, const struct scene *scene)
{
	const struct traffic everywhere = {.family = scene->traffic.family, .source_mask = UINT32_MAX};
	int result = 0;

	for (uint32_t i = 0; i < scene->bans && !result; i++)
		result = ban(gatepost, prefix_of_source(traffic_source(&scene->traffic, i)));
	for (uint32_t i = 0; i < scene->bans_elsewhere && !result; i++)
		result = ban(gatepost, prefix_of_source(traffic_source(&everywhere, (1u << 24) + i)));
	for (uint32_t i = 0; i < scene->prefixes && !result; i++)
		result = ban(gatepost,
			     (struct prefix){.source = GP_SOURCE_V4 | (0xc6120000 + (i << 8)), .bits = 32 + 24});
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

static int every_stage(struct gatepost *gatepost, const struct scene *scene, struct gp_settings *kernel)
{
	kernel->source = limit_of(scene);
	kernel->service = (struct gp_rate){.interval_ticks = 1, .burst_ticks = TIGHT_TICKS};
	kernel->prefix = (struct gp_rate){.interval_ticks = TIGHT_TICKS};
	return unrelated_prefixes(gatepost);
}

static int admitting(struct gatepost *gatepost, const struct scene *scene, struct gp_settings *kernel)
{
	const struct gp_rate far = {.interval_ticks = 1, .burst_ticks = TIGHT_TICKS};
	int result = unrelated_prefixes(gatepost);

	kernel->source = limit_of(scene);
	kernel->service = kernel->prefix = far;
	if (!result)
		result = nft_drop_add(gatepost->wire);
	gatepost->drops_admitted = !result;
	return result;
}

static int established(struct gatepost *gatepost, const struct scene *scene, struct gp_settings *kernel)
{
	(void)scene;
	kernel->samples = (struct gp_rate){0}; /* no limit: the rehearsal takes a second */
	return unrelated_prefixes(gatepost);
}

/* What a contestant does to a datapath that is loaded; `kernel` has the shipped settings, enforced. */
static const struct {
	const struct contestant *of;
	int (*arrange)(struct gatepost *gatepost, const struct scene *scene, struct gp_settings *kernel);
} arrangements[] = {
	{&gatepost_default, as_shipped}, {&gatepost_every_stage, every_stage}, {&gatepost_admitting, admitting},
	{&gatepost_banned, as_shipped},  {&gatepost_established, established},
};

static int arrange(const struct contestant *self, struct gatepost *gatepost)
{
	struct gp_settings kernel = {0};
	int result = ban_all(gatepost, gatepost->scene);

	settings_to_kernel(gatepost->settings, &kernel);
	kernel.flags &= ~(uint32_t)GP_OBSERVE;
	for (size_t i = 0; i < sizeof(arrangements) / sizeof(*arrangements) && !result; i++)
		if (arrangements[i].of == self)
			result = arrangements[i].arrange(gatepost, gatepost->scene, &kernel);
	return result ? result : set(gatepost, &kernel);
}

static int gatepost_start(const struct contestant *self, const struct scene *scene, unsigned wire, void **ret_state)
{
	struct gatepost *gatepost = calloc(1, sizeof(*gatepost));
	int result;

	if (!gatepost)
		return -ENOMEM;
	gatepost->scene = scene;
	gatepost->wire = wire;
	result = open_datapath(gatepost, scene);
	if (!result)
		result = arrange(self, gatepost);
	if (!result)
		result = attach(gatepost);
	if (result)
		gatepost_stop(gatepost);
	else
		*ret_state = gatepost;
	return result;
}

/* ---- connections ------------------------------------------------------------------------------------------------ */
/* The user half's part: this flow has logged in, enough of it. */
static void sample_heard(void *context, const struct gp_sample *sample, const uint8_t *payload)
{
	struct gatepost *gatepost = context;

	(void)payload;
	datapath_flow_flag(gatepost->datapath, sample->slot, sample->flow, GP_FLOW_ENOUGH);
	datapath_flow_flag(gatepost->datapath, sample->slot, sample->flow, GP_FLOW_LOGGED_IN);
}

/* A SYN-ACK of the server for each source, out through the edge's interface and the program on it. */
static int synacks_send(struct gatepost *gatepost, const struct generator *generator)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_halen = ETH_ALEN};
	unsigned char frame[FRAME_BYTES_MAX];
	uint32_t sources = gatepost->scene->traffic.source_mask;
	int result = wire_enter_edge(), packet;

	if (result)
		return result;
	to.sll_ifindex = (int)wire_edge_index(gatepost->wire);
	packet = socket(AF_PACKET, SOCK_RAW, 0);
	result = packet < 0 ? -errno : 0;
	for (uint64_t i = 0; i <= sources && !result; i++) {
		uint32_t bytes = generator_synack(generator, (uint32_t)i, frame);

		if (sendto(packet, frame, bytes, 0, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != ENOBUFS)
			result = -errno;
	}
	if (packet >= 0)
		close(packet);
	wire_leave_edge();
	return result;
}

/* Each connection answered by the server, then acknowledged and talking until next to all were heard of. */
static int established_rehearse(void *state, struct generator *generator)
{
	struct gatepost *gatepost = state;
	int result = synacks_send(gatepost, generator), more_samples;
	uint64_t sent = 0, took_ns, more;

	datapath_on_sample(gatepost->datapath, sample_heard, gatepost);
	while (!result && sent < REHEARSALS * (gatepost->scene->traffic.source_mask + 1ULL)) {
		result = generator_send(generator, gatepost->wire, false, 1, &more, &took_ns);
		sent += more;
		do
			more_samples = datapath_poll(gatepost->datapath);
		while (more_samples > 0);
		if (more_samples < 0)
			result = more_samples;
	}
	return result;
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

#define GATEPOST(name_)                                                                                                \
	.name = name_, .start = gatepost_start, .stop = gatepost_stop, .verdicts = gatepost_verdicts,                  \
	.describe = gatepost_describe

const struct contestant gatepost_default = {GATEPOST("gatepost_default")};
const struct contestant gatepost_every_stage = {GATEPOST("gatepost_every_stage")};
const struct contestant gatepost_admitting = {GATEPOST("gatepost_admitting")};
const struct contestant gatepost_banned = {GATEPOST("gatepost_banned")};
const struct contestant gatepost_established = {GATEPOST("gatepost_established"), .rehearse = established_rehearse};
