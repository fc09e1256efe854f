/* SPDX-License-Identifier: BSD-2-Clause */
/* What one way of judging comes to, source by source: who was banned, how soon, and how many attempts were let through
 * before. An attempt counts as prevented when its source was banned at the time when the client sent it. Times: of the
 * engine's clock. */
#ifndef GATEPOST_TOLL_H
#define GATEPOST_TOLL_H

#include "user/research/truth.h"

struct toll_source {
	uint64_t first_ns, last_failure_ns; /* attempt, as attacker if it is one; 0: none */
	uint64_t banned_ns, limited_ns; /* the first time; 0: never */
	uint64_t decided_after_ns; /* the last failure before its first ban */
	uint32_t through, prevented; /* attempts; of an attacker: those of its attacks */
	uint32_t hurt; /* logins of somebody else, prevented */
};

struct toll {
	const struct truth *truth;
	struct toll_source *source; /* as truth->source */
	uint32_t unlabelled_bans; /* decisions that met no source of the labels */
};

struct toll_sum {
	uint32_t sources, mixed;
	uint32_t banned, limited; /* at least once */
	uint64_t through, prevented;
	uint64_t hurt;
	/* Of those that were banned; from the first attempt, and from the failure that decided it. */
	uint64_t to_ban_median_ns, to_ban_p90_ns, decided_median_ns, decided_p90_ns;
};

int toll_new(struct toll *ret_toll, const struct truth *truth); /* -ENOMEM; truth NULL: nobody is known */
void toll_free(struct toll *toll);

/* `attempts` of a row of the labels, at once. `ban_since_ns`: 0 when it was not banned. */
struct toll_attempt {
	uint32_t row;
	uint32_t attempts;
	bool failed, succeeded;
	uint64_t asked_ns, time_ns; /* sent; decided */
	uint64_t ban_since_ns;
};
void toll_attempt(struct toll *toll, const struct toll_attempt *attempt);
/* A ban (or limit) has come into force. */
void toll_ban(struct toll *toll, const struct prefix *target, bool limit, uint64_t now_ns);

/* Of a group; TRUTH_NONE: of all attackers, or of all others. -ENOMEM */
int toll_sum(const struct toll *toll, bool attack, uint32_t group, struct toll_sum *ret_sum);

#endif
