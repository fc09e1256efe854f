/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/research/sweep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORM "RULE.threshold=FROM..TO[:STEP] or RULE.window=FROM..TO[:STEP]"

/* ---- the expression --------------------------------------------------------------------------------------------- */

static bool number(const char *text, uint64_t *ret_number)
{
	const size_t length = strlen(text);

	if (!length || length > 9 || strspn(text, "0123456789") != length)
		return false;
	*ret_number = strtoul(text, NULL, 10);
	return true;
}

static int value(const struct sweep *sweep, const char *text, uint64_t *ret_value, struct fault *fault)
{
	if (sweep->window ? !duration_parse(text, ret_value) && *ret_value : number(text, ret_value) && *ret_value)
		return 0;
	return fault_set(fault, EINVAL, "--sweep: '%.40s' is not %s", text,
			 sweep->window ? "a time with its unit, such as 10m" : "a number from 1 on");
}

/* "FROM..TO[:STEP]"; it is taken apart in place. */
static int range(struct sweep *sweep, char *text, struct fault *fault)
{
	char *to = strstr(text, ".."), *step;
	int error;

	if (!to)
		return fault_set(fault, EINVAL, "--sweep wants %s: '..' is missing", FORM);
	*to = '\0';
	to += 2;
	step = strchr(to, ':');
	if (step)
		*step++ = '\0';
	error = value(sweep, text, &sweep->from, fault);
	if (!error)
		error = value(sweep, to, &sweep->to, fault);
	sweep->step = sweep->window ? sweep->from : 1;
	if (!error && step)
		error = value(sweep, step, &sweep->step, fault);
	if (error)
		return error;
	if (sweep->from > sweep->to)
		return fault_set(fault, EINVAL, "--sweep: '%.40s' is more than '%.40s'", text, to);
	if (sweep_points(sweep) > SWEEP_POINTS_MAX)
		return fault_set(fault, EINVAL, "--sweep: that makes %zu values, at most %d are tried",
				 sweep_points(sweep), SWEEP_POINTS_MAX);
	return 0;
}

/* "RULE.FIELD"; there may be dots in the name of a rule. */
static int what(struct sweep *sweep, char *text, struct fault *fault)
{
	char *field = strrchr(text, '.');

	if (!field || field == text || (size_t)(field - text) >= sizeof(sweep->rule))
		return fault_set(fault, EINVAL, "--sweep wants %s: the name of a rule is missing", FORM);
	*field++ = '\0';
	snprintf(sweep->rule, sizeof(sweep->rule), "%s", text);
	sweep->window = !strcmp(field, "window");
	if (!sweep->window && strcmp(field, "threshold"))
		return fault_set(fault, EINVAL, "--sweep: a rule's 'threshold' or 'window' can be tried, not '%.40s'",
				 field);
	return 0;
}

int sweep_parse(const char *text, struct sweep *ret_sweep, struct fault *fault)
{
	struct sweep sweep = {0};
	char copy[256], *equals;
	int error;

	if (strlen(text) >= sizeof(copy))
		return fault_set(fault, EINVAL, "--sweep wants %s: this is too long", FORM);
	strcpy(copy, text);
	equals = strchr(copy, '=');
	if (!equals)
		return fault_set(fault, EINVAL, "--sweep wants %s: '=' is missing", FORM);
	*equals++ = '\0';
	error = what(&sweep, copy, fault);
	if (!error)
		error = range(&sweep, equals, fault);
	if (!error)
		*ret_sweep = sweep;
	return error;
}

size_t sweep_points(const struct sweep *sweep)
{
	return (size_t)((sweep->to - sweep->from) / sweep->step) + 1;
}

const char *sweep_value_text(const struct sweep *sweep, uint64_t at, char *buffer, size_t size)
{
	if (sweep->window)
		return duration_text(at, buffer, size);
	snprintf(buffer, size, "%llu", (unsigned long long)at);
	return buffer;
}

static uint64_t value_at(const struct sweep *sweep, size_t point)
{
	return sweep->from + point * sweep->step;
}

static void rule_set(const struct sweep *sweep, struct rule *rule, uint64_t at)
{
	rule->shadow = false;
	if (sweep->window)
		rule->window_ns = at;
	else
		rule->threshold = (uint32_t)at;
}

/* Is there a value that is not refused? `fault` says why the first one is. */
static int any_allowed(const struct sweep *sweep, const struct rule *rule, struct fault *fault)
{
	struct fault why = {0};
	int error = -EINVAL;

	for (size_t i = 0; error && i < sweep_points(sweep); i++) {
		struct rule varied = *rule;

		rule_set(sweep, &varied, value_at(sweep, i));
		error = rule_check(&varied, i ? NULL : &why);
	}
	return error ? fault_set(fault, EINVAL, "--sweep: %s", why.text) : 0;
}

int sweep_find(const struct sweep *sweep, const struct ruleset *rules, uint32_t *ret_index, struct fault *fault)
{
	uint32_t i = 0;

	while (i < rules->count && strcmp(rules->rule[i].name, sweep->rule))
		i++;
	if (i == rules->count)
		return fault_set(fault, ENOENT, "--sweep: there is no rule '%s'", sweep->rule);
	if (rules->rule[i].action < ACTION_LIMIT)
		return fault_set(fault, EINVAL, "--sweep: rule '%s' stops nobody, its action is %s", sweep->rule,
				 action_text(rules->rule[i].action));
	if (any_allowed(sweep, &rules->rule[i], fault))
		return -EINVAL;
	*ret_index = i;
	return 0;
}

/* ---- trials ----------------------------------------------------------------------------------------------------- */

static int weigh(struct sweep_point *point, const struct sweep *sweep, const struct trial *trial)
{
	int error = toll_sum(&trial->toll, true, TRUTH_NONE, &point->attack);

	if (!error)
		error = toll_sum(&trial->toll, false, TRUTH_NONE, &point->benign);
	for (size_t i = 0; i < trial->rulings; i++) {
		const struct ruling *ruling = &trial->ruling[i];

		if (!ruling->in_force)
			continue;
		point->limits += ruling->action == ACTION_LIMIT;
		point->rule_bans += ruling->action == ACTION_BAN && !strcmp(ruling->rule, sweep->rule);
	}
	point->prevented = trial->prevented;
	point->attempts = trial->attempts;
	return error;
}

static int point_run(const struct sweep *sweep, const struct trial_options *options, struct sweep_point *point,
		     struct fault *fault)
{
	struct trial trial;
	int error = trial_run(&trial, options, fault);

	if (error == -EINVAL) { /* a rule cannot be so: the others may */
		snprintf(point->refused, sizeof(point->refused), "%.159s", fault->text);
		return 0;
	}
	if (error)
		return error;
	error = weigh(point, sweep, &trial);
	trial_free(&trial);
	return error ? fault_set(fault, ENOMEM, "no memory for the sweep") : 0;
}

int sweep_run(const struct sweep *sweep, const struct trial_options *trial, struct sweep_point *points,
	      struct fault *fault)
{
	struct ruleset rules = *trial->rules;
	struct trial_options options = *trial;
	uint32_t index = 0;
	int error = sweep_find(sweep, &rules, &index, fault);

	options.rules = &rules;
	for (size_t i = 0; !error && i < sweep_points(sweep); i++) {
		points[i] = (struct sweep_point){.value = value_at(sweep, i)};
		rule_set(sweep, &rules.rule[index], points[i].value);
		error = point_run(sweep, &options, &points[i], fault);
	}
	return error;
}
