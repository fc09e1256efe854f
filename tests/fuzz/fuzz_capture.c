/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture files of every kind that libpcap reads, also packed: each byte of each frame handed out must be there. */
#include <stdlib.h>

#include "user/adapters/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	volatile uint8_t sum = 0;
	struct capture *capture;
	struct frame frame;
	FILE *stream;
	size_t i;

	stream = size ? fmemopen((void *)bytes, size, "r") : NULL;
	if (!stream || capture_open_stream(&capture, stream, "fuzz", NULL))
		return 0;
	while (capture_next(capture, &frame, NULL) == 1) {
		if (frame.captured > frame.length)
			abort();
		for (i = 0; i < frame.captured; i++)
			sum = sum ^ frame.bytes[i];
	}
	capture_free(capture);
	return 0;
}
