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
	struct standings standings;
	struct table *sources; /* struct source_state */
	struct successes *successes;
	struct offences *offences;
	struct guardrail *guardrail;
	judge_decision_fn on_decision;
	void *context;
	judge_value_fn on_value;
	void *value_context;
	judge_hearing_fn on_hearing;
	void *hearing_context;
};

static inline void judge_note(const struct judge *judge, const struct hearing *hearing)
{
	if (judge->on_hearing)
		judge->on_hearing(judge->hearing_context, hearing);
}
/* Rule `index` has counted something for this entry: is its count full? Then it is decided. */
void judge_weigh(struct judge *judge, uint32_t index, const struct subject *subject, uint64_t key,
		 struct ledger_entry *entry, uint64_t now_ns);
/* Connections whose key a ledger has let go of are counted there no longer. */
void judge_forget_open(struct judge *judge);
/* Whom a decision of this rule would meet; bits 0: nobody's address. */
struct prefix rule_target(const struct rule *rule, uint64_t source);

#endif
