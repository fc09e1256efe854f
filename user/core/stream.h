/* SPDX-License-Identifier: BSD-2-Clause */
/* One direction of a TCP connection as its reader wants it: bytes in order, each once.
 *
 * Bounded on purpose: a window of STREAM_WINDOW_BYTES ahead of what has been read, a few pieces out of order. A
 * retransmission or an overlap never changes a byte that has been taken (the first copy wins, as in the Linux
 * receive queue for bytes already delivered). What is lost for good is skipped: the reader is told how much. */
#ifndef GATEPOST_STREAM_H
#define GATEPOST_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_WINDOW_BYTES 4096
#define STREAM_PIECES 8

struct stream;

int stream_new(struct stream **ret_stream); /* -ENOMEM */
void stream_free(struct stream *stream); /* NULL is fine; wipes the bytes: a password may be among them */

/* The sequence number of the first byte to come (ISN + 1). Without it the first piece added starts the stream. */
void stream_begin(struct stream *stream, uint32_t seq);

/* A segment: `length` bytes on the wire at `seq`, of which `captured` are here. The missing tail is a hole.
 * Bytes before the read position are dropped, bytes beyond the window make the stream skip ahead. */
void stream_add(struct stream *stream, uint32_t seq, const uint8_t *bytes, size_t captured, size_t length);

/* The other end acknowledged everything before `ack`: a hole before it was seen by the receiver but not by us,
 * and will not come again. */
void stream_acknowledged(struct stream *stream, uint32_t ack);

/* The bytes that can be read now, in order; 0 when there is a hole first. Valid until the next call. */
size_t stream_peek(const struct stream *stream, const uint8_t **ret_bytes);
void stream_consume(struct stream *stream, size_t length); /* wipes them */

/* Bytes lost before the read position since the last call: the reader has to find its feet again. */
size_t stream_lost(struct stream *stream);

#endif
