/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads the BPF object, maps its tables into this process, runs single frames through it. Attaching is
 * datapath_attach.c, pinning datapath_pin.c. */
#include "user/datapath/datapath_kernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "user/datapath/datapath_features.h"

#include "bpf/gatepost.skel.h"

#define VERIFIER_LOG_BYTES ((1 << 24) - 1) /* the most that old kernels take; only what is written is used */
#define FAULT_LOG_LINES 3
#define TURN_IS_OVER (-EAGAIN)

static struct kernel *kernel_of(struct engine *engine)
{
	return (struct kernel *)engine;
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */
static int trie_fd(struct engine *engine, enum trie trie)
{
	struct gatepost_bpf *object = kernel_of(engine)->object;
	struct bpf_map *const maps[] = {object->maps.servers, object->maps.allowed, object->maps.banned_prefixes};

	return bpf_map__fd(maps[trie]);
}

static int kernel_trie_put(struct engine *engine, enum trie trie, const union trie_key *key,
			   const struct gp_prefix_ban *value)
{
	return bpf_map_update_elem(trie_fd(engine, trie), key, value, BPF_ANY);
}

static int kernel_trie_remove(struct engine *engine, enum trie trie, const union trie_key *key)
{
	return bpf_map_delete_elem(trie_fd(engine, trie), key);
}

static int kernel_trie_match(struct engine *engine, enum trie trie, const union trie_key *key,
			     struct gp_prefix_ban *ret_value)
{
	return bpf_map_lookup_elem(trie_fd(engine, trie), key, ret_value);
}

static int kernel_trie_next(struct engine *engine, enum trie trie, const union trie_key *key, union trie_key *ret_key)
{
	return bpf_map_get_next_key(trie_fd(engine, trie), key, ret_key);
}

/* One value a CPU, each rounded up to 8 bytes, which all of ours are already. */
static int per_cpu_read(const struct bpf_map *map, uint32_t index, void *values)
{
	return bpf_map_lookup_elem(bpf_map__fd(map), &index, values);
}

static int kernel_counters(struct engine *engine, struct gp_counter ret[GP_COUNTERS])
{
	int cpus = libbpf_num_possible_cpus();
	struct gp_counter *values;
	int error = 0;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	memset(ret, 0, GP_COUNTERS * sizeof(*ret));
	for (uint32_t index = 0; index < GP_COUNTERS && !error; index++) {
		error = per_cpu_read(kernel_of(engine)->object->maps.counters, index, values);
		for (int cpu = 0; cpu < cpus && !error; cpu++) {
			ret[index].packets += values[cpu].packets;
			ret[index].bytes += values[cpu].bytes;
			ret[index].spared += values[cpu].spared;
			ret[index].spared_bytes += values[cpu].spared_bytes;
		}
	}
	free(values);
	return error;
}

static int kernel_tallies(struct engine *engine, uint64_t ret[GP_TALLY_MAX])
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *values;
	int error = 0;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	memset(ret, 0, GP_TALLY_MAX * sizeof(*ret));
	for (uint32_t index = 0; index < GP_TALLY_MAX && !error; index++) {
		error = per_cpu_read(kernel_of(engine)->object->maps.tallies, index, values);
		for (int cpu = 0; cpu < cpus && !error; cpu++)
			ret[index] += values[cpu];
	}
	free(values);
	return error;
}

/* ---- samples and frames ----------------------------------------------------------------------------------------- */
static int on_record(void *context, void *record, size_t size)
{
	struct kernel *kernel = context;
	const struct gp_sample *sample = record;

	if (size < sizeof(*sample) || size - sizeof(*sample) < sample->captured_bytes)
		return 0; /* not ours: a pinned ring of something else would have another layout */
	if (kernel->engine.on_sample)
		kernel->engine.on_sample(kernel->engine.context, sample, (const uint8_t *)(sample + 1));
	return --kernel->samples_left ? 0 : TURN_IS_OVER;
}

static int kernel_fd(struct engine *engine)
{
	return ring_buffer__epoll_fd(kernel_of(engine)->ring);
}

/* libbpf reads until the ring is empty, which under a flood of samples is never. The one that ends a turn has been
 * read; the ring's file stays readable for the rest. */
static int kernel_poll(struct engine *engine)
{
	struct kernel *kernel = kernel_of(engine);
	int result;

	kernel->samples_left = DATAPATH_POLL_SAMPLES;
	result = ring_buffer__consume(kernel->ring);
	return result == TURN_IS_OVER ? DATAPATH_POLL_SAMPLES : result;
}

static int kernel_run(struct engine *engine, enum gp_direction direction, const uint8_t *frame, size_t length,
		      uint64_t time_ns, bool *ret_drop, enum gp_reason *ret_reason)
{
	struct gatepost_bpf *object = kernel_of(engine)->object;
	const struct bpf_program *program = direction == GP_IN ? object->progs.gatepost_in : object->progs.gatepost_out;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = (uint32_t)length, .repeat = 1);
	int error;

	object->bss->virtual_now_ns = time_ns;
	object->bss->virtual_reset = 0;
	error = bpf_prog_test_run_opts(bpf_program__fd(program), &run);
	if (error)
		return error;
	*ret_drop = direction == GP_IN && (run.retval == XDP_DROP || object->bss->virtual_reset);
	*ret_reason = object->bss->virtual_reason;
	error = kernel_poll(engine);
	return error < 0 ? error : 0;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */
static size_t mapped_bytes(const struct bpf_map *map)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t value = (bpf_map__value_size(map) + 7UL) & ~7UL;

	return (value * bpf_map__max_entries(map) + page - 1) & ~(page - 1);
}

static int table_map(const struct bpf_map *map, void *ret_memory)
{
	void *memory = mmap(NULL, mapped_bytes(map), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (memory == MAP_FAILED)
		return -errno;
	*(void **)ret_memory = memory;
	return 0;
}

static int tables_map(struct kernel *kernel)
{
	struct gatepost_bpf *object = kernel->object;
	struct engine *engine = &kernel->engine;
	int error = table_map(object->maps.controls, &engine->control);

	error = error ? error : table_map(object->maps.settings_pair, &engine->settings);
	error = error ? error : table_map(object->maps.port_services, &engine->ports);
	error = error ? error : table_map(object->maps.bans, &engine->bans);
	error = error ? error : table_map(object->maps.flows, &engine->flows);
	error = error ? error : table_map(object->maps.sources, &engine->sources);
	error = error ? error : table_map(object->maps.aggregates, &engine->aggregates);
	error = error ? error : table_map(object->maps.shortlist, &engine->shortlist);
	error = error ? error : table_map(object->maps.regions, &engine->regions);
	return error ? error : table_map(object->maps.filter, &engine->filter);
}

static void table_unmap(const struct bpf_map *map, void *memory)
{
	if (memory)
		munmap(memory, mapped_bytes(map));
}

static void kernel_free(struct engine *engine)
{
	struct kernel *kernel = kernel_of(engine);
	struct gatepost_bpf *object = kernel->object;

	ring_buffer__free(kernel->ring);
	if (object) {
		table_unmap(object->maps.controls, engine->control);
		table_unmap(object->maps.settings_pair, engine->settings);
		table_unmap(object->maps.port_services, engine->ports);
		table_unmap(object->maps.bans, engine->bans);
		table_unmap(object->maps.flows, engine->flows);
		table_unmap(object->maps.sources, engine->sources);
		table_unmap(object->maps.aggregates, engine->aggregates);
		table_unmap(object->maps.filter, engine->filter);
		table_unmap(object->maps.regions, engine->regions);
		table_unmap(object->maps.shortlist, engine->shortlist);
	}
	kernel_links_close(kernel);
	gatepost_bpf__destroy(object);
	free(kernel);
}

static const struct engine_operations kernel_operations = {
	.free = kernel_free,
	.trie_put = kernel_trie_put,
	.trie_remove = kernel_trie_remove,
	.trie_match = kernel_trie_match,
	.trie_next = kernel_trie_next,
	.counters = kernel_counters,
	.tallies = kernel_tallies,
	.fd = kernel_fd,
	.poll = kernel_poll,
	.run = kernel_run,
};

/* Where the last lines of the log begin: what the verifier did not like stands there. */
static const char *log_tail(const char *log)
{
	const char *tail = log + strlen(log);
	int lines = 0;

	while (tail > log && lines <= FAULT_LOG_LINES)
		if (*--tail == '\n' && tail[1])
			lines++;
	return *tail == '\n' ? tail + 1 : tail;
}

static int load_fault(int error, const char *log_in, const char *log_out, struct fault *fault)
{
	const char *log = log_out[0] ? log_out : log_in;
	bool has[FEATURE_MAX];
	char missing[256];

	if (error == -EPERM && !log[0])
		return fault_set(fault, EPERM,
				 "loading BPF programs is not permitted: run as root, or with CAP_BPF, "
				 "CAP_NET_ADMIN and CAP_PERFMON");
	features_probe(has);
	if (features_missing(has, missing, sizeof(missing))[0])
		return fault_set(fault, -error, "this kernel lacks what the programs need: %s", missing);
	/* A log that is full is an error of its own to kernels before 6.4. */
	return fault_set(fault, -error, "the kernel refused the program: %s%s%s",
			 error == -ENOSPC ? "too complex for it" : strerror(-error),
			 log[0] ? "; the verifier said: " : "", log_tail(log));
}

static int object_load(struct kernel *kernel, struct fault *fault)
{
	char *log_in = calloc(1, VERIFIER_LOG_BYTES), *log_out = calloc(1, VERIFIER_LOG_BYTES);
	int error = -ENOMEM;

	if (log_in && log_out) {
		bpf_program__set_log_buf(kernel->object->progs.gatepost_in, log_in, VERIFIER_LOG_BYTES);
		bpf_program__set_log_buf(kernel->object->progs.gatepost_out, log_out, VERIFIER_LOG_BYTES);
		error = gatepost_bpf__load(kernel->object);
	}
	if (error)
		error = load_fault(error, log_in ? log_in : "", log_out ? log_out : "", fault);
	else {
		bpf_program__set_log_buf(kernel->object->progs.gatepost_in, NULL, 0);
		bpf_program__set_log_buf(kernel->object->progs.gatepost_out, NULL, 0);
	}
	free(log_in);
	free(log_out);
	return error;
}

static int libbpf_says_nothing(enum libbpf_print_level level, const char *format, va_list values)
{
	(void)level;
	(void)format;
	(void)values;
	return 0;
}

static int kernel_prepare(struct kernel *kernel, const struct datapath_options *options, struct fault *fault)
{
	libbpf_set_print(libbpf_says_nothing); /* adapters do not print; what matters goes into the fault */
	kernel->object = gatepost_bpf__open();
	if (!kernel->object)
		return fault_set(fault, errno, "the BPF object cannot be opened: %s", strerror(errno));
	kernel->object->rodata->sizes = kernel->engine.sizes;
	kernel->object->rodata->clock_is_virtual = options->virtual_time;
	if (tables_size(kernel->object, options))
		return fault_set(fault, EINVAL, "a ring of %u bytes is not a power of two of pages",
				 options->ring_bytes);
	if (!options->pin_dir)
		return 0;
	snprintf(kernel->pin_dir, sizeof(kernel->pin_dir), "%s", options->pin_dir);
	return pin_dir_make(kernel->pin_dir, fault);
}

static int kernel_start(struct kernel *kernel, const struct datapath_options *options, bool *ret_taken_over,
			struct fault *fault)
{
	bool taken_over = false;
	int error = kernel_prepare(kernel, options, fault);

	if (error)
		return error;
	if (kernel->pin_dir[0])
		taken_over = pin_take_over(kernel);
	error = object_load(kernel, fault);
	if (error)
		return error;
	error = tables_map(kernel);
	if (error)
		return fault_set(fault, -error, "the tables cannot be mapped: %s", strerror(-error));
	kernel->ring = ring_buffer__new(bpf_map__fd(kernel->object->maps.samples), on_record, kernel, NULL);
	if (!kernel->ring)
		return fault_set(fault, errno, "the ring of samples cannot be opened: %s", strerror(errno));
	kernel->maps_pinned = taken_over;
	*ret_taken_over = taken_over;
	return 0;
}

int kernel_new(struct engine **ret_engine, const struct datapath_options *options, bool *ret_taken_over,
	       struct fault *fault)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));
	int error;

	if (!kernel)
		return fault_set(fault, ENOMEM, "no memory");
	kernel->engine.operations = &kernel_operations;
	datapath_sizes(options, &kernel->engine.sizes);
	error = kernel_start(kernel, options, ret_taken_over, fault);
	if (error) {
		kernel_free(&kernel->engine);
		return error;
	}
	*ret_engine = &kernel->engine;
	return 0;
}
