/* SPDX-License-Identifier: BSD-2-Clause */
/* The units of time that people write. The functions are declared in rules.h, with the rules that need them. */
#ifndef GATEPOST_DURATION_H
#define GATEPOST_DURATION_H

#define NS_PER_MS 1000000ULL
#define NS_PER_S (1000 * NS_PER_MS)
#define NS_PER_MINUTE (60 * NS_PER_S)
#define NS_PER_HOUR (60 * NS_PER_MINUTE)
#define NS_PER_DAY (24 * NS_PER_HOUR)

#define DURATION_TEXT_BYTES 48 /* any duration_text, with its end */

#endif
