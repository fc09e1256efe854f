/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/research/research.h"

#include <errno.h>
#include <stdlib.h>

#include "user/config/config.h"

struct research {
	const struct settings *settings; /* of the replay */
	struct labels labels;
	struct truth *truth;
	struct record *record;
	struct sweep sweep;
	struct settings *whatif; /* whose rules are tried */
	struct research_findings findings;
};

bool research_wanted(const struct research_options *options)
{
	return options->labels || options->sweep || options->whatif;
}

/* ---- before ----------------------------------------------------------------------------------------------------- */

static int read_labels(struct research *research, const struct research_options *options, struct fault *fault)
{
	int error = labels_load(&research->labels, options->labels, fault);

	if (error)
		return error;
	if (!truth_select(&research->labels, options->captures))
		return fault_set(fault, ENOENT, "%s: none of its %zu rows is of these captures (column pcap)",
				 options->labels, research->labels.count);
	error = truth_new(&research->truth, &research->labels);
	return error ? fault_set(fault, -error, "no memory for the labels") : 0;
}

static int read_sweep(struct research *research, const char *text, struct fault *fault)
{
	uint32_t index;
	int error = sweep_parse(text, &research->sweep, fault);

	if (!error)
		error = sweep_find(&research->sweep, &research->settings->rules, &index, fault);
	if (!error && !research->truth)
		error = fault_set(fault, EINVAL, "--sweep wants --labels: without them nobody knows who attacks");
	research->findings.sweep = &research->sweep;
	return error;
}

static int read_all(struct research *research, const struct research_options *options, struct fault *fault)
{
	int error = options->labels ? read_labels(research, options, fault) : 0;

	if (!error && options->sweep)
		error = read_sweep(research, options->sweep, fault);
	if (!error && options->whatif) {
		error = config_load(options->whatif, &research->whatif, fault);
		research->findings.whatif_path = options->whatif;
	}
	if (!error && record_new(&research->record, research->truth))
		error = fault_set(fault, ENOMEM, "no memory for the record");
	return error;
}

int research_new(struct research **ret_research, const struct research_options *options, struct replay *replay,
		 struct fault *fault)
{
	struct research *research = calloc(1, sizeof(*research));
	struct replay_listener listener;
	int error;

	if (!research)
		return fault_set(fault, ENOMEM, "out of memory");
	research->settings = replay_settings(replay);
	error = read_all(research, options, fault);
	if (error) {
		research_free(research);
		return error;
	}
	listener = record_listener(research->record);
	replay_listen(replay, &listener);
	research->findings.truth = research->truth;
	research->findings.record = research->record;
	*ret_research = research;
	return 0;
}

/* ---- after ------------------------------------------------------------------------------------------------------ */

static int try_rules(const struct research *research, const struct ruleset *rules, struct trial *ret_trial,
		     struct fault *fault)
{
	const struct trial_options options = {
		.record = research->record,
		.settings = research->settings,
		.rules = rules,
	};

	return trial_run(ret_trial, &options, fault);
}

static int find_score(struct research *research, struct fault *fault)
{
	struct research_findings *findings = &research->findings;
	int error = try_rules(research, NULL, &findings->as_it_was, fault);

	if (!error && reading_of(&findings->reading, research->record))
		error = fault_set(fault, ENOMEM, "no memory for the score");
	return error;
}

static int find_sweep(struct research *research, struct fault *fault)
{
	const struct trial_options options = {
		.record = research->record,
		.settings = research->settings,
		.rules = &research->settings->rules,
	};
	struct research_findings *findings = &research->findings;

	findings->point = calloc(sweep_points(&research->sweep), sizeof(*findings->point));
	if (!findings->point)
		return fault_set(fault, ENOMEM, "no memory for the sweep");
	return sweep_run(&research->sweep, &options, findings->point, fault);
}

static int find_whatif(struct research *research, struct fault *fault)
{
	struct research_findings *findings = &research->findings;
	int error = try_rules(research, &research->settings->rules, &findings->now, fault);

	if (!error)
		error = try_rules(research, &research->whatif->rules, &findings->then, fault);
	if (!error && whatif_compare(&findings->whatif, &findings->now, &findings->then))
		error = fault_set(fault, ENOMEM, "no memory for the comparison");
	return error;
}

int research_find(struct research *research, struct fault *fault)
{
	int error = record_error(research->record);

	if (error)
		return fault_set(fault, -error, "no memory for the record of the replay");
	if (research->truth)
		error = find_score(research, fault);
	if (!error && research->findings.sweep)
		error = find_sweep(research, fault);
	if (!error && research->whatif)
		error = find_whatif(research, fault);
	return error;
}

const struct research_findings *research_findings(const struct research *research)
{
	return &research->findings;
}

void research_free(struct research *research)
{
	if (!research)
		return;
	trial_free(&research->findings.as_it_was);
	trial_free(&research->findings.now);
	trial_free(&research->findings.then);
	whatif_free(&research->findings.whatif);
	free(research->findings.point);
	record_free(research->record);
	truth_free(research->truth);
	labels_free(&research->labels);
	config_free(research->whatif);
	free(research);
}
