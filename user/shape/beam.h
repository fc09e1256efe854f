/* SPDX-License-Identifier: BSD-2-Clause */
/* The readings of a dialogue that are still in the running, cheapest first (beam search: Lowerre 1976; the cheapest way
 * to each state survives: Viterbi 1967). A reading knows where in the dialogue it is, how long the IMAP tags are, and
 * what came of the attempts that were not reported yet: what all readings agree on can be reported. */
#ifndef GATEPOST_BEAM_H
#define GATEPOST_BEAM_H

#include "user/core/attempt.h"
#include "user/shape/reply_costs.h"

#define BEAM_READINGS 13
#define BEAM_WIDTH 10.0F /* nats: one in 22,000 is out of the running */
#define PENDING_MAX 8 /* outcomes of a reading not reported yet */
#define TRACE_LENGTH 12 /* exchanges of which a reading remembers what it took them for */
#define TRACE_BITS 5

enum stage {
	STAGE_READY, /* for a command, not logged in */
	STAGE_NAMED, /* POP3: USER was taken */
	STAGE_PROMPTED, /* SASL: the client has to answer */
	STAGE_LOGGED_IN,
	STAGE_BYE,
};

/* Every exchange of it was something else. */
#define TRACE_UNKNOWN (0x0084210842108421ULL * REPLY_OTHER)

struct reading {
	uint64_t trace; /* TRACE_BITS an exchange, the last one lowest: what for, and whether the tag had grown */
	float cost;
	union {
		struct {
			uint16_t tag_bytes; /* IMAP */
			/* how long the last one was in this very connection, without the tag; 0: none yet */
			uint16_t refusal_bytes;
			uint16_t pending; /* two bits an outcome, the oldest lowest: enum outcome */
			uint8_t pendings;
			uint8_t stage; /* enum stage */
			uint8_t prompts; /* answered in this exchange of SASL */
			bool asks_name; /* ... of which the first asked for a name: another one follows */
		};
		uint8_t state[10]; /* all that matters for what comes next: told the same way where it is the same */
	};
	uint16_t request_bytes; /* of what was handed over in the attempt under way or last made */
	uint8_t refusal; /* enum reply: what the last one was taken for */
	bool failed; /* the last thing that happened was a failure */
	uint8_t turns_in; /* exchanges since the login */
	uint8_t attempts; /* made in the turn under way, reported or not */
	uint16_t bytes_in; /* of the server since the login */
};

struct beam {
	struct reading reading[BEAM_READINGS];
	float least_cost; /* of those offered, since the beam was empty */
	uint8_t count;
};

void beam_start(struct beam *beam, const struct reading *reading);
/* Put it among them unless it is too expensive, or a cheaper one says the same. */
void beam_offer(struct beam *beam, const struct reading *reading);
/* It would not last, even if the best ones turn out to be wrong: no need to find out what it costs exactly. */
static inline bool beam_is_beyond(const struct beam *beam, float cost)
{
	return beam->count && cost > beam->least_cost + 1.5F * BEAM_WIDTH;
}
void beam_prune(struct beam *beam); /* drop those out of the running */
/* ... and count costs from the best one on. */
void beam_settle(struct beam *beam);
bool beam_is_pending(const struct beam *beam); /* an attempt that some reading knows of was not reported */
const struct reading *beam_best(const struct beam *beam); /* NULL: nothing fits */
/* How probable it is, 0..1, that the oldest outcome not reported is this one. */
float beam_share(const struct beam *beam, enum outcome outcome);
float beam_share_last(const struct beam *beam, enum outcome outcome); /* ... the newest one */
/* ... that the reading which `test` is true of is right. */
float beam_share_of(const struct beam *beam, bool (*test)(const struct reading *reading, const void *context),
		    const void *context);
/* The oldest outcome was reported: readings that do not have it are wrong. */
void beam_report(struct beam *beam, enum outcome outcome);
void beam_forget(struct beam *beam); /* ... as unknown, since they did not agree: it is no more to any of them */

void reading_add(struct reading *reading, enum outcome outcome);
enum outcome reading_pending(const struct reading *reading, unsigned int index);
enum reply reading_trace(const struct reading *reading, unsigned int back); /* 0: the last exchange */
uint16_t reading_trace_tag(const struct reading *reading, unsigned int back); /* how long the tag was then */

#endif
