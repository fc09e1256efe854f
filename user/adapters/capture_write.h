/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet frames into a pcap file, with nanoseconds. */
#ifndef GATEPOST_CAPTURE_WRITE_H
#define GATEPOST_CAPTURE_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "user/core/fault.h"

struct capture_writer;

/* `path` "-": standard output. Overwrites. -errno with the words in `fault`. */
int capture_writer_new(struct capture_writer **ret_writer, const char *path, struct fault *fault);
void capture_write(struct capture_writer *writer, uint64_t time_ns, const uint8_t *frame, size_t length);
/* Says whether all was written: a full disk is found out here at the latest. Frees the writer in any case. */
int capture_writer_close(struct capture_writer *writer, struct fault *fault);

#endif
