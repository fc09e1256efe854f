/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 of what comes bit by bit, in the digits that sha256sum prints (libcrypto, which has the processor do it). */
#ifndef GATEPOST_SUM_H
#define GATEPOST_SUM_H

#include <stddef.h>

#define SUM_TEXT_BYTES 65 /* with its end */

struct sum;

int sum_new(struct sum **ret_sum); /* -ENOMEM */
void sum_free(struct sum *sum);
void sum_add(struct sum *sum, const void *bytes, size_t size);
/* Of all that was added; nothing may be added after it. Returns `text`. */
const char *sum_text(struct sum *sum, char text[SUM_TEXT_BYTES]);

#endif
