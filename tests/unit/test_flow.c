/* SPDX-License-Identifier: BSD-2-Clause */
/* Which reader a flow is with when the gateway sees one direction only, and what it takes to be believed: told as
 * samples, the way the kernel half sends them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/transcript.h"
#include "user/read/flow.h"

#define HELLO "\x16\x03\x01\x02\x01\x01"

struct scene {
	struct flow flow;
	struct flow_options options;
	uint32_t client_seq, server_seq; /* of the next byte each says */
	uint32_t packets_in, packets_out;
	char outcomes[16];
};

static void on_attempt(void *context, const struct attempt *attempt)
{
	struct scene *scene = context;

	assert_in_range(attempt->n, 1, sizeof(scene->outcomes) - 1);
	scene->outcomes[attempt->n - 1] = outcome_letter(attempt->outcome);
}

static bool sample_deliver(struct scene *scene, enum gp_direction direction, const char *text)
{
	const uint32_t length = (uint32_t)strlen(text);
	const bool in = direction == GP_IN;
	const struct gp_sample sample = {
		.flow = 1,
		.seq = in ? scene->client_seq : scene->server_seq,
		.ack = in ? scene->server_seq : scene->client_seq,
		.packets_in = ++scene->packets_in,
		.packets_out = scene->packets_out,
		.payload_bytes = length,
		.captured_bytes = (uint16_t)length,
		.direction = direction,
		.service = GP_SERVICE_IMAP,
		.tcp_flags = GP_ACK,
		.state = GP_FLOW_MIDWAY,
	};

	if (!scene->flow.options)
		assert_int_equal(flow_open(&scene->flow, &sample, &scene->options), 0);
	if (in)
		scene->client_seq += length;
	return flow_packet(&scene->flow, &sample, (const uint8_t *)text);
}

static bool client(struct scene *scene, const char *text)
{
	return sample_deliver(scene, GP_IN, text);
}

static void server_unseen(struct scene *scene, const char *text)
{
	scene->server_seq += (uint32_t)strlen(text);
}

static void server(struct scene *scene, const char *text)
{
	scene->packets_out++;
	sample_deliver(scene, GP_OUT, text);
	server_unseen(scene, text);
}

static void scene_open(struct scene *scene)
{
	*scene = (struct scene){.client_seq = 0xfffffff0u, .server_seq = 77};
	scene->options = (struct flow_options){.digest = transcript_digest(), .context = scene, .attempt = on_attempt};
}

static void starttls_of_an_unseen_server_is_told_by_its_client(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	client(&scene, "a CAPABILITY\r\n");
	server_unseen(&scene, "* CAPABILITY IMAP4rev1\r\na OK\r\n");
	client(&scene, "");
	assert_false(client(&scene, "b STARTTLS\r\n"));
	server_unseen(&scene, "b OK\r\n");
	assert_false(client(&scene, ""));
	assert_int_equal(scene.flow.transport, TRANSPORT_PLAIN);
	assert_true(client(&scene, HELLO));
	assert_int_equal(scene.flow.transport, TRANSPORT_STARTTLS);
	flow_close(&scene.flow, FLOW_FIN);
	assert_string_equal(scene.outcomes, "");
}

/* A pure acknowledgement is news of the server, and nothing that the client went on with. */
static void an_attempt_in_clear_is_unknown_once_its_client_goes_on(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	client(&scene, "a LOGIN u7 wrong\r\n");
	server_unseen(&scene, "a NO no\r\n");
	client(&scene, "");
	assert_string_equal(scene.outcomes, "");
	client(&scene, "b LOGIN u7 wrong\r\n");
	assert_string_equal(scene.outcomes, "U");
	server_unseen(&scene, "b NO no\r\n");
	client(&scene, "c LOGOUT\r\n");
	assert_string_equal(scene.outcomes, "UU");
	flow_close(&scene.flow, FLOW_FIN);
	assert_string_equal(scene.outcomes, "UU");
}

/* Who sends a record in clear text to look like a client that nobody answers is read again once somebody does. */
static void a_server_that_goes_on_in_clear_takes_back_what_its_client_told(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	assert_true(client(&scene, "a STARTTLS\r\n" HELLO "\r\n"));
	server(&scene, "a BAD no\r\n* BAD what?\r\n");
	assert_int_equal(scene.flow.transport, TRANSPORT_PLAIN);
	assert_false(client(&scene, "b LOGIN u7 wrong\r\n"));
	server(&scene, "b NO [AUTHENTICATIONFAILED] no\r\n");
	assert_string_equal(scene.outcomes, "F");
	assert_false(client(&scene, HELLO));
	assert_int_equal(scene.flow.transport, TRANSPORT_PLAIN);
	flow_close(&scene.flow, FLOW_FIN);
}

/* The kernel half forgets a flow and meets it again: its count starts anew, what is known here does not. */
static void a_server_seen_once_is_waited_for_to_the_end(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	client(&scene, "a NOOP\r\n");
	server(&scene, "a OK\r\n");
	scene.packets_out = 0;
	client(&scene, "b LOGIN u7 wrong\r\n");
	assert_false(client(&scene, HELLO));
	assert_int_equal(scene.flow.transport, TRANSPORT_PLAIN);
	assert_string_equal(scene.outcomes, "");
	server(&scene, "b NO [AUTHENTICATIONFAILED] no\r\n");
	assert_string_equal(scene.outcomes, "F");
	flow_close(&scene.flow, FLOW_FIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starttls_of_an_unseen_server_is_told_by_its_client),
		cmocka_unit_test(an_attempt_in_clear_is_unknown_once_its_client_goes_on),
		cmocka_unit_test(a_server_that_goes_on_in_clear_takes_back_what_its_client_told),
		cmocka_unit_test(a_server_seen_once_is_waited_for_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
