/* SPDX-License-Identifier: BSD-2-Clause */
/* How names and passwords become numbers: the core is given this function and never keeps the bytes. */
#ifndef GATEPOST_DIGEST_H
#define GATEPOST_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* Keyed, not invertible without the key, never 0 (0 means "not seen"). adapters/secret.c has the real one. */
struct digest {
	uint64_t (*hash)(const void *key, const void *bytes, size_t length);
	const void *key;
};

#endif
