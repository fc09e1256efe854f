/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines out of a stream, in place: ended by LF, a CR before it left out, of any bytes. A line longer than
 * LINE_BYTES_MAX is handed out once, cut, and its tail is skipped: where a line is cut depends on its bytes alone,
 * never on how they arrived. */
#ifndef GATEPOST_LINE_H
#define GATEPOST_LINE_H

#include "user/read/span.h"
#include "user/read/stream.h"

#define LINE_BYTES_MAX 2048

struct line_reader {
	bool skipping; /* the tail of a line that was cut */
};

struct line {
	struct span text; /* valid until the stream is touched */
	size_t bytes; /* of the stream, to consume when done with it */
	bool cut;
};

bool line_next(struct line_reader *reader, struct stream *stream, struct line *ret_line);
/* Bytes were lost: what comes next is taken for the start of a line, as packets mostly are. */
void line_restart(struct line_reader *reader);

#endif
