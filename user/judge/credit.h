/* SPDX-License-Identifier: BSD-2-Clause */
/* What a source has earned by successful logins, and the failures it may pay with it.
 *
 * One account pays once per half-life, and at most CREDIT_PAYERS accounts pay in that time: who owns one good
 * account buys `per_success` failures per half-life and not one more, however often it logs in, and who owns a
 * hundred is bounded too. */
#ifndef GATEPOST_CREDIT_H
#define GATEPOST_CREDIT_H

#include <stdbool.h>
#include <stdint.h>

#define CREDIT_PAYERS 16

struct credit_settings {
	uint32_t per_success; /* failures that one account's success pays for */
	uint32_t most; /* upper bound of a source's credit */
	uint64_t half_life_ns;
	uint64_t repeat_ns; /* how long a wrong credential is remembered as the same */
};

struct credit {
	double amount; /* at amount_ns, decaying since */
	uint64_t amount_ns;
	struct {
		uint32_t account; /* folded */
		uint32_t paid_s; /* 0: free */
	} payer[CREDIT_PAYERS];
};

double credit_amount(const struct credit *credit, const struct credit_settings *settings, uint64_t now_ns);
/* A success of `account` (0: unknown, which counts as one account). True when it bought something. */
bool credit_earn(struct credit *credit, const struct credit_settings *settings, uint64_t account, uint64_t now_ns);
/* Pay for one failure. False: there is less than 1 left, the failure counts. */
bool credit_spend(struct credit *credit, const struct credit_settings *settings, uint64_t now_ns);

#endif
