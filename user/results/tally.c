/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/results/tally.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* A way of cutting sources into targets. */
struct grain {
	uint8_t v4_bits, v6_bits;
};

struct tally {
	struct table *targets; /* table_prefix_key -> struct tally_target */
	struct grain grain[RULES_MAX];
	size_t grains;
	bool enforce;
	tally_ban_fn on_ban;
	void *context;
};

/* ---- what is counted ------------------------------------------------------------------------------------------- */

static struct tally_target *target_of(struct tally *tally, const struct prefix *prefix)
{
	struct tally_target *target = table_take(tally->targets, table_prefix_key(tally->targets, prefix), NULL);

	target->target = *prefix;
	return target;
}

static void count_attempt(struct tally *tally, const struct prefix *prefix, enum outcome outcome, uint64_t wall_ns)
{
	struct tally_target *target = target_of(tally, prefix);

	if (!target->first_ns)
		target->first_ns = wall_ns;
	target->last_ns = wall_ns;
	target->attempts[outcome]++;
}

/* The source and what covers it, each once: an IPv6 source is its own prefix in rules that look at /64. */
static size_t targets_of(const struct tally *tally, uint64_t source, struct prefix ret_prefix[RULES_MAX + 1])
{
	size_t count = 1, known;

	ret_prefix[0] = prefix_of_source(source);
	for (size_t i = 0; i < tally->grains; i++) {
		ret_prefix[count] = prefix_of(source, tally->grain[i].v4_bits, tally->grain[i].v6_bits);
		for (known = 0; !prefix_equal(&ret_prefix[known], &ret_prefix[count]); known++)
			;
		count += known == count;
	}
	return count;
}

static void on_attempt(void *context, const struct attempt *attempt, uint64_t wall_ns)
{
	struct prefix prefix[RULES_MAX + 1];
	const size_t count = targets_of(context, attempt->source, prefix);

	for (size_t i = 0; i < count; i++)
		count_attempt(context, &prefix[i], attempt->outcome, wall_ns);
}

static void on_flow(void *context, const struct flow_report *report)
{
	const struct prefix source = prefix_of_source(report->flow->source);

	target_of(context, &source)->flows++;
}

static uint64_t attempts_of(const struct tally_target *target)
{
	return target->attempts[OUTCOME_FAILURE] + target->attempts[OUTCOME_SUCCESS] +
	       target->attempts[OUTCOME_UNKNOWN];
}

static void on_decision(void *context, const struct decision *decision, const struct ban *ban, uint64_t wall_ns)
{
	struct tally *tally = context;
	struct tally_target *target;
	struct tally_ban told = {.decision = decision, .wall_ns = wall_ns};

	if (!decision->target.bits || (decision->action != ACTION_BAN && decision->action != ACTION_LIMIT))
		return;
	target = target_of(tally, &decision->target);
	told.in_force = ban && tally->enforce && !ban->shadow;
	told.first_ns = target->first_ns;
	told.attempts = attempts_of(target);
	if (!target->decided_ns) {
		target->decided_ns = wall_ns;
		snprintf(target->rule, sizeof(target->rule), "%s", decision->rule->name);
	}
	if (tally->on_ban)
		tally->on_ban(tally->context, &told);
}

/* ---- what it came to ------------------------------------------------------------------------------------------- */

static bool is_source(const struct tally_target *target)
{
	return target->target.bits == GP_SOURCE_BITS;
}

static bool is_worse(const struct tally_target *a, const struct tally_target *b)
{
	if (a->attempts[OUTCOME_FAILURE] != b->attempts[OUTCOME_FAILURE])
		return a->attempts[OUTCOME_FAILURE] > b->attempts[OUTCOME_FAILURE];
	if (attempts_of(a) != attempts_of(b))
		return attempts_of(a) > attempts_of(b);
	if (a->flows != b->flows)
		return a->flows > b->flows;
	return a->target.source < b->target.source;
}

size_t tally_top(const struct tally *tally, const struct tally_target *ret_top[], size_t most)
{
	const struct tally_target *target;
	uint32_t cursor = 0;
	size_t count = 0, place;

	while ((target = table_next(tally->targets, &cursor, NULL))) {
		if (!is_source(target) || !most || (count == most && !is_worse(target, ret_top[most - 1])))
			continue;
		place = count < most ? count++ : most - 1;
		for (; place && is_worse(target, ret_top[place - 1]); place--)
			ret_top[place] = ret_top[place - 1];
		ret_top[place] = target;
	}
	return count;
}

const struct tally_target *tally_decided(const struct tally *tally, uint64_t source)
{
	struct prefix prefix[RULES_MAX + 1];
	const size_t count = targets_of(tally, source, prefix);
	const struct tally_target *first = NULL, *target;

	for (size_t i = 0; i < count; i++) {
		target = table_find(tally->targets, table_prefix_key(tally->targets, &prefix[i]));
		if (target && target->decided_ns && (!first || target->decided_ns < first->decided_ns))
			first = target;
	}
	return first;
}

uint64_t tally_sources(const struct tally *tally)
{
	const struct tally_target *target;
	uint32_t cursor = 0;
	uint64_t sources = 0;

	while ((target = table_next(tally->targets, &cursor, NULL)))
		sources += is_source(target);
	return sources;
}

uint64_t tally_forgotten(const struct tally *tally)
{
	return table_evictions(tally->targets);
}

/* ---- making ---------------------------------------------------------------------------------------------------- */

static bool has_grain(const struct tally *tally, const struct rule *rule)
{
	for (size_t i = 0; i < tally->grains; i++)
		if (tally->grain[i].v4_bits == rule->v4_bits && tally->grain[i].v6_bits == rule->v6_bits)
			return true;
	return false;
}

int tally_new(struct tally **ret_tally, uint32_t targets_max, const struct ruleset *rules, bool enforce,
	      tally_ban_fn on_ban, void *context)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (!tally || table_new(&tally->targets, targets_max, sizeof(struct tally_target), 1)) {
		tally_free(tally);
		return -ENOMEM;
	}
	for (const struct rule *rule = rules->rule; rule < rules->rule + rules->count; rule++)
		if (rule->per == PER_PREFIX && !has_grain(tally, rule))
			tally->grain[tally->grains++] = (struct grain){rule->v4_bits, rule->v6_bits};
	tally->enforce = enforce;
	tally->on_ban = on_ban;
	tally->context = context;
	*ret_tally = tally;
	return 0;
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	table_free(tally->targets);
	free(tally);
}

struct replay_listener tally_listener(struct tally *tally)
{
	return (struct replay_listener){
		.context = tally,
		.attempt = on_attempt,
		.flow = on_flow,
		.decision = on_decision,
	};
}
