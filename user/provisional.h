/* SPDX-License-Identifier: BSD-2-Clause */
/* A ban or limit that was decided before the server had refused all the attempts that it counts, see judge_awaits: it
 * stays here until it is known whether they were failures. */
#ifndef GATEPOST_PROVISIONAL_H
#define GATEPOST_PROVISIONAL_H

#include "user/enforce.h"

/* `confirmed`: they were, and the fleet may hear of it. Else one of them was none, and what is in force by this rule is
 * lifted and told. Does nothing to what somebody else, or a count that is certain, has put there. */
void provisional_settle(struct enforcer *enforcer, const struct rule *rule, const struct prefix *target, bool confirmed,
			uint64_t now_ns, const struct sink *sink);

#endif
