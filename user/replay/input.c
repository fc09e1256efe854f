/* SPDX-License-Identifier: BSD-2-Clause */
/* A k-way merge. Each capture's next frame is in a binary heap, the earliest on top; children of i are at 2i + 1 and
 * 2i + 2. The frame on top is handed out and replaced only when the next one is asked for: it lies in its capture. */
#include "user/replay/input.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>

struct source {
	struct capture *capture;
	size_t order; /* of the files */
	struct frame frame; /* its next one */
};

struct input {
	void (*unreadable)(void *context, const struct fault *fault);
	void *context;
	size_t damaged;
	uint64_t closed_bytes, total_bytes;
	bool total_unknown;
	bool handed_out; /* the frame on top */
	size_t sources; /* in the heap */
	struct source heap[];
};

static bool is_before(const struct source *a, const struct source *b)
{
	return a->frame.time_ns != b->frame.time_ns ? a->frame.time_ns < b->frame.time_ns : a->order < b->order;
}

static void sink(struct input *input, size_t at)
{
	const struct source source = input->heap[at];
	size_t child;

	for (; (child = 2 * at + 1) < input->sources; at = child) {
		if (child + 1 < input->sources && is_before(&input->heap[child + 1], &input->heap[child]))
			child++;
		if (is_before(&source, &input->heap[child]))
			break;
		input->heap[at] = input->heap[child];
	}
	input->heap[at] = source;
}

static void tell(struct input *input, const struct fault *fault)
{
	input->damaged++;
	input->unreadable(input->context, fault);
}

/* False: the file is at its end, or at the end of what can be read. */
static bool advance(struct input *input, struct source *source)
{
	struct fault fault;
	const int code = capture_next(source->capture, &source->frame, &fault);

	if (code < 0)
		tell(input, &fault);
	return code == 1;
}

static void finish(struct input *input, struct source *source)
{
	uint64_t read_bytes, total_bytes;

	capture_progress(source->capture, &read_bytes, &total_bytes);
	input->closed_bytes += total_bytes ? total_bytes : read_bytes;
	capture_free(source->capture);
}

static void add(struct input *input, const char *path, size_t order)
{
	struct source *source = &input->heap[input->sources];
	uint64_t read_bytes, total_bytes;
	struct fault fault;

	source->order = order;
	if (capture_open_file(&source->capture, path, &fault)) {
		tell(input, &fault);
		return;
	}
	capture_progress(source->capture, &read_bytes, &total_bytes);
	input->total_unknown |= !total_bytes;
	input->total_bytes += total_bytes;
	if (advance(input, source))
		input->sources++;
	else
		finish(input, source);
}

/* Every capture stays open: its next frame has to be known. */
static void allow_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int input_new(struct input **ret_input, char *const *path, size_t paths,
	      void (*unreadable)(void *context, const struct fault *fault), void *context)
{
	struct input *input = calloc(1, sizeof(*input) + paths * sizeof(input->heap[0]));

	if (!input)
		return -ENOMEM;
	input->unreadable = unreadable;
	input->context = context;
	allow_many_files();
	for (size_t i = 0; i < paths; i++)
		add(input, path[i], i);
	for (size_t i = input->sources / 2; i-- > 0;)
		sink(input, i);
	*ret_input = input;
	return 0;
}

void input_free(struct input *input)
{
	if (!input)
		return;
	for (size_t i = 0; i < input->sources; i++)
		capture_free(input->heap[i].capture);
	free(input);
}

int input_next(struct input *input, struct frame *ret_frame)
{
	if (input->handed_out && !advance(input, &input->heap[0])) {
		finish(input, &input->heap[0]);
		input->heap[0] = input->heap[--input->sources];
	}
	input->handed_out = input->sources > 0;
	if (!input->handed_out)
		return 0;
	sink(input, 0);
	*ret_frame = input->heap[0].frame;
	return 1;
}

size_t input_unreadable(const struct input *input)
{
	return input->damaged;
}

void input_progress(const struct input *input, uint64_t *ret_read_bytes, uint64_t *ret_total_bytes)
{
	*ret_read_bytes = input->closed_bytes;
	*ret_total_bytes = input->total_unknown ? 0 : input->total_bytes;
	for (size_t i = 0; i < input->sources; i++) {
		uint64_t read_bytes, total_bytes;

		capture_progress(input->heap[i].capture, &read_bytes, &total_bytes);
		*ret_read_bytes += read_bytes;
	}
}
