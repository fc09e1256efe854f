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
	struct table *servers; /* struct patience */
	struct patience *waited_at; /* those at which somebody waits */
	uint64_t looked_ns; /* when they were last looked at */
	struct presumed_tally presumed;
	judge_settled_fn on_settled;
	void *settled_context;
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
/* A failure counts against its source as soon as it is presumed, and in all the other rules when it is confirmed. */
enum failure_part {
	FAILURE_WHOLE,
	FAILURE_PAID, /* by the source's credit: not against the source itself */
	FAILURE_PRESUMED,
	FAILURE_CONFIRMED,
};
void judge_add_failure(struct judge *judge, const struct subject *subject, enum failure_part part, uint64_t now_ns);
/* What rule `index` counts of a failure. False: it counts no failures, or not this one. */
bool judge_failure_key(const struct judge *judge, uint32_t index, const struct subject *subject, uint64_t *ret_key,
		       uint64_t *ret_value);
/* Does the rule count against this source alone? */
bool judge_is_own(const struct rule *rule, uint64_t source);
bool judge_is_repeat(const struct judge *judge, struct source_state *source, const struct attempt *attempt,
		     uint64_t now_ns);
struct source_state *judge_see(struct judge *judge, uint64_t source, uint8_t evidence, uint64_t now_ns);

/* Of overdue.c. */
int judge_new_servers(struct judge *judge);
size_t judge_servers_bytes(void);
/* Does what rule `index` has counted go by presumed failures? */
bool judge_is_presumed(const struct rule *rule, const struct source_state *source, uint64_t now_ns);
/* Who was awaited is answered; true: it was presumed, and the failure is counted. */
bool judge_settle(struct judge *judge, struct source_state *source, struct awaited *awaited,
		  const struct attempt *attempt, uint64_t now_ns);
/* Presume what is overdue. */
void judge_look(struct judge *judge, uint64_t now_ns);

/* Connections whose key a ledger has let go of are counted there no longer. */
void judge_forget_open(struct judge *judge);
/* Whom a decision of this rule would meet; bits 0: nobody's address. */
struct prefix rule_target(const struct rule *rule, uint64_t source);

#endif
