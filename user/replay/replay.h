/* SPDX-License-Identifier: BSD-2-Clause */
/* Captures through the shipped program and the whole pipeline, in the packets' own time. The same frames give the same
 * findings on every machine and with either engine: seeds are fixed, the clock is the packet's. */
#ifndef GATEPOST_REPLAY_H
#define GATEPOST_REPLAY_H

#include "user/core/settings.h"
#include "user/replay/listener.h"

#define REPLAY_LISTENERS_MAX 8

struct replay_options {
	const char *config; /* NULL: the embedded one */
	const char *profiles; /* a directory; NULL: the embedded ones */
	bool native; /* the engine in this process; without the privilege for the kernel's it is taken anyway */
	bool enforce, observe; /* drop, or do not, whatever the configuration says */
};

struct replay;

/* Errors as config_load, profile_shelf_load, datapath_new and pipeline_new have them, with `fault`. */
int replay_new(struct replay **ret_replay, const struct replay_options *options, struct fault *fault);
void replay_free(struct replay *replay);
/* Copied; its context must outlive the replay. At most REPLAY_LISTENERS_MAX: -ENOSPC. */
int replay_listen(struct replay *replay, const struct replay_listener *listener);
/* The next frame, in the order of time: time does not step back. An error of the engine or of a listener,
 * with `fault`. */
int replay_frame(struct replay *replay, const struct frame *frame, struct fault *fault);
/* No more frames: what is open ends, listeners are told the totals. */
void replay_end(struct replay *replay);

const struct settings *replay_settings(const struct replay *replay);

#endif
