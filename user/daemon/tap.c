/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/daemon/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "user/adapters/clock.h"

/* Frames a turn of the loop: a flood on the mirror must not keep the control socket waiting. */
#define BATCH 256

struct tap {
	struct datapath *datapath;
	struct capture *capture[SETTINGS_INTERFACES_MAX];
	uint32_t captures;
};

/* Frames carry the capture's clock; the tables live by the monotonic one, so a frame is as old as its arrival here. */
static void tap_frame(struct tap *tap, const struct frame *frame, uint64_t now_ns)
{
	enum gp_reason reason;
	bool drop;

	if (datapath_run(tap->datapath, GP_IN, frame->bytes, frame->captured, now_ns, &drop, &reason))
		return;
	if (reason == GP_REASON_NOT_MAIL)
		datapath_run(tap->datapath, GP_OUT, frame->bytes, frame->captured, now_ns, &drop, &reason);
}

static void on_ready(void *context, int fd, uint32_t events)
{
	struct tap *tap = context;
	uint64_t now_ns = clock_monotonic_ns();
	struct frame frame;

	(void)events;
	for (uint32_t i = 0; i < tap->captures; i++) {
		if (capture_fd(tap->capture[i]) != fd)
			continue;
		for (int n = 0; n < BATCH && capture_next(tap->capture[i], &frame, NULL) == 1; n++)
			tap_frame(tap, &frame, now_ns);
	}
}

static int tap_open(struct tap *tap, struct loop *loop, const char *interface, const uint16_t *ports, size_t count,
		    struct fault *fault)
{
	struct capture **capture = &tap->capture[tap->captures];
	int error = capture_open_interface(capture, interface, ports, count, fault);

	if (error)
		return error;
	tap->captures++;
	error = loop_add_fd(loop, capture_fd(*capture), EPOLLIN, on_ready, tap);
	return error ? fault_set(fault, -error, "cannot watch interface %s", interface) : 0;
}

int tap_new(struct tap **ret_tap, struct loop *loop, struct datapath *datapath, const struct settings *settings,
	    struct fault *fault)
{
	struct tap *tap = calloc(1, sizeof(*tap));
	uint16_t ports[SETTINGS_SERVERS_MAX];
	int error = 0;

	if (!tap)
		return fault_set(fault, ENOMEM, "out of memory");
	tap->datapath = datapath;
	for (uint32_t i = 0; i < settings->servers; i++)
		ports[i] = settings->server[i].port;
	for (uint32_t i = 0; i < settings->interfaces && !error; i++)
		error = tap_open(tap, loop, settings->interface[i].name, ports, settings->servers, fault);
	if (error) {
		tap_free(tap);
		return error;
	}
	*ret_tap = tap;
	return 0;
}

void tap_free(struct tap *tap)
{
	if (!tap)
		return;
	for (uint32_t i = 0; i < tap->captures; i++)
		capture_free(tap->capture[i]);
	free(tap);
}

uint64_t tap_lost(const struct tap *tap)
{
	uint64_t lost = 0;

	for (uint32_t i = 0; i < tap->captures; i++)
		lost += capture_lost(tap->capture[i]);
	return lost;
}
