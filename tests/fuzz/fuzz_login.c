/* SPDX-License-Identifier: BSD-2-Clause */
/* Hostile dialogues. The first byte picks the service; then come turns: a byte whose top bit says who speaks, then
 * text up to the next 0xff. What must hold: nothing breaks, no more attempts than lines, and the same outcomes
 * however each turn is cut into segments. */
#include <stdlib.h>
#include <string.h>

#include "user/read/login.h"

#define OUTCOMES_MAX 4096
#define TURN_END 0xff

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct heard {
	unsigned int count;
	struct attempt attempt[OUTCOMES_MAX];
};

static uint64_t hash(const void *key, const void *bytes, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	(void)key;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ULL;
	return hash ? hash : 1;
}

static void on_attempt(void *context, const struct attempt *attempt)
{
	struct heard *heard = context;

	if (attempt->n != heard->count + 1 || heard->count == OUTCOMES_MAX)
		abort();
	heard->attempt[heard->count++] = *attempt;
}

struct talk {
	struct login *login;
	struct stream *stream[2];
	uint32_t seq[2];
};

static void segment(struct talk *talk, int from, const uint8_t *bytes, size_t offset, size_t length)
{
	stream_add(talk->stream[from], talk->seq[from] + (uint32_t)offset, bytes + offset, length, length);
	login_read(talk->login, talk->stream[0], talk->stream[1]);
}

/* `cut` 0: each turn at once; else in segments of that size, every other pair swapped and one of them twice. */
static void turn(struct talk *talk, int from, const uint8_t *bytes, size_t length, size_t cut)
{
	stream_acknowledged(talk->stream[!from], talk->seq[!from]);
	if (!cut)
		cut = length ? length : 1;
	for (size_t at = 0; at < length; at += 2 * cut) {
		const size_t first = length - at < cut ? length - at : cut;
		const size_t second = length - at - first < cut ? length - at - first : cut;

		if (cut < length && second)
			segment(talk, from, bytes, at + first, second);
		segment(talk, from, bytes, at, first);
		if (second)
			segment(talk, from, bytes, at + first, second);
	}
	talk->seq[from] += (uint32_t)length;
}

static void play(const uint8_t *bytes, size_t size, size_t cut, struct heard *heard)
{
	static const enum gp_service services[] = {GP_SERVICE_IMAP, GP_SERVICE_POP3, GP_SERVICE_SUBMISSION};
	const struct digest digest = {.hash = hash};
	struct talk talk = {.seq = {0xffffff80u, 0x80u}};

	heard->count = 0;
	if (login_new(&talk.login, services[bytes[0] % 3], digest, on_attempt, heard))
		abort();
	for (int i = 0; i < 2; i++) {
		if (stream_new(&talk.stream[i]))
			abort();
		stream_begin(talk.stream[i], talk.seq[i]);
	}
	for (size_t at = 1; at < size;) {
		const uint8_t *text = bytes + at + 1, *end = memchr(text, TURN_END, size - at - 1);
		const size_t length = end ? (size_t)(end - text) : size - at - 1;

		/* the window is the one thing that may be full or not, depending on the cuts: stay within */
		turn(&talk, bytes[at] >> 7, text, length < 1500 ? length : 1500, cut);
		at += length + 2;
	}
	login_end(talk.login);
	login_free(talk.login);
	stream_free(talk.stream[0]);
	stream_free(talk.stream[1]);
}

static void compare(const struct heard *a, const struct heard *b)
{
	if (a->count != b->count)
		abort();
	for (unsigned int i = 0; i < a->count; i++) {
		if (a->attempt[i].outcome != b->attempt[i].outcome || a->attempt[i].account != b->attempt[i].account ||
		    a->attempt[i].credential != b->attempt[i].credential ||
		    strcmp(a->attempt[i].mechanism, b->attempt[i].mechanism))
			abort();
	}
}

static size_t lines(const uint8_t *bytes, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += bytes[i] == '\n';
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct heard whole, cut;

	/* what waits unread (pipelined behind an answer that never comes) must fit the window as well */
	if (size < 2 || size > 3500)
		return -1;
	play(bytes, size, 0, &whole);
	if (whole.count > lines(bytes, size))
		abort();
	play(bytes, size, 1, &cut);
	compare(&whole, &cut);
	play(bytes, size, 7, &cut);
	compare(&whole, &cut);
	return 0;
}
