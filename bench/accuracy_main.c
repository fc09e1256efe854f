/* SPDX-License-Identifier: BSD-2-Clause */
/* make accuracy: how many connections of labelled captures are read right, inside TLS; every figure beside its bar.
 * Usage: accuracy [-v] [-q QUESTION] CORPUS OUTPUT
 *
 * Exit 0: every bar that was asked for is met; 1: one is not; 2: there was nothing to measure. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/accuracy_known.h"
#include "bench/accuracy_result.h"

struct arguments {
	bool verbose;
	const char *question; /* NULL: all */
	const char *corpus, *output;
};

static void usage(void)
{
	fprintf(stderr, "usage: accuracy [-v] [-q QUESTION] CORPUS OUTPUT\n"
			"  CORPUS    a directory with labels.csv, captures and profiles/\n"
			"  OUTPUT    a directory, for accuracy.md and accuracy.json\n"
			"  -v        list every connection that was not read right\n"
			"  -q        one of: stale, cost");
	for (size_t i = 0; i < inquiries_count; i++)
		fprintf(stderr, ", %s", inquiries[i].name);
	fputc('\n', stderr);
	exit(2);
}

static bool is_question(const char *name)
{
	for (size_t i = 0; i < inquiries_count; i++)
		if (!strcmp(name, inquiries[i].name))
			return true;
	return !strcmp(name, "stale") || !strcmp(name, "cost");
}

static struct arguments arguments_read(int argc, char **argv)
{
	struct arguments arguments = {0};
	int option;

	while ((option = getopt(argc, argv, "vq:")) != -1)
		switch (option) {
		case 'v':
			arguments.verbose = true;
			break;
		case 'q':
			arguments.question = optarg;
			break;
		default:
			usage();
		}
	if (argc - optind != 2 || (arguments.question && !is_question(arguments.question)))
		usage();
	arguments.corpus = argv[optind];
	arguments.output = argv[optind + 1];
	return arguments;
}

static bool is_asked(const struct arguments *arguments, const char *name)
{
	const bool asked = !arguments->question || !strcmp(arguments->question, name);

	if (asked)
		fprintf(stderr, "  %s\n", name);
	return asked;
}

static void ask(struct result *result, const struct arguments *arguments)
{
	for (size_t i = 0; i < inquiries_count; i++) {
		const struct inquiry *inquiry = &inquiries[i];

		if ((inquiry->needs_probes && !result->probes) || !is_asked(arguments, inquiry->name))
			continue;
		for (enum question question = inquiry->first; question <= inquiry->last; question++) {
			answers_new(&result->answers[question], result->corpus);
			result->asked[question] = true;
		}
		inquiry->ask(result->corpus, &result->answers[inquiry->first]);
	}
	if (is_asked(arguments, "stale")) {
		stale_run(result->corpus, arguments->verbose, result->stale);
		result->asked_stale = true;
	}
	if (is_asked(arguments, "cost")) {
		speed_measure(result->corpus, &result->speed);
		memory_measure(result->corpus, &result->memory);
		moments_count(result->corpus, result->moments);
		result->asked_cost = true;
	}
}

static unsigned int tell(const struct result *result, const struct arguments *arguments)
{
	struct report *report;
	unsigned int missed;

	if (report_new(&report, arguments->output, "accuracy"))
		die("cannot write to %s", arguments->output);
	report_line(report, "\n## Bars\n");
	missed = bars_report(result, report);
	report_line(report, "%s", "");
	left_out_report(result, report);
	report_line(report, "\n## Tables");
	tables_report(result, report);
	if (report_close(report))
		die("cannot write to %s", arguments->output);
	return missed;
}

int main(int argc, char **argv)
{
	const struct arguments arguments = arguments_read(argc, argv);
	struct result result = {0};
	struct corpus corpus;
	struct fault fault = {0};
	unsigned int missed;
	char words[600];

	if (corpus_open(&corpus, arguments.corpus, &fault))
		die("%s", fault_text(&fault, words, sizeof(words)));
	if (corpus.captures == corpus.captures_missing)
		die("%s: none of the captures that labels.csv names is there", arguments.corpus);
	result.corpus = &corpus;
	result.probes = known_probes(&corpus);
	ask(&result, &arguments);
	if (arguments.verbose)
		verbose_print(&result);
	missed = tell(&result, &arguments);
	printf("\n%u bars missed\n", missed);
	for (int question = 0; question < QUESTIONS; question++)
		answers_free(&result.answers[question]);
	corpus_close(&corpus);
	return missed != 0;
}
