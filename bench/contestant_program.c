/* SPDX-License-Identifier: BSD-2-Clause */
/* The floor: a program that drops and counts. */
#include "bench/contestant.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "bench/flood.h"
#include "bench/flood.skel.h"
#include "bench/wire.h"

struct program {
	struct flood_bpf *bpf;
	struct bpf_link *link;
};

static void program_stop(void *state)
{
	struct program *program = state;

	bpf_link__destroy(program->link);
	flood_bpf__destroy(program->bpf);
	free(program);
}

static int program_attach(struct program *program, unsigned wire)
{
	int result = wire_enter_edge();

	if (result)
		return result;
	program->link = bpf_program__attach_xdp(program->bpf->progs.drop_only, wire_edge_index(wire));
	result = program->link ? 0 : -errno;
	wire_leave_edge();
	return result;
}

static int program_start(const struct scene *scene, unsigned wire, void **ret_state)
{
	struct program *program = calloc(1, sizeof(*program));
	int result = -ENOMEM;

	(void)scene;
	if (!program)
		return result;
	program->bpf = flood_bpf__open();
	if (!program->bpf) {
		result = -errno;
		goto fail;
	}
	bpf_map__set_max_entries(program->bpf->maps.listed, 1);
	result = flood_bpf__load(program->bpf);
	if (!result)
		result = program_attach(program, wire);
	if (result)
		goto fail;
	*ret_state = program;
	return 0;
fail:
	program_stop(program);
	return result;
}

static int program_verdicts(void *state, uint64_t *ret_packets)
{
	struct program *program = state;
	int cpus = libbpf_num_possible_cpus();
	uint64_t number[1024] = {0};
	uint32_t only = 0;

	if (cpus < 0 || cpus > 1024 || bpf_map_lookup_elem(bpf_map__fd(program->bpf->maps.dropped), &only, number))
		return -errno;
	*ret_packets = 0;
	for (int cpu = 0; cpu < cpus; cpu++)
		*ret_packets += number[cpu];
	return 0;
}

static void program_describe(void *state, char *text, size_t bytes)
{
	(void)state;
	snprintf(text, bytes, "all dropped");
}

int contestant_program(unsigned wire)
{
	uint32_t id = 0;
	int result = wire_enter_edge();

	if (result)
		return result;
	result = bpf_xdp_query_id(wire_edge_index(wire), 0, &id);
	wire_leave_edge();
	if (result)
		return result;
	return bpf_prog_get_fd_by_id(id);
}

const struct contestant drop_only = {
	.name = "drop_only",
	.start = program_start,
	.stop = program_stop,
	.verdicts = program_verdicts,
	.describe = program_describe,
};
