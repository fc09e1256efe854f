/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds for every dialogue: lost packets, hostile lines, bounded memory, and passwords that do not stay. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/transcript.h"
#include "user/read/line.h"

#define OUTCOMES_MAX 64

struct talk {
	struct login *login;
	struct stream *in, *out;
	uint32_t in_seq, out_seq;
	char outcomes[OUTCOMES_MAX];
	struct attempt last;
};

static void on_attempt(void *context, const struct attempt *attempt)
{
	struct talk *talk = context;

	assert_in_range(attempt->n, 1, OUTCOMES_MAX - 1);
	talk->outcomes[attempt->n - 1] = outcome_letter(attempt->outcome);
	talk->last = *attempt;
}

static void talk_open(struct talk *talk, enum gp_service service)
{
	memset(talk, 0, sizeof(*talk));
	assert_int_equal(login_new(&talk->login, service, transcript_digest(), on_attempt, talk), 0);
	assert_int_equal(stream_new(&talk->in), 0);
	assert_int_equal(stream_new(&talk->out), 0);
	stream_begin(talk->in, 0);
	stream_begin(talk->out, 0);
}

static void talk_close(struct talk *talk)
{
	login_end(talk->login);
	login_free(talk->login);
	stream_free(talk->in);
	stream_free(talk->out);
}

/* A packet of the client, which has all that the server sent so far. `seen` false: it got lost on its way to us. */
static void client_bytes(struct talk *talk, const void *bytes, size_t length, bool seen)
{
	if (seen) {
		stream_acknowledged(talk->out, talk->out_seq);
		stream_add(talk->in, talk->in_seq, bytes, length, length);
	}
	talk->in_seq += (uint32_t)length;
	login_read(talk->login, talk->in, talk->out);
}

static void client(struct talk *talk, const char *text)
{
	client_bytes(talk, text, strlen(text), true);
}

static void client_lost(struct talk *talk, const char *text)
{
	client_bytes(talk, text, strlen(text), false);
}

static void server_packet(struct talk *talk, const char *text, bool seen)
{
	if (seen) {
		stream_acknowledged(talk->in, talk->in_seq);
		stream_add(talk->out, talk->out_seq, (const uint8_t *)text, strlen(text), strlen(text));
	}
	talk->out_seq += (uint32_t)strlen(text);
	login_read(talk->login, talk->in, talk->out);
}

static void server(struct talk *talk, const char *text)
{
	server_packet(talk, text, true);
}

static void server_lost(struct talk *talk, const char *text)
{
	server_packet(talk, text, false);
}

static void only_clear_text_services_have_a_dialogue(void **state)
{
	struct login *login = NULL;

	(void)state;
	assert_int_equal(login_new(&login, GP_SERVICE_IMAPS, transcript_digest(), on_attempt, NULL), -EINVAL);
	assert_int_equal(login_new(&login, GP_SERVICE_NONE, transcript_digest(), on_attempt, NULL), -EINVAL);
	assert_null(login);
	login_free(NULL);
}

static void a_lost_reply_leaves_its_attempt_unknown_and_the_next_one_right(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(&talk, GP_SERVICE_SUBMISSION);
	server(&talk, "220 ready\r\n");
	client(&talk, "AUTH PLAIN AHU3AHdyb25n\r\n");
	server_lost(&talk, "535 5.7.8 no\r\n");
	client(&talk, "AUTH PLAIN AHU3AHdyb25n\r\n");
	assert_string_equal(talk.outcomes, "U");
	server(&talk, "535 5.7.8 no\r\n");
	assert_string_equal(talk.outcomes, "UF");
	client(&talk, "AUTH PLAIN AHU3AHJpZ2h0\r\n");
	server(&talk, "235 yes\r\n");
	assert_string_equal(talk.outcomes, "UFS");
	talk_close(&talk);
}

static void a_lost_prompt_does_not_turn_the_response_into_a_command(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(&talk, GP_SERVICE_IMAP);
	server(&talk, "* OK ready\r\n");
	client(&talk, "a AUTHENTICATE LOGIN\r\n");
	server_lost(&talk, "+ VXNlcm5hbWU6\r\n");
	client(&talk, "dTc=\r\n");
	server(&talk, "+ UGFzc3dvcmQ6\r\n");
	client(&talk, "d3Jvbmc=\r\n");
	server(&talk, "a NO [AUTHENTICATIONFAILED] no\r\n");
	assert_string_equal(talk.outcomes, "F");
	assert_int_not_equal(talk.last.credential, 0);
	talk_close(&talk);
}

static void a_lost_command_is_known_by_its_reply(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(&talk, GP_SERVICE_IMAP);
	server(&talk, "* OK ready\r\n");
	client_lost(&talk, "a LOGIN u7 wrong\r\n");
	server(&talk, "a NO [AUTHENTICATIONFAILED] no\r\n");
	assert_string_equal(talk.outcomes, "F");
	assert_true(talk.last.confidence < 1);
	client(&talk, "b LOGIN u7 wrong\r\n");
	server(&talk, "b NO [AUTHENTICATIONFAILED] no\r\n");
	assert_string_equal(talk.outcomes, "FF");
	assert_true(talk.last.confidence == 1);
	talk_close(&talk);
}

static void a_lost_response_leaves_the_outcome_and_costs_the_credential(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(&talk, GP_SERVICE_SUBMISSION);
	server(&talk, "220 ready\r\n");
	client(&talk, "AUTH PLAIN\r\n");
	server(&talk, "334 \r\n");
	client_lost(&talk, "AHU3AHdyb25n\r\n");
	server(&talk, "535 5.7.8 no\r\n");
	client(&talk, "QUIT\r\n");
	assert_string_equal(talk.outcomes, "F");
	assert_string_equal(talk.last.mechanism, "PLAIN");
	assert_int_equal(talk.last.credential, 0);
	talk_close(&talk);
}

/* A POP3 reply does not say what it answers: after a loss a bare +OK may be that of a USER. */
static void after_a_loss_a_bare_ok_is_no_success(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(&talk, GP_SERVICE_POP3);
	server(&talk, "+OK ready\r\n");
	client_lost(&talk, "USER u7\r\n");
	client(&talk, "PASS wrong\r\n");
	server(&talk, "+OK\r\n");
	assert_string_equal(talk.outcomes, "");
	server(&talk, "-ERR [AUTH] no\r\n");
	client(&talk, "USER u7\r\n");
	server(&talk, "+OK\r\n");
	client(&talk, "PASS right\r\n");
	server(&talk, "+OK Logged in.\r\n");
	assert_string_equal(talk.outcomes, "FS");
	talk_close(&talk);
}

/* A line beyond any bound is one command: its tail is skipped, even where that looks like another one. */
static void an_overlong_line_is_one_attempt(void **state)
{
	static const char head[] = "a LOGIN u7 ", tail[] = "b LOGIN u8 y\r\nc NOOP\r\n";
	char line[LINE_BYTES_MAX + sizeof(tail)];
	struct talk talk;

	(void)state;
	memset(line, 'x', LINE_BYTES_MAX);
	memcpy(line, head, strlen(head));
	memcpy(line + LINE_BYTES_MAX, tail, sizeof(tail));
	for (size_t step = 1; step < 1000; step += 333) {
		talk_open(&talk, GP_SERVICE_IMAP);
		server(&talk, "* OK ready\r\n");
		for (size_t at = 0; at < strlen(line); at += step)
			client_bytes(&talk, line + at, strnlen(line + at, step), true);
		server(&talk, "a NO [AUTHENTICATIONFAILED] no\r\nc OK NOOP completed.\r\n");
		assert_string_equal(talk.outcomes, "F");
		assert_int_equal(talk.last.credential, 0);
		talk_close(&talk);
		assert_string_equal(talk.outcomes, "F");
	}
}

static void a_huge_literal_does_not_hold_up_the_dialogue(void **state)
{
	static char block[1000];
	struct talk talk;

	(void)state;
	talk_open(&talk, GP_SERVICE_IMAP);
	server(&talk, "* OK ready\r\n");
	client(&talk, "a LOGIN u7 {20000+}\r\n");
	for (int i = 0; i < 20; i++)
		client_bytes(&talk, block, sizeof(block), true);
	client(&talk, "\r\n");
	server(&talk, "a NO [AUTHENTICATIONFAILED] no\r\n");
	/* the server may also refuse at once and never read the literal */
	client(&talk, "b LOGIN u7 {4294967295+}\r\n");
	server(&talk, "b BAD Literal too large\r\n");
	client(&talk, "c LOGIN u7 wrong\r\n");
	server(&talk, "c NO [AUTHENTICATIONFAILED] no\r\n");
	assert_string_equal(talk.outcomes, "FUF");
	assert_int_not_equal(talk.last.account, 0);
	talk_close(&talk);
}

/* The TLS walk must find a ClientHello there, not what the client slipped in before it. */
static void after_starttls_the_next_unread_byte_is_of_tls(void **state)
{
	const uint8_t *bytes = NULL;
	struct talk talk;

	(void)state;
	talk_open(&talk, GP_SERVICE_SUBMISSION);
	server(&talk, "220 ready\r\n");
	client(&talk, "STARTTLS\r\nAUTH PLAIN AHU3AHdyb25n\r\n");
	server(&talk, "220 go ahead\r\n");
	client(&talk, "\x16\x03\x01");
	assert_int_equal(login_read(talk.login, talk.in, talk.out), LOGIN_TLS);
	assert_int_equal(stream_peek(talk.in, &bytes), 3);
	assert_int_equal(bytes[0], 0x16);
	talk_close(&talk);
	assert_string_equal(talk.outcomes, "");
}

static void nul_bytes_are_bytes(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(&talk, GP_SERVICE_POP3);
	server(&talk, "+OK ready\r\n");
	client_bytes(&talk, "USER u\0007\r\nPASS w\0rong\r\n", 23, true);
	server(&talk, "+OK\r\n-ERR [AUTH] no\r\n");
	assert_string_equal(talk.outcomes, "F");
	assert_int_equal(talk.last.account, transcript_digest().hash(NULL, "u\0007", 3));
	talk_close(&talk);
}

static void another_protocol_is_given_up(void **state)
{
	struct talk talk;
	enum login_state last = LOGIN_TALKING;

	(void)state;
	talk_open(&talk, GP_SERVICE_IMAP);
	for (int i = 0; i < 200 && last == LOGIN_TALKING; i++) {
		server(&talk, "<p>hello</p>\r\n");
		last = login_read(talk.login, talk.in, talk.out);
	}
	assert_int_equal(last, LOGIN_LOST);
	talk_close(&talk);
}

/* More pipelined bytes than the window holds: what is read is counted, and what is lost is known by its reply. */
static void a_flood_of_pipelined_attempts_is_counted_by_its_replies(void **state)
{
	struct talk talk;
	unsigned int attempts;

	(void)state;
	talk_open(&talk, GP_SERVICE_SUBMISSION);
	server(&talk, "220 ready\r\n");
	for (int i = 0; i < 400; i++)
		client(&talk, "AUTH PLAIN AHU3AHdyb25n\r\n");
	for (int i = 0; i < 50; i++)
		server(&talk, "535 5.7.8 no\r\n");
	attempts = login_attempts(talk.login);
	assert_int_equal(attempts, 50);
	assert_int_equal(strspn(talk.outcomes, "F"), 50);
	talk.outcomes[0] = '\0';
	login_free(talk.login);
	stream_free(talk.in);
	stream_free(talk.out);
}

/* ---- a server that is never seen ------------------------------------------------------------------------------- */

#define HELLO "\x16\x03\x01\x01\n\x01" /* the length of a record may look like a line end */

static void talk_open_one_way(struct talk *talk, enum gp_service service)
{
	talk_open(talk, service);
	login_halfway(talk->login);
	login_one_way(talk->login, true);
}

/* Each of `says` after an answer to the one before it, which only the client's acknowledgement tells of. */
static void one_way_dialogue(struct talk *talk, const char *const *says)
{
	for (; *says; says++) {
		server_lost(talk, "an answer\r\n");
		client(talk, *says);
	}
}

static const struct one_way_row {
	const char *claim;
	enum gp_service service;
	const char *says[6];
	const char *outcomes;
} one_way_rows[] = {
	{"IMAP", GP_SERVICE_IMAP, {"a CAPABILITY\r\n", "b STARTTLS\r\n", HELLO}, ""},
	{"POP3", GP_SERVICE_POP3, {"CAPA\r\n", "STLS\r\n", HELLO}, ""},
	{"SMTP", GP_SERVICE_SUBMISSION, {"EHLO u\r\n", "STARTTLS\r\n", HELLO}, ""},
	{"the command was not seen", GP_SERVICE_IMAP, {HELLO}, ""},
	{"the record in two segments", GP_SERVICE_IMAP, {"b STARTTLS\r\n", "\x16", "\x03\x01"}, ""},
	{"after an attempt", GP_SERVICE_IMAP, {"a LOGIN u7 wrong\r\n", "b STARTTLS\r\n", HELLO}, "U"},
	{"pipelined", GP_SERVICE_IMAP, {"a NOOP\r\nb NOOP\r\nc LOGIN u7 wrong\r\nd STARTTLS\r\n", HELLO}, "U"},
	{"in one packet", GP_SERVICE_IMAP, {"a LOGIN u7 wrong\r\nb STARTTLS\r\n" HELLO}, "U"},
	{"behind a line slipped in", GP_SERVICE_SUBMISSION, {"STARTTLS\r\nNOOP\r\n", HELLO}, ""},
	{"behind half a line slipped in", GP_SERVICE_SUBMISSION, {"STARTTLS\r\nNOOP\r\nNO", HELLO}, ""},
	{"after a mail that was refused", GP_SERVICE_SUBMISSION, {"DATA\r\n", "STARTTLS\r\n", HELLO}, ""},
	{"after a mechanism that was refused", GP_SERVICE_POP3, {"AUTH PLAIN\r\n", "STLS\r\n", HELLO}, "U"},
	{"after a literal that was refused", GP_SERVICE_IMAP, {"a X {99999+}\r\n", "b STARTTLS\r\n", HELLO}, ""},
};

static void where_only_the_client_is_seen_its_record_begins_tls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(one_way_rows) / sizeof(one_way_rows[0]); i++) {
		const struct one_way_row *row = &one_way_rows[i];
		const uint8_t *bytes = NULL;
		struct talk talk;

		talk_open_one_way(&talk, row->service);
		one_way_dialogue(&talk, row->says);
		if (login_read(talk.login, talk.in, talk.out) != LOGIN_TLS)
			fail_msg("%s: no TLS", row->claim);
		assert_true(stream_peek(talk.in, &bytes) >= 3);
		assert_int_equal(bytes[0], 0x16);
		talk_close(&talk);
		assert_string_equal(talk.outcomes, row->outcomes);
	}
}

static void where_only_the_client_is_seen_its_next_bytes_open_the_gate(void **state)
{
	struct talk talk;

	(void)state;
	talk_open_one_way(&talk, GP_SERVICE_SUBMISSION);
	client(&talk, "AUTH PLAIN AHU3AHdyb25n\r\nAUTH PLAIN AHU3AHdyb25n\r\nAUTH LOGIN\r\n");
	assert_string_equal(talk.outcomes, ""); /* nobody has answered yet */
	server_lost(&talk, "535 5.7.8 no\r\n535 5.7.8 no\r\n334 VXNlcm5hbWU6\r\n");
	client(&talk, "dTc=\r\n");
	assert_string_equal(talk.outcomes, "UU");
	client(&talk, "d3Jvbmc=\r\n");
	server_lost(&talk, "535 5.7.8 no\r\n");
	client(&talk, "QUIT\r\n");
	assert_string_equal(talk.outcomes, "UUU");
	assert_string_equal(talk.last.mechanism, "LOGIN");
	assert_int_not_equal(talk.last.credential, 0);
	talk_close(&talk);
	assert_string_equal(talk.outcomes, "UUU");
}

/* From then on it is the server who says what it answered, and that it speaks TLS. */
static void once_the_server_is_seen_nothing_is_guessed(void **state)
{
	struct talk talk;

	(void)state;
	talk_open_one_way(&talk, GP_SERVICE_IMAP);
	client(&talk, "a NOOP\r\n");
	server_lost(&talk, "a OK\r\n");
	client(&talk, "b NOOP\r\n");
	login_one_way(talk.login, false);
	server(&talk, "b OK\r\n");
	client(&talk, HELLO "\r\n");
	assert_int_equal(login_read(talk.login, talk.in, talk.out), LOGIN_TALKING);
	server(&talk, "* BAD what?\r\n* BAD what?\r\n");
	client(&talk, "c LOGIN u7 wrong\r\nd LOGIN u7 wrong\r\n");
	assert_string_equal(talk.outcomes, "");
	server(&talk, "c NO [AUTHENTICATIONFAILED] no\r\nd NO [AUTHENTICATIONFAILED] no\r\n");
	assert_string_equal(talk.outcomes, "FF");
	assert_true(talk.last.confidence == 1);
	client(&talk, "e LOGIN u7 wrong\r\n");
	server_lost(&talk, "e NO no\r\n");
	client(&talk, "f LOGIN u7 wrong\r\ng STARTTLS\r\n");
	assert_string_equal(talk.outcomes, "FFU");
	server(&talk, "f NO no\r\n");
	server_lost(&talk, "g OK\r\n");
	client(&talk, HELLO);
	assert_int_equal(login_read(talk.login, talk.in, talk.out), LOGIN_TALKING);
	server(&talk, "\x16\x03\x03");
	assert_int_equal(login_read(talk.login, talk.in, talk.out), LOGIN_TLS);
	talk_close(&talk);
	assert_string_equal(talk.outcomes, "FFUF");
}

/* ---- passwords ------------------------------------------------------------------------------------------------- */

#define SECRET_MASK 0x5a
/* "kX7#qPz2!vLm" the eight bytes of it that fit the base64 below, and that, masked: this file must not put them into
 * memory */
static uint8_t secret[12], decoded[8], encoded[16];

static void unmask(uint8_t *clear, const uint8_t *masked, size_t length)
{
	for (size_t i = 0; i < length; i++)
		clear[i] = masked[i] ^ SECRET_MASK;
}

#define AREAS_MAX 256
struct areas {
	unsigned int count;
	struct {
		unsigned long from, to;
	} area[AREAS_MAX];
};

/* Heap and stack of this process, freed memory included. Listed before the password is there: listing it takes
 * stack, and would wipe the traces that are looked for. */
static void areas_list(struct areas *areas)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	char line[512], mode[8];

	areas->count = 0;
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) && areas->count < AREAS_MAX) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || strncmp(mode, "rw", 2) ||
		    to - from > 64UL << 20)
			continue;
		areas->area[areas->count].from = from;
		areas->area[areas->count++].to = to;
	}
	fclose(maps);
}

/* Reads memory that is not meant to be read: no instrumentation here. */
__attribute__((no_sanitize("address", "undefined"), noinline)) static size_t occurrences(const struct areas *areas,
											 const uint8_t *masked,
											 size_t length)
{
	size_t found = 0;

	for (unsigned int i = 0; i < areas->count; i++) {
		const volatile uint8_t *at = (const volatile uint8_t *)areas->area[i].from;
		const volatile uint8_t *end = (const volatile uint8_t *)areas->area[i].to - length;

		for (; at <= end; at++) {
			size_t same = 0;

			while (same < length && (at[same] ^ SECRET_MASK) == masked[same])
				same++;
			found += same == length;
		}
	}
	return found;
}

/* Long enough that the password lies in the second half of the window: beyond what moving the rest overwrites. */
#define FILLER_30 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define FILLER FILLER_30 FILLER_30 FILLER_30 FILLER_30 FILLER_30 FILLER_30 FILLER_30 FILLER_30 FILLER_30

static const struct secret_row {
	const char *claim;
	enum gp_service service;
	const char *before; /* up to the password */
	bool in_base64;
	const char *after;
} secret_rows[] = {
	{"LOGIN with an atom", GP_SERVICE_IMAP, "a LOGIN u7 ", false, "\r\nx"},
	{"LOGIN with a quoted string", GP_SERVICE_IMAP, "a LOGIN u7 \"", false, "\"\r\nx"},
	{"LOGIN with a literal", GP_SERVICE_IMAP, "a LOGIN u7 {12+}\r\n", false, "\r\nx"},
	{"AUTHENTICATE PLAIN", GP_SERVICE_IMAP, "a AUTHENTICATE PLAIN ", true, "\r\nx"},
	{"PASS", GP_SERVICE_POP3, "USER u7\r\nPASS " FILLER, false, "\r\nx"},
	{"AUTH PLAIN", GP_SERVICE_SUBMISSION, "AUTH PLAIN ", true, "\r\nx"},
};

/* The password comes in a buffer that is wiped right away, out of order and twice, as packets do. What follows it
 * leaves bytes in the stream, so that the window is not simply released. */
__attribute__((noinline)) static void password_send(struct talk *talk, const struct secret_row *row)
{
	const size_t length = row->in_base64 ? sizeof(encoded) : sizeof(secret), after = strlen(row->after);
	uint8_t clear[64];

	unmask(clear, row->in_base64 ? encoded : secret, length);
	memcpy(clear + length, row->after, after);
	stream_add(talk->in, talk->in_seq + 4, clear + 4, length - 4, length - 4);
	stream_add(talk->in, talk->in_seq, clear, length + after, length + after);
	explicit_bzero(clear, sizeof(clear));
	talk->in_seq += (uint32_t)(length + after);
	login_read(talk->login, talk->in, talk->out);
}

static void greet_and_begin(struct talk *talk, const struct secret_row *row)
{
	talk_open(talk, row->service);
	server(talk, row->service == GP_SERVICE_IMAP   ? "* OK\r\n"
		     : row->service == GP_SERVICE_POP3 ? "+OK\r\n"
						       : "220 ok\r\n");
	client(talk, row->before);
	if (row->service == GP_SERVICE_POP3)
		server(talk, "+OK\r\n");
}

static void no_password_stays_in_memory(void **state)
{
	static struct areas areas;
	struct talk talk;
	size_t found;

	(void)state;
	for (size_t i = 0; i < sizeof(secret_rows) / sizeof(secret_rows[0]); i++) {
		greet_and_begin(&talk, &secret_rows[i]);
		areas_list(&areas);
		password_send(&talk, &secret_rows[i]);
		found = occurrences(&areas, secret, sizeof(secret));
		found += occurrences(&areas, decoded, sizeof(decoded));
		found += occurrences(&areas, encoded, sizeof(encoded));
		if (found)
			fail_msg("%s: the password is still there", secret_rows[i].claim);
		talk_close(&talk);
		assert_string_equal(talk.outcomes, "U");
	}
}

/* A password that never gets its line end waits in the stream, and goes with it. */
static void an_unread_password_goes_with_its_stream(void **state)
{
	static const struct secret_row row = {"cut off", GP_SERVICE_POP3, "USER u7\r\nPASS " FILLER, false, ""};
	static struct areas areas;
	struct talk talk;

	(void)state;
	greet_and_begin(&talk, &row);
	areas_list(&areas);
	password_send(&talk, &row);
	assert_int_not_equal(occurrences(&areas, secret, sizeof(secret)), 0);
	talk_close(&talk);
	assert_int_equal(occurrences(&areas, secret, sizeof(secret)), 0);
}

static int secrets_prepare(void **state)
{
	/* each byte is made from two, so that no compiler lays the whole out in memory */
	static const uint8_t even[] = {'k' ^ 1, '7' ^ 1, 'q' ^ 1, 'z' ^ 1, '!' ^ 1, 'L' ^ 1};
	static const uint8_t odd[] = {'X' ^ 2, '#' ^ 2, 'P' ^ 2, '2' ^ 2, 'v' ^ 2, 'm' ^ 2};
	/* "AHU3AGtYNyNxUHoy": NUL u7 NUL and the first eight bytes */
	static const uint8_t even64[] = {'A' ^ 1, 'U' ^ 1, 'A' ^ 1, 't' ^ 1, 'N' ^ 1, 'N' ^ 1, 'U' ^ 1, 'o' ^ 1};
	static const uint8_t odd64[] = {'H' ^ 2, '3' ^ 2, 'G' ^ 2, 'Y' ^ 2, 'y' ^ 2, 'x' ^ 2, 'H' ^ 2, 'y' ^ 2};

	(void)state;
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (i % 2 ? odd[i / 2] ^ 2 : even[i / 2] ^ 1) ^ SECRET_MASK;
	memcpy(decoded, secret, sizeof(decoded));
	for (size_t i = 0; i < sizeof(encoded); i++)
		encoded[i] = (i % 2 ? odd64[i / 2] ^ 2 : even64[i / 2] ^ 1) ^ SECRET_MASK;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_clear_text_services_have_a_dialogue),
		cmocka_unit_test(a_lost_reply_leaves_its_attempt_unknown_and_the_next_one_right),
		cmocka_unit_test(a_lost_prompt_does_not_turn_the_response_into_a_command),
		cmocka_unit_test(a_lost_command_is_known_by_its_reply),
		cmocka_unit_test(a_lost_response_leaves_the_outcome_and_costs_the_credential),
		cmocka_unit_test(after_a_loss_a_bare_ok_is_no_success),
		cmocka_unit_test(an_overlong_line_is_one_attempt),
		cmocka_unit_test(a_huge_literal_does_not_hold_up_the_dialogue),
		cmocka_unit_test(after_starttls_the_next_unread_byte_is_of_tls),
		cmocka_unit_test(nul_bytes_are_bytes),
		cmocka_unit_test(another_protocol_is_given_up),
		cmocka_unit_test(a_flood_of_pipelined_attempts_is_counted_by_its_replies),
		cmocka_unit_test(where_only_the_client_is_seen_its_record_begins_tls),
		cmocka_unit_test(where_only_the_client_is_seen_its_next_bytes_open_the_gate),
		cmocka_unit_test(once_the_server_is_seen_nothing_is_guessed),
		cmocka_unit_test_setup(no_password_stays_in_memory, secrets_prepare),
		cmocka_unit_test_setup(an_unread_password_goes_with_its_stream, secrets_prepare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
