/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost replay: captures through the shipped program and the whole pipeline. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "user/cmd/cmd.h"
#include "user/cmd/replay_out.h"
#include "user/cmd/replay_research.h"

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

static int run(const struct replay_options *options, struct replay_out *out, struct replay_research *asked, char **path)
{
	struct replay *replay = NULL;
	struct fault fault = {0};
	int error = replay_new(&replay, options, &fault), code = EXIT_OK;

	if (!error)
		error = replay_research_open(asked, replay, &fault);
	if (!error)
		error = replay_out_open(out, replay, &fault);
	if (!error) {
		code = replay_files(replay, path);
		error = replay_research_tell(asked, replay_out_is_table(out), out->made, &fault);
	}
	if (!error)
		error = replay_out_close(out, &fault);
	replay_out_free(out);
	replay_research_free(asked);
	replay_free(replay);
	return error ? cmd_fail(&fault, error) : code;
}

int cmd_replay(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},   {"engine", required_argument, NULL, 'e'},
		{"enforce", no_argument, NULL, 'f'},        {"labels", required_argument, NULL, 'L'},
		{"out", required_argument, NULL, 'd'},      {"output", required_argument, NULL, 'o'},
		{"profiles", required_argument, NULL, 'p'}, {"sweep", required_argument, NULL, 'S'},
		{"whatif", required_argument, NULL, 'W'},   {0}};
	static const char usage[] =
		"usage: gatepost replay [--config FILE] [--profiles DIR] [--engine bpf|native] [--enforce] "
		"[--labels FILE [--sweep RULE.FIELD=FROM..TO[:STEP]]] [--whatif RULES] [-o json|csv|table] [--out DIR] "
		"FILE...";
	struct replay_options replay = {0};
	struct replay_research asked = {0};
	struct replay_out out = {0};
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
		else if (option == 'o' && replay_out_has_form(optarg))
			out.form = optarg;
		else if (option == 'd')
			out.directory.path = optarg;
		else if (!replay_research_option(&asked, option, optarg))
			return cmd_usage(usage);
	}
	/* Who asks what was read wants all of it: a capture answers requests that were dropped. */
	replay.observe = research_wanted(&asked.options);
	if (replay.observe && !out.form)
		out.form = "table";
	if (optind == argc || (replay.observe && (replay.enforce || !strcmp(out.form, "csv"))))
		return cmd_usage(usage);
	asked.options.captures = argv + optind;
	out.directory.files = (const char *const *)argv + optind;
	out.directory.profiles = replay.profiles;
	return run(&replay, &out, &asked, argv + optind);
}
