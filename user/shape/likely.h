/* SPDX-License-Identifier: BSD-2-Clause */
/* How probable is a length? All of it in nats of cost: 0 is certain, 0.7 is one in two, 7 one in a thousand; what
 * cannot be has COST_NEVER. Costs of what is independent are added. */
#ifndef GATEPOST_LIKELY_H
#define GATEPOST_LIKELY_H

#include "user/shape/exchange.h"
#include "user/shape/profile.h"

#define COST_NEVER 1e6F

/* What is known of a server, and what is known of servers: where nothing was seen yet, its replies are taken to be as
 * long as those of the servers that come with gatepost, or as long as such replies are anywhere. */
struct knowledge {
	const struct profile *server;
	const struct profile *common; /* NULL: nothing */
	bool alike; /* ... and the server is of that kind, as far as it has shown */
};

/* A command of exactly so many bytes. */
float likely_exactly(const struct length *length, uint32_t bytes);
/* A command with something of the client's choice: `shortest` bytes or more, typically `typical` more. With `step` 4
 * for base64: only every fourth length is possible. */
float likely_open(const struct length *length, uint32_t shortest, uint32_t typical, uint32_t step);
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
