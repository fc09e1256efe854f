/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage: bans DIRECTORY   (inside the namespaces that run.sh makes)
 *
 * How long it takes to put bans in force: a million of them into an empty table, and one under a flood of the source
 * that it is for, from the call until the attached program has dropped the first packet by it; and the same for taking
 * it back, until no packet has met it for a while. The packets come one CPU over, some hundred nanoseconds apart in
 * bursts of 64. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/contestant.h"
#include "bench/report.h"
#include "bench/wire.h"
#include "user/config/config.h"
#include "user/datapath/datapath.h"

#define MANY (1u << 20)
#define ROUNDS 200
#define NS_PER_S 1000000000ULL
#define GIVE_UP_NS NS_PER_S
#define QUIET_NS 2000000 /* two milliseconds of a flood without one packet: it is over */

struct bench {
	struct datapath *datapath;
	struct generator *generator;
	struct prefix target;
	atomic_bool done;
};

static uint32_t now_s(void)
{
	return bench_now_ns() / NS_PER_S;
}

static int ban(struct bench *bench, uint64_t source)
{
	const struct prefix target = prefix_of_source(source);

	return datapath_ban(bench->datapath, &target, GP_ACTION_DROP, now_s() + 3600, now_s());
}

static uint32_t hits(const struct bench *bench)
{
	uint32_t until, met = 0;

	return datapath_ban_read(bench->datapath, &bench->target, &until, &met) ? 0 : met;
}

static int bench_open(struct bench *bench)
{
	const struct datapath_options options = {.bans_max = MANY,
						 .sources_max = 1 << 16,
						 .flows_max = 1024,
						 .syns_max = 1 << 16,
						 .ring_bytes = 1 << 16};
	const struct traffic traffic = {.family = AF_INET, .source_mask = 0, .server_port = 143, .tcp_flags = GP_SYN};
	struct settings *settings = NULL;
	struct gp_settings kernel = {0};
	struct fault fault = {0};
	char name[16];
	bool taken_over;
	int result = config_load(NULL, &settings, &fault);

	if (!result)
		result = datapath_new(&bench->datapath, &options, &taken_over, &fault);
	if (!result) {
		settings_to_kernel(settings, &kernel);
		kernel.flags &= ~(uint32_t)GP_OBSERVE;
		datapath_servers(bench->datapath, settings->server, settings->servers);
		datapath_settings(bench->datapath, &kernel);
		result = wire_enter_edge();
	}
	if (!result) {
		result = datapath_attach(bench->datapath, wire_edge_name(0, name), ATTACH_NATIVE, &fault);
		wire_leave_edge();
	}
	if (result)
		fprintf(stderr, "bench: %s\n", fault.text);
	config_free(settings);
	bench->target = prefix_of_source(traffic_source(&traffic, 0));
	return result ? result : generator_new(&bench->generator, &traffic);
}

/* Others than the target, which is index 0. */
static int many(struct bench *bench, double *ret_seconds)
{
	const struct traffic everybody = {.family = AF_INET, .source_mask = UINT32_MAX};
	uint64_t start_ns = bench_now_ns();
	int result = 0;

	for (uint32_t i = 1; i < MANY && !result; i++)
		result = ban(bench, traffic_source(&everybody, i));
	*ret_seconds = (double)(bench_now_ns() - start_ns) / NS_PER_S;
	return result;
}

static void *flood(void *context)
{
	struct bench *bench = context;
	uint64_t sent, took_ns;

	wire_pin_cpu(1);
	while (!atomic_load(&bench->done) && !generator_send(bench->generator, 0, false, NS_PER_S / 4, &sent, &took_ns))
		;
	return NULL;
}

/* From the call to the first packet that met the ban. */
static double in_force_us(struct bench *bench)
{
	uint64_t start_ns = bench_now_ns(), now_ns = start_ns;

	ban(bench, bench->target.source);
	while (!hits(bench) && now_ns - start_ns < GIVE_UP_NS)
		now_ns = bench_now_ns();
	return (double)(bench_now_ns() - start_ns) / 1e3;
}

/* From the call to the last packet that was dropped by it. */
static double lifted_us(struct bench *bench)
{
	uint64_t counted[2], start_ns, last_ns, now_ns;
	struct gp_counter counters[GP_COUNTERS];
	const int index = GP_SERVICE_IMAP * GP_REASON_MAX + GP_REASON_BAN_SOURCE;

	start_ns = last_ns = bench_now_ns();
	datapath_unban(bench->datapath, &bench->target);
	last_ns = now_ns = bench_now_ns();
	counted[0] = datapath_counters(bench->datapath, counters) ? 0 : counters[index].packets;
	while (now_ns - last_ns < QUIET_NS) {
		counted[1] = datapath_counters(bench->datapath, counters) ? 0 : counters[index].packets;
		now_ns = bench_now_ns();
		if (counted[1] != counted[0])
			last_ns = now_ns;
		counted[0] = counted[1];
	}
	return (double)(last_ns - start_ns) / 1e3;
}

static void one(struct bench *bench, double into[ROUNDS], double out[ROUNDS])
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, flood, bench))
		return;
	usleep(300000);
	for (int round = 0; round < ROUNDS; round++) {
		into[round] = in_force_us(bench);
		out[round] = lifted_us(bench);
	}
	atomic_store(&bench->done, true);
	pthread_join(thread, NULL);
}

static void tell(struct report *report, double seconds, double into[ROUNDS], double out[ROUNDS])
{
	double into_us = median(into, ROUNDS), out_us = median(out, ROUNDS);

	report_line(report, "\n- %u bans into an empty table: %.2f s", MANY, seconds);
	report_line(report, "- one, until it drops: median %.1f us, 9 of 10 within %.1f us, the slowest %.1f us",
		    into_us, into[ROUNDS * 9 / 10], into[ROUNDS - 1]);
	report_line(
		report,
		"- one taken back, until it drops no more: median %.1f us, 9 of 10 within %.1f us, the slowest %.1f us\n",
		out_us, out[ROUNDS * 9 / 10], out[ROUNDS - 1]);
	report_bar(report, "bans_1m_seconds", seconds, false, 1);
	report_bar(report, "ban_in_force_us", into_us, false, 1000);
	report_bar(report, "unban_us", out_us, false, 1000);
}

int main(int argc, char **argv)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	static double into[ROUNDS], out[ROUNDS];
	struct bench bench = {0};
	struct report *report;
	double seconds = 0;
	int result;

	if (argc < 2) {
		fprintf(stderr, "usage: bans DIRECTORY\n");
		return 2;
	}
	setrlimit(RLIMIT_MEMLOCK, &all);
	wire_pin_cpu(0);
	if (report_new(&report, argv[1], "bans"))
		return 1;
	result = bench_open(&bench);
	if (!result)
		result = many(&bench, &seconds);
	if (!result) {
		one(&bench, into, out);
		tell(report, seconds, into, out);
	} else {
		fprintf(stderr, "bench: %s\n", strerror(-result));
	}
	generator_free(bench.generator);
	datapath_free(bench.datapath);
	return report_close(report) || result ? 1 : 0;
}
