/* SPDX-License-Identifier: BSD-2-Clause */
/* What protocol a flow really speaks, its JA3, SNI and TLS version: nDPI, and the only file that knows it.
 * nDPI confirms and names; it does not tell that a login failed, and what it misreads is known (docs/DESIGN.md):
 * which service a flow is for is decided by address and port. */
#ifndef GATEPOST_CLASSIFY_H
#define GATEPOST_CLASSIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "user/core/attempt.h"
#include "user/core/fault.h"
#include "bpf/gatepost.h"

struct classifier;
struct classified; /* nDPI's state of one flow: bounded, released as soon as all is known */

int classifier_new(struct classifier **ret_classifier, struct fault *fault);
void classifier_free(struct classifier *classifier); /* after its flows */
const char *classifier_version(void); /* nDPI's */

int classified_new(struct classified **ret_flow, struct classifier *classifier); /* -ENOMEM */
void classified_free(struct classified *flow); /* wipes: nDPI keeps user and password of what it dissects */

/* Show it a packet. `time_ms` since 1970. After classified_done it costs nothing. */
void classified_packet(struct classified *flow, const struct gp_sample *sample, const uint8_t *payload,
		       uint64_t time_ms);
/* STARTTLS was agreed on: what follows is looked at afresh. What is known stays until more is. */
void classified_restart(struct classified *flow);
void classified_stop(struct classified *flow); /* enough: nDPI's state is let go of, what is known stays */
bool classified_done(const struct classified *flow);

struct classification {
	char protocol[32]; /* "IMAP", "IMAPS", "POP3", "POP3S", "SMTP", "SMTPS", "TLS", "SSH", ...; "Unknown" */
	char ja3[33]; /* hex of the client's; "" if none */
	char sni[256]; /* printable ASCII only; "" if none */
	char tls[8]; /* "1.3", "1.2", ...; "" if none */
};
void classified_read(const struct classified *flow, struct classification *ret);

/* Of a TCP connection: what Zeek and Suricata call it, the same whichever end is first (Community ID, version 1, seed
 * 0: github.com/corelight/community-id-spec). Costs a SHA-1. Returns `text`; "" where it cannot be had. */
#define COMMUNITY_ID_BYTES 40 /* "1:", 28 characters and room that nDPI asks for */
const char *community_id(const struct ends *ends, char text[COMMUNITY_ID_BYTES]);

#endif
