/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/shape/turn.h"

#include <string.h>

#define ALERT_BYTES 2 /* level and description (RFC 8446, 6) */
#define LENGTH_MAX UINT16_MAX
#define PADDED_RECORDS_MAX 8 /* of one answer */
#define BLOCK_BYTES 64 /* padding is to a multiple of this, less the byte that says what is inside */

/* How often a server answers in so many records, where they cannot be counted. */
static const float records_cost[] = {0.2F, 2.0F, 3.4F};

bool is_padded(uint16_t plaintext_bytes)
{
	return plaintext_bytes % BLOCK_BYTES == BLOCK_BYTES - 1;
}

static void side_add(struct turn_side *side, const struct tls_record *record)
{
	if (side->records < TURN_RECORDS) {
		side->record[side->records].least_bytes = record->least_bytes;
		side->record[side->records].most_bytes = record->most_bytes;
	}
	side->records++;
	side->least_bytes += record->least_bytes;
	side->most_bytes += record->most_bytes;
	side->wire_bytes += record->wire_bytes;
	side->skipped_bytes += record->skipped_bytes;
}

void turn_add(struct turn *turn, const struct tls_record *record)
{
	if (record->direction == GP_IN) {
		turn->in_plain |= !is_padded(record->most_bytes);
		side_add(&turn->in, record);
		turn->in_ns = record->time_ns;
		turn->alert_perhaps = record->most_bytes == ALERT_BYTES && turn->in.records > 1;
		return;
	}
	turn->out_plain |= !is_padded(record->most_bytes);
	if (!turn->out.records)
		turn->out_ns = record->time_ns;
	side_add(&turn->out, record);
}

/* A record of the client's is a command, and one of the server's an answer, mostly. */
void turn_next(struct turn *turn)
{
	const struct turn_side in = turn->in;
	const uint16_t answered = turn->out.records;

	*turn = (struct turn){.in_plain = turn->in_plain, .out_plain = turn->out_plain};
	if (in.records < 2 || !answered)
		return;
	for (uint16_t i = answered; i < in.records && i < TURN_RECORDS; i++) {
		turn->carried.record[turn->carried.records++] = in.record[i];
		turn->carried.least_bytes += in.record[i].least_bytes;
		turn->carried.most_bytes += in.record[i].most_bytes;
	}
}

/* From LENGTH_MAX on how much more it is does not matter, but that something was said does; a range, so that nobody
 * takes it for an exact length. */
static void length_add(struct length *length, uint32_t least, uint32_t most, float cost)
{
	if (length->count == LENGTH_CANDIDATES || !most)
		return;
	if (most >= LENGTH_MAX) {
		most = LENGTH_MAX;
		least = least < LENGTH_MAX ? least : LENGTH_MAX - 1;
	}
	length->range[length->count++] = (struct length_range){least, most, cost};
}

bool turn_is_padded(const struct turn *turn)
{
	return turn->in.records && !turn->in_plain;
}

/* All of it is one command; or the server has answered the first of several. */
static void length_said(const struct turn *turn, bool tls13, struct length *ret)
{
	const struct turn_side *in = &turn->in;

	if (tls13 && turn_is_padded(turn)) {
		length_add(ret, 1, in->most_bytes, 0);
		return;
	}
	length_add(ret, in->least_bytes, in->most_bytes, in->records > 1 ? 0.4F : 0);
	if (turn->alert_perhaps)
		length_add(ret, in->least_bytes - ALERT_BYTES, in->most_bytes - ALERT_BYTES, 0.7F);
	if (turn->carried.records)
		length_add(ret, turn->carried.record[0].least_bytes, turn->carried.record[0].most_bytes, 1.0F);
	if (in->records > 1)
		length_add(ret, in->record[0].least_bytes, in->record[0].most_bytes, 1.2F);
}

/* How many tickets come first: OpenSSL sends two, of the same length or one cipher block apart; resumed or told so one;
 * GnuTLS none. */
#define TICKETS_NONE 1.6F
#define TICKETS_ONE 1.4F
#define TICKETS_TWO 0.5F
#define TICKETS_APART_BYTES 16
#define ALIKE_COST 3.0F /* that two records which are no tickets are as long as each other */

bool tickets_alike(uint16_t one_bytes, uint16_t other_bytes)
{
	return one_bytes == other_bytes || one_bytes + TICKETS_APART_BYTES == other_bytes ||
	       other_bytes + TICKETS_APART_BYTES == one_bytes;
}

static void length_with_tickets(const struct turn_side *out, const struct knowledge *knowledge, struct length *ret)
{
	const bool alike = out->records > 1 && tickets_alike(out->record[0].least_bytes, out->record[1].least_bytes);
	const uint32_t least = out->record[0].least_bytes, most = out->record[0].most_bytes;
	const struct length ticket = {.range = {{least, most, 0}}, .count = 1};
	const float cost = likely_reply(&ticket, knowledge, REPLY_TICKET, 0);

	length_add(ret, out->least_bytes, out->most_bytes, TICKETS_NONE + (alike ? ALIKE_COST : 0));
	if (out->records > 1)
		length_add(ret, out->least_bytes - least, out->most_bytes - most, cost + TICKETS_ONE);
	if (out->records > 2 && alike)
		length_add(ret, out->least_bytes - least - out->record[1].least_bytes,
			   out->most_bytes - most - out->record[1].most_bytes, cost + TICKETS_TWO);
}

/* So many bytes on the wire may be so many records, each of them padded. */
static bool may_be_padded(uint32_t bytes, unsigned int records, struct tls_overhead overhead)
{
	const uint32_t least = records * overhead.least_bytes;

	return bytes > least && (bytes - least + records) % BLOCK_BYTES == 0;
}

void turn_acknowledged(struct turn *turn, const struct tls *tls)
{
	if (turn->out.records || turn->over || tls_version(tls) != 0x0304)
		return;
	for (unsigned int records = 1; records <= PADDED_RECORDS_MAX; records++)
		if (may_be_padded(turn->out.wire_bytes, records, tls_overhead(tls)))
			return;
	turn->out_plain = true;
}

/* The server was not seen, but what it said was acknowledged: so many bytes in so many records, perhaps padded ones. */
static void length_guess(struct length *ret, uint32_t bytes, unsigned int records, struct tls_overhead overhead,
			 bool pads, float cost)
{
	const uint32_t most = records * overhead.most_bytes, least = records * overhead.least_bytes;
	const bool padded = pads && may_be_padded(bytes, records, overhead);

	if (bytes > least)
		length_add(ret, bytes > most && !padded ? bytes - most : 1, bytes - least, cost);
}

static void length_acknowledged(const struct turn *turn, const struct tls *tls, struct length *ret)
{
	const struct turn_side *out = &turn->out;
	const struct tls_overhead overhead = tls_overhead(tls);
	const bool pads = tls_version(tls) == 0x0304 && !turn->out_plain, over = turn->over;
	const uint32_t fin = 1, alert = overhead.most_bytes + ALERT_BYTES;
	const uint32_t extra[] = {0, fin, fin + alert};

	for (unsigned int i = 0; i < (over ? 3 : 1); i++)
		for (unsigned int records = 1; records <= (over ? 2 : 3); records++)
			if (out->wire_bytes > extra[i])
				length_guess(ret, out->wire_bytes - extra[i], records, overhead, pads,
					     records_cost[records - 1] + (over ? 1.1F : 0));
}

static void length_with_hole(const struct turn_side *out, struct tls_overhead overhead, struct length *ret)
{
	for (unsigned int records = 0; records < 3; records++) {
		const uint32_t taken = records * overhead.least_bytes;

		if (out->skipped_bytes > taken)
			length_add(ret, out->least_bytes + 1, out->most_bytes + out->skipped_bytes - taken,
				   records_cost[records]);
	}
}

static void length_answered(const struct turn *turn, const struct knowledge *knowledge, const struct tls *tls,
			    bool may_be_tickets, struct length *ret)
{
	const struct turn_side *out = &turn->out;
	const bool tls13 = tls_version(tls) == 0x0304;

	if (!out->records && out->wire_bytes && may_be_tickets)
		length_add(ret, 1, out->wire_bytes, 0);
	else if (!out->records && out->wire_bytes)
		length_acknowledged(turn, tls, ret);
	else if (out->skipped_bytes)
		length_with_hole(out, tls_overhead(tls), ret);
	else if (tls13 && out->records && !turn->out_plain)
		length_add(ret, 1, out->most_bytes, 0);
	else if (out->records && may_be_tickets)
		length_with_tickets(out, knowledge, ret);
	else if (out->records)
		length_add(ret, out->least_bytes, out->most_bytes, 0);
}

static uint32_t asked_bytes(const struct turn *turn)
{
	return turn->in.most_bytes + turn->in.skipped_bytes + turn->carried.most_bytes;
}

void turn_exchange(const struct turn *turn, const struct knowledge *knowledge, const struct tls *tls,
		   bool may_be_tickets, struct exchange *ret)
{
	memset(ret, 0, sizeof(*ret));
	length_said(turn, tls_version(tls) == 0x0304, &ret->in);
	length_answered(turn, knowledge, tls, may_be_tickets, &ret->out);
	ret->asked_bytes = asked_bytes(turn);
	ret->tls13 = tls_version(tls) == 0x0304;
	ret->hidden = ret->tls13 && turn->out.records && !turn->out_plain;
	ret->records_in = turn->in.records;
	ret->records_out = turn->out.records;
	/* seen by its acknowledgement it is later by a round trip: nothing to those that wait for seconds */
	ret->timed = (turn->out.records || turn->out.wire_bytes) && turn->out_ns >= turn->in_ns;
	if (ret->timed)
		ret->delay_ms = (uint32_t)((turn->out_ns - turn->in_ns) / 1000000);
}

void turn_exchange_more(const struct turn *turn, const struct tls_record *record, uint32_t before_bytes,
			struct exchange *ret)
{
	const struct turn_side *in = &turn->in;

	memset(ret, 0, sizeof(*ret));
	if (in->records > 1)
		length_add(&ret->in, in->least_bytes - in->record[0].least_bytes,
			   in->most_bytes - in->record[0].most_bytes, 0.7F);
	length_add(&ret->in, 1, in->most_bytes + turn->carried.most_bytes, 0.7F);
	length_add(&ret->out, before_bytes + record->least_bytes, before_bytes + record->most_bytes, 0);
	ret->asked_bytes = asked_bytes(turn);
	ret->records_in = in->records;
	ret->records_out = 1;
	ret->more = true;
}
