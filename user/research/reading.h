/* SPDX-License-Identifier: BSD-2-Clause */
/* How well attempts and their outcomes were read: a record beside the truth, by service, transport and basis. */
#ifndef GATEPOST_READING_H
#define GATEPOST_READING_H

#include "user/research/record.h"
#include "user/research/score.h"

enum { READING_SERVICES = 4, READING_TRANSPORTS = 3, READING_BASES = 3 };

struct reading {
	/* A connection is of the basis of its first attempt; one without any, of what its transport shows. */
	struct score score[READING_SERVICES][READING_TRANSPORTS][READING_BASES];
	uint32_t labelled, seen; /* connections of the labels */
	uint32_t unseen_attempts; /* of those that were not seen: they count as missed */
};

const char *reading_service_text(int service); /* "imap", ..., "?" */
int reading_of(struct reading *ret_reading, const struct record *record); /* -ENOMEM */
struct score reading_sum(const struct reading *reading);

#endif
