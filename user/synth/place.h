/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the sources of an actor are: source 0, 1, 2, ... scattered over its prefix, no two at the same address. */
#ifndef GATEPOST_SYNTH_PLACE_H
#define GATEPOST_SYNTH_PLACE_H

#include "user/synth/scenario.h"

/* How many sources of each_bits there is room for in the actor's prefix; at most 2^32. */
uint64_t place_room(const struct scenario_actor *actor);
/* An address of that source: its prefix, then `host` in the bits that are its own (IPv6). */
struct addr place_of(const struct scenario_actor *actor, uint64_t source, uint64_t host);

#endif
