/* SPDX-License-Identifier: BSD-2-Clause */
/* Unsigned numbers in texts, strictly: no sign, no space, no leading zero, nothing rounded away. The functions that
 * read move *text behind what they took. */
#ifndef GATEPOST_CONFIG_DIGITS_H
#define GATEPOST_CONFIG_DIGITS_H

#include <stdint.h>

#include "user/core/sentence.h"

int digits_whole(const char **text, uint64_t *ret_whole); /* -EINVAL, -ERANGE */
/* With up to `decimals` decimals, in units of the last of them: "0.5" with 3 is 500. */
int digits_decimal(const char **text, unsigned int decimals, uint64_t *ret_scaled);
void digits_print(uint64_t scaled, unsigned int decimals, struct sentence *sentence);

#endif
