/* SPDX-License-Identifier: BSD-2-Clause */
/* A stream that may be compressed, as a stream that is not: gzip (RFC 1952) and zstd (RFC 8878), told by the first
 * byte, so that a pipe will do. Memory is that of one window, whatever the stream claims to hold. */
#ifndef GATEPOST_UNPACK_H
#define GATEPOST_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One decoder of a compressed format. */
struct unpacker {
	const char *name;
	void *(*new)(void); /* NULL: no memory */
	void (*free)(void *state);
	/* Bytes of `in` to bytes of `out`; both lengths say how many there are before and how many were used after.
	 * NULL, or why nothing more can be read: static words. */
	const char *(*step)(void *state, const uint8_t *in, size_t *in_bytes, uint8_t *out, size_t *out_bytes,
			    bool *ret_ended); /* a member or frame ended; another may follow */
};

extern const struct unpacker unpack_gzip, unpack_zstd;

struct unpack;

/* `*stream` becomes the unpacked stream, and `*ret_unpack` goes when that is closed, which closes what it came from
 * unless it is standard input. A stream that is not compressed stays as it is, with a NULL `*ret_unpack`. -ENOMEM:
 * nothing changed. */
int unpack_open(FILE **stream, struct unpack **ret_unpack);
/* Why reading failed (ferror()), in words; NULL: it did not. `unpack` may be NULL. */
const char *unpack_wrong(const struct unpack *unpack);

#endif
