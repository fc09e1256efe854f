/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage: [CORPUS=DIRECTORY] replay DIRECTORY
 *
 * A long capture of mail logins through `gatepost replay` and through nDPI's own ndpiReader, on one core, by turns. The
 * capture is made of short ones (of CORPUS, else of tests/replay/cases), many times over with other clients and later:
 * next to nothing but connections that log in, which is the most expensive traffic there is for a reader of logins. CPU
 * time is counted, not the time on the wall: the machine may have other things to do. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/report.h"
#include "bench/wire.h"

#define ROUNDS 5
#define CAPTURE_BYTES (250 << 20)
#define CASES "tests/replay/cases"
#define PATH_BYTES 512
#define PACKETS_A_SECOND 300000
#define OF_NDPI_READER 0.8

struct bench {
	char gatepost[PATH_BYTES], repeat[PATH_BYTES], capture[PATH_BYTES], lines[PATH_BYTES];
	json_int_t frames, flows;
};

struct reader {
	const char *name, *key;
	const char *argv[8];
	int rounds;
	double cpu_s[ROUNDS];
	long memory_kib;
};

/* Its standard output goes to `to`. Fills `ret_usage` (may be NULL). */
static int run(const char *const *argv, const char *to, struct rusage *ret_usage)
{
	int fd, status;
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (!child) {
		fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
			execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (wait4(child, &status, 0, ret_usage) != child)
		return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ENOEXEC;
}

static off_t size_of(const glob_t *captures)
{
	struct stat stat_of;
	off_t size = 0;

	for (size_t i = 0; i < captures->gl_pathc; i++)
		size += stat(captures->gl_pathv[i], &stat_of) ? 0 : stat_of.st_size;
	return size;
}

static int make_capture(const struct bench *bench)
{
	const char *corpus = getenv("CORPUS");
	char pattern[PATH_BYTES], times[16];
	const char **argv;
	glob_t captures;
	int result;

	snprintf(pattern, sizeof(pattern), "%s/*.pcap", corpus && *corpus ? corpus : CASES);
	if (glob(pattern, 0, NULL, &captures))
		return -ENOENT;
	snprintf(times, sizeof(times), "%lld", (long long)(CAPTURE_BYTES / (size_of(&captures) + 1) + 1));
	argv = calloc(captures.gl_pathc + 5, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	argv[0] = bench->repeat;
	argv[1] = times;
	argv[2] = "1";
	argv[3] = times;
	memcpy(argv + 4, captures.gl_pathv, captures.gl_pathc * sizeof(*argv));
	result = run(argv, bench->capture, NULL);
	free(argv);
	globfree(&captures);
	return result;
}

/* The summary is the last line. */
static int read_summary(struct bench *bench)
{
	char line[4096] = "";
	FILE *lines = fopen(bench->lines, "r");
	json_t *summary;
	int result;

	if (!lines)
		return -errno;
	while (fgets(line, sizeof(line), lines))
		;
	fclose(lines);
	summary = json_loads(line, 0, NULL);
	result = json_unpack(summary, "{s:I, s:I}", "frames", &bench->frames, "flows", &bench->flows);
	json_decref(summary);
	return result || !bench->frames ? -EBADMSG : 0;
}

static int measure(const struct bench *bench, struct reader *reader, int round)
{
	struct rusage usage;
	int result = run(reader->argv, round ? "/dev/null" : bench->lines, &usage);

	if (result)
		return result;
	reader->cpu_s[round] = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	reader->memory_kib = usage.ru_maxrss;
	return 0;
}

static double rate_of(const struct bench *bench, struct reader *reader)
{
	return (double)bench->frames / median(reader->cpu_s, (unsigned int)reader->rounds);
}

static void tell(struct report *report, const struct bench *bench, struct reader *reader)
{
	const double rate = rate_of(bench, reader);

	report_line(report, "| %s | %.0f | %.0f | %ld |", reader->name, rate, 1e9 / rate, reader->memory_kib / 1024);
	report_case(report, json_pack("{s:s, s:f, s:I}", "name", reader->key, "packets_per_s", rate, "memory_kib",
				      (json_int_t)reader->memory_kib));
}

static int run_all(struct report *report, struct bench *bench)
{
	struct reader native = {"gatepost replay, native engine",
				"native",
				{bench->gatepost, "replay", "--engine", "native", bench->capture},
				ROUNDS,
				{0},
				0};
	struct reader bpf = {"gatepost replay, the kernel's engine",
			     "bpf",
			     {bench->gatepost, "replay", "--engine", "bpf", bench->capture},
			     1,
			     {0},
			     0};
	struct reader peer = {
		"ndpiReader (quiet)", "ndpiReader", {"ndpiReader", "-q", "-i", bench->capture}, ROUNDS, {0}, 0};
	int result = make_capture(bench);

	for (int round = 0; round < ROUNDS && !result; round++) {
		result = measure(bench, &native, round);
		if (!result && !round)
			result = read_summary(bench);
		if (!result)
			result = measure(bench, &peer, round);
	}
	if (!result)
		result = measure(bench, &bpf, 0);
	if (result)
		return result;
	report_line(report, "\n%lld packets, %lld connections.\n", (long long)bench->frames, (long long)bench->flows);
	report_line(report, "| | packets a second | ns a packet | memory, MiB |");
	report_line(report, "|---|------:|------:|------:|");
	tell(report, bench, &native);
	tell(report, bench, &peer);
	tell(report, bench, &bpf);
	report_line(report, "\n");
	report_bar(report, "packets a second, native engine", rate_of(bench, &native), true, PACKETS_A_SECOND);
	report_bar(report, "of ndpiReader's rate", rate_of(bench, &native) / rate_of(bench, &peer), true,
		   OF_NDPI_READER);
	return 0;
}

int main(int argc, char **argv)
{
	struct report *report;
	struct bench bench;
	int result;

	if (argc != 2) {
		fprintf(stderr, "usage: replay DIRECTORY\n");
		return 2;
	}
	snprintf(bench.gatepost, sizeof(bench.gatepost), "%s/../gatepost", argv[1]);
	snprintf(bench.repeat, sizeof(bench.repeat), "%s/../tools/repeat", argv[1]);
	snprintf(bench.capture, sizeof(bench.capture), "%s/replay.pcap", argv[1]);
	snprintf(bench.lines, sizeof(bench.lines), "%s/replay.out", argv[1]);
	result = wire_pin_cpu((unsigned)sysconf(_SC_NPROCESSORS_ONLN) - 1);
	if (!result)
		result = report_new(&report, argv[1], "replay");
	if (result) {
		fprintf(stderr, "bench: %s\n", strerror(-result));
		return 1;
	}
	result = run_all(report, &bench);
	if (result)
		fprintf(stderr, "bench: replay: %s\n", strerror(-result));
	unlink(bench.capture);
	unlink(bench.lines);
	return report_close(report) || result ? 1 : 0;
}
