/* SPDX-License-Identifier: BSD-2-Clause */
/* The judge is made, gets other rules, is told what operators did, and answers what it remembers. Listening and
 * deciding is hearing.c; the memories are modules of their own: source, success, ledger, offence, guardrail. */
#include "user/judge/judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/judge/judge_state.h"

#define KEYS_MAX (1u << 24)
/* Who logged in is remembered for longer, for what is forgotten of them would be somebody banned; and it takes less. */
#define JUDGE_SUCCESSES_A_SOURCE 3

static int check_rule(const struct judge_settings *settings, const struct ruleset *ruleset, uint32_t index,
		      struct fault *fault)
{
	const struct guardrail_settings *guardrail = &settings->guardrail;
	const struct rule *rule = &ruleset->rule[index];
	const int result = rule_check(rule, fault);

	if (result)
		return result;
	for (uint32_t i = 0; i < index; i++)
		if (!strcmp(ruleset->rule[i].name, rule->name))
			return fault_set(fault, EINVAL, "rule '%s' is there twice", rule->name);
	if (rule->per == PER_PREFIX && rule->action >= ACTION_LIMIT &&
	    (rule->v4_bits < guardrail->widest_v4_bits || rule->v6_bits < guardrail->widest_v6_bits))
		return fault_set(fault, EINVAL, "rule '%s': per /%u,/%u is wider than the guardrail's widest /%u,/%u",
				 rule->name, rule->v4_bits, rule->v6_bits, guardrail->widest_v4_bits,
				 guardrail->widest_v6_bits);
	if (rule->unless_success_ns > guardrail->successful_for_ns)
		return fault_set(fault, EINVAL,
				 "rule '%s': 'unless_success' looks back further than successes are remembered "
				 "(successful_for)",
				 rule->name);
	return 0;
}

static int check_settings(const struct judge_settings *settings, const struct ruleset *ruleset, struct fault *fault)
{
	int result = 0;

	if (!settings->sources_max || settings->sources_max > KEYS_MAX || !settings->keys_max ||
	    settings->keys_max > KEYS_MAX)
		return fault_set(fault, EINVAL, "the judge wants room for 1 to %u sources and keys", KEYS_MAX);
	if (settings->guardrail.bans_per_minute > GUARDRAIL_BANS_MAX)
		return fault_set(fault, EINVAL, "'bans_per_minute' wants at most %u", GUARDRAIL_BANS_MAX);
	if (ruleset->count > RULES_MAX)
		return fault_set(fault, EINVAL, "at most %u rules", RULES_MAX);
	for (uint32_t i = 0; i < ruleset->count && !result; i++)
		result = check_rule(settings, ruleset, i, fault);
	return result;
}

static int judge_new_ledgers(const struct judge_settings *settings, const struct ruleset *ruleset,
			     struct ledger **ledger)
{
	int result = 0;

	for (uint32_t i = 0; i < ruleset->count && !result; i++)
		result = ledger_new(&ledger[i], &ruleset->rule[i], settings->keys_max, settings->open_max,
				    settings->seed);
	for (uint32_t i = 0; i < ruleset->count && result; i++) {
		ledger_free(ledger[i]);
		ledger[i] = NULL;
	}
	return result;
}

static int judge_new_memory(struct judge *judge)
{
	const struct judge_settings *settings = &judge->settings;
	const struct success_settings success = {
		.sources_max = settings->sources_max * JUDGE_SUCCESSES_A_SOURCE,
		.keep_ns = settings->guardrail.successful_for_ns,
		.widest_v4_bits = settings->guardrail.widest_v4_bits,
		.widest_v6_bits = settings->guardrail.widest_v6_bits,
		.seed = settings->seed,
	};
	int result = table_new(&judge->sources, settings->sources_max, sizeof(struct source_state), settings->seed);

	if (!result)
		result = successes_new(&judge->successes, &success);
	if (!result)
		result = offences_new(&judge->offences, settings->sources_max, settings->remember_ns, settings->seed);
	if (!result)
		result = judge_new_servers(judge);
	if (!result)
		result = guardrail_new(&judge->guardrail, &settings->guardrail, settings->seed);
	return result;
}

int judge_new(struct judge **ret_judge, const struct judge_settings *settings, const struct ruleset *ruleset,
	      judge_decision_fn on_decision, void *context, struct fault *fault)
{
	struct judge *judge;
	int result = check_settings(settings, ruleset, fault);

	if (result)
		return result;
	judge = calloc(1, sizeof(*judge));
	if (!judge)
		return fault_set(fault, ENOMEM, "no memory for the judge");
	judge->settings = *settings;
	judge->ruleset = *ruleset;
	judge->on_decision = on_decision;
	judge->context = context;
	result = judge_new_memory(judge);
	if (!result)
		result = judge_new_ledgers(settings, ruleset, judge->ledger);
	if (result) {
		judge_free(judge);
		return fault_set(fault, -result, "no memory for the judge's tables");
	}
	*ret_judge = judge;
	return 0;
}

void judge_free(struct judge *judge)
{
	if (!judge)
		return;
	for (uint32_t i = 0; i < judge->ruleset.count; i++)
		ledger_free(judge->ledger[i]);
	table_free(judge->sources);
	table_free(judge->servers);
	successes_free(judge->successes);
	offences_free(judge->offences);
	guardrail_free(judge->guardrail);
	free(judge);
}

uint64_t judge_memory_bytes(const struct judge_settings *settings, const struct ruleset *ruleset)
{
	uint64_t bytes = sizeof(struct judge) + table_bytes(settings->sources_max, sizeof(struct source_state)) +
			 successes_bytes(settings->sources_max * JUDGE_SUCCESSES_A_SOURCE) +
			 offences_bytes(settings->sources_max) + judge_servers_bytes() +
			 guardrail_bytes(&settings->guardrail);

	for (uint32_t i = 0; i < ruleset->count; i++)
		bytes += ledger_bytes(&ruleset->rule[i], settings->keys_max, settings->open_max);
	return bytes;
}

/* The old rule that counts the same as `rule`; ruleset.count: none. */
static uint32_t judge_find_same(const struct judge *judge, const struct rule *rule)
{
	uint32_t i = 0;

	while (i < judge->ruleset.count && !ledger_same_counts(&judge->ruleset.rule[i], rule))
		i++;
	return i;
}

int judge_reload(struct judge *judge, const struct ruleset *ruleset, struct fault *fault)
{
	struct ledger *fresh[RULES_MAX] = {NULL};
	struct rule_tally tally[RULES_MAX] = {{0}};
	int result = check_settings(&judge->settings, ruleset, fault);

	if (result)
		return result;
	/* all that can fail comes first: the old rules stay in force if it does */
	if (judge_new_ledgers(&judge->settings, ruleset, fresh))
		return fault_set(fault, ENOMEM, "no memory for the rules' counts");
	for (uint32_t i = 0; i < ruleset->count; i++) {
		const uint32_t old = judge_find_same(judge, &ruleset->rule[i]);

		if (old == judge->ruleset.count)
			continue;
		ledger_free(fresh[i]);
		fresh[i] = judge->ledger[old];
		judge->ledger[old] = NULL;
		ledger_change_rule(fresh[i], &ruleset->rule[i]);
		ledger_close_all(fresh[i]);
		tally[i] = judge->tally[old];
	}
	for (uint32_t i = 0; i < judge->ruleset.count; i++)
		ledger_free(judge->ledger[i]);
	judge->ruleset = *ruleset;
	memcpy(judge->ledger, fresh, sizeof(fresh));
	memcpy(judge->tally, tally, sizeof(tally));
	standings_restart(&judge->standings);
	return 0;
}

struct prefix rule_target(const struct rule *rule, uint64_t source)
{
	switch (rule->per) {
	case PER_SOURCE:
		return prefix_of_source(source);
	case PER_PREFIX:
		return prefix_of(source, rule->v4_bits, rule->v6_bits);
	default:
		return (struct prefix){0};
	}
}

void judge_forgive(struct judge *judge, const struct prefix *target)
{
	for (uint32_t i = 0; i < judge->ruleset.count; i++)
		ledger_forgive(judge->ledger[i], target);
	judge_forget_open(judge);
	offences_forget(judge->offences, target);
	guardrail_lift(judge->guardrail, target);
}

void judge_remember(struct judge *judge, const struct prefix *target, uint32_t offences, uint64_t now_ns)
{
	const struct offence offence = {
		.target = *target, .count = offences, .action = ACTION_OBSERVE, .until_ns = now_ns};

	offences_put(judge->offences, &offence);
}

void judge_resume(struct judge *judge, const struct offence *offence)
{
	offences_put(judge->offences, offence);
}

void judge_on_fleet_value(struct judge *judge, judge_value_fn on_value, void *context)
{
	judge->on_value = on_value;
	judge->value_context = context;
}

void judge_on_hearing(struct judge *judge, judge_hearing_fn on_hearing, void *context)
{
	judge->on_hearing = on_hearing;
	judge->hearing_context = context;
}

void judge_success_elsewhere(struct judge *judge, uint64_t source, uint64_t then_ns)
{
	credit_earn(successes_note(judge->successes, source, then_ns), &judge->settings.credit, 0, then_ns);
}

bool judge_source(const struct judge *judge, uint64_t source, uint64_t now_ns, struct source_record *ret_record)
{
	const struct source_state *state = table_find(judge->sources, source);
	const struct credit *credit = successes_credit(judge->successes, source);

	if (!state && !credit)
		return false;
	*ret_record = state ? state->record : (struct source_record){.evidence = GP_E5_OUTCOME};
	ret_record->accounts = state ? source_accounts(state) : 0;
	ret_record->credit = credit ? credit_amount(credit, &judge->settings.credit, now_ns) : 0;
	if (ret_record->last_success_ns < successes_last(judge->successes, source))
		ret_record->last_success_ns = successes_last(judge->successes, source);
	return true;
}

uint32_t judge_count(const struct judge *judge, uint32_t index, uint64_t source, uint64_t now_ns)
{
	const struct ledger_entry *entry;
	const struct rule *rule;

	if (index >= judge->ruleset.count)
		return 0;
	rule = &judge->ruleset.rule[index];
	if (rule->per != PER_SOURCE && rule->per != PER_PREFIX)
		return 0;
	entry = ledger_find(judge->ledger[index], rule_target(rule, source).source);
	return entry ? ledger_count(judge->ledger[index], entry, now_ns) : 0;
}

void judge_rule_tally(const struct judge *judge, uint32_t index, struct rule_tally *ret_tally)
{
	*ret_tally = (struct rule_tally){0};
	if (index >= judge->ruleset.count)
		return;
	*ret_tally = judge->tally[index];
	ret_tally->keys = ledger_keys(judge->ledger[index]);
	ret_tally->evictions = ledger_evictions(judge->ledger[index]);
}

const struct ruleset *judge_ruleset(const struct judge *judge)
{
	return &judge->ruleset;
}

bool judge_guardrail_tripped(const struct judge *judge, const char **ret_why)
{
	const char *why = guardrail_why(judge->guardrail);

	if (why && ret_why)
		*ret_why = why;
	return why != NULL;
}

void judge_guardrail_reset(struct judge *judge)
{
	guardrail_reset(judge->guardrail);
}
