/* SPDX-License-Identifier: BSD-2-Clause */
/* xdp-filter of xdp-tools: the program that one would take to drop by address. Its table has room for 10,000
 * addresses, so it holds none of the flood's and its policy drops what is not listed: a lookup that finds nothing. */
#include "bench/contestant.h"

#include <errno.h>
#include <stdlib.h>

#include "bench/wire.h"

struct filter {
	unsigned wire;
};

static int filter_run(unsigned wire, const char *verb, const char *options)
{
	char command[160];
	int result = wire_enter_edge();

	if (result)
		return result;
	snprintf(command, sizeof(command), "xdp-filter %s %s wan%u", verb, options, wire);
	result = system(command) ? -EIO : 0;
	wire_leave_edge();
	return result;
}

static int filter_start(const struct contestant *self, const struct scene *scene, unsigned wire, void **ret_state)
{
	struct filter *state = calloc(1, sizeof(*state));
	int result = state ? filter_run(wire, "load", "-m native -p deny -f ipv4") : -ENOMEM;

	(void)self, (void)scene;
	if (result) {
		free(state);
		return result;
	}
	state->wire = wire;
	*ret_state = state;
	return 0;
}

static void filter_stop(void *state)
{
	filter_run(((struct filter *)state)->wire, "unload", "");
	free(state);
}

static void filter_describe(void *state, char *text, size_t bytes)
{
	(void)state;
	snprintf(text, bytes, "all dropped, as not listed");
}

const struct contestant xdp_filter = {
	.name = "xdp_filter",
	.start = filter_start,
	.stop = filter_stop,
	.verdicts = NULL, /* its own statistics are of all interfaces: what was sent is taken for judged */
	.describe = filter_describe,
};
