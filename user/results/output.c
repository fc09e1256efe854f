/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/results/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES (256 << 10)

struct output {
	FILE *file;
	struct sum *sum;
	int error; /* the first, -errno */
	char path[]; /* for the faults */
};

int output_new(struct output **ret_output, const char *directory, const char *name, struct fault *fault)
{
	const size_t path_bytes = strlen(directory) + strlen(name) + 2;
	struct output *output = calloc(1, sizeof(*output) + path_bytes);
	int error;

	if (!output || sum_new(&output->sum)) {
		output_free(output);
		return fault_set(fault, ENOMEM, "out of memory");
	}
	snprintf(output->path, path_bytes, "%s/%s", directory, name);
	output->file = fopen(output->path, "wxe");
	if (!output->file) {
		error = fault_set(fault, errno, "%s: %s", output->path, strerror(errno));
		output_free(output);
		return error;
	}
	setvbuf(output->file, NULL, _IOFBF, BUFFER_BYTES);
	*ret_output = output;
	return 0;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	if (output->file)
		fclose(output->file);
	sum_free(output->sum);
	free(output);
}

static void output_write(void *context, const void *bytes, size_t size)
{
	struct output *output = context;

	if (output->error)
		return;
	errno = 0;
	if (fwrite_unlocked(bytes, 1, size, output->file) < size)
		output->error = errno ? -errno : -EIO;
	sum_add(output->sum, bytes, size);
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

int output_close(struct output *output, char ret_sum[SUM_TEXT_BYTES], struct fault *fault)
{
	int error = output->error;

	if (fclose(output->file) && !error)
		error = -errno;
	output->file = NULL;
	if (error)
		fault_set(fault, -error, "%s: %s", output->path, strerror(-error));
	else if (ret_sum)
		sum_text(output->sum, ret_sum);
	output_free(output);
	return error;
}
