/* SPDX-License-Identifier: BSD-2-Clause */
/* A reply is as long as it was before, or else as long as such replies are. The estimate is the usual one for a
 * distribution that is learned while it is used (a Dirichlet process): what was seen n times in N has n / (N + 1), and
 * what is new shares 1 / (N + 1) by the base below. N stops counting at SEEN_ENOUGH, so that after a million failures
 * something new is still as improbable among failures as among the few successes: neither is preferred. */
#include "user/shape/likely.h"

#include <math.h>
#include <stddef.h>

#include "user/shape/nats.h"

#define SEEN_ENOUGH 32.0F
#define DELAY_FRESH 4.0F /* delays scatter: it takes more of them to be believed */
#define NEAR_BYTES 4
#define ALIKE_SHARE 0.9F /* ... as one of the kind that it is of */
#define COMMON_SHARE 0.5F /* of what is new at a server: as long as at one that comes with gatepost */

#define ANYTHING_SPAN 10.3F /* ln 30000: no reply before or shortly after a login is longer */

/* Bytes, without the tag. Sources: RFC 9051, 7; RFC 1939, 3; RFC 5321, 4.2; RFC 4616, 2195; what servers say is in
 * rules/profiles. Wide on purpose: these only say where nothing was seen. */
struct range {
	uint16_t from, to;
	float share;
};
static const struct range base[3][REPLY_MAX][3] =
	{
		[PROTOCOL_IMAP] =
			{
				[REPLY_GREETING] = {{10, 400, 1.0F}},
				[REPLY_TICKET] = {{150, 300, 0.9F}, {30, 600, 0.1F}},
				[REPLY_CAPABILITY] = {{50, 300, 0.7F}, {301, 1200, 0.3F}},
				[REPLY_NOOP] = {{10, 45, 1.0F}},
				[REPLY_ID] = {{15, 300, 1.0F}},
				[REPLY_BAD] = {{12, 80, 1.0F}},
				[REPLY_LOGOUT] = {{15, 100, 1.0F}},
				[REPLY_PROMPT] = {{3, 4, 0.6F}, {16, 16, 0.4F}},
				[REPLY_CHALLENGE] = {{20, 120, 1.0F}},
				[REPLY_FAILURE] = {{12, 80, 0.97F}, {81, 200, 0.03F}},
				[REPLY_SUCCESS] = {{9, 60, 0.35F}, {61, 200, 0.1F}, {201, 1100, 0.55F}},
				[REPLY_TEMPORARY] = {{20, 130, 1.0F}},
			},
		[PROTOCOL_POP3] =
			{
				[REPLY_GREETING] = {{5, 200, 1.0F}},
				[REPLY_TICKET] = {{150, 300, 0.9F}, {30, 600, 0.1F}},
				[REPLY_CAPABILITY] = {{30, 300, 0.9F}, {301, 800, 0.1F}},
				[REPLY_NOOP] = {{5, 40, 1.0F}},
				[REPLY_BAD] = {{10, 70, 1.0F}},
				[REPLY_LOGOUT] = {{5, 60, 1.0F}},
				[REPLY_USER] = {{5, 50, 1.0F}},
				[REPLY_PROMPT] = {{3, 4, 0.6F}, {16, 16, 0.4F}},
				[REPLY_CHALLENGE] = {{20, 120, 1.0F}},
				[REPLY_FAILURE] = {{10, 80, 0.97F}, {81, 200, 0.03F}},
				[REPLY_SUCCESS] = {{5, 100, 1.0F}},
				[REPLY_TEMPORARY] = {{20, 120, 1.0F}},
			},
		[PROTOCOL_SMTP] =
			{
				[REPLY_GREETING] = {{10, 150, 1.0F}},
				[REPLY_TICKET] = {{150, 300, 0.9F}, {30, 600, 0.1F}},
				[REPLY_CAPABILITY] = {{30, 300, 0.9F}, {301, 800, 0.1F}},
				[REPLY_NOOP] = {{8, 30, 1.0F}},
				[REPLY_BAD] = {{15, 80, 1.0F}},
				[REPLY_LOGOUT] = {{8, 80, 1.0F}},
				[REPLY_PROMPT] = {{5, 6, 0.45F}, {18, 18, 0.55F}},
				[REPLY_CHALLENGE] = {{20, 120, 1.0F}},
				/* of two lines, where there is somebody to call or a page to read */
				[REPLY_FAILURE] = {{20, 100, 0.75F}, {101, 300, 0.25F}},
				[REPLY_SUCCESS] = {{12, 60, 1.0F}},
				[REPLY_TEMPORARY] = {{30, 120, 0.8F}, {121, 300, 0.2F}},
			},
};

/* Failures are often delayed, to slow guessing down; everything else is answered as fast as it can be, in a dialogue
 * that goes slowly sometimes. */
enum pace {
	PACE_FAILURE, /* of whatever kind */
	PACE_SUCCESS,
	PACE_REST, /* a penalty delays that, too, */
	PACE_AT_ONCE, /* but not what is not even understood: as quick as the rest, and seldom slow */
	PACES,
};
static const float delay_base[PACES][PROFILE_DELAYS] = {
	[PACE_FAILURE] = {0.20F, 0.05F, 0.06F, 0.10F, 0.09F, 0.26F, 0.14F, 0.10F},
	[PACE_SUCCESS] = {0.60F, 0.16F, 0.08F, 0.04F, 0.03F, 0.03F, 0.03F, 0.03F},
	[PACE_REST] = {0.70F, 0.13F, 0.05F, 0.02F, 0.03F, 0.04F, 0.02F, 0.01F},
	[PACE_AT_ONCE] = {0.70F, 0.13F, 0.05F, 0.02F, 0.01F, 0.005F, 0.003F, 0.002F},
};

static enum pace pace_of(enum reply reply)
{
	switch (reply) {
	case REPLY_FAILURE:
	case REPLY_TEMPORARY:
		return PACE_FAILURE;
	case REPLY_SUCCESS:
		return PACE_SUCCESS;
	default:
		return PACE_REST;
	}
}

static uint32_t overlap_bytes(int32_t least, int32_t most, int32_t from, int32_t to)
{
	const int32_t low = least > from ? least : from, high = most < to ? most : to;

	return high >= low ? (uint32_t)(high - low + 1) : 0;
}

static float overlap(uint32_t least, uint32_t most, uint32_t from, uint32_t to)
{
	return (float)overlap_bytes((int32_t)least, (int32_t)most, (int32_t)from, (int32_t)to);
}

static float base_share(const struct length_range *range, enum protocol protocol, enum reply reply, uint32_t tag)
{
	const struct range *ranges = base[protocol][reply];
	float share = 0;

	for (int i = 0; i < 3 && ranges[i].to; i++) {
		const float within = overlap(range->least, range->most, ranges[i].from + tag, ranges[i].to + tag);

		if (within > 0)
			share += ranges[i].share * within / (float)(ranges[i].to - ranges[i].from + 1);
	}
	return share;
}

/* What OpenSSL's are as long as, with its usual ciphers and hashes; a client's certificate makes them longer. */
static float ticket_share(const struct length_range *range)
{
	static const uint16_t usual[] = {201, 217, 233, 249, 265};
	float share = 0;

	for (unsigned int i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		share += overlap(range->least, range->most, usual[i], usual[i]);
	return share / (sizeof(usual) / sizeof(usual[0]));
}

/* Names, numbers and times in a reply make it a little longer or shorter than it was. */
static bool varies(enum protocol protocol, enum reply reply)
{
	return (reply == REPLY_SUCCESS && protocol != PROTOCOL_SMTP) || reply == REPLY_CAPABILITY ||
	       reply == REPLY_GREETING || reply == REPLY_CHALLENGE;
}

struct seen {
	float all; /* weight of all lengths */
	float same, near; /* the share of them that is within the range, and nearly so; 0 when all is */
};

static struct seen seen_of(const struct length_range *range, const struct profile *profile, enum reply reply,
			   uint32_t tag)
{
	const struct reply_length *length = profile->length[reply];
	const int32_t least = (int32_t)range->least, most = (int32_t)range->most;
	uint32_t all = 0, same = 0, near = 0;

	for (int i = 0; i < PROFILE_LENGTHS; i++) {
		const int32_t bytes = (int32_t)(length[i].bytes + tag);

		all += length[i].seen;
		same += bytes >= least && bytes <= most ? length[i].seen : 0;
		near += length[i].seen * overlap_bytes(least, most, bytes - NEAR_BYTES, bytes + NEAR_BYTES);
	}
	if (!all)
		return (struct seen){0};
	return (struct seen){(float)all, (float)same / (float)all, (float)near / (2 * NEAR_BYTES + 1) / (float)all};
}

static float share_of(const struct length_range *range, const struct knowledge *knowledge, enum reply reply,
		      uint32_t tag)
{
	const enum protocol protocol = (enum protocol)knowledge->server->protocol;
	const struct seen server = seen_of(range, knowledge->server, reply, tag);
	const float common = knowledge->alike ? ALIKE_SHARE : COMMON_SHARE;
	float share = base_share(range, protocol, reply, tag), fresh;

	if (reply == REPLY_TICKET)
		share = 0.3F * share + 0.7F * ticket_share(range);
	if (knowledge->common) {
		const struct seen seen = seen_of(range, knowledge->common, reply, tag);

		if (seen.all > 0)
			share = (1 - common) * share +
				common * (varies(protocol, reply) ? 0.5F * (seen.same + seen.near) : seen.same);
	}
	if (server.all > 0 && varies(protocol, reply))
		share = 0.5F * share + 0.5F * server.near;
	fresh = 1 / ((server.all > SEEN_ENOUGH ? SEEN_ENOUGH : server.all) + 1);
	/* a server has few words for a failure: what is new is hardly one more */
	if (reply == REPLY_FAILURE)
		return fresh * sqrtf(fresh) * share + (1 - fresh * sqrtf(fresh)) * server.same;
	return fresh * share + (1 - fresh) * server.same;
}

static float cost_of(float share)
{
	return share > 0 ? nats_of(share) : COST_NEVER;
}

float likely_reply(const struct length *length, const struct knowledge *knowledge, enum reply reply, uint32_t tag)
{
	float share = 0;

	if (!length->count)
		return 0;
	if (!reply_is_tagged(reply) || knowledge->server->protocol != PROTOCOL_IMAP)
		tag = 0;
	if (length->count == 1)
		return length->range[0].cost + cost_of(share_of(&length->range[0], knowledge, reply, tag));
	for (int i = 0; i < length->count; i++)
		share += share_of_nats(length->range[i].cost) * share_of(&length->range[i], knowledge, reply, tag);
	return cost_of(share);
}

float likely_exactly(const struct length *length, uint32_t bytes)
{
	float cost = length->count ? COST_NEVER : 0;

	for (int i = 0; i < length->count; i++)
		if (bytes >= length->range[i].least && bytes <= length->range[i].most && length->range[i].cost < cost)
			cost = length->range[i].cost;
	return cost;
}

static float below(float x)
{
	return x > 0 ? 1 - share_of_nats(x) * (1 + x + x * x / 2) : 0;
}

static float open_share_within(uint32_t least, uint32_t most, uint32_t typical)
{
	const float scale = 3 / (float)typical;

	return (1 - OPEN_ANY) * (below(((float)most + 1) * scale) - below((float)least * scale)) +
	       OPEN_ANY / (OPEN_MOST + 1) * overlap(least, most, 0, OPEN_MOST);
}

float likely_open_within(const struct length *length, uint32_t shortest, uint32_t typical, uint32_t step)
{
	float share = 0;

	if (!length->count)
		return 0;
	for (int i = 0; i < length->count; i++) {
		const struct length_range *range = &length->range[i];
		const uint32_t least = range->least > shortest ? range->least - shortest : 0;

		if (range->most < shortest || (range->least == range->most && least % step))
			continue;
		share += share_of_nats(range->cost) *
			 (range->least == range->most ? open_share(least, typical) * (float)step
						      : open_share_within(least, range->most - shortest, typical));
	}
	return cost_of(share);
}

/* log(more / less) */
static float log_ratio(float more, float less)
{
	return more < 1.2F * less ? 2 * (more - less) / (more + less) : nats_of(less / more);
}

static float anything_share(const struct length_range *range)
{
	const float least = (float)range->least + 1, most = (float)range->most + 2;

	return share_of_nats(range->cost) * log_ratio(most, least) / ANYTHING_SPAN;
}

float likely_anything(const struct length *length)
{
	float share = 0;

	if (!length->count)
		return 0;
	for (int i = 0; i < length->count; i++)
		share += anything_share(&length->range[i]);
	return cost_of(share);
}

static bool is_coded(const struct length_range *range, uint32_t head)
{
	return range->least != range->most || (range->least >= head && (range->least - head) % 4 == 0);
}

float likely_coded(const struct length *length, uint32_t head)
{
	float share = 0;

	if (!length->count)
		return 0;
	for (int i = 0; i < length->count; i++)
		if (is_coded(&length->range[i], head))
			share += anything_share(&length->range[i]);
	return cost_of(share);
}

static int delay_bucket(uint32_t delay_ms)
{
	static const uint32_t edge[PROFILE_DELAYS - 1] = {30, 100, 300, 800, 1600, 3200, 6400};
	int bucket = 0;

	while (bucket < PROFILE_DELAYS - 1 && delay_ms >= edge[bucket])
		bucket++;
	return bucket;
}

/* An answer that takes 0.9 s now takes 0.7 s next time. */
static float smooth(const uint16_t *seen, int bucket)
{
	const float shorter = bucket ? seen[bucket - 1] : seen[bucket];
	const float longer = bucket < PROFILE_DELAYS - 1 ? seen[bucket + 1] : seen[bucket];

	return 0.6F * seen[bucket] + 0.2F * (shorter + longer);
}

static bool is_timed(const struct exchange *exchange)
{
	return exchange->timed && !exchange->more && exchange->out.count;
}

float likely_delay(const struct exchange *exchange, const struct profile *profile, enum reply reply)
{
	const uint16_t *seen = reply == REPLY_FAILURE   ? profile->delay_failure
			       : reply == REPLY_SUCCESS ? profile->delay_success
							: NULL;
	const float *rest = delay_base[pace_of(reply)];
	const int bucket = delay_bucket(exchange->delay_ms);
	float all = 0, fresh;

	if (!is_timed(exchange))
		return 0;
	for (int i = 0; seen && i < PROFILE_DELAYS; i++)
		all += seen[i];
	if (all == 0)
		return nats_of(rest[bucket]);
	fresh = DELAY_FRESH / ((all > SEEN_ENOUGH ? SEEN_ENOUGH : all) + DELAY_FRESH);
	return nats_of(fresh * rest[bucket] + (1 - fresh) * smooth(seen, bucket) / all);
}

float likely_at_once(const struct exchange *exchange)
{
	return is_timed(exchange) ? nats_of(delay_base[PACE_AT_ONCE][delay_bucket(exchange->delay_ms)]) : 0;
}
