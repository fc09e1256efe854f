/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/adapters/profile_file.h"

#define HEAD "{\"host\": \"192.0.2.10\", \"port\": 993, \"proto\": \"imap\", \"steps\": ["
#define POP3 "{\"host\": \"2001:db8::1\", \"port\": 995, \"proto\": \"pop3\", \"steps\": ["

static char directory[64];

static int enter(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/gatepost-profile-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int leave(void **state)
{
	static const char *const name[] = {"192.0.2.10-993.json", "2001:db8::1-995.json", "bad.json", "other.txt",
					   ".json"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, name[i]);
		unlink(path);
	}
	return rmdir(directory); /* fails if anything else was left there */
}

static struct profile read_all(const char *text)
{
	struct profile profile;
	struct fault fault = {.text = ""};

	if (profile_read_text("test", text, 0, &profile, NULL, &fault))
		fail_msg("%s", fault.text);
	return profile;
}

static uint16_t seen(const struct profile *profile, enum reply reply, uint16_t bytes)
{
	for (int i = 0; i < PROFILE_LENGTHS; i++)
		if (profile->length[reply][i].bytes == bytes && profile->length[reply][i].seen)
			return profile->length[reply][i].seen;
	return 0;
}

static void a_transcript_becomes_a_profile_without_its_tags(void **state)
{
	const struct profile profile = read_all(
		HEAD
		"{\"name\": \"greeting\", \"sent\": 0, \"recv\": [137], \"dt\": 0.001, \"text\": \"* OK\", \"total\": 137},"
		"{\"name\": \"cap\", \"recv\": [108, 73], \"dt\": 0.0, \"total\": 181},"
		"{\"name\": \"noop\", \"total\": 23}, {\"name\": \"bad\", \"total\": 50},"
		"{\"name\": \"F:LOGIN:wrongpw\", \"dt\": 5.335, \"total\": 53},"
		"{\"name\": \"cont\", \"text\": \"+ \", \"total\": 4},"
		"{\"name\": \"cont2\", \"text\": \"+ PDUx\", \"total\": 48},"
		"{\"name\": \"S:LOGIN\", \"dt\": 0.009, \"total\": 417}]}");

	(void)state;
	assert_int_equal(profile.protocol, PROTOCOL_IMAP);
	assert_int_equal(profile.origin, ORIGIN_PROBE);
	assert_int_equal(seen(&profile, REPLY_GREETING, 137), PROFILE_PROBE_WEIGHT);
	assert_int_equal(seen(&profile, REPLY_CAPABILITY, 179), PROFILE_PROBE_WEIGHT);
	assert_int_equal(seen(&profile, REPLY_NOOP, 21), PROFILE_PROBE_WEIGHT);
	assert_int_equal(seen(&profile, REPLY_FAILURE, 51), PROFILE_PROBE_WEIGHT);
	assert_int_equal(seen(&profile, REPLY_PROMPT, 4), PROFILE_PROBE_WEIGHT);
	assert_int_equal(seen(&profile, REPLY_CHALLENGE, 48), PROFILE_PROBE_WEIGHT); /* "+": not a refusal like "bad" */
	assert_int_equal(seen(&profile, REPLY_SUCCESS, 415), PROFILE_PROBE_WEIGHT);
	assert_int_equal(profile.delay_failure[6], PROFILE_PROBE_WEIGHT);
	assert_int_equal(profile.delay_success[0], PROFILE_PROBE_WEIGHT);
}

static void without_a_tag_nothing_is_taken_off(void **state)
{
	const struct profile profile = read_all(POP3 "{\"name\": \"F:PASS\", \"total\": 36}]}");

	(void)state;
	assert_int_equal(seen(&profile, REPLY_FAILURE, 36), PROFILE_PROBE_WEIGHT);
}

static void a_greeting_with_a_timestamp_varies(void **state)
{
	const struct profile numbered = read_all(
		POP3
		"{\"name\": \"greeting\", \"total\": 53, \"text\": \"+OK <1723013246.1795906020@mail.example>\\r\\n\"}]}");
	const struct profile plain = read_all(
		POP3 "{\"name\": \"greeting\", \"total\": 53, \"text\": \"+OK <we> greet you @mail.example\\r\\n\"}]}");

	(void)state;
	assert_int_equal(seen(&numbered, REPLY_GREETING, 53), PROFILE_PROBE_WEIGHT);
	assert_int_equal(seen(&numbered, REPLY_GREETING, 52), 1);
	assert_int_equal(seen(&plain, REPLY_GREETING, 52), 0);
}

static void a_mechanism_that_is_refused_gives_no_challenge(void **state)
{
	static const struct {
		const char *why, *steps;
		uint16_t challenge, bad;
	} row[] = {
		{"as long as bad", "{\"name\": \"cont2\", \"total\": 24}, {\"name\": \"bad\", \"total\": 24}", 0, 22},
		{"not as long", "{\"name\": \"cont2\", \"total\": 22}, {\"name\": \"bad\", \"total\": 24}", 22, 22},
		{"by its text", "{\"name\": \"cont2\", \"total\": 30, \"text\": \"a1 BAD no\"}", 0, 28},
		{"a challenge by its text",
		 "{\"name\": \"cont2\", \"total\": 24, \"text\": \"+ x\"}, {\"name\": \"bad\","
		 " \"total\": 24}",
		 24, 22},
		{"an abort as long as a failure",
		 "{\"name\": \"bad:abort\", \"total\": 21}, {\"name\": \"F\", \"total\": 21}", 0, 0},
		{"bad itself as long as a failure",
		 "{\"name\": \"bad\", \"total\": 21}, {\"name\": \"F\", \"total\": 21}", 0, 19},
		{"as long as a failure",
		 "{\"name\": \"cont2\", \"total\": 53, \"text\": \"a1 NO [ALERT]\"},"
		 "{\"name\": \"F\", \"total\": 53}",
		 0, 0},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct profile profile;

		snprintf(text, sizeof(text), HEAD "%s]}", row[i].steps);
		profile = read_all(text);
		if (profile.length[REPLY_CHALLENGE][0].bytes != row[i].challenge ||
		    profile.length[REPLY_BAD][0].bytes != row[i].bad)
			fail_msg("%s: challenge %u, bad %u", row[i].why, profile.length[REPLY_CHALLENGE][0].bytes,
				 profile.length[REPLY_BAD][0].bytes);
	}
}

static void what_is_unknown_or_unanswered_is_passed_over(void **state)
{
	const struct profile profile = read_all(HEAD "{\"name\": \"F:LOGIN\", \"total\": 0}, {\"name\": \"logout2\","
						     "\"total\": \"many\"}, {\"name\": \"Fx\"}]}");

	(void)state;
	assert_int_equal(profile_seen(&profile, REPLY_FAILURE), 0);
	assert_int_equal(profile_seen(&profile, REPLY_LOGOUT), 0);
}

static void successes_can_be_left_out(void **state)
{
	const char *text =
		HEAD "{\"name\": \"S:LOGIN\", \"dt\": 0.1, \"total\": 417}, {\"name\": \"F\", \"total\": 53}]}";
	struct profile profile;

	(void)state;
	assert_int_equal(profile_read_text("test", text, PROFILE_WITHOUT_SUCCESS, &profile, NULL, NULL), 0);
	assert_int_equal(profile_seen(&profile, REPLY_SUCCESS), 0);
	assert_int_equal(profile.delay_success[2], 0);
	assert_int_equal(profile_seen(&profile, REPLY_FAILURE), PROFILE_PROBE_WEIGHT);
}

static void foreign_files_are_refused_in_words(void **state)
{
	static const struct {
		const char *text, *words;
	} row[] = {
		{"", "not a profile"},
		{"{\"host\": \"a\"", "not a profile"},
		{"[]", "'proto' wants imap, pop3 or smtp"},
		{"{\"proto\": \"http\"}", "'proto' wants imap, pop3 or smtp"},
		{"{\"proto\": \"imap\"}", "'steps' wants a list"},
		{"{\"proto\": \"imap\", \"steps\": {}}", "'steps' wants a list"},
		{"{\"proto\": \"imap\", \"origin\": 1, \"steps\": []}", "'origin' wants"},
		{"{\"proto\": \"imap\", \"made\": -1, \"steps\": []}", "'made' wants seconds"},
		{"{\"proto\": \"imap\", \"delay_failure\": [1], \"steps\": []}",
		 "'delay_failure' wants a list of eight"},
		{"{\"proto\": \"imap\", \"delay_failure\": [1,1,1,1,1,1,1,70000], \"steps\": []}", "from 0 to 65535"},
		{"{\"proto\": \"imap\", \"steps\": []}", "'host' wants an address"},
		{"{\"proto\": \"imap\", \"host\": \"mail.example\", \"port\": 1, \"steps\": []}", "got 'mail.example'"},
		{"{\"proto\": \"imap\", \"host\": \"192.0.2.1\", \"port\": 0, \"steps\": []}", "'port' wants a number"},
		{HEAD "7]}", "step 1 '': wants an object with a 'name'"},
		{HEAD "{\"name\": \"F\"}]}", "step 1 'F': 'total' wants"},
		{HEAD "{\"name\": \"F\", \"total\": 65538}]}", "step 1 'F': 'total' wants"},
		{HEAD "{\"name\": \"F\", \"total\": -1}]}", "step 1 'F': 'total' wants"},
		{HEAD "{\"name\": \"noop\", \"total\": 9}, {\"name\": \"F\", \"total\": 9, \"dt\": \"x\"}]}",
		 "step 2 'F': 'dt'"},
		{HEAD "{\"name\": \"F\", \"total\": 9, \"dt\": -0.1}]}", "'dt' wants seconds"},
		{HEAD "{\"name\": \"F\", \"total\": 9, \"count\": 0}]}", "'count' wants"},
		{HEAD "{\"name\": \"F:\\u001b[31m\", \"total\": -9}]}", "step 1 'F:?[31m'"}, /* not to a terminal */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct fault fault = {.text = ""};
		struct profile_key key = {.port = 7};
		struct profile profile = {.made_s = 7};

		if (profile_read_text("a.json", row[i].text, 0, &profile, &key, &fault) != -EBADMSG ||
		    !strstr(fault.text, row[i].words) || strcmp(fault.file, "a.json"))
			fail_msg("%s: '%s' is missing from '%s'", row[i].text, row[i].words, fault.text);
		assert_int_equal(profile.made_s, 7);
		assert_int_equal(key.port, 7);
	}
}

static struct profile learned(void)
{
	struct profile profile = {
		.protocol = PROTOCOL_IMAP, .origin = ORIGIN_LEARNED, .made_s = 1000, .changed_s = 2000};

	for (int reply = 0; reply < REPLY_MAX; reply++)
		for (uint16_t i = 0; i < PROFILE_LENGTHS; i++)
			profile_note(&profile, (enum reply)reply, (uint16_t)(10 * reply + i + 1), (uint16_t)(i + 1));
	profile_note(&profile, REPLY_FAILURE, UINT16_MAX, UINT16_MAX);
	profile_note_delay(&profile, REPLY_FAILURE, 2000, 17);
	profile_note_delay(&profile, REPLY_SUCCESS, 20, 3);
	return profile;
}

static void what_was_learned_comes_back_from_the_disk(void **state)
{
	struct profile profile = learned(), again;
	struct profile_key key, key_again;
	struct fault fault;
	struct stat status;
	char path[128];

	(void)state;
	assert_int_equal(addr_parse("192.0.2.10", &key.server), 0);
	key.port = 993;
	assert_int_equal(profile_path(directory, &key, path, sizeof(path)), 0);
	assert_string_equal(strrchr(path, '/'), "/192.0.2.10-993.json");
	assert_int_equal(profile_store(path, &profile, &key, &fault), 0);
	assert_int_equal(profile_store(path, &profile, &key, &fault), 0); /* over the one that is there */
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	assert_int_equal(profile_load(path, 0, &again, &key_again, &fault), 0);
	assert_memory_equal(&again, &profile, sizeof(profile));
	assert_memory_equal(&key_again, &key, sizeof(key));
}

static void a_path_that_is_too_long_is_refused(void **state)
{
	struct profile_key key = {.port = 993};
	char path[16] = "as it was";

	(void)state;
	assert_int_equal(profile_path("/var/lib/gatepost", &key, path, sizeof(path)), -ENAMETOOLONG);
	assert_string_equal(path, "as it was");
}

static void a_file_that_cannot_be_is_refused(void **state)
{
	struct profile profile = learned();
	struct profile_key key = {.port = 1};
	struct fault fault;

	(void)state;
	assert_int_equal(profile_load("/nowhere/a.json", 0, &profile, &key, &fault), -ENOENT);
	assert_int_equal(profile_load("/dev/zero", 0, &profile, &key, &fault), -ENODEV);
	assert_int_equal(profile_store("/nowhere/a.json", &profile, &key, &fault), -ENOENT);
	assert_non_null(strstr(fault.text, "cannot be written"));
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

struct found {
	char order[64];
	unsigned int bad;
};

static void found_each(void *context, const struct profile_key *key, const struct profile *profile)
{
	struct found *found = context;
	char text[ADDR_TEXT_BYTES];

	(void)profile;
	strcat(found->order, addr_text(&key->server, text));
	strcat(found->order, " ");
}

static void found_bad(void *context, const struct fault *fault)
{
	struct found *found = context;

	assert_non_null(strstr(fault->file, "bad.json"));
	found->bad++;
}

static void a_directory_is_read_in_order_and_bad_files_are_told(void **state)
{
	struct found found = {.order = ""};
	struct fault fault;

	(void)state;
	write_file("2001:db8::1-995.json", POP3 "]}");
	write_file("192.0.2.10-993.json", HEAD "]}");
	write_file("bad.json", "{");
	write_file("other.txt", "{");
	write_file(".json", "{");
	assert_int_equal(profiles_load_dir(directory, 0, found_each, found_bad, &found, &fault), 2);
	assert_string_equal(found.order, "192.0.2.10 2001:db8::1 ");
	assert_int_equal(found.bad, 1);
	assert_int_equal(profiles_load_dir("/nowhere", 0, found_each, found_bad, &found, &fault), -ENOENT);
}

extern const char *const rules_profiles[];

static void count_builtin(void *context, const char *name, const struct profile *profile)
{
	if (!profile_seen(profile, REPLY_FAILURE) || profile_seen(profile, REPLY_GREETING) ||
	    profile->origin != ORIGIN_BUILTIN || !strstr(name, protocol_text((enum protocol)profile->protocol)))
		if (strcmp(name, "dovecot-submission"))
			fail_msg("%s", name);
	++*(int *)context;
}

static void the_built_in_profiles_are_as_long_as_their_texts(void **state)
{
	int files = 0, good = 0;

	(void)state;
	for (const char *const *at = rules_profiles; *at; at += 2, files++) {
		json_t *root = json_loads(at[1], 0, NULL), *step;
		size_t n;

		assert_non_null(root);
		assert_non_null(json_string_value(json_object_get(root, "software")));
		json_array_foreach(json_object_get(root, "steps"), n, step)
		{
			const char *text = json_string_value(json_object_get(step, "text"));
			const json_int_t total = json_integer_value(json_object_get(step, "total"));

			/* What has no text to count was measured, and says what it is. */
			if (text ? (json_int_t)strlen(text) != total : !json_object_get(step, "note"))
				fail_msg("%s, step %zu", at[0], n + 1);
		}
		json_decref(root);
	}
	assert_int_equal(profiles_builtin(count_builtin, &good), files);
	assert_int_equal(good, files);
	assert_true(files >= 12);
}

static void a_probe_writes_what_the_reader_reads(void **state)
{
	struct probe_transcript transcript = {
		.protocol = PROTOCOL_IMAP, .port = 993, .steps = 2, .host = "mail.example"};
	struct profile_key key;
	struct profile profile;
	char *text;

	(void)state;
	assert_int_equal(addr_parse("2001:db8::1", &transcript.server), 0);
	transcript.step[0] = (struct transcript_step){.name = "F:LOGIN:short",
						      .sent_bytes = 30,
						      .record_bytes = {20, 33},
						      .records = 2,
						      .total_bytes = 53,
						      .delay_ms = 2001,
						      .text = "a1 NO [\"\\\r\n"};
	transcript.step[1] = (struct transcript_step){.name = "unanswered", .closed = true};
	text = transcript_write_text(&transcript);
	assert_non_null(text);
	assert_non_null(strstr(text, "\"recv\": [20, 33]"));
	assert_non_null(strstr(text, "\"recv\": [\"EOF\"]"));
	assert_non_null(strstr(text, "\"name\": \"mail.example\""));
	assert_int_equal(profile_read_text("test", text, 0, &profile, &key, NULL), 0);
	assert_int_equal(seen(&profile, REPLY_FAILURE, 51), PROFILE_PROBE_WEIGHT);
	assert_int_equal(profile.delay_failure[5], PROFILE_PROBE_WEIGHT);
	assert_memory_equal(&key.server, &transcript.server, sizeof(key.server));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transcript_becomes_a_profile_without_its_tags),
		cmocka_unit_test(without_a_tag_nothing_is_taken_off),
		cmocka_unit_test(a_greeting_with_a_timestamp_varies),
		cmocka_unit_test(a_mechanism_that_is_refused_gives_no_challenge),
		cmocka_unit_test(what_is_unknown_or_unanswered_is_passed_over),
		cmocka_unit_test(successes_can_be_left_out),
		cmocka_unit_test(foreign_files_are_refused_in_words),
		cmocka_unit_test_setup_teardown(what_was_learned_comes_back_from_the_disk, enter, leave),
		cmocka_unit_test(a_path_that_is_too_long_is_refused),
		cmocka_unit_test(a_file_that_cannot_be_is_refused),
		cmocka_unit_test_setup_teardown(a_directory_is_read_in_order_and_bad_files_are_told, enter, leave),
		cmocka_unit_test(the_built_in_profiles_are_as_long_as_their_texts),
		cmocka_unit_test(a_probe_writes_what_the_reader_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
