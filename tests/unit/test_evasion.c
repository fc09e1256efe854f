/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody tries who has read the source: to guess unseen, or to have somebody else banned. Each test is one such
 * trick, told as packets. */
#include "tests/unit/bench.h"

#define REFUSED " NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"

static struct talk open_service(struct bench *bench, const char *from, uint16_t port, uint16_t to_port,
				const char *greeting)
{
	struct talk talk = {.bench = bench,
			    .from = from,
			    .port = port,
			    .to_port = to_port,
			    .client_seq = 1000 + port * 77777u,
			    .server_seq = 900000 + port * 55555u};

	segment(&talk, false, SYN, NULL);
	segment(&talk, true, SYN | ACK, NULL);
	segment(&talk, false, ACK, NULL);
	if (greeting)
		segment(&talk, true, ACK, greeting);
	return talk;
}

/* A packet of the client that the gateway sees and the server does not: a wrong checksum, a short life. */
static void unheard(struct talk *talk, uint8_t flags, const char *text)
{
	const uint32_t seq = talk->client_seq;

	segment(talk, false, flags, text);
	talk->client_seq = seq;
}

static void connections_on_one_port_are_read_each(void **state)
{
	struct bench *bench = bench_new(false, true);

	(void)state;
	for (uint32_t i = 0; i < 25; i++) {
		struct talk talk = {.bench = bench,
				    .from = "192.0.2.7",
				    .port = 5000,
				    .client_seq = 1000 + i * 0x51000000,
				    .server_seq = 900000 + i * 0x61000000};
		char line[64];

		segment(&talk, false, SYN, NULL);
		segment(&talk, true, SYN | ACK, NULL);
		if (!segment(&talk, false, ACK, NULL))
			break;
		segment(&talk, true, ACK, "* OK ready\r\n");
		snprintf(line, sizeof(line), "a LOGIN alice wrong%u\r\n", i);
		segment(&talk, false, ACK, line);
		segment(&talk, true, ACK, "a" REFUSED);
		segment(&talk, false, RST, NULL); /* believed by the server, by its sequence number */
	}
	assert_int_equal(bench->attempts, 4);
	assert_int_equal(bench->decisions, 1);
	bench_free(bench);
}

/* "\r\n" is answered by some servers and not by others; the answer must not use up that of the login behind it. */
static void a_refusal_counts_whatever_command_it_seems_to_answer(void **state)
{
	static const struct {
		uint16_t port;
		const char *greeting, *says, *first, *refusal;
	} row[] = {
		{143, "* OK ready\r\n", "\r\na LOGIN alice wrong%d\r\n", "* BAD Error in IMAP command\r\n",
		 "a" REFUSED},
		{143, "* OK ready\r\n", "a NOOP {99+}\r\na LOGIN alice wrong%d\r\n", "a OK NOOP completed\r\n",
		 "a" REFUSED},
		{143, "* OK ready\r\n", "* LOGIN alice wrong%d\r\n", NULL, "*" REFUSED},
		{587, "220 ready\r\n", "\r\nAUTH PLAIN wron%04d\r\n", "500 what?\r\n",
		 "535 5.7.8 Error: authentication failed\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct bench *bench = bench_new(false, true);
		struct talk talk = open_service(bench, "192.0.2.7", 5000, row[i].port, row[i].greeting);
		char line[128];

		for (int n = 0; n < 25 && !bench->decisions; n++) {
			snprintf(line, sizeof(line), row[i].says, n);
			segment(&talk, false, ACK, line);
			if (row[i].first)
				segment(&talk, true, ACK, row[i].first);
			segment(&talk, true, ACK, row[i].refusal);
		}
		if (!bench->decisions) /* garbled names are accounts, too, and another rule's business */
			fail_msg("row %zu: attempts %d %s", i, bench->attempts, bench->outcomes);
		bench_free(bench);
	}
}

/* Only the gateway hears the first copy; the server hears the second and answers that. */
static void a_copy_that_the_server_never_heard_hides_nothing(void **state)
{
	static const struct {
		uint16_t port;
		const char *greeting, *unheard, *says, *reply;
	} row[] = {
		{143, "* OK ready\r\n", "a LOGIN alice stale999\r\n", "a LOGIN alice wrong%03d\r\n", "a" REFUSED},
		{143, "* OK ready\r\n", "a NOOP xxxxxxxxxxxxxxx\r\n", "a LOGIN alice wrong%03d\r\n", "a" REFUSED},
		{143, "* OK ready\r\n", "a STARTTLS xxxxxxxxxxx\r\n", "a LOGIN alice wrong%03d\r\n", "a" REFUSED},
		{587, "220 ready\r\n", "DATA\r\n", "AUTH PLAIN wrong%03d\r\n",
		 "535 5.7.8 Error: authentication failed\r\n"},
		{110, "+OK ready\r\n", "CAPA xxx\r\n", "PASS %03d\r\n", "-ERR [AUTH] Authentication failed.\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct bench *bench = bench_new(false, true);
		struct talk talk = open_service(bench, "192.0.2.7", 5000, row[i].port, row[i].greeting);
		char line[128];

		for (int n = 0; n < 25 && !bench->decisions; n++) {
			snprintf(line, sizeof(line), row[i].says, n);
			unheard(&talk, ACK, row[i].unheard);
			segment(&talk, false, ACK, line);
			segment(&talk, true, ACK, row[i].reply);
		}
		if (bench->decisions != 1)
			fail_msg("row %zu: attempts %d %s", i, bench->attempts, bench->outcomes);
		bench_free(bench);
	}
}

static void a_copy_that_the_server_never_heard_logs_nobody_in(void **state)
{
	static const struct {
		uint16_t port;
		const char *greeting, *unheard, *says, *reply;
	} row[] = {
		{143, "* OK ready\r\n", "a LOGIN alice x\r\n", "a NOOP xxxxxxxxx\r\n", "a OK NOOP completed.\r\n"},
		{110, "+OK ready\r\n", "PASS x\r\n", "USER a\r\n", "+OK\r\n"},
		{143, "* OK ready\r\n", "a STARTTLS\r\n", "a NOOP xxx\r\n", "a OK NOOP completed.\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct bench *bench = bench_new(false, true);
		struct talk talk = open_service(bench, "192.0.2.7", 5000, row[i].port, row[i].greeting);
		const char *line = row[i].port == 110 ? "PASS wrong\r\n" : "b LOGIN alice wrong\r\n";

		unheard(&talk, ACK, row[i].unheard);
		segment(&talk, false, ACK, row[i].says);
		segment(&talk, true, ACK, row[i].reply);
		segment(&talk, false, ACK, line);
		segment(&talk, true, ACK, row[i].port == 110 ? "-ERR [AUTH] Authentication failed.\r\n" : "b" REFUSED);
		if (strchr(bench->outcomes, 'S') || !strchr(bench->outcomes, 'F'))
			fail_msg("row %zu: %s", i, bench->outcomes);
		bench_free(bench);
	}
}

/* Urgent bytes are taken out of the line that the server reads (RFC 6093). */
static void urgent_bytes_do_not_make_one_password_of_many(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = open_service(bench, "192.0.2.7", 5000, 143, "* OK ready\r\n");

	(void)state;
	for (int i = 0; i < 25 && !bench->decisions; i++) {
		segment(&talk, false, ACK | 0x20, "a LOGIN alice abcdefghijklmnopq\r\n");
		segment(&talk, true, ACK, "a" REFUSED);
	}
	assert_int_equal(bench->decisions, 1);
	bench_free(bench);
}

static void an_honest_retransmission_stays_the_same_password(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = open_service(bench, "192.0.2.7", 5000, 143, "* OK ready\r\n");

	(void)state;
	for (int i = 0; i < 25; i++) {
		const uint32_t seq = talk.client_seq;

		segment(&talk, false, ACK, "a NOOP\r\n");
		segment(&talk, true, ACK, "a OK done\r\n");
		segment(&talk, false, ACK, "b LOGIN alice stale\r\n");
		talk.client_seq = seq;
		segment(&talk, false, ACK, "a NOOP\r\nb LOGIN alice stale\r\n");
		segment(&talk, true, ACK, "b" REFUSED);
	}
	assert_int_equal(bench->attempts, 25);
	assert_int_equal(bench->decisions, 0);
	bench_free(bench);
}

/* Met after its start (the daemon was restarted, or forgot the connection), USER's consent is not a login's. */
static void a_pop3_connection_met_halfway_is_not_logged_in(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = open_service(bench, "192.0.2.7", 5000, 110, "+OK ready\r\n");

	(void)state;
	segment(&talk, false, RST | ACK, NULL); /* not heard by the server */
	pass_time(bench, 5 * SECOND);
	pass_time(bench, 5 * SECOND);
	for (int i = 0; i < 3; i++) {
		segment(&talk, false, ACK, "USER alice\r\n");
		segment(&talk, true, ACK, "+OK\r\n");
		segment(&talk, false, ACK, "PASS wrong\r\n");
		segment(&talk, true, ACK, "-ERR [AUTH] Authentication failed.\r\n");
	}
	assert_string_equal(bench->outcomes, "FFF");
	bench_free(bench);
}

/* However it came about that we think the rest is TLS: a server that goes on in clear is listened to. */
static void a_server_that_goes_on_in_clear_is_read_on(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = open_service(bench, "192.0.2.7", 5000, 143, "* OK ready\r\n");

	(void)state;
	segment(&talk, false, ACK, "a STARTTLS\r\n");
	segment(&talk, true, ACK, "a OK NOOP completed.\r\n");
	for (int i = 0; i < 25 && !bench->decisions; i++) {
		segment(&talk, false, ACK, "b LOGIN alice wrong\r\n");
		segment(&talk, true, ACK, "b" REFUSED);
	}
	assert_int_equal(bench->decisions, 1);
	bench_free(bench);
}

/* Packets from the server's port leave the gateway, but nobody ever answered them. */
static void replies_to_nobody_ban_nobody(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk talk = {.bench = bench, .from = "192.0.2.7", .port = 5000, .server_seq = 900000};

	(void)state;
	segment(&talk, true, SYN | ACK, NULL);
	segment(&talk, true, ACK, "* OK ready\r\n");
	for (int i = 0; i < 40; i++)
		segment(&talk, true, ACK, "a" REFUSED);
	assert_int_equal(bench->decisions, 0);
	bench_free(bench);
}

/* A thousand packets that the server throws away, for each guess. */
static void junk_of_one_source_leaves_the_others_read(void **state)
{
	struct bench *bench = bench_new(false, true);
	struct talk junk = open_service(bench, "192.0.2.66", 5000, 143, "* OK ready\r\n");
	int dropped;

	(void)state;
	bench->tick_ns = 1000; /* a million packets a second */
	for (int i = 0; i < 30000; i++)
		unheard(&junk, ACK, "x");
	guess(bench, "192.0.2.7", 20, &dropped);
	assert_int_equal(bench->decisions, 1);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_on_one_port_are_read_each),
		cmocka_unit_test(a_refusal_counts_whatever_command_it_seems_to_answer),
		cmocka_unit_test(a_copy_that_the_server_never_heard_hides_nothing),
		cmocka_unit_test(a_copy_that_the_server_never_heard_logs_nobody_in),
		cmocka_unit_test(urgent_bytes_do_not_make_one_password_of_many),
		cmocka_unit_test(an_honest_retransmission_stays_the_same_password),
		cmocka_unit_test(a_pop3_connection_met_halfway_is_not_logged_in),
		cmocka_unit_test(a_server_that_goes_on_in_clear_is_read_on),
		cmocka_unit_test(replies_to_nobody_ban_nobody),
		cmocka_unit_test(junk_of_one_source_leaves_the_others_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
