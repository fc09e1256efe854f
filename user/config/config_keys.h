/* SPDX-License-Identifier: BSD-2-Clause */
/* Every setting there is, with its limits and what it is when nobody says: the one table that reading, printing,
 * checking and the test of the manual go by. */
#ifndef GATEPOST_CONFIG_KEYS_H
#define GATEPOST_CONFIG_KEYS_H

#include "user/config/config_syntax.h"
#include "user/config/config_value.h"
#include "user/core/settings.h"

/* Settings in the making, and what is only needed until they are made. */
struct config_draft {
	struct settings settings;
	char rules_file[SETTINGS_PATH_BYTES]; /* "": none */
	char allow_file[SETTINGS_PATH_BYTES];
};

extern const struct config_key config_keys[]; /* of struct config_draft; sections stand together; ends with key NULL */
extern const struct config_key config_rule_keys[]; /* of struct rule */
extern const struct config_key config_interface_keys[]; /* of struct interface_settings */

/* All that may appear in gatepost.conf, or only rules. The caller frees *ret_grammar. */
int config_grammar_new(bool rules_only, struct config_grammar **ret_grammar, size_t *ret_rows);

/* Every field of `draft` or of a rule as its fallback says; what has none is left alone. */
void config_fall_back(const struct config_key *keys, void *base);
/* The value of one item. -EINVAL with a fault that says what was expected and what was got. */
int config_set(const struct config_key *keys, void *base, const char *name, const struct config_item *item,
	       struct fault *fault);

#endif
