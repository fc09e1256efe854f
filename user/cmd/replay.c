/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost replay: captures through the shipped program and the whole pipeline. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "user/cmd/cmd.h"
#include "user/replay/print_lines.h"
#include "user/replay/replay.h"
#include "user/research/tell.h"

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

struct arguments {
	struct replay_options replay;
	struct research_options research;
	bool table; /* no lines */
};

static int tell_research(struct research *research, bool table)
{
	struct fault fault = {0};
	const int error = research_find(research, &fault);

	if (error)
		return cmd_fail(&fault, error);
	(table ? tell_tables : tell_lines)(research_findings(research), stdout);
	return EXIT_OK;
}

static int run(const struct arguments *arguments, char **path)
{
	struct print_lines lines = {.out = stdout};
	struct replay_listener listener = print_lines_listener(&lines);
	struct research *research = NULL;
	struct replay *replay = NULL;
	struct fault fault = {0};
	int told = EXIT_OK, code = replay_new(&replay, &arguments->replay, &fault);

	if (!code && research_wanted(&arguments->research))
		code = research_new(&research, &arguments->research, replay, &fault);
	if (code) {
		replay_free(replay);
		return cmd_fail(&fault, code);
	}
	lines.enforce = replay_settings(replay)->enforce;
	if (!arguments->table)
		replay_listen(replay, &listener);
	code = replay_files(replay, path);
	if (research)
		told = tell_research(research, arguments->table);
	research_free(research);
	replay_free(replay);
	return code ? code : told;
}

int cmd_replay(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
						{"engine", required_argument, NULL, 'e'},
						{"enforce", no_argument, NULL, 'f'},
						{"labels", required_argument, NULL, 'L'},
						{"output", required_argument, NULL, 'o'},
						{"profiles", required_argument, NULL, 'p'},
						{"sweep", required_argument, NULL, 'S'},
						{"whatif", required_argument, NULL, 'W'},
						{0}};
	static const char usage[] =
		"usage: gatepost replay [--config FILE] [--profiles DIR] [--engine bpf|native] [--enforce] "
		"[--labels FILE [--sweep RULE.FIELD=FROM..TO[:STEP]]] [--whatif RULES] [-o table|json] FILE...";
	struct arguments arguments = {0};
	struct replay_options *const replay = &arguments.replay;
	struct research_options *const research = &arguments.research;
	const char *output = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "c:e:o:p:", options, NULL)) != -1) {
		if (option == 'c')
			replay->config = optarg;
		else if (option == 'e' && (!strcmp(optarg, "native") || !strcmp(optarg, "bpf")))
			replay->native = *optarg == 'n';
		else if (option == 'p')
			replay->profiles = optarg;
		else if (option == 'f')
			replay->enforce = true;
		else if (option == 'L')
			research->labels = optarg;
		else if (option == 'S')
			research->sweep = optarg;
		else if (option == 'W')
			research->whatif = optarg;
		else if (option == 'o' && (!strcmp(optarg, "json") || !strcmp(optarg, "table")))
			output = optarg;
		else
			return cmd_usage(usage);
	}
	/* Who asks what was read wants all of it: a capture answers requests that were dropped. */
	replay->observe = research_wanted(research);
	if (optind == argc || (replay->enforce && replay->observe))
		return cmd_usage(usage);
	research->captures = argv + optind;
	arguments.table = output ? *output == 't' : research_wanted(research);
	return run(&arguments, argv + optind);
}
