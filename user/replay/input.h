/* SPDX-License-Identifier: BSD-2-Clause */
/* What a replay reads: captures, as one stream of frames in the order of time. Frames of the same time come in the
 * order of the files, frames of one file in the order that they have there. A frame that two captures hold is two
 * frames. What cannot be read is told and left out; it takes nothing of the others with it. */
#ifndef GATEPOST_REPLAY_INPUT_H
#define GATEPOST_REPLAY_INPUT_H

#include "user/adapters/capture.h"

struct input;

/* `path` must outlive it; "-" is standard input, once. Files that cannot be opened are told at once. -ENOMEM. */
int input_new(struct input **ret_input, char *const *path, size_t paths,
	      void (*unreadable)(void *context, const struct fault *fault), void *context);
void input_free(struct input *input);

/* 1: the next frame, valid until the next call; 0: there is no more. */
int input_next(struct input *input, struct frame *ret_frame);

/* Files of which something, or all, could not be read. */
size_t input_unreadable(const struct input *input);
/* As capture_progress, over all; a total of 0: not known. */
void input_progress(const struct input *input, uint64_t *ret_read_bytes, uint64_t *ret_total_bytes);

#endif
