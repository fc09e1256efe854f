/* SPDX-License-Identifier: BSD-2-Clause */
/* The probe's side of a connection: opens it, as often as the server hangs up, asks, and writes down what came. */
#ifndef GATEPOST_PROBE_TALK_H
#define GATEPOST_PROBE_TALK_H

#include "user/probe/answer.h"
#include "user/probe/probe.h"

#define TALK_LINE_BYTES 2048

struct talk {
	const struct wire *wire;
	const struct probe_options *options;
	struct probe_transcript *transcript;
	struct fault *fault;
	enum protocol protocol;
	bool open;
	bool tickets_seen;
	unsigned int hung_up; /* in a row, without an answer */
	struct transcript_step *step; /* the last one */
	enum answer answer; /* of the last reply; ANSWER_NONE when the server hung up instead */
	char reply[PROBE_REPLY_BYTES_MAX + PROBE_RECORD_BYTES];
	size_t reply_bytes, reply_records;
	bool entering; /* the account has been sent, or is about to be */
	bool confidential; /* what is sent now is the account */
	bool telling; /* the reply names the account: it is not to be shown */
	char capabilities[4096]; /* of the server under TLS */
	size_t capabilities_bytes;
};

struct span talk_reply(const struct talk *talk);
struct span talk_capabilities(const struct talk *talk);

/* Connected, under TLS, greeted. -errno and the fault when that is not to be had. */
int talk_open(struct talk *talk);
void talk_close(struct talk *talk);

/* Say `line` (CRLF is added) and hear the answer: see talk->answer. A server that hangs up is no error unless it does
 * nothing else. */
int talk_ask(struct talk *talk, const char *name, const char *line);
int talk_ask_for(struct talk *talk, enum reply_form form, const char *name, const char *line);
/* The same, on this connection or not at all: what belongs to what was said before. */
int talk_go_on(struct talk *talk, const char *name, const char *line);
/* What the last step was, now that its answer is known: "F:LOGIN". */
void talk_call(struct talk *talk, const char *kind, const char *label);
/* QUIT and LOGOUT: whatever still comes until the server hangs up. */
int talk_leave(struct talk *talk, const char *name);
int talk_fault(struct talk *talk, int error, const char *what); /* with what the server said last */

#endif
