/* SPDX-License-Identifier: BSD-2-Clause */
/* Internal to gatepost check. */
#ifndef GATEPOST_CHECK_PLACE_H
#define GATEPOST_CHECK_PLACE_H

#include <stdbool.h>

#include "user/core/settings.h"

/* Prints what the machine and the interfaces of the configuration are like, and returns the exit code: EXIT_NOT_FOUND
 * where something would keep gatepost from running as configured, EXIT_DENIED where that cannot even be asked. `try`:
 * attach something harmless to each interface and take it off again. */
int check_place(const struct settings *settings, bool try);

#endif
