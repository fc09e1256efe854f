/* SPDX-License-Identifier: BSD-2-Clause */
/* Logins as seen from outside, most of them as real servers and programs have them; dialogue_rig.h says how to read a
 * row. IMAP tags are two bytes long where nothing else is said. */
#include "tests/unit/dialogue_rig.h"

#define DOVECOT_UNPROBED                                                                                               \
	"greeting 137, capability 179, noop 21, id 44, bad 48, logout 42, prompt 4, prompt 16, challenge 48, "         \
	"failure 51 after 2s"
#define DOVECOT DOVECOT_UNPROBED ", success 415 after 10ms"
#define DOVECOT_63                                                                                                     \
	"greeting 137, capability 179, noop 21, bad 48, logout 42, prompt 4, failure 61 after 2s, "                    \
	"success 415 after 10ms"
#define COURIER                                                                                                        \
	"greeting 277, capability 192, noop 20, bad 47, logout 63, prompt 4, failure 19 after 5s, success 15 after 6ms"
#define CYRUS                                                                                                          \
	"greeting 159, capability 752, noop 15, bad 25, logout 38, prompt 4, challenge 48, failure 42 after 3s, "      \
	"failure 28 after 3s, success 817 after 20ms"
#define DOVECOT_POP3                                                                                                   \
	"greeting 29, capability 98, noop 23, bad 23, user 5, logout 17, prompt 4, challenge 48, "                     \
	"failure 36 after 2s, success 16 after 10ms"
#define CYRUS_POP3                                                                                                     \
	"greeting 60, capability 140, bad 27, user 23, logout 10, prompt 4, failure 27 after 3s, success 85 after 20ms"
#define POSTFIX                                                                                                        \
	"greeting 33, capability 181, noop 14, bad 41, prompt 18, challenge 50, logout 15, failure 62 after 2s, "      \
	"success 37 after 2ms"
#define EXIM "greeting 67, capability 175, noop 8, bad 26, prompt 18, challenge 46, logout 38, failure 35, success 30"

static void a_failure_of_known_length_is_told_with_its_record(void **state)
{
	static const struct dialogue rows[] = {
		TALK("IMAP", IMAP, DOVECOT, "s137 | c15 s181 | c24 s53 after 2s F | c11 s44 end"),
		TALK("nothing before it", IMAP, DOVECOT, "s137 | c24 s53 after 2s F end"),
		TALK("not delayed", IMAP, DOVECOT, "s137 | c15 s181 | c24 s53 F | c11 s44 end"),
		TALK("one after the other", IMAP, DOVECOT,
		     "s137 | c15 s181 | c24 s53 after 2s F | c26 s53 after 4s F | c22 s53 after 8s F end"),
		TALK("as soon as it answers", IMAP, COURIER, "s277 | c15 s194 | c24 s21 after 5s F | c11 s65 end"),
		TALK("either of two lengths", IMAP, CYRUS,
		     "s159 | c15 s754 | c24 s44 after 3s F | c23 s4 | c30 s30 after 3s F end"),
		TALK("AUTHENTICATE PLAIN", IMAP, DOVECOT, "s137 | c23 s4 | c30 s53 after 2s F end"),
		TALK("AUTHENTICATE LOGIN", IMAP, DOVECOT, "s137 | c23 s16 | c14 s16 | c14 s53 after 2s F end"),
		TALK("AUTHENTICATE CRAM-MD5", IMAP, DOVECOT, "s137 | c26 s48 | c54 s53 after 2s F end"),
		TALK("POP3", POP3, DOVECOT_POP3,
		     "s29 | c6 s98 | c11 s5 | c16 s36 after 2s F | c11 s5 | c16 s36 after 2s F | c6 s17 end"),
		TALK("POP3, as long as what is not understood", POP3, CYRUS_POP3,
		     "s60 | c6 s140 | c11 s23 | c16 s27 after 3s F | c6 s10 end"),
		TALK("POP3, AUTH PLAIN", POP3, DOVECOT_POP3, "s29 | c12 s4 | c30 s36 after 2s F end"),
		TALK("POP3, AUTH LOGIN", POP3, DOVECOT_POP3, "s29 | c12 s16 | c14 s16 | c14 s36 after 2s F end"),
		TALK("SMTP", SMTP, POSTFIX, "s33 | c20 s181 | c33 s62 after 2s F | c37 s62 after 2s F | c6 s15 end"),
		TALK("SMTP, AUTH LOGIN", SMTP, POSTFIX, "s33 | c20 s181 | c12 s18 | c18 s18 | c14 s62 after 2s F end"),
		TALK("SMTP without delay", SMTP, EXIM, "s67 | c20 s187 | c33 s35 F | c33 s35 F | c6 s38 end"),
		TALK("TLS 1.2", IMAP, DOVECOT, "s137 | c15 s181 | c24 s53 after 2s F end", .cipher = RIG_TLS_12),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void a_success_is_told_when_what_follows_confirms_it(void **state)
{
	static const struct dialogue rows[] = {
		TALK("three commands", IMAP, DOVECOT,
		     "s137 | c15 s181 | c24 s417 | c20 s300 | c14 s60 | c9 s900 S end"),
		TALK("two kilobytes", IMAP, DOVECOT, "s137 | c15 s181 | c24 s417 | c20 s3000 S end"),
		TALK("the end", IMAP, DOVECOT, "s137 | c15 s181 | c24 s417 | c11 s65 end S"),
		TALK("a short one", IMAP, COURIER, "s277 | c15 s194 | c24 s17 | c20 s300 | c14 s60 | c9 s900 S end"),
		TALK("after a failure", IMAP, DOVECOT,
		     "s137 | c24 s53 after 2s F | c24 s417 after 4s | c20 s300 | c14 s60 | c9 s900 S end"),
		TALK("after a challenge", IMAP, DOVECOT, "s137 | c26 s48 | c54 s417 | c11 s65 end S"),
		TALK("POP3", POP3, DOVECOT_POP3,
		     "s29 | c6 s98 | c11 s5 | c19 s16 | c6 s20 | c6 s90 | c6 s90 S | c6 s18 end"),
		TALK("POP3, QUIT after the login", POP3, DOVECOT_POP3,
		     "s29 | c6 s98 | c11 s5 | c19 s16 | c6 s18 end S"),
		TALK("SMTP, QUIT after the login", SMTP, POSTFIX, "s33 | c20 s181 | c33 s37 | c6 s15 end S"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void a_mail_that_was_sent_is_a_success(void **state)
{
	static const struct dialogue rows[] = {
		TALK("Postfix", SMTP, POSTFIX,
		     "s33 | c20 s181 | c33 s37 | c31 s14 | c29 s14 | c6 s37 | c900 s40 | c6 s15 end", .outcomes = "S"),
		TALK("Exim", SMTP, EXIM, "s67 | c20 s187 | c33 s30 | c31 s8 | c29 s14 | c6 s56 | c900 s28 | c6 s38 end",
		     .outcomes = "S"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void a_long_reply_to_a_login_is_a_success_whatever_is_known(void **state)
{
	static const struct dialogue rows[] = {
		TALK("no account to probe with", IMAP, DOVECOT_UNPROBED,
		     "s137 | c15 s181 | c24 s417 | c20 s300 | c14 s60 | c9 s900 S | c11 s65 end"),
		TALK("nothing known", IMAP, NULL,
		     "s137 | c15 s181 | c24 s417 | c20 s300 | c14 s60 | c9 s900 | c11 s65 end", .outcomes = "S"),
		TALK("longer than ever before", IMAP, DOVECOT,
		     "s137 | c15 s181 | c24 s433 | c20 s300 | c14 s60 | c9 s900 S end"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void the_second_failure_of_an_unknown_server_explains_the_first(void **state)
{
	static const struct dialogue rows[] = {
		TALK("IMAP", IMAP, NULL, "s137 | c15 s181 | c24 s53 after 2s | c24 s53 after 2s | c24 s53 after 2s end",
		     .outcomes = "FFF"),
		TALK("POP3", POP3, NULL,
		     "s29 | c6 s98 | c11 s5 | c16 s36 after 2s | c11 s5 | c16 s36 after 2s | c6 s17 end",
		     .outcomes = "FF"),
		TALK("SMTP", SMTP, NULL, "s33 | c20 s181 | c33 s62 after 2s | c33 s62 after 2s | c6 s15 end",
		     .outcomes = "FF"),
		TALK("SMTP, with a line on whom to ask", SMTP, NULL,
		     "s33 | c20 s181 | c33 s107 after 1s | c33 s107 after 1s | c33 s107 after 1s | c37 s107 after 1s end",
		     .outcomes = "FFFF"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void what_tls_says_for_itself_hides_no_failure(void **state)
{
	static const struct dialogue rows[] = {
		TALK("new keys before the login", IMAP, DOVECOT,
		     "s137 | c15 s181 | c5 s5 | c24 s53 after 2s F | c11 s44 end"),
		TALK("... and together with it", IMAP, DOVECOT,
		     "s137 | c15 s181 | c5 c24 s53 after 2s F | c11 s44 end"),
		TALK("POP3, between name and password", POP3, DOVECOT_POP3,
		     "s29 | c6 s98 | c11 s5 | c5 s5 | c16 s36 after 2s F | c6 s17 end"),
		TALK("... unanswered", POP3, DOVECOT_POP3, "s29 | c11 s5 | c5 c16 s36 after 2s F | c6 s17 end"),
		TALK("... answered while the password is judged", POP3, DOVECOT_POP3,
		     "s29 | c6 s98 | c11 s5 | c5 c16 s5 s36 after 2s F | c6 s17 end"),
		TALK("in an exchange of SASL", SMTP, POSTFIX,
		     "s33 | c20 s181 | c12 s18 | c18 s18 | c5 s5 | c14 s62 after 2s F | c6 s15 end"),
		TALK("by the server", POP3, DOVECOT_POP3,
		     "s29 | c11 s5 | c16 s36 after 2s F | s5 | c5 | c11 s5 | c16 s36 after 2s F end"),
		TALK("after the login", POP3, DOVECOT_POP3, "s29 | c6 s98 | c11 s5 | c16 s16 | c5 s5 | c6 s17 end",
		     .outcomes = "S"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void what_is_said_between_name_and_password_hides_no_failure(void **state)
{
	static const struct dialogue rows[] = {
		TALK("NOOP", POP3, DOVECOT_POP3, "s29 | c6 s98 | c11 s5 | c6 s23 | c16 s36 after 2s F | c6 s17 end"),
		TALK("CAPA", POP3, DOVECOT_POP3, "s29 | c11 s5 | c6 s98 | c16 s36 after 2s F | c6 s17 end"),
		TALK("nonsense", POP3, DOVECOT_POP3, "s29 | c11 s5 | c9 s23 | c16 s36 after 2s F | c6 s17 end"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void what_is_neither_is_unknown(void **state)
{
	static const struct dialogue rows[] = {
		TALK("454, of which a probe knows nothing", SMTP, POSTFIX,
		     "s33 | c20 s181 | c33 s86 after 10s | c6 s15 end", .outcomes = "U"),
		TALK("454, heard before", SMTP, POSTFIX ", temporary 86",
		     "s33 | c20 s181 | c33 s62 after 2s F | c33 s86 after 10s U | c6 s15 end"),
		TALK("refusals in other words than those of another mechanism, and as slow: not misunderstandings",
		     IMAP, "greeting 159, capability 752, failure 28 after 3s",
		     "s159 | c19 s756 | c34 s46 after 3s | c34 s46 after 3s | c14 s43 end", .outcomes = "UU"),
		TALK("no answer", IMAP, DOVECOT, "s137 | c15 s181 | c24 end U"),
		TALK("no answer to the second", IMAP, DOVECOT, "s137 | c24 s53 after 2s F | c24 end U"),
		TALK("no answer to the password", POP3, DOVECOT_POP3, "s29 | c6 s98 | c11 s5 | c16 end U"),
		TALK("no answer to the response", SMTP, POSTFIX, "s33 | c20 s181 | c12 s18 | c18 s18 | c14 end U"),
		TALK("called off, IMAP", IMAP, DOVECOT ", bad 40", "s137 | c15 s181 | c23 s4 | c3 s42 U | c11 s44 end"),
		TALK("called off, SMTP", SMTP, POSTFIX, "s33 | c20 s181 | c12 s18 | c3 s41 U | c6 s15 end"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void an_answer_is_one_even_if_its_client_has_left_in_the_middle(void **state)
{
	static const struct dialogue rows[] = {
		TALK("LOGOUT, in two records", IMAP, DOVECOT,
		     "s137 | c18 s184 | c46 s56 after 500ms F | c42 s56 after 500ms F | c14 s19 cfin s28 end"),
		TALK("a refusal that comes late", IMAP, DOVECOT, "s137 | c15 s181 | c24 cfin s53 after 20s F end"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void who_is_shown_out_was_not_let_in(void **state)
{
	static const struct dialogue rows[] = {
		TALK("by a server of which nothing is known", SMTP, NULL, "s33 | c20 s181 | c33 s51 s2 end F"),
		TALK("IMAP", IMAP, NULL, "s20 | c15 s91 | c24 s45 s2 end F"),
		TALK("POP3", POP3, NULL, "s20 | c11 s5 | c24 s45 s2 end F"),
		TALK("SASL", SMTP, NULL, "s33 | c20 s181 | c12 s18 | c18 s18 | c14 s51 s2 end F"),
		TALK("... and goes on talking", SMTP, NULL,
		     "s33 | c20 s181 | c12 s18 | c18 s18 | c14 s51 s2 | c12 end F"),
		TALK("... and says goodbye at the same time", SMTP, NULL, "s33 | c20 s181 | c33 s51 | c6 s2 end F"),
		TALK("TLS 1.2", SMTP, NULL, "s33 | c20 s181 | c33 s51 salert | c12 end F", .cipher = RIG_TLS_12),
		TALK("seen by its client only", SMTP, POSTFIX, "s33 | c20 s181 | c33 s62 cacks s2 cacks | c12 end",
		     .one_way = true, .outcomes = "F"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void a_goodbye_among_others_changes_nothing(void **state)
{
	static const struct dialogue rows[] = {
		TALK("a success, the client leaves first", IMAP, DOVECOT, "s137 | c15 s181 | c24 s417 cfin s2 end S"),
		TALK("... with an alert of TLS 1.2", IMAP, DOVECOT, "s137 | c15 s181 | c24 s417 | calert salert end S",
		     .cipher = RIG_TLS_12),
		TALK("a success, and LOGOUT", IMAP, DOVECOT, "s137 | c15 s181 | c24 s417 | c11 s65 s2 end S"),
		TALK("a server that says no more than that it was a warning", IMAP, DOVECOT,
		     "s137 | c15 s181 | c24 s53 after 2s F | salert | c24 s53 after 2s F end", .cipher = RIG_TLS_12),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void what_nobody_asks_in_base64_is_no_prompt(void **state)
{
	static const struct dialogue rows[] = {
		TALK("503 to AUTH, before EHLO", SMTP, EXIM, "s67 | c12 s43 | c2 end"),
		TALK("... seen by its client only", SMTP, EXIM, "s67 | c12 s43 | c2 end", .one_way = true),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void no_attempt_no_outcome(void **state)
{
	static const struct dialogue rows[] = {
		TALK("nothing said", IMAP, DOVECOT, "end"),
		TALK("greeting only", IMAP, DOVECOT, "s137 end"),
		TALK("IMAP", IMAP, DOVECOT, "s137 | c15 s181 | c9 s23 | c11 s44 end"),
		TALK("POP3", POP3, DOVECOT_POP3, "s29 | c6 s98 | c6 s17 end"),
		TALK("SMTP", SMTP, POSTFIX, "s33 | c20 s181 | c6 s14 | c6 s15 end"),
		TALK("SMTP, a mail refused", SMTP, POSTFIX, "s33 | c20 s181 | c31 s48 | c6 s15 end"),
		TALK("a scanner that knows no IMAP", IMAP, DOVECOT, "s137 | c18 s49 | c12 s49 end"),
		TALK("nothing known", IMAP, NULL, "s137 | c15 s181 | c11 s44 end"),
		TALK("padding by both", IMAP, DOVECOT, "s511 | c255 s511 | c255 end", .outcomes = ""),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void an_alert_is_no_command_and_a_ticket_no_reply(void **state)
{
	static const struct dialogue rows[] = {
		TALK("said so on the outside", IMAP, DOVECOT, "s137 | c24 s53 after 2s F | calert end",
		     .cipher = RIG_TLS_12),
		TALK("inside", IMAP, DOVECOT, "s137 | c24 s53 after 2s F | c2 end"),
		TALK("in the same breath", IMAP, DOVECOT, "s137 | c24 s53 after 2s F | c11 c2 s44 end"),
		TALK("of the server", IMAP, DOVECOT, "s137 | c24 s53 after 2s F | c11 s44 s2 end"),
		TALK("tickets before the greeting", IMAP, DOVECOT, "s217 s217 s137 | c24 s53 after 2s F end"),
		TALK("one ticket", IMAP, DOVECOT, "s233 s137 | c24 s53 after 2s F end"),
		TALK("tickets after STARTTLS", IMAP, DOVECOT ", ticket 217",
		     "c15 s217 s217 s181 | c24 s53 after 2s F end", .starttls = true),
		TALK("... before the first answer to a login", IMAP, DOVECOT ", ticket 217",
		     "c24 s217 s217 s53 after 2s | c24 s53 after 2s end", .starttls = true, .outcomes = "FF"),
		TALK("none", IMAP, DOVECOT, "c15 s181 | c24 s53 after 2s F end", .starttls = true),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void pieces_and_bundles_are_counted_by_what_is_in_them(void **state)
{
	static const struct dialogue rows[] = {
		TALK("a command in two records", IMAP, DOVECOT, "s137 | c16 c8 s53 after 2s F | c11 s44 end"),
		TALK("... in four", IMAP, DOVECOT, "s137 | c16 c16 c16 c4 s53 after 2s F | c11 s44 end"),
		TALK("a reply in two", IMAP, DOVECOT, "s137 | c15 s108 s73 | c24 s53 after 2s F end"),
		TALK("two failures in one record", IMAP, DOVECOT, "s137 | c48 s106 after 4s F F end"),
		TALK("a failure and a success in one record", IMAP, DOVECOT, "s137 | c48 s470 after 2s | c20 s3000 end",
		     .outcomes = "FS"),
		TALK("two failures in one record, POP3", POP3, DOVECOT_POP3, "s29 | c54 s82 after 4s F F end"),
		TALK("two failures in one record, SMTP", SMTP, POSTFIX, "s33 | c20 s181 | c66 s124 after 4s F F end"),
		TALK("two commands, two failures", IMAP, DOVECOT, "s137 | c24 c24 s53 after 2s s53 after 2s end",
		     .outcomes = "FF"),
		TALK("the next command before the answer", IMAP, DOVECOT,
		     "s137 | c24 c24 s53 after 2s | c24 s53 after 2s s53 after 2s end", .outcomes = "FFF"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void what_the_client_hides_does_not_hide_failures(void **state)
{
	static const struct dialogue rows[] = {
		TALK("padding", IMAP, DOVECOT, "s137 | c255 s181 | c255 s53 after 2s F | c255 s53 after 2s F end"),
		TALK("padding from the start", IMAP, DOVECOT, "s137 | c255 s53 after 2s F | c255 s53 after 2s F end"),
		TALK("padding, POP3", POP3, DOVECOT_POP3,
		     "s29 | c255 s98 | c255 s5 | c255 s36 after 2s F | c255 s5 | c255 s36 after 2s F end"),
		TALK("padding, SMTP", SMTP, POSTFIX, "s33 | c255 s181 | c255 s62 after 2s F | c255 s62 after 2s F end"),
		TALK("long tags", IMAP, DOVECOT, "s137 | c122 s151 after 2s F | c122 s151 after 2s F end"),
		TALK("long tags of different lengths", IMAP, DOVECOT,
		     "s137 | c322 s351 after 2s F | c222 s251 after 2s F | c122 s151 after 2s F end"),
		TALK("long tags after short ones", IMAP, DOVECOT,
		     "s137 | c24 s53 after 2s F | c124 s153 after 2s F | c124 s153 after 2s F end"),
		TALK("tags that count", IMAP, DOVECOT,
		     "s137 | c24 s53 after 2s F | c24 s53 after 2s F | c25 s54 after 2s F | c25 s54 after 2s F end"),
		TALK("tags that come and go", IMAP, DOVECOT,
		     "s137 | c24 s53 after 2s F | c28 s55 after 2s F | c24 s53 after 2s F | c28 s55 after 2s F end"),
		TALK("a long tag, then short ones", IMAP, DOVECOT,
		     "s137 | c124 s153 after 2s F | c24 s53 after 2s F | c24 s53 after 2s F end"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

/* A proxy, or a server that wants to annoy: the client has said one thing. */
static void one_command_is_one_attempt_however_often_the_server_speaks(void **state)
{
	static const struct dialogue rows[] = {
		TALK("IMAP", IMAP, DOVECOT,
		     "s137 | c15 s181 | c24 s53 after 2s F s53 after 2s s53 after 2s | c24 s53 after 2s F end"),
		TALK("... at once", IMAP, DOVECOT, "s137 | c15 s181 | c24 s53 after 2s F s53 s53 s53 end"),
		TALK("SASL", IMAP, DOVECOT, "s137 | c23 s4 | c18 s53 after 2s F s53 after 2s s53 after 2s end"),
		TALK("POP3", POP3, DOVECOT_POP3, "s29 | c11 s5 | c16 s36 after 2s F s36 after 2s s36 after 2s end"),
		TALK("SMTP", SMTP, POSTFIX, "s33 | c20 s181 | c33 s62 after 2s F s62 after 2s s62 after 2s end"),
		TALK("room for two", IMAP, DOVECOT,
		     "s137 | c15 s181 | c28 s53 after 2s F s53 after 2s F s53 after 2s s53 after 2s end"),
		TALK("what was said before counts", IMAP, DOVECOT,
		     "s137 | c24 c24 s53 after 2s | c9 s53 after 2s s23 | c11 s44 end", .outcomes = "FF"),
		TALK("room for two, SMTP, five in one record", SMTP, POSTFIX,
		     "s33 | c20 s181 | c40 s310 after 4s | c6 s15 end", .never = 'F'),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

/* All records of a server that pads are one less than a multiple of 64, and so may be one that does not pad. */
static void what_a_server_hides_by_padding_is_never_said(void **state)
{
	static const struct dialogue rows[] = {
		TALK("failures", IMAP, DOVECOT_63,
		     "s127 | c15 s191 | c24 s63 after 2s | c24 s63 after 2s | c11 s63 end", .outcomes = "UU"),
		TALK("a success", IMAP, DOVECOT_63,
		     "s127 | c15 s191 | c24 s447 | c20 s447 | c20 s3071 | c20 s63 | c11 s63 end", .outcomes = "U"),
		TALK("two at once", IMAP, DOVECOT_63, "s127 | c24 c24 s63 after 2s s63 after 2s | c11 s63 end",
		     .outcomes = "U"),
		TALK("two in one record", IMAP, DOVECOT_63, "s127 | c48 s127 after 4s | c48 s127 after 4s end",
		     .outcomes = "UU"),
		TALK("POP3", POP3, DOVECOT_POP3 ", failure 63",
		     "s63 | c6 s127 | c11 s63 | c16 s63 after 2s | c11 s63 | c16 s63 after 2s | c6 s63 end",
		     .outcomes = "UU"),
		TALK("SMTP", SMTP, POSTFIX ", failure 63",
		     "s63 | c20 s191 | c33 s63 after 2s | c33 s63 after 2s | c6 s63 end", .outcomes = "UU"),
		TALK("it did not pad its greeting", IMAP, DOVECOT_63,
		     "s137 | c24 s63 after 2s F | c24 s63 after 2s F end"),
		TALK("... nor its capabilities", IMAP, DOVECOT_63,
		     "s127 | c15 s181 | c24 s63 after 2s F | c24 s63 after 2s F end"),
		TALK("TLS 1.2 does not pad", IMAP, DOVECOT_63, "s127 | c24 s63 after 2s F | c24 s63 after 2s F end",
		     .cipher = RIG_TLS_12),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void more_than_64_kilobytes_are_not_nothing(void **state)
{
	static const struct dialogue rows[] = {
		TALK("said by the client", IMAP, DOVECOT,
		     "s137 | c16384 c16384 c16384 c16384 s53 after 2s | c24 s53 after 2s F end", .outcomes = "F"),
		TALK("... and not answered", IMAP, DOVECOT, "s137 | c15 s181 | c16384 c16384 c16384 c16384 end",
		     .outcomes = ""),
		TALK("said by the server", IMAP, DOVECOT,
		     "s137 | c24 s417 | c20 s16384 s16384 s16384 s16384 s16384 | c11 s65 end", .outcomes = "S"),
		TALK("... to a login, which is no login then", IMAP, DOVECOT,
		     "s137 | c15 s181 | c24 s16384 s16384 s16384 s16384 | c11 s65 end"),
		TALK("... to what is no attempt", POP3, DOVECOT_POP3,
		     "s29 | c11 s16384 s16384 s16384 s16384 | c16 s36 after 2s end", .never = 'S'),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

/* The refusal, with a tag that makes it as long as a welcome. */
static void a_success_cannot_be_talked_into_existence(void **state)
{
	static const struct dialogue rows[] = {
		TALK("as long as a success", IMAP, DOVECOT,
		     "s137 | c400 s417 after 2s F | c400 s417 after 2s F | c400 s417 after 2s F end"),
		TALK("... of which nobody knows how long it is", IMAP, DOVECOT_UNPROBED,
		     "s137 | c400 s417 after 2s F | c400 s417 after 2s F end"),
		TALK("after honest ones", IMAP, DOVECOT,
		     "s137 | c24 s53 after 2s | c388 s417 after 2s | c388 s417 after 2s end", .outcomes = "FFF"),
		TALK("two that are too long for a line", IMAP, DOVECOT ", failure 33",
		     "s137 | c124 s153 after 2s F | c124 s153 after 2s F | c124 s153 after 2s F end"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void who_goes_on_guessing_after_the_login_is_in(void **state)
{
	static const struct dialogue rows[] = {
		TALK("IMAP", IMAP, DOVECOT, "s137 | c24 s417 | c24 s50 | c24 s50 | c24 s50 | c24 s50 end",
		     .outcomes = "S"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void one_direction_is_enough_for_what_was_acknowledged(void **state)
{
	static const struct dialogue rows[] = {
		TALK("failures", IMAP, DOVECOT, "s137 | c15 s181 | c24 s53 after 2s | c24 s53 after 2s | c11 s44 end",
		     .one_way = true, .outcomes = "FF"),
		TALK("a success", IMAP, DOVECOT,
		     "s137 | c15 s181 | c24 s417 | c20 s300 | c14 s60 | c9 s900 | c11 s65 end", .one_way = true,
		     .outcomes = "S"),
		TALK("no answer", IMAP, DOVECOT, "s137 | c15 s181 | c24 s53 after 2s | c24 end", .one_way = true,
		     .outcomes = "FU"),
		TALK("no attempt", IMAP, DOVECOT, "s137 | c15 s181 | c11 s44 end", .one_way = true, .outcomes = ""),
		TALK("POP3", POP3, DOVECOT_POP3,
		     "s29 | c6 s98 | c11 s5 | c16 s36 after 2s | c11 s5 | c16 s36 after 2s | c6 s17 end",
		     .one_way = true, .outcomes = "FF"),
		TALK("SMTP", SMTP, POSTFIX, "s33 | c20 s181 | c33 s62 after 2s | c33 s62 after 2s | c6 s15 end",
		     .one_way = true, .outcomes = "FF"),
		TALK("acknowledged before the end", POP3, DOVECOT_POP3,
		     "s29 | c6 s98 | c11 s5 | c16 s36 after 2s cacks end", .one_way = true, .outcomes = "F"),
		TALK("as long as two padded records", IMAP, DOVECOT,
		     "s137 | c14 s94 | c34 s404 after 4s | c13 s80 | c18 s307 | c10 s64 end", .one_way = true,
		     .outcomes = "S"),
		TALK("the same acknowledged again", IMAP, DOVECOT,
		     "s137 cacks cacks | c15 s181 cacks | c24 cacks s53 after 2s cacks cacks | c11 s44 end",
		     .one_way = true, .outcomes = "F"),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void what_the_cipher_or_a_loss_hides_is_seldom_known_and_never_the_opposite(void **state)
{
	static const struct dialogue rows[] = {
		TALK("CBC, failures", IMAP, DOVECOT,
		     "s137 | c15 s181 | c24 s53 after 2s | c24 s53 after 2s | c11 s44 end", .cipher = RIG_CBC,
		     .never = 'S'),
		TALK("CBC, failures, POP3", POP3, DOVECOT_POP3, "s29 | c6 s98 | c11 s5 | c16 s36 after 2s | c6 s17 end",
		     .cipher = RIG_CBC, .never = 'S'),
		TALK("CBC, failures, SMTP", SMTP, POSTFIX, "s33 | c20 s181 | c33 s62 after 2s | c6 s15 end",
		     .cipher = RIG_CBC, .never = 'S'),
		TALK("CBC, a success", IMAP, DOVECOT, "s137 | c15 s181 | c24 s417 | c20 s300 | c14 s60 | c9 s900 end",
		     .cipher = RIG_CBC, .outcomes = "S"),
		TALK("CBC, no attempt", IMAP, DOVECOT, "s137 | c15 s181 | c11 s44 end", .cipher = RIG_CBC,
		     .never = 'S'),
		TALK("an answer got lost", IMAP, DOVECOT,
		     "s137 | c24 s53 after 2s | c24 lost75 | c24 s53 after 2s | c11 s44 end", .never = 'S'),
		TALK("the middle of a success got lost", IMAP, DOVECOT,
		     "s137 | c24 lost200 s217 | c20 s300 | c14 s60 | c9 s900 | c11 s65 end", .never = 'F'),
		TALK("the greeting got lost", IMAP, DOVECOT,
		     "lost159 c24 s53 after 2s | c24 s53 after 2s | c11 s44 end", .outcomes = "FF"),
		TALK("the server pads", IMAP, DOVECOT_UNPROBED, "s511 | c15 s511 | c24 s511 after 2s | c11 s511 end",
		     .never = 'S'),
	};

	(void)state;
	DIALOGUES_CHECK(rows);
}

static void idle_for_hours_is_one_answer_and_one_outcome(void **state)
{
	static const struct dialogue row = TALK("", IMAP, DOVECOT, "s137 | c24 s417 | c10 s10");
	struct rig rig;

	(void)state;
	rig_open(&rig, &row);
	rig_play(&rig, row.said);
	for (int i = 0; i < 10000; i++)
		rig_play(&rig, "s24 after 3h");
	rig_play(&rig, "c6 s25 | c11 s65 end");
	assert_int_equal(rig.verdicts, 1);
	assert_int_equal(rig.verdict[0].outcome, OUTCOME_SUCCESS);
	rig_close(&rig);
}

static void nothing_is_told_after_the_end_or_once_it_is_beyond_doubt(void **state)
{
	static const struct dialogue row = TALK("", IMAP, DOVECOT, "s137 | c24 s417 | c20 s3000");
	struct rig rig;

	(void)state;
	rig_open(&rig, &row);
	rig_play(&rig, row.said);
	assert_int_equal(rig.state, SHAPE_DONE);
	assert_int_equal(rig.verdicts, 1);
	for (int i = 0; i < 30; i++)
		rig_play(&rig, "c24 s53 after 2s");
	rig_play(&rig, "end end c24 s53");
	assert_int_equal(rig.verdicts, 1);
	assert_int_equal(rig.state, SHAPE_DONE);
	rig_close(&rig);
	rig_open(&rig, &row);
	rig_play(&rig, "s137 | c24 s53 after 2s end c24 s53 end c24");
	assert_int_equal(rig.state, SHAPE_LOST);
	assert_int_equal(rig.verdicts, 1);
	rig_close(&rig);
}

static void a_long_run_of_guesses_has_an_outcome_each(void **state)
{
	static const struct dialogue row = TALK("", POP3, NULL, "s29");
	struct rig rig;

	(void)state;
	rig_open(&rig, &row);
	rig_play(&rig, row.said);
	for (int i = 0; i < 30; i++)
		rig_play(&rig, "c11 s5 | c16 s36 after 2s");
	rig_play(&rig, "c6 s17 end");
	assert_int_equal(rig.verdicts, 30);
	for (int i = 0; i < 30; i++)
		assert_int_equal(rig.verdict[i].outcome, OUTCOME_FAILURE);
	rig_close(&rig);
}

/* Without the tag, so that the same wrong password has the same length again. */
static void what_was_handed_over_is_as_long_as_it_is(void **state)
{
	static const struct dialogue row = TALK("", IMAP, DOVECOT, "");
	struct rig rig;

	(void)state;
	rig_open(&rig, &row);
	rig_play(&rig, "s137 | c24 s53 after 2s | c24 s53 after 2s | c25 s54 after 2s | c29 s54 after 2s end");
	assert_int_equal(rig.verdicts, 4);
	assert_int_equal(rig.verdict[0].request_bytes, 22);
	assert_int_equal(rig.verdict[1].request_bytes, 22);
	assert_int_equal(rig.verdict[2].request_bytes, 22);
	assert_int_equal(rig.verdict[3].request_bytes, 26);
	rig_close(&rig);
	rig_open(&rig, &row);
	rig_play(&rig, "s137 | c23 s16 | c14 s16 | c18 s53 after 2s end");
	assert_int_equal(rig.verdicts, 1);
	assert_int_equal(rig.verdict[0].request_bytes, 14 + 18);
	rig_close(&rig);
}

static unsigned int learned(const struct rig *rig, enum reply reply, uint16_t bytes)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < rig->replies; i++)
		count += rig->reply[i].reply == reply && rig->reply[i].bytes == bytes;
	return count;
}

static void each_reply_of_a_connection_is_learned_once_and_without_the_tag(void **state)
{
	static const struct dialogue row = TALK("", IMAP, DOVECOT, "");
	struct rig rig;

	(void)state;
	rig_open(&rig, &row);
	rig_play(&rig,
		 "s217 s217 s137 | c15 s181 | c24 s53 after 2s | c24 s53 after 2s | c24 s53 after 2s | c11 s44 s2 end");
	assert_int_equal(learned(&rig, REPLY_TICKET, 217), 2);
	assert_int_equal(learned(&rig, REPLY_GREETING, 137), 1);
	assert_int_equal(learned(&rig, REPLY_CAPABILITY, 179), 1);
	assert_int_equal(learned(&rig, REPLY_FAILURE, 51), 1);
	assert_int_equal(learned(&rig, REPLY_LOGOUT, 42), 1);
	assert_int_equal(rig.replies, 6);
	rig_close(&rig);
	rig_open(&rig, &row);
	rig_play(&rig, "s137 | c15 s181 | c24 s417 | c11 s65 end");
	assert_int_equal(learned(&rig, REPLY_SUCCESS, 415), 1);
	assert_int_equal(learned(&rig, REPLY_FAILURE, 415), 0);
	rig_close(&rig);
}

static void what_ends_the_reading_is_learned_in_its_place(void **state)
{
	static const struct dialogue row = TALK("", IMAP, DOVECOT, "");
	struct rig rig;

	(void)state;
	rig_open(&rig, &row);
	rig_play(&rig, "s137 | c15 s181 | c24 s53 after 2s | c24 s417 | c20 s300 | c14 s60 | c9 s900 end");
	assert_int_equal(rig.state, SHAPE_DONE);
	assert_int_equal(learned(&rig, REPLY_GREETING, 137), 1);
	assert_int_equal(learned(&rig, REPLY_CAPABILITY, 179), 1);
	assert_int_equal(learned(&rig, REPLY_FAILURE, 51), 1);
	assert_int_equal(learned(&rig, REPLY_SUCCESS, 415), 1);
	assert_int_equal(rig.replies, 4);
	rig_close(&rig);
}

static void what_is_not_exactly_known_is_not_learned(void **state)
{
	static const struct dialogue padded = TALK("", IMAP, DOVECOT, ""),
				     cbc = TALK("", IMAP, DOVECOT, "", .cipher = RIG_CBC);
	struct rig rig;

	(void)state;
	rig_open(&rig, &cbc);
	rig_play(&rig, "s137 | c15 s181 | c24 s53 after 2s | c24 s417 | c11 s44 end");
	assert_int_equal(rig.replies, 0);
	rig_close(&rig);
	rig_open(&rig, &padded);
	rig_play(&rig, "lost50 s137 | c15 s511 | c24 s511 after 2s | c24 lost20 s53 after 2s end");
	assert_int_equal(rig.replies, 0);
	rig_close(&rig);
}

static void nothing_to_free_is_fine(void **state)
{
	(void)state;
	shape_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_of_known_length_is_told_with_its_record),
		cmocka_unit_test(a_success_is_told_when_what_follows_confirms_it),
		cmocka_unit_test(a_mail_that_was_sent_is_a_success),
		cmocka_unit_test(a_long_reply_to_a_login_is_a_success_whatever_is_known),
		cmocka_unit_test(the_second_failure_of_an_unknown_server_explains_the_first),
		cmocka_unit_test(what_tls_says_for_itself_hides_no_failure),
		cmocka_unit_test(what_is_said_between_name_and_password_hides_no_failure),
		cmocka_unit_test(what_is_neither_is_unknown),
		cmocka_unit_test(an_answer_is_one_even_if_its_client_has_left_in_the_middle),
		cmocka_unit_test(who_is_shown_out_was_not_let_in),
		cmocka_unit_test(a_goodbye_among_others_changes_nothing),
		cmocka_unit_test(what_nobody_asks_in_base64_is_no_prompt),
		cmocka_unit_test(no_attempt_no_outcome),
		cmocka_unit_test(an_alert_is_no_command_and_a_ticket_no_reply),
		cmocka_unit_test(pieces_and_bundles_are_counted_by_what_is_in_them),
		cmocka_unit_test(what_the_client_hides_does_not_hide_failures),
		cmocka_unit_test(one_command_is_one_attempt_however_often_the_server_speaks),
		cmocka_unit_test(what_a_server_hides_by_padding_is_never_said),
		cmocka_unit_test(more_than_64_kilobytes_are_not_nothing),
		cmocka_unit_test(a_success_cannot_be_talked_into_existence),
		cmocka_unit_test(who_goes_on_guessing_after_the_login_is_in),
		cmocka_unit_test(one_direction_is_enough_for_what_was_acknowledged),
		cmocka_unit_test(what_the_cipher_or_a_loss_hides_is_seldom_known_and_never_the_opposite),
		cmocka_unit_test(idle_for_hours_is_one_answer_and_one_outcome),
		cmocka_unit_test(nothing_is_told_after_the_end_or_once_it_is_beyond_doubt),
		cmocka_unit_test(a_long_run_of_guesses_has_an_outcome_each),
		cmocka_unit_test(what_was_handed_over_is_as_long_as_it_is),
		cmocka_unit_test(each_reply_of_a_connection_is_learned_once_and_without_the_tag),
		cmocka_unit_test(what_ends_the_reading_is_learned_in_its_place),
		cmocka_unit_test(what_is_not_exactly_known_is_not_learned),
		cmocka_unit_test(nothing_to_free_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
