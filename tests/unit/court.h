/* SPDX-License-Identifier: BSD-2-Clause */
/* A judge, its only rule unless a test adds others (ban 1h when 20 failures in 10m per source, at most 7d, unless a
 * success in the last 10m), what it decided last, and people who come before it. */
#ifndef GATEPOST_TEST_COURT_H
#define GATEPOST_TEST_COURT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "user/core/duration.h"
#include "user/judge/judge.h"

#define START (20000 * NS_PER_DAY)
#define ATTACKER (GP_SOURCE_V4 | 0xcb007101) /* 203.0.113.1 */
#define SUBSCRIBER (GP_SOURCE_V4 | 0xc0000207) /* 192.0.2.7 */

struct court {
	struct judge *judge;
	struct judge_settings settings;
	struct ruleset ruleset;
	struct decision last;
	unsigned int decisions;
	uint64_t now_ns;
	uint64_t next_password;
};

static inline void on_decision(void *context, const struct decision *decision)
{
	struct court *court = context;

	court->last = *decision;
	court->decisions++;
}

static inline struct rule stuffing(void)
{
	return (struct rule){.name = "stuffing",
			     .count = COUNT_FAILURES,
			     .per = PER_SOURCE,
			     .threshold = 20,
			     .window_ns = 10 * NS_PER_MINUTE,
			     .action = ACTION_BAN,
			     .for_ns = NS_PER_HOUR,
			     .at_most_ns = 7 * NS_PER_DAY,
			     .unless_success_ns = 10 * NS_PER_MINUTE};
}

static inline void open_court(struct court *court)
{
	struct fault fault = {.text = ""};

	if (judge_new(&court->judge, &court->settings, &court->ruleset, on_decision, court, &fault))
		fail_msg("%s", fault.text);
}

/* A court with one rule. */
static inline struct court court_of(struct rule rule)
{
	return (struct court){
		.settings = {.sources_max = 64,
			     .open_max = 64,
			     .keys_max = 64,
			     .seed = 1,
			     .remember_ns = 30 * NS_PER_DAY,
			     .credit = {5, 60, 6 * NS_PER_HOUR, NS_PER_DAY},
			     .guardrail = {0, 20, 44, 0, 7 * NS_PER_DAY}},
		.ruleset = {.count = 1, .rule = {rule}},
		.now_ns = START,
	};
}

static inline void add_rule(struct court *court, struct rule rule)
{
	court->ruleset.rule[court->ruleset.count++] = rule;
}

static inline void attempt(struct court *court, uint64_t source, enum outcome outcome, uint64_t account,
			   uint64_t credential)
{
	const struct attempt attempt = {.time_ns = court->now_ns,
					.source = source,
					.outcome = outcome,
					.ends = {.service = GP_SERVICE_IMAP},
					.account = account,
					.credential = credential,
					.fingerprint = {8, 9}};

	judge_attempt(court->judge, &attempt, court->now_ns);
}

/* A wrong password that nobody has tried before. */
static inline void wrong(struct court *court, uint64_t source, uint64_t account)
{
	attempt(court, source, OUTCOME_FAILURE, account, 0x10000 + court->next_password++);
}

static inline void succeed(struct court *court, uint64_t source, uint64_t account)
{
	attempt(court, source, OUTCOME_SUCCESS, account, 1);
}

static inline void fail_times(struct court *court, uint64_t source, unsigned int times)
{
	while (times--)
		wrong(court, source, 77);
}

#endif
