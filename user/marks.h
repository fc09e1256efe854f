/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel half is told of a flow that it follows. */
#ifndef GATEPOST_MARKS_H
#define GATEPOST_MARKS_H

#include "user/datapath/datapath.h"
#include "user/read/flow.h"

void marks_enough(struct datapath *datapath, const struct flow *flow); /* its end matters, and nothing else */
/* Said before, and still it talks: the kernel half gave up the flow and opened it anew, perhaps in another place. */
void marks_again(struct datapath *datapath, const struct gp_sample *sample);
/* So that a limit on the source can tell who guesses there and who has got in. */
void marks_outcome(struct datapath *datapath, const struct flow *flow, enum outcome outcome);

#endif
