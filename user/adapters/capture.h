/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames from a capture file or a live interface, and the only file that knows libpcap. Whatever the link type, a
 * frame leaves here with an Ethernet header (made up where the link has none). */
#ifndef GATEPOST_CAPTURE_H
#define GATEPOST_CAPTURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "user/core/fault.h"

struct capture;

struct frame {
	uint64_t time_ns; /* since 1970, as the capture has it: may go backwards */
	const uint8_t *bytes; /* valid until the next call */
	size_t captured; /* bytes here; may be less than an Ethernet header */
	size_t length; /* bytes on the wire */
};

/* "-" is standard input; gzip and zstd are unpacked. -ENOENT, -EACCES, -EINVAL (not a capture), -ENOTSUP (link type).
 */
int capture_open_file(struct capture **ret_capture, const char *path, struct fault *fault);
/* The same from an open stream, which is taken over also on errors; `name` stands in the faults. */
int capture_open_stream(struct capture **ret_capture, FILE *stream, const char *name, struct fault *fault);
/* Live, non-blocking, with a kernel filter for the ports. -ENODEV, -EPERM, -ENETDOWN, -ENOTSUP. */
int capture_open_interface(struct capture **ret_capture, const char *interface, const uint16_t *ports,
			   size_t ports_count, struct fault *fault);
void capture_free(struct capture *capture);

/* 1: a frame; 0: none now (live) or the end (file); -EBADMSG: nothing more can be read of the file, with `fault`
 * saying where and why; -EIO: the
 * interface is gone (live). */
int capture_next(struct capture *capture, struct frame *ret_frame, struct fault *fault);
uint64_t capture_frames(const struct capture *capture); /* so far */
/* How far a file has been read, as it lies there (a compressed one is longer when unpacked); a total of 0: not known.
 */
void capture_progress(const struct capture *capture, uint64_t *ret_read_bytes, uint64_t *ret_total_bytes);
int capture_fd(const struct capture *capture); /* live only */
uint64_t capture_lost(const struct capture *capture); /* frames the kernel dropped (live) */

#endif
