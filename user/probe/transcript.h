/* SPDX-License-Identifier: BSD-2-Clause */
/* What was said to a server and how long its answers were: the result of a probe, before anything is concluded. */
#ifndef GATEPOST_PROBE_TRANSCRIPT_H
#define GATEPOST_PROBE_TRANSCRIPT_H

#include <stdbool.h>

#include "user/core/addr.h"
#include "user/shape/profile.h"

#define TRANSCRIPT_STEPS 96
#define TRANSCRIPT_RECORDS 16 /* of a reply that are kept one by one; the last takes what more comes */
#define TRANSCRIPT_NAME_BYTES 32
#define TRANSCRIPT_TEXT_BYTES 161 /* the beginning of a reply, with its end */

struct transcript_step {
	char name[TRANSCRIPT_NAME_BYTES]; /* see profile_file.h */
	uint32_t sent_bytes;
	uint32_t record_bytes[TRANSCRIPT_RECORDS]; /* plaintext of each TLS record */
	uint32_t records, total_bytes;
	uint32_t delay_ms; /* from the request to the first record */
	bool closed; /* the server hung up after it */
	char text[TRANSCRIPT_TEXT_BYTES]; /* what cannot be printed is '?', CR and LF stay */
};

struct probe_transcript {
	struct addr server;
	uint16_t port;
	uint8_t protocol; /* enum protocol */
	uint64_t made_s; /* wall clock */
	char host[256]; /* as the operator named it */
	uint32_t wrong_logins; /* that were sent */
	uint32_t steps;
	struct transcript_step step[TRANSCRIPT_STEPS];
};

#endif
