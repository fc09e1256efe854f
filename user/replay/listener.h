/* SPDX-License-Identifier: BSD-2-Clause */
/* Who hears what a replay finds: lines on a terminal, files of a directory, a score against labels. Several may listen
 * to one replay. All is in the order of time; pointers are valid during the call. */
#ifndef GATEPOST_REPLAY_LISTENER_H
#define GATEPOST_REPLAY_LISTENER_H

#include "user/adapters/capture.h"
#include "user/sink.h"

struct replay_totals {
	bool native; /* the engine in this process, not the kernel's */
	uint64_t frames, bytes, dropped; /* bytes: on the wire */
	uint64_t spared; /* would have been dropped, were it not for observe mode */
	uint64_t runts, cut; /* frames without an Ethernet header; frames that the snap length cut */
	uint64_t reason[GP_REASON_MAX];
	uint64_t samples_lost;
	const struct pipeline_totals *pipeline;
};

struct replay_verdict {
	enum gp_reason reason;
	bool drop; /* false also for a frame that was spared */
	bool spared; /* would have been dropped, were it not for observe mode */
	enum gp_direction direction; /* whose word it is: the program at the ingress, or the one at the egress */
};

/* Any may be NULL. wall_ns: since 1970, in the capture's own time. */
struct replay_listener {
	void *context;
	/* Before the first frame is judged: what the wall clock is ahead of the engine's, from now on. */
	void (*began)(void *context, uint64_t wall_offset_ns);
	/* After the engine has judged it, and after what it brought about was told. A frame without an Ethernet header
	 * is not judged: it is "cut short". */
	void (*frame)(void *context, const struct frame *frame, const struct replay_verdict *verdict);
	void (*attempt)(void *context, const struct attempt *attempt, uint64_t wall_ns);
	/* What the judge is told; of an attempt right after the one above, if the judge is told of it at all. Times in
	 * it are of the engine's clock. */
	void (*heard)(void *context, const struct hearing *hearing);
	void (*flow)(void *context, const struct flow_report *report); /* has its own wall clock time */
	void (*decision)(void *context, const struct decision *decision, const struct ban *ban, uint64_t wall_ns);
	void (*ban_ended)(void *context, const struct ban *ban, uint64_t wall_ns);
	void (*end)(void *context, const struct replay_totals *totals);
	/* Asked after each frame: -errno when it cannot go on, which ends the replay. */
	int (*error)(void *context);
};

#endif
