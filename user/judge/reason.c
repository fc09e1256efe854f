/* SPDX-License-Identifier: BSD-2-Clause */
/* What was counted, then what else was taken into account, in the order in which the judge looked at it. */
#include "user/judge/reason.h"

#include "user/core/duration.h"

static void say_whom(struct sentence *reason, const struct decision *decision)
{
	char text[ADDR_TEXT_BYTES];

	switch (decision->rule->per) {
	case PER_SOURCE:
	case PER_PREFIX:
		sentence_add(reason, " from %s", prefix_text(&decision->target, text));
		break;
	case PER_JA3:
		sentence_add(reason, " with one JA3");
		break;
	case PER_JA4:
		sentence_add(reason, " with one JA4");
		break;
	case PER_ACCOUNT:
		sentence_add(reason, " on one account");
		break;
	case PER_SERVICE:
		sentence_add(reason, " on %s", service_text((enum gp_service)decision->key));
		break;
	}
}

void reason_count(struct sentence *reason, const struct decision *decision, uint32_t accounts)
{
	const struct rule *rule = decision->rule;

	rule_say_count(rule, decision->seen, reason);
	say_whom(reason, decision);
	if (rule->count == COUNT_FAILURES && rule->per == PER_SOURCE && accounts)
		sentence_add(reason, ", %s%u account%s", accounts == 64 ? "at least " : "", accounts,
			     accounts == 1 ? "" : "s");
}

/* Whole seconds, or minutes from ten on: nobody reads "1h3m22s907ms". */
static uint64_t rounded(uint64_t ns)
{
	const uint64_t unit = ns < 10 * NS_PER_MINUTE ? NS_PER_S : NS_PER_MINUTE;

	return ns / unit * unit;
}

void reason_unless(struct sentence *reason, uint64_t success_ago_ns)
{
	sentence_add_duration(reason, "; limit, not ban: somebody logged in there ", rounded(success_ago_ns));
	sentence_add(reason, " ago");
}

void reason_offence(struct sentence *reason, uint32_t offences)
{
	if (offences > 1)
		sentence_add(reason, "; offence %u", offences);
}

void reason_presumed(struct sentence *reason, uint32_t presumed)
{
	if (presumed)
		sentence_add(reason, "; %u before the server answered", presumed);
	else
		sentence_add(reason, "; some never answered");
}

void reason_guardrail(struct sentence *reason, enum action held_back, const char *why)
{
	sentence_add(reason, "; %s held back by the guardrail: %s", action_text(held_back), why);
}
