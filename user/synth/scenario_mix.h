/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of what one of several is, with weights: services = {"imaps 70", "imap starttls 10"}, programs = {"hydra 1"}.
 */
#ifndef GATEPOST_SYNTH_SCENARIO_MIX_H
#define GATEPOST_SYNTH_SCENARIO_MIX_H

#include "user/config/config_syntax.h"
#include "user/synth/scenario.h"

/* Adds one item of the list. -EINVAL with what was expected. */
int scenario_mix_read(struct scenario_actor *actor, const char *name, const struct config_item *item,
		      struct fault *fault);
/* Where a scenario does not say: IMAP and submission through TLS, by Thunderbird and by hydra. */
void scenario_mix_fall_back(struct scenario_actor *actor);

#endif
