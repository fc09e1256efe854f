/* SPDX-License-Identifier: BSD-2-Clause */
/* One replay, written down: what the judge heard, which connections ended, what was decided, in the order of time. From
 * it another judge can be told the same, as often as one likes, without reading a packet again.
 *
 * Memory: 72 bytes for each attempt, and for the beginning, the login and the end of each connection; five times 72
 * bytes a second of the capture while a connection is open; 328 bytes a decision. It is never written to a disk: a hash
 * of a password is in it, keyed with what everybody knows. */
#ifndef GATEPOST_RECORD_H
#define GATEPOST_RECORD_H

#include "user/replay/listener.h"
#include "user/research/truth.h"

enum {
	RECORD_ENDED = HEARD_TICK + 1, /* a connection of the labels was reported */
	RECORD_DECIDED,
};

struct record_entry {
	uint64_t time_ns; /* of the engine's clock */
	uint64_t source;
	uint64_t account, credential;
	struct fingerprint fingerprint;
	uint64_t asked_ns; /* of an attempt */
	uint64_t link; /* connection that is open, as a number; place of a ruling */
	uint32_t row; /* of the labels, TRUTH_NONE: not in them */
	uint8_t what; /* enum hearing_kind and the above */
	uint8_t service, outcome;
	uint8_t basis : 4;
	bool judged : 1; /* the judge was told of this attempt */
};

/* A decision that can be kept: the rule by its name, and what came of it. */
struct ruling {
	uint64_t time_ns, for_ns;
	struct prefix target;
	enum action action;
	bool shadow, in_force;
	uint8_t evidence;
	uint32_t offences;
	char rule[RULE_NAME_BYTES], reason[BAN_REASON_BYTES];
};

/* Of a row of the labels. */
struct record_row {
	uint64_t ended; /* entry in which it was reported, the last one */
	uint32_t read; /* attempts that were read */
	uint8_t transport; /* enum transport, of the connection that was seen */
	bool seen;
};

struct record;

/* `truth` may be NULL and must outlive it. -ENOMEM */
int record_new(struct record **ret_record, const struct truth *truth);
void record_free(struct record *record);
struct replay_listener record_listener(struct record *record);
int record_error(const struct record *record); /* -ENOMEM: not all of it is there */

size_t record_count(const struct record *record);
const struct record_entry *record_at(const struct record *record, size_t i);
const struct ruling *record_ruling(const struct record *record, uint64_t link);
const struct record_row *record_row(const struct record *record, uint32_t row);
const struct truth *record_truth(const struct record *record); /* or NULL */
uint64_t record_wall_ns(const struct record *record, uint64_t time_ns);
uint64_t record_engine_ns(const struct record *record, uint64_t wall_ns); /* 0: before its time */
/* Connections that are not in the labels; of these, with attempts. */
uint32_t record_unlabelled(const struct record *record, uint32_t *ret_with_attempts);

void ruling_of(struct ruling *ret_ruling, const struct decision *decision, bool in_force);

#endif
