/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/replay_read.h"

#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "user/adapters/clock.h"
#include "user/cmd/cmd.h"
#include "user/replay/input.h"
#include "user/replay/progress.h"

#define LINE_BYTES 128
#define FIRST_DRAWN_NS 1000000000ULL
#define DRAWN_EVERY_NS 200000000ULL
#define CLOCK_EVERY 2048 /* frames: the clock costs, too */
#define CLEAR "\r\033[K"

struct reading {
	struct input *input;
	bool shows;
	bool drawn; /* something stands on the terminal's line */
	uint64_t started_ns, drawn_ns;
	uint64_t frames;
};

static void wipe(struct reading *reading)
{
	if (reading->drawn)
		fputs(CLEAR, stderr);
	reading->drawn = false;
}

static size_t columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
}

static void draw(struct reading *reading, uint64_t now_ns)
{
	struct progress progress = {.elapsed_ns = now_ns - reading->started_ns, .packets = reading->frames};
	const size_t width = columns();
	char text[LINE_BYTES];

	input_progress(reading->input, &progress.read_bytes, &progress.total_bytes);
	fprintf(stderr, CLEAR "%s", progress_text(&progress, text, width < sizeof(text) ? width : sizeof(text)));
	reading->drawn = true;
	reading->drawn_ns = now_ns;
}

static void show(struct reading *reading)
{
	uint64_t now_ns;

	if (!reading->shows || reading->frames % CLOCK_EVERY)
		return;
	now_ns = clock_monotonic_ns();
	if (now_ns - reading->started_ns >= FIRST_DRAWN_NS && now_ns - reading->drawn_ns >= DRAWN_EVERY_NS)
		draw(reading, now_ns);
}

static void on_unreadable(void *context, const struct fault *fault)
{
	wipe(context);
	cmd_fail(fault, -EBADMSG);
}

static int read_all(struct reading *reading, struct replay *replay, struct fault *fault)
{
	struct frame frame;
	int error = 0;

	while (!error && input_next(reading->input, &frame)) {
		error = replay_frame(replay, &frame, fault);
		reading->frames++;
		show(reading);
	}
	wipe(reading);
	replay_end(replay);
	return error;
}

int replay_read(struct replay *replay, char *const *path, size_t paths, bool shows)
{
	struct reading reading = {.shows = shows && isatty(STDERR_FILENO), .started_ns = clock_monotonic_ns()};
	struct fault fault = {0};
	int error = input_new(&reading.input, path, paths, on_unreadable, &reading);
	int code;

	if (error)
		fault_set(&fault, -error, "out of memory");
	else
		error = read_all(&reading, replay, &fault);
	if (error)
		code = cmd_fail(&fault, error);
	else
		code = input_unreadable(reading.input) ? EXIT_NOT_FOUND : EXIT_OK;
	input_free(reading.input);
	return code;
}
