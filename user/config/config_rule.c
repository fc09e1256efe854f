/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads a rule and hands it to rule_check; what must be said, what may be left out, and the two settings that fill
 * more than a field of their own: `per` and `services`. */
#include "user/config/config_rule.h"

#include <errno.h>
#include <string.h>

#include "user/config/config_keys.h"
#include "user/config/config_print.h"

static const char *const pers[] = {
	[PER_SOURCE] = "source",   [PER_JA3] = "ja3",         [PER_JA4] = "ja4",
	[PER_ACCOUNT] = "account", [PER_SERVICE] = "service",
};
static const char older_ja3[] = "fingerprint"; /* when there was one of them */
static const struct config_key per_lengths = {"rule", "per", &config_lengths, offsetof(struct rule, v4_bits),
					      .least = 0};
_Static_assert(offsetof(struct rule, v6_bits) == offsetof(struct rule, v4_bits) + 1,
	       "two prefix lengths stand together");

static int per_read(struct rule *rule, const char *name, const struct config_item *item, struct fault *fault)
{
	for (unsigned int per = 0; per < sizeof(pers) / sizeof(pers[0]); per++) {
		if (pers[per] && !strcmp(pers[per], item->value)) {
			rule->per = (enum per)per;
			return 0;
		}
	}
	if (!strcmp(older_ja3, item->value)) {
		rule->per = PER_JA3;
		return 0;
	}
	rule->per = PER_PREFIX;
	if (per_lengths.kind->parse(&per_lengths, item->value, &rule->v4_bits))
		return fault_set_at(fault, EINVAL, name, item->line,
				    "'per' wants source, ja3, ja4, account, service or two prefix lengths such as "
				    "/24,/48, got '%.64s'",
				    item->value);
	return 0;
}

static int service_read(struct rule *rule, const char *name, const struct config_item *item, struct fault *fault)
{
	enum gp_service service;

	if (!item->value)
		return 0; /* an empty list: all of them */
	if (service_parse(item->value, &service))
		return fault_set_at(fault, EINVAL, name, item->line,
				    "'services' wants imap, imaps, pop3, pop3s, submission or submissions, got '%.64s'",
				    item->value);
	rule->services |= 1u << service;
	return 0;
}

static int item_read(struct rule *rule, const char *name, const struct config_item *item, struct fault *fault)
{
	if (!strcmp(item->key, "per"))
		return per_read(rule, name, item, fault);
	if (!strcmp(item->key, "services"))
		return service_read(rule, name, item, fault);
	return config_set(config_rule_keys, rule, name, item, fault);
}

static bool is_there(const struct config_items *items, size_t first, size_t end, const char *key)
{
	for (size_t i = first + 1; i < end; i++)
		if (!strcmp(config_items_at(items, i)->key, key))
			return true;
	return false;
}

/* What has no sensible value of its own. An alert is silent about the same key for its window, unless told. */
static int complete(struct rule *rule, const char *name, const struct config_items *items, size_t first, size_t end,
		    struct fault *fault)
{
	static const char *const needed[] = {"count", "threshold", "window", "per", "action"};
	const struct config_item *begin = config_items_at(items, first);

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!is_there(items, first, end, needed[i]))
			return fault_set_at(fault, EINVAL, name, begin->line, "rule '%.47s' wants '%s'", begin->title,
					    needed[i]);
	if (!is_there(items, first, end, "for")) {
		if (rule->action >= ACTION_LIMIT)
			return fault_set_at(fault, EINVAL, name, begin->line,
					    "rule '%.47s' wants 'for': how long to %s", begin->title,
					    action_text(rule->action));
		rule->for_ns = rule->window_ns;
	}
	if (!is_there(items, first, end, "at_most"))
		rule->at_most_ns = rule->for_ns;
	return 0;
}

static int rule_read(struct rule *rule, const char *name, const struct config_items *items, size_t first, size_t end,
		     struct fault *fault)
{
	const struct config_item *begin = config_items_at(items, first);
	struct fault why = {0};
	int result = 0;

	config_fall_back(config_rule_keys, rule);
	strncpy(rule->name, begin->title, sizeof(rule->name) - 1);
	if (strlen(begin->title) >= sizeof(rule->name))
		return fault_set_at(fault, EINVAL, name, begin->line, "a rule's name wants at most %zu characters",
				    sizeof(rule->name) - 1);
	for (size_t i = first + 1; i < end && !result; i++)
		result = item_read(rule, name, config_items_at(items, i), fault);
	if (!result)
		result = complete(rule, name, items, first, end, fault);
	if (!result && rule_check(rule, &why))
		result = fault_set_at(fault, EINVAL, name, begin->line, "%s", why.text);
	return result;
}

int config_rule_read(struct ruleset *rules, const char *name, const struct config_items *items, size_t first,
		     size_t end, struct fault *fault)
{
	const struct config_item *begin = config_items_at(items, first);
	struct rule rule;
	int result;

	memset(&rule, 0, sizeof(rule));
	if (rules->count == RULES_MAX)
		return fault_set_at(fault, EINVAL, name, begin->line, "more than %d rules", RULES_MAX);
	for (uint32_t i = 0; i < rules->count; i++)
		if (!strcmp(rules->rule[i].name, begin->title))
			return fault_set_at(fault, EINVAL, name, begin->line, "rule '%.47s' is there twice",
					    begin->title);
	result = rule_read(&rule, name, items, first, end, fault);
	if (!result)
		rules->rule[rules->count++] = rule;
	return result;
}

void config_rule_print(const struct rule *rule, FILE *file)
{
	const char *before = "\tservices = {";

	fprintf(file, "\nrule \"%s\" {\n", rule->name);
	config_print_keys(config_rule_keys, "rule", rule, "\t", file);
	if (rule->per == PER_PREFIX)
		fprintf(file, "\tper = \"/%u,/%u\"\n", rule->v4_bits, rule->v6_bits);
	else
		fprintf(file, "\tper = %s\n", pers[rule->per]);
	for (unsigned int service = GP_SERVICE_NONE + 1; service < GP_SERVICE_MAX; service++) {
		if (!(rule->services & 1u << service))
			continue;
		fprintf(file, "%s%s", before, service_text((enum gp_service)service));
		before = ", ";
	}
	fprintf(file, rule->services ? "}\n}\n" : "}\n");
}
