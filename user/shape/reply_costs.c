/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/shape/reply_costs.h"

#define USUAL_NEITHER 0.015F
#define NEITHER_ENOUGH 25.0F /* attempts after which a server's own share counts for more than the usual one */
#define UNASKED -1.0F /* no cost is negative, but for what rounding leaves of 0 */

#define NO_TAG UINT32_MAX

static inline bool is_asked(float cost)
{
	return cost > 0.5F * UNASKED;
}

static void lengths_forget(float *length)
{
	for (int reply = 0; reply < REPLY_MAX; reply++)
		length[reply] = UNASKED;
}

void reply_costs_begin(struct reply_costs *costs, const struct exchange *exchange, const struct knowledge *knowledge)
{
	costs->exchange = exchange;
	costs->knowledge = knowledge;
	costs->anything = costs->neither = UNASKED;
	for (int reply = 0; reply <= REPLY_MAX; reply++)
		costs->delay[reply] = UNASKED;
	for (uint32_t i = 0; i < REPLY_COSTS_TAGS; i++)
		costs->tag_bytes[i] = NO_TAG;
}

float reply_cost_length(struct reply_costs *costs, enum reply reply, uint32_t tag_bytes)
{
	const uint32_t slot = tag_bytes % REPLY_COSTS_TAGS;
	float *length = costs->length[slot];

	if (costs->tag_bytes[slot] != tag_bytes) {
		costs->tag_bytes[slot] = tag_bytes;
		lengths_forget(length);
	}
	if (!is_asked(length[reply]))
		length[reply] = likely_reply(&costs->exchange->out, costs->knowledge, reply, tag_bytes);
	return length[reply];
}

float reply_cost_anything(struct reply_costs *costs)
{
	if (!is_asked(costs->anything))
		costs->anything = likely_anything(&costs->exchange->out);
	return costs->anything;
}

float reply_cost_delay(struct reply_costs *costs, enum reply reply)
{
	if (!is_asked(costs->delay[reply]))
		costs->delay[reply] = likely_delay(costs->exchange, costs->knowledge->server, reply);
	return costs->delay[reply];
}

static float neither_cost(const struct profile *server)
{
	const float seen = (float)profile_seen(server, REPLY_TEMPORARY);
	const float all =
		seen + (float)profile_seen(server, REPLY_FAILURE) + (float)profile_seen(server, REPLY_SUCCESS);

	return nats_of((seen + USUAL_NEITHER * NEITHER_ENOUGH) / (all + NEITHER_ENOUGH));
}

float reply_cost_neither(struct reply_costs *costs)
{
	if (!is_asked(costs->neither))
		costs->neither = neither_cost(costs->knowledge->server);
	return costs->neither;
}
