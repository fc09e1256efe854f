/* SPDX-License-Identifier: BSD-2-Clause */
/* From the bytes of a connection to its attempts, with what is known of the server. A row reads as in dialogue_rig.h:
 * "s137 c24 s53", plaintext bytes; the handshake of TLS 1.3 goes before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/hellos.h"
#include "user/shape/inside.h"

#define MS 1000000ULL
#define ATTEMPTS_MAX 64

struct wire {
	struct ends ends;
	struct servers *servers;
	struct inside *inside;
	struct stream *stream[2]; /* enum gp_direction */
	uint32_t seq[2];
	bool one_way; /* the server's packets are not seen */
	enum inside_state state;
	uint64_t now_ns;
	unsigned int attempts, hellos;
	struct attempt attempt[ATTEMPTS_MAX];
	char outcomes[ATTEMPTS_MAX + 1];
};

static uint64_t fnv(const void *key, const void *bytes, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	(void)key;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ULL;
	return hash ? hash : 1;
}

static void on_attempt(void *context, const struct attempt *attempt)
{
	struct wire *wire = context;

	assert_in_range(wire->attempts, 0, ATTEMPTS_MAX - 1);
	assert_int_equal(attempt->basis, BASIS_SHAPE);
	assert_true(attempt->confidence >= 0 && attempt->confidence <= 1.0001);
	wire->outcomes[wire->attempts] = outcome_letter(attempt->outcome);
	wire->attempt[wire->attempts++] = *attempt;
}

static void on_hello(void *context, const uint8_t *message, size_t length)
{
	(void)message;
	assert_int_equal(length, sizeof(hello_hydra));
	((struct wire *)context)->hellos++;
}

static struct servers *servers_for_tests(bool learn)
{
	const struct servers_options options = {.servers_max = 8, .seed = 3, .learn = learn};
	struct servers *servers;

	assert_int_equal(servers_new(&servers, &options), 0);
	return servers;
}

/* Like Dovecot, as a probe has found it. */
static void make_known(struct servers *servers, const struct ends *ends)
{
	struct profile profile = {.protocol = PROTOCOL_IMAP, .origin = ORIGIN_PROBE};

	profile_note(&profile, REPLY_GREETING, 137, 32);
	profile_note(&profile, REPLY_CAPABILITY, 179, 32);
	profile_note(&profile, REPLY_BAD, 48, 32);
	profile_note(&profile, REPLY_LOGOUT, 42, 32);
	profile_note(&profile, REPLY_FAILURE, 51, 32);
	profile_note(&profile, REPLY_SUCCESS, 415, 32);
	profile_note_delay(&profile, REPLY_FAILURE, 2000, 32);
	profile_note_delay(&profile, REPLY_SUCCESS, 10, 32);
	assert_non_null(servers_put(servers, &ends->server, ends->server_port, &profile));
}

static struct wire wire_to(struct servers *servers, bool one_way)
{
	struct wire wire = {.servers = servers, .one_way = one_way, .now_ns = 1000000 * MS};

	wire.ends.server_port = 993;
	wire.ends.service = GP_SERVICE_IMAPS;
	memcpy(wire.ends.server.byte, "\x20\x01\x0d\xb8", 4);
	return wire;
}

static void wire_open(struct wire *wire, bool starttls, uint16_t greeting_bytes)
{
	const struct inside_options options = {.ends = &wire->ends,
					       .starttls = starttls,
					       .greeting_bytes = greeting_bytes,
					       .digest = {.hash = fnv},
					       .servers = wire->servers,
					       .context = wire,
					       .attempt = on_attempt,
					       .hello = on_hello};

	assert_int_equal(stream_new(&wire->stream[GP_IN]), 0);
	assert_int_equal(stream_new(&wire->stream[GP_OUT]), 0);
	stream_begin(wire->stream[GP_IN], 0);
	stream_begin(wire->stream[GP_OUT], 0);
	assert_int_equal(inside_new(&wire->inside, &options), 0);
}

static void wire_close(struct wire *wire)
{
	inside_end(wire->inside);
	inside_end(wire->inside); /* once is enough */
	inside_free(wire->inside);
	stream_free(wire->stream[GP_IN]);
	stream_free(wire->stream[GP_OUT]);
}

/* A packet, as flow.c delivers it. */
static void packet(struct wire *wire, int direction, const uint8_t *bytes, size_t length)
{
	const struct gp_sample sample = {.time_ns = wire->now_ns,
					 .seq = wire->seq[direction],
					 .ack = wire->seq[!direction],
					 .direction = (uint8_t)direction,
					 .tcp_flags = GP_ACK,
					 .payload_bytes = (uint16_t)length,
					 .captured_bytes = (uint16_t)length};

	wire->seq[direction] += (uint32_t)length;
	if (direction == GP_OUT && wire->one_way)
		return;
	if (length)
		stream_add(wire->stream[direction], sample.seq, bytes, length, length);
	stream_acknowledged(wire->stream[!direction], sample.ack);
	wire->state = inside_read(wire->inside, wire->stream[GP_IN], wire->stream[GP_OUT], &sample);
}

static void send_record(struct wire *wire, int direction, uint8_t type, const uint8_t *body, size_t length)
{
	uint8_t bytes[5 + 4000] = {type, 3, 3, (uint8_t)(length >> 8), (uint8_t)length};

	assert_true(length <= sizeof(bytes) - 5);
	if (body)
		memcpy(bytes + 5, body, length);
	packet(wire, direction, bytes, 5 + length);
}

static void handshake(struct wire *wire)
{
	uint8_t server_hello[50] = {2, 0, 0, 46, 3, 3, [39] = 0x13, [40] = 0x01, [43] = 6, [45] = 43, [47] = 2, 3, 4};

	send_record(wire, GP_IN, 22, hello_hydra, sizeof(hello_hydra));
	send_record(wire, GP_OUT, 22, server_hello, sizeof(server_hello));
	send_record(wire, GP_OUT, 20, NULL, 1);
	send_record(wire, GP_OUT, 23, NULL, 900);
	send_record(wire, GP_OUT, 23, NULL, 53);
	send_record(wire, GP_IN, 20, NULL, 1);
	send_record(wire, GP_IN, 23, NULL, 53);
}

/* What the server says comes after `delay_ms` when the client has spoken before, or else at once. */
static void talk(struct wire *wire, const char *said, unsigned int delay_ms)
{
	bool waits = false;

	while (*said) {
		const int direction = *said == 'c' ? GP_IN : GP_OUT;

		wire->now_ns += (waits && direction == GP_OUT ? delay_ms : 5) * MS;
		waits = direction == GP_IN;
		send_record(wire, direction, 23, NULL, strtoul(said + 1, NULL, 10) + 17);
		if (direction == GP_OUT && wire->one_way)
			packet(wire, GP_IN, NULL, 0); /* acknowledged */
		said += strcspn(said, " ");
		said += strspn(said, " ");
	}
}

static struct server *server_of(const struct wire *wire)
{
	return servers_find(wire->servers, &wire->ends.server, wire->ends.server_port);
}

static void failures_are_told_as_they_come(void **state)
{
	struct wire wire = wire_to(servers_for_tests(true), false);

	(void)state;
	make_known(wire.servers, &wire.ends);
	wire_open(&wire, false, 0);
	assert_false(inside_server_spoke(wire.inside));
	handshake(&wire);
	assert_true(inside_server_spoke(wire.inside));
	assert_int_equal(wire.hellos, 1);
	talk(&wire, "s137 c15 s181", 5);
	assert_int_equal(wire.state, INSIDE_TALKING);
	talk(&wire, "c24 s53", 2000);
	assert_string_equal(wire.outcomes, "F");
	talk(&wire, "c24 s53", 2000);
	talk(&wire, "c28 s53", 2000);
	assert_string_equal(wire.outcomes, "FFF");
	wire_close(&wire);
	assert_string_equal(wire.outcomes, "FFF");
	assert_int_equal(server_of(&wire)->attempts[OUTCOME_FAILURE], 3);
	assert_int_equal(server_of(&wire)->connections, 1);
	assert_int_equal(server_of(&wire)->one_way, 0);
	assert_int_equal(server_of(&wire)->flows, 0);
	servers_free(wire.servers);
}

static void the_same_wrong_password_has_the_same_credential(void **state)
{
	struct wire wire = wire_to(servers_for_tests(true), false);

	(void)state;
	make_known(wire.servers, &wire.ends);
	wire_open(&wire, false, 0);
	handshake(&wire);
	talk(&wire, "s137 c15 s181 c24 s53 c24 s53 c28 s53", 2000);
	assert_string_equal(wire.outcomes, "FFF");
	assert_true(wire.attempt[0].credential != 0);
	assert_true(wire.attempt[0].credential == wire.attempt[1].credential);
	assert_true(wire.attempt[0].credential != wire.attempt[2].credential);
	wire_close(&wire);
	servers_free(wire.servers);
}

static void who_is_logged_in_is_read_no_further(void **state)
{
	struct wire wire = wire_to(servers_for_tests(true), false);

	(void)state;
	make_known(wire.servers, &wire.ends);
	wire_open(&wire, false, 0);
	handshake(&wire);
	talk(&wire, "s137 c15 s181 c24 s417 c20 s3000", 5);
	assert_int_equal(wire.state, INSIDE_DONE);
	talk(&wire, "c24 s53 c24 s53", 2000);
	wire_close(&wire);
	assert_string_equal(wire.outcomes, "S");
	servers_free(wire.servers);
}

static void what_was_not_answered_is_unknown_in_the_end(void **state)
{
	struct wire wire = wire_to(servers_for_tests(true), false);

	(void)state;
	make_known(wire.servers, &wire.ends);
	wire_open(&wire, false, 0);
	handshake(&wire);
	talk(&wire, "s137 c15 s181 c24", 5);
	assert_string_equal(wire.outcomes, "");
	wire_close(&wire);
	assert_string_equal(wire.outcomes, "U");
	servers_free(wire.servers);
}

static void nothing_is_said_of_a_server_that_greets_like_another(void **state)
{
	struct wire wire = wire_to(servers_for_tests(true), false);

	(void)state;
	make_known(wire.servers, &wire.ends);
	wire_open(&wire, false, 0);
	handshake(&wire);
	talk(&wire, "s190 c15 s181 c24 s53 c24 s53", 2000);
	wire_close(&wire);
	assert_null(strpbrk(wire.outcomes, "FS"));
	assert_int_equal(server_of(&wire)->attempts[OUTCOME_FAILURE], 0);
	assert_int_equal(server_of(&wire)->strangers, 1);
	assert_int_equal(profile_seen(&server_of(&wire)->profile, REPLY_GREETING), 32);
	servers_free(wire.servers);
}

static void without_learning_what_a_probe_found_outlives_a_changed_greeting(void **state)
{
	struct wire wire = wire_to(servers_for_tests(false), false);
	struct servers *servers = wire.servers;

	(void)state;
	make_known(servers, &wire.ends);
	for (int i = 0; i < 8; i++) {
		wire = wire_to(servers, false);
		wire_open(&wire, false, 0);
		handshake(&wire);
		talk(&wire, "s190 c15 s181 c24 s53 c24 s53", 2000);
		wire_close(&wire);
		assert_null(strpbrk(wire.outcomes, "FS"));
	}
	assert_int_equal(profile_seen(&server_of(&wire)->profile, REPLY_FAILURE), 32);
	assert_int_equal(server_of(&wire)->profile.origin, ORIGIN_PROBE);
	servers_free(servers);
}

static void a_greeting_in_clear_counts_like_one_inside(void **state)
{
	static const uint16_t greeting_bytes[] = {137, 190};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct wire wire = wire_to(servers_for_tests(true), false);

		wire.ends.service = GP_SERVICE_IMAP;
		wire.ends.server_port = 143;
		make_known(wire.servers, &wire.ends);
		wire_open(&wire, true, greeting_bytes[i]);
		handshake(&wire);
		talk(&wire, "c15 s181 c24 s53 c24 s53", 2000);
		wire_close(&wire);
		assert_int_equal(server_of(&wire)->strangers, i);
		if (i)
			assert_null(strpbrk(wire.outcomes, "FS"));
		else
			assert_string_equal(wire.outcomes, "FF");
		servers_free(wire.servers);
	}
}

static void one_direction_will_do(void **state)
{
	struct wire wire = wire_to(servers_for_tests(true), true);

	(void)state;
	make_known(wire.servers, &wire.ends);
	wire_open(&wire, false, 0);
	handshake(&wire);
	talk(&wire, "s137 c15 s181 c24 s53 c24 s53 c11 s44", 2000);
	wire_close(&wire);
	assert_string_equal(wire.outcomes, "FF");
	assert_int_equal(server_of(&wire)->one_way, 1);
	servers_free(wire.servers);
}

static void connections_teach_what_a_server_says(void **state)
{
	struct wire wire = wire_to(servers_for_tests(true), false);
	struct servers *servers = wire.servers;

	(void)state;
	for (int i = 0; i < 20; i++) {
		wire = wire_to(servers, false);
		wire_open(&wire, false, 0);
		handshake(&wire);
		talk(&wire, "s137 c15 s181", 5);
		talk(&wire, "c24 s53 c26 s53 c22 s53", 2000);
		talk(&wire, "c11 s44", 5);
		wire_close(&wire);
	}
	wire = wire_to(servers, false);
	wire_open(&wire, false, 0);
	handshake(&wire);
	talk(&wire, "s137 c15 s181", 5);
	talk(&wire, "c24 s53", 2000);
	assert_string_equal(wire.outcomes, "F");
	wire_close(&wire);
	assert_int_equal(server_of(&wire)->profile.origin, ORIGIN_LEARNED);
	servers_free(servers);
}

static void without_servers_only_the_hello_is_read(void **state)
{
	struct wire wire = wire_to(NULL, false);

	(void)state;
	wire_open(&wire, false, 0);
	handshake(&wire);
	talk(&wire, "s137 c15 s181 c24 s53 c24 s53", 2000);
	assert_int_equal(wire.state, INSIDE_DONE);
	assert_int_equal(wire.hellos, 1);
	wire_close(&wire);
	assert_string_equal(wire.outcomes, "");
}

static void what_is_not_tls_is_lost(void **state)
{
	struct wire wire = wire_to(servers_for_tests(true), false);

	(void)state;
	wire_open(&wire, false, 0);
	packet(&wire, GP_IN, (const uint8_t *)"a1 LOGIN alice x\r\n", 18);
	assert_int_equal(wire.state, INSIDE_LOST);
	wire_close(&wire);
	assert_string_equal(wire.outcomes, "");
	servers_free(wire.servers);
}

static void a_server_is_in_use_as_long_as_its_flows_are_there(void **state)
{
	struct wire wire = wire_to(servers_for_tests(true), false);

	(void)state;
	wire_open(&wire, false, 0);
	assert_int_equal(server_of(&wire)->flows, 1);
	wire_close(&wire);
	assert_int_equal(server_of(&wire)->flows, 0);
	inside_free(NULL);
	servers_free(wire.servers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_are_told_as_they_come),
		cmocka_unit_test(the_same_wrong_password_has_the_same_credential),
		cmocka_unit_test(who_is_logged_in_is_read_no_further),
		cmocka_unit_test(what_was_not_answered_is_unknown_in_the_end),
		cmocka_unit_test(nothing_is_said_of_a_server_that_greets_like_another),
		cmocka_unit_test(without_learning_what_a_probe_found_outlives_a_changed_greeting),
		cmocka_unit_test(a_greeting_in_clear_counts_like_one_inside),
		cmocka_unit_test(one_direction_will_do),
		cmocka_unit_test(connections_teach_what_a_server_says),
		cmocka_unit_test(without_servers_only_the_hello_is_read),
		cmocka_unit_test(what_is_not_tls_is_lost),
		cmocka_unit_test(a_server_is_in_use_as_long_as_its_flows_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
