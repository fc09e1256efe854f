/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of shape: only shape.c, shape_report.c and shape_learn.c include this. */
#ifndef GATEPOST_SHAPE_STATE_H
#define GATEPOST_SHAPE_STATE_H

#include "user/shape/dialect.h"
#include "user/shape/shape.h"
#include "user/shape/turn.h"

#define LESSONS_MAX 12

struct remembered { /* an exchange, as far as it is learned from */
	uint16_t out_bytes; /* 0: not exactly known */
	uint16_t delay_ms;
	bool timed;
};

struct lesson {
	uint16_t bytes;
	uint8_t reply; /* enum reply */
};

struct shape {
	struct shape_options options;
	dialect_fn dialect;
	struct turn turn;
	struct beam before; /* the turn that is under way */
	struct beam now; /* with what is known of it */
	struct beam split; /* ... up to where the server's second answer in this turn may have begun */
	uint32_t split_bytes; /* of the server since then */
	uint64_t out_ns; /* of the server's last record */
	struct remembered remembered[TRACE_LENGTH];
	struct lesson lesson[LESSONS_MAX]; /* what was learned from this connection: each once */
	uint8_t lessons;
	uint32_t ack; /* of the client's last packet */
	uint32_t turns;
	uint8_t said[PENDING_MAX]; /* outcomes reported in this turn */
	uint8_t saids;
	bool ack_seen, spoken;
	bool closed; /* by the client: from here on it may acknowledge the server's own goodbye */
	bool asked; /* options.answer was: once a connection */
	bool hung_up; /* the client said goodbye to TLS */
	bool shown_out; /* the server did, right after an answer, and has said nothing since */
	enum shape_state state;
};
_Static_assert(sizeof(struct shape) <= 2048, "shape.h promises it");

/* What the readings of the turn under way agree on is said; once a turn is closed, no more can be added to it. */
void shape_report(struct shape *shape);
/* The connection is over: what they do not agree on is unknown. */
void shape_report_rest(struct shape *shape, bool hung_up);

/* Keep of the turn under way what may be learned from it later, when what followed has shown what it was. */
void shape_remember(struct shape *shape, const struct exchange *exchange);
void shape_turn_done(struct shape *shape); /* nothing more will be remembered of it */
void shape_learn(struct shape *shape); /* all that is clear now; each thing once a connection */
void shape_learn_length(const struct shape *shape, enum reply reply, uint32_t bytes);

#endif
