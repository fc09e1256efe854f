/* SPDX-License-Identifier: BSD-2-Clause */
/* Every setting of a scenario, with its limits and what it is when nobody says. */
#ifndef GATEPOST_SYNTH_SCENARIO_KEYS_H
#define GATEPOST_SYNTH_SCENARIO_KEYS_H

#include "user/config/config_syntax.h"
#include "user/config/config_value.h"

extern const struct config_key scenario_keys[]; /* of struct scenario; ends with key NULL */
extern const struct config_key scenario_server_keys[]; /* of struct scenario_server */
extern const struct config_key scenario_population_keys[]; /* of struct scenario_actor */
extern const struct config_key scenario_attack_keys[]; /* the same */

/* All that may appear. The caller frees *ret_grammar. -ENOMEM */
int scenario_grammar_new(struct config_grammar **ret_grammar, size_t *ret_rows);

extern const char *const scenario_softwares[]; /* in the order of enum synth_software; ends with NULL */

#endif
