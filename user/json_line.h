/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GATEPOST_JSON_LINE_H
#define GATEPOST_JSON_LINE_H

#include <jansson.h>
#include <stdio.h>

/* The object in one line, as json_dumpf with JSON_COMPACT | JSON_REAL_PRECISION(16) writes it; several times as fast
 * for what user/lines.h makes: flat, with plain words and with times of whole microseconds, which end there. What else
 * an object holds is left to jansson. Errors are those of `out` (ferror). */
void json_line(const json_t *object, FILE *out);

#endif
