/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage: datapath DIRECTORY [CASE]   (inside the namespaces that run.sh makes)
 *
 * What a program costs a packet, without any wire: BPF_PROG_TEST_RUN of a program that draws a random frame and then
 * becomes the program in question. The drawing is in all figures alike and stands by itself in the first line. The
 * programs of gatepost are the ones that are attached to an interface, asked for by their interface. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/contestant.h"
#include "bench/report.h"
#include "bench/wire.h"

#define ROUNDS 15
#define COUNT (1u << 17) /* a round: some 30 ms */
#define WARM_FOR_EACH 3 /* packets a source before anything is measured */
#define IMAP 143
#define SMTP 25
#define FOUR_M 0x3fffff
#define ONE_M 0xfffff
#define SIXTY_FOUR_K 0xffff
#define LIMIT                                                                                                          \
	{                                                                                                              \
		.per_second = 50, .burst = 500                                                                         \
	}

struct bench_case {
	struct scene scene;
	const struct contestant *contestant; /* of gatepost */
	const char *program; /* or one of flood.bpf.c */
	double ns;
};

/* The first two are what the others are measured by. */
enum { DRAW, REFERENCE };

#define SYNS(family_, mask_) .traffic = {family_, mask_, IMAP, GP_SYN}, .limit = LIMIT

static struct bench_case cases_of_run[] = {
	{{"drop_only", "the drawing and a counter", SYNS(AF_INET, ONE_M)}, .program = "drop_only"},
	{{"hash_lookup_1m", "one lookup in a BPF hash of 1 M", SYNS(AF_INET, ONE_M)}, .program = "hash_lookup"},
	{{"not_mail", "not for a protected service", .traffic = {AF_INET, ONE_M, SMTP, GP_SYN}},
	 .contestant = &gatepost_default},
	{{"ban_drop_64k", "banned source, 64 k bans", SYNS(AF_INET, SIXTY_FOUR_K), .bans = 1 << 16},
	 .contestant = &gatepost_banned},
	{{"ban_drop_1m", "banned source, 1 M bans", SYNS(AF_INET, ONE_M), .bans = 1 << 20},
	 .contestant = &gatepost_banned},
	{{"syn_default_all", "SYN, shipped limits, all addresses", SYNS(AF_INET, 0xffffffff)},
	 .contestant = &gatepost_default},
	{{"syn_limit_64k", "SYN, every stage, 64 k sources", SYNS(AF_INET, SIXTY_FOUR_K)},
	 .contestant = &gatepost_every_stage},
	{{"syn_limit_1m", "SYN, every stage, 1 M sources", SYNS(AF_INET, ONE_M)}, .contestant = &gatepost_every_stage},
	{{"syn_limit_1m_ipv6", "the same, IPv6", SYNS(AF_INET6, ONE_M)}, .contestant = &gatepost_every_stage},
	{{"syn_admitted_1m", "SYN, admitted, 1 M sources", SYNS(AF_INET, ONE_M)}, .contestant = &gatepost_admitting},
};
#define CASES (sizeof(cases_of_run) / sizeof(*cases_of_run))

static int measure(struct bench_case *of, struct generator *generator, int program)
{
	double ns[ROUNDS];
	uint32_t verdict;
	int result = 0;

	/* Tables fill as they do under load: not all at once, and every source is met more than once. */
	for (uint64_t sent = 0; sent <= (uint64_t)WARM_FOR_EACH * (of->scene.traffic.source_mask & FOUR_M) && !result;
	     sent += COUNT)
		result = generator_through(generator, program, COUNT, &ns[0], &verdict);
	for (unsigned round = 0; round < ROUNDS && !result; round++)
		result = generator_through(generator, program, COUNT, &ns[round], &verdict);
	if (!result)
		of->ns = median(ns, ROUNDS);
	return result;
}

static int measure_program(struct bench_case *of)
{
	struct generator *generator;
	int result = of == &cases_of_run[REFERENCE] ? generator_new_listing(&generator, &of->scene.traffic)
						    : generator_new(&generator, &of->scene.traffic);

	if (result)
		return result;
	result = generator_program(generator, of->program);
	if (result >= 0)
		result = measure(of, generator, result);
	generator_free(generator);
	return result;
}

static int measure_contestant(struct bench_case *of, char *became, size_t bytes)
{
	struct generator *generator;
	void *state;
	int program, result = generator_new(&generator, &of->scene.traffic);

	if (result)
		return result;
	result = of->contestant->start(&of->scene, 0, &state);
	if (!result) {
		program = contestant_program(0);
		result = program < 0 ? program : measure(of, generator, program);
		if (program >= 0)
			close(program);
		of->contestant->describe(state, became, bytes);
		of->contestant->stop(state);
	}
	generator_free(generator);
	return result;
}

static void tell(struct report *report, const struct bench_case *of, const char *became)
{
	double reference_ns = cases_of_run[REFERENCE].ns, draw_ns = cases_of_run[DRAW].ns;

	report_line(report, "| %-18s | %5.0f | %9.0f | %10.2f | %s | %s |", of->scene.name, of->ns, of->ns - draw_ns,
		    reference_ns > 0 ? of->ns / reference_ns : 0, of->scene.words, became);
	report_case(report, json_pack("{s:s, s:f, s:f, s:f, s:f}", "name", of->scene.name, "ns", of->ns, "drop_only_ns",
				      draw_ns, "reference_ns", reference_ns, "ratio",
				      reference_ns > 0 ? of->ns / reference_ns : 0));
}

static int run_all(struct report *report, const char *only)
{
	int result = 0;

	report_line(report, "\n### a packet, without a wire\n");
	report_line(report, "| case               |    ns | over drop | of hash_1m | what | what became of them |");
	report_line(report, "|--------------------|------:|----------:|-----------:|---|---|");
	for (size_t i = 0; i < CASES && !result; i++) {
		struct bench_case *of = &cases_of_run[i];
		char became[160] = "";

		if (only && i > REFERENCE && strcmp(only, of->scene.name))
			continue;
		result = of->program ? measure_program(of) : measure_contestant(of, became, sizeof(became));
		if (result)
			fprintf(stderr, "bench: %s: %s\n", of->scene.name, strerror(-result));
		else if (i != DRAW)
			tell(report, of, became);
		if (i == REFERENCE && !result)
			tell(report, &cases_of_run[DRAW], "");
	}
	return result;
}

int main(int argc, char **argv)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct report *report;
	int result, closed;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: datapath DIRECTORY [CASE]\n");
		return 2;
	}
	setrlimit(RLIMIT_MEMLOCK, &all);
	result = wire_pin_cpu(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	if (!result)
		result = report_new(&report, argv[1], "datapath");
	if (result) {
		fprintf(stderr, "bench: %s\n", strerror(-result));
		return 1;
	}
	result = run_all(report, argc > 2 ? argv[2] : NULL);
	closed = report_close(report);
	return result || closed ? 1 : 0;
}
