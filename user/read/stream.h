/* SPDX-License-Identifier: BSD-2-Clause */
/* One direction of a TCP connection as its reader wants it: bytes in order, each once.
 *
 * Bounded on purpose: a window of STREAM_WINDOW_BYTES ahead of what has been read, a few pieces out of order. A
 * retransmission or an overlap never changes a byte that is here (the first copy wins, as in the Linux receive
 * queue for bytes already delivered). What is lost for good is skipped: the reader is told how much. The window
 * takes memory only while bytes wait in it. */
#ifndef GATEPOST_STREAM_H
#define GATEPOST_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_WINDOW_BYTES 4096
#define STREAM_PIECES 8

struct stream;

int stream_new(struct stream **ret_stream); /* -ENOMEM */
/* Tell from now on when bytes that were read come again and are others. `key` is secret. -ENOMEM: it will not. */
int stream_trace(struct stream *stream, uint64_t key);
void stream_free(struct stream *stream); /* NULL is fine; wipes the bytes: a password may be among them */

/* The sequence number of the first byte to come (ISN + 1). Without it the first piece added starts the stream.
 * A second call changes nothing: a SYN is retransmitted too. */
void stream_begin(struct stream *stream, uint32_t seq);

/* A segment: `length` bytes on the wire at `seq`, of which `captured` are here. The missing tail is a hole.
 * Bytes before the read position are dropped. Bytes beyond the window make the stream skip ahead, but only when
 * there is a hole at the read position and either it was acknowledged or acknowledgements are never seen: a
 * segment that the receiver refuses must not make us lose those that it takes. */
void stream_add(struct stream *stream, uint32_t seq, const uint8_t *bytes, size_t captured, size_t length);

/* The other end acknowledged everything before `ack`: a hole before it was seen by the receiver but not by us,
 * and will not come again. Call it for every packet of the other direction that has ACK set: it is also how a
 * reader learns that this direction never comes by here. */
void stream_acknowledged(struct stream *stream, uint32_t ack);

/* The bytes that can be read now, in order; 0 when there is a hole first. Valid until the next call. */
size_t stream_peek(const struct stream *stream, const uint8_t **ret_bytes);
void stream_consume(struct stream *stream, size_t length); /* wipes them */

/* Bytes lost before the read position since the last call: the reader has to find its feet again. */
size_t stream_lost(struct stream *stream);

/* Bytes came twice and were not the same, since the last call: what the receiver took is anybody's guess. */
bool stream_forked(struct stream *stream);

/* More bytes are here, but behind a hole that will not be filled: who cannot use what stream_peek gives may as
 * well give it up. */
bool stream_stuck(const struct stream *stream);
/* Give up what is unread and the acknowledged hole behind it. Returns how many bytes that was (stream_lost counts
 * them too), 0 when nothing acknowledged is missing. */
size_t stream_give_up(struct stream *stream);

#endif
