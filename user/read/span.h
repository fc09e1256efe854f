/* SPDX-License-Identifier: BSD-2-Clause */
/* A range of somebody else's bytes: no end marker, NULs allowed, never longer-lived than what it points into. */
#ifndef GATEPOST_SPAN_H
#define GATEPOST_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const uint8_t *bytes;
	size_t length;
};

struct span span_of(const void *bytes, size_t length);
struct span span_from(struct span span, size_t offset); /* without its first bytes; empty beyond the end */
struct span span_token(struct span *rest); /* the next word; `rest` goes on after the blanks behind it */

/* All of these fold ASCII case; `text` is a C string. */
bool span_is(struct span span, const char *text);
bool span_begins(struct span span, const char *text);
bool span_contains(struct span span, const char *text);

size_t span_find(struct span span, uint8_t byte); /* its offset, or the length */
/* Decimal digits only, at least one; values above `max` become `max`. -EINVAL */
int span_number(struct span span, uint64_t max, uint64_t *ret_number);

#endif
