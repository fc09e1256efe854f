/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/fixtures/tls_hello.h"
#include "user/adapters/classify.h"

#define JA3_HYDRA "d39e1be3241d"
#define JA3_CURL "8f2dfd01a68a"
#define JA3_THUNDERBIRD "321945736646"

/* A conversation: who said what, in order. */
struct dialogue {
	struct classified *flow;
	struct gp_sample sample;
	uint32_t seq[2];
};

static struct classifier *classifier;

static int start(void **state)
{
	(void)state;
	return classifier_new(&classifier, NULL);
}

static int stop(void **state)
{
	(void)state;
	classifier_free(classifier);
	return 0;
}

static void dialogue_open(struct dialogue *dialogue, uint16_t port, bool is_v6)
{
	memset(dialogue, 0, sizeof(*dialogue));
	inet_pton(AF_INET6, is_v6 ? "2001:db8:1::7" : "::ffff:192.0.2.7", dialogue->sample.client);
	inet_pton(AF_INET6, is_v6 ? "2001:db8:f::25" : "::ffff:198.51.100.25", dialogue->sample.server);
	dialogue->sample.client_port = 40112;
	dialogue->sample.server_port = port;
	dialogue->seq[GP_IN] = 1000;
	dialogue->seq[GP_OUT] = 0xfffffff0; /* about to wrap */
	assert_int_equal(classified_new(&dialogue->flow, classifier), 0);
}

static void say(struct dialogue *dialogue, enum gp_direction direction, const void *bytes, size_t length)
{
	struct gp_sample *sample = &dialogue->sample;

	sample->direction = (uint8_t)direction;
	sample->seq = dialogue->seq[direction];
	sample->ack = dialogue->seq[!direction];
	sample->tcp_flags = GP_ACK | GP_PSH;
	sample->payload_bytes = (uint32_t)length;
	sample->captured_bytes = (uint16_t)length;
	classified_packet(dialogue->flow, sample, bytes, 1000);
	dialogue->seq[direction] += (uint32_t)length;
}

static void say_text(struct dialogue *dialogue, enum gp_direction direction, const char *text)
{
	say(dialogue, direction, text, strlen(text));
}

static struct classification dialogue_close(struct dialogue *dialogue)
{
	struct classification known;

	classified_read(dialogue->flow, &known);
	classified_free(dialogue->flow);
	return known;
}

static void assert_starts_with(const char *text, const char *start_text)
{
	if (strncmp(text, start_text, strlen(start_text)))
		fail_msg("'%s' does not start with '%s'", text, start_text);
}

static const struct hello_row {
	const char *why;
	uint16_t port;
	const uint8_t *client, *server;
	size_t client_bytes, server_bytes;
	const char *protocol, *ja3, *sni, *tls;
} hello_rows[] = {
	{"hydra on imaps", 993, hello_hydra, server_hello_13, sizeof(hello_hydra), sizeof(server_hello_13), "IMAPS",
	 JA3_HYDRA, "192.0.2.19", "1.3"},
	{"curl on pop3s", 995, hello_curl, server_hello_13, sizeof(hello_curl), sizeof(server_hello_13), "POP3S",
	 JA3_CURL, "mx.a.example", "1.3"},
	{"hello in two segments", 465, hello_thunderbird, server_hello_13, sizeof(hello_thunderbird),
	 sizeof(server_hello_13), "SMTPS", JA3_THUNDERBIRD, "mx.b.example", "1.3"},
	{"the server chooses the version", 993, hello_hydra, server_hello_12, sizeof(hello_hydra),
	 sizeof(server_hello_12), "IMAPS", JA3_HYDRA, "192.0.2.19", "1.2"},
	{"TLS on another port", 10993, hello_curl, server_hello_13, sizeof(hello_curl), sizeof(server_hello_13), "TLS",
	 JA3_CURL, "mx.a.example", "1.3"},
};

static void tls_row_run(const struct hello_row *row, bool is_v6)
{
	size_t first = row->client_bytes < 1448 ? row->client_bytes : 1448;
	struct classification known;
	struct dialogue dialogue;

	dialogue_open(&dialogue, row->port, is_v6);
	say(&dialogue, GP_IN, row->client, first);
	if (first < row->client_bytes)
		say(&dialogue, GP_IN, row->client + first, row->client_bytes - first);
	assert_false(classified_done(dialogue.flow));
	say(&dialogue, GP_OUT, row->server, row->server_bytes);
	if (!classified_done(dialogue.flow))
		fail_msg("%s: not done after both hellos", row->why);
	known = dialogue_close(&dialogue);
	assert_string_equal(known.protocol, row->protocol);
	assert_starts_with(known.ja3, row->ja3);
	assert_int_equal(strlen(known.ja3), 32);
	assert_string_equal(known.sni, row->sni);
	assert_string_equal(known.tls, row->tls);
}

static void hellos_name_client_server_and_version(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hello_rows) / sizeof(hello_rows[0]); i++) {
		tls_row_run(&hello_rows[i], false);
		tls_row_run(&hello_rows[i], true);
	}
}

static const struct {
	const char *why;
	uint16_t port;
	const char *greeting, *command[2], *reply, *protocol; /* both commands get the reply */
} clear_rows[] = {
	{"login",
	 143,
	 "* OK IMAP4rev1 ready\r\n",
	 {"a LOGIN user secret\r\n", "b LOGIN user secret\r\n"},
	 "* NO\r\n",
	 "IMAP"},
	{"nDPI 4.2 takes this for IMAPS",
	 143,
	 "* OK IMAP4rev1 ready\r\n",
	 {"a AUTHENTICATE PLAIN\r\n", "AHUAcA==\r\n"},
	 "+ \r\n",
	 "IMAP"},
	{"pop3", 110, "+OK ready\r\n", {"USER user\r\n", "PASS secret\r\n"}, "+OK\r\n", "POP3"},
	{"submission",
	 587,
	 "220 mx.example ESMTP\r\n",
	 {"EHLO client.example\r\n", "AUTH PLAIN AHUAcA==\r\n"},
	 "250 mx.example\r\n",
	 "SMTP"},
	{"no mail at all",
	 143,
	 "",
	 {"GET / HTTP/1.1\r\nHost: mx.example\r\n\r\n", ""},
	 "HTTP/1.1 200 OK\r\n\r\n",
	 "HTTP"},
};

static void clear_text_is_named(void **state)
{
	struct classification known;
	struct dialogue dialogue;
	size_t i;
	int turn;

	(void)state;
	for (i = 0; i < sizeof(clear_rows) / sizeof(clear_rows[0]); i++) {
		dialogue_open(&dialogue, clear_rows[i].port, i % 2);
		say_text(&dialogue, GP_OUT, clear_rows[i].greeting);
		for (turn = 0; turn < 4; turn++) {
			say_text(&dialogue, GP_IN, clear_rows[i].command[turn % 2]);
			say_text(&dialogue, GP_OUT, clear_rows[i].reply);
		}
		known = dialogue_close(&dialogue);
		if (strcmp(known.protocol, clear_rows[i].protocol))
			fail_msg("%s: '%s', not '%s'", clear_rows[i].why, known.protocol, clear_rows[i].protocol);
		assert_string_equal(known.ja3, "");
		assert_string_equal(known.sni, "");
		assert_string_equal(known.tls, "");
	}
}

static void starttls_is_looked_at_afresh(void **state)
{
	struct classification known;
	struct dialogue dialogue;

	(void)state;
	dialogue_open(&dialogue, 143, false);
	say_text(&dialogue, GP_OUT, "* OK IMAP4rev1 ready\r\n");
	say_text(&dialogue, GP_IN, "a STARTTLS\r\n");
	say_text(&dialogue, GP_OUT, "a OK begin\r\n");
	classified_restart(dialogue.flow);
	classified_read(dialogue.flow, &known);
	assert_string_equal(known.protocol, "IMAP");
	say(&dialogue, GP_IN, hello_curl, sizeof(hello_curl));
	say(&dialogue, GP_OUT, server_hello_13, sizeof(server_hello_13));
	known = dialogue_close(&dialogue);
	assert_string_equal(known.protocol, "TLS");
	assert_starts_with(known.ja3, JA3_CURL);
	assert_string_equal(known.tls, "1.3");
}

static void a_stopped_flow_keeps_what_is_known(void **state)
{
	struct classification known;
	struct dialogue dialogue;

	(void)state;
	dialogue_open(&dialogue, 993, false);
	say(&dialogue, GP_IN, hello_curl, sizeof(hello_curl));
	classified_stop(dialogue.flow);
	classified_stop(dialogue.flow);
	assert_true(classified_done(dialogue.flow));
	known = dialogue_close(&dialogue);
	assert_starts_with(known.ja3, JA3_CURL);
}

static void a_flow_without_meaning_is_given_up(void **state)
{
	static const uint8_t noise[512] = {0x80, 0x01};
	struct classification known;
	struct dialogue dialogue;
	int i;

	(void)state;
	dialogue_open(&dialogue, 993, false);
	for (i = 0; i < 24; i++) {
		assert_false(classified_done(dialogue.flow));
		say(&dialogue, GP_IN, noise, sizeof(noise));
	}
	assert_true(classified_done(dialogue.flow));
	say(&dialogue, GP_IN, hello_curl, sizeof(hello_curl));
	known = dialogue_close(&dialogue);
	assert_string_equal(known.protocol, "Unknown");
	assert_string_equal(known.ja3, "");
}

static void a_long_record_is_not_gathered_for_ever(void **state)
{
	uint8_t segment[1448] = {0x16, 0x03, 0x01, 0xff, 0xff, 0x01, 0x00, 0xff, 0xfb};
	struct dialogue dialogue;
	int i;

	(void)state;
	dialogue_open(&dialogue, 993, false);
	for (i = 0; i < 11; i++)
		say(&dialogue, GP_IN, segment, sizeof(segment));
	assert_false(classified_done(dialogue.flow));
	say(&dialogue, GP_IN, segment, sizeof(segment));
	assert_true(classified_done(dialogue.flow));
	dialogue_close(&dialogue);
}

static void a_famous_name_is_still_tls(void **state)
{
	uint8_t hello[sizeof(hello_curl)];
	struct classification known;
	struct dialogue dialogue;
	uint8_t *name;

	(void)state;
	memcpy(hello, hello_curl, sizeof(hello));
	name = memmem(hello, sizeof(hello), "mx.a.example", 12);
	assert_non_null(name);
	memcpy(name, "www.ntop.org", 12);
	dialogue_open(&dialogue, 993, false);
	say(&dialogue, GP_IN, hello, sizeof(hello));
	say(&dialogue, GP_OUT, server_hello_13, sizeof(server_hello_13));
	known = dialogue_close(&dialogue);
	assert_string_equal(known.protocol, "TLS");
	assert_string_equal(known.sni, "www.ntop.org");
}

static void a_name_with_control_bytes_is_made_printable(void **state)
{
	uint8_t hello[sizeof(hello_curl)];
	struct classification known;
	struct dialogue dialogue;
	uint8_t *name;

	(void)state;
	memcpy(hello, hello_curl, sizeof(hello));
	name = memmem(hello, sizeof(hello), "mx.a", 4);
	assert_non_null(name);
	name[0] = '\n';
	name[1] = 0x9b;
	dialogue_open(&dialogue, 993, false);
	say(&dialogue, GP_IN, hello, sizeof(hello));
	known = dialogue_close(&dialogue);
	for (name = (uint8_t *)known.sni; *name; name++)
		assert_in_range(*name, 0x21, 0x7e);
	assert_starts_with(known.ja3, JA3_CURL);
}

/* Is it in any writable memory but the stack (where a callee's leftovers are not ours to wipe)? */
static bool memory_has(const uint8_t *secret, size_t length)
{
	FILE *maps = fopen("/proc/self/maps", "r"), *memory = fopen("/proc/self/mem", "r");
	unsigned long start_at, end_at;
	char line[512], mode[8];
	bool found = false;

	assert_non_null(maps);
	assert_non_null(memory);
	while (!found && fgets(line, sizeof(line), maps)) {
		uint8_t *bytes;

		if (sscanf(line, "%lx-%lx %7s", &start_at, &end_at, mode) != 3 || mode[0] != 'r' || mode[1] != 'w' ||
		    strstr(line, "[stack]") || end_at - start_at > 64 << 20)
			continue;
		/* Outside the heap, so that the copy is not found in its turn. */
		bytes = mmap(NULL, end_at - start_at, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_ptr_not_equal(bytes, MAP_FAILED);
		if (!fseek(memory, (long)start_at, SEEK_SET) &&
		    fread(bytes, 1, end_at - start_at, memory) == end_at - start_at)
			found = memmem(bytes, end_at - start_at, secret, length) != NULL;
		munmap(bytes, end_at - start_at);
	}
	fclose(memory);
	fclose(maps);
	return found;
}

static void no_password_stays_in_memory(void **state)
{
	static const char commands[][64] = {"a LOGIN \"user\" \"%s\"\r\n", "a LOGIN \"user\" \"%s\"\r\n"};
	uint8_t secret[10], line[64];
	struct dialogue dialogue;
	size_t i;

	(void)state;
	dialogue_open(&dialogue, 143, false);
	say_text(&dialogue, GP_OUT, "* OK ready\r\n");
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		/* Made here, so that it stands nowhere but on the stack. */
		memset(secret, 'p' + (int)i, sizeof(secret));
		secret[9] = '\0';
		snprintf((char *)line, sizeof(line), commands[i], (char *)secret);
		say_text(&dialogue, GP_IN, (char *)line);
		assert_false(memory_has(secret, sizeof(secret) - 1));
		say_text(&dialogue, GP_OUT, "a NO failed\r\n");
	}
	dialogue_close(&dialogue);
	assert_false(memory_has(secret, sizeof(secret) - 1));
}

/* baseline/baseline_deflt.json of the specification: what there is of TCP. The last is the formula by hand: of one
 * address the ports decide. */
static const struct {
	const char *client, *server;
	uint16_t client_port, server_port;
	const char *id;
} communities[] = {
	{"128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
	{"66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
	{"2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
	 "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
	{"2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887", 25, 63943,
	 "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
	{"127.0.0.1", "127.0.0.1", 40112, 143, "1:YA+4nMC2WpBc+MezMg850YnBixE="},
};

static void a_connection_has_the_community_id_that_others_give_it(void **state)
{
	char text[COMMUNITY_ID_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(communities) / sizeof(communities[0]); i++) {
		struct ends ends = {.client_port = communities[i].client_port,
				    .server_port = communities[i].server_port};

		assert_int_equal(addr_parse(communities[i].client, &ends.client), 0);
		assert_int_equal(addr_parse(communities[i].server, &ends.server), 0);
		assert_string_equal(community_id(&ends, text), communities[i].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hellos_name_client_server_and_version),
		cmocka_unit_test(clear_text_is_named),
		cmocka_unit_test(starttls_is_looked_at_afresh),
		cmocka_unit_test(a_stopped_flow_keeps_what_is_known),
		cmocka_unit_test(a_flow_without_meaning_is_given_up),
		cmocka_unit_test(a_long_record_is_not_gathered_for_ever),
		cmocka_unit_test(a_famous_name_is_still_tls),
		cmocka_unit_test(a_name_with_control_bytes_is_made_printable),
		cmocka_unit_test(no_password_stays_in_memory),
		cmocka_unit_test(a_connection_has_the_community_id_that_others_give_it),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
