/* SPDX-License-Identifier: BSD-2-Clause */
/* Turns from records, and the lengths that they may mean. A candidate is written "24", or "43-58" where it is hidden,
 * in the order in which they are thought of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user/read/tls_side.h"
#include "user/shape/turn.h"

#define MS 1000000ULL

static const struct profile blank = {.protocol = PROTOCOL_IMAP};
static const struct knowledge nothing = {.server = &blank};

static struct tls_record record(int direction, uint16_t bytes, uint64_t time_ms)
{
	return (struct tls_record){.time_ns = time_ms * MS,
				   .direction = (uint8_t)direction,
				   .least_bytes = bytes,
				   .most_bytes = bytes,
				   .wire_bytes = bytes + 22};
}

static void add(struct turn *turn, int direction, uint16_t bytes, uint64_t time_ms)
{
	const struct tls_record one = record(direction, bytes, time_ms);

	turn_add(turn, &one);
}

/* "c24 s53 s60": records, one after the other by a second. */
static struct turn turn_of(const char *said)
{
	struct turn turn = {0};

	for (uint64_t time_ms = 1000; *said; time_ms += 1000) {
		add(&turn, *said == 'c' ? GP_IN : GP_OUT, (uint16_t)strtoul(said + 1, NULL, 10), time_ms);
		said += strcspn(said, " ");
		said += strspn(said, " ");
	}
	return turn;
}

static struct tls tls_of(uint16_t version)
{
	return (struct tls){.version = version, .overhead = {22, 22}};
}

static const char *length_text(const struct length *length, char *text, size_t size)
{
	*text = '\0';
	for (int i = 0; i < length->count; i++) {
		const struct length_range *range = &length->range[i];
		const size_t at = strlen(text);

		snprintf(text + at, size - at, range->least == range->most ? "%s%u" : "%s%u-%u", at ? " " : "",
			 range->least, range->most);
	}
	return text;
}

static void assert_length(const struct length *length, const char *wanted)
{
	char text[256];

	assert_string_equal(length_text(length, text, sizeof(text)), wanted);
}

struct row {
	const char *claim, *said, *in, *out;
	uint16_t version;
	bool may_be_tickets;
};

static void a_turn_means_what_it_may(void **state)
{
	static const struct row rows[] = {
		{"one command, one reply", "c24 s53", "24", "53", TLS_1_3, false},
		{"no answer", "c24", "24", "", TLS_1_3, false},
		{"a reply in records", "c15 s108 s73", "15", "181", TLS_1_3, false},
		{"a command in records, or two", "c20 c30 s53", "50 20", "53", TLS_1_3, false},
		{"an alert at its end, or CRLF", "c20 c2 s53", "22 20 20", "53", TLS_1_3, false},
		{"CRLF alone is no alert", "c2 s53", "2", "53", TLS_1_3, false},
		{"padding hides all of it", "c255 s511", "1-255", "1-511", TLS_1_3, false},
		{"... of several records", "c255 c127 s511 s511", "1-382", "1-1022", TLS_1_3, false},
		{"one that is not padded tells", "c255 c24 s511 s53", "279 255", "564", TLS_1_3, false},
		{"TLS 1.2 has no padding of this kind", "c255 s511", "255", "511", TLS_1_2, false},
		{"tickets, perhaps", "c15 s217 s181", "15", "398 181", TLS_1_3, true},
		{"two tickets, perhaps", "c15 s217 s217 s181", "15", "615 398 181", TLS_1_3, true},
		{"two tickets are alike", "c15 s217 s250 s181", "15", "648 431", TLS_1_3, true},
		{"one answer is no ticket", "c15 s181", "15", "181", TLS_1_3, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct turn turn = turn_of(rows[i].said);
		const struct tls tls = tls_of(rows[i].version);
		struct exchange exchange;
		char in[256], out[256];

		turn_exchange(&turn, &nothing, &tls, rows[i].may_be_tickets, &exchange);
		if (strcmp(length_text(&exchange.in, in, sizeof(in)), rows[i].in) ||
		    strcmp(length_text(&exchange.out, out, sizeof(out)), rows[i].out))
			fail_msg("%s: \"%s\" means \"%s\" and \"%s\", want \"%s\" and \"%s\"", rows[i].claim,
				 rows[i].said, in, out, rows[i].in, rows[i].out);
	}
}

static void the_delay_is_from_the_last_word_to_the_first(void **state)
{
	const struct turn turn = turn_of("c10 c10 s10 s10"), open = turn_of("c10");
	const struct tls tls = tls_of(TLS_1_3);
	struct turn early = turn_of("c10 s10");
	struct exchange exchange;

	(void)state;
	turn_exchange(&turn, &nothing, &tls, false, &exchange);
	assert_true(exchange.timed);
	assert_int_equal(exchange.delay_ms, 1000);
	assert_int_equal(exchange.records_in, 2);
	assert_int_equal(exchange.records_out, 2);
	turn_exchange(&open, &nothing, &tls, false, &exchange);
	assert_false(exchange.timed);
	early.in_ns = early.out_ns + 1;
	turn_exchange(&early, &nothing, &tls, false, &exchange);
	assert_false(exchange.timed);
}

static void cbc_hides_the_last_bits_of_each_record(void **state)
{
	struct tls_record in = record(GP_IN, 24, 1), out = record(GP_OUT, 53, 2);
	const struct tls tls = tls_of(TLS_1_2);
	struct exchange exchange;
	struct turn turn = {0};

	(void)state;
	in.least_bytes = 12;
	out.least_bytes = 44;
	turn_add(&turn, &in);
	turn_add(&turn, &out);
	turn_add(&turn, &out);
	turn_exchange(&turn, &nothing, &tls, false, &exchange);
	assert_length(&exchange.in, "12-24");
	assert_length(&exchange.out, "88-106");
}

static void what_was_only_acknowledged_is_as_long_in_so_many_records(void **state)
{
	const struct tls tls = tls_of(TLS_1_3);
	struct turn turn = turn_of("c24");
	struct exchange exchange;

	(void)state;
	turn.out.wire_bytes = 53 + 22;
	turn_exchange(&turn, &nothing, &tls, false, &exchange);
	assert_length(&exchange.out, "53 31 9");
	assert_int_equal(exchange.records_out, 0);
	turn.out.wire_bytes = 53 + 22 + 24 + 1; /* close_notify and FIN with it */
	turn.over = true;
	turn_exchange(&turn, &nothing, &tls, false, &exchange);
	assert_length(&exchange.out, "78 56 77 55 53 31");
	turn.out.wire_bytes = 3;
	turn.over = false;
	turn_exchange(&turn, &nothing, &tls, false, &exchange);
	assert_length(&exchange.out, "");
}

static void a_server_that_was_once_seen_not_to_pad_does_not(void **state)
{
	const struct tls tls = tls_of(TLS_1_3);
	struct turn turn = turn_of("c24");
	struct exchange exchange;

	(void)state;
	turn.out_plain = false; /* nothing of the server was seen */
	turn.out.wire_bytes = 404 + 22; /* or two records of 191, padded */
	turn_acknowledged(&turn, &tls);
	turn_exchange(&turn, &nothing, &tls, false, &exchange);
	assert_length(&exchange.out, "404 1-382 360");
	turn.out.wire_bytes = 181 + 22;
	turn_acknowledged(&turn, &tls);
	turn.out.wire_bytes = 404 + 22;
	turn_exchange(&turn, &nothing, &tls, false, &exchange);
	assert_length(&exchange.out, "404 382 360");
}

static void what_was_acknowledged_with_the_end_rules_out_nothing(void **state)
{
	const struct tls tls = tls_of(TLS_1_3);
	struct turn turn = turn_of("c24");

	(void)state;
	turn.out_plain = false;
	turn.over = true;
	turn.out.wire_bytes = 181 + 22;
	turn_acknowledged(&turn, &tls);
	assert_false(turn.out_plain);
}

static void a_hole_is_at_most_as_long_as_it_is(void **state)
{
	struct tls_record out = record(GP_OUT, 53, 2);
	const struct tls tls = tls_of(TLS_1_3);
	struct turn turn = turn_of("c24");
	struct exchange exchange;

	(void)state;
	out.skipped_bytes = 40;
	turn_add(&turn, &out);
	turn_exchange(&turn, &nothing, &tls, false, &exchange);
	assert_length(&exchange.out, "54-93 54-71");
}

static void what_was_not_answered_is_carried_to_the_next_turn(void **state)
{
	const struct tls tls = tls_of(TLS_1_3);
	struct turn turn = turn_of("c20 c30 s53");
	struct exchange exchange;

	(void)state;
	turn_next(&turn);
	add(&turn, GP_IN, 40, 9000);
	turn_exchange(&turn, &nothing, &tls, false, &exchange);
	assert_length(&exchange.in, "40 30");
	add(&turn, GP_OUT, 53, 9500);
	turn_next(&turn);
	assert_int_equal(turn.carried.records, 0);
	turn = turn_of("c20 s53");
	turn_next(&turn);
	assert_int_equal(turn.carried.records, 0);
	assert_int_equal(turn.in.records + turn.out.records, 0);
}

static void more_of_the_server_answers_something_else(void **state)
{
	const struct tls_record out = record(GP_OUT, 60, 5);
	const struct turn turn = turn_of("c20 c30 s53 s60");
	struct exchange exchange;

	(void)state;
	turn_exchange_more(&turn, &out, 0, &exchange);
	assert_length(&exchange.in, "30 1-50");
	assert_length(&exchange.out, "60");
	assert_true(exchange.more);
	turn_exchange_more(&turn, &out, 7, &exchange);
	assert_length(&exchange.out, "67");
}

static void padding_is_to_multiples_of_64(void **state)
{
	(void)state;
	for (unsigned int bytes = 0; bytes < 2000; bytes++)
		assert_int_equal(is_padded((uint16_t)bytes), (bytes + 1) % 64 == 0);
}

static void tickets_of_one_handshake_are_a_block_apart_at_most(void **state)
{
	(void)state;
	assert_true(tickets_alike(217, 217));
	assert_true(tickets_alike(217, 233));
	assert_true(tickets_alike(233, 217));
	assert_false(tickets_alike(217, 218));
	assert_false(tickets_alike(217, 249));
}

static void records_without_end_are_counted_and_not_kept(void **state)
{
	const struct tls tls = tls_of(TLS_1_3);
	struct exchange exchange;
	struct turn turn = {0};

	(void)state;
	for (int i = 0; i < 70000; i++)
		add(&turn, i % 2 ? GP_IN : GP_OUT, 16384, (uint64_t)i);
	turn_exchange(&turn, &nothing, &tls, true, &exchange);
	assert_in_range(exchange.in.count, 0, LENGTH_CANDIDATES);
	assert_in_range(exchange.out.count, 0, LENGTH_CANDIDATES);
	turn_next(&turn);
	assert_in_range(turn.carried.records, 0, TURN_RECORDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_means_what_it_may),
		cmocka_unit_test(the_delay_is_from_the_last_word_to_the_first),
		cmocka_unit_test(cbc_hides_the_last_bits_of_each_record),
		cmocka_unit_test(what_was_only_acknowledged_is_as_long_in_so_many_records),
		cmocka_unit_test(a_server_that_was_once_seen_not_to_pad_does_not),
		cmocka_unit_test(what_was_acknowledged_with_the_end_rules_out_nothing),
		cmocka_unit_test(a_hole_is_at_most_as_long_as_it_is),
		cmocka_unit_test(what_was_not_answered_is_carried_to_the_next_turn),
		cmocka_unit_test(more_of_the_server_answers_something_else),
		cmocka_unit_test(padding_is_to_multiples_of_64),
		cmocka_unit_test(tickets_of_one_handshake_are_a_block_apart_at_most),
		cmocka_unit_test(records_without_end_are_counted_and_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
