/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of an attempt: note it, let credit pay for it or not, count it in every rule that counts such a thing, and
 * when a rule's count is full, decide: whom, what, for how long, and whether the guardrail lets it through. */
#include "user/judge/judge_state.h"

#include <string.h>

#include "user/judge/reason.h"
#include "user/judge/window.h"

static uint8_t count_evidence(enum count count)
{
	switch (count) {
	case COUNT_CONNECTIONS:
	case COUNT_OPEN:
	case COUNT_WAITING:
		return GP_E2_PROVEN;
	case COUNT_HANDSHAKES:
		return GP_E3_TALKED;
	case COUNT_ATTEMPTS:
		return GP_E4_ATTEMPT;
	default:
		return GP_E5_OUTCOME;
	}
}

/* Somebody logged in there: are there so many different wrong passwords that it does not count? Of a prefix it is known
 * from how many of its sources somebody did. */
static bool is_drowned(const struct judge *judge, const struct decision *decision, uint32_t touched)
{
	const uint64_t target = decision->target.source;
	const struct source_state *source;

	if (decision->target.bits != GP_SOURCE_BITS)
		return decision->seen > touched * SOURCE_GUESSES_PER_LOGIN;
	source = table_find(judge->sources, target);
	return source && source->guesses / SOURCE_GUESSES_PER_LOGIN >= successes_logins(judge->successes, target);
}

/* What may be put in force against an address: unless somebody logged in there, unless it already is, unless the
 * guardrail says no. False: nothing new to say. */
static bool judge_sentence(struct judge *judge, struct decision *decision, struct sentence *reason)
{
	const struct rule *rule = decision->rule;
	const uint64_t now_ns = decision->time_ns;
	struct offence offence;
	uint64_t last_success_ns = 0;
	struct guardrail_request request = {.target = decision->target};

	request.touched = successes_inside(judge->successes, &decision->target, now_ns, &last_success_ns);
	if (decision->action == ACTION_BAN && last_success_ns &&
	    age_ns(last_success_ns, now_ns) < rule->unless_success_ns &&
	    !is_drowned(judge, decision, request.touched)) {
		decision->action = ACTION_LIMIT;
		reason_unless(reason, age_ns(last_success_ns, now_ns));
	}
	if (!offences_next(judge->offences, &decision->target, rule, decision->action, now_ns, &offence))
		return false;
	decision->for_ns = offence.for_ns;
	decision->offences = offence.count;
	reason_offence(reason, offence.count);
	if (rule->shadow)
		return true;
	request.ban = decision->action == ACTION_BAN;
	request.successful = successes_count(judge->successes, now_ns);
	request.until_ns = offence.until_ns;
	if (guardrail_admits(judge->guardrail, &request, now_ns)) {
		offences_put(judge->offences, &offence);
	} else {
		reason_guardrail(reason, decision->action, guardrail_why(judge->guardrail));
		decision->action = ACTION_OBSERVE;
	}
	return true;
}

/* A limit for the sake of who logged in: was he one of many guesses, it becomes a ban, so counting goes on. */
static bool may_become_ban(const struct decision *decision)
{
	return decision->wanted == ACTION_BAN && decision->action == ACTION_LIMIT && !decision->shadow;
}

/* What the guardrail held back is not done: after its reset the next full count decides again. One of connections that
 * are open stays full, and each further one would say so again. */
static uint64_t quiet_ns(const struct decision *decision)
{
	if (may_become_ban(decision))
		return 0;
	if (decision->action != ACTION_OBSERVE || decision->wanted < ACTION_LIMIT)
		return decision->for_ns;
	return rule_counts_open(decision->rule) ? decision->rule->window_ns : 0;
}

/* Rule `index` has a full count for this entry. */
static void judge_decide(struct judge *judge, uint32_t index, const struct subject *subject, uint64_t key,
			 struct ledger_entry *entry, uint32_t seen, uint64_t now_ns)
{
	const struct rule *rule = &judge->ruleset.rule[index];
	const struct source_state *source = table_find(judge->sources, subject->source);
	const bool presumed = judge_is_own(rule, subject->source) && judge_is_presumed(rule, source, now_ns);
	struct decision decision = {
		.time_ns = now_ns,
		.rule = rule,
		.action = rule->action,
		.wanted = rule->action,
		.shadow = rule->shadow,
		.target = rule_target(rule, subject->source),
		.key = key,
		.for_ns = rule->for_ns,
		.offences = 1,
		.seen = seen,
		.evidence = presumed ? GP_E4_ATTEMPT : count_evidence(rule->count),
	};
	struct sentence reason = sentence_start(decision.reason, sizeof(decision.reason));

	entry->presumed = presumed && source->presumed;
	if (!entry->presumed)
		ledger_clear(judge->ledger[index], entry);
	reason_count(&reason, &decision, source ? source_accounts(source) : 0);
	if (presumed)
		reason_presumed(&reason, source->presumed < seen ? source->presumed : seen);
	if (rule->action >= ACTION_LIMIT && !judge_sentence(judge, &decision, &reason)) {
		if (!may_become_ban(&decision))
			entry->quiet_until_ns = offences_until(judge->offences, &decision.target);
		return;
	}
	entry->quiet_until_ns = now_ns + quiet_ns(&decision);
	entry->decided = (uint8_t)decision.action;
	judge->tally[index].decisions++;
	judge->on_decision(judge->context, &decision);
}

void judge_weigh(struct judge *judge, uint32_t index, const struct subject *subject, uint64_t key,
		 struct ledger_entry *entry, uint64_t now_ns)
{
	uint32_t seen;

	if (entry->quiet_until_ns > now_ns)
		return;
	seen = ledger_count(judge->ledger[index], entry, now_ns);
	if (seen >= judge->ruleset.rule[index].threshold)
		judge_decide(judge, index, subject, key, entry, seen, now_ns);
}

static void judge_tell_value(const struct judge *judge, const struct rule *rule, uint64_t key, uint64_t value)
{
	if (rule->fleet && judge->on_value)
		judge->on_value(judge->value_context, rule, key, value);
}

static void judge_add(struct judge *judge, uint32_t index, const struct subject *subject, uint64_t key, uint64_t value,
		      uint64_t now_ns)
{
	judge_weigh(judge, index, subject, key, ledger_add(judge->ledger[index], key, value, now_ns), now_ns);
}

/* The key of a rule per source or prefix is whom it would meet; the others have no address. */
void judge_fleet_count(struct judge *judge, const char *name, uint64_t key, uint32_t seen, uint64_t now_ns)
{
	const struct subject subject = {.source = key};

	for (uint32_t i = 0; i < judge->ruleset.count; i++) {
		const struct rule *rule = &judge->ruleset.rule[i];
		struct ledger_entry *entry;

		if (!rule->fleet || strcmp(rule->name, name) || seen < rule->threshold)
			continue;
		entry = ledger_find(judge->ledger[i], key);
		if (entry && entry->quiet_until_ns <= now_ns)
			judge_decide(judge, i, &subject, key, entry, seen, now_ns);
	}
}

static void judge_add_all(struct judge *judge, enum count count, const struct subject *subject, uint64_t now_ns)
{
	uint64_t key;

	for (uint32_t i = 0; i < judge->ruleset.count; i++)
		if (judge->ruleset.rule[i].count == count && ledger_key(judge->ledger[i], subject, &key))
			judge_add(judge, i, subject, key, 0, now_ns);
}

bool judge_is_own(const struct rule *rule, uint64_t source)
{
	return rule_target(rule, source).bits == GP_SOURCE_BITS;
}

bool judge_failure_key(const struct judge *judge, uint32_t index, const struct subject *subject, uint64_t *ret_key,
		       uint64_t *ret_value)
{
	switch (judge->ruleset.rule[index].count) {
	case COUNT_FAILURES:
		*ret_value = 0;
		break;
	case COUNT_ACCOUNTS:
		*ret_value = subject->account;
		if (!subject->account)
			return false;
		break;
	case COUNT_SOURCES:
		*ret_value = subject->source;
		break;
	default:
		return false;
	}
	return ledger_key(judge->ledger[index], subject, ret_key);
}

/* A failure in all the rules that count failures or what is distinct in them. One that is paid does not stand against
 * the source itself, but where a rule wants it to; the account, the wider prefix and the rest still see it. The fleet
 * hears of what is certain. */
void judge_add_failure(struct judge *judge, const struct subject *subject, enum failure_part part, uint64_t now_ns)
{
	for (uint32_t i = 0; i < judge->ruleset.count; i++) {
		const struct rule *rule = &judge->ruleset.rule[i];
		const bool own = judge_is_own(rule, subject->source);
		uint64_t key, value;

		if ((own && part == FAILURE_PAID && !rule->despite_credit) || (!own && part == FAILURE_PRESUMED) ||
		    !judge_failure_key(judge, i, subject, &key, &value))
			continue;
		if (part != FAILURE_PRESUMED)
			judge_tell_value(judge, rule, key, value);
		if (!own || part != FAILURE_CONFIRMED)
			judge_add(judge, i, subject, key, value, now_ns);
	}
}

/* The same wrong password once more? Inside TLS it looks the same when it is as long, and of a challenge-response,
 * which differs each time, only the account can be compared: an attacker who picks such a mechanism is taken for a
 * forgetful phone, but for no more than one. */
bool judge_is_repeat(const struct judge *judge, struct source_state *source, const struct attempt *attempt,
		     uint64_t now_ns)
{
	const uint64_t repeat_ns = judge->settings.credit.repeat_ns;
	const bool inside = attempt->basis == BASIS_SHAPE;
	const uint64_t likeness = inside ? attempt->credential : attempt->challenge ? attempt->account : 0;

	if (!inside && attempt->credential)
		return source_repeats(source, attempt->credential, repeat_ns, now_ns);
	if (!likeness || !repeat_ns)
		return false;
	return source_repeats_likely(source, likeness, inside && attempt->n > 1 && attempt->n <= SOURCE_WAYS_MAX,
				     repeat_ns, now_ns);
}

static void judge_failure(struct judge *judge, struct source_state *source, const struct subject *subject,
			  const struct attempt *attempt, uint64_t now_ns)
{
	const struct credit_settings *settings = &judge->settings.credit;
	struct credit *credit;

	source->record.failures++;
	source->record.last_failure_ns = now_ns;
	if (judge_is_repeat(judge, source, attempt, now_ns)) {
		source->record.repeats++;
		return;
	}
	source->guesses++;
	if (subject->account)
		source_note_account(source, subject->account);
	credit = successes_credit(judge->successes, subject->source);
	judge_add_failure(judge, subject,
			  credit && credit_spend(credit, settings, now_ns) ? FAILURE_PAID : FAILURE_WHOLE, now_ns);
}

/* A login that a ban, in force or not, would have stopped is the rule's harm. */
static void judge_note_hurt(struct judge *judge, const struct subject *subject, uint64_t now_ns)
{
	for (uint32_t i = 0; i < judge->ruleset.count; i++) {
		const struct ledger_entry *entry;
		uint64_t key;

		if (!judge->tally[i].decisions || !ledger_key(judge->ledger[i], subject, &key))
			continue;
		entry = ledger_find(judge->ledger[i], key);
		if (entry && entry->decided == ACTION_BAN && entry->quiet_until_ns > now_ns)
			judge->tally[i].hurt++;
	}
}

static bool judge_success(struct judge *judge, struct source_state *source, const struct subject *subject,
			  uint64_t now_ns)
{
	const bool believed = source->guesses < SOURCE_GUESSES_MAX;

	source->record.successes++;
	source->guesses = 0;
	if (believed) {
		source->record.last_success_ns = now_ns;
		credit_earn(successes_note(judge->successes, subject->source, now_ns), &judge->settings.credit,
			    subject->account, now_ns);
	}
	judge_note_hurt(judge, subject, now_ns);
	return believed;
}

struct source_state *judge_see(struct judge *judge, uint64_t source, uint8_t evidence, uint64_t now_ns)
{
	struct source_state *state = table_take(judge->sources, source, NULL);

	source_seen(state, evidence, now_ns);
	return state;
}

void judge_connection(struct judge *judge, uint64_t source, enum gp_service service, uint64_t now_ns)
{
	const struct subject subject = {.source = source, .service = (uint8_t)service};

	judge_note(judge, &(struct hearing){HEARD_CONNECTION, now_ns, source, service, NULL, NULL, NULL});
	judge_see(judge, source, GP_E2_PROVEN, now_ns)->record.connections++;
	judge_add_all(judge, COUNT_CONNECTIONS, &subject, now_ns);
}

void judge_handshake(struct judge *judge, uint64_t source, enum gp_service service,
		     const struct fingerprint *fingerprint, uint64_t now_ns)
{
	const struct subject subject = {.source = source, .fingerprint = *fingerprint, .service = (uint8_t)service};

	judge_note(judge, &(struct hearing){HEARD_HANDSHAKE, now_ns, source, service, fingerprint, NULL, NULL});
	judge_see(judge, source, GP_E3_TALKED, now_ns);
	judge_add_all(judge, COUNT_HANDSHAKES, &subject, now_ns);
}

bool judge_attempt(struct judge *judge, const struct attempt *attempt, uint64_t now_ns)
{
	struct awaited nobody = {.waiting = false};

	return judge_answered(judge, &nobody, attempt, now_ns);
}

bool judge_answered(struct judge *judge, struct awaited *awaited, const struct attempt *attempt, uint64_t now_ns)
{
	const struct subject subject = {
		.source = attempt->source,
		.account = attempt->account,
		.fingerprint = attempt->fingerprint,
		.service = attempt->ends.service,
	};
	const bool known = attempt->outcome != OUTCOME_UNKNOWN && attempt->basis != BASIS_SILENCE;
	struct source_state *source = judge_see(judge, attempt->source, known ? GP_E5_OUTCOME : GP_E4_ATTEMPT, now_ns);
	bool believed = false, counted;

	judge_note(judge, &(struct hearing){HEARD_ATTEMPT, now_ns, attempt->source,
					    (enum gp_service)attempt->ends.service, NULL, attempt, NULL});
	source->record.attempts++;
	counted = judge_settle(judge, source, awaited, attempt, now_ns);
	if (attempt->outcome == OUTCOME_SUCCESS)
		believed = judge_success(judge, source, &subject, now_ns);
	judge_add_all(judge, COUNT_ATTEMPTS, &subject, now_ns);
	if (attempt->outcome == OUTCOME_FAILURE && !counted)
		judge_failure(judge, source, &subject, attempt, now_ns);
	judge_look(judge, now_ns);
	return believed;
}

void judge_hear(struct judge *judge, const struct hearing *hearing)
{
	switch (hearing->what) {
	case HEARD_CONNECTION:
		judge_connection(judge, hearing->source, hearing->service, hearing->time_ns);
		break;
	case HEARD_HANDSHAKE:
		judge_handshake(judge, hearing->source, hearing->service, hearing->fingerprint, hearing->time_ns);
		break;
	case HEARD_ATTEMPT:
		judge_attempt(judge, hearing->attempt, hearing->time_ns);
		break;
	case HEARD_OPENED:
		judge_opened(judge, hearing->standing, hearing->source, hearing->service, hearing->time_ns);
		break;
	case HEARD_SETTLED:
		judge_settled(judge, hearing->standing, hearing->time_ns);
		break;
	case HEARD_CLOSED:
		judge_closed(judge, hearing->standing, hearing->time_ns);
		break;
	case HEARD_TICK:
		judge_tick(judge, hearing->time_ns);
		break;
	}
}
