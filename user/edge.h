/* SPDX-License-Identifier: BSD-2-Clause */
/* What the pipeline may ask of the half that drops packets, whichever it is: the kernel's program (gateway, host,
 * replay) or its native build in this process (tap, replay without privilege). */
#ifndef GATEPOST_EDGE_H
#define GATEPOST_EDGE_H

#include "user/adapters/datapath.h"
#include "user/adapters/native.h"

/* One of the two; neither is owned. Both NULL: nothing is enforced and every call succeeds. */
struct edge {
	struct datapath *datapath;
	struct native *native;
};

int edge_ban(const struct edge *edge, const struct prefix *target, enum gp_action action, uint32_t until_s,
	     uint32_t now_s);
int edge_unban(const struct edge *edge, const struct prefix *target);
int edge_allow(const struct edge *edge, const struct prefix *prefix);
int edge_disallow(const struct edge *edge, const struct prefix *prefix);
int edge_settings(const struct edge *edge, const struct gp_settings *settings);
int edge_servers(const struct edge *edge, const struct server_settings *server, uint32_t servers);
void edge_flow_flag(const struct edge *edge, uint32_t slot, uint64_t flow, enum gp_flow_flag flag);
void edge_sweep(const struct edge *edge, uint32_t now_s);
int edge_counters(const struct edge *edge, struct gp_counter ret[GP_COUNTERS]);
int edge_tallies(const struct edge *edge, uint64_t ret[GP_TALLY_MAX]);

#endif
