/* SPDX-License-Identifier: BSD-2-Clause */
/* SMTP submission dialogues as servers and clients have them, each a claim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/transcript.h"

#define SMTP .service = GP_SERVICE_SUBMISSION
#define POSTFIX                                                                                                        \
	"S:220 mail.example.com ESMTP Postfix", "C:EHLO [192.0.2.7]", "S:250-mail.example.com", "S:250-PIPELINING",    \
		"S:250-SIZE 10240000", "S:250-AUTH PLAIN LOGIN CRAM-MD5", "S:250 CHUNKING"
#define POSTFIX_FAIL "S:535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6"
#define POSTFIX_OK "S:235 2.7.0 Authentication successful"

static const struct transcript rows[] = {
	{"hydra against Postfix: AUTH LOGIN, prompted, three wrong",
	 SMTP,
	 {POSTFIX, "C:AUTH LOGIN", "S:334 VXNlcm5hbWU6", "C:dTc=", "S:334 UGFzc3dvcmQ6", "C:d3Jvbmc=", POSTFIX_FAIL,
	  "C:AUTH LOGIN", "S:334 VXNlcm5hbWU6", "C:dTc=", "S:334 UGFzc3dvcmQ6", "C:d3Jvbmc=", POSTFIX_FAIL,
	  "C:AUTH LOGIN", "S:334 VXNlcm5hbWU6", "C:dTc=", "S:334 UGFzc3dvcmQ6", "C:cmlnaHQ=", POSTFIX_FAIL},
	 .outcomes = "FFF",
	 .mechanism = "LOGIN",
	 .account = "u7",
	 .accounts = SAME_YES,
	 .credentials = SAME_YES,
	 .replies_only = "FFF"},
	{"Outlook: AUTH LOGIN with the name at once; swaks: AUTH PLAIN; the same password",
	 SMTP,
	 {POSTFIX, "C:AUTH LOGIN dTc=", "S:334 UGFzc3dvcmQ6", "C:d3Jvbmc=", POSTFIX_FAIL, "C:AUTH PLAIN AHU3AHdyb25n",
	  POSTFIX_FAIL, "C:auth plain AHU3AHJpZ2h0", POSTFIX_OK, "C:MAIL FROM:<u7@example.com>", "S:250 2.1.0 Ok",
	  "C:DATA", "S:354 End data with <CR><LF>.<CR><LF>", "C:AUTH PLAIN AHU3AHdyb25n", "C:.", "S:535 not me"},
	 .outcomes = "FFS",
	 .mechanism = "PLAIN",
	 .account = "u7",
	 .accounts = SAME_YES,
	 .credentials = SAME_YES,
	 .state = LOGIN_DONE,
	 .commands_only = "UUU",
	 .replies_only = "FFS"},
	{"Thunderbird with a stale password: PLAIN, then LOGIN",
	 SMTP,
	 {POSTFIX, "C:AUTH PLAIN AHU3AHdyb25n", POSTFIX_FAIL, "C:AUTH LOGIN", "S:334 VXNlcm5hbWU6",
	  "C:dTc=", "S:334 UGFzc3dvcmQ6", "C:d3Jvbmc=", POSTFIX_FAIL, "C:QUIT", "S:221 2.0.0 Bye"},
	 .outcomes = "FF",
	 .accounts = SAME_YES,
	 .credentials = SAME_YES},
	{"Exim",
	 SMTP,
	 {"S:220 mail.example.com ESMTP Exim 4.96 Tue, 01 Jan 2030 00:00:00 +0000", "C:EHLO x", "S:250-mail Hello x",
	  "S:250 AUTH PLAIN LOGIN", "C:AUTH PLAIN AHU3AHdyb25n", "S:535 Incorrect authentication data",
	  "C:AUTH PLAIN AHU3AHJpZ2h0", "S:235 Authentication succeeded"},
	 .outcomes = "FS",
	 .state = LOGIN_DONE,
	 .replies_only = "FS"},
	{"CRAM-MD5 shows the name only",
	 SMTP,
	 {POSTFIX, "C:AUTH CRAM-MD5", "S:334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UuZXhhbXBsZS5uZXQ+",
	  "C:dTcgOWU5NWFlZTA5YzQwYWYyYjg0YTBjMmIzYmJhZTc4NmU=", POSTFIX_FAIL},
	 .outcomes = "F",
	 .mechanism = "CRAM-MD5",
	 .account = "u7"},
	{"a prompted AUTH PLAIN, and the empty initial response",
	 SMTP,
	 {POSTFIX, "C:AUTH PLAIN", "S:334 ", "C:AHU3AHdyb25n", POSTFIX_FAIL, "C:AUTH EXTERNAL =", POSTFIX_FAIL},
	 .outcomes = "FF",
	 .mechanism = "EXTERNAL",
	 .account = ""},
	{"what was not checked is not a failure",
	 SMTP,
	 {POSTFIX, "C:AUTH PLAIN AHU3AHdyb25n", "S:454 4.7.0 Temporary authentication failure: generic failure",
	  "C:AUTH PLAIN AHU3AHdyb25n", "S:530 5.7.0 Must issue a STARTTLS command first", "C:AUTH PLAIN AHU3AHdyb25n",
	  "S:538 5.7.11 Encryption required for requested authentication mechanism", "C:AUTH PLAIN AHU3AHdyb25n",
	  "S:503 5.5.1 Error: authentication not enabled", "C:AUTH PLAIN !!", "S:501 5.5.2 Cannot base64-decode",
	  "C:AUTH PLAIN AHU3AHdyb25n", "S:534 5.7.9 Authentication mechanism is too weak", "C:AUTH PLAIN AHU3AHdyb25n",
	  "S:432 4.7.12 A password transition is needed", "C:AUTH PLAIN AHU3AHdyb25n",
	  "S:535 5.7.8 Error: authentication failed: Connection lost to authentication server",
	  "C:AUTH PLAIN AHU3AHdyb25n", "S:421 4.7.0 mail.example.com Error: too many errors"},
	 .outcomes = "UUUUUUUUU",
	 .replies_only = ""},
	{"credentials called invalid under another code are a failure",
	 SMTP,
	 {POSTFIX, "C:AUTH PLAIN AHU3AHdyb25n", "S:550 5.7.8 Authentication credentials invalid",
	  "C:AUTH PLAIN AHU3AHdyb25n", "S:554 Authentication failed", "C:AUTH PLAIN AHU3AHdyb25n",
	  "S:535 5.7.8 Error: authentication failed: (reason unavailable)"},
	 .outcomes = "FFF"},
	{"a refused mechanism leaves no response behind",
	 SMTP,
	 {POSTFIX, "C:AUTH NTLM", "C:AUTH PLAIN AHU3AHdyb25n",
	  "S:535 5.7.8 Error: authentication failed: Invalid authentication mechanism", POSTFIX_FAIL},
	 .outcomes = "UF",
	 .mechanism = "PLAIN",
	 .account = "u7",
	 .replies_only = "F"},
	{"a cancelled exchange has no outcome",
	 SMTP,
	 {POSTFIX, "C:AUTH LOGIN", "S:334 VXNlcm5hbWU6", "C:*", "S:501 5.7.0 Authentication aborted"},
	 .outcomes = "U"},
	{"everything in one packet, and the server keeps the order",
	 SMTP,
	 {"S:220 mail.example.com ESMTP", "C:EHLO x", "C:FOO", "C:AUTH LOGIN", "C:dTc=", "C:d3Jvbmc=", "C:RSET",
	  "C:AUTH PLAIN AHU3AHJpZ2h0", "S:250-mail", "S:250 AUTH LOGIN PLAIN",
	  "S:502 5.5.2 Error: command not recognized", "S:334 VXNlcm5hbWU6", "S:334 UGFzc3dvcmQ6", POSTFIX_FAIL,
	  "S:250 2.0.0 Ok", POSTFIX_OK},
	 .outcomes = "FS",
	 .account = "u7",
	 .accounts = SAME_YES,
	 .credentials = SAME_NO,
	 .state = LOGIN_DONE},
	{"a client that talks before the greeting is not out of step",
	 SMTP,
	 {"C:EHLO x", "C:AUTH PLAIN AHU3AHdyb25n", "S:220-mail.example.com ESMTP", "S:220 hold on", "S:250 mail",
	  POSTFIX_FAIL},
	 .outcomes = "F",
	 .account = "u7"},
	{"the text of a mail sent without AUTH is not commands",
	 SMTP,
	 {POSTFIX, "C:MAIL FROM:<>", "S:250 ok", "C:RCPT TO:<u7@example.com>", "S:250 ok", "C:DATA", "S:354 go",
	  "C:AUTH PLAIN AHU3AHdyb25n", "C:..", "C:STARTTLS", "C:.", "S:250 queued", "C:AUTH PLAIN AHU3AHdyb25n",
	  POSTFIX_FAIL},
	 .outcomes = "F",
	 .account = "u7"},
	{"DATA refused: what follows is commands",
	 SMTP,
	 {POSTFIX, "C:DATA", "C:AUTH PLAIN AHU3AHdyb25n", "C:.", "S:503 5.5.1 Error: need RCPT command", POSTFIX_FAIL,
	  "S:502 5.5.2 Error: command not recognized"},
	 .outcomes = "F",
	 .account = "u7",
	 .commands_only = ""},
	{"STARTTLS agreed on: the rest is TLS",
	 SMTP,
	 {POSTFIX, "C:STARTTLS", "S:220 2.0.0 Ready to start TLS", "c:\x16\x03\x01\x02"},
	 .outcomes = "",
	 .state = LOGIN_TLS},
	{"STARTTLS before the greeting is not agreed on by the greeting",
	 SMTP,
	 {"C:STARTTLS", "C:AUTH PLAIN AHU3AHdyb25n", "S:220 mail.example.com ESMTP", "S:454 4.7.0 TLS not available",
	  POSTFIX_FAIL},
	 .outcomes = "F",
	 .account = "u7"},
	{"an AUTH slipped in behind STARTTLS was never read by the server",
	 SMTP,
	 {POSTFIX, "C:STARTTLS", "C:AUTH PLAIN AHU3AHdyb25n", "S:220 2.0.0 Ready to start TLS", "c:\x16\x03\x01\x02"},
	 .outcomes = "",
	 .state = LOGIN_TLS,
	 .commands_only = "U"},
	{"an AUTH dressed up so that only the server knows it counts by its reply",
	 SMTP,
	 {POSTFIX, "C:\vAUTH PLAIN AHU3AHdyb25n", POSTFIX_FAIL},
	 .outcomes = "F",
	 .mechanism = "unknown",
	 .account = "",
	 .commands_only = ""},
};

static void smtp_logins_have_the_outcome_that_the_server_gave(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		transcript_check(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smtp_logins_have_the_outcome_that_the_server_gave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
