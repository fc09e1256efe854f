/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage: fleet DIRECTORY [propagation|join|daemon|rate]
 *
 * Real redis-server processes and nodes (bench/fleet_node.c), all on this machine. With SOAK set, the sustained rate is
 * held for a minute. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/fleet_node.h"
#include "bench/report.h"
#include "user/adapters/clock.h"

#define NS_PER_S 1000000000ULL
#define WAIT_S 150

struct bench {
	struct fleet_bench fleet;
	struct report *report;
	char directory[64];
	pid_t redis, node[FLEET_NODES_MAX];
};

/* ---- processes --------------------------------------------------------------------------------------------------- */

static pid_t start_redis(const char *directory)
{
	char path[96];
	const pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "%s/redis.sock", directory);
	if (!freopen("/dev/null", "w", stdout))
		_exit(1);
	execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", directory,
	       (char *)NULL);
	_exit(127);
}

static void start_node(struct bench *bench, uint32_t index)
{
	const pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(fleet_node_run(&bench->fleet, index));
	}
	bench->node[index] = pid;
}

static bool wait_for(bool (*is)(const struct bench *bench), const struct bench *bench)
{
	const uint64_t end_ns = clock_monotonic_ns() + WAIT_S * NS_PER_S;

	while (!is(bench)) {
		if (clock_monotonic_ns() > end_ns)
			return false;
		usleep(2000);
	}
	return true;
}

static bool has_socket(const struct bench *bench)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/redis.sock", bench->directory);
	return !access(path, F_OK);
}

static bool all_follow(const struct bench *bench)
{
	for (uint32_t i = 0; i < bench->fleet.nodes; i++)
		if (bench->node[i] && !atomic_load(&bench->fleet.shared->node[i].following))
			return false;
	return true;
}

static bool all_have_all(const struct bench *bench)
{
	for (uint32_t i = 0; i < bench->fleet.nodes; i++)
		if (bench->node[i] &&
		    atomic_load(&bench->fleet.shared->node[i].entries) < atomic_load(&bench->fleet.shared->next))
			return false;
	return all_follow(bench);
}

static bool all_decided(const struct bench *bench)
{
	return atomic_load(&bench->fleet.shared->next) >= atomic_load(&bench->fleet.shared->end);
}

/* Of `nodes`, the first `started` are there from the beginning. */
static int open_scene(struct bench *bench, uint32_t nodes, uint32_t started, uint32_t bans)
{
	struct fleet_shared *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return -errno;
	strcpy(bench->directory, "/tmp/gatepost-bench.XXXXXX");
	if (!mkdtemp(bench->directory))
		return -errno;
	bench->fleet = (struct fleet_bench){.shared = shared, .directory = bench->directory, .nodes = nodes};
	memset(bench->node, 0, sizeof(bench->node));
	atomic_store(&shared->end, bans);
	for (uint32_t i = 0; i < nodes; i++)
		if (fleet_node_key(&bench->fleet, i))
			return -EIO;
	bench->redis = start_redis(bench->directory);
	if (!wait_for(has_socket, bench))
		return -ETIMEDOUT;
	for (uint32_t i = 0; i < started; i++)
		start_node(bench, i);
	return wait_for(all_follow, bench) ? 0 : -ETIMEDOUT;
}

static void close_scene(struct bench *bench)
{
	char command[96];

	atomic_store(&bench->fleet.shared->stop, 1);
	for (uint32_t i = 0; i < bench->fleet.nodes; i++)
		if (bench->node[i])
			waitpid(bench->node[i], NULL, 0);
	kill(bench->redis, SIGKILL);
	waitpid(bench->redis, NULL, 0);
	munmap(bench->fleet.shared, sizeof(*bench->fleet.shared));
	snprintf(command, sizeof(command), "rm -rf %s", bench->directory);
	if (system(command))
		fprintf(stderr, "bench: %s is left\n", bench->directory);
}

static uint64_t sum_lost(const struct bench *bench)
{
	uint64_t lost = 0;

	for (uint32_t i = 0; i < bench->fleet.nodes; i++)
		lost += bench->fleet.shared->node[i].lost + bench->fleet.shared->node[i].refused;
	return lost;
}

/* ---- scenes ------------------------------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
	const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static double share_ms(uint64_t *slowest_ns, uint32_t count, double share)
{
	qsort(slowest_ns, count, sizeof(*slowest_ns), compare);
	return (double)slowest_ns[(uint32_t)(share * (count - 1))] / 1e6;
}

/* 50 nodes, two bans a second each. */
static int propagation(struct bench *bench)
{
	enum { NODES = 50, BANS = 1000 };
	static uint64_t slowest_ns[BANS];
	double p50, p99;
	uint32_t unheard = 0;
	int error = open_scene(bench, NODES, NODES, BANS);

	if (error)
		return error;
	atomic_store(&bench->fleet.shared->deciding, NODES);
	atomic_store(&bench->fleet.shared->bans_a_second, 2);
	if (!wait_for(all_decided, bench) || !wait_for(all_have_all, bench))
		return -ETIMEDOUT;
	for (uint32_t i = 0; i < BANS; i++) {
		slowest_ns[i] = bench->fleet.shared->slowest_ns[i];
		unheard += bench->fleet.shared->heard[i] != NODES - 1;
	}
	p50 = share_ms(slowest_ns, BANS, 0.5);
	p99 = share_ms(slowest_ns, BANS, 0.99);
	report_line(bench->report,
		    "- %d nodes, 100 bans a second: in force on all after %.1f ms (median), **%.1f ms "
		    "(99 %%)**; %u of %d not heard by all, %llu lost",
		    NODES, p50, p99, unheard, BANS, (unsigned long long)sum_lost(bench));
	report_case(bench->report, json_pack("{s:s, s:f, s:f, s:i}", "case", "propagation", "p50_ms", p50, "p99_ms",
					     p99, "unheard", unheard));
	report_bar(bench->report, "in force on all, 99 % [ms]", p99, false, 50);
	report_bar(bench->report, "bans not heard by all", unheard, false, 0);
	close_scene(bench);
	return 0;
}

enum { FILLERS = 4, BANS = 1000000 };

/* Four nodes decide a million. `nodes`: there may be more, later. */
static int fill(struct bench *bench, uint32_t nodes)
{
	const int error = open_scene(bench, nodes, FILLERS, BANS);

	if (error)
		return error;
	atomic_store(&bench->fleet.shared->deciding, FILLERS);
	atomic_store(&bench->fleet.shared->bans_a_second, 20000);
	return wait_for(all_decided, bench) && wait_for(all_have_all, bench) ? 0 : -ETIMEDOUT;
}

/* A fifth node joins four with a million. */
static int join(struct bench *bench)
{
	struct fleet_node_seen *seen;
	double seconds, mib;
	uint64_t began_ns;
	int error = fill(bench, FILLERS + 1);

	if (error)
		return error;
	seen = &bench->fleet.shared->node[FILLERS];
	began_ns = clock_monotonic_ns();
	start_node(bench, FILLERS);
	if (!wait_for(all_have_all, bench))
		return -ETIMEDOUT;
	seconds = (double)(seen->synced_ns - began_ns) / 1e9;
	mib = (double)seen->peak_bytes / (1 << 20);
	report_line(bench->report,
		    "- a node joins a fleet with %d entries: in sync after **%.1f s**, with **%.0f MiB** at most", BANS,
		    seconds, mib);
	report_case(bench->report, json_pack("{s:s, s:f, s:f}", "case", "join", "seconds", seconds, "mib", mib));
	report_bar(bench->report, "joining a million entries [s]", seconds, false, 5);
	report_bar(bench->report, "joining a million entries [MB]", (double)seen->peak_bytes / 1e6, false, 200);
	close_scene(bench);
	return 0;
}

static int write_peers(const struct bench *bench)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/peers", bench->directory);
	file = fopen(path, "we");
	if (!file)
		return -errno;
	for (uint32_t i = 0; i < bench->fleet.nodes; i++) {
		fprintf(file, "peer \"%s\" { key = ", bench->fleet.node[i].name);
		for (int n = 0; n < PUBLIC_KEY_BYTES; n++)
			fprintf(file, "%02x", bench->fleet.node[i].key[n]);
		fputs(" }\n", file);
	}
	return fclose(file) ? -errno : 0;
}

/* The whole daemon joins them, with its kernel half, tables and store. */
static int join_daemon(struct bench *bench)
{
	char command[256];
	unsigned int took_ms = 0, cpu_ms = 0, mib = 0;
	FILE *pipe;
	int error = fill(bench, FILLERS);

	if (!error)
		error = write_peers(bench);
	if (error)
		return error;
	snprintf(command, sizeof(command), "bench/fleet_daemon.sh %s %d", bench->directory, BANS);
	pipe = popen(command, "re");
	if (!pipe)
		return -errno;
	if (fscanf(pipe, "%u %u %u", &took_ms, &cpu_ms, &mib) != 3)
		error = -EIO;
	pclose(pipe);
	if (error)
		return error;
	report_line(bench->report,
		    "- the whole daemon joins it: all %d on its disk and in force in the kernel %.1f s after its start "
		    "(%.1f s of a CPU), with %u MiB at most",
		    BANS, took_ms / 1e3, cpu_ms / 1e3, mib);
	report_case(bench->report, json_pack("{s:s, s:f, s:f, s:i}", "case", "daemon", "seconds", took_ms / 1e3,
					     "cpu_seconds", cpu_ms / 1e3, "mib", (int)mib));
	close_scene(bench);
	return 0;
}

/* Four nodes decide 2500 a second each. */
static int rate(struct bench *bench)
{
	enum { NODES = 4, EACH = 2500 };
	const uint32_t seconds = getenv("SOAK") ? 60 : 10, bans = seconds * NODES * EACH;
	uint64_t began_ns, decided_ns;
	uint32_t unheard = 0;
	double behind_s;
	int error = open_scene(bench, NODES, NODES, bans);

	if (error)
		return error;
	began_ns = clock_monotonic_ns();
	atomic_store(&bench->fleet.shared->deciding, NODES);
	atomic_store(&bench->fleet.shared->bans_a_second, EACH);
	if (!wait_for(all_decided, bench))
		return -ETIMEDOUT;
	decided_ns = clock_monotonic_ns();
	if (!wait_for(all_have_all, bench))
		return -ETIMEDOUT;
	behind_s = (double)(clock_monotonic_ns() - decided_ns) / 1e9;
	for (uint32_t i = 0; i < bans; i++)
		unheard += bench->fleet.shared->heard[i] != NODES - 1;
	report_line(
		bench->report,
		"- %d nodes decide **%.0f bans a second for %u s**: %u of %u not heard by all, %llu lost; all have all %.2f s "
		"after the last",
		NODES, bans / ((double)(decided_ns - began_ns) / 1e9), seconds, unheard, bans,
		(unsigned long long)sum_lost(bench), behind_s);
	report_case(bench->report, json_pack("{s:s, s:i, s:i, s:f}", "case", "rate", "seconds", seconds, "unheard",
					     unheard, "behind_s", behind_s));
	report_bar(bench->report, "of 10,000 bans a second, not heard by all", unheard, false, 0);
	report_bar(bench->report, "all have all after the last [s]", behind_s, false, 1);
	close_scene(bench);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct bench *bench);
	} scene[] = {{"propagation", propagation}, {"join", join}, {"daemon", join_daemon}, {"rate", rate}};
	struct bench bench = {.redis = 0};
	int error = 0, status;

	if (argc < 2 || report_new(&bench.report, argv[1], "fleet"))
		return 2;
	for (size_t i = 0; i < sizeof(scene) / sizeof(scene[0]) && !error; i++) {
		if (argc > 2 && strcmp(argv[2], scene[i].name))
			continue;
		error = scene[i].run(&bench);
		if (error)
			fprintf(stderr, "fleet: %s: %s\n", scene[i].name, strerror(-error));
	}
	status = report_close(bench.report);
	return error || status;
}
