/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/synth/software.h"

#include <stddef.h>

#define DOVECOT_IMAP_OK                                                                                                \
	"~ OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES "       \
	"THREAD=REFS THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS "      \
	"LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS "       \
	"BINARY MOVE SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY SPECIAL-USE] Logged in\r\n"
#define COURIER_IMAP_CAPABILITY                                                                                        \
	"CAPABILITY IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE "     \
	"AUTH=CRAM-MD5 AUTH=PLAIN ACL ACL2=UNION ENABLE UTF8=ACCEPT^"
/* Its list in the order of the transcript, which was cut off; the end is made up to the length that was seen. */
#define CYRUS_IMAP_CAPABILITY                                                                                          \
	"CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE ACL ANNOTATE-EXPERIMENT-1 BINARY CATENATE CHILDREN CONDSTORE "        \
	"CREATE-SPECIAL-USE ESEARCH ESORT LIST-EXTENDED LIST-MYRIGHTS LIST-STATUS MAILBOX-REFERRALS METADATA MOVE "    \
	"MULTIAPPEND NAMESPACE OBJECTID PREVIEW QRESYNC QUOTA RIGHTS=kxten SAVEDATE SEARCH=FUZZY SEARCHRES SORT "      \
	"SORT=DISPLAY SPECIAL-USE STATUS=SIZE THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS UIDPLUS UNSELECT "   \
	"URL-PARTIAL WITHIN DIGEST=SHA1 LIST-METADATA NO_ATOMIC_RENAME SCAN SORT=MODSEQ SORT=UID X-CREATEDMODSEQ "     \
	"X-REPLICATION XLIST XMOVE COMPRESS=DEFLATE X-QUOTA=STORAGE X-QUOTA=MESSAGE X-QUOTA=X-ANNOTATION-STORAGE "     \
	"X-QUOTA=X-NUM-FOLDERS IDLE"

static const struct software imap[] = {
	[SYNTH_DOVECOT] = {.greeting = "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+^ "
				       "AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5] Dovecot (Debian) ready.\r\n",
			   .capability = "* CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+^ "
					 "AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5\r\n\f~ OK Pre-login capabilities listed, "
					 "post-login capabilities have more.\r\n",
			   .starts_tls = "~ OK Begin TLS negotiation now.\r\n",
			   .failure = "~ NO [AUTHENTICATIONFAILED] Authentication failed.\r\n",
			   .success = DOVECOT_IMAP_OK,
			   .logout = "* BYE Logging out\r\n~ OK Logout completed (0.001 + 0.000 secs).\r\n",
			   .logout_early = "* BYE Logging out\r\n\f~ OK Logout completed.\r\n",
			   .initial_response = true,
			   .login = true},
	[SYNTH_COURIER] = {.greeting = "* OK [" COURIER_IMAP_CAPABILITY "] Courier-IMAP ready. Copyright 1998-2021 "
				       "Double Precision, Inc.  See COPYING for distribution information.\r\n",
			   .capability = "* " COURIER_IMAP_CAPABILITY "\r\n~ OK CAPABILITY completed\r\n",
			   .starts_tls = "~ OK Begin SSL/TLS negotiation now.\r\n",
			   .failure = "~ NO Login failed.\r\n",
			   .success = "~ OK LOGIN Ok.\r\n",
			   .logout = "* BYE Courier-IMAP server shutting down\r\n~ OK LOGOUT completed\r\n"},
	[SYNTH_CYRUS] = {.greeting = "* OK [CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE^ AUTH=PLAIN AUTH=LOGIN "
				     "AUTH=CRAM-MD5 SASL-IR] mail.poc.test Cyrus IMAP 3.6.1-Debian-3.6.1-4+deb12u5 "
				     "server ready\r\n",
			 .capability = "* " CYRUS_IMAP_CAPABILITY "^ AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5 SASL-IR "
				       "XAPPLEPUSHSERVICE X-NOSEEN X-SEARCH=ANY\r\n~ OK Completed\r\n",
			 .starts_tls = "~ OK Begin TLS negotiation now\r\n",
			 .failure = "~ NO Login failed: authentication failure\r\n",
			 .failure_sasl = "~ NO authentication failure\r\n",
			 .success = "~ OK [" CYRUS_IMAP_CAPABILITY " XAPPLEPUSHSERVICE X-NOSEEN X-SEARCH=ANY URLAUTH "
				    "URLAUTH=BINARY LIST-SUBSCRIBED ANNOTATION1] "
				    "User logged in SESSIONID=<cyrus-1795472266-31-1-1052714669994851464>\r\n",
			 .logout = "* BYE LOGOUT received\r\n~ OK Completed\r\n",
			 .initial_response = true,
			 .login = true},
	[SYNTH_NGINX] = {.greeting = "* OK IMAP4 ready\r\n",
			 .capability = "* CAPABILITY IMAP4rev1 LITERAL+ SASL-IR IDLE UIDPLUS NAMESPACE^ AUTH=PLAIN "
				       "AUTH=LOGIN\r\n~ OK completed\r\n",
			 .starts_tls = "~ OK completed\r\n",
			 .failure = "~ NO Invalid login or password\r\n",
			 .success = DOVECOT_IMAP_OK,
			 .logout = "* BYE Logging out\r\n~ OK Logout completed (0.001 + 0.000 secs).\r\n",
			 .logout_early = "* BYE\r\n~ OK completed\r\n",
			 .initial_response = true,
			 .login = true},
};

static const struct software pop3[] = {
	[SYNTH_DOVECOT] = {.greeting = "+OK Dovecot (Debian) ready.\r\n",
			   .capability = "+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\n"
					 "|STLS\r\nUSER\r\nSASL PLAIN LOGIN CRAM-MD5\r\n.\r\n",
			   .starts_tls = "+OK Begin TLS negotiation now.\r\n",
			   .user = "+OK\r\n",
			   .failure = "-ERR [AUTH] Authentication failed.\r\n",
			   .success = "+OK Logged in.\r\n",
			   .logout = "+OK Logging out.\r\n",
			   .logout_early = "+OK Logging out\r\n",
			   .login = true},
	[SYNTH_COURIER] = {.greeting = "+OK Hello there.\r\n",
			   .capability = "+OK Here's what I can do:\r\n|STLS\r\nSASL LOGIN PLAIN\r\nTOP\r\nUSER\r\n"
					 "LOGIN-DELAY 10\r\nPIPELINING\r\nUIDL\r\nUTF8 USER\r\n"
					 "IMPLEMENTATION Courier Mail Server\r\n.\r\n",
			   .starts_tls = "+OK Begin SSL/TLS negotiation now.\r\n",
			   .user = "+OK Password required.\r\n",
			   .failure = "-ERR Login failed.\r\n",
			   .failure_sasl = "-ERR Authentication failed.\r\n",
			   .success = "+OK logged in.\r\n",
			   .logout = "+OK Bye-bye.\r\n",
			   .logout_early = "+OK Better luck next time.\r\n",
			   .login = true},
	[SYNTH_CYRUS] = {.greeting = "+OK mail.poc.test Cyrus POP3 3.6.1-Debian-3.6.1-4+deb12u5 server ready "
				     "<17576369666790151896.1795472246@mail.poc.test>\r\n",
			 .capability = "+OK List of capabilities follows\r\nSASL PLAIN LOGIN CRAM-MD5\r\n|STLS\r\n"
				       "EXPIRE NEVER\r\nLOGIN-DELAY 0\r\nTOP\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\n"
				       "AUTH-RESP-CODE\r\nUSER\r\nIMPLEMENTATION Cyrus POP3 "
				       "3.6.1-Debian-3.6.1-4+deb12u5\r\n.\r\n",
			 .starts_tls = "+OK Begin TLS negotiation now\r\n",
			 .user = "+OK Name is a valid mailbox\r\n",
			 .failure = "-ERR [AUTH] Invalid login\r\n",
			 .failure_sasl = "-ERR [AUTH] authenticating: authentication failure\r\n",
			 .success = "+OK Mailbox locked and ready "
				    "SESSIONID=<cyrus-1795472266-317-1-10527146699948514649>\r\n",
			 .logout = "+OK\r\n",
			 .login = true},
	[SYNTH_NGINX] = {.greeting = "+OK POP3 ready\r\n",
			 .capability = "+OK Capability list follows\r\nTOP\r\nUSER\r\nUIDL\r\nSASL PLAIN LOGIN\r\n"
				       "|STLS\r\n.\r\n",
			 .starts_tls = "+OK\r\n",
			 .user = "+OK\r\n",
			 .failure = "-ERR Invalid login or password\r\n",
			 .success = "+OK Logged in.\r\n",
			 .logout = "+OK Logging out.\r\n",
			 .logout_early = "+OK\r\n",
			 .login = true},
};

static const struct software smtp[] = {
	[SYNTH_DOVECOT] = {.greeting = "220 vm Dovecot (Debian) ready.\r\n",
			   .capability = "250-vm\r\n250-8BITMIME\r\n250-AUTH PLAIN LOGIN CRAM-MD5\r\n250-BURL imap\r\n"
					 "250-CHUNKING\r\n250-ENHANCEDSTATUSCODES\r\n250-SIZE\r\n|250-STARTTLS\r\n"
					 "250 PIPELINING\r\n",
			   .starts_tls = "220 2.0.0 Begin TLS negotiation now.\r\n",
			   .failure = "535 5.7.8 Authentication failed.\r\n",
			   .success = "235 2.7.0 Logged in.\r\n",
			   .logout = "221 2.0.0 Bye\r\n",
			   .initial_response = true,
			   .login = true},
	[SYNTH_NGINX] = {.greeting = "220 mail.poc.test ESMTP ready\r\n",
			 .capability = "250-mail.poc.test\r\n|250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n",
			 .starts_tls = "220 2.0.0 Start TLS\r\n",
			 .failure = "535 5.7.0 Invalid login or password\r\n",
			 .success = "235 2.0.0 OK\r\n",
			 .logout = "221 2.0.0 Bye\r\n",
			 .initial_response = true,
			 .login = true},
	[SYNTH_POSTFIX] = {.greeting = "220 mail.poc.test ESMTP Postfix\r\n",
			   .capability = "250-mail.poc.test\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-VRFY\r\n"
					 "250-ETRN\r\n|250-STARTTLS\r\n250-AUTH PLAIN LOGIN CRAM-MD5\r\n"
					 "250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n"
					 "250 CHUNKING\r\n",
			   .starts_tls = "220 2.0.0 Ready to start TLS\r\n",
			   .failure = "535 5.7.8 Error: authentication failed: (reason unavailable)\r\n",
			   .success = "235 2.7.0 Authentication successful\r\n",
			   .logout = "221 2.0.0 Bye\r\n",
			   .initial_response = true,
			   .login = true},
	[SYNTH_EXIM] = {.greeting = "220 mail.poc.test ESMTP Exim 4.96 Mon, 02 Mar 2026 08:00:00 +0000\r\n",
			.capability = "250-mail.poc.test Hello x [192.0.2.10]\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n"
				      "250-PIPELINING\r\n250-PIPECONNECT\r\n250-AUTH PLAIN LOGIN CRAM-MD5\r\n"
				      "250-CHUNKING\r\n|250-STARTTLS\r\n250-SMTPUTF8\r\n250 HELP\r\n",
			.starts_tls = "220 TLS go ahead\r\n",
			.failure = "535 Incorrect authentication data\r\n",
			.success = "235 Authentication succeeded\r\n",
			.logout = "221 mail.poc.test closing connection\r\n",
			.initial_response = true,
			.login = true},
};

const struct software *software_words(enum synth_software software, enum protocol protocol)
{
	switch (protocol) {
	case PROTOCOL_IMAP:
		return &imap[software];
	case PROTOCOL_POP3:
		return &pop3[software];
	default:
		return &smtp[software];
	}
}

enum synth_software software_of(const struct scenario_server *server, enum gp_service service)
{
	switch (protocol_of(service)) {
	case PROTOCOL_IMAP:
		return server->imap;
	case PROTOCOL_POP3:
		return server->pop3;
	default:
		return server->smtp;
	}
}

/* Plaintext bytes. OpenSSL sends two tickets, Postfix makes it one, GnuTLS was seen with none. */
const struct software_tls *software_tls(enum synth_software software)
{
	static const struct software_tls tls[] = {
		[SYNTH_DOVECOT] =
			{.extensions = 10, .certificate = 982, .verify = 79, .tickets = 2, .ticket_bytes = 233},
		[SYNTH_COURIER] = {.extensions = 6, .certificate = 982, .verify = 79},
		[SYNTH_CYRUS] = {.extensions = 10, .certificate = 982, .verify = 79, .tickets = 2, .ticket_bytes = 249},
		[SYNTH_NGINX] = {.extensions = 6, .certificate = 982, .verify = 79, .tickets = 1, .ticket_bytes = 249},
		[SYNTH_POSTFIX] =
			{.extensions = 6, .certificate = 982, .verify = 80, .tickets = 1, .ticket_bytes = 233},
		[SYNTH_EXIM] = {.extensions = 6, .certificate = 982, .verify = 79},
	};

	return &tls[software];
}
