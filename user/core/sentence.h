/* SPDX-License-Identifier: BSD-2-Clause */
/* A sentence put together in a buffer of the caller: what does not fit is cut, never written past the end. */
#ifndef GATEPOST_SENTENCE_H
#define GATEPOST_SENTENCE_H

#include <stddef.h>
#include <stdint.h>

struct sentence {
	char *text;
	size_t size, length; /* length < size */
};

struct sentence sentence_start(char *buffer, size_t size);
void sentence_add(struct sentence *sentence, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sentence_add_duration(struct sentence *sentence, const char *before, uint64_t ns); /* "before" and "1h30m" */

#endif
