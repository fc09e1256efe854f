/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/marks.h"

static void mark(struct datapath *datapath, const struct flow *flow, enum gp_flow_flag flag)
{
	datapath_flow_flag(datapath, flow->slot, flow->ends.flow, flag);
}

void marks_enough(struct datapath *datapath, const struct flow *flow)
{
	if (flow->logged_in)
		mark(datapath, flow, GP_FLOW_LOGGED_IN);
	mark(datapath, flow, GP_FLOW_ENOUGH);
}

void marks_again(struct datapath *datapath, const struct gp_sample *sample)
{
	datapath_flow_flag(datapath, sample->slot, sample->flow, GP_FLOW_ENOUGH);
}

void marks_outcome(struct datapath *datapath, const struct flow *flow, enum outcome outcome)
{
	if (outcome != OUTCOME_UNKNOWN)
		mark(datapath, flow, outcome == OUTCOME_SUCCESS ? GP_FLOW_LOGGED_IN : GP_FLOW_FAILED);
}
