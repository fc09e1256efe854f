/* SPDX-License-Identifier: BSD-2-Clause */
/* The ladder: how often a target has been decided on, and what is in force against it as far as the judge knows.
 *
 * A wave of attempts is one offence. While a decision is in force, another one on the same target is only worth
 * saying when it is stronger or longer, and it never counts as a further offence: attempts that were under way when
 * the ban landed still get their answers, other rules trip on them a moment later, and in observe mode the attack
 * goes on unhindered. None of that may double anything. */
#ifndef GATEPOST_OFFENCE_H
#define GATEPOST_OFFENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "user/judge/rules.h"

struct offence {
	struct prefix target;
	uint32_t count;
	enum action action; /* of the decision that is or was in force */
	uint64_t for_ns, until_ns;
};

struct offences;

/* Forgotten `remember_ns` after the last decision ended. */
int offences_new(struct offences **ret_offences, uint32_t targets_max, uint64_t remember_ns, uint64_t seed);
void offences_free(struct offences *offences);
size_t offences_bytes(uint32_t targets_max);

/* The offence that a decision by `rule` with `action` would be: count and times filled in. False: what is in force
 * already is as strong and as long. Changes nothing. */
bool offences_next(const struct offences *offences, const struct prefix *target, const struct rule *rule,
		   enum action action, uint64_t now_ns, struct offence *ret_offence);
void offences_put(struct offences *offences, const struct offence *offence);
/* The last offence of this target was none. */
void offences_take_back(struct offences *offences, const struct prefix *target, uint64_t now_ns);
void offences_forget(struct offences *offences, const struct prefix *target); /* and all inside it */
uint64_t offences_until(const struct offences *offences, const struct prefix *target); /* 0: nothing known */

#endif
