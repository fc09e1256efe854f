/* SPDX-License-Identifier: BSD-2-Clause */
/* JA4, the fingerprint of a TLS client (FoxIO, technical_details/JA4.md; this one of the family is BSD-3-Clause): what
 * it offers, sorted, so that clients which shuffle their extensions keep one name. */
#ifndef GATEPOST_JA4_H
#define GATEPOST_JA4_H

#include <stddef.h>
#include <stdint.h>

#define JA4_TEXT_BYTES 37

/* Of a ClientHello with its four bytes of header; "" when it cannot be read. */
void ja4_of_hello(const uint8_t *message, size_t length, char ret_ja4[JA4_TEXT_BYTES]);

#endif
