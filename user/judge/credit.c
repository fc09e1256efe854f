/* SPDX-License-Identifier: BSD-2-Clause */
/* Credit halves every half-life, computed when it is looked at. */
#include "user/judge/credit.h"

#include "user/core/duration.h"
#include "user/judge/window.h"

/* 2 to the power of -1/2, -1/4, -1/8 ...: with the bits of the fraction they give any power between 1/2 and 1 to a
 * part in 2^16, without the mathematics library. */
static const double roots[] = {
	0.70710678118654757, 0.84089641525371450, 0.91700404320467122, 0.95760328069857370,
	0.97857206208770009, 0.98922801319397546, 0.99459942348363317, 0.99729605608547012,
	0.99864711289097019, 0.99932332750265074, 0.99966160649624369, 0.99983078893192912,
	0.99991539088661352, 0.99995769454843109, 0.99997884705049189, 0.99998942346931441,
};

/* 2 to the power of -(elapsed / half_life). */
static double remaining(uint64_t elapsed_ns, uint64_t half_life_ns)
{
	const uint64_t halvings = elapsed_ns / half_life_ns;
	double fraction = (double)(elapsed_ns % half_life_ns) / (double)half_life_ns;
	double share;

	if (halvings > 62)
		return 0;
	share = 1.0 / (double)(1ULL << halvings);
	for (unsigned int i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		fraction *= 2;
		if (fraction >= 1) {
			share *= roots[i];
			fraction -= 1;
		}
	}
	return share;
}

double credit_amount(const struct credit *credit, const struct credit_settings *settings, uint64_t now_ns)
{
	if (!settings->half_life_ns)
		return 0;
	return credit->amount * remaining(age_ns(credit->amount_ns, now_ns), settings->half_life_ns);
}

static void credit_set(struct credit *credit, double amount, uint64_t now_ns)
{
	credit->amount = amount;
	if (credit->amount_ns < now_ns)
		credit->amount_ns = now_ns;
}

/* A place for this payer: -1 when it has paid in this half-life, or when too many others have. Nobody who paid is
 * pushed out before the half-life is over, or a handful of accounts in turn could pay without end. */
static int payer_place(const struct credit *credit, uint32_t account, uint64_t half_life_ns, uint32_t now_s)
{
	int place = -1;

	for (int i = 0; i < CREDIT_PAYERS; i++) {
		const uint32_t paid_s = credit->payer[i].paid_s;
		const bool in_force = paid_s && age_ns(paid_s, now_s) < half_life_ns / NS_PER_S;

		if (in_force && credit->payer[i].account == account)
			return -1;
		if (!in_force)
			place = i;
	}
	return place;
}

bool credit_earn(struct credit *credit, const struct credit_settings *settings, uint64_t account, uint64_t now_ns)
{
	const uint32_t payer = (uint32_t)(account ^ account >> 32), now_s = (uint32_t)(now_ns / NS_PER_S) + 1;
	const int place = payer_place(credit, payer, settings->half_life_ns, now_s);
	double amount = credit_amount(credit, settings, now_ns) + settings->per_success;

	if (place < 0)
		return false;
	credit->payer[place].account = payer;
	credit->payer[place].paid_s = now_s;
	if (amount > settings->most)
		amount = settings->most;
	credit_set(credit, amount, now_ns);
	return true;
}

bool credit_spend(struct credit *credit, const struct credit_settings *settings, uint64_t now_ns)
{
	const double amount = credit_amount(credit, settings, now_ns);

	if (amount < 1)
		return false;
	credit_set(credit, amount - 1, now_ns);
	return true;
}
