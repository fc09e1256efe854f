/* SPDX-License-Identifier: BSD-2-Clause */
/* POP3 dialogues as servers and clients have them, each a claim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/transcript.h"

#define POP3 .service = GP_SERVICE_POP3
#define DOVECOT "S:+OK Dovecot ready."
#define DOVECOT_FAIL "S:-ERR [AUTH] Authentication failed."
#define DOVECOT_OK "S:+OK Logged in."

static const struct transcript rows[] = {
	{"hydra against Dovecot: USER and PASS over and over",
	 POP3,
	 {DOVECOT,        "C:CAPA",       "S:+OK",
	  "S:CAPA",       "S:TOP",        "S:UIDL",
	  "S:STLS",       "S:USER",       "S:SASL PLAIN LOGIN",
	  "S:.",          "C:USER u7",    "S:+OK",
	  "C:PASS wrong", DOVECOT_FAIL,   "C:USER u7",
	  "S:+OK",        "C:PASS other", DOVECOT_FAIL,
	  "C:USER u8",    "S:+OK",        "C:PASS third",
	  DOVECOT_FAIL},
	 .outcomes = "FFF",
	 .mechanism = "USER",
	 .account = "u8",
	 .accounts = SAME_YES,
	 .credentials = SAME_NO,
	 .replies_only = "FFF"},
	{"a password with blanks in it, wrong twice, is one credential",
	 POP3,
	 {DOVECOT, "C:user U7", "S:+OK", "C:pass  wrong one ", DOVECOT_FAIL, "C:USER u7", "S:+OK", "C:PASS  wrong one ",
	  DOVECOT_FAIL, "C:USER u7", "S:+OK", "C:PASS right", DOVECOT_OK, "C:STAT", "S:-ERR [AUTH] no attempt"},
	 .outcomes = "FFS",
	 .account = "u7",
	 .accounts = SAME_YES,
	 .credentials = SAME_YES,
	 .state = LOGIN_DONE,
	 .replies_only = "FFS",
	 .commands_only = "UUU"},
	{"pipelined USER and PASS are matched in order",
	 POP3,
	 {DOVECOT, "C:CAPA", "C:USER u7", "C:PASS wrong", "C:USER u8", "C:PASS right", "C:STAT", "S:+OK",
	  "S:PIPELINING", "S:.", "S:+OK", DOVECOT_FAIL, "S:+OK", DOVECOT_OK, "S:+OK 0 0"},
	 .outcomes = "FS",
	 .account = "u8",
	 .accounts = SAME_NO,
	 .state = LOGIN_DONE},
	{"a client that talks before the greeting is not out of step",
	 POP3,
	 {"C:USER u7", "C:PASS wrong", DOVECOT, "S:+OK", DOVECOT_FAIL},
	 .outcomes = "F",
	 .account = "u7",
	 .credentials = SAME_ANY},
	{"APOP: the name is seen, the digest is new each time",
	 POP3,
	 {"S:+OK POP3 server ready <1896.697170952@dbc.example.net>", "C:APOP u7 c4c9334bac560ecc979e58001b3e22fb",
	  "S:-ERR [AUTH] Authentication failed.", "C:APOP u7 c4c9334bac560ecc979e58001b3e22fb",
	  "S:+OK maildrop has 1 message"},
	 .outcomes = "FS",
	 .mechanism = "APOP",
	 .account = "u7",
	 .accounts = SAME_YES,
	 .state = LOGIN_DONE},
	{"AUTH with an initial response, prompted, and step by step",
	 POP3,
	 {DOVECOT, "C:AUTH PLAIN AHU3AHdyb25n", DOVECOT_FAIL, "C:AUTH PLAIN", "S:+ ", "C:AHU3AHdyb25n", DOVECOT_FAIL,
	  "C:AUTH LOGIN", "S:+ VXNlcm5hbWU6", "C:dTc=", "S:+ UGFzc3dvcmQ6", "C:cmlnaHQ=", DOVECOT_OK},
	 .outcomes = "FFS",
	 .mechanism = "LOGIN",
	 .account = "u7",
	 .accounts = SAME_YES,
	 .credentials = SAME_YES,
	 .state = LOGIN_DONE,
	 .replies_only = "FFS"},
	{"AUTH alone asks for the list",
	 POP3,
	 {DOVECOT, "C:AUTH", "S:+OK", "S:PLAIN", "S:LOGIN", "S:.", "C:QUIT", "S:+OK Logging out"},
	 .outcomes = "",
	 .replies_only = ""},
	{"a cancelled exchange has no outcome",
	 POP3,
	 {DOVECOT, "C:AUTH PLAIN", "S:+ ", "C:*", "S:-ERR Authentication aborted by client."},
	 .outcomes = "U"},
	{"trouble of the server's is not a wrong password",
	 POP3,
	 {DOVECOT, "C:USER u7", "S:+OK", "C:PASS x", "S:-ERR [SYS/TEMP] Temporary authentication failure.", "C:USER u7",
	  "S:+OK", "C:PASS x", "S:-ERR [IN-USE] mailbox is locked", "C:USER u7", "S:+OK", "C:PASS x",
	  "S:-ERR [LOGIN-DELAY] wait", "C:USER u7",
	  "S:-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.", "C:PASS x",
	  "S:-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections."},
	 .outcomes = "UUUU",
	 .replies_only = ""},
	{"PASS without USER is no check",
	 POP3,
	 {DOVECOT, "C:PASS wrong", "S:-ERR Authentication failed."},
	 .outcomes = "U",
	 .account = ""},
	{"Courier",
	 POP3,
	 {"S:+OK Hello there.", "C:USER u7", "S:+OK Password required.", "C:PASS wrong", "S:-ERR Login failed.",
	  "C:USER u7", "S:+OK Password required.", "C:PASS right", "S:+OK logged in."},
	 .outcomes = "FS",
	 .state = LOGIN_DONE,
	 .replies_only = "FS"},
	{"Cyrus",
	 POP3,
	 {"S:+OK server Cyrus POP3 3.6.1 server ready <1@example.net>", "C:USER u7", "S:+OK Name is a valid mailbox",
	  "C:PASS wrong", "S:-ERR [AUTH] Invalid login", "C:USER u7", "S:+OK Name is a valid mailbox", "C:PASS right",
	  "S:+OK Mailbox locked and ready SESSIONID=<1>"},
	 .outcomes = "FS",
	 .state = LOGIN_DONE,
	 .replies_only = "FS"},
	{"STLS agreed on: the rest is TLS",
	 POP3,
	 {DOVECOT, "C:STLS", "S:+OK Begin TLS negotiation now.", "c:\x16\x03\x01\x02"},
	 .outcomes = "",
	 .state = LOGIN_TLS},
	{"STLS refused: the rest is not",
	 POP3,
	 {DOVECOT, "C:STLS", "S:-ERR TLS support isn't enabled.", "C:USER u7", "S:+OK", "C:PASS wrong", DOVECOT_FAIL},
	 .outcomes = "F",
	 .account = "u7"},
	{"a login slipped in behind STLS was never read by the server",
	 POP3,
	 {DOVECOT, "C:STLS", "C:USER u7", "C:PASS wrong", "S:+OK Begin TLS negotiation now.", "c:\x16\x03\x01\x02"},
	 .outcomes = "",
	 .state = LOGIN_TLS,
	 .commands_only = "U"},
};

static void pop3_logins_have_the_outcome_that_the_server_gave(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		transcript_check(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pop3_logins_have_the_outcome_that_the_server_gave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
