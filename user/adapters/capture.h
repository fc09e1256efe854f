/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames from a capture file or a live interface, and the only file that knows libpcap. Whatever the link type, a
 * frame leaves here with an Ethernet header (made up where the link has none). */
#ifndef GATEPOST_CAPTURE_H
#define GATEPOST_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "user/core/fault.h"

struct capture;

struct frame {
	uint64_t time_ns; /* since 1970 */
	const uint8_t *bytes; /* valid until the next call */
	size_t captured; /* bytes here */
	size_t length; /* bytes on the wire */
};

/* "-" is standard input. -ENOENT, -EACCES, -EINVAL (not a capture), -ENOTSUP (link type). */
int capture_open_file(struct capture **ret_capture, const char *path, struct fault *fault);
/* Live, non-blocking, with a kernel filter for the ports. */
int capture_open_interface(struct capture **ret_capture, const char *interface, const uint16_t *ports,
			   size_t ports_count, struct fault *fault);
void capture_free(struct capture *capture);

/* 1: a frame; 0: none now (live) or the end (file); -EBADMSG: the file is damaged from here on, with `fault`. */
int capture_next(struct capture *capture, struct frame *ret_frame, struct fault *fault);
int capture_fd(const struct capture *capture); /* live only */
uint64_t capture_lost(const struct capture *capture); /* frames the kernel dropped (live) */

#endif
