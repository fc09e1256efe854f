/* SPDX-License-Identifier: BSD-2-Clause */
/* Logins that wait for their answer: who has waited for longer than a success takes is presumed to have failed, counted
 * at once, and settled when the answer comes. */
#include "user/judge/judge_state.h"

#include <string.h>

#include "user/core/duration.h"
#include "user/judge/window.h"

#define SERVERS_MAX 1024
#define LOOK_EVERY_NS (10 * 1000000ULL)
/* A source that was refused is made to wait by some servers, a right password or not (Dovecot's penalty an address: up
 * to 15 s, gone half a minute after the last failure): how long its successes take says nothing of others'. */
#define PENALTY_NS NS_PER_MINUTE

/* ---- servers --------------------------------------------------------------------------------------------------- */

static void on_server_drop(void *context, uint64_t key, void *record)
{
	(void)context;
	(void)key;
	patience_let_off(record);
}

int judge_new_servers(struct judge *judge)
{
	const int result = table_new(&judge->servers, SERVERS_MAX, sizeof(struct patience), judge->settings.seed);

	if (!result)
		table_on_drop(judge->servers, on_server_drop, NULL);
	return result;
}

size_t judge_servers_bytes(void)
{
	return table_bytes(SERVERS_MAX, sizeof(struct patience));
}

static uint64_t key_of(const struct judge *judge, const struct ends *ends)
{
	const __u64 seed[2] = {judge->settings.seed, ends->server_port};
	uint64_t half[2];

	memcpy(half, ends->server.byte, sizeof(half));
	return gp_hash(gp_hash(half[0], seed) ^ half[1], seed);
}

/* NULL: another one stands in its place, with the same hash. */
static struct patience *server_of(const struct judge *judge, const struct ends *ends)
{
	bool added;
	struct patience *patience = table_take(judge->servers, key_of(judge, ends), &added);

	if (added) {
		patience->address = ends->server;
		patience->port = ends->server_port;
	}
	return patience->port == ends->server_port && !memcmp(&patience->address, &ends->server, sizeof(ends->server))
		       ? patience
		       : NULL;
}

/* ---- waiting --------------------------------------------------------------------------------------------------- */

void judge_awaits(struct judge *judge, struct awaited *awaited, const struct attempt *attempt, uint64_t now_ns)
{
	struct patience *patience;

	if (!judge->settings.overdue || awaited->waiting)
		return;
	patience = server_of(judge, &attempt->ends);
	if (!patience)
		return;
	*awaited = (struct awaited){
		.source = attempt->source,
		.account = attempt->account,
		.credential = attempt->credential,
		.n = attempt->n,
		.service = attempt->ends.service,
		.basis = (uint8_t)attempt->basis,
		.challenge = attempt->challenge,
		.waiting = true,
	};
	patience_add(patience, &judge->waited_at, awaited, now_ns);
	judge_look(judge, now_ns);
}

static struct subject subject_of(const struct awaited *awaited)
{
	return (struct subject){.source = awaited->source, .account = awaited->account, .service = awaited->service};
}

static bool shows_a_repeat(const struct judge *judge, struct source_state *source, const struct awaited *awaited,
			   uint64_t now_ns)
{
	const struct attempt attempt = {
		.account = awaited->account,
		.credential = awaited->credential,
		.challenge = awaited->challenge,
		.n = awaited->n,
		.basis = (enum basis)awaited->basis,
	};

	return judge_is_repeat(judge, source, &attempt, now_ns);
}

static void presume(struct judge *judge, struct awaited *awaited, uint64_t now_ns)
{
	const struct subject subject = subject_of(awaited);
	struct source_state *source = judge_see(judge, awaited->source, GP_E4_ATTEMPT, now_ns);

	awaited->presumed = true;
	awaited->presumed_ns = now_ns;
	awaited->repeat = shows_a_repeat(judge, source, awaited, now_ns);
	judge->presumed.presumed++;
	source->record.failures++;
	source->record.presumed++;
	source->record.repeats += awaited->repeat;
	if (awaited->repeat)
		return;
	source->guesses++;
	source->presumed++;
	if (subject.account)
		source_note_account(source, subject.account);
	judge_add_failure(judge, &subject, FAILURE_PRESUMED, now_ns);
}

/* From where somebody has logged in there may be a queue for reasons of its own, and people in it. */
static bool is_stranger(const struct judge *judge, const struct awaited *awaited)
{
	return !successes_last(judge->successes, awaited->source);
}

static void look_at(struct judge *judge, struct patience *patience, uint64_t now_ns)
{
	struct awaited *awaited;
	bool overdue;

	while ((awaited = patience_next(patience, now_ns, &overdue)))
		if (overdue && is_stranger(judge, awaited))
			presume(judge, awaited, now_ns);
}

void judge_look(struct judge *judge, uint64_t now_ns)
{
	struct patience *patience = judge->waited_at, *next;

	if (!patience || age_ns(judge->looked_ns, now_ns) < LOOK_EVERY_NS)
		return;
	judge->looked_ns = now_ns;
	for (; patience; patience = next) {
		next = patience->next;
		look_at(judge, patience, now_ns);
	}
}

void judge_awaits_no_more(struct awaited *awaited)
{
	patience_remove(awaited);
	memset(awaited, 0, sizeof(*awaited));
}

/* ---- settling -------------------------------------------------------------------------------------------------- */

static bool counts_failures(const struct rule *rule)
{
	return rule->count == COUNT_FAILURES || rule->count == COUNT_ACCOUNTS || rule->count == COUNT_SOURCES;
}

bool judge_is_presumed(const struct rule *rule, const struct source_state *source, uint64_t now_ns)
{
	if (!source || !counts_failures(rule))
		return false;
	return source->presumed || (source->unanswered_ns && age_ns(source->unanswered_ns, now_ns) < rule->window_ns);
}

static void less(uint32_t *count)
{
	if (*count) /* the source may have been forgotten meanwhile */
		--*count;
}

static void tell_settled(const struct judge *judge, uint32_t index, const struct subject *subject, bool confirmed)
{
	const struct rule *rule = &judge->ruleset.rule[index];
	const struct prefix target = rule_target(rule, subject->source);

	if (judge->on_settled)
		judge->on_settled(judge->settled_context, rule, &target, confirmed);
}

/* The next rule from *index on that counts against this source alone and has counted something. */
static struct ledger_entry *next_own(const struct judge *judge, uint32_t *index, const struct subject *subject,
				     uint64_t *ret_value)
{
	for (; *index < judge->ruleset.count; ++*index) {
		struct ledger_entry *entry = NULL;
		uint64_t key;

		if (judge_is_own(&judge->ruleset.rule[*index], subject->source) &&
		    judge_failure_key(judge, *index, subject, &key, ret_value))
			entry = ledger_find(judge->ledger[*index], key);
		if (entry)
			return entry;
	}
	return NULL;
}

/* What it has counted beside that stays, and the rule may speak again. */
static void withdraw(struct judge *judge, uint32_t index, struct ledger_entry *entry, const struct subject *subject)
{
	const bool acted = entry->decided >= ACTION_LIMIT;

	entry->presumed = false;
	entry->quiet_until_ns = 0;
	entry->decided = ACTION_OBSERVE;
	if (acted)
		tell_settled(judge, index, subject, false);
}

static void take_back(struct judge *judge, struct source_state *source, const struct awaited *awaited, uint64_t now_ns)
{
	const struct subject subject = subject_of(awaited);
	const struct prefix target = prefix_of_source(awaited->source);
	struct ledger_entry *entry;
	bool decided = false;
	uint64_t value;

	judge->presumed.taken_back++;
	less(&source->record.failures);
	less(&source->record.presumed);
	if (awaited->repeat) {
		less(&source->record.repeats);
		return;
	}
	less(&source->guesses);
	less(&source->presumed);
	for (uint32_t i = 0; (entry = next_own(judge, &i, &subject, &value)); i++) {
		ledger_take_back(judge->ledger[i], entry, value, awaited->presumed_ns);
		decided |= entry->presumed;
		if (entry->presumed)
			withdraw(judge, i, entry, &subject);
	}
	if (!decided)
		return;
	offences_take_back(judge->offences, &target, now_ns);
	guardrail_lift(judge->guardrail, &target);
}

/* The server has answered all that were presumed of this source, or never will: what was decided stands. */
static void make_final(struct judge *judge, const struct source_state *source, const struct subject *subject,
		       uint64_t now_ns)
{
	struct ledger_entry *entry;
	uint64_t value;

	for (uint32_t i = 0; (entry = next_own(judge, &i, subject, &value)); i++) {
		if (!entry->presumed)
			continue;
		entry->presumed = false;
		ledger_clear(judge->ledger[i], entry);
		if (entry->decided >= ACTION_LIMIT && !judge_is_presumed(&judge->ruleset.rule[i], source, now_ns))
			tell_settled(judge, i, subject, true);
	}
}

/* It was a failure: as the server says, or as far as anybody will ever know. */
static void keep(struct judge *judge, struct source_state *source, const struct awaited *awaited,
		 const struct attempt *attempt, uint64_t now_ns)
{
	const struct subject subject = {
		.source = attempt->source,
		.account = awaited->account,
		.fingerprint = attempt->fingerprint,
		.service = awaited->service,
	};
	const bool answered = attempt->basis != BASIS_SILENCE;

	if (answered) {
		source->record.last_failure_ns = now_ns;
		less(&source->record.presumed);
	}
	if (awaited->repeat)
		return;
	less(&source->presumed);
	if (answered)
		judge_add_failure(judge, &subject, FAILURE_CONFIRMED, now_ns);
	else
		source->unanswered_ns = awaited->presumed_ns;
}

/* What it says of the server that this was the answer, after this time. */
static void learn(struct judge *judge, const struct source_state *source, const struct awaited *awaited,
		  const struct attempt *attempt, uint64_t now_ns)
{
	const uint64_t refused_ns = source->record.last_failure_ns;
	struct patience *patience = server_of(judge, &attempt->ends);

	if (!patience)
		return;
	if (attempt->outcome == OUTCOME_SUCCESS)
		patience_success(patience, awaited->since_ns, now_ns,
				 !refused_ns || age_ns(refused_ns, now_ns) >= PENALTY_NS);
	else if (attempt->outcome == OUTCOME_UNKNOWN && !attempt->unanswered)
		patience_let_off(patience); /* it could not look the password up */
}

bool judge_settle(struct judge *judge, struct source_state *source, struct awaited *awaited,
		  const struct attempt *attempt, uint64_t now_ns)
{
	const struct awaited was = *awaited;
	const struct subject subject = subject_of(&was);

	if (!was.waiting)
		return false;
	judge_awaits_no_more(awaited);
	learn(judge, source, &was, attempt, now_ns);
	if (!was.presumed)
		return false;
	if (attempt->outcome == OUTCOME_FAILURE)
		keep(judge, source, &was, attempt, now_ns);
	else
		take_back(judge, source, &was, now_ns);
	if (!source->presumed)
		make_final(judge, source, &subject, now_ns);
	return true;
}

void judge_on_settled(struct judge *judge, judge_settled_fn on_settled, void *context)
{
	judge->on_settled = on_settled;
	judge->settled_context = context;
}

void judge_presumed_tally(const struct judge *judge, struct presumed_tally *ret_tally)
{
	*ret_tally = judge->presumed;
}
