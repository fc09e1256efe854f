/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/replay/directory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/adapters/classify.h"
#include "user/config/config.h"
#include "user/core/duration.h"
#include "user/lines.h"
#include "user/replay/annotate.h"
#include "user/replay/line_text.h"
#include "user/replay/output.h"
#include "user/replay/print_lines.h"
#include "user/replay/tally.h"
#include "user/replay/timeline.h"
#include "user/version.h"

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
	char sum[PARTS][SUM_TEXT_BYTES];
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

/* ---- tables ---------------------------------------------------------------------------------------------------- */

static void start_time_to_ban(struct output *to)
{
	output_print(to, "time\trule\taction\ttarget\toffences\tin_force\tfirst_attempt\tseconds\tattempts\n");
}

/* Whole microseconds, as in the lines. */
static void print_seconds(struct output *to, uint64_t ns)
{
	output_print(to, "%llu.%06llu", ns / NS_PER_S, ns % NS_PER_S / 1000);
}

/* Nothing where no attempt was seen: the rule counts connections or handshakes. */
static void on_ban(void *context, const struct tally_ban *ban)
{
	struct output *to = ((struct directory *)context)->part[TIME_TO_BAN];
	const struct decision *decision = ban->decision;
	char target[ADDR_TEXT_BYTES];

	print_seconds(to, ban->wall_ns);
	output_print(to, "\t%s\t%s\t%s\t%" PRIu32 "\t%s\t", decision->rule->name, action_text(decision->action),
		     prefix_text(&decision->target, target), decision->offences, ban->in_force ? "yes" : "no");
	if (ban->first_ns)
		print_seconds(to, ban->first_ns);
	output_print(to, "\t");
	if (ban->first_ns)
		print_seconds(to, ban->wall_ns - ban->first_ns);
	output_print(to, "\t%" PRIu64 "\n", ban->attempts);
}

static void write_over_time(struct output *to, const struct timeline *timeline)
{
	const uint64_t width_ns = timeline_width_ns(timeline);

	output_print(to, "time\tseconds\tframes\tdropped\tspared\tfailures\tsuccesses\tunknown\tdecisions\n");
	for (size_t i = 0; i < timeline->spans; i++) {
		const struct timeline_span *span = &timeline->span[i];

		print_seconds(to, timeline->first_ns + i * width_ns);
		output_print(to, "\t");
		print_seconds(to, width_ns);
		output_print(to,
			     "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
			     "\n",
			     span->frames, span->dropped, span->spared, span->attempts[OUTCOME_FAILURE],
			     span->attempts[OUTCOME_SUCCESS], span->attempts[OUTCOME_UNKNOWN], span->decisions);
	}
}

/* ---- the summary ----------------------------------------------------------------------------------------------- */

static const char *sum_of_config(const struct settings *settings, char text[SUM_TEXT_BYTES])
{
	struct sum *sum;
	size_t size = 0;
	char *printed = NULL;
	FILE *file = open_memstream(&printed, &size);

	text[0] = '\0';
	if (!file)
		return text;
	config_print(settings, file);
	fclose(file);
	if (!sum_new(&sum)) {
		sum_add(sum, printed, size);
		sum_text(sum, text);
		sum_free(sum);
	}
	free(printed);
	return text;
}

static json_t *files_of(const struct directory *directory)
{
	json_t *files = json_array();

	for (const char *const *file = directory->options.files; *file; file++)
		json_array_append_new(files, json_string(basename(*file)));
	return files;
}

/* What `sha256sum NAME...` prints of the parts, and the sum of that. */
static json_t *output_of(const struct directory *directory)
{
	json_t *output = json_object(), *parts = json_object();
	char all[SUM_TEXT_BYTES] = "", line[SUM_TEXT_BYTES + 64];
	struct sum *sum = NULL;

	if (!output || !parts || sum_new(&sum))
		return output;
	for (int i = 0; i < PARTS; i++) {
		json_object_set_new(parts, names[i], json_string(directory->sum[i]));
		sum_add(sum, line, (size_t)snprintf(line, sizeof(line), "%s  %s\n", directory->sum[i], names[i]));
	}
	json_object_set_new(output, "sha256", json_string(sum_text(sum, all)));
	json_object_set_new(output, "files", parts);
	sum_free(sum);
	return output;
}

static int write_text(const char *text, size_t size, void *context)
{
	const struct writer *to = context;

	to->write(to->context, text, size);
	return 0;
}

static int write_summary(const struct directory *directory, struct fault *fault)
{
	const char *profiles = directory->options.profiles;
	json_t *summary = directory->summary;
	char config[SUM_TEXT_BYTES];
	struct output *output;
	struct writer to;
	int error = output_new(&output, directory->options.path, "summary.json", fault);

	if (error)
		return error;
	to = output_writer(output);
	json_object_set_new(summary, "mode", json_string(directory->settings->enforce ? "enforce" : "observe"));
	json_object_set_new(summary, "versions",
			    json_pack("{s:s, s:s}", "gatepost", GATEPOST_VERSION, "ndpi", classifier_version()));
	json_object_set_new(summary, "config_sha256", json_string(sum_of_config(directory->settings, config)));
	json_object_set_new(summary, "profiles", json_string(profiles ? profiles : "embedded"));
	json_object_set_new(summary, "read", files_of(directory));
	json_object_set_new(summary, "written", output_of(directory));
	json_dump_callback(summary, write_text, &to, JSON_INDENT(2));
	to.write(to.context, "\n", 1);
	return output_close(output, NULL, fault);
}

/* ---- opening and closing --------------------------------------------------------------------------------------- */

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
		start_time_to_ban(directory->part[TIME_TO_BAN]);
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
		 .end = on_end},
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
	directory->settings = replay_settings(replay);
	error = make(directory, replay, fault);
	if (error) {
		directory_free(directory);
		return error;
	}
	*ret_directory = directory;
	return 0;
}

int directory_close(struct directory *directory, struct fault *fault)
{
	int error = 0, one;

	write_over_time(directory->part[OVER_TIME], &directory->timeline);
	for (int i = 0; i < PARTS; i++) {
		one = output_close(directory->part[i], directory->sum[i], error ? NULL : fault);
		directory->part[i] = NULL;
		error = error ? error : one;
	}
	return error ? error : write_summary(directory, fault);
}

void directory_free(struct directory *directory)
{
	if (!directory)
		return;
	for (int i = 0; i < PARTS; i++)
		output_free(directory->part[i]);
	annotate_free(directory->annotate);
	tally_free(directory->tally);
	json_decref(directory->summary);
	free(directory);
}
