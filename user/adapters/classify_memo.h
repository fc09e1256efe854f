/* SPDX-License-Identifier: BSD-2-Clause */
/* What was found out about a client's hello, for the next one that is the same but for what is random in every hello. A
 * program that logs in a thousand times says the same thing a thousand times, and taking it apart is most of what
 * classifying costs. Exact: equal keys are equal bytes, so that nobody can be taken for somebody else. Bounded: a new
 * hello takes the place of an old one. */
#ifndef GATEPOST_CLASSIFY_MEMO_H
#define GATEPOST_CLASSIFY_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/adapters/classify.h"

#define MEMO_HELLO_BYTES 1024 /* of a record; longer ones are not remembered */

/* All that the answer may depend on; unused bytes are 0. */
struct memo_key {
	uint16_t network[2]; /* of client and server: whose nDPI thinks they are */
	uint16_t port[2]; /* of the client: 0 for one that says nothing */
	uint16_t bytes; /* of the record */
	uint8_t record[MEMO_HELLO_BYTES]; /* without random, session, keys and tickets */
};

/* Fills `record` and `bytes`. False: it is no client's hello, whole and alone in its record, or too long. */
bool memo_key_hello(struct memo_key *key, const uint8_t *record, size_t captured);

struct memo;

int memo_new(struct memo **ret_memo); /* -ENOMEM */
void memo_free(struct memo *memo);
const struct classification *memo_find(const struct memo *memo, const struct memo_key *key); /* NULL */
void memo_add(struct memo *memo, const struct memo_key *key, const struct classification *known);

#endif
