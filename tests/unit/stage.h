/* SPDX-License-Identifier: BSD-2-Clause */
/* A replay without packets: labels, and what a replay's listener would hear, written down as a record. Seconds are
 * since the first frame. */
#ifndef GATEPOST_TEST_STAGE_H
#define GATEPOST_TEST_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "user/config/config.h"
#include "user/core/duration.h"
#include "user/research/sweep.h"
#include "user/research/trial.h"
#include "user/research/whatif.h"

#define STAGE_HEAD "client_ip,client_port,server_ip,server_port,outcomes,t_first_syn,attack,family\n"
#define STAGE_WALL_S 1700000000ULL
#define STAGE_ENGINE_S 3600ULL /* the engine's clock at the first frame */

struct stage {
	struct settings *settings; /* one rule: ban 1h when 3 failures in 10m per source */
	struct labels labels;
	struct truth *truth;
	struct record *record;
	struct replay_listener hear;
	uint64_t next_password;
};

static inline struct rule stage_rule(void)
{
	return (struct rule){.name = "three",
			     .count = COUNT_FAILURES,
			     .per = PER_SOURCE,
			     .threshold = 3,
			     .window_ns = 10 * NS_PER_MINUTE,
			     .action = ACTION_BAN,
			     .for_ns = NS_PER_HOUR,
			     .at_most_ns = NS_PER_HOUR};
}

static inline void stage_read_labels(struct stage *stage, const char *text)
{
	FILE *stream = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct fault fault = {0};

	assert_non_null(stream);
	if (labels_read(&stage->labels, stream, "labels.csv", &fault))
		fail_msg("%u: %s", fault.line, fault.text);
	fclose(stream);
	assert_int_equal(truth_new(&stage->truth, &stage->labels), 0);
}

/* `labels` NULL: there are none. */
static inline struct stage *stage_open(struct stage *stage, const char *labels)
{
	struct fault fault = {0};

	*stage = (struct stage){0};
	if (config_load(NULL, &stage->settings, &fault))
		fail_msg("%s", fault.text);
	stage->settings->judge.seed = 1;
	stage->settings->rules = (struct ruleset){.count = 1, .rule = {stage_rule()}};
	if (labels)
		stage_read_labels(stage, labels);
	assert_int_equal(record_new(&stage->record, stage->truth), 0);
	stage->hear = record_listener(stage->record);
	stage->hear.began(stage->hear.context, (STAGE_WALL_S - STAGE_ENGINE_S) * NS_PER_S);
	return stage;
}

static inline void stage_close(struct stage *stage)
{
	record_free(stage->record);
	truth_free(stage->truth);
	labels_free(&stage->labels);
	config_free(stage->settings);
}

static inline uint64_t engine_ns(double seconds)
{
	return (uint64_t)((double)STAGE_ENGINE_S * 1e9 + seconds * 1e9);
}

static inline uint64_t wall_ns(double seconds)
{
	return STAGE_WALL_S * NS_PER_S + (uint64_t)(int64_t)(seconds * 1e9);
}

static inline struct ends stage_ends(const char *client, uint16_t port)
{
	struct ends ends = {.flow = port, .client_port = port, .server_port = 993, .service = GP_SERVICE_IMAPS};

	assert_int_equal(addr_parse(client, &ends.client), 0);
	assert_int_equal(addr_parse("198.51.100.1", &ends.server), 0);
	return ends;
}

/* Asked and answered; every wrong password is another one. */
static inline void attempted_after(struct stage *stage, const char *client, uint16_t port, double asked_s, double s,
				   char outcome)
{
	const struct ends ends = stage_ends(client, port);
	const struct attempt attempt = {
		.time_ns = engine_ns(s),
		.asked_ns = engine_ns(asked_s),
		.ends = ends,
		.source = addr_source(&ends.client),
		.n = 1,
		.outcome = outcome == 'F'   ? OUTCOME_FAILURE
			   : outcome == 'S' ? OUTCOME_SUCCESS
					    : OUTCOME_UNKNOWN,
		.basis = BASIS_SHAPE,
		.credential = 1000000 + stage->next_password++ * 977,
	};
	const struct hearing hearing = {.what = HEARD_ATTEMPT,
					.time_ns = attempt.time_ns,
					.source = attempt.source,
					.service = GP_SERVICE_IMAPS,
					.attempt = &attempt};

	stage->hear.attempt(stage->hear.context, &attempt, wall_ns(s));
	stage->hear.heard(stage->hear.context, &hearing);
}

static inline void attempted(struct stage *stage, const char *client, uint16_t port, double s, const char *outcomes)
{
	for (; *outcomes; outcomes++, s += 1)
		attempted_after(stage, client, port, s, s, *outcomes);
}

/* A connection was reported: it had begun at `first_s`. */
static inline void ended(struct stage *stage, const char *client, uint16_t port, double first_s, double s)
{
	struct flow flow = {
		.ends = stage_ends(client, port), .first_ns = engine_ns(first_s), .transport = TRANSPORT_TLS};
	const struct flow_report report = {.time_ns = wall_ns(s), .flow = &flow};

	flow.source = addr_source(&flow.ends.client);
	stage->hear.flow(stage->hear.context, &report);
}

static inline struct trial stage_trial(struct stage *stage, const struct ruleset *rules)
{
	const struct trial_options options = {.record = stage->record, .settings = stage->settings, .rules = rules};
	struct fault fault = {0};
	struct trial trial;

	if (trial_run(&trial, &options, &fault))
		fail_msg("%s", fault.text);
	return trial;
}

static inline struct toll_sum stage_sum(const struct trial *trial, bool attack)
{
	struct toll_sum sum;

	assert_int_equal(toll_sum(&trial->toll, attack, TRUTH_NONE, &sum), 0);
	return sum;
}

#endif
