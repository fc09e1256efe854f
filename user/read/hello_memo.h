/* SPDX-License-Identifier: BSD-2-Clause */
/* What was found out about a client's hello, for the next one that is the same but for what is random in every hello. A
 * program that logs in a thousand times says the same thing a thousand times, and taking it apart costs more than all
 * else that is done for a connection. Exact: equal keys are equal bytes, so that nobody can be taken for somebody else.
 * Bounded: a new hello takes the place of an old one. */
#ifndef GATEPOST_HELLO_MEMO_H
#define GATEPOST_HELLO_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HELLO_MEMO_BYTES 1024 /* of a message; longer ones are not remembered */

/* All that the answer may depend on. */
struct hello_key {
	uint16_t beside[4]; /* what counts besides the message; the asker's business */
	uint16_t bytes; /* of the message */
	uint8_t message[HELLO_MEMO_BYTES]; /* without random, session, keys and tickets; then 0 */
};

/* Fills `message` and `bytes` from a handshake message with its header. False: it is no client's hello that is whole,
 * or too long. */
bool hello_key_fill(struct hello_key *key, const uint8_t *message, size_t length);

struct hello_memo;

int hello_memo_new(struct hello_memo **ret_memo, size_t answer_bytes); /* -ENOMEM */
void hello_memo_free(struct hello_memo *memo);
const void *hello_memo_find(const struct hello_memo *memo, const struct hello_key *key); /* NULL */
void hello_memo_add(struct hello_memo *memo, const struct hello_key *key, const void *answer);

#endif
