/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a rule, and what must hold between its fields. The refusals here are the evidence ladder: a ban needs
 * attempts, and never rests on what a forged or an idle connection can show. */
#include "user/judge/rules.h"

#include <errno.h>
#include <string.h>

#include "user/core/attempt.h"
#include "user/core/duration.h"
#include "user/core/sentence.h"

#define WINDOW_MIN_NS NS_PER_S
#define WINDOW_MAX_NS (31 * NS_PER_DAY)
#define FOR_MIN_NS NS_PER_S
#define FOR_MAX_NS (366 * NS_PER_DAY)

static const char *const count_texts[] = {
	[COUNT_CONNECTIONS] = "connections", [COUNT_OPEN] = "open",         [COUNT_WAITING] = "waiting",
	[COUNT_HANDSHAKES] = "handshakes",   [COUNT_ATTEMPTS] = "attempts", [COUNT_FAILURES] = "failures",
	[COUNT_ACCOUNTS] = "accounts",       [COUNT_SOURCES] = "sources",
};
static const char *const action_texts[] = {
	[ACTION_OBSERVE] = "observe",
	[ACTION_ALERT] = "alert",
	[ACTION_LIMIT] = "limit",
	[ACTION_BAN] = "ban",
};
#define COUNTS (sizeof(count_texts) / sizeof(count_texts[0]))
#define ACTIONS (sizeof(action_texts) / sizeof(action_texts[0]))

static int word_parse(const char *const *words, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(words[i], text))
			return (int)i;
	return -EINVAL;
}

const char *count_text(enum count count)
{
	return (size_t)count < COUNTS ? count_texts[count] : "?";
}

const char *action_text(enum action action)
{
	return (size_t)action < ACTIONS ? action_texts[action] : "?";
}

int count_parse(const char *text, enum count *ret_count)
{
	const int found = word_parse(count_texts, COUNTS, text);

	if (found < 0)
		return found;
	*ret_count = (enum count)found;
	return 0;
}

int action_parse(const char *text, enum action *ret_action)
{
	const int found = word_parse(action_texts, ACTIONS, text);

	if (found < 0)
		return found;
	*ret_action = (enum action)found;
	return 0;
}

/* What there are so many of. */
static const char *counted_text(const struct rule *rule)
{
	switch (rule->count) {
	case COUNT_OPEN:
		return "connections open";
	case COUNT_WAITING:
		return "connections without a login";
	default:
		return count_text(rule->count);
	}
}

static int check_name(const struct rule *rule, struct fault *fault)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	const size_t length = strnlen(rule->name, RULE_NAME_BYTES);

	if (!length || length == RULE_NAME_BYTES || strspn(rule->name, letters) != length)
		return fault_set(fault, EINVAL, "a rule's name wants 1 to %d letters, digits, '-', '_' or '.'",
				 RULE_NAME_BYTES - 1);
	return 0;
}

static int check_numbers(const struct rule *rule, struct fault *fault)
{
	if (!rule->threshold || rule->threshold > RULE_THRESHOLD_MAX)
		return fault_set(fault, EINVAL, "rule '%s': 'threshold' wants 1 to %d, got %u", rule->name,
				 RULE_THRESHOLD_MAX, rule->threshold);
	if (rule->window_ns < WINDOW_MIN_NS || rule->window_ns > WINDOW_MAX_NS)
		return fault_set(fault, EINVAL, "rule '%s': 'window' wants a time from 1s to 31d", rule->name);
	if (rule->for_ns < FOR_MIN_NS || rule->for_ns > FOR_MAX_NS)
		return fault_set(fault, EINVAL, "rule '%s': 'for' wants a time from 1s to 366d", rule->name);
	if (rule->at_most_ns < rule->for_ns || rule->at_most_ns > FOR_MAX_NS)
		return fault_set(fault, EINVAL, "rule '%s': 'at_most' wants a time from that of 'for' to 366d",
				 rule->name);
	if (rule->per == PER_PREFIX &&
	    (!rule->v4_bits || rule->v4_bits > 32 || !rule->v6_bits || rule->v6_bits > GP_SOURCE_BITS))
		return fault_set(fault, EINVAL, "rule '%s': 'per' wants prefix lengths from /1,/1 to /32,/64",
				 rule->name);
	return 0;
}

/* What can be counted for what: the count needs the thing in whose name it is kept. */
static int check_count(const struct rule *rule, struct fault *fault)
{
	if (rule->per == PER_ACCOUNT && rule->count <= COUNT_HANDSHAKES)
		return fault_set(fault, EINVAL, "rule '%s': %s have no account, count them per source or service",
				 rule->name, counted_text(rule));
	if ((rule->per == PER_JA3 || rule->per == PER_JA4) && rule->count <= COUNT_WAITING)
		return fault_set(fault, EINVAL, "rule '%s': a connection has no fingerprint before its handshake",
				 rule->name);
	if (rule->per == PER_ACCOUNT && rule->count == COUNT_ACCOUNTS)
		return fault_set(fault, EINVAL, "rule '%s': an account is one account", rule->name);
	if (rule->per == PER_SOURCE && rule->count == COUNT_SOURCES)
		return fault_set(fault, EINVAL, "rule '%s': a source is one source", rule->name);
	if (rule->despite_credit &&
	    (rule->per != PER_SOURCE || (rule->count != COUNT_FAILURES && rule->count != COUNT_ACCOUNTS)))
		return fault_set(fault, EINVAL, "rule '%s': credit pays for the failures and accounts of a source only",
				 rule->name);
	if (rule->fleet && rule->count != COUNT_ACCOUNTS && rule->count != COUNT_SOURCES)
		return fault_set(fault, EINVAL,
				 "rule '%s': over the fleet only accounts and sources are counted, not %s", rule->name,
				 count_text(rule->count));
	return 0;
}

static int check_action(const struct rule *rule, struct fault *fault)
{
	const bool has_address = rule->per == PER_SOURCE || rule->per == PER_PREFIX;

	if (!has_address && rule->action >= ACTION_LIMIT)
		return fault_set(fault, EINVAL,
				 "rule '%s': only a source or a prefix has an address to %s; want alert or observe",
				 rule->name, action_text(rule->action));
	if (rule->action == ACTION_BAN && rule->count <= COUNT_HANDSHAKES)
		return fault_set(fault, EINVAL,
				 "rule '%s': %s do not show a login attempt, so they can limit but never ban",
				 rule->name, counted_text(rule));
	if (rule->action == ACTION_BAN && rule->threshold < 2)
		return fault_set(fault, EINVAL, "rule '%s': a ban needs a 'threshold' of at least 2 attempts",
				 rule->name);
	if (rule->unless_success_ns && rule->action != ACTION_BAN)
		return fault_set(fault, EINVAL, "rule '%s': 'unless_success' turns a ban into a limit, this is %s %s",
				 rule->name, rule->action == ACTION_LIMIT ? "a" : "an", action_text(rule->action));
	return 0;
}

int rule_check(const struct rule *rule, struct fault *fault)
{
	int result = check_name(rule, fault);

	if (!result)
		result = check_numbers(rule, fault);
	if (!result)
		result = check_count(rule, fault);
	if (!result)
		result = check_action(rule, fault);
	return result;
}

void rule_say_count(const struct rule *rule, uint32_t seen, struct sentence *sentence)
{
	sentence_add(sentence, "%u %s%s", seen, rule->fleet ? "fleet " : "", counted_text(rule));
	sentence_add_duration(sentence, rule_counts_open(rule) ? " for " : " in ", rule->window_ns);
}

static void say_services(const struct rule *rule, struct sentence *sentence)
{
	const char *before = ", on ";

	for (unsigned int service = GP_SERVICE_NONE + 1; rule->services && service < GP_SERVICE_MAX; service++) {
		if (!(rule->services & 1u << service))
			continue;
		sentence_add(sentence, "%s%s", before, service_text((enum gp_service)service));
		before = " and ";
	}
}

static void say_per(const struct rule *rule, struct sentence *sentence)
{
	static const char *const words[] = {
		[PER_SOURCE] = "source", [PER_PREFIX] = "prefix",   [PER_JA3] = "JA3",
		[PER_JA4] = "JA4",       [PER_ACCOUNT] = "account", [PER_SERVICE] = "service",
	};

	if (rule->per == PER_PREFIX)
		sentence_add(sentence, "/%u,/%u", rule->v4_bits, rule->v6_bits);
	else
		sentence_add(sentence, "%s", words[rule->per]);
}

const char *rule_text(const struct rule *rule, char *buffer, size_t size)
{
	struct sentence sentence = sentence_start(buffer, size);

	sentence_add(&sentence, "%s", action_text(rule->action));
	if (rule->action >= ACTION_LIMIT)
		sentence_add_duration(&sentence, " ", rule->for_ns);
	sentence_add(&sentence, " when ");
	rule_say_count(rule, rule->threshold, &sentence);
	sentence_add(&sentence, " per ");
	say_per(rule, &sentence);
	say_services(rule, &sentence);
	if (rule->despite_credit)
		sentence_add(&sentence, ", credit or not");
	if (rule->action >= ACTION_LIMIT && rule->at_most_ns > rule->for_ns)
		sentence_add_duration(&sentence, ", twice as long each time, at most ", rule->at_most_ns);
	if (rule->unless_success_ns)
		sentence_add_duration(&sentence, ", unless a success in the last ", rule->unless_success_ns);
	if (rule->shadow)
		sentence_add(&sentence, ", in shadow");
	return buffer;
}
