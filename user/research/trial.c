/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/research/trial.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "user/ban/ban.h"
#include "user/research/openings.h"

struct hall {
	const struct trial_options *options;
	const struct truth *truth; /* or NULL */
	struct trial trial;
	size_t rulings_capacity;
	struct judge *judge; /* NULL: the decisions of the replay */
	struct bans *bans;
	struct openings openings;
	void *targets; /* tree */
	uint32_t unseen; /* place in truth->by_time: rows before it have been looked at */
	int error;
};

/* ---- decisions -------------------------------------------------------------------------------------------------- */

static int compare_targets(const void *a, const void *b)
{
	const struct trial_target *one = a, *two = b;

	if (one->target.source != two->target.source)
		return one->target.source < two->target.source ? -1 : 1;
	return one->target.bits - two->target.bits;
}

static struct trial_target *target_find(const struct hall *hall, const struct prefix *target)
{
	const struct trial_target key = {.target = *target};
	struct trial_target *const *found = tfind(&key, &hall->targets, compare_targets);

	return found ? *found : NULL;
}

static struct trial_target *target_make(struct hall *hall, const struct prefix *target, size_t ruling)
{
	struct trial_target *made = calloc(1, sizeof(*made));

	if (!made)
		return NULL;
	made->target = *target;
	made->strongest = ruling;
	if (tsearch(made, &hall->targets, compare_targets))
		return made;
	free(made);
	return NULL;
}

static void note_target(struct hall *hall, const struct ruling *ruling, size_t at, bool was_banned)
{
	struct trial_target *target = target_find(hall, &ruling->target);

	if (!target)
		target = target_make(hall, &ruling->target, at);
	if (!target) {
		hall->error = -ENOMEM;
		return;
	}
	if (ruling->action > hall->trial.ruling[target->strongest].action)
		target->strongest = at;
	if (ruling->action == ACTION_BAN && !was_banned)
		target->banned_ns = ruling->time_ns;
}

/* A ban may come on top of a limit, and the two are one entry from then on. */
static bool is_banned(const struct hall *hall, const struct prefix *target, uint64_t now_ns)
{
	const struct ban *ban = bans_find(hall->bans, target);

	return ban && ban->action == ACTION_BAN && ban_in_force(ban, now_ns);
}

static void put_in_force(struct hall *hall, struct ruling *ruling, size_t at)
{
	const bool was_banned = is_banned(hall, &ruling->target, ruling->time_ns);
	const struct ban ban = {
		.target = ruling->target,
		.action = ruling->action,
		.offences = ruling->offences,
		.since_ns = ruling->time_ns,
		.until_ns = ruling->time_ns + ruling->for_ns,
	};

	ruling->in_force = bans_put(hall->bans, &ban, ruling->time_ns) >= 0; /* not allowed, and there is room */
	if (!ruling->in_force)
		return;
	toll_ban(&hall->trial.toll, &ruling->target, ruling->action == ACTION_LIMIT, ruling->time_ns);
	note_target(hall, ruling, at, was_banned);
}

static struct ruling *ruling_add(struct hall *hall)
{
	struct trial *trial = &hall->trial;

	if (trial->rulings == hall->rulings_capacity) {
		const size_t capacity = hall->rulings_capacity ? 2 * hall->rulings_capacity : 64;
		struct ruling *rulings = reallocarray(trial->ruling, capacity, sizeof(*rulings));

		if (!rulings) {
			hall->error = -ENOMEM;
			return NULL;
		}
		trial->ruling = rulings;
		hall->rulings_capacity = capacity;
	}
	return &trial->ruling[trial->rulings++];
}

static bool can_be_in_force(const struct ruling *ruling)
{
	return ruling->target.bits && ruling->action >= ACTION_LIMIT && !ruling->shadow;
}

static void on_decision(void *context, const struct decision *decision)
{
	struct hall *hall = context;
	struct ruling *ruling = ruling_add(hall);

	if (!ruling)
		return;
	ruling_of(ruling, decision, false);
	if (can_be_in_force(ruling))
		put_in_force(hall, ruling, hall->trial.rulings - 1);
}

static void take_decision(struct hall *hall, const struct record_entry *entry)
{
	const struct ruling *decided = record_ruling(hall->options->record, entry->link);
	struct ruling *ruling = ruling_add(hall);

	if (!ruling)
		return;
	*ruling = *decided;
	if (ruling->in_force && can_be_in_force(ruling))
		put_in_force(hall, ruling, hall->trial.rulings - 1);
}

/* ---- attempts --------------------------------------------------------------------------------------------------- */

/* Whose ban a source meets; NULL: nobody's, or it began after `asked_ns`. */
static struct trial_target *banned_as(const struct hall *hall, uint64_t source, uint64_t asked_ns, uint64_t now_ns)
{
	const struct ban *ban = bans_covering(hall->bans, source, now_ns);
	struct trial_target *target = ban && ban->action == ACTION_BAN ? target_find(hall, &ban->target) : NULL;

	return target && target->banned_ns <= asked_ns ? target : NULL;
}

static void tell_attempt(const struct hall *hall, const struct record_entry *entry)
{
	const struct attempt attempt = {
		.time_ns = entry->time_ns,
		.asked_ns = entry->asked_ns,
		.source = entry->source,
		.account = entry->account,
		.credential = entry->credential,
		.fingerprint = entry->fingerprint,
		.ends = {.service = entry->service},
		.outcome = (enum outcome)entry->outcome,
		.basis = (enum basis)entry->basis,
	};

	judge_attempt(hall->judge, &attempt, entry->time_ns);
}

static void hear_attempt(struct hall *hall, const struct record_entry *entry)
{
	struct trial_target *banned = banned_as(hall, entry->source, entry->asked_ns, entry->time_ns);
	const struct toll_attempt attempt = {
		.row = entry->row,
		.attempts = 1,
		.failed = entry->outcome == OUTCOME_FAILURE,
		.succeeded = entry->outcome == OUTCOME_SUCCESS,
		.asked_ns = entry->asked_ns,
		.time_ns = entry->time_ns,
		.ban_since_ns = banned ? banned->banned_ns : 0,
	};

	hall->trial.attempts++;
	hall->trial.prevented += banned != NULL;
	if (banned)
		banned->prevented++;
	toll_attempt(&hall->trial.toll, &attempt);
	if (hall->judge && entry->judged && !banned)
		tell_attempt(hall, entry);
}

/* What the labels know of and nobody read, at the end of its connection. One that nobody saw has none: its beginning.
 */
static void hear_unread(struct hall *hall, uint32_t row, uint64_t now_ns)
{
	const struct label_row *label = truth_at(hall->truth, row);
	const uint32_t read = record_row(hall->options->record, row)->read, made = truth_attempts(label);
	struct trial_target *banned = banned_as(hall, addr_source(&label->client), now_ns, now_ns);
	const struct toll_attempt attempt = {
		.row = row,
		.attempts = made > read ? made - read : 0,
		.succeeded = made > read && strchr(label->outcomes, 'S'),
		.asked_ns = now_ns,
		.time_ns = now_ns,
		.ban_since_ns = banned ? banned->banned_ns : 0,
	};

	if (banned)
		banned->prevented += attempt.attempts;
	toll_attempt(&hall->trial.toll, &attempt);
}

/* Connections of the labels that nobody saw, up to now. */
static void hear_unseen(struct hall *hall, uint64_t now_ns)
{
	const struct record *record = hall->options->record;

	for (; hall->truth && hall->unseen < hall->truth->rows; hall->unseen++) {
		const uint32_t row = hall->truth->by_time[hall->unseen];
		const uint64_t time_ns = record_engine_ns(record, truth_at(hall->truth, row)->time_ns);

		if (time_ns > now_ns)
			return;
		if (!record_row(record, row)->seen)
			hear_unread(hall, row, time_ns ? time_ns : 1);
	}
}

/* What a judge is told of a connection. Of one that is banned nothing, but that it ends. */
static void hear_connection(struct hall *hall, const struct record_entry *entry)
{
	const struct hearing hearing = {
		.what = (enum hearing_kind)entry->what,
		.time_ns = entry->time_ns,
		.source = entry->source,
		.service = (enum gp_service)entry->service,
		.fingerprint = &entry->fingerprint,
	};
	const bool stops =
		entry->what == HEARD_CONNECTION || entry->what == HEARD_HANDSHAKE || entry->what == HEARD_OPENED;

	if (stops && banned_as(hall, entry->source, entry->time_ns, entry->time_ns))
		return;
	if (entry->what < HEARD_OPENED || entry->what == HEARD_TICK)
		judge_hear(hall->judge, &hearing);
	else if (openings_hear(&hall->openings, entry))
		hall->error = -ENOMEM;
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static void hear(struct hall *hall, size_t i)
{
	const struct record_entry *entry = record_at(hall->options->record, i);

	hear_unseen(hall, entry->time_ns);
	switch (entry->what) {
	case HEARD_ATTEMPT:
		hear_attempt(hall, entry);
		break;
	case RECORD_ENDED:
		if (record_row(hall->options->record, entry->row)->ended == i)
			hear_unread(hall, entry->row, entry->time_ns);
		break;
	case RECORD_DECIDED:
		if (!hall->judge)
			take_decision(hall, entry);
		break;
	default:
		if (hall->judge)
			hear_connection(hall, entry);
	}
}

static void collect(const void *node, VISIT visit, void *context)
{
	struct trial *trial = context;

	if (visit == postorder || visit == leaf)
		trial->target[trial->targets++] = **(struct trial_target *const *)node;
}

static void count(const void *node, VISIT visit, void *context)
{
	(void)node;
	*(size_t *)context += visit == postorder || visit == leaf;
}

static int collect_targets(struct hall *hall)
{
	size_t targets = 0;

	twalk_r(hall->targets, count, &targets);
	hall->trial.target = calloc(targets + 1, sizeof(*hall->trial.target));
	if (!hall->trial.target)
		return -ENOMEM;
	twalk_r(hall->targets, collect, &hall->trial);
	return 0;
}

static int open_hall(struct hall *hall, struct fault *fault)
{
	const struct settings *settings = hall->options->settings;
	int error = toll_new(&hall->trial.toll, hall->truth);

	if (!error)
		error = bans_new(&hall->bans, settings->bans_max, settings->judge.remember_ns, settings->judge.seed);
	for (uint32_t i = 0; !error && i < settings->allowed; i++) {
		error = bans_allow(hall->bans, &settings->allow[i], "", NULL, NULL);
		error = error == -EEXIST ? 0 : error;
	}
	if (error)
		return fault_set(fault, -error, "no memory for another judge");
	if (hall->options->rules)
		error = judge_new(&hall->judge, &settings->judge, hall->options->rules, on_decision, hall, fault);
	hall->openings.judge = hall->judge;
	return error;
}

static void close_hall(struct hall *hall)
{
	judge_free(hall->judge);
	bans_free(hall->bans);
	openings_free(&hall->openings);
	tdestroy(hall->targets, free);
}

int trial_run(struct trial *ret_trial, const struct trial_options *options, struct fault *fault)
{
	struct hall hall = {.options = options, .truth = record_truth(options->record)};
	int error = open_hall(&hall, fault);

	if (!error) {
		for (size_t i = 0; i < record_count(options->record) && !hall.error; i++)
			hear(&hall, i);
		hear_unseen(&hall, UINT64_MAX);
		if (!hall.error)
			hall.error = collect_targets(&hall);
		if (hall.error)
			error = fault_set(fault, ENOMEM, "no memory for another judge");
	}
	close_hall(&hall);
	if (error)
		trial_free(&hall.trial);
	else
		*ret_trial = hall.trial;
	return error;
}

void trial_free(struct trial *trial)
{
	toll_free(&trial->toll);
	free(trial->ruling);
	free(trial->target);
}
