/* SPDX-License-Identifier: BSD-2-Clause */
/* What the shipped object costs the verifier, against budget.h. A program that grows too dear for one kernel is refused
 * there, and nobody notices on another; and what is cheap to verify is mostly what is cheap to run. */
#include "tests/bpf/rig.h"

#include <ctype.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "user/datapath/datapath_engine.h"

#include "bpf/gatepost.skel.h"
#include "tests/bpf/budget.h"

#define BUDGETS (sizeof(budgets) / sizeof(*budgets))
#define LOG_STATISTICS 4 /* kernel: BPF_LOG_STATS */
#define LOG_BYTES 65536
#define FUNCTIONS_MAX 64
#define FRAME_UNIT_BYTES                                                                                               \
	32 /* kernel: check_max_stack_depth() rounds each frame up to this; to 16 since 6.8, with the JIT */

struct cost {
	uint32_t verified, instructions, jited_bytes;
	uint32_t stack_bytes; /* of the deepest chain */
	uint32_t functions;
};

/* The functions of one loaded program, in the order in which they stand in it. */
struct functions {
	uint32_t start[FUNCTIONS_MAX + 1]; /* the last one's end, too */
	uint32_t frame_bytes[FUNCTIONS_MAX];
	uint32_t count;
	const struct bpf_insn *insns;
};

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static uint32_t function_at(const struct functions *functions, uint32_t start)
{
	uint32_t i = 0;

	while (i < functions->count && functions->start[i] < start)
		i++;
	return i;
}

static void function_add(struct functions *functions, uint32_t start)
{
	uint32_t i = function_at(functions, start);

	if (i < functions->count && functions->start[i] == start)
		return;
	assert_true(functions->count < FUNCTIONS_MAX);
	memmove(&functions->start[i + 1], &functions->start[i], (functions->count - i) * sizeof(*functions->start));
	functions->start[i] = start;
	functions->count++;
}

static void functions_find(struct functions *functions, const struct bpf_program *program)
{
	uint32_t count = (uint32_t)bpf_program__insn_cnt(program);

	functions->insns = bpf_program__insns(program);
	function_add(functions, 0);
	for (uint32_t i = 0; i < count; i++)
		if (is_call(&functions->insns[i]))
			function_add(functions, (uint32_t)((int)i + 1 + functions->insns[i].imm));
	functions->start[functions->count] = count;
}

/* "stack depth 184+0+64", a frame a function, up to Linux 7.0 or so; since then
 * "subprog 2 (ban_of_source) global insns_self 72 insns_total 72 stack 16", a line a function. */
static const char *frame_next(const char *log, const char *at, uint32_t function, uint32_t *ret_bytes)
{
	char line[32];
	char *end;

	snprintf(line, sizeof(line), "\nsubprog %u (", function);
	if (strstr(log, line)) {
		at = strstr(strstr(log, line), " stack ");
		at = at ? at + strlen(" stack ") : "";
	}
	if (!isdigit((unsigned char)*at))
		fail_msg("the verifier does not tell of the stack of function %u: %.200s", function, log);
	*ret_bytes = (uint32_t)strtoul(at, &end, 10);
	return *end ? end + 1 : end;
}

static void frames_read(struct functions *functions, const char *log)
{
	const char *at = strstr(log, "stack depth ");

	assert_non_null(at);
	at += strlen("stack depth ");
	for (uint32_t i = 0; i < functions->count; i++)
		at = frame_next(log, at, i, &functions->frame_bytes[i]);
}

/* There is no recursion: the kernel refuses it. */
static uint32_t chain_bytes(const struct functions *functions, uint32_t function)
{
	uint32_t frame = functions->frame_bytes[function] ? functions->frame_bytes[function] : 1, deepest = 0;

	for (uint32_t i = functions->start[function]; i < functions->start[function + 1]; i++) {
		const struct bpf_insn *insn = &functions->insns[i];
		uint32_t below;

		if (!is_call(insn))
			continue;
		below = chain_bytes(functions, function_at(functions, (uint32_t)((int)i + 1 + insn->imm)));
		deepest = below > deepest ? below : deepest;
	}
	return (frame + FRAME_UNIT_BYTES - 1) / FRAME_UNIT_BYTES * FRAME_UNIT_BYTES + deepest;
}

static void cost_read(struct cost *ret_cost, const struct bpf_program *program, const char *log)
{
	struct functions functions = {0};
	struct bpf_prog_info known = {0};
	uint32_t size = sizeof(known);

	assert_int_equal(bpf_obj_get_info_by_fd(bpf_program__fd(program), &known, &size), 0);
	functions_find(&functions, program);
	frames_read(&functions, log);
	*ret_cost = (struct cost){
		.verified = known.verified_insns,
		.instructions = known.xlated_prog_len / (uint32_t)sizeof(struct bpf_insn),
		.jited_bytes = known.jited_prog_len,
		.stack_bytes = chain_bytes(&functions, 0),
		.functions = functions.count,
	};
}

/* As shipped: the clock is the kernel's, the sizes of the tables are of no matter to the verifier. */
static struct gatepost_bpf *object_open(void)
{
	const struct datapath_options options = rig_options(false);
	struct gatepost_bpf *object = gatepost_bpf__open();

	assert_non_null(object);
	datapath_sizes(&options, &object->rodata->sizes);
	object->rodata->clock_is_virtual = false;
	return object;
}

static void costs_read(struct cost cost[BUDGETS])
{
	struct gatepost_bpf *object = object_open();
	static char log[BUDGETS][LOG_BYTES];

	for (size_t i = 0; i < BUDGETS; i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(object->obj, budgets[i].program);

		assert_non_null(program);
		bpf_program__set_log_level(program, LOG_STATISTICS);
		bpf_program__set_log_buf(program, log[i], LOG_BYTES);
	}
	if (gatepost_bpf__load(object))
		fail_msg("the kernel refused the object: %s %s", log[0], log[1]);
	for (size_t i = 0; i < BUDGETS; i++)
		cost_read(&cost[i], bpf_object__find_program_by_name(object->obj, budgets[i].program), log[i]);
	gatepost_bpf__destroy(object);
}

static void every_program_of_the_object_has_a_budget(void **state)
{
	struct gatepost_bpf *object = object_open();
	struct bpf_program *program;
	size_t programs = 0;

	(void)state;
	bpf_object__for_each_program(program, object->obj)
	{
		bool found = false;

		for (size_t i = 0; i < BUDGETS; i++)
			found |= !strcmp(budgets[i].program, bpf_program__name(program));
		if (!found)
			fail_msg("%s has no budget: write it into tests/bpf/budget.h", bpf_program__name(program));
		programs++;
	}
	assert_int_equal(programs, BUDGETS);
	gatepost_bpf__destroy(object);
}

/* tests/kernels/run.sh makes a table of the lines that begin with "# cost". */
static void the_verifier_looks_at_no_more_than_the_budget(void **state)
{
	struct cost cost[BUDGETS] = {{0}};
	bool within = true;

	(void)state;
	costs_read(cost);
	for (size_t i = 0; i < BUDGETS; i++) {
		printf("# cost %s verified=%u/%u stack=%u/%u functions=%u instructions=%u jited=%u\n",
		       budgets[i].program, cost[i].verified, budgets[i].verified, cost[i].stack_bytes,
		       budgets[i].stack_bytes, cost[i].functions, cost[i].instructions, cost[i].jited_bytes);
		within &= cost[i].verified <= budgets[i].verified;
	}
	if (!within)
		fail_msg(
			"over the budget (\"# cost\" above). Usual reasons: a branch on unknown bytes inside of a loop "
			"(compute with OPAQUE instead of branching), or a large function that many paths lead to "
			"(SUBPROGRAM: it is then verified once). If it is worth its price: tests/bpf/budget.h");
}

static void the_deepest_chain_of_calls_needs_no_more_stack_than_the_budget(void **state)
{
	struct cost cost[BUDGETS] = {{0}};

	(void)state;
	costs_read(cost);
	for (size_t i = 0; i < BUDGETS; i++)
		if (cost[i].stack_bytes > budgets[i].stack_bytes)
			fail_msg(
				"%s needs %u bytes of stack, its budget is %u, and the kernel's limit is 512: move large "
				"structures into a per-CPU table, as sample_room does, or change tests/bpf/budget.h",
				budgets[i].program, cost[i].stack_bytes, budgets[i].stack_bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_program_of_the_object_has_a_budget),
		cmocka_unit_test(the_verifier_looks_at_no_more_than_the_budget),
		cmocka_unit_test(the_deepest_chain_of_calls_needs_no_more_stack_than_the_budget),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
