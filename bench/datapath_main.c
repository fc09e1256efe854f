/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage: datapath DIRECTORY [SCENE]   (inside the namespaces that run.sh makes)
 *
 * What a verdict costs. In each scene all contestants stand ready, each on a wire of its own, and take turns for five
 * rounds: a burst in which the packets a second are counted, and a shorter one in which the kernel takes the time of
 * each run of the program. A ratio is the median of the ratios within a round, so that what else the machine does then
 * hurts both alike. The verdicts are counted by the contestant itself; what was sent and got none is shown as lost. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/play.h"
#include "bench/plays.h"
#include "bench/report.h"
#include "bench/wire.h"

static int play_all(struct report *report, const char *only)
{
	int result = 0;

	for (size_t i = 0; plays[i].scene.name && !result; i++)
		if (!only || !strncmp(only, plays[i].scene.name, strlen(only)))
			result = play(&plays[i], report);
	return result;
}

int main(int argc, char **argv)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct report *report;
	int result, closed;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: datapath DIRECTORY [SCENE]\n");
		return 2;
	}
	setrlimit(RLIMIT_MEMLOCK, &all);
	result = wire_pin_cpu(0);
	if (!result)
		result = report_new(&report, argv[1], "datapath");
	if (result) {
		fprintf(stderr, "bench: %s\n", strerror(-result));
		return 1;
	}
	result = play_all(report, argc > 2 ? argv[2] : NULL);
	if (result)
		fprintf(stderr, "bench: %s\n", strerror(-result));
	closed = report_close(report);
	return result || closed ? 1 : 0;
}
