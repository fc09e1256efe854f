/* SPDX-License-Identifier: BSD-2-Clause */
/* The probe's dialogue against canned servers: what it says, what it makes of the answers, and when it gives up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/probe/answer.h"
#include "user/probe/probe.h"

#define MS 1000000ULL

/* In replies: the next TLS record; the server hangs up; two seconds go by; nothing comes any more; again and again. */
#define RECORD "\001"
#define HANGS_UP "\002"
#define LATER "\003"
#define SILENCE "\004"
#define FOREVER "\005"

struct said {
	const char *line; /* what it begins with */
	const char *reply;
};

struct canned {
	const char *greeting;
	const struct said *said; /* the first that fits */
	const char *at; /* what is still to come */
	uint64_t now_ns;
	bool tls, clear_said; /* something but STARTTLS was said in the clear */
	unsigned int opened, lines;
	char dialogue[8192]; /* every line that it was told */
};

static uint64_t canned_now_ns(void *context)
{
	return ((struct canned *)context)->now_ns;
}

static int canned_open(void *context, uint64_t until_ns, struct fault *fault)
{
	struct canned *canned = context;

	(void)until_ns;
	(void)fault;
	canned->opened++;
	canned->tls = false;
	canned->at = canned->greeting;
	return 0;
}

static int canned_secure(void *context, uint64_t until_ns, struct fault *fault)
{
	(void)until_ns;
	(void)fault;
	((struct canned *)context)->tls = true;
	return 0;
}

static int canned_send(void *context, const char *bytes, size_t length, uint64_t until_ns)
{
	static const char *const clear[] = {"a1 STARTTLS\r\n", "STLS\r\n", "STARTTLS\r\n", "EHLO x\r\n"};
	struct canned *canned = context;
	bool known = canned->tls;

	(void)until_ns;
	if (strlen(canned->dialogue) + length < sizeof(canned->dialogue))
		strncat(canned->dialogue, bytes, length);
	canned->lines++;
	for (size_t i = 0; i < sizeof(clear) / sizeof(clear[0]); i++)
		known |= length == strlen(clear[i]) && !memcmp(bytes, clear[i], length);
	canned->clear_said |= !known;
	canned->at = "a1 BAD What?\r\n";
	for (const struct said *said = canned->said; said->line; said++)
		if (!strncmp(bytes, said->line, strlen(said->line))) {
			canned->at = said->reply;
			break;
		}
	return 0;
}

static int canned_receive(void *context, char *buffer, size_t size, uint64_t until_ns)
{
	struct canned *canned = context;
	size_t length;

	canned->now_ns += MS;
	while (*canned->at == *LATER || *canned->at == *RECORD)
		canned->now_ns += *canned->at++ == *LATER ? 2000 * MS : 0;
	length = strcspn(canned->at, RECORD HANGS_UP LATER SILENCE FOREVER);
	if (*canned->at == *HANGS_UP)
		return 0;
	if (*canned->at == *FOREVER) {
		memset(buffer, '*', 1000);
		return 1000;
	}
	if (!length) {
		canned->now_ns = until_ns > canned->now_ns ? until_ns : canned->now_ns;
		return -ETIMEDOUT;
	}
	assert_true(length <= size);
	memcpy(buffer, canned->at, length);
	canned->at += length;
	return (int)length;
}

static size_t canned_tickets(void *context, uint32_t *ret_bytes, size_t max)
{
	(void)context;
	assert_true(max >= 2);
	ret_bytes[0] = ret_bytes[1] = 233;
	return 2;
}

static void canned_close(void *context)
{
	(void)context;
}

static int run(struct canned *canned, enum gp_service service, const struct probe_account *account,
	       struct probe_transcript *ret_transcript, struct fault *fault)
{
	const struct wire wire = {.context = canned,
				  .now_ns = canned_now_ns,
				  .open = canned_open,
				  .secure = canned_secure,
				  .send = canned_send,
				  .receive = canned_receive,
				  .tickets = canned_tickets,
				  .close = canned_close};
	const struct probe_options options = {
		.target = {.host = "mail.example", .port = 1, .service = (uint8_t)service},
		.timeout_ms = 30000,
		.nonce = "0123456789abcdef",
		.account = account};

	canned->now_ns = 5000 * MS;
	return probe_run(&wire, &options, ret_transcript, fault);
}

static const struct transcript_step *step_named(const struct probe_transcript *transcript, const char *name)
{
	for (uint32_t i = 0; i < transcript->steps; i++)
		if (!strcmp(transcript->step[i].name, name))
			return &transcript->step[i];
	fail_msg("no step '%s'", name);
	return NULL;
}

static bool has_step(const struct probe_transcript *transcript, const char *name)
{
	for (uint32_t i = 0; i < transcript->steps; i++)
		if (!strncmp(transcript->step[i].name, name, strlen(name)))
			return true;
	return false;
}

/* ---- the servers ----------------------------------------------------------------------------------------------- */

#define NO "a1 NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"
#define CAPABILITY "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5\r\n"

#define IMAP_COMMANDS                                                                                                  \
	{"a1 CAPABILITY", CAPABILITY RECORD "a1 OK listed\r\n"}, {"a1 NOOP", "a1 OK NOOP completed.\r\n"},             \
		{"a1 ID", "* ID NIL\r\na1 OK ID completed.\r\n"},                                                      \
		{"a1 LOGOUT", "* BYE\r\n" RECORD "a1 OK Bye\r\n" HANGS_UP},                                            \
		{"a1 AUTHENTICATE CRAM-MD5", "+ PDUx\r\n"}, {"a1 AUTHENTICATE LOGIN", "+ VXNlcm5hbWU6\r\n"},           \
		{"Z3AwMTIzNDU2Nw==", "+ UGFzc3dvcmQ6\r\n"}, {"*!*", "a1 NO [ALERT] Invalid base64\r\n"},               \
	{                                                                                                              \
		"*\r\n", "a1 BAD Authentication aborted\r\n"                                                           \
	}

static const struct said imap_said[] = {
	IMAP_COMMANDS,
	{"a1 LOGIN \"alice\" \"s\\\"cret\"", "a1 OK [CAPABILITY IMAP4rev1] Logged in\r\n"},
	{"a1 LOGIN", LATER NO},
	{"a1 AUTHENTICATE PLAIN AGFsaWNl", "a1 OK alice is in\r\n"}, /* names the account */
	{"a1 AUTHENTICATE PLAIN ", LATER NO},
	{"a1 AUTHENTICATE PLAIN", "+ \r\n"},
	{"YWxpY2U=", "+ UGFzc3dvcmQ6\r\n"},
	{"cyJjcmV0", "a1 OK cyJjcmV0\r\n"}, /* repeats what it was told */
	{"", LATER NO}, /* whatever a client answers to a prompt */
	{NULL, NULL},
};

static struct canned imap_server(void)
{
	return (struct canned){.greeting = "* OK ready\r\n", .said = imap_said};
}

/* ---- claims ---------------------------------------------------------------------------------------------------- */

static void every_way_to_fail_is_tried_once(void **state)
{
	static const char *const failures[] = {"F:LOGIN:short", "F:LOGIN:long", "F:PLAIN-IR",
					       "F:PLAIN",       "F:AUTH-LOGIN", "F:CRAM-MD5"};
	struct probe_transcript transcript;
	struct canned canned = imap_server();
	struct fault fault = {.text = ""};

	(void)state;
	if (run(&canned, GP_SERVICE_IMAPS, NULL, &transcript, &fault))
		fail_msg("%s", fault.text);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		assert_int_equal(step_named(&transcript, failures[i])->total_bytes, strlen(NO));
		assert_in_range(step_named(&transcript, failures[i])->delay_ms, 2000, 2010);
	}
	assert_true(transcript.wrong_logins <= PROBE_WRONG_LOGINS_MAX);
	assert_int_equal(canned.opened, 2);
	assert_false(has_step(&transcript, "S:"));
}

static void records_are_kept_one_by_one(void **state)
{
	struct probe_transcript transcript;
	struct canned canned = imap_server();
	const struct transcript_step *step;

	(void)state;
	assert_int_equal(run(&canned, GP_SERVICE_IMAPS, NULL, &transcript, NULL), 0);
	step = step_named(&transcript, "cap");
	assert_int_equal(step->records, 2);
	assert_int_equal(step->record_bytes[0], strlen(CAPABILITY));
	assert_int_equal(step->record_bytes[1], strlen("a1 OK listed\r\n"));
	assert_int_equal(step->total_bytes, step->record_bytes[0] + step->record_bytes[1]);
	assert_int_equal(step->sent_bytes, strlen("a1 CAPABILITY\r\n"));
	assert_int_equal(step_named(&transcript, "ticket")->total_bytes, 233);
	assert_true(step_named(&transcript, "logout")->closed);
}

static void malformed_data_is_a_failure_only_if_the_server_says_so_and_an_abort_looks_different(void **state)
{
	static const struct said alike[] = {{"*!*", "a1 NO Authentication aborted.\r\n"},
					    IMAP_COMMANDS,
					    {"a1 LOGIN", NO},
					    {"a1 AUTHENTICATE PLAIN ", NO},
					    {"a1 AUTHENTICATE PLAIN", "+ \r\n"},
					    {"", NO},
					    {NULL, NULL}};
	static const struct said unclear[] = {{"*!*", "a1 NO bad protocol / cancel\r\n"},
					      IMAP_COMMANDS,
					      {"a1 LOGIN", NO},
					      {"a1 AUTHENTICATE PLAIN ", NO},
					      {"a1 AUTHENTICATE PLAIN", "+ \r\n"},
					      {"", NO},
					      {NULL, NULL}};
	static const struct said different[] = {{"*!*", "a1 NO authentication failed: not base64\r\n"},
						IMAP_COMMANDS,
						{"a1 LOGIN", NO},
						{"a1 AUTHENTICATE PLAIN ", NO},
						{"a1 AUTHENTICATE PLAIN", "+ \r\n"},
						{"", NO},
						{NULL, NULL}};
	struct probe_transcript transcript;
	struct canned canned = imap_server();

	(void)state;
	canned.said = alike;
	assert_int_equal(run(&canned, GP_SERVICE_IMAPS, NULL, &transcript, NULL), 0);
	assert_true(has_step(&transcript, "bad:malformed"));
	assert_true(has_step(&transcript, "bad:abort"));
	canned = imap_server();
	canned.said = unclear;
	assert_int_equal(run(&canned, GP_SERVICE_IMAPS, NULL, &transcript, NULL), 0);
	assert_true(has_step(&transcript, "bad:malformed"));
	canned = imap_server();
	canned.said = different;
	assert_int_equal(run(&canned, GP_SERVICE_IMAPS, NULL, &transcript, NULL), 0);
	assert_true(has_step(&transcript, "F:malformed"));
}

static void the_account_gets_in_and_is_not_written_down(void **state)
{
	const struct probe_account account = {"alice", "s\"cret"};
	struct probe_transcript transcript;
	struct canned canned = imap_server();
	struct fault fault = {.text = ""};

	(void)state;
	if (run(&canned, GP_SERVICE_IMAPS, &account, &transcript, &fault))
		fail_msg("%s", fault.text);
	assert_string_equal(step_named(&transcript, "S:LOGIN")->text, "a1 OK [CAPABILITY IMAP4rev1] Logged in\r\n");
	assert_string_equal(step_named(&transcript, "S:PLAIN-IR")->text, "(names the account)");
	assert_string_equal(step_named(&transcript, "S:AUTH-LOGIN")->text, "(names the account)");
	assert_int_equal(step_named(&transcript, "S:PLAIN-IR")->total_bytes, strlen("a1 OK alice is in\r\n"));
	assert_true(has_step(&transcript, "after:noop"));
	assert_int_equal(canned.opened, 5); /* before, wrong logins, three right ones */
}

static void with_starttls_nothing_else_is_said_before(void **state)
{
	static const struct said said[] = {
		{"a1 STARTTLS", "a1 OK Begin\r\n"},  IMAP_COMMANDS, {"a1 LOGIN", NO}, {"a1 AUTHENTICATE PLAIN ", NO},
		{"a1 AUTHENTICATE PLAIN", "+ \r\n"}, {"", NO},      {NULL, NULL}};
	struct probe_transcript transcript;
	struct canned canned = imap_server();

	(void)state;
	canned.said = said;
	assert_int_equal(run(&canned, GP_SERVICE_IMAP, NULL, &transcript, NULL), 0);
	assert_false(canned.clear_said);
	assert_false(has_step(&transcript, "greeting")); /* the one that is not under TLS is called otherwise */
	assert_true(has_step(&transcript, "clear-greeting"));
}

static void other_protocols_are_spoken_as_well(void **state)
{
	static const struct said pop3[] = {
		{"CAPA", "+OK\r\nSASL PLAIN\r\n.\r\n"},
		{"USER", "+OK\r\n"},
		{"PASS", "-ERR [AUTH] Authentication failed.\r\n"},
		{"QUIT", "+OK Logging out\r\n" HANGS_UP},
		{"AUTH PLAIN ", "-ERR [AUTH] Authentication failed.\r\n"},
		{"AUTH PLAIN", "+ \r\n"},
		{"AG", "-ERR [AUTH] Authentication failed.\r\n"},
		{"", "-ERR Unknown command.\r\n"},
		{NULL, NULL},
	};
	static const struct said smtp[] = {
		{"EHLO", "250-mail\r\n" RECORD "250-AUTH LOGIN PLAIN\r\n250 OK\r\n"},
		{"NOOP", "250 OK\r\n"},
		{"RSET", "250 OK\r\n"},
		{"QUIT", "221 Bye\r\n" HANGS_UP},
		{"AUTH PLAIN ", "535 5.7.8 Error: authentication failed\r\n"},
		{"AUTH PLAIN", "334 \r\n"},
		{"AUTH LOGIN", "334 VXNlcm5hbWU6\r\n"},
		{"Z3AwMTIzNDU2Nw==", "334 UGFzc3dvcmQ6\r\n"},
		{"*\r\n", "501 Aborted\r\n"},
		{"X", "502 what\r\n"},
		{"", "454 4.7.0 Temporary authentication failure\r\n"},
		{NULL, NULL},
	};
	struct probe_transcript transcript;
	struct canned canned = {.greeting = "+OK ready\r\n", .said = pop3};

	(void)state;
	assert_int_equal(run(&canned, GP_SERVICE_POP3S, NULL, &transcript, NULL), 0);
	assert_int_equal(step_named(&transcript, "F:PASS:long")->total_bytes, 36);
	assert_int_equal(step_named(&transcript, "F:PLAIN")->total_bytes, 36);
	assert_int_equal(step_named(&transcript, "user")->total_bytes, 5);
	assert_false(has_step(&transcript, "F:CRAM-MD5")); /* is not offered */

	canned = (struct canned){.greeting = "220-two\r\n" RECORD "220 lines\r\n", .said = smtp};
	assert_int_equal(run(&canned, GP_SERVICE_SUBMISSIONS, NULL, &transcript, NULL), 0);
	assert_int_equal(step_named(&transcript, "greeting")->records, 2);
	assert_int_equal(step_named(&transcript, "cap:21")->sent_bytes - step_named(&transcript, "cap:1")->sent_bytes,
			 20);
	assert_int_equal(step_named(&transcript, "F:PLAIN-IR:short")->total_bytes, 40);
	assert_true(has_step(&transcript, "T:PLAIN")); /* neither failure nor success */
	assert_true(has_step(&transcript, "T:AUTH-LOGIN"));
}

static void a_server_that_hangs_up_after_each_failure_is_probed_all_the_same(void **state)
{
	static const struct said said[] = {IMAP_COMMANDS,
					   {"a1 LOGIN", NO HANGS_UP},
					   {"a1 AUTHENTICATE PLAIN ", NO HANGS_UP},
					   {"a1 AUTHENTICATE PLAIN", "+ \r\n"},
					   {"", NO HANGS_UP},
					   {NULL, NULL}};
	struct probe_transcript transcript;
	struct canned canned = imap_server();

	(void)state;
	canned.said = said;
	assert_int_equal(run(&canned, GP_SERVICE_IMAPS, NULL, &transcript, NULL), 0);
	assert_true(has_step(&transcript, "F:CRAM-MD5"));
	assert_true(step_named(&transcript, "F:LOGIN:short")->closed);
	assert_true(canned.opened > 5);
}

static void a_second_line_is_not_said_to_another_connection(void **state)
{
	static const struct said said[] = {{"CAPA", "+OK\r\n.\r\n"},
					   {"USER", "+OK\r\n" HANGS_UP},
					   {"PASS", "+OK\r\n"},
					   {"", "-ERR\r\n"},
					   {NULL, NULL}};
	struct probe_transcript transcript;
	struct canned canned = {.greeting = "+OK ready\r\n", .said = said};

	(void)state;
	assert_int_equal(run(&canned, GP_SERVICE_POP3S, NULL, &transcript, NULL), -EPROTO); /* nothing was refused */
	assert_null(strstr(canned.dialogue, "PASS"));
}

static void servers_that_tell_nothing_are_an_error_in_words(void **state)
{
	static const struct said deaf[] = {{"", SILENCE}, {NULL, NULL}};
	static const struct said gone[] = {{"", HANGS_UP}, {NULL, NULL}};
	static const struct said endless[] = {{"", FOREVER}, {NULL, NULL}};
	static const struct said open_house[] = {IMAP_COMMANDS, {"", "a1 OK welcome\r\n"}, {NULL, NULL}};
	static const struct said no_tls[] = {{"", "a1 BAD no\r\n"}, {NULL, NULL}};
	static const struct said injected[] = {{"", "a1 OK Begin\r\na1 OK [CAPABILITY AUTH=PLAIN] me\r\n"},
					       {NULL, NULL}};
	static const struct {
		const char *why, *greeting, *words;
		const struct said *said;
		enum gp_service service;
		int error;
	} row[] = {
		{"no greeting", SILENCE, "no answer to 'greeting' within 30 s", deaf, GP_SERVICE_IMAPS, -ETIMEDOUT},
		{"hangs up", HANGS_UP, "hung up before it greeted", deaf, GP_SERVICE_IMAPS, -ECONNRESET},
		{"half a greeting", "* OK" HANGS_UP, "hung up before it greeted", deaf, GP_SERVICE_IMAPS, -ECONNRESET},
		{"goes away", "* BYE\033[1m too many\r\n", "the server said: * BYE?[1m too many", deaf,
		 GP_SERVICE_IMAPS, -EPROTO},
		{"another protocol", "220 smtp\r\n", "does not let us in", deaf, GP_SERVICE_IMAPS, -EPROTO},
		{"no answers", "* OK\r\n", "no answer to 'cap' within 30 s", deaf, GP_SERVICE_IMAPS, -ETIMEDOUT},
		{"hangs up each time", "* OK\r\n", "hangs up instead of answering", gone, GP_SERVICE_IMAPS,
		 -ECONNRESET},
		{"does not end", "* OK\r\n", "does not end", endless, GP_SERVICE_IMAPS, -EPROTO},
		{"lets everybody in", "* OK\r\n", "let a user in that does not exist", open_house, GP_SERVICE_IMAPS,
		 -EPROTO},
		{"no STARTTLS", "* OK\r\n", "offers no TLS here", no_tls, GP_SERVICE_IMAP, -EPROTO},
		{"more before TLS", "* OK\r\n", "more than an answer came before TLS", injected, GP_SERVICE_IMAP,
		 -EPROTO},
		{"refuses nothing", "* OK\r\n", "refused no login", no_tls, GP_SERVICE_IMAPS, -EPROTO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct canned canned = {.greeting = row[i].greeting, .said = row[i].said};
		struct probe_transcript transcript = {.steps = 7};
		struct fault fault = {.text = ""};
		int err = run(&canned, row[i].service, NULL, &transcript, &fault);

		if (err != row[i].error || !strstr(fault.text, row[i].words))
			fail_msg("%s: %d, '%s'", row[i].why, err, fault.text);
		assert_int_equal(transcript.steps, 7);
		assert_true(canned.lines < 60);
	}
}

static void an_account_that_does_not_get_in_is_an_error(void **state)
{
	const struct probe_account wrong = {"alice", "another"}, empty = {"alice", ""}, broken = {"alice", "a\r\nNOOP"};
	struct probe_transcript transcript;
	struct canned canned = imap_server();
	struct fault fault = {.text = ""};

	(void)state;
	assert_int_equal(run(&canned, GP_SERVICE_IMAPS, &wrong, &transcript, &fault), -EACCES);
	assert_non_null(strstr(fault.text, "does not get in; the server said: a1 NO"));
	assert_null(strstr(fault.text, "another"));
	assert_int_equal(run(&canned, GP_SERVICE_IMAPS, &empty, &transcript, &fault), -EINVAL);
	canned.dialogue[0] = '\0';
	assert_int_equal(run(&canned, GP_SERVICE_IMAPS, &broken, &transcript, &fault), -EINVAL);
	assert_string_equal(canned.dialogue, "");
}

static void answers_end_where_the_protocol_says(void **state)
{
	static const struct {
		enum protocol protocol;
		enum reply_form form;
		const char *reply;
		bool complete;
		enum answer answer;
	} row[] = {
		{PROTOCOL_IMAP, FORM_REPLY, "a1 OK\r\n", true, ANSWER_OK},
		{PROTOCOL_IMAP, FORM_REPLY, "a1 OK", false, ANSWER_NONE},
		{PROTOCOL_IMAP, FORM_REPLY, "* CAPABILITY\r\n", false, ANSWER_NONE},
		{PROTOCOL_IMAP, FORM_REPLY, "* BYE\r\na1 OK Bye\r\n", true, ANSWER_OK},
		{PROTOCOL_IMAP, FORM_REPLY, "+ \r\n", true, ANSWER_MORE},
		{PROTOCOL_IMAP, FORM_REPLY, "a1 NO Login failed.\r\n", true, ANSWER_REFUSED},
		{PROTOCOL_IMAP, FORM_REPLY, "a1 NO [UNAVAILABLE] x\r\n", true, ANSWER_TEMPORARY},
		{PROTOCOL_IMAP, FORM_REPLY, "a1 NO Unsupported mechanism\r\n", true, ANSWER_BAD},
		{PROTOCOL_IMAP, FORM_GREETING, "* OK\r\n", true, ANSWER_OK},
		{PROTOCOL_POP3, FORM_REPLY, "+OK\r\n", true, ANSWER_OK},
		{PROTOCOL_POP3, FORM_LIST, "+OK\r\nUSER\r\n", false, ANSWER_OK},
		{PROTOCOL_POP3, FORM_LIST, "+OK\r\nUSER\r\n.\r\n", true, ANSWER_OK},
		{PROTOCOL_POP3, FORM_LIST, "-ERR\r\n", true, ANSWER_REFUSED},
		{PROTOCOL_POP3, FORM_REPLY, "-ERR [SYS/TEMP] x\r\n", true, ANSWER_TEMPORARY},
		{PROTOCOL_POP3, FORM_REPLY, "-ERR Unknown command.\r\n", true, ANSWER_BAD},
		{PROTOCOL_SMTP, FORM_REPLY, "250-a\r\n", false, ANSWER_OK},
		{PROTOCOL_SMTP, FORM_REPLY, "250-a\r\n250 b\r\n", true, ANSWER_OK},
		{PROTOCOL_SMTP, FORM_REPLY, "535 5.7.8 x\r\n", true, ANSWER_REFUSED},
		{PROTOCOL_SMTP, FORM_REPLY, "535-5.7.8 x\r\n535 5.7.8 y\r\n", true, ANSWER_REFUSED},
		{PROTOCOL_SMTP, FORM_REPLY, "454 x\r\n", true, ANSWER_TEMPORARY},
		{PROTOCOL_SMTP, FORM_REPLY, "534 x\r\n", true, ANSWER_BAD},
		{PROTOCOL_SMTP, FORM_REPLY, "\r\n", true, ANSWER_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct span reply = span_of(row[i].reply, strlen(row[i].reply));

		if (answer_is_complete(row[i].protocol, row[i].form, reply) != row[i].complete ||
		    (int)answer_of(row[i].protocol, reply) != (int)row[i].answer)
			fail_msg("row %zu, %s: answer %d", i, row[i].reply, (int)answer_of(row[i].protocol, reply));
	}
}

static void mechanisms_are_found_whole_where_they_stand(void **state)
{
	static const struct {
		enum protocol protocol;
		const char *text, *mechanism;
		bool offered;
	} row[] = {
		{PROTOCOL_IMAP, "* CAPABILITY AUTH=PLAIN\r\n", "PLAIN", true},
		{PROTOCOL_IMAP, "* CAPABILITY AUTH=PLAIN-CLIENTTOKEN\r\n", "PLAIN", false},
		{PROTOCOL_IMAP, "* CAPABILITY LOGINDISABLED\r\n", "LOGIN", false},
		{PROTOCOL_POP3, "+OK\r\nSASL PLAIN LOGIN\r\n.\r\n", "LOGIN", true},
		{PROTOCOL_POP3, "+OK LOGIN\r\nUSER\r\n.\r\n", "LOGIN", false},
		{PROTOCOL_SMTP, "250-x\r\n250-AUTH PLAIN CRAM-MD5\r\n250 y\r\n", "CRAM-MD5", true},
		{PROTOCOL_SMTP, "250 AUTH LOGIN\r\n", "LOGIN", true},
		{PROTOCOL_SMTP, "250-LOGIN\r\n250 y\r\n", "LOGIN", false},
		{PROTOCOL_SMTP, "2\r\n", "LOGIN", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (offer_names(row[i].protocol, span_of(row[i].text, strlen(row[i].text)), row[i].mechanism) !=
		    row[i].offered)
			fail_msg("%s in %s", row[i].mechanism, row[i].text);
}

static void targets_are_read_as_people_write_them(void **state)
{
	static const struct {
		const char *url, *host;
		uint16_t port;
		enum gp_service service;
	} row[] = {
		{"imaps://mail.example", "mail.example", 993, GP_SERVICE_IMAPS},
		{"imap://192.0.2.10/", "192.0.2.10", 143, GP_SERVICE_IMAP},
		{"pop3s://[2001:db8::1]", "2001:db8::1", 995, GP_SERVICE_POP3S},
		{"pop3://[2001:db8::1]:2110", "2001:db8::1", 2110, GP_SERVICE_POP3},
		{"submission://a:65535", "a", 65535, GP_SERVICE_SUBMISSION},
		{"smtps://a", "a", 465, GP_SERVICE_SUBMISSIONS},
		{"smtp://a", "a", 587, GP_SERVICE_SUBMISSION},
		{"http://a", NULL, 0, 0},
		{"a", NULL, 0, 0},
		{"imaps:/a", NULL, 0, 0},
		{"imaps://", NULL, 0, 0},
		{"imaps://[2001:db8::1", NULL, 0, 0},
		{"imaps://2001:db8::1", NULL, 0, 0},
		{"imaps://a:", NULL, 0, 0},
		{"imaps://a:0", NULL, 0, 0},
		{"imaps://a:65536", NULL, 0, 0},
		{"imaps://a:-1", NULL, 0, 0},
		{"imaps://a/b", NULL, 0, 0},
		{"imaps://user@a", NULL, 0, 0},
		{"imaps://a\033[1m", NULL, 0, 0},
		{"IMAPS ://a", NULL, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct probe_target target = {.port = 0};
		struct fault fault = {.text = ""};
		const int err = target_parse(row[i].url, &target, &fault);

		if (!row[i].host ? err != -EINVAL || !fault.text[0] || target.port
				 : err || strcmp(target.host, row[i].host) || target.port != row[i].port ||
					   target.service != row[i].service)
			fail_msg("%s: %d, %s", row[i].url, err, fault.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_fail_is_tried_once),
		cmocka_unit_test(records_are_kept_one_by_one),
		cmocka_unit_test(malformed_data_is_a_failure_only_if_the_server_says_so_and_an_abort_looks_different),
		cmocka_unit_test(the_account_gets_in_and_is_not_written_down),
		cmocka_unit_test(with_starttls_nothing_else_is_said_before),
		cmocka_unit_test(other_protocols_are_spoken_as_well),
		cmocka_unit_test(a_server_that_hangs_up_after_each_failure_is_probed_all_the_same),
		cmocka_unit_test(a_second_line_is_not_said_to_another_connection),
		cmocka_unit_test(servers_that_tell_nothing_are_an_error_in_words),
		cmocka_unit_test(an_account_that_does_not_get_in_is_an_error),
		cmocka_unit_test(answers_end_where_the_protocol_says),
		cmocka_unit_test(mechanisms_are_found_whole_where_they_stand),
		cmocka_unit_test(targets_are_read_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
