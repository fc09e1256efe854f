/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text is either refused with words, or becomes a world whose time goes on and packets that can be made. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/synth/wire.h"

#define FRAMES_MAX 300

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void play(const struct scenario *scenario)
{
	struct fault fault = {.text = ""};
	struct wire_frame frame;
	struct world *world;
	struct wire *wire;
	uint64_t before_ns = 0;

	if (world_new(&world, scenario, 1, &fault))
		return;
	if (!wire_new(&wire, world, scenario, 1, NULL, NULL, &fault)) {
		for (int i = 0; i < FRAMES_MAX && wire_next(wire, &frame) == 1; i++) {
			if (frame.time_ns < before_ns)
				abort();
			before_ns = frame.time_ns;
		}
		wire_free(wire);
	}
	world_free(world);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct scenario *scenario;
	struct fault fault = {.text = ""};
	char *text = malloc(length + 1);

	memcpy(text, bytes, length);
	text[length] = '\0';
	if (!scenario_read(&scenario, "fuzz", text, &fault)) {
		play(scenario);
		scenario_free(scenario);
	} else if (!fault.text[0]) {
		abort();
	}
	free(text);
	return 0;
}
