/* SPDX-License-Identifier: BSD-2-Clause */
/* One kind of handshake message, put together from the bodies of records: a message may be spread over several and a
 * record may hold several (RFC 8446, 5.1). Others are stepped
 * over, and noted. Takes memory only while such a message comes. */
#ifndef GATEPOST_GATHER_H
#define GATEPOST_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gather {
	uint8_t *message; /* NULL: none under way */
	uint32_t seen; /* a bit for each message type that began */
	uint32_t left; /* bytes of the present message still to come */
	uint16_t have; /* bytes in `message` */
	uint8_t wanted; /* message type */
	uint8_t header_have;
	uint8_t header[4];
};

/* Takes bytes off the front until a message of the wanted type is whole or there are no more; returns how many it took.
 * Whole: *ret_message is the caller's to free, else NULL. A message that is too long (hello.h) or for which there is no
 * memory is stepped over. */
size_t gather_add(struct gather *gather, const uint8_t *bytes, size_t length, uint8_t **ret_message,
		  size_t *ret_length);
/* Forget what is there: what follows cannot be put together. */
void gather_drop(struct gather *gather);

#endif
