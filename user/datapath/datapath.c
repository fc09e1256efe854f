/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings, services and counters of the kernel half, on whichever engine runs it; bans are datapath_ban.c. Knows the
 * layout of the tables (bpf/gatepost.h); does not know libbpf, and does not decide anything. */
#include "user/datapath/datapath.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/datapath/datapath_engine.h"
#include "user/datapath/datapath_kernel.h"
#include "user/datapath/native.h"
#include "user/datapath/segments.h"

/* Tables are filled to a half or so, by which nearly everybody is in the bucket where he is first looked for: 32 bytes
 * a ban, 13 a source and 2 for its prefix, 52 a connection, 4 a SYN. */
#define BANS_A_BUCKET 2
#define SOURCES_A_BUCKET 5
#define SOURCES_A_PREFIX_BUCKET 32
#define FLOWS_TWO_BUCKETS 5
#define SYNS_A_BUCKET (2 * GP_SYN_PAIRS)

static uint32_t buckets_for(uint32_t entries, uint32_t a_bucket)
{
	uint32_t buckets = entries / a_bucket + (entries % a_bucket != 0);

	return buckets ? buckets : 1;
}

void datapath_sizes(const struct datapath_options *options, struct gp_sizes *ret_sizes)
{
	ret_sizes->bans = buckets_for(options->bans_max, BANS_A_BUCKET);
	ret_sizes->sources = buckets_for(options->sources_max, SOURCES_A_BUCKET);
	ret_sizes->prefixes = buckets_for(options->sources_max, SOURCES_A_PREFIX_BUCKET);
	ret_sizes->syns = buckets_for(options->syns_max, SYNS_A_BUCKET);
	ret_sizes->flows = buckets_for(2 * options->flows_max, FLOWS_TWO_BUCKETS);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */
static void tables_begin(struct datapath *datapath, const struct datapath_options *options)
{
	struct gp_settings *settings = datapath->engine->settings;

	for (int i = 0; i < 2; i++) {
		settings[i].flags = GP_OBSERVE; /* until told otherwise */
		settings[i].seed[0] = options->seed[0];
		settings[i].seed[1] = options->seed[1];
	}
	datapath->engine->control->layout = GP_LAYOUT; /* last: from here on they can be taken over */
}

static void list_again(void *context, const struct prefix *target, uint32_t until)
{
	struct datapath *datapath = context;

	filter_add(datapath->filter, target);
	if (target->bits == GP_SOURCE_BITS && until)
		shortlist_add(datapath->shortlist, target->source, GP_BAN_ACTION(until), GP_BAN_SECONDS(until));
	else
		shortlist_near(datapath->shortlist, target, true);
}

/* Bans and the filter in front of them. */
static int lists_begin(struct datapath *datapath, bool taken_over)
{
	struct engine *engine = datapath->engine;
	const __u64 *seed = settings_in_force(datapath)->seed;
	const uint64_t same[2] = {seed[0], seed[1]};

	if (filter_new(&datapath->filter, (uint64_t *)engine->filter, (uint64_t *)engine->regions, same) ||
	    shortlist_new(&datapath->shortlist, engine->shortlist, same))
		return -ENOMEM;
	datapath->bans = (struct ban_table){.bucket = engine->bans,
					    .buckets = engine->sizes.bans,
					    .seed = {seed[0], seed[1]},
					    .filter = datapath->filter,
					    .shortlist = datapath->shortlist};
	if (!taken_over)
		return 0;
	/* What is in force is counted anew. */
	shortlist_rewrite(datapath->shortlist);
	datapath_bans_each(datapath, list_again, datapath);
	datapath_allowed_each(datapath, list_again, datapath);
	filter_tidy(datapath->filter);
	shortlist_rewritten(datapath->shortlist);
	return 0;
}

int datapath_new(struct datapath **ret_datapath, const struct datapath_options *options, bool *ret_taken_over,
		 struct fault *fault)
{
	struct datapath *datapath = calloc(1, sizeof(*datapath));
	bool taken_over = false;
	int error;

	if (!datapath)
		return fault_set(fault, ENOMEM, "no memory");
	if (options->native)
		error = native_new(&datapath->engine, options, fault);
	else
		error = kernel_new(&datapath->engine, options, &taken_over, fault);
	if (error) {
		free(datapath);
		return error;
	}
	if (!taken_over)
		tables_begin(datapath, options);
	datapath->native = options->native;
	datapath->virtual_time = options->virtual_time || options->native;
	if (lists_begin(datapath, taken_over)) {
		datapath_free(datapath);
		return fault_set(fault, ENOMEM, "no memory");
	}
	*ret_taken_over = taken_over;
	*ret_datapath = datapath;
	return 0;
}

void datapath_free(struct datapath *datapath)
{
	if (!datapath)
		return;
	filter_free(datapath->filter);
	shortlist_free(datapath->shortlist);
	datapath->engine->operations->free(datapath->engine);
	free(datapath);
}

int datapath_attach(struct datapath *datapath, const char *interface, enum attach attach, struct fault *fault)
{
	if (datapath->native)
		return fault_set(fault, ENOTSUP, "the native engine cannot be attached to an interface");
	return kernel_attach(datapath->engine, interface, attach, fault);
}

int datapath_attachments(const struct datapath *datapath, struct attachment *ret, int most)
{
	return datapath->native ? 0 : kernel_attachments(datapath->engine, ret, most);
}

/* ---- settings --------------------------------------------------------------------------------------------------- */
#define MIRRORED_FLAGS (GP_HAS_ALLOWED | GP_HAS_PREFIX_BANS | GP_LIST_WIDE)

/* So many sources it takes to spend the samples' budget. One with a thousand subscribers behind it still gets ten for
 * each of its connections (limit.source), and the smallest budget leaves room for a few whole dialogues. */
#define SAMPLE_SHARES 32
#define SAMPLE_SHARE_BURST 64

static struct gp_rate share_of(const struct gp_rate *samples)
{
	const uint64_t interval_ticks = (uint64_t)samples->interval_ticks * SAMPLE_SHARES;
	uint64_t burst_ticks = interval_ticks * (SAMPLE_SHARE_BURST - 1);

	if (burst_ticks < samples->burst_ticks)
		burst_ticks = samples->burst_ticks;
	return (struct gp_rate){interval_ticks < UINT32_MAX ? (uint32_t)interval_ticks : UINT32_MAX,
				burst_ticks < UINT32_MAX ? (uint32_t)burst_ticks : UINT32_MAX};
}

static uint64_t horizon_of(const struct gp_settings *settings)
{
	const struct gp_rate *const rates[] = {&settings->source, &settings->judged, &settings->judged_prefix,
					       &settings->retry,  &settings->prefix, &settings->sample_share};
	uint64_t horizon_ticks = 0;

	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		uint64_t ticks = (uint64_t)rates[i]->interval_ticks + rates[i]->burst_ticks;

		horizon_ticks = ticks > horizon_ticks ? ticks : horizon_ticks;
	}
	return horizon_ticks + GP_SKEW_TICKS;
}

int datapath_settings(struct datapath *datapath, const struct gp_settings *settings)
{
	struct gp_control *control = datapath->engine->control;
	const struct gp_settings *old = settings_in_force(datapath);
	uint32_t other = ~control->active & 1;
	struct gp_settings *next = &datapath->engine->settings[other];

	*next = *settings;
	next->flags = (settings->flags & ~(uint32_t)MIRRORED_FLAGS) | (old->flags & MIRRORED_FLAGS);
	next->sample_share = share_of(&settings->samples);
	next->horizon_ticks = horizon_of(next);
	next->seed[0] = old->seed[0];
	next->seed[1] = old->seed[1];
	__atomic_store_n(&control->active, other, __ATOMIC_RELEASE);
	return 0;
}

/* ---- services --------------------------------------------------------------------------------------------------- */
static void server_key(const struct server_settings *server, struct gp_server_key *ret_key)
{
	memset(ret_key, 0, sizeof(*ret_key));
	ret_key->bits = GP_SERVER_PORT_BITS + server->bits;
	ret_key->port = server->port;
	for (unsigned int bit = 0; bit < server->bits && bit < 128; bit++)
		ret_key->server[bit / 8] |= server->address.byte[bit / 8] & (0x80 >> bit % 8);
}

static int servers_put(struct datapath *datapath, const struct server_settings *server, uint32_t servers)
{
	struct engine *engine = datapath->engine;
	struct gp_prefix_ban service = {0};
	union trie_key key;
	int error = 0;

	for (uint32_t i = 0; i < servers && !error; i++) {
		server_key(&server[i], &key.server);
		service.until = server[i].service;
		error = engine->operations->trie_put(engine, TRIE_SERVERS, &key, &service);
	}
	return error;
}

static bool is_served(const struct server_settings *server, uint32_t servers, const struct gp_server_key *key)
{
	struct gp_server_key wanted;

	for (uint32_t i = 0; i < servers; i++) {
		server_key(&server[i], &wanted);
		if (!memcmp(&wanted, key, sizeof(wanted)))
			return true;
	}
	return false;
}

static void servers_prune(struct datapath *datapath, const struct server_settings *server, uint32_t servers)
{
	struct engine *engine = datapath->engine;
	union trie_key key, next;
	int more = engine->operations->trie_next(engine, TRIE_SERVERS, NULL, &key);

	while (!more) {
		more = engine->operations->trie_next(engine, TRIE_SERVERS, &key, &next);
		if (!is_served(server, servers, &key.server))
			engine->operations->trie_remove(engine, TRIE_SERVERS, &key);
		key = next;
	}
}

/* The trie first, then the ports that lead to it, then what is gone: no packet meets a half-told service. */
int datapath_servers(struct datapath *datapath, const struct server_settings *server, uint32_t servers)
{
	struct gp_ports *ports = calloc(1, sizeof(*ports));
	int error;

	if (!ports)
		return -ENOMEM;
	error = servers_put(datapath, server, servers);
	for (uint32_t i = 0; i < servers; i++) {
		uint8_t *port = &ports->service[server[i].port];

		*port = *port || server[i].bits ? GP_SERVICE_BY_SERVER : server[i].service;
	}
	if (!error) {
		memcpy(datapath->engine->ports, ports, sizeof(*ports));
		servers_prune(datapath, server, servers);
	}
	free(ports);
	return error;
}

/* ---- flows, proof, counters ------------------------------------------------------------------------------------- */
static struct gp_flow *flow_at(const struct datapath *datapath, uint32_t slot)
{
	if (GP_FLOW_SLOT_BUCKET(slot) >= datapath->engine->sizes.flows || GP_FLOW_SLOT_WAY(slot) >= GP_FLOW_WAYS)
		return NULL;
	return &datapath->engine->flows[GP_FLOW_SLOT_BUCKET(slot)].way[GP_FLOW_SLOT_WAY(slot)];
}

void datapath_flow_flag(struct datapath *datapath, uint32_t slot, uint64_t flow, enum gp_flow_flag flag)
{
	struct gp_flow *entry = flow_at(datapath, slot);

	if (entry && entry->tag == GP_FLOW_TAG(flow))
		__atomic_fetch_or(&entry->flags, (uint8_t)flag, __ATOMIC_RELAXED);
}

bool datapath_flow_is_followed(const struct datapath *datapath, uint32_t slot, uint64_t flow)
{
	const struct gp_flow *entry = flow_at(datapath, slot);

	return entry && entry->tag == GP_FLOW_TAG(flow) && !(entry->flags & GP_FLOW_END_UNTOLD);
}

uint64_t datapath_flooded_since_ns(const struct datapath *datapath, enum gp_service service, uint64_t now_ns)
{
	const struct gp_aggregate *aggregate = &datapath->engine->aggregates[service];

	return GP_TICKS(now_ns) < aggregate->flooded_until ? aggregate->flooded_since << GP_TICK_SHIFT : 0;
}

int datapath_counters(const struct datapath *datapath, struct gp_counter ret[GP_COUNTERS])
{
	return datapath->engine->operations->counters(datapath->engine, ret);
}

int datapath_tallies(const struct datapath *datapath, uint64_t ret[GP_TALLY_MAX])
{
	return datapath->engine->operations->tallies(datapath->engine, ret);
}

/* ---- samples and single frames ---------------------------------------------------------------------------------- */
void datapath_on_sample(struct datapath *datapath, datapath_sample_fn on_sample, void *context)
{
	datapath->engine->on_sample = on_sample;
	datapath->engine->context = context;
}

int datapath_fd(const struct datapath *datapath)
{
	return datapath->engine->operations->fd(datapath->engine);
}

int datapath_poll(struct datapath *datapath)
{
	return datapath->engine->operations->poll(datapath->engine);
}

/* All in one verdict: the last one's, and they do not differ but by what others did in between. */
static int run_segments(struct engine *engine, struct segments *segments, enum gp_direction direction, uint64_t time_ns,
			bool *ret_drop, enum gp_reason *ret_reason)
{
	uint8_t frame[DATAPATH_FRAME_BYTES];
	size_t length;
	int error = 0;

	while (!error && (length = segments_next(segments, frame, sizeof(frame))))
		error = engine->operations->run(engine, direction, frame, length, time_ns, ret_drop, ret_reason);
	return error;
}

int datapath_run(struct datapath *datapath, enum gp_direction direction, const uint8_t *frame, size_t length,
		 uint64_t time_ns, bool *ret_drop, enum gp_reason *ret_reason)
{
	struct segments segments;

	if (length < 14 || !datapath->virtual_time)
		return -EINVAL;
	if (length > DATAPATH_FRAME_BYTES && segments_of(&segments, frame, length))
		return run_segments(datapath->engine, &segments, direction, time_ns, ret_drop, ret_reason);
	if (length > DATAPATH_FRAME_BYTES)
		length = DATAPATH_FRAME_BYTES;
	return datapath->engine->operations->run(datapath->engine, direction, frame, length, time_ns, ret_drop,
						 ret_reason);
}
