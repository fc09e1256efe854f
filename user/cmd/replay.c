/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost replay: captures through the shipped program and the whole pipeline. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/cmd/cmd.h"
#include "user/cmd/replay_read.h"
#include "user/replay/print_lines.h"

static int run(const struct replay_options *options, char **path, size_t paths)
{
	struct print_lines lines = {.out = stdout};
	struct replay_listener listener = print_lines_listener(&lines);
	struct replay *replay = NULL;
	struct fault fault = {0};
	int code = replay_new(&replay, options, &fault);

	if (code)
		return cmd_fail(&fault, code);
	lines.enforce = replay_settings(replay)->enforce;
	replay_listen(replay, &listener);
	/* Lines that run over a terminal show well enough how far it is. */
	code = replay_read(replay, path, paths, !isatty(STDOUT_FILENO));
	replay_free(replay);
	if (fflush(stdout) || ferror(stdout)) {
		fault_set(&fault, EIO, "not all could be written: %s", strerror(errno));
		return cmd_fail(&fault, -EIO);
	}
	return code;
}

int cmd_replay(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},   {"engine", required_argument, NULL, 'e'},
		{"enforce", no_argument, NULL, 'f'},        {"output", required_argument, NULL, 'o'},
		{"profiles", required_argument, NULL, 'p'}, {0}};
	static const char usage[] =
		"usage: gatepost replay [--config FILE] [--profiles DIR] [--engine bpf|native] [--enforce] "
		"[-o json] FILE...";
	struct replay_options replay = {0};
	int option;

	while ((option = getopt_long(argc, argv, "c:e:o:p:", options, NULL)) != -1) {
		if (option == 'c')
			replay.config = optarg;
		else if (option == 'e' && (!strcmp(optarg, "native") || !strcmp(optarg, "bpf")))
			replay.native = *optarg == 'n';
		else if (option == 'p')
			replay.profiles = optarg;
		else if (option == 'f')
			replay.enforce = true;
		else if (option != 'o' || strcmp(optarg, "json"))
			return cmd_usage(usage);
	}
	if (optind == argc)
		return cmd_usage(usage);
	return run(&replay, argv + optind, (size_t)(argc - optind));
}
