/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/shape/shape.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "user/shape/dialect.h"
#include "user/shape/turn.h"

/* How sure the readings must be before an outcome is said. A failure counts against somebody; a success lets somebody
 * go; either may be unknown instead. */
#define SURE_FAILURE 0.98F
#define SURE_SUCCESS 0.97F
#define SURE_NEITHER 0.90F
#define SURE_FAILURE_AT_END 0.94F
#define SURE_SUCCESS_AT_END 0.90F
#define SURE_ANSWER 0.9F
#define SURE_LABEL 0.97F /* ... before it is learned from */

/* What nobody does who is not logged in. */
#define CONFIRMED_TURNS 3
#define CONFIRMED_BYTES 2000

#define MORE_COST 3.5F /* that the server says a second thing in one turn, before the login */
#define MORE_EXPECTED_COST 0.7F
#define MORE_INSIDE_COST 0.2F /* ... after it */
#define TOGETHER_NS (20 * 1000000ULL)
#define ALERT_BYTES 2
#define LESSONS_MAX 12
#define TICKET_COST_MAX 8.0F

struct remembered { /* an exchange, as far as it is learned from */
	uint16_t out_bytes; /* 0: not exactly known */
	uint16_t delay_ms;
	bool timed;
};

struct lesson {
	uint16_t bytes;
	uint8_t reply; /* enum reply */
};

struct shape {
	struct shape_options options;
	dialect_fn dialect;
	struct turn turn;
	struct beam before; /* the turn that is under way */
	struct beam now; /* with what is known of it */
	struct beam split; /* ... up to where the server's second answer in this turn may have begun */
	uint32_t split_bytes; /* of the server since then */
	uint64_t out_ns; /* of the server's last record */
	struct remembered remembered[TRACE_LENGTH];
	struct lesson lesson[LESSONS_MAX]; /* what was learned from this connection: each once */
	uint8_t lessons;
	uint32_t ack; /* of the client's last packet */
	uint32_t turns;
	uint8_t said[PENDING_MAX]; /* outcomes reported in this turn */
	uint8_t saids;
	bool ack_seen, spoken;
	bool asked; /* options.answer was: once a connection */
	bool hung_up; /* the client said goodbye to TLS */
	enum shape_state state;
};
_Static_assert(sizeof(struct shape) <= 2048, "shape.h promises it");

static dialect_fn dialect_of(enum gp_service service)
{
	static const dialect_fn dialects[] = {
		[PROTOCOL_IMAP] = dialect_imap,
		[PROTOCOL_POP3] = dialect_pop3,
		[PROTOCOL_SMTP] = dialect_smtp,
	};

	return dialects[protocol_of(service)];
}

int shape_new(struct shape **ret_shape, const struct shape_options *options)
{
	struct shape *shape = calloc(1, sizeof(*shape));

	if (!shape)
		return -ENOMEM;
	shape->options = *options;
	shape->dialect = dialect_of(options->service);
	beam_start(&shape->before, &(struct reading){.stage = STAGE_READY});
	shape->now = shape->before;
	*ret_shape = shape;
	return 0;
}

void shape_free(struct shape *shape)
{
	free(shape);
}

void shape_knows(struct shape *shape, struct knowledge knowledge)
{
	shape->options.knowledge = knowledge;
}

/* ---- learning -------------------------------------------------------------------------------------------------- */

struct label {
	unsigned int back;
	enum reply reply;
	uint16_t tag_bytes;
};

static bool has_label(const struct reading *reading, const void *context)
{
	const struct label *label = context;

	return reading_trace(reading, label->back) == label->reply &&
	       (!reply_is_tagged(label->reply) || reading_trace_tag(reading, label->back) == label->tag_bytes);
}

/* A connection says each thing once, or who talks for long would drown everybody else. */
static bool is_news(struct shape *shape, enum reply reply, uint16_t bytes)
{
	for (int i = 0; i < shape->lessons; i++)
		if (shape->lesson[i].reply == reply && shape->lesson[i].bytes == bytes)
			return false;
	if (shape->lessons == LESSONS_MAX)
		return false;
	shape->lesson[shape->lessons++] = (struct lesson){.reply = (uint8_t)reply, .bytes = bytes};
	return true;
}

/* What the readings agree on about an exchange `back` turns ago. */
static void learn_one(struct shape *shape, unsigned int back)
{
	const struct remembered *exchange = &shape->remembered[(shape->turns - 1 - back) % TRACE_LENGTH];
	const struct reading *best = beam_best(&shape->now);
	struct label label = {.back = back};
	struct shape_reply reply = {.delay_ms = exchange->delay_ms, .timed = exchange->timed};

	if (!best || !exchange->out_bytes || !shape->options.reply)
		return;
	label.reply = reading_trace(best, back);
	label.tag_bytes = reading_trace_tag(best, back);
	if (label.reply >= REPLY_MAX || beam_share_of(&shape->now, has_label, &label) < SURE_LABEL)
		return;
	reply.reply = label.reply;
	reply.bytes = exchange->out_bytes;
	if (reply_is_tagged(label.reply))
		reply.bytes = reply.bytes > label.tag_bytes ? reply.bytes - label.tag_bytes : 0;
	if (is_news(shape, reply.reply, reply.bytes))
		shape->options.reply(shape->options.context, &reply);
}

static const struct reading *reading_with(const struct shape *shape, const struct label *label)
{
	const struct reading *best = NULL;

	for (int i = 0; i < shape->now.count; i++) {
		const struct reading *reading = &shape->now.reading[i];

		if (has_label(reading, label) && (!best || reading->cost < best->cost))
			best = reading;
	}
	return best;
}

/* Yes or no, and nothing else it could be: many such answers together may tell. */
static void learn_answer(struct shape *shape, unsigned int back)
{
	const struct remembered *exchange = &shape->remembered[(shape->turns - 1 - back) % TRACE_LENGTH];
	const struct reading *best = beam_best(&shape->now), *inside;
	const uint16_t tag_bytes = best ? reading_trace_tag(best, back) : 0;
	const struct label yes = {back, REPLY_SUCCESS, tag_bytes}, no = {back, REPLY_FAILURE, tag_bytes};
	const float sure = beam_share_of(&shape->now, has_label, &yes), refused = beam_share_of(&shape->now, has_label, &no);

	if (!shape->options.answer || shape->asked || exchange->out_bytes <= tag_bytes || sure + refused < SURE_ANSWER ||
	    sure >= SURE_LABEL || refused >= SURE_LABEL)
		return;
	shape->asked = true;
	inside = reading_with(shape, &yes);
	shape->options.answer(shape->options.context,
			      &(struct shape_answer){
				      .bytes = exchange->out_bytes - tag_bytes,
				      .followed = inside && inside->turns_in > 0,
			      });
}

static void learn(struct shape *shape)
{
	unsigned int known = shape->turns < TRACE_LENGTH ? shape->turns : TRACE_LENGTH - 1;

	while (known) {
		learn_one(shape, --known);
		learn_answer(shape, known);
	}
}

static void remember(struct shape *shape, const struct exchange *exchange)
{
	struct remembered *place = &shape->remembered[shape->turns % TRACE_LENGTH];
	const struct length *out = &exchange->out;

	*place = (struct remembered){
		.delay_ms = exchange->delay_ms < UINT16_MAX ? (uint16_t)exchange->delay_ms : UINT16_MAX,
		.timed = exchange->timed,
	};
	/* only what was seen: from acknowledgements one could learn what was guessed */
	if (exchange->records_out && out->count == 1 && out->range[0].least == out->range[0].most)
		place->out_bytes = (uint16_t)out->range[0].least;
	shape->turns++;
	if (shape->turns >= TRACE_LENGTH)
		learn_one(shape, TRACE_LENGTH - 1);
}

/* ---- reporting ------------------------------------------------------------------------------------------------- */

static void say(struct shape *shape, enum outcome outcome, float share)
{
	const struct reading *best = beam_best(&shape->now);
	const struct shape_verdict verdict = {
		.outcome = outcome,
		.confidence = share,
		.request_bytes = best && best->pendings == 1 ? best->request_bytes : 0,
	};

	if (shape->saids < PENDING_MAX)
		shape->said[shape->saids++] = (uint8_t)outcome;
	shape->options.verdict(shape->options.context, &verdict);
}

/* Something followed that only who is logged in would do. */
static bool is_confirmed(const struct reading *reading, const void *context)
{
	(void)context;
	return reading->pendings && reading_pending(reading, 0) == OUTCOME_SUCCESS &&
	       reading->stage == STAGE_LOGGED_IN &&
	       (reading->turns_in >= CONFIRMED_TURNS || reading->bytes_in >= CONFIRMED_BYTES);
}

static bool report_one(struct shape *shape)
{
	const float failure = beam_share(&shape->now, OUTCOME_FAILURE), neither = beam_share(&shape->now, OUTCOME_UNKNOWN);
	const float success = beam_share_of(&shape->now, is_confirmed, NULL);
	enum outcome outcome;

	if (failure >= SURE_FAILURE)
		outcome = OUTCOME_FAILURE;
	else if (neither >= SURE_NEITHER)
		outcome = OUTCOME_UNKNOWN;
	else if (success >= SURE_SUCCESS)
		outcome = OUTCOME_SUCCESS;
	else
		return false;
	say(shape, outcome, beam_share(&shape->now, outcome));
	beam_report(&shape->now, outcome);
	shape->split_bytes = 0;
	if (outcome == OUTCOME_SUCCESS)
		shape->state = SHAPE_DONE;
	return true;
}

/* The readings do not agree on what came of the oldest attempt, and will not any more. When the best of them knows of
 * one only, it is enough that they agree on the last: they differ in how many there were before. */
static void report_unsure(struct shape *shape, bool at_end)
{
	const struct reading *best = beam_best(&shape->now);
	const bool last = at_end && best->pendings == 1;
	float (*share)(const struct beam *, enum outcome) = last ? beam_share_last : beam_share;
	const float failure = share(&shape->now, OUTCOME_FAILURE), success = share(&shape->now, OUTCOME_SUCCESS);

	if (at_end && success >= SURE_SUCCESS_AT_END)
		say(shape, OUTCOME_SUCCESS, success);
	else if (at_end && failure >= SURE_FAILURE_AT_END)
		say(shape, OUTCOME_FAILURE, failure);
	else
		say(shape, OUTCOME_UNKNOWN, 1 - failure - success);
	if (last)
		beam_start(&shape->now, &(struct reading){.stage = best->stage});
	else
		beam_forget(&shape->now);
}

static void report(struct shape *shape)
{
	const struct reading *best;

	while (shape->state == SHAPE_TALKING && report_one(shape))
		;
	best = beam_best(&shape->now);
	if (best && best->pendings == PENDING_MAX)
		report_unsure(shape, false);
}

/* ---- turns ----------------------------------------------------------------------------------------------------- */

/* What a second answer in one turn costs: little to who is logged in, or did not wait. */
static float more_cost(const struct shape *shape, const struct reading *reading)
{
	if (reading->stage == STAGE_LOGGED_IN || reading->stage == STAGE_BYE)
		return MORE_INSIDE_COST;
	return shape->turn.in.records > 1 || shape->turn.carried.records ? MORE_EXPECTED_COST : MORE_COST;
}

static void expand(const struct shape *shape, const struct beam *from, const struct exchange *exchange, struct beam *to)
{
	for (int i = 0; i < from->count; i++) {
		struct reading reading = from->reading[i];
		const struct step step = {
			.exchange = exchange, .knowledge = &shape->options.knowledge, .from = &reading, .to = to};

		if (exchange->more)
			reading.cost += more_cost(shape, &reading);
		shape->dialect(&step);
		step_whatever(&step);
	}
}

static bool has_hung_up(const struct shape *shape)
{
	return shape->turn.alert_perhaps || (shape->hung_up && shape->turn.in.records);
}

static bool may_be_tickets(const struct shape *shape, const struct tls *tls)
{
	return !shape->turns && shape->options.starttls && tls_version(tls) == 0x0304;
}

/* The server has said more than one thing in this turn, to a client that did not wait. What belongs together comes at
 * once; each record may also be an answer of its own. */
static void evaluate_more(struct shape *shape, const struct tls_record *record, struct beam *next)
{
	struct exchange exchange;

	if (!shape->split_bytes || record->time_ns - shape->out_ns > TOGETHER_NS) {
		shape->split = shape->now;
		shape->split_bytes = 0;
	} else {
		turn_exchange_more(&shape->turn, record, 0, &exchange);
		expand(shape, &shape->now, &exchange, next);
	}
	turn_exchange_more(&shape->turn, record, shape->split_bytes, &exchange);
	expand(shape, &shape->split, &exchange, next);
	shape->split_bytes += record->least_bytes;
}

/* Read the turn as far as it goes. `record`: the server's that has come just now, or NULL. What was reported of this
 * turn already stands: readings that say otherwise are out. */
static void evaluate(struct shape *shape, const struct tls *tls, const struct tls_record *record)
{
	struct beam next = {0};
	struct exchange exchange;

	turn_exchange(&shape->turn, &shape->options.knowledge, tls, may_be_tickets(shape, tls), &exchange);
	exchange.first = !shape->turns;
	exchange.more = !shape->turn.in.records; /* unasked */
	exchange.hung_up = has_hung_up(shape);
	expand(shape, &shape->before, &exchange, &next);
	for (int i = 0; i < shape->saids; i++)
		beam_report(&next, shape->said[i]);
	if (record && shape->turn.out.records > 1)
		evaluate_more(shape, record, &next);
	beam_prune(&next);
	if (next.count)
		shape->now = next;
	report(shape);
}

static bool is_answered(const struct shape *shape)
{
	return shape->turn.out.records || shape->turn.out.wire_bytes;
}

static void turn_close(struct shape *shape, const struct tls *tls)
{
	struct exchange exchange;

	turn_exchange(&shape->turn, &shape->options.knowledge, tls, may_be_tickets(shape, tls), &exchange);
	remember(shape, &exchange);
	beam_settle(&shape->now);
	shape->before = shape->now;
	shape->saids = 0;
	shape->split_bytes = 0;
	turn_next(&shape->turn);
}

static void learn_length(const struct shape *shape, enum reply kind, uint32_t bytes)
{
	const struct shape_reply reply = {.reply = kind, .bytes = (uint16_t)bytes};

	if (shape->options.reply && bytes && bytes < UINT16_MAX)
		shape->options.reply(shape->options.context, &reply);
}

static bool is_ticket(const struct shape *shape, uint16_t bytes)
{
	const struct length length = {.range = {{bytes, bytes, 0}}, .count = 1};

	return likely_reply(&length, &shape->options.knowledge, REPLY_TICKET, 0) < TICKET_COST_MAX;
}

/* What the server said before the client did: tickets perhaps, then the greeting. */
static void greeting_read(struct shape *shape, const struct tls *tls)
{
	const struct turn_side *out = &shape->turn.out;
	uint32_t bytes = out->least_bytes;
	int tickets = 0;

	if (tls_version(tls) == 0x0304 && out->records > 1 && is_ticket(shape, out->record[0].least_bytes))
		tickets = out->records > 2 && tickets_alike(out->record[0].least_bytes, out->record[1].least_bytes) ? 2 : 1;
	for (int i = 0; i < tickets; i++) {
		learn_length(shape, REPLY_TICKET, out->record[i].least_bytes);
		bytes -= out->record[i].least_bytes;
	}
	if (!shape->options.starttls && out->records && out->least_bytes == out->most_bytes && !out->skipped_bytes)
		learn_length(shape, REPLY_GREETING, bytes);
	memset(&shape->turn, 0, sizeof(shape->turn));
}

static void client_said(struct shape *shape, const struct tls *tls, const struct tls_record *record)
{
	if (!shape->spoken) {
		greeting_read(shape, tls);
	} else if (is_answered(shape)) {
		if (!shape->turn.out.records)
			evaluate(shape, tls, NULL);
		turn_close(shape, tls);
	}
	shape->spoken = true;
	turn_add(&shape->turn, record);
}

static void server_said(struct shape *shape, const struct tls *tls, const struct tls_record *record)
{
	if (record->most_bytes == ALERT_BYTES)
		return; /* nothing that a server says is as short: close_notify */
	if (shape->turn.out.wire_bytes && !shape->turn.out.records)
		shape->turn.out.wire_bytes = 0; /* acknowledged before it was seen */
	turn_add(&shape->turn, record);
	if (shape->spoken)
		evaluate(shape, tls, record);
	shape->out_ns = record->time_ns;
}

enum shape_state shape_record(struct shape *shape, const struct tls *tls, const struct tls_record *record)
{
	if (record->alert && record->direction == GP_IN)
		shape->hung_up = true;
	if (shape->state != SHAPE_TALKING || record->alert)
		return shape->state;
	if (record->direction == GP_IN)
		client_said(shape, tls, record);
	else
		server_said(shape, tls, record);
	if (shape->state == SHAPE_DONE)
		learn(shape);
	return shape->state;
}

void shape_acknowledged(struct shape *shape, const struct tls *tls, uint64_t time_ns, uint32_t ack, bool fin)
{
	const uint32_t bytes = ack - shape->ack;
	const bool forward = shape->ack_seen && bytes && bytes < 1U << 30;

	if (forward && shape->turn.in.records && !tls_walking(tls, GP_OUT)) {
		if (!shape->turn.out.wire_bytes)
			shape->turn.out_ns = time_ns;
		shape->turn.out.wire_bytes += bytes;
	}
	if (!shape->ack_seen || forward)
		shape->ack = ack;
	shape->ack_seen = true;
	shape->turn.over |= fin;
}

void shape_client_done(struct shape *shape, const struct tls *tls)
{
	if (shape->state != SHAPE_TALKING || !shape->spoken || !shape->turn.out.records)
		return;
	turn_close(shape, tls);
	learn(shape);
}

/* Where connections end. After a success something mostly follows. */
static float end_cost(const struct reading *reading)
{
	switch (reading->stage) {
	case STAGE_LOGGED_IN:
		return reading->turns_in ? 0.5F : 1.2F;
	case STAGE_BYE:
		return 0.2F;
	case STAGE_READY:
		return reading->failed ? 0.6F : 1.2F;
	default:
		return 2.0F;
	}
}

/* The end of a reading: an exchange of SASL that was begun is an attempt, unless the client hung up in the same breath. */
static void reading_end(struct reading *reading, bool hung_up)
{
	reading->cost += end_cost(reading);
	if (reading->stage == STAGE_PROMPTED && !hung_up)
		reading_add(reading, OUTCOME_UNKNOWN);
}

static bool is_only_alert(const struct turn *turn)
{
	return turn->in.records == 1 && (turn->in.most_bytes == ALERT_BYTES || turn_is_padded(turn)) &&
	       !turn->out.records;
}

void shape_end(struct shape *shape, const struct tls *tls)
{
	const bool hung_up = has_hung_up(shape);
	const struct reading *best;

	if (shape->state != SHAPE_TALKING)
		return;
	if (shape->spoken && shape->turn.in.records && !is_only_alert(&shape->turn)) {
		if (!shape->turn.out.records)
			evaluate(shape, tls, NULL);
		turn_close(shape, tls);
	}
	for (int i = 0; i < shape->now.count; i++)
		reading_end(&shape->now.reading[i], hung_up);
	beam_settle(&shape->now);
	learn(shape);
	while ((best = beam_best(&shape->now)) && best->pendings)
		report_unsure(shape, true);
	shape->state = SHAPE_LOST;
}
