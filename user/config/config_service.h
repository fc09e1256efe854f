/* SPDX-License-Identifier: BSD-2-Clause */
/* Where gatepost stands and what it protects: the sections `interface` and `service`. */
#ifndef GATEPOST_CONFIG_SERVICE_H
#define GATEPOST_CONFIG_SERVICE_H

#include <stdio.h>

#include "user/config/config_syntax.h"
#include "user/core/settings.h"

/* The items from `first`, where the section begins, up to `end`. */
int config_interface_read(struct settings *settings, const char *name, const struct config_items *items, size_t first,
			  size_t end, struct fault *fault);
int config_service_read(struct settings *settings, const char *name, const struct config_items *items, size_t first,
			size_t end, struct fault *fault);
/* The six services on their usual ports, on every address: when no service is configured. */
void config_services_fall_back(struct settings *settings);
void config_services_print(const struct settings *settings, FILE *file);

#endif
