/* SPDX-License-Identifier: BSD-2-Clause */
/* How far a long replay is, in a line for a terminal. Draws nothing and reads no clock. */
#ifndef GATEPOST_REPLAY_PROGRESS_H
#define GATEPOST_REPLAY_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct progress {
	uint64_t elapsed_ns;
	uint64_t packets;
	uint64_t read_bytes, total_bytes; /* of the files; a total of 0: not known */
};

/* "[######----------]  37 %  1.1 of 2.9 GiB  4.2 M packets  410 k/s  0:18 left", cut to `size`; returns `text`. */
const char *progress_text(const struct progress *progress, char *text, size_t size);

#endif
