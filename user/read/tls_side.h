/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of tls.h: what tls.c and tls_end.c know of a connection. */
#ifndef GATEPOST_TLS_SIDE_H
#define GATEPOST_TLS_SIDE_H

#include "user/read/gather.h"
#include "user/read/tls.h"
#include "user/read/tls_walk.h"

/* Records of the client that may be its Finished in disguise: padded, or split. A certificate takes two. */
#define DOUBTFUL_MAX 4

struct side {
	struct tls *tls;
	struct walk walk;
	struct gather gather;
	uint8_t direction; /* enum gp_direction */
	uint8_t type; /* of the record under way */
	bool ccs; /* ChangeCipherSpec seen */
	bool finished; /* its handshake is over */
	bool spoke; /* a record was reported */
	bool hello; /* its messages can be read: no key is in use, nothing got lost */
};

struct doubtful {
	uint64_t time_ns;
	uint16_t wire_bytes;
};

struct tls {
	struct tls_listener listener;
	uint64_t time_ns; /* of the packet that is being read */
	struct side in, out;
	struct doubtful doubtful[DOUBTFUL_MAX];
	struct tls_overhead overhead;
	uint16_t version, cipher; /* 0: not known yet */
	uint16_t doubtful_bytes; /* plaintext of all of them */
	uint8_t doubtfuls;
	uint8_t state; /* enum tls_state */
	bool resumed;
};
_Static_assert(sizeof(struct tls) <= 256, "tls.h promises it");

void side_hello_end(struct side *side); /* nothing of it can be read from here on */
/* One more record of this side: is it of the handshake, its end, or to be reported? */
void side_record(struct side *side, uint8_t type, uint16_t body_bytes);
void side_finish(struct side *side);

#endif
