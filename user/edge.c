/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/edge.h"

#include <string.h>

int edge_ban(const struct edge *edge, const struct prefix *target, enum gp_action action, uint32_t until_s,
	     uint32_t now_s)
{
	if (edge->datapath)
		return datapath_ban(edge->datapath, target, action, until_s, now_s);
	return edge->native ? native_ban(edge->native, target, action, until_s, now_s) : 0;
}

int edge_unban(const struct edge *edge, const struct prefix *target)
{
	if (edge->datapath)
		return datapath_unban(edge->datapath, target);
	return edge->native ? native_unban(edge->native, target) : 0;
}

int edge_allow(const struct edge *edge, const struct prefix *prefix)
{
	if (edge->datapath)
		return datapath_allow(edge->datapath, prefix);
	return edge->native ? native_allow(edge->native, prefix) : 0;
}

int edge_disallow(const struct edge *edge, const struct prefix *prefix)
{
	if (edge->datapath)
		return datapath_disallow(edge->datapath, prefix);
	return edge->native ? native_disallow(edge->native, prefix) : 0;
}

int edge_settings(const struct edge *edge, const struct gp_settings *settings)
{
	if (edge->datapath)
		return datapath_settings(edge->datapath, settings);
	return edge->native ? native_settings(edge->native, settings) : 0;
}

int edge_servers(const struct edge *edge, const struct server_settings *server, uint32_t servers)
{
	if (edge->datapath)
		return datapath_servers(edge->datapath, server, servers);
	return edge->native ? native_servers(edge->native, server, servers) : 0;
}

void edge_flow_flag(const struct edge *edge, uint32_t slot, uint64_t flow, enum gp_flow_flag flag)
{
	if (edge->datapath)
		datapath_flow_flag(edge->datapath, slot, flow, flag);
	else if (edge->native)
		native_flow_flag(edge->native, slot, flow, flag);
}

/* The native tables are this process's own and die with it: nothing gathers there. */
void edge_sweep(const struct edge *edge, uint32_t now_s)
{
	if (edge->datapath)
		datapath_sweep(edge->datapath, now_s);
}

int edge_counters(const struct edge *edge, struct gp_counter ret[GP_COUNTERS])
{
	if (edge->datapath)
		return datapath_counters(edge->datapath, ret);
	if (edge->native)
		return native_counters(edge->native, ret);
	memset(ret, 0, sizeof(struct gp_counter) * GP_COUNTERS);
	return 0;
}

int edge_tallies(const struct edge *edge, uint64_t ret[GP_TALLY_MAX])
{
	if (edge->datapath)
		return datapath_tallies(edge->datapath, ret);
	if (edge->native)
		return native_tallies(edge->native, ret);
	memset(ret, 0, sizeof(uint64_t) * GP_TALLY_MAX);
	return 0;
}
