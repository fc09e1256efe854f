/* SPDX-License-Identifier: BSD-2-Clause */
/* The frames of a replay once more, each with its verdict and the reason in words; where a frame decided an attempt or
 * brought about a decision, it says that too. What time brought about stands on the next frame. */
#ifndef GATEPOST_ANNOTATE_H
#define GATEPOST_ANNOTATE_H

#include "user/replay/listener.h"
#include "user/core/writer.h"

struct annotate;

/* What is written starts at once. `enforce`: as the decisions say. -ENOMEM */
int annotate_new(struct annotate **ret_annotate, const struct writer *to, bool enforce);
void annotate_free(struct annotate *annotate);
struct replay_listener annotate_listener(struct annotate *annotate);

#endif
