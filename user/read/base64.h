/* SPDX-License-Identifier: BSD-2-Clause */
/* Base64 as SASL sends it (RFC 4648, 4): one line, padded. */
#ifndef GATEPOST_BASE64_H
#define GATEPOST_BASE64_H

#include "user/read/span.h"

/* Decode into `buffer` of at least 3/4 of the text. Missing padding is forgiven, as servers do. -EINVAL */
int base64_decode(struct span text, uint8_t *buffer, size_t *ret_length);
bool base64_is_valid(struct span text);

#endif
