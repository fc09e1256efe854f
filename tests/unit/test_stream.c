/* SPDX-License-Identifier: BSD-2-Clause */
/* One direction of TCP in pieces: what is read back, and what is given up. Rows are little stories:
 *   +SEQ:text   a segment            ~SEQ:text:N  a segment of N bytes of which only the text was captured
 *   aSEQ        an acknowledgement   rTEXT        what reading all now gives
 *   lN          bytes lost, told     gN           giving up gains N */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user/read/stream.h"

#define FIRST 0xfffffffau /* six bytes before the sequence numbers wrap */
#define STEPS_MAX 16

struct row {
	const char *claim;
	const char *step[STEPS_MAX];
};

static const struct row rows[] = {
	{"in order", {"+0:abc", "+3:def", "rabcdef", "l0"}},
	{"over the wrap of sequence numbers", {"+0:abcd", "+4:efgh", "+8:ij", "rabcdefghij"}},
	{"out of order", {"+3:def", "r", "+0:abc", "rabcdef", "l0"}},
	{"a retransmission is read once", {"+0:abc", "rabc", "+0:abc", "r", "+3:d", "rd"}},
	{"an overlap gives only what is new", {"+0:abc", "rabc", "+1:bcde", "rde"}},
	{"the first copy of a waiting byte wins", {"+3:def", "+0:abcXXXg", "rabcdefg"}},
	{"the first copy wins from the left too", {"+2:cd", "+3:Xef", "+0:ab", "rabcdef"}},
	{"a piece inside a piece changes nothing", {"+0:abcdef", "+2:XX", "rabcdef"}},
	{"a piece around pieces fills the holes", {"+1:b", "+3:d", "+5:f", "+0:XXXXXXX", "rXbXdXfX"}},
	{"a hole waits to be filled", {"+0:ab", "rab", "+4:ef", "r", "l0", "+2:cd", "rcdef", "l0"}},
	{"an acknowledged hole is skipped and told", {"+4:ef", "a2", "r", "a6", "ref", "l4", "l0"}},
	{"acknowledged bytes that are here are not lost", {"+0:abcd", "a4", "rabcd", "l0"}},
	{"a hole behind unread bytes waits for the reader", {"+0:ab", "+4:ef", "a6", "rabef", "l2"}},
	{"a captured head with its tail cut off: the tail will not come", {"~0:abc:10", "+10:z", "rabcz", "l7"}},
	{"a cut tail behind a hole is no news of the hole",
	 {"~3:d:9", "+9:z", "r", "+0:abc", "rabcd", "a10", "rz", "l5"}},
	{"nothing missing, nothing to give up", {"+0:ab", "g0", "a2", "g0", "rab", "g0"}},
	{"replies that are only acknowledged can be given up", {"a7", "g7", "l7", "+7:x", "rx"}},
	{"giving up ends at bytes that can be read", {"+0:ab", "+4:ef", "a9", "g4", "ref", "g3"}},
	{"bytes that come after they were given up are read after all",
	 {"a7", "g7", "+0:abc", "rabc", "+3:defg", "rdefg"}},
	{"... but not once something behind them was read", {"a7", "g7", "+7:x", "rx", "+0:abc", "r"}},
	{"a segment from far outside changes nothing", {"+1500000000:zzz", "+0:abc", "rabc"}},
};

static uint32_t seq_of(const char *text, const char **ret_rest)
{
	char *end;
	const unsigned long offset = strtoul(text, &end, 10);

	*ret_rest = *end == ':' ? end + 1 : end;
	return FIRST + (uint32_t)offset;
}

static void check_read(struct stream *stream, const char *claim, const char *wanted)
{
	char got[64] = "";
	size_t length, total = 0;
	const uint8_t *bytes;

	while ((length = stream_peek(stream, &bytes))) {
		assert_in_range(total + length, 1, sizeof(got) - 1);
		memcpy(got + total, bytes, length);
		total += length;
		stream_consume(stream, length);
	}
	if (strcmp(got, wanted))
		fail_msg("%s: got \"%s\", want \"%s\"", claim, got, wanted);
}

static void play(struct stream *stream, const char *claim, const char *step)
{
	const char *text = NULL;
	uint32_t seq;

	switch (step[0]) {
	case '+':
		seq = seq_of(step + 1, &text);
		stream_add(stream, seq, (const uint8_t *)text, strlen(text), strlen(text));
		break;
	case '~':
		seq = seq_of(step + 1, &text);
		stream_add(stream, seq, (const uint8_t *)text, strcspn(text, ":"),
			   strtoul(strchr(text, ':') + 1, NULL, 10));
		break;
	case 'a':
		stream_acknowledged(stream, seq_of(step + 1, &text));
		break;
	case 'r':
		check_read(stream, claim, step + 1);
		break;
	case 'l':
		if (stream_lost(stream) != strtoul(step + 1, NULL, 10))
			fail_msg("%s: lost is not %s", claim, step + 1);
		break;
	case 'g':
		if (stream_give_up(stream) != strtoul(step + 1, NULL, 10))
			fail_msg("%s: given up is not %s", claim, step + 1);
		break;
	}
}

static void bytes_are_read_in_order_and_once(void **state)
{
	struct stream *stream;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(stream_new(&stream), 0);
		stream_begin(stream, FIRST);
		for (int step = 0; step < STEPS_MAX && rows[i].step[step]; step++)
			play(stream, rows[i].claim, rows[i].step[step]);
		stream_free(stream);
	}
}

static void the_first_piece_starts_a_stream_met_midway(void **state)
{
	struct stream *stream;

	(void)state;
	assert_int_equal(stream_new(&stream), 0);
	stream_add(stream, 77, (const uint8_t *)"abc", 3, 3);
	stream_begin(stream, 5); /* too late to matter */
	check_read(stream, "midway", "abc");
	stream_free(stream);
	stream_free(NULL);
}

static void add_block(struct stream *stream, uint32_t offset, size_t length)
{
	static const uint8_t block[2 * STREAM_WINDOW_BYTES];

	stream_add(stream, FIRST + offset, block, length, length);
}

static size_t readable(const struct stream *stream)
{
	const uint8_t *bytes;

	return stream_peek(stream, &bytes);
}

/* Where acknowledgements are seen, a segment that the receiver will refuse must not cost those it takes. */
static void bytes_beyond_the_window_do_not_push_out_bytes_within(void **state)
{
	struct stream *stream;

	(void)state;
	assert_int_equal(stream_new(&stream), 0);
	stream_begin(stream, FIRST);
	stream_acknowledged(stream, FIRST);
	add_block(stream, 100000, 10);
	assert_int_equal(readable(stream), 0);
	add_block(stream, 0, 10);
	assert_int_equal(readable(stream), 10);
	add_block(stream, 10, 2 * STREAM_WINDOW_BYTES);
	assert_int_equal(readable(stream), STREAM_WINDOW_BYTES);
	assert_int_equal(stream_lost(stream), 0);
	stream_free(stream);
}

static void unread_bytes_are_never_jumped_over(void **state)
{
	struct stream *stream;

	(void)state;
	assert_int_equal(stream_new(&stream), 0);
	stream_begin(stream, FIRST);
	add_block(stream, 0, 10);
	add_block(stream, 100000, 10);
	assert_int_equal(readable(stream), 10);
	assert_int_equal(stream_lost(stream), 0);
	stream_free(stream);
}

static void a_jump_is_followed_where_nobody_acknowledges(void **state)
{
	struct stream *stream;

	(void)state;
	assert_int_equal(stream_new(&stream), 0);
	stream_begin(stream, FIRST);
	add_block(stream, 10000, 10);
	assert_int_equal(readable(stream), 10);
	assert_int_equal(stream_lost(stream), 10000);
	stream_free(stream);
}

static void a_jump_is_followed_once_it_is_acknowledged(void **state)
{
	struct stream *stream;

	(void)state;
	assert_int_equal(stream_new(&stream), 0);
	stream_begin(stream, FIRST);
	stream_acknowledged(stream, FIRST + 10000);
	add_block(stream, 10000, 10);
	assert_int_equal(readable(stream), 10);
	assert_int_equal(stream_lost(stream), 10000);
	stream_free(stream);
}

static void more_pieces_than_fit_cost_the_farthest(void **state)
{
	struct stream *stream;

	(void)state;
	assert_int_equal(stream_new(&stream), 0);
	stream_begin(stream, FIRST);
	stream_acknowledged(stream, FIRST);
	for (uint32_t i = 2 * STREAM_PIECES + 2; i; i--)
		add_block(stream, 2 * i, 1);
	add_block(stream, 1, 1);
	add_block(stream, 0, 1);
	assert_int_equal(readable(stream), 3);
	stream_free(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_read_in_order_and_once),
		cmocka_unit_test(the_first_piece_starts_a_stream_met_midway),
		cmocka_unit_test(bytes_beyond_the_window_do_not_push_out_bytes_within),
		cmocka_unit_test(unread_bytes_are_never_jumped_over),
		cmocka_unit_test(a_jump_is_followed_where_nobody_acknowledges),
		cmocka_unit_test(a_jump_is_followed_once_it_is_acknowledged),
		cmocka_unit_test(more_pieces_than_fit_cost_the_farthest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
