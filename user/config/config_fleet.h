/* SPDX-License-Identifier: BSD-2-Clause */
/* The fleet in the configuration: addresses, the list of sentinels, and the sections `peer`. */
#ifndef GATEPOST_CONFIG_FLEET_H
#define GATEPOST_CONFIG_FLEET_H

#include <stdio.h>

#include "user/config/config_syntax.h"
#include "user/config/config_value.h"
#include "user/core/settings.h"

extern const struct config_kind config_fleet_address; /* struct fleet_address */

int config_sentinel_read(struct fleet_settings *fleet, const char *name, const struct config_item *item,
			 struct fault *fault);
/* The items from `first`, where the section begins, up to `end`. */
int config_peer_read(struct fleet_settings *fleet, const char *name, const struct config_items *items, size_t first,
		     size_t end, struct fault *fault);
/* What must hold between them, when anything is shared at all. */
int config_fleet_check(const struct fleet_settings *fleet, const char *name, struct fault *fault);
void config_sentinels_print(const struct fleet_settings *fleet, FILE *file);
void config_peers_print(const struct fleet_settings *fleet, FILE *file);

#endif
