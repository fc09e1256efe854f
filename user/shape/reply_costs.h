/* SPDX-License-Identifier: BSD-2-Clause */
/* What it costs to take the answer in an exchange for a reply of each kind. All readings of the exchange ask the same
 * questions, so each is worked out once, when it is asked first: half of the work that reading takes. */
#ifndef GATEPOST_REPLY_COSTS_H
#define GATEPOST_REPLY_COSTS_H

#include "user/shape/likely.h"

#define REPLY_OTHER REPLY_MAX /* what an answer is taken for: enum reply, or something else */
#define REPLY_COSTS_TAGS 4 /* lengths of IMAP tags remembered; readings seldom differ in more */

struct reply_costs {
	const struct exchange *exchange;
	const struct knowledge *knowledge;
	float anything, neither;
	float delay[REPLY_MAX + 1];
	float length[REPLY_COSTS_TAGS][REPLY_MAX];
	uint32_t tag_bytes[REPLY_COSTS_TAGS];
};

/* Both must outlive it, and not change. */
void reply_costs_begin(struct reply_costs *costs, const struct exchange *exchange, const struct knowledge *knowledge);
/* As likely_reply, likely_anything and likely_delay of the answer. */
float reply_cost_length(struct reply_costs *costs, enum reply reply, uint32_t tag_bytes);
float reply_cost_anything(struct reply_costs *costs);
float reply_cost_delay(struct reply_costs *costs, enum reply reply);
/* That this server neither refuses an attempt nor accepts it, but says that it is unable just now: most never do. */
float reply_cost_neither(struct reply_costs *costs);

#endif
