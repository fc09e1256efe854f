/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/read/hello_memo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/read/hello.h"

#define PLACES 1024 /* a power of two; servers times clients: some hundred different hellos at a farm */
#define HEADER_BYTES 4
#define RANDOM_BYTES 32
/* Extensions whose body differs from one hello to the next (RFC 8446, 4.2; RFC 5077). */
#define EXTENSION_TICKET 35
#define EXTENSION_PRE_SHARED_KEY 41
#define EXTENSION_COOKIE 44
#define EXTENSION_KEY_SHARE 51

struct hello_memo {
	size_t answer_bytes;
	uint8_t *answer; /* one a place */
	struct hello_key key[PLACES]; /* bytes 0: none */
};

static size_t get(const uint8_t *bytes, size_t at, int width)
{
	size_t value = 0;

	while (width--)
		value = value << 8 | bytes[at++];
	return value;
}

/* A vector with its length in front: behind it, or 0 when it does not fit. */
static size_t behind_vector(const uint8_t *message, size_t bytes, size_t at, int width)
{
	size_t end;

	if (!at || at + (size_t)width > bytes)
		return 0;
	end = at + (size_t)width + get(message, at, width);
	return end <= bytes ? end : 0;
}

static bool is_of_one_hello(size_t type)
{
	return type == EXTENSION_TICKET || type == EXTENSION_PRE_SHARED_KEY || type == EXTENSION_COOKIE ||
	       type == EXTENSION_KEY_SHARE;
}

/* False: they do not end where the record does. */
static bool blank_extensions(uint8_t *message, size_t bytes, size_t at)
{
	if (at + 2 > bytes || at + 2 + get(message, at, 2) != bytes)
		return at == bytes; /* none at all */
	for (at += 2; at + 4 <= bytes;) {
		const size_t type = get(message, at, 2), end = behind_vector(message, bytes, at + 2, 2);

		if (!end)
			return false;
		if (is_of_one_hello(type))
			memset(message + at + 4, 0, end - at - 4);
		at = end;
	}
	return at == bytes;
}

static bool blank(uint8_t *message, size_t bytes)
{
	const size_t session = HEADER_BYTES + 2 + RANDOM_BYTES;
	size_t at = behind_vector(message, bytes, session, 1);

	if (!at)
		return false;
	memset(message + HEADER_BYTES + 2, 0, RANDOM_BYTES);
	memset(message + session + 1, 0, at - session - 1);
	at = behind_vector(message, bytes, at, 2); /* ciphers */
	at = behind_vector(message, bytes, at, 1); /* compression */
	return at && blank_extensions(message, bytes, at);
}

bool hello_key_fill(struct hello_key *key, const uint8_t *message, size_t length)
{
	if (length < HEADER_BYTES || length > sizeof(key->message) || message[0] != HELLO_CLIENT ||
	    get(message, 1, 3) + HEADER_BYTES != length)
		return false;
	memcpy(key->message, message, length);
	memset(key->message + length, 0, sizeof(key->message) - length);
	key->bytes = (uint16_t)length;
	return blank(key->message, length);
}

int hello_memo_new(struct hello_memo **ret_memo, size_t answer_bytes)
{
	struct hello_memo *memo = calloc(1, sizeof(*memo));

	if (memo)
		memo->answer = calloc(PLACES, answer_bytes);
	if (!memo || !memo->answer) {
		hello_memo_free(memo);
		return -ENOMEM;
	}
	memo->answer_bytes = answer_bytes;
	*ret_memo = memo;
	return 0;
}

void hello_memo_free(struct hello_memo *memo)
{
	if (!memo)
		return;
	free(memo->answer);
	free(memo);
}

/* FNV-1a, a word at a time. Whose hellos share a place has them taken apart each time, as without a memo. */
static size_t place_of(const struct hello_key *key)
{
	uint64_t hash = 0xcbf29ce484222325, word;

	for (size_t at = 0; at < key->bytes; at += sizeof(word)) {
		memcpy(&word, key->message + at, sizeof(word));
		hash = (hash ^ word) * 0x100000001b3;
		hash ^= hash >> 32;
	}
	memcpy(&word, key->beside, sizeof(word));
	hash = (hash ^ word) * 0x100000001b3;
	return (hash ^ hash >> 32) % PLACES;
}

const void *hello_memo_find(const struct hello_memo *memo, const struct hello_key *key)
{
	const size_t place = place_of(key);

	if (memo->key[place].bytes != key->bytes || memcmp(&memo->key[place], key, sizeof(*key)))
		return NULL;
	return memo->answer + place * memo->answer_bytes;
}

void hello_memo_add(struct hello_memo *memo, const struct hello_key *key, const void *answer)
{
	const size_t place = place_of(key);

	memo->key[place] = *key;
	memcpy(memo->answer + place * memo->answer_bytes, answer, memo->answer_bytes);
}
