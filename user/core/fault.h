/* SPDX-License-Identifier: BSD-2-Clause */
/* What went wrong, in the words an operator needs: where and what was expected. Filled by the function that
 * failed, printed once by main or the pipeline. */
#ifndef GATEPOST_FAULT_H
#define GATEPOST_FAULT_H

struct fault {
	char file[128]; /* "" when no file is to blame */
	unsigned int line; /* 0 when no line is */
	char text[384];
};

/* Fill `fault` (may be NULL) and return -error, so that a failing function ends with `return fault_set(...)`. */
int fault_set(struct fault *fault, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
int fault_set_at(struct fault *fault, int error, const char *file, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* "file:12: text", or just the text. Returns buffer. */
const char *fault_text(const struct fault *fault, char *buffer, unsigned long size);

#endif
