/* SPDX-License-Identifier: BSD-2-Clause */
/* What a directory of results gets: each file once, and numbers that add up. */
#include "tests/unit/stage.h"

#include "user/research/tell.h"

struct written {
	char names[256];
	char tsv[1024];
	json_t *scores;
};

static int keep(void *context, const char *name, const char *text, size_t length)
{
	struct written *written = context;

	strcat(strcat(written->names, name), " ");
	if (!strcmp(name, "roc.tsv"))
		snprintf(written->tsv, sizeof(written->tsv), "%.*s", (int)length, text);
	if (!strcmp(name, "scores.json"))
		written->scores = json_loadb(text, length, 0, NULL);
	return 0;
}

static int refuse(void *context, const char *name, const char *text, size_t length)
{
	(void)context;
	(void)name;
	(void)text;
	(void)length;
	return -28;
}

static void find_all(struct stage *stage, struct research_findings *findings, struct sweep *sweep,
		     struct sweep_point *point)
{
	const struct trial_options options = {stage->record, stage->settings, &stage->settings->rules};
	struct fault fault = {0};

	*sweep = (struct sweep){.rule = "three", .from = 1, .to = 9, .step = 4};
	if (sweep_run(sweep, &options, point, &fault))
		fail_msg("%s", fault.text);
	*findings = (struct research_findings){.truth = stage->truth,
					       .record = stage->record,
					       .sweep = sweep,
					       .point = point,
					       .whatif_path = "other.rules",
					       .as_it_was = stage_trial(stage, NULL),
					       .now = stage_trial(stage, &stage->settings->rules),
					       .then = stage_trial(stage, &stage->settings->rules)};
	assert_int_equal(reading_of(&findings->reading, stage->record), 0);
	assert_int_equal(whatif_compare(&findings->whatif, &findings->now, &findings->then), 0);
}

static void let_go(struct research_findings *findings)
{
	trial_free(&findings->as_it_was);
	trial_free(&findings->now);
	trial_free(&findings->then);
	whatif_free(&findings->whatif);
}

static void a_directory_gets_scores_curve_and_comparison(void **state)
{
	struct research_findings findings;
	struct sweep_point point[3];
	struct written written = {0};
	struct sweep sweep;
	struct stage stage;

	(void)state;
	stage_open(&stage, STAGE_HEAD "203.0.113.1,4000,198.51.100.1,993,FFFFFF,1700000000,1,list\n"
				      "192.0.2.7,4000,198.51.100.1,993,S,1700000001,0,user\n");
	attempted(&stage, "203.0.113.1", 4000, 1, "FFFFFF");
	attempted(&stage, "192.0.2.7", 4000, 20, "S");
	find_all(&stage, &findings, &sweep, point);
	assert_int_equal(tell_files(&findings, keep, &written), 0);
	assert_string_equal(written.names, "scores.json roc.tsv roc.gp whatif.jsonl ");
	assert_string_equal(
		written.tsv,
		"# threshold of rule three\n"
		"threshold\ttrue_bans\tattackers\ttrue_ban_share\tfalse_bans\tothers\tfalse_ban_share\tlet_through\t"
		"let_through_share\tto_ban_median_s\tto_ban_p90_s\tlogins_hurt\tlimits\tbans_of_this_rule\n"
		"# 1: rule 'three': a ban needs a 'threshold' of at least 2 attempts\n"
		"5\t1\t1\t1.000000\t0\t1\t0.000000\t5\t0.833333\t4.000000\t4.000000\t0\t0\t1\n"
		"9\t0\t1\t0.000000\t0\t1\t0.000000\t6\t1.000000\tnan\tnan\t0\t0\t0\n");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(written.scores, "attackers"), "attempts")),
			 6);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(written.scores, "outcomes"), "right")), 2);
	json_decref(written.scores);
	assert_int_equal(tell_files(&findings, refuse, NULL), -28);
	let_go(&findings);
	stage_close(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_gets_scores_curve_and_comparison),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
