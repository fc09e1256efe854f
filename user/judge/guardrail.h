/* SPDX-License-Identifier: BSD-2-Clause */
/* The last check before a ban: has the judge itself gone mad? A broken rule, a mail server that refuses everybody, or
 * a reader that misreads replies would all show as many bans at once, or as bans of people who logged in before.
 *
 * When a cap is exceeded the guardrail trips: from then on nothing is admitted until somebody looks and resets it. */
#ifndef GATEPOST_GUARDRAIL_H
#define GATEPOST_GUARDRAIL_H

#include <stdbool.h>

#include "user/core/addr.h"

/* A share of a handful is no share: so many recently successful sources may always be touched. */
#define GUARDRAIL_TOUCHED_MIN 10
#define GUARDRAIL_BANS_MAX 65536 /* largest bans_per_minute: it is counted exactly */

struct guardrail_settings {
	uint32_t bans_per_minute; /* new bans of sources and prefixes; 0: no cap */
	uint8_t widest_v4_bits, widest_v6_bits; /* a decision never covers more: 20, 44 */
	uint32_t successful_share_ppm; /* of recently successful sources that bans and limits may touch; 0: no cap */
	uint64_t successful_for_ns; /* what "recently" means: 7d */
};

/* What is about to be put in force. */
struct guardrail_request {
	struct prefix target;
	bool ban; /* limits are not counted against bans_per_minute */
	uint32_t touched; /* recently successful sources inside the target */
	uint32_t successful; /* recently successful sources in all */
	uint64_t until_ns;
};

struct guardrail;

int guardrail_new(struct guardrail **ret_guardrail, const struct guardrail_settings *settings, uint64_t seed);
void guardrail_free(struct guardrail *guardrail);
size_t guardrail_bytes(const struct guardrail_settings *settings);

/* False: it has tripped, now or before; nothing is to be done. */
bool guardrail_admits(struct guardrail *guardrail, const struct guardrail_request *request, uint64_t now_ns);
void guardrail_lift(struct guardrail *guardrail, const struct prefix *target); /* no longer in force */
const char *guardrail_why(const struct guardrail *guardrail); /* NULL: not tripped */
void guardrail_reset(struct guardrail *guardrail);

#endif
