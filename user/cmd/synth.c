/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost synth: a capture and its labels, to order. The same scenario, seed, time and scale give the same files, byte
 * for byte, on any machine. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/capture_write.h"
#include "user/cmd/cmd.h"
#include "user/config/config_digits.h"
#include "user/config/config_text.h"
#include "user/judge/rules.h"
#include "user/synth/dice.h"
#include "user/synth/label.h"

#define SCALE_DECIMALS 6

extern const char *const rules_scenarios[]; /* name, text, name, text, ..., NULL: rules/scenarios, compiled in */

struct synth {
	const char *name, *capture, *labels;
	uint64_t seed, lasts_ns, scale;
	bool list, show;
	struct scenario *scenario;
	struct world *world;
	struct wire *wire;
	struct capture_writer *writer;
	FILE *label_file;
	uint64_t frames, connections, attempts;
};

static const char *basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void on_over(void *context, const struct wire_label *label)
{
	struct synth *synth = context;
	char line[LABEL_LINE_BYTES];
	struct sentence sentence = sentence_start(line, sizeof(line));

	synth->connections++;
	synth->attempts += strlen(label->outcomes);
	if (!synth->label_file)
		return;
	label_line(label, synth->scenario, basename_of(synth->capture), basename_of(synth->name), &sentence);
	fputs(line, synth->label_file);
}

/* ---- the scenario ------------------------------------------------------------------------------------------------ */

static const char *built_in(const char *name)
{
	for (const char *const *at = rules_scenarios; *at; at += 2)
		if (!strcmp(at[0], name))
			return at[1];
	return NULL;
}

static int load_scenario(struct synth *synth, struct fault *fault)
{
	const char *text = built_in(synth->name);
	char *file = NULL;
	int error = text ? 0 : config_text_read(synth->name, &file, fault);

	if (!error)
		error = scenario_read(&synth->scenario, synth->name, text ? text : file, fault);
	free(file);
	if (!error && synth->scale != DICE_MILLION)
		error = scenario_scale(synth->scenario, synth->scale, fault);
	if (!error && synth->lasts_ns)
		synth->scenario->lasts_ns = synth->lasts_ns;
	return error;
}

/* The story, without the licence before it. */
static void print_list(void)
{
	for (const char *const *at = rules_scenarios; *at; at += 2) {
		const char *story = strchr(at[1], '\n');

		story = story && !strncmp(story, "\n# ", 3) ? story + 3 : "";
		printf("%-20s %.*s\n", at[0], (int)strcspn(story, "\n"), story);
	}
}

/* ---- making it --------------------------------------------------------------------------------------------------- */

static int open_files(struct synth *synth, struct fault *fault)
{
	int error = capture_writer_new(&synth->writer, synth->capture, fault);

	if (error || !synth->labels)
		return error;
	synth->label_file = fopen(synth->labels, "w");
	if (!synth->label_file)
		return fault_set(fault, errno, "%s: %s", synth->labels, strerror(errno));
	fputs(label_header(), synth->label_file);
	return 0;
}

static int close_files(struct synth *synth, struct fault *fault)
{
	int error = synth->writer ? capture_writer_close(synth->writer, fault) : 0;

	if (!synth->label_file)
		return error;
	if (fflush(synth->label_file) || ferror(synth->label_file))
		error = fault_set(fault, errno ? errno : EIO, "%s: could not be written", synth->labels);
	fclose(synth->label_file);
	return error;
}

static int write_all(struct synth *synth, struct fault *fault)
{
	struct wire_frame frame;
	int result;

	while ((result = wire_next(synth->wire, &frame)) == 1) {
		capture_write(synth->writer, frame.time_ns, frame.bytes, frame.length);
		synth->frames++;
	}
	return result ? fault_set(fault, -result, "no memory for the packets") : 0;
}

static int make(struct synth *synth, struct fault *fault)
{
	int error = load_scenario(synth, fault), closed;

	if (!error)
		error = world_new(&synth->world, synth->scenario, synth->seed, fault);
	if (!error)
		error = wire_new(&synth->wire, synth->world, synth->scenario, synth->seed, on_over, synth, fault);
	if (!error)
		error = open_files(synth, fault);
	if (!error)
		error = write_all(synth, fault);
	closed = close_files(synth, error ? NULL : fault);
	if (!error && !closed)
		fprintf(stderr, "%" PRIu64 " packets, %" PRIu64 " connections, %" PRIu64 " logins\n", synth->frames,
			synth->connections, synth->attempts);
	wire_free(synth->wire);
	world_free(synth->world);
	scenario_free(synth->scenario);
	return error ? error : closed;
}

/* ---- the command line -------------------------------------------------------------------------------------------- */

static bool read_option(struct synth *synth, int option, const char *value)
{
	switch (option) {
	case 'w':
		synth->capture = value;
		return true;
	case 'l':
		synth->labels = value;
		return true;
	case 's':
		return !digits_whole(&value, &synth->seed) && !*value;
	case 'f':
		return !duration_parse(value, &synth->lasts_ns) && synth->lasts_ns;
	case 'x':
		return !digits_decimal(&value, SCALE_DECIMALS, &synth->scale) && !*value && synth->scale;
	case 'L':
		return synth->list = true;
	case 'S':
		return synth->show = true;
	default:
		return false;
	}
}

static int run(struct synth *synth)
{
	struct fault fault = {.line = 0};
	int error;

	if (synth->show && !built_in(synth->name)) {
		fprintf(stderr, "gatepost: no scenario '%s'; 'gatepost synth --list' lists them\n", synth->name);
		return EXIT_NOT_FOUND;
	}
	if (synth->show)
		return fputs(built_in(synth->name), stdout) < 0 ? EXIT_NOT_FOUND : EXIT_OK;
	error = make(synth, &fault);
	return error ? cmd_fail(&fault, error) : EXIT_OK;
}

int cmd_synth(int argc, char **argv)
{
	static const struct option options[] = {
		{"write", required_argument, NULL, 'w'}, {"labels", required_argument, NULL, 'l'},
		{"seed", required_argument, NULL, 's'},  {"for", required_argument, NULL, 'f'},
		{"scale", required_argument, NULL, 'x'}, {"list", no_argument, NULL, 'L'},
		{"show", no_argument, NULL, 'S'},        {0}};
	static const char usage[] = "usage: gatepost synth SCENARIO -w FILE [--labels FILE] [--seed 1] [--for 1h] "
				    "[--scale 1]\n       gatepost synth --list | --show SCENARIO";
	struct synth synth = {.seed = 1, .scale = DICE_MILLION};
	int option;

	while ((option = getopt_long(argc, argv, "w:", options, NULL)) != -1)
		if (!read_option(&synth, option, optarg))
			return cmd_usage(usage);
	if (synth.list && optind == argc) {
		print_list();
		return EXIT_OK;
	}
	if (optind != argc - 1 || synth.show == (synth.capture != NULL))
		return cmd_usage(usage);
	synth.name = argv[optind];
	return run(&synth);
}
