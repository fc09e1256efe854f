/* SPDX-License-Identifier: BSD-2-Clause */
/* What the judge is made of; for judge.c, which makes and answers for it, and hearing.c, where it listens. */
#ifndef GATEPOST_JUDGE_STATE_H
#define GATEPOST_JUDGE_STATE_H

#include "user/judge/judge.h"
#include "user/judge/ledger.h"
#include "user/judge/offence.h"
#include "user/judge/success.h"
#include "user/core/table.h"

struct judge {
	struct judge_settings settings;
	struct ruleset ruleset;
	struct ledger *ledger[RULES_MAX]; /* by rule */
	struct rule_tally tally[RULES_MAX]; /* its decisions and hurt */
	struct table *sources; /* struct source_state */
	struct successes *successes;
	struct offences *offences;
	struct guardrail *guardrail;
	judge_decision_fn on_decision;
	void *context;
	judge_value_fn on_value;
	void *value_context;
};

/* Whom a decision of this rule would meet; bits 0: nobody's address. */
struct prefix rule_target(const struct rule *rule, uint64_t source);

#endif
