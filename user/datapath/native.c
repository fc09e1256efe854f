/* SPDX-License-Identifier: BSD-2-Clause */
/* The native engine: gives the program memory for its maps and frames to judge. Knows nothing of what the program
 * does with them. One CPU, no ring: samples are delivered while the frame is judged. */
#include "user/datapath/native.h"

#include <stdlib.h>

#include "bpf/gatepost.bpf.c"

static struct native *native_of(struct engine *engine)
{
	return (struct native *)engine;
}

static struct native_trie *trie_of(struct engine *engine, enum trie trie)
{
	struct native *native = native_of(engine);
	struct native_trie *const tries[] = {native->servers, native->allowed, native->banned_prefixes};

	return tries[trie];
}

static void native_free(struct engine *engine)
{
	struct native *native = native_of(engine);

#define FREE_ARRAY(name, value_type, entries) free(native->name);
#define FREE_TRIE(name, key_type, entries) native_trie_free(native->name);
#define FREE_RING(name)
	GP_TABLES(FREE_ARRAY, FREE_TRIE, FREE_ARRAY, FREE_RING)
	free(native->copy);
	free(native);
}

static int native_trie_put_in(struct engine *engine, enum trie trie, const union trie_key *key,
			      const struct gp_prefix_ban *value)
{
	return native_trie_put(trie_of(engine, trie), key, value);
}

static int native_trie_remove_from(struct engine *engine, enum trie trie, const union trie_key *key)
{
	return native_trie_remove(trie_of(engine, trie), key);
}

static int native_trie_match(struct engine *engine, enum trie trie, const union trie_key *key,
			     struct gp_prefix_ban *ret_value)
{
	const struct gp_prefix_ban *value = native_trie_find(trie_of(engine, trie), key);

	if (!value)
		return -ENOENT;
	*ret_value = *value;
	return 0;
}

static int native_trie_next_in(struct engine *engine, enum trie trie, const union trie_key *key,
			       union trie_key *ret_key)
{
	return native_trie_next(trie_of(engine, trie), key, ret_key);
}

static int native_counters(struct engine *engine, struct gp_counter ret[GP_COUNTERS])
{
	memcpy(ret, native_of(engine)->counters, GP_COUNTERS * sizeof(*ret));
	return 0;
}

static int native_tallies(struct engine *engine, uint64_t ret[GP_TALLY_MAX])
{
	for (int i = 0; i < GP_TALLY_MAX; i++)
		ret[i] = native_of(engine)->tallies[i];
	return 0;
}

static int native_fd(struct engine *engine)
{
	(void)engine;
	return -ENOTSUP;
}

static int native_poll(struct engine *engine)
{
	(void)engine;
	return 0;
}

/* A copy: two bytes in front align the headers after the Ethernet one, as the kernel does (NET_IP_ALIGN). With
 * sanitizers it is a new one for each frame, so that they know that what follows is not ours to read. */
#define NATIVE_ALIGN_BYTES 2
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NATIVE_COPY_ANEW true
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define NATIVE_COPY_ANEW true
#endif
#ifndef NATIVE_COPY_ANEW
#define NATIVE_COPY_ANEW false
#endif

static uint8_t *native_copy(struct native *native, const uint8_t *frame, size_t length)
{
	if (NATIVE_COPY_ANEW || length > native->copy_bytes) {
		free(native->copy);
		native->copy_bytes = NATIVE_COPY_ANEW ? 0 : length;
		native->copy = malloc(NATIVE_ALIGN_BYTES + length);
	}
	if (!native->copy) {
		native->copy_bytes = 0;
		return NULL;
	}
	memcpy(native->copy + NATIVE_ALIGN_BYTES, frame, length);
	return native->copy + NATIVE_ALIGN_BYTES;
}

static int native_run(struct engine *engine, enum gp_direction direction, const uint8_t *frame, size_t length,
		      uint64_t time_ns, bool *ret_drop, enum gp_reason *ret_reason)
{
	struct native *native = native_of(engine);
	const uint8_t *copy = native_copy(native, frame, length);
	struct xdp_md in;
	struct __sk_buff out = {0};

	if (!copy)
		return -ENOMEM;
	in.data = out.data = (unsigned long)copy;
	in.data_end = out.data_end = in.data + length;
	out.len = (__u32)length;

	native->virtual_now_ns = time_ns;
	native->virtual_reset = 0;
	running = native;
	if (direction == GP_IN)
		*ret_drop = gatepost_in(&in) == XDP_DROP || native->virtual_reset;
	else
		*ret_drop = gatepost_out(&out) != TC_ACT_UNSPEC;
	running = NULL;
	*ret_reason = native->virtual_reason;
	return 0;
}

static const struct engine_operations native_operations = {
	.free = native_free,
	.trie_put = native_trie_put_in,
	.trie_remove = native_trie_remove_from,
	.trie_match = native_trie_match,
	.trie_next = native_trie_next_in,
	.counters = native_counters,
	.tallies = native_tallies,
	.fd = native_fd,
	.poll = native_poll,
	.run = native_run,
};

/* The sized tables are listed with one entry. */
static int native_allocate(struct native *native)
{
	const struct gp_sizes *sizes = &native->sizes;
	int error = 0;

	native->bans = calloc(sizes->bans, sizeof(*native->bans));
	native->sources = calloc(sizes->sources, sizeof(*native->sources));
	native->prefixes = calloc(sizes->prefixes, sizeof(*native->prefixes));
	native->syns = calloc(sizes->syns, sizeof(*native->syns));
	native->flows = calloc(sizes->flows, sizeof(*native->flows));
	native->flow_numbers = calloc(sizes->flows, sizeof(*native->flow_numbers));
#define NEW_ARRAY(name, value_type, entries)                                                                           \
	if (!native->name)                                                                                             \
		native->name = calloc(entries, sizeof(value_type));                                                    \
	error = error || !native->name ? -ENOMEM : 0;
#define NEW_TRIE(name, key_type, entries)                                                                              \
	error = error || native_trie_new(&native->name, sizeof(key_type), entries) ? -ENOMEM : 0;
	GP_TABLES(NEW_ARRAY, NEW_TRIE, NEW_ARRAY, FREE_RING)
	return error;
}

int native_new(struct engine **ret_engine, const struct datapath_options *options, struct fault *fault)
{
	struct native *native = calloc(1, sizeof(*native));

	if (!native)
		return fault_set(fault, ENOMEM, "no memory");
	native->engine.operations = &native_operations;
	native->clock_is_virtual = 1;
	datapath_sizes(options, &native->sizes);
	if (native_allocate(native)) {
		native_free(&native->engine);
		return fault_set(fault, ENOMEM, "no memory for tables of %llu bytes",
				 (unsigned long long)datapath_memory_bytes(options));
	}
	native->engine.sizes = native->sizes;
	native->engine.control = native->controls;
	native->engine.settings = native->settings_pair;
	native->engine.ports = native->port_services;
	native->engine.bans = native->bans;
	native->engine.flows = native->flows;
	native->engine.sources = native->sources;
	native->engine.aggregates = native->aggregates;
	native->engine.filter = native->filter;
	native->engine.regions = native->regions;
	native->engine.shortlist = native->shortlist;
	*ret_engine = &native->engine;
	return 0;
}
