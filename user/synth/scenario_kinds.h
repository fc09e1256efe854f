/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds of values that only scenarios have: how often, how many on average, where, at which hours. */
#ifndef GATEPOST_SYNTH_SCENARIO_KINDS_H
#define GATEPOST_SYNTH_SCENARIO_KINDS_H

#include "user/config/config_value.h"

extern const struct config_kind scenario_frequency; /* uint64_t in thousandths a day: "6/d" "20/s"; 0 is written "no" */
extern const struct config_kind scenario_average; /* uint32_t in thousandths: "1.18"; 0 is written "no" */
extern const struct config_kind scenario_prefix; /* struct scenario_place */
extern const struct config_kind scenario_length; /* uint8_t: "/64" */
extern const struct config_kind scenario_hours; /* uint16_t [SCENARIO_HOURS] */
extern const struct config_kind scenario_address; /* struct addr of the family that `most` says: 4 or 6; "" is none */

#endif
