/* SPDX-License-Identifier: BSD-2-Clause */
/* Hears of connections, handshakes and attempts, and answers with decisions. Knows nothing of packets, kernels or
 * clocks; its memory is fixed when it is made. Times: nanoseconds, any clock that does not jump, one for all calls.
 *
 * Exact sliding windows: a rule with threshold N keeps, per key, the moments of the last N (for distinct counts:
 * of the last N distinct values), and trips when the oldest of them is younger than the window.
 *
 * Credit: a success of an account that has not paid lately buys its source `credit.per_success` failures that do not
 * count, up to `credit.most`, halved every `credit.half_life_ns`. The same credential failing again is one failure. */
#ifndef GATEPOST_JUDGE_H
#define GATEPOST_JUDGE_H

#include "user/core/attempt.h"
#include "user/core/rules.h"

struct credit_settings {
	uint32_t per_success; /* failures that one account's success pays for */
	uint32_t most; /* upper bound of a source's credit */
	uint64_t half_life_ns;
	uint64_t repeat_ns; /* how long a wrong credential is remembered as the same */
};
struct guardrail_settings {
	uint32_t bans_per_minute; /* new bans of sources and prefixes; 0: no cap */
	uint8_t widest_v4_bits, widest_v6_bits; /* a decision never covers more: 20, 44 */
	uint32_t successful_share_ppm; /* of recently successful sources that bans and limits may touch; 0: no cap */
	uint64_t successful_for_ns; /* what "recently" means: 7d */
};
struct judge_settings {
	uint32_t sources_max, keys_max; /* sources remembered; keys remembered a rule */
	uint64_t seed; /* of the tables */
	struct credit_settings credit;
	struct guardrail_settings guardrail;
};

struct decision {
	uint64_t time_ns;
	const struct rule *rule; /* belongs to the ruleset of the judge */
	enum action action; /* what is to be done: after unless, credit and guardrail */
	enum action wanted; /* what the rule says */
	bool shadow; /* of the rule */
	struct prefix target; /* bits 0: the decision has no address (per account, fingerprint, service) */
	uint64_t key; /* what was counted for: source, prefix bits, fingerprint, account or service */
	uint64_t for_ns;
	uint32_t offences; /* 1 the first time */
	uint32_t seen; /* the count that tripped it */
	uint8_t evidence; /* enum gp_evidence of what was counted */
	char reason[160]; /* in words */
};
typedef void (*judge_decision_fn)(void *context, const struct decision *decision);

/* What the judge remembers of a source, for `explain`. */
struct source_record {
	uint32_t connections, attempts, failures, repeats, successes; /* since first seen */
	uint32_t accounts; /* distinct in failures, bounded estimate: counts to 64 */
	uint64_t first_ns, last_ns, last_success_ns, last_failure_ns; /* 0: never */
	double credit;
	uint8_t evidence;
};

struct judge;

/* The ruleset is copied. -ENOMEM; -EINVAL with `fault` filled when it does not fit the settings. */
int judge_new(struct judge **ret_judge, const struct judge_settings *settings, const struct ruleset *ruleset,
	      judge_decision_fn on_decision, void *context, struct fault *fault);
void judge_free(struct judge *judge);
/* Put another ruleset in force. Rules that are the same but for action, duration and shadow keep their counts. */
int judge_reload(struct judge *judge, const struct ruleset *ruleset, struct fault *fault);

void judge_connection(struct judge *judge, uint64_t source, enum gp_service service, uint64_t now_ns);
void judge_handshake(struct judge *judge, uint64_t source, enum gp_service service, uint64_t fingerprint,
		     uint64_t now_ns); /* TLS established and ended, no attempt seen */
void judge_attempt(struct judge *judge, const struct attempt *attempt, uint64_t now_ns);

/* An operator took a ban back: forget what was counted against it and its offences. */
void judge_forgive(struct judge *judge, const struct prefix *target);
/* Offences remembered from before a restart. */
void judge_remember(struct judge *judge, const struct prefix *target, uint32_t offences, uint64_t now_ns);

bool judge_source(const struct judge *judge, uint64_t source, uint64_t now_ns, struct source_record *ret_record);
/* How many of rule `index` stand against this source (or its prefix) now; 0 when the rule does not count it. */
uint32_t judge_count(const struct judge *judge, uint32_t index, uint64_t source, uint64_t now_ns);
const struct ruleset *judge_ruleset(const struct judge *judge);
bool judge_guardrail_tripped(const struct judge *judge, const char **ret_why);
void judge_guardrail_reset(struct judge *judge);

#endif
