/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost replay: captures through the shipped program and the whole pipeline. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "user/cmd/cmd.h"
#include "user/replay/print_lines.h"
#include "user/replay/replay.h"

static int replay_file(struct replay *replay, const char *path)
{
	struct capture *capture = NULL;
	struct fault fault = {0};
	struct frame frame;
	int error = capture_open_file(&capture, path, &fault);

	while (!error && (error = capture_next(capture, &frame, &fault)) == 1)
		error = replay_frame(replay, &frame, &fault);
	capture_free(capture);
	return error < 0 ? cmd_fail(&fault, error) : EXIT_OK;
}

static int replay_files(struct replay *replay, char **path)
{
	int code = EXIT_OK;

	for (; *path; path++) {
		int one = replay_file(replay, *path);

		code = one ? one : code;
	}
	replay_end(replay);
	return code;
}

static int run(const struct replay_options *options, char **path)
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
	code = replay_files(replay, path);
	replay_free(replay);
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
	return run(&replay, argv + optind);
}
