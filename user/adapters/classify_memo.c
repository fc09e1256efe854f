/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/classify_memo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 256 /* a power of two; a farm's clients send some dozens of different hellos */
#define HEADERS_BYTES 9 /* of record and message */
#define RANDOM_BYTES 32
#define TYPE_RECORD 0x16
#define TYPE_CLIENT_HELLO 1
/* Extensions whose body differs from one hello to the next (RFC 8446, 4.2; RFC 5077). */
#define EXTENSION_TICKET 35
#define EXTENSION_PRE_SHARED_KEY 41
#define EXTENSION_COOKIE 44
#define EXTENSION_KEY_SHARE 51

struct entry {
	struct memo_key key; /* bytes 0: none */
	struct classification known;
};

struct memo {
	struct entry place[PLACES];
};

static size_t get(const uint8_t *bytes, size_t at, int width)
{
	size_t value = 0;

	while (width--)
		value = value << 8 | bytes[at++];
	return value;
}

/* A vector with its length in front: behind it, or 0 when it does not fit. */
static size_t behind_vector(const uint8_t *record, size_t bytes, size_t at, int width)
{
	size_t end;

	if (!at || at + (size_t)width > bytes)
		return 0;
	end = at + (size_t)width + get(record, at, width);
	return end <= bytes ? end : 0;
}

static bool is_of_one_hello(size_t type)
{
	return type == EXTENSION_TICKET || type == EXTENSION_PRE_SHARED_KEY || type == EXTENSION_COOKIE ||
	       type == EXTENSION_KEY_SHARE;
}

/* False: they do not end where the record does. */
static bool blank_extensions(uint8_t *record, size_t bytes, size_t at)
{
	if (at + 2 > bytes || at + 2 + get(record, at, 2) != bytes)
		return at == bytes; /* none at all */
	for (at += 2; at + 4 <= bytes;) {
		const size_t type = get(record, at, 2), end = behind_vector(record, bytes, at + 2, 2);

		if (!end)
			return false;
		if (is_of_one_hello(type))
			memset(record + at + 4, 0, end - at - 4);
		at = end;
	}
	return at == bytes;
}

static bool blank(uint8_t *record, size_t bytes)
{
	const size_t session = HEADERS_BYTES + 2 + RANDOM_BYTES;
	size_t at = behind_vector(record, bytes, session, 1);

	if (!at)
		return false;
	memset(record + HEADERS_BYTES + 2, 0, RANDOM_BYTES);
	memset(record + session + 1, 0, at - session - 1);
	at = behind_vector(record, bytes, at, 2); /* ciphers */
	at = behind_vector(record, bytes, at, 1); /* compression */
	return at && blank_extensions(record, bytes, at);
}

bool memo_key_hello(struct memo_key *key, const uint8_t *record, size_t captured)
{
	if (captured < HEADERS_BYTES || captured > sizeof(key->record) || record[0] != TYPE_RECORD ||
	    record[5] != TYPE_CLIENT_HELLO || get(record, 3, 2) + 5 != captured || get(record, 6, 3) + 9 != captured)
		return false;
	memcpy(key->record, record, captured);
	memset(key->record + captured, 0, sizeof(key->record) - captured);
	key->bytes = (uint16_t)captured;
	return blank(key->record, captured);
}

int memo_new(struct memo **ret_memo)
{
	struct memo *memo = calloc(1, sizeof(*memo));

	if (!memo)
		return -ENOMEM;
	*ret_memo = memo;
	return 0;
}

void memo_free(struct memo *memo)
{
	free(memo);
}

/* FNV-1a, a word at a time. Who makes hellos that share a place only makes them cost what they cost without it. */
static size_t place_of(const struct memo_key *key)
{
	uint64_t hash = 0xcbf29ce484222325, word;

	for (size_t at = 0; at < key->bytes; at += sizeof(word)) {
		memcpy(&word, key->record + at, sizeof(word));
		hash = (hash ^ word) * 0x100000001b3;
		hash ^= hash >> 32;
	}
	return (hash ^ key->port[1]) % PLACES;
}

const struct classification *memo_find(const struct memo *memo, const struct memo_key *key)
{
	const struct entry *entry = &memo->place[place_of(key)];

	return memcmp(&entry->key, key, sizeof(*key)) ? NULL : &entry->known;
}

void memo_add(struct memo *memo, const struct memo_key *key, const struct classification *known)
{
	struct entry *entry = &memo->place[place_of(key)];

	entry->key = *key;
	entry->known = *known;
}
