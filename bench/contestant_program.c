/* SPDX-License-Identifier: BSD-2-Clause */
/* The programs of flood.bpf.c: what little a program can do, and what most programs do. */
#include "bench/contestant.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/flood.h"
#include "bench/flood.skel.h"
#include "bench/wire.h"

#define NS_PER_S 1000000000ULL

struct program {
	struct flood_bpf *bpf;
	struct bpf_link *link[2];
};

static void program_stop(void *state)
{
	struct program *program = state;

	bpf_link__destroy(program->link[0]);
	bpf_link__destroy(program->link[1]);
	flood_bpf__destroy(program->bpf);
	free(program);
}

static int program_attach(struct program *program, const char *name, const struct scene *scene, unsigned wire)
{
	struct bpf_program *subject = bpf_object__find_program_by_name(program->bpf->obj, name);
	int result = wire_enter_edge();

	for (unsigned cpu = 0; cpu < (scene->cpus == 2 ? 2u : 1u) && !result; cpu++) {
		program->link[cpu] = bpf_program__attach_xdp(subject, wire_edge_index(wire + cpu * FLOOD_SECOND));
		result = program->link[cpu] ? 0 : -errno;
	}
	wire_leave_edge();
	return result;
}

/* The traffic's sources, so that the lookup finds what it looks for. */
static int sources_list(struct flood_bpf *bpf, const struct traffic *traffic)
{
	int map = bpf_map__fd(bpf->maps.listed);
	uint64_t one = 1;

	for (uint64_t i = 0; i <= traffic->source_mask; i++) {
		uint64_t source = flood_source(i);

		if (bpf_map_update_elem(map, &source, &one, BPF_ANY))
			return -errno;
	}
	return 0;
}

#define LINES_A_MIB (1 << 14)

static uint32_t lines_set(struct bpf_map *map, uint32_t mib)
{
	const uint32_t lines = mib ? mib * LINES_A_MIB : 1;

	bpf_map__set_max_entries(map, lines);
	return lines;
}

/* Constants to the program. */
static void program_set(struct flood_bpf *bpf, const struct scene *scene, bool is_limiter)
{
	bpf->rodata->layout.source = 26; /* in either family: generator.c */
	bpf->rodata->layout.tcp = 34; /* in IPv4 */
	bpf->rodata->lines_count = lines_set(bpf->maps.lines, scene->line_mib[0]);
	bpf->rodata->more_lines_count = lines_set(bpf->maps.more_lines, scene->line_mib[1]);
	if (!is_limiter)
		return;
	bpf->rodata->interval_ns = NS_PER_S / scene->limit.per_second;
	bpf->rodata->burst_ns = bpf->rodata->interval_ns * scene->limit.burst;
	bpf_map__set_max_entries(bpf->maps.buckets, scene->table);
}

static int program_load(struct program *program, const struct contestant *self, const struct scene *scene)
{
	const bool lists = self == &hash_lookup;
	int result;

	program->bpf = flood_bpf__open();
	if (!program->bpf)
		return -errno;
	program_set(program->bpf, scene, self == &lru_bucket);
	if (lists)
		bpf_map__set_max_entries(program->bpf->maps.listed, scene->traffic.source_mask + 1);
	result = flood_bpf__load(program->bpf);
	return !result && lists ? sources_list(program->bpf, &scene->traffic) : result;
}

static int program_start(const struct contestant *self, const struct scene *scene, unsigned wire, void **ret_state)
{
	struct program *program = calloc(1, sizeof(*program));
	int result;

	if (!program)
		return -ENOMEM;
	result = program_load(program, self, scene);
	if (!result)
		result = program_attach(program, self->program, scene, wire);
	if (result)
		program_stop(program);
	else
		*ret_state = program;
	return result;
}

static int program_verdicts(void *state, uint64_t *ret_packets)
{
	struct program *program = state;
	int cpus = libbpf_num_possible_cpus();
	uint64_t number[1024] = {0};
	uint32_t only = 0;

	if (cpus < 0 || cpus > 1024 || bpf_map_lookup_elem(bpf_map__fd(program->bpf->maps.verdicts), &only, number))
		return -errno;
	*ret_packets = 0;
	for (int cpu = 0; cpu < cpus; cpu++)
		*ret_packets += number[cpu];
	return 0;
}

static void program_describe(void *state, char *text, size_t bytes)
{
	(void)state;
	snprintf(text, bytes, "all counted");
}

static int program_on(unsigned wire)
{
	uint32_t id = 0;
	int result = wire_enter_edge();

	if (result)
		return result;
	result = bpf_xdp_query_id((int)wire_edge_index(wire), 0, &id);
	wire_leave_edge();
	if (result || !id)
		return result ? result : -ENOENT;
	return bpf_prog_get_fd_by_id(id);
}

int contestant_cost(unsigned wire, uint64_t *ret_runs, uint64_t *ret_ns)
{
	struct bpf_prog_info info = {0};
	uint32_t bytes = sizeof(info);
	int program = program_on(wire);
	int result;

	if (program < 0)
		return program;
	result = bpf_obj_get_info_by_fd(program, &info, &bytes);
	close(program);
	*ret_runs = info.run_cnt;
	*ret_ns = info.run_time_ns;
	return result;
}

#define PROGRAM(name_)                                                                                                 \
	.name = name_, .program = name_, .start = program_start, .stop = program_stop, .verdicts = program_verdicts,   \
	.describe = program_describe

const struct contestant drop_only = {PROGRAM("drop_only")};
const struct contestant pass_only = {PROGRAM("pass_only")};
const struct contestant hash_lookup = {PROGRAM("hash_lookup")};
const struct contestant lines_only = {PROGRAM("lines_only")};
const struct contestant lines_kept = {PROGRAM("lines_kept")};
const struct contestant lines_kept_350 = {PROGRAM("lines_kept_350")};
const struct contestant lines_kept_700 = {PROGRAM("lines_kept_700")};
const struct contestant lru_bucket = {PROGRAM("lru_bucket")};
