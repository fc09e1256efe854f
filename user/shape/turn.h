/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts the records of a connection together to turns: what the client said until the server answered, and what the
 * server answered until the client spoke again. Takes out what is not of the dialogue: session tickets, the greeting,
 * alerts. Knows what lengths may mean where something hides them. */
#ifndef GATEPOST_TURN_H
#define GATEPOST_TURN_H

#include "user/read/tls.h"
#include "user/shape/likely.h"

#define TURN_RECORDS 4 /* of each direction that are kept one by one */

struct turn_side {
	uint32_t least_bytes, most_bytes, wire_bytes;
	uint32_t skipped_bytes; /* on the wire, in an unknown number of records */
	uint16_t records;
	struct {
		uint16_t least_bytes, most_bytes;
	} record[TURN_RECORDS];
};

struct turn {
	struct turn_side in, out;
	struct turn_side carried; /* said in an earlier turn, not answered then, as far as one can tell */
	uint64_t in_ns, out_ns; /* of the client's last and the server's first record */
	bool in_plain, out_plain; /* a record of this connection was not padded: none is */
	bool over; /* the client had closed: what it acknowledged may hold an alert and the end */
	bool alert_perhaps; /* the client's last record had two bytes: an alert of TLS 1.3, or CRLF */
};

void turn_add(struct turn *turn, const struct tls_record *record);
/* The next turn begins: nothing is said yet but what the server still owes an answer to. What the greeting was in is
 * forgotten whole. */
void turn_next(struct turn *turn);

/* What the server said was only acknowledged. If no number of padded records is as long, it does not pad, from here on.
 */
void turn_acknowledged(struct turn *turn, const struct tls *tls);

/* Padding hides everything (RFC 8446, 5.4): all records of a side are as long as a multiple of 64. */
bool is_padded(uint16_t plaintext_bytes);

/* Could these be two session tickets of one handshake? */
bool tickets_alike(uint16_t one_bytes, uint16_t other_bytes);

/* Does the client pad its records? Then its last one may be the alert that says goodbye. */
bool turn_is_padded(const struct turn *turn);

/* The exchange that a turn amounts to. `may_be_tickets`: the first records of the server's may be session tickets. */
void turn_exchange(const struct turn *turn, const struct knowledge *knowledge, const struct tls *tls,
		   bool may_be_tickets, struct exchange *ret);
/* Only the server's last record, and `before_bytes` right before it, as an answer to something else that the client
 * said in this turn. */
void turn_exchange_more(const struct turn *turn, const struct tls_record *record, uint32_t before_bytes,
			struct exchange *ret);

#endif
