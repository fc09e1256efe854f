/* SPDX-License-Identifier: BSD-2-Clause */
/* Where bytes go: a stream, a file of a directory, a test's buffer. Errors are kept by whoever is behind it. */
#ifndef GATEPOST_WRITER_H
#define GATEPOST_WRITER_H

#include <stddef.h>

struct writer {
	void *context;
	void (*write)(void *context, const void *bytes, size_t size);
};

#endif
