/* SPDX-License-Identifier: BSD-2-Clause */
/* A TCP connection as the user half follows it: from its first sample to its end, through clear text, STARTTLS and
 * TLS, to the attempts made on it. */
#ifndef GATEPOST_FLOW_H
#define GATEPOST_FLOW_H

#include "user/core/attempt.h"
#include "user/read/login.h"
#include "user/read/stream.h"
#include "user/shape/inside.h"

#define FLOW_OUTCOMES_MAX 64 /* letters kept for the report; attempts beyond are counted all the same */

enum flow_closed {
	FLOW_OPEN,
	FLOW_FIN,
	FLOW_RST,
	FLOW_TIMEOUT, /* silent for too long, or pushed out by newer ones */
	FLOW_EOF, /* the capture ended first */
};
const char *flow_closed_text(enum flow_closed closed);

enum flow_want {
	FLOW_WANT_MORE, /* keep the samples coming */
	FLOW_WANT_END, /* seen enough: only its end matters now */
};

struct flow_options {
	struct digest digest;
	struct servers *servers; /* NULL: outcomes inside TLS are not read */
	void *context;
	login_attempt_fn attempt;
	tls_hello_fn hello; /* may be NULL */
};

struct flow {
	const struct flow_options *options;
	struct ends ends;
	uint64_t source;
	uint32_t slot; /* of the kernel's flow table */
	uint32_t server_isn; /* 0: met halfway */
	uint64_t first_ns, last_ns;
	uint64_t asked_ns; /* when the client last said something, before the sample that is being read */
	enum transport transport;
	bool proven; /* the client is real (E2) */
	bool established_tls; /* the handshake was finished */
	bool logged_in;
	bool half_closed; /* one end has said all that it will say, the other has not */
	uint8_t fins; /* bit 1 << enum gp_direction: who */
	bool reset_heard; /* by a packet that anybody could have sent */
	enum flow_want want;
	enum flow_closed closed;
	uint32_t packets_in, packets_out;
	unsigned int attempts;
	char outcomes[FLOW_OUTCOMES_MAX + 1]; /* outcome_letter of each, in order */
	struct stream *in, *out;
	struct login *login; /* NULL on implicit TLS, and once over; waits while there is `inside` */
	struct inside *inside; /* NULL in clear text */
};

/* Start from its first sample; `flow` is zeroed memory, `options` outlive it. -ENOMEM leaves it closed and harmless. */
int flow_open(struct flow *flow, const struct gp_sample *sample, const struct flow_options *options);
/* Read one sample. options->attempt is called, before this returns, for each attempt whose outcome it decided; time_ns,
 * asked_ns, ends, source and n are filled in. Returns true when STARTTLS was agreed on in this sample. */
bool flow_packet(struct flow *flow, const struct gp_sample *sample, const uint8_t *payload);
/* Does a login wait for nothing but its answer? What is known of the attempt is filled in. */
bool flow_awaits(const struct flow *flow, struct attempt *ret_attempt);
/* Its last attempt was never answered, and is taken for a failure. */
void flow_presume(struct flow *flow);
/* Seen enough of: its readers are let go of. A mail client stays connected for days. */
void flow_release(struct flow *flow);
/* A FIN of either end will do: servers hang up on whoever has hung up. */
bool flow_is_open(const struct flow *flow);
/* For a login, as far as can be seen. What cannot be read waits for nothing. */
bool flow_is_waiting(const struct flow *flow);
/* Over: open attempts are reported as unknown; what was read is wiped and freed. */
void flow_close(struct flow *flow, enum flow_closed closed);

#endif
