/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow as the pipeline keeps it: what is read of it, what it speaks, which program is at its other end, and when it
 * is over. */
#ifndef GATEPOST_TRACKED_H
#define GATEPOST_TRACKED_H

#include "user/adapters/classify.h"
#include "user/adapters/ja4.h"
#include "user/core/heap.h"
#include "user/judge/judge.h"
#include "user/read/flow.h"
#include "user/read/hello_memo.h"

struct tracked_ja4 {
	char text[JA4_TEXT_BYTES]; /* "": no ClientHello yet, or not to be read */
	uint64_t hash; /* 0: of none */
};

struct tracked {
	struct flow flow;
	struct classified *classified; /* NULL: there was no memory for it */
	struct fingerprint fingerprint;
	struct tracked_ja4 ja4;
	bool counted; /* told to the judge as a connection */
	struct standing standing; /* the judge's, while it is open */
	struct awaited awaited; /* the judge's, while a login waits for its answer */
	struct heap_node due; /* when to look whether it is over; never late */
};

/* `tracked` is zeroed memory. Without memory it stays closed and harmless. */
void tracked_open(struct tracked *tracked, const struct gp_sample *sample, const struct flow_options *options,
		  struct classifier *classifier);
void tracked_drop(struct tracked *tracked);

/* Its JA4. `memo` has answers of struct tracked_ja4, all of one digest. */
void tracked_note_hello(struct tracked *tracked, struct hello_memo *memo, const uint8_t *message, size_t length);
void tracked_note_ja3(struct tracked *tracked); /* as soon as the classifier has it */

/* An attempt that was presumed to have failed and ends without an answer is a failure. */
void tracked_presume(struct tracked *tracked, struct attempt *attempt);

/* After each packet: the judge is told whether a login waits for its answer now. */
void tracked_note_awaited(struct tracked *tracked, struct judge *judge, uint64_t now_ns);

/* Is this sample of another connection with the same four numbers? */
bool tracked_is_reopened(const struct tracked *tracked, const struct gp_sample *sample);
/* The other end's goodbye to a connection that was reported long ago? */
bool tracked_is_afterthought(const struct gp_sample *sample);
/* It is over when it has been silent until after then. */
uint64_t tracked_over_ns(const struct tracked *tracked, uint64_t idle_ns);
enum flow_closed tracked_silent_end(const struct tracked *tracked); /* how it ended, if it ended in silence */

#endif
