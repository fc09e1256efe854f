/* SPDX-License-Identifier: BSD-2-Clause */
/* A rule as a section: rule "imap-stuffing" { count = failures  threshold = 20  window = 10m ... } */
#ifndef GATEPOST_CONFIG_RULE_H
#define GATEPOST_CONFIG_RULE_H

#include <stdio.h>

#include "user/config/config_syntax.h"
#include "user/core/settings.h"

/* The items from `first`, where the section begins, up to `end`. -EINVAL with file, line and what was expected. */
int config_rule_read(struct ruleset *rules, const char *name, const struct config_items *items, size_t first,
		     size_t end, struct fault *fault);
void config_rule_print(const struct rule *rule, FILE *file);

#endif
