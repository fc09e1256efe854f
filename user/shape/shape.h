/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads login attempts and their outcomes out of the lengths of TLS records, without keys.
 *
 * A server answers a failed and a good login with replies of different, nearly constant lengths. Each turn of the
 * dialogue is read in every way that the protocol allows (dialect_*.c), each way at a cost: how unusual it is for a
 * client to say this here, for this server to answer so much, and after this time. An attempt is reported as soon as
 * the readings that are still in the running agree on it; what they cannot agree on is unknown. A success is believed
 * when something follows that only who is logged in would do, or when the connection ends without anything against it:
 * a reply alone would let an attacker with long tags talk himself into one. */
#ifndef GATEPOST_SHAPE_H
#define GATEPOST_SHAPE_H

#include "user/core/attempt.h"
#include "user/read/tls.h"
#include "user/shape/likely.h"

struct shape_verdict {
	enum outcome outcome;
	double confidence; /* 0..1 */
	uint16_t request_bytes; /* of what was handed over: the same wrong password has the same; 0: not known */
};

/* Something that the server said, once it is clear what it was. */
struct shape_reply {
	enum reply reply;
	uint16_t bytes; /* without the tag */
	uint32_t delay_ms;
	bool timed;
};

/* The last word to an attempt, of which it is not clear whether it was yes or no. */
struct shape_answer {
	uint16_t bytes; /* without the tag */
	bool followed; /* by something that only who is logged in would say */
};

struct shape_options {
	enum gp_service service;
	bool starttls; /* the greeting was in clear: none comes */
	struct knowledge knowledge; /* must outlive the shape */
	void *context;
	void (*verdict)(void *context, const struct shape_verdict *verdict); /* in order */
	void (*reply)(void *context, const struct shape_reply *reply); /* NULL: nobody learns */
	void (*answer)(void *context, const struct shape_answer *answer); /* NULL likewise */
};

enum shape_state {
	SHAPE_TALKING,
	SHAPE_DONE, /* logged in beyond doubt: nothing more to read */
	SHAPE_LOST, /* nothing that the protocol allows: given up, unknown */
};

struct shape; /* at most 2 KiB a flow */

int shape_new(struct shape **ret_shape, const struct shape_options *options); /* -ENOMEM, -EINVAL */
void shape_free(struct shape *shape); /* NULL is fine */

/* From here on the server is known differently. */
void shape_knows(struct shape *shape, struct knowledge knowledge);
/* The next record of either direction, those of one direction in order. `tls` tells version and overhead. */
enum shape_state shape_record(struct shape *shape, const struct tls *tls, const struct tls_record *record);
/* One way only: the client acknowledged so many bytes of the server's (any base, modulo 2^32). Call it for each packet
 * of the client, before its records. */
void shape_acknowledged(struct shape *shape, const struct tls *tls, uint64_t time_ns, uint32_t ack, bool fin);
/* The client says no more. The answer to its last words may still come, but what was said before can be learned. */
void shape_client_done(struct shape *shape);
/* Has somebody logged in by now, more likely than not? Long before it is beyond doubt. */
bool shape_seems_in(const struct shape *shape);
/* The connection is over: what was not answered is unknown. */
void shape_end(struct shape *shape, const struct tls *tls);

#endif
