/* SPDX-License-Identifier: BSD-2-Clause */
/* Each row is played whole, line by line, byte by byte, in shuffled overlapping segments, and with only one of the
 * two directions. Cause precedes effect everywhere but in "whole". */
#include "tests/support/transcript.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#define BYTES_MAX 16384
#define SEGMENTS_MAX 512
#define SHUFFLES 40

enum way { WAY_WHOLE, WAY_LINES, WAY_BYTES, WAY_SHUFFLED, WAY_COMMANDS, WAY_REPLIES };
static const char *const way_names[] = {"whole",    "line by line",  "byte by byte",
					"shuffled", "commands only", "replies only"};

struct side {
	struct stream *stream;
	uint32_t first, next; /* sequence numbers */
	uint8_t sent[BYTES_MAX]; /* for overlaps */
};

struct player {
	struct login *login;
	struct side side[2]; /* 0: the client's */
	unsigned int random;
	char outcomes[64];
	struct attempt attempt[64];
	unsigned int attempts;
};

static uint64_t fnv(const void *key, const void *bytes, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	(void)key;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ULL;
	return hash ? hash : 1;
}

struct digest transcript_digest(void)
{
	return (struct digest){.hash = fnv};
}

static void on_attempt(void *context, const struct attempt *attempt)
{
	struct player *player = context;

	assert_in_range(player->attempts, 0, 62);
	assert_int_equal(attempt->n, player->attempts + 1);
	assert_non_null(attempt->mechanism);
	player->outcomes[player->attempts] = outcome_letter(attempt->outcome);
	player->attempt[player->attempts++] = *attempt;
}

static unsigned int draw(struct player *player, unsigned int below)
{
	player->random = player->random * 1103515245u + 12345u;
	return (player->random >> 16) % below;
}

static void player_open(struct player *player, const struct transcript *row, unsigned int seed)
{
	memset(player, 0, sizeof(*player));
	player->random = seed;
	assert_int_equal(login_new(&player->login, row->service, transcript_digest(), on_attempt, player), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(stream_new(&player->side[i].stream), 0);
		/* so that sequence numbers wrap on the way */
		player->side[i].first = player->side[i].next = 0xffffff00u + (uint32_t)i * 100;
		stream_begin(player->side[i].stream, player->side[i].first);
	}
}

static void player_close(struct player *player)
{
	login_end(player->login);
	login_free(player->login);
	stream_free(player->side[0].stream);
	stream_free(player->side[1].stream);
}

static void player_read(struct player *player)
{
	login_read(player->login, player->side[0].stream, player->side[1].stream);
}

static void send(struct player *player, int from, uint32_t seq, size_t length)
{
	struct side *side = &player->side[from];

	stream_add(side->stream, seq, side->sent + (seq - side->first), length, length);
}

static void shuffle_segments(struct player *player, int from, uint32_t start, uint32_t end)
{
	struct {
		uint32_t seq, length;
	} segment[SEGMENTS_MAX], swap;
	unsigned int count = 0;

	for (uint32_t seq = start; seq != end && count < SEGMENTS_MAX - 2;) {
		const uint32_t left = end - seq, back = draw(player, seq - player->side[from].first < 8 ? 1 : 8);
		/* few pieces out of order fit: keep them large enough */
		uint32_t length = 1 + draw(player, left > 120 ? left / 4 : 40);

		length = length < left ? length : left;
		segment[count].seq = seq - back;
		segment[count++].length = length + back;
		if (!draw(player, 4)) {
			segment[count] = segment[count - 1];
			count++;
		}
		seq += length;
	}
	for (unsigned int i = 0; i + 1 < count; i++) {
		const unsigned int other = i + draw(player, count - i < 6 ? count - i : 6);

		swap = segment[i];
		segment[i] = segment[other];
		segment[other] = swap;
	}
	for (unsigned int i = 0; i < count; i++) {
		send(player, from, segment[i].seq, segment[i].length);
		player_read(player);
	}
}

/* Put a run of bytes of one direction on the wire. */
static void play_run(struct player *player, enum way way, int from, const uint8_t *bytes, size_t length)
{
	struct side *side = &player->side[from];
	const uint32_t start = side->next;

	if (!length || (way == WAY_COMMANDS && from == 1) || (way == WAY_REPLIES && from == 0)) {
		side->next += (uint32_t)length;
		return;
	}
	assert_in_range(side->next - side->first + length, 1, BYTES_MAX);
	memcpy(side->sent + (start - side->first), bytes, length);
	side->next += (uint32_t)length;
	if (way != WAY_WHOLE)
		stream_acknowledged(player->side[!from].stream, player->side[!from].next);
	if (way == WAY_SHUFFLED) {
		shuffle_segments(player, from, start, side->next);
	} else if (way == WAY_BYTES) {
		for (uint32_t seq = start; seq != side->next; seq++) {
			send(player, from, seq, 1);
			player_read(player);
		}
	} else {
		send(player, from, start, length);
		if (way != WAY_WHOLE)
			player_read(player);
	}
}

static void play(struct player *player, const struct transcript *row, enum way way)
{
	uint8_t run[BYTES_MAX];
	size_t length = 0;

	for (int i = 0; row->lines[i]; i++) {
		const char *line = row->lines[i], *after = row->lines[i + 1];
		const size_t text = strlen(line + 2);
		const bool whole_line = line[0] == 'C' || line[0] == 'S';
		const int from = line[0] == 'S' || line[0] == 's';

		memcpy(run + length, line + 2, text);
		length += text;
		if (whole_line) {
			memcpy(run + length, "\r\n", 2);
			length += 2;
		}
		/* what one side says in one breath is one run */
		if (way != WAY_LINES && after && from == (after[0] == 'S' || after[0] == 's'))
			continue;
		play_run(player, way, from, run, length);
		length = 0;
	}
	player_read(player);
}

static void check_details(const struct player *player, const struct transcript *row)
{
	const struct attempt *first = &player->attempt[0], *last = first;
	char folded[512] = "";

	if (!player->attempts)
		return;
	last += player->attempts - 1;
	if (row->mechanism)
		assert_string_equal(last->mechanism, row->mechanism);
	for (size_t i = 0; row->account && row->account[i]; i++)
		folded[i] = row->account[i] >= 'A' && row->account[i] <= 'Z' ? row->account[i] + 32 : row->account[i];
	if (row->account)
		assert_int_equal(last->account, *folded ? fnv(NULL, folded, strlen(folded)) : 0);
	if (row->accounts != SAME_ANY)
		assert_int_equal(first[0].account == first[1].account, row->accounts == SAME_YES);
	if (row->credentials == SAME_YES)
		assert_int_not_equal(first[0].credential, 0);
	if (row->credentials != SAME_ANY)
		assert_int_equal(first[0].credential == first[1].credential, row->credentials == SAME_YES);
}

static void check_way(const struct transcript *row, enum way way, unsigned int seed)
{
	static struct player player; /* large; one at a time */
	char unknown[64] = "";
	const char *wanted = row->outcomes;
	enum login_state state;

	if (way == WAY_COMMANDS)
		wanted = row->commands_only ? row->commands_only : memset(unknown, 'U', strlen(row->outcomes));
	if (way == WAY_REPLIES)
		wanted = row->replies_only;
	player_open(&player, row, seed);
	play(&player, row, way);
	state = login_read(player.login, player.side[0].stream, player.side[1].stream);
	player_close(&player);
	if (!wanted)
		return;
	if (strcmp(player.outcomes, wanted))
		fail_msg("%s (%s, seed %u): got \"%s\", want \"%s\"", row->claim, way_names[way], seed, player.outcomes,
			 wanted);
	if (way != WAY_COMMANDS && way != WAY_REPLIES && state != row->state)
		fail_msg("%s (%s, seed %u): state %d, want %d", row->claim, way_names[way], seed, state, row->state);
	if (way != WAY_REPLIES && !(way == WAY_COMMANDS && row->commands_only))
		check_details(&player, row);
}

void transcript_check(const struct transcript *row)
{
	print_message("  %s\n", row->claim);
	check_way(row, WAY_WHOLE, 0);
	check_way(row, WAY_LINES, 0);
	check_way(row, WAY_BYTES, 0);
	for (unsigned int seed = 1; seed <= SHUFFLES; seed++)
		check_way(row, WAY_SHUFFLED, seed);
	check_way(row, WAY_COMMANDS, 0);
	check_way(row, WAY_REPLIES, 0);
}
