/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections that are open, and the rules that count them: who holds many, for long. */
#include "user/judge/judge_state.h"

static struct subject subject_of(const struct standing *standing)
{
	return (struct subject){.source = standing->source, .service = standing->service};
}

static bool is_counted(const struct rule *rule, const struct standing *standing)
{
	return rule->count == COUNT_OPEN || (rule->count == COUNT_WAITING && standing->waiting);
}

static void count_one(struct judge *judge, uint32_t index, struct standing *standing, uint64_t now_ns)
{
	const struct subject subject = subject_of(standing);
	uint64_t key;

	if (!is_counted(&judge->ruleset.rule[index], standing) || !ledger_key(judge->ledger[index], &subject, &key))
		return;
	standing->counted |= 1ULL << index;
	judge_weigh(judge, index, &subject, key, ledger_open(judge->ledger[index], key), now_ns);
}

static void discount(struct judge *judge, uint32_t index, struct standing *standing, uint64_t now_ns)
{
	const struct subject subject = subject_of(standing);
	uint64_t key;

	standing->counted &= ~(1ULL << index);
	if (ledger_key(judge->ledger[index], &subject, &key))
		ledger_close(judge->ledger[index], key, now_ns);
}

/* The rules that count it, lowest first; `counted` loses a bit each time. */
static bool next_counting(uint64_t *counted, uint32_t *ret_index)
{
	if (!*counted)
		return false;
	*ret_index = (uint32_t)__builtin_ctzll(*counted);
	*counted &= *counted - 1;
	return true;
}

static void note_standing(const struct judge *judge, enum hearing_kind what, struct standing *standing, uint64_t now_ns)
{
	judge_note(judge, &(struct hearing){what, now_ns, standing->source, (enum gp_service)standing->service, NULL,
					    NULL, standing});
}

void judge_opened(struct judge *judge, struct standing *standing, uint64_t source, enum gp_service service,
		  uint64_t now_ns)
{
	if (standing->open || judge->standings.count >= judge->settings.open_max)
		return;
	judge_note(judge, &(struct hearing){HEARD_OPENED, now_ns, source, service, NULL, NULL, standing});
	standing->source = source;
	standing->service = (uint8_t)service;
	standing->waiting = true;
	standings_add(&judge->standings, standing, now_ns);
}

void judge_settled(struct judge *judge, struct standing *standing, uint64_t now_ns)
{
	uint64_t counted = standing->counted;
	uint32_t index;

	if (!standing->waiting)
		return;
	note_standing(judge, HEARD_SETTLED, standing, now_ns);
	standing->waiting = false;
	while (next_counting(&counted, &index))
		if (judge->ruleset.rule[index].count == COUNT_WAITING)
			discount(judge, index, standing, now_ns);
}

void judge_closed(struct judge *judge, struct standing *standing, uint64_t now_ns)
{
	uint64_t counted = standing->counted;
	uint32_t index;

	if (!standing->open)
		return;
	note_standing(judge, HEARD_CLOSED, standing, now_ns);
	while (next_counting(&counted, &index))
		discount(judge, index, standing, now_ns);
	standings_remove(&judge->standings, standing);
}

void judge_tick(struct judge *judge, uint64_t now_ns)
{
	struct standing *standing;

	judge_look(judge, now_ns);
	if (judge->standings.count)
		judge_note(judge, &(struct hearing){.what = HEARD_TICK, .time_ns = now_ns});
	for (uint32_t i = 0; i < judge->ruleset.count; i++) {
		const struct rule *rule = &judge->ruleset.rule[i];

		while (rule_counts_open(rule) &&
		       (standing = standings_next(&judge->standings, i, rule->window_ns, now_ns)))
			count_one(judge, i, standing, now_ns);
	}
}

uint32_t judge_open_count(const struct judge *judge)
{
	return judge->standings.count;
}

struct standing *judge_patrol(struct judge *judge)
{
	return standings_patrol(&judge->standings);
}

void judge_forget_open(struct judge *judge)
{
	for (struct standing *standing = judge->standings.oldest; standing; standing = standing->newer) {
		const struct subject subject = subject_of(standing);
		uint64_t counted = standing->counted, key;
		uint32_t index;

		while (next_counting(&counted, &index))
			if (!ledger_key(judge->ledger[index], &subject, &key) ||
			    !ledger_find(judge->ledger[index], key))
				standing->counted &= ~(1ULL << index);
	}
}
