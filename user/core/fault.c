/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for what went wrong. Does not print: whoever called in the end does, once. */
#include "user/core/fault.h"

#include <stdarg.h>
#include <stdio.h>

static void fault_fill(struct fault *fault, const char *file, unsigned int line, const char *format, va_list values)
{
	if (!fault)
		return;
	snprintf(fault->file, sizeof(fault->file), "%s", file);
	fault->line = line;
	vsnprintf(fault->text, sizeof(fault->text), format, values);
}

int fault_set(struct fault *fault, int error, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	fault_fill(fault, "", 0, format, values);
	va_end(values);
	return -error;
}

int fault_set_at(struct fault *fault, int error, const char *file, unsigned int line, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	fault_fill(fault, file ? file : "", line, format, values);
	va_end(values);
	return -error;
}

const char *fault_text(const struct fault *fault, char *buffer, unsigned long size)
{
	if (!fault->file[0])
		snprintf(buffer, size, "%s", fault->text);
	else if (!fault->line)
		snprintf(buffer, size, "%s: %s", fault->file, fault->text);
	else
		snprintf(buffer, size, "%s:%u: %s", fault->file, fault->line, fault->text);
	return buffer;
}
