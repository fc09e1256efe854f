/* SPDX-License-Identifier: BSD-2-Clause */
/* How probable is a length? All of it in nats of cost: 0 is certain, 0.7 is one in two, 7 one in a thousand; what
 * cannot be has COST_NEVER. Costs of what is independent are added. */
#ifndef GATEPOST_LIKELY_H
#define GATEPOST_LIKELY_H

#include "user/shape/exchange.h"
#include "user/shape/nats.h"
#include "user/shape/profile.h"

#define COST_NEVER 1e6F

/* What is known of a server, and what is known of servers: where nothing was seen yet, its replies are taken to be as
 * long as those of the servers that come with gatepost, or as long as such replies are anywhere. */
struct knowledge {
	const struct profile *server;
	const struct profile *common; /* NULL: nothing */
	bool alike; /* ... and the server is of that kind, as far as it has shown */
};

/* Names and passwords: hardly ever one letter, mostly about `typical`, now and then of any length up to OPEN_MOST
 * (Erlang distribution of shape 2). */
#define OPEN_MOST 1000
#define OPEN_ANY 0.05F

static inline float open_share(uint32_t bytes, uint32_t typical)
{
	const float scale = 3 / (float)typical, x = ((float)bytes + 0.5F) * scale;

	return (1 - OPEN_ANY) * 0.5F * scale * x * x * share_of_nats(x) +
	       (bytes <= OPEN_MOST ? OPEN_ANY / (OPEN_MOST + 1) : 0);
}

/* In line, since this is what reading spends most of its time with, and all but `bytes` are constants. */
static inline float likely_open_exactly(uint32_t bytes, uint32_t shortest, uint32_t typical, uint32_t step)
{
	float share;

	if (bytes < shortest || (bytes - shortest) % step)
		return COST_NEVER;
	share = open_share(bytes - shortest, typical) * (float)step;
	return share > 0 ? nats_of(share) : COST_NEVER;
}

float likely_open_within(const struct length *length, uint32_t shortest, uint32_t typical, uint32_t step);

/* A command of exactly so many bytes. */
float likely_exactly(const struct length *length, uint32_t bytes);
/* A command with something of the client's choice: `shortest` bytes or more, typically `typical` more. With `step` 4
 * for base64: only every fourth length is possible. */
static inline float likely_open(const struct length *length, uint32_t shortest, uint32_t typical, uint32_t step)
{
	if (length->count == 1 && length->range[0].least == length->range[0].most)
		return likely_open_exactly(length->range[0].least, shortest, typical, step);
	return likely_open_within(length, shortest, typical, step);
}
/* A reply of this kind; `tag` bytes of it are the IMAP tag's (0: none). */
float likely_reply(const struct length *length, const struct knowledge *knowledge, enum reply reply, uint32_t tag);
/* ... and the time that it took. */
float likely_delay(const struct exchange *exchange, const struct profile *profile, enum reply reply);
/* ... of an answer that no server has a reason to wait with. */
float likely_at_once(const struct exchange *exchange);
/* What anybody may say at any length, short things rather than long ones. */
float likely_anything(const struct length *length);
/* ... in base64, behind `head` bytes that are not. */
float likely_coded(const struct length *length, uint32_t head);

#endif
