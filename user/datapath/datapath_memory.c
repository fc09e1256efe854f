/* SPDX-License-Identifier: BSD-2-Clause */
/* How large the tables are for given options, and what they take of the kernel's memory: asked of the object itself, so
 * that a table that comes or goes is counted without a word here. */
#include "user/datapath/datapath_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "bpf/gatepost.skel.h"

#define TRIE_NODE_BYTES 40 /* kernel: struct lpm_trie_node, without key and value */

int tables_size(struct gatepost_bpf *object, const struct datapath_options *options)
{
	struct gp_sizes sizes;
	int error;

	datapath_sizes(options, &sizes);
	error = bpf_map__set_max_entries(object->maps.bans, sizes.bans);
	error = error ? error : bpf_map__set_max_entries(object->maps.sources, sizes.sources);
	error = error ? error : bpf_map__set_max_entries(object->maps.prefixes, sizes.prefixes);
	error = error ? error : bpf_map__set_max_entries(object->maps.syns, sizes.syns);
	error = error ? error : bpf_map__set_max_entries(object->maps.flows, sizes.flows);
	error = error ? error : bpf_map__set_max_entries(object->maps.flow_numbers, sizes.flows);
	return error ? error : bpf_map__set_max_entries(object->maps.samples, options->ring_bytes);
}

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

/* kernel: array_map_alloc(), ringbuf_map_alloc(), trie_alloc() and trie_update_elem(). */
static uint64_t table_bytes(const struct bpf_map *map)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), entries = bpf_map__max_entries(map);
	const uint64_t value = round_up(bpf_map__value_size(map), 8);

	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return entries * (value * (uint64_t)libbpf_num_possible_cpus() + sizeof(void *));
	case BPF_MAP_TYPE_LPM_TRIE: /* a branch for each entry, when no two share one */
		return 2 * entries * round_up(TRIE_NODE_BYTES + bpf_map__key_size(map) - sizeof(uint32_t) + value, 8);
	case BPF_MAP_TYPE_RINGBUF: /* three pages of its own */
		return entries + 3 * page;
	default:
		return round_up(entries * value, page) + page;
	}
}

static int tables_list(struct gatepost_bpf *object, struct table_memory ret[DATAPATH_TABLES_MAX])
{
	const struct bpf_map *map;
	int count = 0;

	bpf_object__for_each_map(map, object->obj)
	{
		if (bpf_map__is_internal(map))
			continue;
		if (count == DATAPATH_TABLES_MAX)
			return -ENOSPC;
		snprintf(ret[count].name, sizeof(ret[count].name), "%s", bpf_map__name(map));
		ret[count].entries = bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF ? 0 : bpf_map__max_entries(map);
		ret[count].bytes = table_bytes(map);
		count++;
	}
	return count;
}

int datapath_tables(const struct datapath_options *options, struct table_memory ret[DATAPATH_TABLES_MAX])
{
	struct gatepost_bpf *object = gatepost_bpf__open();
	int count;

	if (!object)
		return -errno;
	count = tables_size(object, options);
	if (!count)
		count = tables_list(object, ret);
	gatepost_bpf__destroy(object);
	return count;
}

uint64_t datapath_memory_bytes(const struct datapath_options *options)
{
	struct table_memory table[DATAPATH_TABLES_MAX];
	int count = datapath_tables(options, table);
	uint64_t bytes = 0;

	for (int i = 0; i < count; i++)
		bytes += table[i].bytes;
	return count < 0 ? UINT64_MAX : bytes;
}
