/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes on inside the TLS of one connection: its records, the turns of the dialogue in them, and what is known of
 * the server. */
#ifndef GATEPOST_INSIDE_H
#define GATEPOST_INSIDE_H

#include "user/core/digest.h"
#include "user/read/login.h"
#include "user/read/tls.h"
#include "user/shape/servers.h"

struct inside;

enum inside_state {
	INSIDE_HELLO, /* handshake under way */
	INSIDE_TALKING, /* both ends have sent protected records */
	INSIDE_DONE, /* logged in */
	INSIDE_LOST, /* not TLS, or no reading of it */
};

struct inside_options {
	const struct ends *ends;
	bool starttls;
	uint16_t greeting_bytes; /* what was read in clear before STARTTLS; 0: not seen */
	struct digest digest;
	struct servers *servers; /* must outlive it; NULL: outcomes are not read */
	void *context;
	login_attempt_fn attempt; /* as from login.h: outcome, basis, confidence and credential are filled in */
	tls_hello_fn hello; /* may be NULL */
};

int inside_new(struct inside **ret_inside, const struct inside_options *options); /* -ENOMEM */
void inside_free(struct inside *inside); /* NULL is fine */
/* Reads what the streams have. `sample` is the packet that was delivered to them last. */
enum inside_state inside_read(struct inside *inside, struct stream *in, struct stream *out,
			      const struct gp_sample *sample);
/* The connection is over: what was not answered is reported as unknown. */
void inside_end(struct inside *inside);
bool inside_seems_logged_in(const struct inside *inside); /* see shape_seems_in */
bool inside_server_spoke(const struct inside *inside);

#endif
