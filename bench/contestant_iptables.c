/* SPDX-License-Identifier: BSD-2-Clause */
/* iptables' hashlimit in raw PREROUTING, its earliest place (xtables, not nft's translation of it: what most rulesets
 * with a limit a source are written in). It stands behind IPv4's own checks, so frames need a checksum and the address
 * of the interface. */
#include "bench/contestant.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "bench/wire.h"

#define IPTABLES "iptables-legacy -t raw"

struct iptables {
	unsigned wire;
};

static int sh(const char *command)
{
	int status = system(command); /* in the edge's namespace, where we are */

	return status ? -EIO : 0;
}

static int rules_add(const struct scene *scene, unsigned wire)
{
	char command[640];

	snprintf(
		command, sizeof(command),
		"ip link set wan%u address 02:00:00:00:00:ee && " IPTABLES " -A PREROUTING -i wan%u -m hashlimit "
		"--hashlimit-name bench%u --hashlimit-mode srcip --hashlimit-above %u/second --hashlimit-burst %u "
		"--hashlimit-htable-size %u --hashlimit-htable-max %u --hashlimit-htable-expire %u -j DROP && " IPTABLES
		" -A PREROUTING -i wan%u -j DROP",
		wire, wire, wire, scene->limit.per_second, scene->limit.burst, scene->table, scene->table,
		scene->timeout_s * 1000, wire);
	return sh(command);
}

static int hashlimit_start(const struct contestant *self, const struct scene *scene, unsigned wire, void **ret_state)
{
	struct iptables *state = calloc(1, sizeof(*state));
	int result = state ? wire_enter_edge() : -ENOMEM;

	(void)self;
	if (!result) {
		result = rules_add(scene, wire);
		wire_leave_edge();
	}
	if (result) {
		free(state);
		return result;
	}
	state->wire = wire;
	*ret_state = state;
	return 0;
}

/* One contestant of a scene uses iptables. */
static void hashlimit_stop(void *state)
{
	if (!wire_enter_edge()) {
		sh(IPTABLES " -F PREROUTING");
		wire_leave_edge();
	}
	free(state);
}

static int packets_of_rules(uint64_t ret_packets[2])
{
	FILE *list = popen(IPTABLES " -nvxL PREROUTING", "r");
	unsigned found = 0;
	char line[320];

	if (!list)
		return -errno;
	while (fgets(line, sizeof(line), list))
		if (found < 2 && sscanf(line, " %" SCNu64 " %*u DROP", &ret_packets[found]) == 1)
			found++;
	return pclose(list) || found != 2 ? -EIO : 0;
}

static int packets_read(uint64_t ret_packets[2])
{
	int result = wire_enter_edge();

	if (result)
		return result;
	result = packets_of_rules(ret_packets);
	wire_leave_edge();
	return result;
}

static int hashlimit_verdicts(void *state, uint64_t *ret_packets)
{
	uint64_t packets[2] = {0};
	int result = packets_read(packets);

	(void)state;
	*ret_packets = packets[0] + packets[1];
	return result;
}

static void hashlimit_describe(void *state, char *text, size_t bytes)
{
	uint64_t packets[2] = {0};
	uint64_t all;

	(void)state;
	packets_read(packets);
	all = packets[0] + packets[1];
	snprintf(text, bytes, "%.0f %% dropped by the limit, %.0f %% by the next rule",
		 all ? 100.0 * packets[0] / all : 0, all ? 100.0 * packets[1] / all : 0);
}

const struct contestant hashlimit = {
	.name = "iptables_hashlimit",
	.reads_checksums = true,
	.start = hashlimit_start,
	.stop = hashlimit_stop,
	.verdicts = hashlimit_verdicts,
	.describe = hashlimit_describe,
};
