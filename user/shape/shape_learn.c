/* SPDX-License-Identifier: BSD-2-Clause */
/* What a connection teaches about its server. Only what the readings agree on, and only after what followed could
 * contradict it: a reading that would confirm itself would soon be sure of anything. */
#include "user/shape/shape_state.h"

#define SURE_LABEL 0.97F /* of what an exchange was, before it is learned from */
#define SURE_ANSWER 0.9F /* that it was yes or no */

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

/* What the readings agree on about an exchange `back` turns ago, of `turns` in their traces. */
static void learn_one(struct shape *shape, unsigned int turns, unsigned int back)
{
	const struct remembered *exchange = &shape->remembered[(turns - 1 - back) % TRACE_LENGTH];
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
static void learn_answer(struct shape *shape, unsigned int turns, unsigned int back)
{
	const struct remembered *exchange = &shape->remembered[(turns - 1 - back) % TRACE_LENGTH];
	const struct reading *best = beam_best(&shape->now), *inside;
	const uint16_t tag_bytes = best ? reading_trace_tag(best, back) : 0;
	const struct label yes = {back, REPLY_SUCCESS, tag_bytes}, no = {back, REPLY_FAILURE, tag_bytes};
	const float sure = beam_share_of(&shape->now, has_label, &yes),
		    refused = beam_share_of(&shape->now, has_label, &no);

	if (!shape->options.answer || shape->asked || exchange->out_bytes <= tag_bytes ||
	    sure + refused < SURE_ANSWER || sure >= SURE_LABEL || refused >= SURE_LABEL)
		return;
	shape->asked = true;
	inside = reading_with(shape, &yes);
	shape->options.answer(shape->options.context, &(struct shape_answer){
							      .bytes = exchange->out_bytes - tag_bytes,
							      .followed = inside && inside->turns_in > 0,
						      });
}

void shape_learn(struct shape *shape)
{
	/* the traces begin with the turn under way, if the server has said something in it */
	const unsigned int turns = shape->turns + (shape->spoken && shape->turn.out.records);
	unsigned int known = turns < TRACE_LENGTH ? turns : TRACE_LENGTH - 1;

	while (known) {
		learn_one(shape, turns, --known);
		learn_answer(shape, turns, known);
	}
}

void shape_remember(struct shape *shape, const struct exchange *exchange)
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
}

void shape_turn_done(struct shape *shape)
{
	shape->turns++;
	if (shape->turns >= TRACE_LENGTH)
		learn_one(shape, shape->turns, TRACE_LENGTH - 1);
}

void shape_learn_length(const struct shape *shape, enum reply kind, uint32_t bytes)
{
	const struct shape_reply reply = {.reply = kind, .bytes = (uint16_t)bytes};

	if (shape->options.reply && bytes && bytes < UINT16_MAX)
		shape->options.reply(shape->options.context, &reply);
}
