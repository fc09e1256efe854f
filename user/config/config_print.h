/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings written back in the syntax of the file. config_print itself is declared in config.h. */
#ifndef GATEPOST_CONFIG_PRINT_H
#define GATEPOST_CONFIG_PRINT_H

#include <stdio.h>

#include "user/config/config_value.h"

/* The keys of one section, a line each. */
void config_print_keys(const struct config_key *keys, const char *section, const void *base, const char *indent,
		       FILE *file);
/* In quotes where the syntax wants them. */
void config_print_text(const char *text, FILE *file);

#endif
