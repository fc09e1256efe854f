/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/results/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES (256 << 10)

struct output {
	int fd;
	int error; /* the first, -errno */
	struct sum *sum;
	char *path; /* for the faults */
	size_t waiting; /* bytes in the buffer: neither hashed nor written */
	uint8_t buffer[BUFFER_BYTES];
};

int output_new(struct output **ret_output, const char *directory, const char *name, struct fault *fault)
{
	struct output *output = calloc(1, sizeof(*output));
	int error;

	if (output)
		output->fd = -1;
	if (!output || sum_new(&output->sum) || asprintf(&output->path, "%s/%s", directory, name) < 0) {
		output_free(output);
		return fault_set(fault, ENOMEM, "out of memory");
	}
	output->fd = open(output->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (output->fd < 0) {
		error = fault_set(fault, errno, "%s: %s", output->path, strerror(errno));
		output_free(output);
		return error;
	}
	*ret_output = output;
	return 0;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	if (output->fd >= 0)
		close(output->fd);
	sum_free(output->sum);
	free(output->path);
	free(output);
}

static void put(struct output *output, const uint8_t *bytes, size_t size)
{
	ssize_t written;

	if (!output->error)
		sum_add(output->sum, bytes, size);
	for (; size && !output->error; bytes += written, size -= (size_t)written) {
		written = write(output->fd, bytes, size);
		if (written < 0 && errno == EINTR)
			written = 0;
		else if (written < 0)
			output->error = -errno;
	}
}

static void flush(struct output *output)
{
	put(output, output->buffer, output->waiting);
	output->waiting = 0;
}

static void output_write(void *context, const void *bytes, size_t size)
{
	struct output *output = context;

	if (size > sizeof(output->buffer) - output->waiting)
		flush(output);
	if (size > sizeof(output->buffer)) {
		put(output, bytes, size);
		return;
	}
	memcpy(output->buffer + output->waiting, bytes, size);
	output->waiting += size;
}

struct writer output_writer(struct output *output)
{
	return (struct writer){.context = output, .write = output_write};
}

void output_print(struct output *output, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length >= (int)sizeof(text))
		length = sizeof(text) - 1;
	output_write(output, text, (size_t)length);
}

int output_error(const struct output *output)
{
	return output->error;
}

int output_close(struct output *output, char ret_sum[SUM_TEXT_BYTES], struct fault *fault)
{
	int error;

	flush(output);
	error = output->error;
	if (close(output->fd) && !error)
		error = -errno;
	output->fd = -1;
	if (error)
		fault_set(fault, -error, "%s: %s", output->path, strerror(-error));
	else if (ret_sum)
		sum_text(output->sum, ret_sum);
	output_free(output);
	return error;
}
