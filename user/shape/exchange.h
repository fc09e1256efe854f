/* SPDX-License-Identifier: BSD-2-Clause */
/* What was said in one turn of a dialogue, as far as an onlooker can measure it: how much the client said, how much the
 * server answered, and how long it took. Every length is one of a few candidates, each of them a range: a cipher may
 * hide the last bits (CBC), padding all of them, and who sees one direction only does not know in how many records the
 * other end spoke. */
#ifndef GATEPOST_EXCHANGE_H
#define GATEPOST_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#define LENGTH_CANDIDATES 6

struct length_range {
	uint32_t least, most; /* bytes of plaintext, both included */
	float cost; /* -log of how probable it is to be this one */
};

struct length {
	struct length_range range[LENGTH_CANDIDATES];
	uint8_t count; /* 0: nothing at all was said */
};

struct exchange {
	struct length in, out;
	uint32_t asked_bytes; /* all that the client may have an answer to in this turn */
	uint32_t delay_ms; /* from the client's last record to the server's first */
	uint16_t records_in, records_out; /* records_out 0: unknown */
	bool timed; /* delay_ms is the server's own: both directions were seen */
	bool first; /* of the connection, inside TLS */
	bool hung_up; /* the client said goodbye in the same breath */
	bool tls13; /* ... which may speak for itself (a KeyUpdate), and nobody sees that it does */
	bool hidden; /* the server pads: its answers cannot be told apart */
	bool more; /* the server speaks again, unasked: an answer to what was said at once with something else */
};

#endif
