/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds line ends in what a stream has to offer. Does not copy. */
#include "user/read/line.h"

/* Returns true when the tail is over. */
static bool tail_skip(struct stream *stream)
{
	const uint8_t *bytes = NULL;
	size_t length;

	while ((length = stream_peek(stream, &bytes))) {
		const size_t end = span_find(span_of(bytes, length), '\n');

		stream_consume(stream, end < length ? end + 1 : length);
		if (end < length)
			return true;
	}
	return false;
}

bool line_next(struct line_reader *reader, struct stream *stream, struct line *ret_line)
{
	const uint8_t *bytes = NULL;
	size_t length, end;

	if (reader->skipping && !tail_skip(stream))
		return false;
	reader->skipping = false;
	length = stream_peek(stream, &bytes);
	if (length > LINE_BYTES_MAX)
		length = LINE_BYTES_MAX;
	end = span_find(span_of(bytes, length), '\n');
	if (end == length && length < LINE_BYTES_MAX)
		return false;
	ret_line->cut = end == length;
	ret_line->bytes = ret_line->cut ? length : end + 1;
	if (!ret_line->cut && end && bytes[end - 1] == '\r')
		end--;
	ret_line->text = span_of(bytes, end);
	reader->skipping = ret_line->cut;
	return true;
}

void line_restart(struct line_reader *reader)
{
	reader->skipping = false;
}
