/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/shape/shape_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MORE_COST 3.5F /* that the server says a second thing in one turn, before the login */
#define MORE_EXPECTED_COST 0.7F
#define MORE_INSIDE_COST 0.2F /* ... after it */
#define TOGETHER_NS (20 * 1000000ULL)
#define ALERT_BYTES 2
#define TICKET_COST_MAX 8.0F

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
	const struct knowledge *knowledge = &shape->options.knowledge;
	const float anything = likely_anything(&exchange->in);
	struct reply_costs costs;

	reply_costs_begin(&costs, exchange, knowledge);
	for (int i = 0; i < from->count; i++) {
		struct reading reading = from->reading[i];
		const struct step step = {
			.exchange = exchange, .knowledge = knowledge, .costs = &costs, .from = &reading, .to = to};

		if (exchange->more)
			reading.cost += more_cost(shape, &reading);
		shape->dialect(&step);
		if (exchange->tls13)
			step_key_update(&step);
		step_whatever(&step, anything);
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
static void evaluate_more(struct shape *shape, const struct tls_record *record, bool hidden, struct beam *next)
{
	struct exchange exchange;

	if (!shape->split_bytes || record->time_ns - shape->out_ns > TOGETHER_NS) {
		shape->split = shape->now;
		shape->split_bytes = 0;
	} else {
		turn_exchange_more(&shape->turn, record, 0, &exchange);
		exchange.hidden = hidden;
		expand(shape, &shape->now, &exchange, next);
	}
	turn_exchange_more(&shape->turn, record, shape->split_bytes, &exchange);
	exchange.hidden = hidden;
	expand(shape, &shape->split, &exchange, next);
	shape->split_bytes += record->least_bytes;
}

/* Read the turn as far as it goes. `record`: the server's that has come just now, or NULL. What was reported of this
 * turn already stands: readings that say otherwise are out. */
static void evaluate(struct shape *shape, const struct tls *tls, const struct tls_record *record)
{
	struct beam next;
	struct exchange exchange;

	if (shape->turn.out.wire_bytes && !shape->turn.out.records)
		turn_acknowledged(&shape->turn, tls);
	turn_exchange(&shape->turn, &shape->options.knowledge, tls, may_be_tickets(shape, tls), &exchange);
	exchange.first = !shape->turns;
	exchange.more = !shape->turn.in.records; /* unasked */
	exchange.hung_up = has_hung_up(shape);
	shape_remember(shape, &exchange);
	next.count = 0;
	expand(shape, &shape->before, &exchange, &next);
	for (int i = 0; i < shape->saids; i++)
		beam_report(&next, shape->said[i]);
	if (record && shape->turn.out.records > 1)
		evaluate_more(shape, record, exchange.hidden, &next);
	beam_prune(&next);
	if (next.count)
		shape->now = next;
	shape_report(shape);
}

static bool is_answered(const struct shape *shape)
{
	return shape->turn.out.records || shape->turn.out.wire_bytes;
}

static void turn_close(struct shape *shape)
{
	shape_turn_done(shape);
	beam_settle(&shape->now);
	for (int i = 0; i < shape->now.count; i++)
		shape->now.reading[i].attempts = 0;
	shape->before = shape->now;
	shape->saids = 0;
	shape->split_bytes = 0;
	turn_next(&shape->turn);
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
		tickets = out->records > 2 && tickets_alike(out->record[0].least_bytes, out->record[1].least_bytes) ? 2
														    : 1;
	for (int i = 0; i < tickets; i++) {
		shape_learn_length(shape, REPLY_TICKET, out->record[i].least_bytes);
		bytes -= out->record[i].least_bytes;
	}
	if (!shape->options.starttls && out->records && out->least_bytes == out->most_bytes && !out->skipped_bytes)
		shape_learn_length(shape, REPLY_GREETING, bytes);
	turn_next(&shape->turn);
	shape->turn.carried = (struct turn_side){0};
}

static void client_said(struct shape *shape, const struct tls *tls, const struct tls_record *record)
{
	if (!shape->spoken) {
		greeting_read(shape, tls);
	} else if (is_answered(shape)) {
		if (!shape->turn.out.records)
			evaluate(shape, tls, NULL);
		turn_close(shape);
	}
	shape->spoken = true;
	turn_add(&shape->turn, record);
}

static void server_leaves(struct shape *shape)
{
	shape->shown_out |= shape->spoken && !shape->hung_up && !shape->closed && !shape->turn.alert_perhaps;
}

static void server_said(struct shape *shape, const struct tls *tls, const struct tls_record *record)
{
	if (record->most_bytes == ALERT_BYTES) { /* nothing else that a server says is as short */
		server_leaves(shape);
		return;
	}
	shape->shown_out = false;
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
	else if (record->alert)
		server_leaves(shape);
	if (shape->state != SHAPE_TALKING || record->alert)
		return shape->state;
	if (record->direction == GP_IN)
		client_said(shape, tls, record);
	else
		server_said(shape, tls, record);
	if (shape->state == SHAPE_DONE) {
		turn_close(shape); /* the readings' trace counts this exchange already */
		shape_learn(shape);
	}
	return shape->state;
}

/* A FIN, an alert, or both: no answer is as short. */
static bool is_goodbye(const struct tls *tls, uint32_t bytes)
{
	const uint32_t alert = tls_overhead(tls).most_bytes + ALERT_BYTES;

	return bytes == 1 || bytes == alert || bytes == alert + 1;
}

static void acknowledged(struct shape *shape, const struct tls *tls, uint64_t time_ns, uint32_t bytes)
{
	struct turn *turn = &shape->turn;

	if (!turn->in.records || tls_walking(tls, GP_OUT))
		return;
	if (is_goodbye(tls, bytes)) {
		shape->shown_out |= !shape->closed;
		return;
	}
	shape->shown_out = false;
	if (!turn->out.wire_bytes)
		turn->out_ns = time_ns;
	turn->out.wire_bytes += bytes;
	turn->over |= shape->closed;
}

void shape_acknowledged(struct shape *shape, const struct tls *tls, uint64_t time_ns, uint32_t ack, bool fin)
{
	const uint32_t bytes = ack - shape->ack;
	const bool forward = shape->ack_seen && bytes && bytes < 1U << 30;

	shape->closed |= fin;
	if (forward)
		acknowledged(shape, tls, time_ns, bytes);
	if (!shape->ack_seen || forward)
		shape->ack = ack;
	shape->ack_seen = true;
}

void shape_client_done(struct shape *shape)
{
	if (shape->state == SHAPE_TALKING && shape->spoken && shape->turn.out.records)
		shape_learn(shape);
}

/* The client says goodbye, or talks to a server that has gone. */
static bool is_idle_talk(const struct shape *shape)
{
	const struct turn *turn = &shape->turn;
	const bool alert = turn->in.records == 1 && (turn->in.most_bytes == ALERT_BYTES || turn_is_padded(turn));

	return !turn->out.records && (alert || shape->shown_out);
}

void shape_end(struct shape *shape, const struct tls *tls)
{
	const bool hung_up = has_hung_up(shape);

	if (shape->state != SHAPE_TALKING)
		return;
	if (shape->spoken && shape->turn.in.records && !is_idle_talk(shape)) {
		if (!shape->turn.out.records)
			evaluate(shape, tls, NULL);
		turn_close(shape);
	}
	shape_report_rest(shape, hung_up);
	shape->state = SHAPE_LOST;
}
