/* SPDX-License-Identifier: BSD-2-Clause */
/* The record boundaries of one direction: five bytes of header, then as many of body as it says. Knows nothing of
 * handshakes or keys.
 *
 * A hole inside a body is harmless. One that may have swallowed a header sets the walk adrift: nothing in a protected
 * body tells where it ends, but TCP segments often begin where records do, so every segment's first bytes are tried. */
#ifndef GATEPOST_TLS_WALK_H
#define GATEPOST_TLS_WALK_H

#include "user/read/stream.h"

#define RECORD_HEADER_BYTES 5

enum record_type { /* RFC 8446, B.1 */
		   RECORD_CCS = 20,
		   RECORD_ALERT,
		   RECORD_HANDSHAKE,
		   RECORD_APPLICATION,
		   RECORD_HEARTBEAT,
};

struct walk {
	uint32_t skipped_bytes; /* right before the present record: not seen; its reader sets it to 0 */
	uint16_t body_left; /* of the record under way */
	uint16_t records; /* saturates */
	uint8_t minor; /* version of the last header, 3.minor */
	uint8_t empty; /* records in a row without a body */
	uint8_t tries; /* segments that did not begin with a header */
	bool torn; /* a hole has swallowed a header, or may have */
	bool adrift; /* looking for a header */
	bool lost; /* for good; or this is not TLS */
};

struct walk_reader {
	void *context;
	void (*header)(void *context, uint8_t type, uint16_t body_bytes);
	void (*body)(void *context, const uint8_t *bytes, size_t length); /* bytes NULL: they got lost */
};

/* Reads all that is there; of a lost direction too, so that its stream does not fill up. */
void walk_read(struct walk *walk, struct stream *stream, const struct walk_reader *reader);

#endif
