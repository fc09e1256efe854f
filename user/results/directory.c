/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/results/directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/adapters/gnuplot.h"
#include "user/lines.h"
#include "user/results/annotate.h"
#include "user/results/line_text.h"
#include "user/results/output.h"
#include "user/results/print_lines.h"
#include "user/results/summary.h"
#include "user/results/tables.h"

extern const char user_results_over_time_gp[], user_results_time_to_ban_gp[]; /* embedded */

enum part {
	ATTEMPTS,
	FLOWS,
	DECISIONS,
	ANNOTATED,
	OVER_TIME,
	TIME_TO_BAN,
	PARTS,
};
static const char *const names[] = {
	[ATTEMPTS] = "attempts.jsonl",    [FLOWS] = "flows.jsonl",       [DECISIONS] = "decisions.jsonl",
	[ANNOTATED] = "annotated.pcapng", [OVER_TIME] = "over_time.tsv", [TIME_TO_BAN] = "time_to_ban.tsv",
};

struct directory {
	struct directory_options options;
	const struct settings *settings;
	struct output *part[PARTS]; /* NULL once closed */
	json_t *written; /* name: hash */
	struct fault fault; /* the first that went wrong */
	int error;
	bool has_time_to_ban;
	struct annotate *annotate;
	struct tally *tally;
	struct timeline timeline;
	json_t *summary;
};

/* ---- lines ----------------------------------------------------------------------------------------------------- */

static void write_line(struct directory *directory, enum part part, json_t *line)
{
	const struct writer to = output_writer(directory->part[part]);

	line_text_json(line, &to);
	json_decref(line);
}

static void on_attempt(void *context, const struct attempt *attempt, uint64_t wall_ns)
{
	write_line(context, ATTEMPTS, line_attempt(attempt, wall_ns));
}

static void on_flow(void *context, const struct flow_report *report)
{
	write_line(context, FLOWS, line_flow(report));
}

static void on_decision(void *context, const struct decision *decision, const struct ban *ban, uint64_t wall_ns)
{
	struct directory *directory = context;

	write_line(directory, DECISIONS, line_decision(decision, ban, wall_ns, directory->settings->enforce));
}

static void on_ban_ended(void *context, const struct ban *ban, uint64_t wall_ns)
{
	write_line(context, DECISIONS, line_ban_ended(ban, wall_ns));
}

static void on_end(void *context, const struct replay_totals *totals)
{
	((struct directory *)context)->summary = print_lines_summary(totals);
}

static int first_error(void *context)
{
	const struct directory *directory = context;
	int error = 0;

	for (int i = 0; i < PARTS && !error; i++)
		error = output_error(directory->part[i]);
	return error;
}

/* ---- tables ---------------------------------------------------------------------------------------------------- */

static void on_ban(void *context, const struct tally_ban *ban)
{
	struct directory *directory = context;

	directory->has_time_to_ban |= ban->first_ns && ban->decision->offences == 1;
	table_time_to_ban(directory->part[TIME_TO_BAN], ban);
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static int make_empty(const char *path, struct fault *fault)
{
	struct dirent **entry = NULL;
	int entries;

	if (mkdir(path, 0777) && errno != EEXIST)
		return fault_set(fault, errno, "%s: %s", path, strerror(errno));
	entries = scandir(path, &entry, NULL, NULL);
	if (entries < 0)
		return fault_set(fault, errno, "%s: %s", path, strerror(errno));
	for (int i = 0; i < entries; i++)
		free(entry[i]);
	free(entry);
	return entries > 2
		       ? fault_set(fault, EEXIST, "%s: there is something in it; an empty directory is wanted", path)
		       : 0;
}

static int open_parts(struct directory *directory, struct fault *fault)
{
	int error = make_empty(directory->options.path, fault);

	for (int i = 0; i < PARTS && !error; i++)
		error = output_new(&directory->part[i], directory->options.path, names[i], fault);
	if (!error)
		table_time_to_ban_head(directory->part[TIME_TO_BAN]);
	return error;
}

static int listen_to(struct directory *directory, struct replay *replay)
{
	const struct replay_listener listeners[] = {
		{.context = directory,
		 .attempt = on_attempt,
		 .flow = on_flow,
		 .decision = on_decision,
		 .ban_ended = on_ban_ended,
		 .end = on_end,
		 .error = first_error},
		annotate_listener(directory->annotate),
		tally_listener(directory->tally),
		timeline_listener(&directory->timeline),
	};
	int error = 0;

	for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]) && !error; i++)
		error = replay_listen(replay, &listeners[i]);
	return error;
}

static int make(struct directory *directory, struct replay *replay, struct fault *fault)
{
	const struct settings *settings = directory->settings;
	int error = open_parts(directory, fault);
	struct writer to;

	if (error)
		return error;
	to = output_writer(directory->part[ANNOTATED]);
	error = annotate_new(&directory->annotate, &to, settings->enforce);
	if (!error)
		error = tally_new(&directory->tally, settings->judge.sources_max, &settings->rules, settings->enforce,
				  on_ban, directory);
	if (!error)
		error = listen_to(directory, replay);
	return error ? fault_set(fault, -error, "%s: %s", directory->options.path, strerror(-error)) : 0;
}

int directory_new(struct directory **ret_directory, const struct directory_options *options, struct replay *replay,
		  struct fault *fault)
{
	struct directory *directory = calloc(1, sizeof(*directory));
	int error;

	if (!directory)
		return fault_set(fault, ENOMEM, "out of memory");
	directory->options = *options;
	directory->written = json_object();
	directory->settings = replay_settings(replay);
	error = make(directory, replay, fault);
	if (error) {
		directory_free(directory);
		return error;
	}
	*ret_directory = directory;
	return 0;
}

const struct tally *directory_tally(const struct directory *directory)
{
	return directory->tally;
}

/* ---- the end --------------------------------------------------------------------------------------------------- */

static void close_output(struct directory *directory, const char *name, struct output *output)
{
	struct fault fault;
	char sum[SUM_TEXT_BYTES];
	int error = output_close(output, sum, &fault);

	if (!error) {
		json_object_set_new(directory->written, name, json_string(sum));
	} else if (!directory->error) {
		directory->error = error;
		directory->fault = fault;
	}
}

int directory_file(void *context, const char *name, const char *text, size_t length)
{
	struct directory *directory = context;
	struct output *output;
	struct writer to;

	if (directory->error)
		return directory->error;
	directory->error = output_new(&output, directory->options.path, name, &directory->fault);
	if (directory->error)
		return directory->error;
	to = output_writer(output);
	to.write(to.context, text, length);
	close_output(directory, name, output);
	return directory->error;
}

static void write_summary(struct directory *directory)
{
	char *text = summary_text(directory->summary, directory->settings, &directory->options, directory->written);

	if (!text) {
		directory->error = fault_set(&directory->fault, ENOMEM, "out of memory");
		return;
	}
	directory_file(directory, "summary.json", text, strlen(text));
	free(text);
}

int directory_close(struct directory *directory, struct fault *fault)
{
	table_over_time(directory->part[OVER_TIME], &directory->timeline);
	for (int i = 0; i < PARTS; i++) {
		close_output(directory, names[i], directory->part[i]);
		directory->part[i] = NULL;
	}
	if (directory->timeline.spans)
		directory_file(directory, "over_time.gp", user_results_over_time_gp, strlen(user_results_over_time_gp));
	if (directory->has_time_to_ban)
		directory_file(directory, "time_to_ban.gp", user_results_time_to_ban_gp,
			       strlen(user_results_time_to_ban_gp));
	if (!directory->error)
		write_summary(directory);
	*fault = directory->fault;
	return directory->error;
}

static bool is_script(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcmp(dot, ".gp");
}

int directory_draw(const struct directory *directory, struct fault *fault)
{
	const char *name;
	json_t *hash;
	int error = 0;

	json_object_foreach(directory->written, name, hash) if (!error && is_script(name)) error =
		gnuplot_run(directory->options.path, name, fault);
	return error;
}

void directory_free(struct directory *directory)
{
	if (!directory)
		return;
	for (int i = 0; i < PARTS; i++)
		output_free(directory->part[i]);
	annotate_free(directory->annotate);
	tally_free(directory->tally);
	json_decref(directory->written);
	json_decref(directory->summary);
	free(directory);
}
