/* SPDX-License-Identifier: BSD-2-Clause */
/* Servers speak as they were heard to, programs offer what they were seen to offer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "user/adapters/ja4.h"
#include "user/adapters/profile_file.h"
#include "user/synth/client_hello.h"
#include "user/synth/dialogue.h"
#include "user/synth/software.h"
#include "user/synth/words.h"

/* As inside TLS, without the tag: what profiles count. */
static uint16_t length_of(const char *words)
{
	uint16_t length = 0;

	for (; *words; words++) {
		if (*words == '|')
			words = strchr(words, '\n');
		else
			length += !strchr("~^\f", *words);
	}
	return length;
}

static void greetings_and_capabilities_are_as_long_as_probes_found_them(void **state)
{
	static const struct {
		enum synth_software software;
		enum protocol protocol;
		uint16_t greeting, capability; /* with the tag "a1" */
	} rows[] = {
		{SYNTH_DOVECOT, PROTOCOL_IMAP, 137, 181}, {SYNTH_COURIER, PROTOCOL_IMAP, 277, 194},
		{SYNTH_CYRUS, PROTOCOL_IMAP, 159, 754},   {SYNTH_NGINX, PROTOCOL_IMAP, 18, 103},
		{SYNTH_DOVECOT, PROTOCOL_POP3, 29, 98},   {SYNTH_COURIER, PROTOCOL_POP3, 18, 140},
		{SYNTH_CYRUS, PROTOCOL_POP3, 120, 206},   {SYNTH_NGINX, PROTOCOL_POP3, 16, 67},
		{SYNTH_DOVECOT, PROTOCOL_SMTP, 32, 133},  {SYNTH_POSTFIX, PROTOCOL_SMTP, 33, 181},
		{SYNTH_EXIM, PROTOCOL_SMTP, 67, 175},     {SYNTH_NGINX, PROTOCOL_SMTP, 31, 41},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct software *words = software_words(rows[i].software, rows[i].protocol);
		const unsigned int tag = rows[i].protocol == PROTOCOL_IMAP ? 2 : 0;

		assert_int_equal(length_of(words->greeting), rows[i].greeting);
		assert_int_equal(length_of(words->capability) + tag, rows[i].capability);
	}
}

static enum synth_software software_named(const char *name)
{
	for (int i = SYNTH_DOVECOT; i <= SYNTH_EXIM; i++) {
		const char *text = synth_software_text((enum synth_software)i);

		if (!strncmp(name, text, strlen(text)))
			return (enum synth_software)i;
	}
	fail_msg("%s is of no software", name);
	return SYNTH_DOVECOT;
}

static void check_says(const char *name, const struct profile *profile, enum reply reply, const char *words)
{
	if (!words || !profile_seen(profile, reply) || profile_says(profile, reply, length_of(words)))
		return;
	fail_msg("%s: no %s of %u bytes is known: %s", name, reply_text(reply), length_of(words), words);
}

static void check_profile(void *context, const char *name, const struct profile *profile)
{
	const struct software *words = software_words(software_named(name), (enum protocol)profile->protocol);

	check_says(name, profile, REPLY_FAILURE, words->failure);
	check_says(name, profile, REPLY_FAILURE, words->failure_sasl);
	check_says(name, profile, REPLY_SUCCESS, words->success);
	check_says(name, profile, REPLY_USER, words->user);
	check_says(name, profile, REPLY_LOGOUT, words->logout_early ? words->logout_early : words->logout);
	++*(int *)context;
}

static void answers_to_logins_are_as_long_as_the_profiles_say(void **state)
{
	int profiles = 0;

	(void)state;
	profiles_builtin(check_profile, &profiles);
	assert_int_equal(profiles, 12);
}

/* ---- dialogues --------------------------------------------------------------------------------------------------- */

static void play(struct dialogue *dialogue, char *text, size_t size)
{
	struct dice dice = {.state = 1};
	struct line line;
	size_t length = 0;

	for (int i = 0; i < 100 && dialogue->step != DIALOGUE_OVER && dialogue->step != DIALOGUE_NOTIFY; i++) {
		if (dialogue->step == DIALOGUE_SEAL) {
			dialogue_seal(dialogue);
			continue;
		}
		dialogue_say(dialogue, &dice, &line);
		length += (size_t)snprintf(text + length, size - length, "%c: %.*s", line.from_server ? 'S' : 'C',
					   line.length, line.text);
	}
}

static struct synth_connection connection_of(enum gp_service service, enum transport transport,
					     enum synth_client client)
{
	struct synth_connection connection = {
		.service = service, .transport = transport, .client = (uint8_t)client, .attempts = 2, .attack = true};

	connection.attempt[0] = (struct synth_attempt){.account = 1, .password = 2, .outcome = OUTCOME_FAILURE};
	connection.attempt[1] = (struct synth_attempt){.account = 1, .password = 3, .outcome = OUTCOME_SUCCESS};
	return connection;
}

static void a_tool_guesses_and_hangs_up(void **state)
{
	static const struct scenario_server server = {.imap = SYNTH_COURIER, .pop3 = SYNTH_DOVECOT};
	struct synth_connection connection = connection_of(GP_SERVICE_POP3, TRANSPORT_PLAIN, SYNTH_CLIENT_MEDUSA);
	char account[WORDS_ACCOUNT_BYTES], one[WORDS_PASSWORD_BYTES], other[WORDS_PASSWORD_BYTES], text[4096],
		wanted[4096];
	struct dialogue dialogue;

	(void)state;
	dialogue_start(&dialogue, &server, &connection);
	play(&dialogue, text, sizeof(text));
	words_account(1, account);
	snprintf(wanted, sizeof(wanted),
		 "S: +OK Dovecot (Debian) ready.\r\nC: CAPA\r\n"
		 "S: +OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\nSTLS\r\nUSER\r\n"
		 "SASL PLAIN LOGIN CRAM-MD5\r\n.\r\n"
		 "C: USER %s\r\nS: +OK\r\nC: PASS %s\r\nS: -ERR [AUTH] Authentication failed.\r\n"
		 "C: USER %s\r\nS: +OK\r\nC: PASS %s\r\nS: +OK Logged in.\r\n",
		 account, words_password(2, one), account, words_password(3, other));
	assert_string_equal(text, wanted);
}

/* Courier has no initial response and no LOGIN: the tool takes what there is. */
static void a_program_takes_what_the_server_offers(void **state)
{
	static const struct scenario_server server = {.imap = SYNTH_COURIER};
	struct synth_connection connection = connection_of(GP_SERVICE_IMAP, TRANSPORT_STARTTLS, SYNTH_CLIENT_HYDRA);
	struct dialogue dialogue;
	char text[4096];

	(void)state;
	dialogue_start(&dialogue, &server, &connection);
	play(&dialogue, text, sizeof(text));
	assert_non_null(strstr(text, " UTF8=ACCEPT STARTTLS] "));
	assert_non_null(strstr(text, "C: 2 STARTTLS\r\nS: 2 OK Begin SSL/TLS negotiation now.\r\nC: 3 CAPABILITY\r\n"));
	assert_non_null(strstr(text, " UTF8=ACCEPT\r\n3 OK "));
	assert_non_null(strstr(text, "C: 4 AUTHENTICATE PLAIN\r\nS: + \r\nC: "));
	assert_non_null(strstr(text, "\r\nS: 4 NO Login failed.\r\nC: 5 AUTHENTICATE PLAIN"));
	assert_non_null(strstr(text, "S: 5 OK LOGIN Ok.\r\n"));
}

/* ---- hellos ------------------------------------------------------------------------------------------------------ */

/* JA4 as it was computed of the captures of the programs themselves. */
static void programs_have_their_fingerprints(void **state)
{
	static const char *const ja4[SYNTH_CLIENT_MAX] = {
		[SYNTH_CLIENT_THUNDERBIRD] = "t13d1616",
		[SYNTH_CLIENT_FETCHMAIL] = "t13d311100_e8f1e7e78f70_d41ae481755e",
		[SYNTH_CLIENT_CURL] = "t13d311100_e8f1e7e78f70_b26ce05bbdd6",
		[SYNTH_CLIENT_HYDRA] = "t13d311100_e8f1e7e78f70_d41ae481755e",
		[SYNTH_CLIENT_MEDUSA] = "t13i311000_e8f1e7e78f70_d41ae481755e",
		[SYNTH_CLIENT_NCRACK] = "t13i751000_479067518aa3_d41ae481755e",
		[SYNTH_CLIENT_NMAP] = "t13i781000_ab95583b6d39_d41ae481755e",
		[SYNTH_CLIENT_MUTT] = "t13d291300_723694b0fccc_2cc26d266019",
	};
	struct dice dice = {.state = 1};
	uint8_t bytes[CLIENT_HELLO_BYTES];

	(void)state;
	for (int i = 0; i < SYNTH_CLIENT_MAX; i++) {
		const size_t length = client_hello((enum synth_client)i, "mail.example.net", &dice, bytes);
		char text[JA4_TEXT_BYTES];

		assert_true(length <= sizeof(bytes));
		ja4_of_hello(bytes, length, text);
		if (ja4[i] && strncmp(text, ja4[i], strlen(ja4[i])))
			fail_msg("%s: %s, not %s", synth_client_text((enum synth_client)i), text, ja4[i]);
	}
}

static void equal_numbers_are_equal_words_and_others_are_others(void **state)
{
	char a[WORDS_ACCOUNT_BYTES], b[WORDS_ACCOUNT_BYTES], p[WORDS_PASSWORD_BYTES], q[WORDS_PASSWORD_BYTES];

	(void)state;
	assert_string_equal(words_account(77, a), words_account(77, b));
	assert_string_equal(words_password(77, p), words_password(77, q));
	for (uint64_t i = 0; i < 10000; i++) {
		assert_string_not_equal(words_account(i, a), words_account(i + 1, b));
		assert_string_not_equal(words_account(i, a), words_account(i + (1ULL << 32), b));
		assert_string_not_equal(words_password(i, p), words_password(i + 1, q));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greetings_and_capabilities_are_as_long_as_probes_found_them),
		cmocka_unit_test(answers_to_logins_are_as_long_as_the_profiles_say),
		cmocka_unit_test(a_tool_guesses_and_hangs_up),
		cmocka_unit_test(a_program_takes_what_the_server_offers),
		cmocka_unit_test(programs_have_their_fingerprints),
		cmocka_unit_test(equal_numbers_are_equal_words_and_others_are_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
