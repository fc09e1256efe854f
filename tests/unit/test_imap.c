/* SPDX-License-Identifier: BSD-2-Clause */
/* IMAP dialogues as servers and clients have them, each a claim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/transcript.h"

#define IMAP .service = GP_SERVICE_IMAP
#define DOVECOT "S:* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS AUTH=PLAIN] Dovecot ready."
#define DOVECOT_FAIL " NO [AUTHENTICATIONFAILED] Authentication failed."
#define DOVECOT_OK " OK [CAPABILITY IMAP4rev1 SASL-IR IDLE SORT THREAD=REFS UIDPLUS LITERAL+ NOTIFY] Logged in"

static const struct transcript login_rows[] = {
	{ "hydra against Dovecot: LOGIN with quoted strings, three wrong", IMAP,
	  { DOVECOT, "C:1 CAPABILITY", "S:* CAPABILITY IMAP4rev1 SASL-IR LITERAL+ AUTH=PLAIN AUTH=LOGIN",
	    "S:1 OK Pre-login capabilities listed, post-login capabilities have more.", "C:2 LOGIN \"u7\" \"wrong\"",
	    "S:2" DOVECOT_FAIL, "C:3 LOGIN \"u7\" \"other\"", "S:3" DOVECOT_FAIL, "C:4 LOGIN \"u7\" \"third\"",
	    "S:4" DOVECOT_FAIL, "S:* BYE Disconnected: Auth process broken" },
	  .outcomes = "FFF", .mechanism = "LOGIN", .account = "u7", .accounts = SAME_YES, .credentials = SAME_NO,
	  .replies_only = "FFF" },
	{ "curl and mbsync: a mistyped password, then the right one, then mail", IMAP,
	  { DOVECOT, "C:A001 CAPABILITY", "S:* CAPABILITY IMAP4rev1", "S:A001 OK done", "C:A002 LOGIN u7@Example.COM wrong",
	    "S:A002" DOVECOT_FAIL, "C:A003 LOGIN U7@example.com right", "S:A003" DOVECOT_OK, "C:A004 SELECT INBOX",
	    "S:A004 NO [AUTHENTICATIONFAILED] not what it seems" },
	  .outcomes = "FS", .mechanism = "LOGIN", .account = "u7@example.com", .accounts = SAME_YES,
	  .credentials = SAME_NO, .state = LOGIN_DONE, .commands_only = "UU", .replies_only = "FS" },
	{ "a forgotten phone: the same wrong password has the same credential, however it is written", IMAP,
	  { DOVECOT, "C:a LOGIN u7 wr\"ng", "S:a" DOVECOT_FAIL, "C:b login \"U7\" \"wr\\\"ng\"", "S:b" DOVECOT_FAIL },
	  .outcomes = "FF", .account = "u7", .accounts = SAME_YES, .credentials = SAME_YES },
	{ "one password on two accounts has two credentials", IMAP,
	  { DOVECOT, "C:a LOGIN u7 wrong", "S:a" DOVECOT_FAIL, "C:b LOGIN u8 wrong", "S:b" DOVECOT_FAIL },
	  .outcomes = "FF", .accounts = SAME_NO, .credentials = SAME_NO },
	{ "synchronising literals are read after the server asks for them", IMAP,
	  { DOVECOT, "C:a LOGIN {2}", "S:+ OK", "C:u7 {9}", "S:+ OK", "C:wr\"\r\n{5}g", "S:a" DOVECOT_FAIL,
	    "C:b LOGIN {2+}", "C:u7 {9+}", "C:wr\"\r\n{5}g", "S:b" DOVECOT_FAIL },
	  .outcomes = "FF", .account = "u7", .accounts = SAME_YES, .credentials = SAME_YES },
	{ "a literal that looks like commands is none", IMAP,
	  { DOVECOT, "C:a LOGIN u7 {25+}", "C:b LOGIN u8 x\r\nc NOOP\r\nx", "S:a" DOVECOT_FAIL },
	  .outcomes = "F", .account = "u7" },
	{ "a literal in another command is passed over", IMAP,
	  { DOVECOT, "C:a ID (\"name\" {16+}", "C:x\r\nb LOGIN u8 x)", "S:* ID NIL", "S:a OK ID completed.",
	    "C:c LOGIN u7 wrong", "S:c" DOVECOT_FAIL },
	  .outcomes = "F", .account = "u7" },
	{ "a refused literal is not waited for: what follows is a command", IMAP,
	  { DOVECOT, "C:a LOGIN {70000}", "S:a BAD Literal too long", "C:b LOGIN u7 wrong", "S:b" DOVECOT_FAIL },
	  .outcomes = "UF", .account = "u7", .commands_only = "U" },
	{ "empty literals and empty quoted strings are arguments", IMAP,
	  { DOVECOT, "C:a LOGIN {0+}", "C: \"\"", "S:a" DOVECOT_FAIL, "C:b LOGIN \"\" {0+}", "C:", "S:b" DOVECOT_FAIL },
	  .outcomes = "FF", .account = "", .accounts = SAME_YES, .credentials = SAME_YES },
	{ "pipelined attempts are each matched by tag", IMAP,
	  { DOVECOT, "C:a NOOP", "C:b LOGIN u7 wrong", "C:c LOGIN u8 wrong", "C:d LOGIN u9 right", "C:e LOGIN u9 late",
	    "S:a OK NOOP completed.", "S:b" DOVECOT_FAIL, "S:c" DOVECOT_FAIL, "S:d" DOVECOT_OK },
	  .outcomes = "FFS", .account = "u9", .state = LOGIN_DONE, .commands_only = "UUUU" },
	{ "one tag for every command does not turn a NOOP's OK into a login", IMAP,
	  { DOVECOT, "C:a NOOP", "C:a LOGIN u7 wrong", "C:a NOOP", "S:a OK NOOP completed.", "S:a" DOVECOT_FAIL,
	    "S:a OK NOOP completed." },
	  .outcomes = "F", .account = "u7" },
	{ "bare LF, lower case, blanks and 8-bit names", IMAP,
	  { DOVECOT, "c:a  login  m\303\274ller  wr\303\266ng\n", "S:a" DOVECOT_FAIL, "c:b LOGIN \"m\303\274ller\" \"wr\303\266ng\"\n",
	    "S:b" DOVECOT_FAIL },
	  .outcomes = "FF", .account = "m\303\274ller", .accounts = SAME_YES, .credentials = SAME_YES },
	{ "Cyrus", IMAP,
	  { "S:* OK [CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE AUTH=PLAIN SASL-IR] server Cyrus IMAP 3.6.1 server ready",
	    "C:a LOGIN u7 wrong", "S:a NO Login failed: authentication failure", "C:b LOGIN u7 right",
	    "S:b OK [CAPABILITY IMAP4rev1 LITERAL+] User logged in SESSIONID=<cyrus-1>" },
	  .outcomes = "FS", .state = LOGIN_DONE, .replies_only = "FS" },
	{ "Courier", IMAP,
	  { "S:* OK [CAPABILITY IMAP4rev1 UIDPLUS STARTTLS] Courier-IMAP ready.", "C:a LOGIN u7 wrong",
	    "S:a NO Login failed.", "C:b LOGIN u7 right", "S:b OK LOGIN Ok." },
	  .outcomes = "FS", .state = LOGIN_DONE, .replies_only = "FS" },
	{ "Exchange", IMAP,
	  { "S:* OK The Microsoft Exchange IMAP4 service is ready.", "C:a LOGIN u7 wrong", "S:a NO LOGIN failed.",
	    "C:b LOGIN u7 right", "S:b OK LOGIN completed." },
	  .outcomes = "FS", .state = LOGIN_DONE, .replies_only = "FS" },
	{ "a server that refuses with BAD and says so", IMAP,
	  { "S:* OK ready", "C:a LOGIN u7 wrong", "S:a BAD Login failed: invalid credentials", "C:b LOGIN u7",
	    "S:b BAD Error in IMAP command received by server." },
	  .outcomes = "FU", .commands_only = "UU" },
	{ "trouble of the server's is not a wrong password", IMAP,
	  { DOVECOT, "C:a LOGIN u7 x", "S:a NO [UNAVAILABLE] Temporary authentication failure. [mail:2024-01-01 00:00:00]",
	    "C:b LOGIN u7 x", "S:b NO [INUSE] try again", "C:c LOGIN u7 x", "S:c NO [LIMIT] Too many connections",
	    "C:d LOGIN u7 x",
	    "S:d NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
	    "C:e LOGIN u7 x", "S:e NO Login only available under a layer" },
	  .outcomes = "UUUUU", .replies_only = "" },
	{ "a connection that ends before the answer", IMAP,
	  { DOVECOT, "C:a LOGIN u7 wrong", "S:* BYE Temporary problem, please try again later" },
	  .outcomes = "U", .account = "u7" },
	{ "pipelined attempts that are never answered count all the same", IMAP,
	  { DOVECOT, "C:a LOGIN u7 one", "C:b LOGIN u7 two", "C:c LOGIN u7 three" },
	  .outcomes = "UUU", .account = "u7" },
	{ "PREAUTH needs no login", IMAP,
	  { "S:* PREAUTH IMAP4rev1 server logged in as u7", "C:a LOGIN u7 wrong" },
	  .outcomes = "", .state = LOGIN_DONE, .commands_only = "U" },
	{ "no attempt, no outcome", IMAP,
	  { DOVECOT, "C:a CAPABILITY", "S:* CAPABILITY IMAP4rev1", "S:a OK Capability completed.", "C:b LOGOUT",
	    "S:* BYE Logging out", "S:b OK Logout completed." },
	  .outcomes = "", .replies_only = "" },
};

static const struct transcript authenticate_rows[] = {
	{ "Thunderbird: AUTHENTICATE PLAIN, prompted and with an initial response, one credential", IMAP,
	  { DOVECOT, "C:1 authenticate PLAIN", "S:+ ", "C:AHU3AHdyb25n", "S:1" DOVECOT_FAIL,
	    "C:2 AUTHENTICATE PLAIN AHU3AHdyb25n", "S:2" DOVECOT_FAIL },
	  .outcomes = "FF", .mechanism = "PLAIN", .account = "u7", .accounts = SAME_YES, .credentials = SAME_YES },
	{ "PLAIN and LOGIN of one password have one credential", IMAP,
	  { DOVECOT, "C:1 LOGIN u7 wrong", "S:1" DOVECOT_FAIL, "C:2 AUTHENTICATE PLAIN AHU3AHdyb25n",
	    "S:2" DOVECOT_FAIL, "C:3 AUTHENTICATE LOGIN", "S:+ VXNlcm5hbWU6", "C:dTc=", "S:+ UGFzc3dvcmQ6", "C:cmlnaHQ=",
	    "S:3" DOVECOT_OK },
	  .outcomes = "FFS", .mechanism = "LOGIN", .account = "u7", .accounts = SAME_YES, .credentials = SAME_YES,
	  .state = LOGIN_DONE },
	{ "PLAIN without a name of its own takes the one it wants to be", IMAP,
	  { DOVECOT, "C:1 AUTHENTICATE PLAIN dTdARXhhbXBsZS5jb20AAHdyb25n", "S:1" DOVECOT_FAIL },
	  .outcomes = "F", .account = "u7@example.com" },
	{ "responses sent before their prompts are still responses", IMAP,
	  { DOVECOT, "C:1 AUTHENTICATE LOGIN", "C:dTc=", "C:d3Jvbmc=", "C:2 LOGIN u7 wrong", "S:+ VXNlcm5hbWU6",
	    "S:+ UGFzc3dvcmQ6", "S:1" DOVECOT_FAIL, "S:2" DOVECOT_FAIL },
	  .outcomes = "FF", .account = "u7", .accounts = SAME_YES, .credentials = SAME_YES },
	{ "a refused mechanism leaves no response behind: the next line is a command", IMAP,
	  { DOVECOT, "C:1 AUTHENTICATE NTLM", "C:2 LOGIN u7 wrong", "S:1 NO Unsupported authentication mechanism.",
	    "S:2" DOVECOT_FAIL },
	  .outcomes = "UF", .account = "u7" },
	{ "a cancelled exchange has no outcome", IMAP,
	  { DOVECOT, "C:1 AUTHENTICATE PLAIN", "S:+ ", "C:*", "S:1 BAD Authentication aborted",
	    "C:2 AUTHENTICATE LOGIN", "S:+ VXNlcm5hbWU6", "C:dTc=", "S:+ UGFzc3dvcmQ6", "C:*", "S:2 NO Authentication failed." },
	  .outcomes = "UU", .mechanism = "LOGIN" },
	{ "CRAM-MD5 shows the name, and never the same response twice", IMAP,
	  { DOVECOT, "C:1 AUTHENTICATE CRAM-MD5", "S:+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UuZXhhbXBsZS5uZXQ+",
	    "C:dTcgOWU5NWFlZTA5YzQwYWYyYjg0YTBjMmIzYmJhZTc4NmU=", "S:1" DOVECOT_FAIL, "C:2 AUTHENTICATE CRAM-MD5",
	    "S:+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UuZXhhbXBsZS5uZXQ+",
	    "C:dTcgOWU5NWFlZTA5YzQwYWYyYjg0YTBjMmIzYmJhZTc4NmU=", "S:2" DOVECOT_FAIL },
	  .outcomes = "FF", .mechanism = "CRAM-MD5", .account = "u7", .accounts = SAME_YES },
	{ "DIGEST-MD5, with the server's closing challenge", IMAP,
	  { DOVECOT, "C:1 AUTHENTICATE DIGEST-MD5",
	    "S:+ cmVhbG09IngiLG5vbmNlPSJhYmMiLHFvcD0iYXV0aCIsY2hhcnNldD11dGYtOCxhbGdvcml0aG09bWQ1LXNlc3M=",
	    "C:dXNlcm5hbWU9InU3IixyZWFsbT0ieCIsbm9uY2U9ImFiYyIsY25vbmNlPSJkIixuYz0wMDAwMDAwMSxxb3A9YXV0aCxyZXNwb25zZT0wMTIz",
	    "S:+ cnNwYXV0aD1lYTQwZjYwMzM1YzQyN2I1NTI3Yjg0ZGJhYmNkZmZmZA==", "C:", "S:1" DOVECOT_OK },
	  .outcomes = "S", .mechanism = "DIGEST-MD5", .account = "u7", .state = LOGIN_DONE },
	{ "SCRAM with an escaped comma in the name", IMAP,
	  { DOVECOT, "C:1 AUTHENTICATE SCRAM-SHA-256 biwsbj11PTJDNyxyPWZ5a28rZDJsYmJGZ09OUnY5cWt4ZGF3TA==",
	    "S:+ cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0wzcmZjTkhZSlkxWlZ2V1ZzN2oscz1RU1hDUitRNnNlazhiZjkyLGk9NDA5Ng==",
	    "C:Yz1iaXdzLHI9ZnlrbyxwPXYwWDh2M0J6MlQwQ0pHYkpReUYwWCtISTRUcz0=", "S:1" DOVECOT_FAIL },
	  .outcomes = "F", .mechanism = "SCRAM-SHA-256", .account = "u,7" },
	{ "XOAUTH2: the error challenge is acknowledged, then refused; a dead token is one credential", IMAP,
	  { DOVECOT, "C:1 AUTHENTICATE XOAUTH2 dXNlcj11N0BleGFtcGxlLmNvbQFhdXRoPUJlYXJlciBkZWFkAQE=",
	    "S:+ eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=", "C:", "S:1" DOVECOT_FAIL, "C:2 AUTHENTICATE XOAUTH2",
	    "S:+ ", "C:dXNlcj11N0BleGFtcGxlLmNvbQFhdXRoPUJlYXJlciBkZWFkAQE=", "S:2" DOVECOT_FAIL },
	  .outcomes = "FF", .mechanism = "XOAUTH2", .account = "u7@example.com", .accounts = SAME_YES,
	  .credentials = SAME_YES },
	{ "OAUTHBEARER", IMAP,
	  { DOVECOT,
	    "C:1 AUTHENTICATE OAUTHBEARER bixhPXU3QGV4YW1wbGUuY29tLAFob3N0PWgBcG9ydD0xNDMBYXV0aD1CZWFyZXIgZGVhZAEB",
	    "S:+ eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=", "C:AQ==", "S:1" DOVECOT_FAIL },
	  .outcomes = "F", .mechanism = "OAUTHBEARER", .account = "u7@example.com" },
	{ "NTLM: the name is in the third message", IMAP,
	  { DOVECOT, "C:1 AUTHENTICATE NTLM", "S:+ ", "C:TlRMTVNTUAABAAAAB4IIAA==", "S:+ TlRMTVNTUAACAAAA",
	    "C:TlRMTVNTUAADAAAAGAAYAEQAAAAYABgAXAAAAAAAAABAAAAABAAEAEAAAAAAAAAAQAAAAAAAAABAAAAAAQAAAHUANwARERERERERERER"
	    "ERERERERERERERERERERERERERERERERERERERERERERERERERE=", "S:1" DOVECOT_FAIL },
	  .outcomes = "F", .mechanism = "NTLM", .account = "u7" },
	{ "EXTERNAL with the empty response", IMAP,
	  { DOVECOT, "C:1 AUTHENTICATE EXTERNAL =", "S:1" DOVECOT_FAIL, "C:2 AUTHENTICATE EXTERNAL dTc=", "S:2" DOVECOT_OK },
	  .outcomes = "FS", .mechanism = "EXTERNAL", .account = "u7", .state = LOGIN_DONE },
	{ "GSSAPI, ANONYMOUS and what nobody knows", IMAP,
	  { DOVECOT, "C:1 AUTHENTICATE GSSAPI", "S:+ ", "C:YII=", "S:+ YII=", "C:", "S:1" DOVECOT_FAIL,
	    "C:2 AUTHENTICATE ANONYMOUS dHJhY2VAZXhhbXBsZS5jb20=", "S:2" DOVECOT_FAIL, "C:3 AUTHENTICATE X-FOO dTc=",
	    "S:3" DOVECOT_FAIL },
	  .outcomes = "FFF", .mechanism = "other", .account = "" },
	{ "what is not base64 is refused as a line, not as a password", IMAP,
	  { DOVECOT, "C:1 AUTHENTICATE PLAIN", "S:+ ", "C:!!!", "S:1 BAD Invalid base64 data in continued response",
	    "C:2 LOGIN u7 wrong", "S:2" DOVECOT_FAIL },
	  .outcomes = "UF", .account = "u7", .commands_only = "UU" },
};

static const struct transcript starttls_rows[] = {
	{ "STARTTLS agreed on: the rest is TLS", IMAP,
	  { DOVECOT, "C:a STARTTLS", "S:a OK Begin TLS negotiation now.", "c:\x16\x03\x01\x02" },
	  .outcomes = "", .state = LOGIN_TLS },
	{ "STARTTLS refused: the rest is not", IMAP,
	  { DOVECOT, "C:a STARTTLS", "S:a BAD TLS support isn't enabled.", "C:b LOGIN u7 wrong", "S:b" DOVECOT_FAIL },
	  .outcomes = "F", .account = "u7" },
	{ "a login slipped in behind STARTTLS was never read by the server", IMAP,
	  { DOVECOT, "C:a STARTTLS", "C:b LOGIN u7 wrong", "S:a OK Begin TLS negotiation now.", "c:\x16\x03\x01\x02" },
	  .outcomes = "", .state = LOGIN_TLS, .commands_only = "U" },
	{ "a client that plays TLS without being asked is talking in clear text", IMAP,
	  { DOVECOT, "C:a NOOP", "S:a OK NOOP completed.", "c:\x16\x03\x01\x02\n", "S:* BAD Error in IMAP command",
	    "C:b LOGIN u7 wrong", "S:b" DOVECOT_FAIL },
	  .outcomes = "F", .account = "u7" },
	{ "a server that speaks TLS means it", IMAP, { "s:\x16\x03\x03\x02" }, .outcomes = "", .state = LOGIN_TLS },
};

static void rows_check(const struct transcript *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		transcript_check(&rows[i]);
}

static void logins_have_the_outcome_that_the_server_gave(void **state)
{
	(void)state;
	rows_check(login_rows, sizeof(login_rows) / sizeof(login_rows[0]));
}

static void authenticate_is_read_with_every_mechanism(void **state)
{
	(void)state;
	rows_check(authenticate_rows, sizeof(authenticate_rows) / sizeof(authenticate_rows[0]));
}

static void starttls_begins_when_the_server_agrees(void **state)
{
	(void)state;
	rows_check(starttls_rows, sizeof(starttls_rows) / sizeof(starttls_rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logins_have_the_outcome_that_the_server_gave),
		cmocka_unit_test(authenticate_is_read_with_every_mechanism),
		cmocka_unit_test(starttls_begins_when_the_server_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
