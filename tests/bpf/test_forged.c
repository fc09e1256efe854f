/* SPDX-License-Identifier: BSD-2-Clause */
/* What is forged bans nobody: floods of SYNs, data and resets in random names and in a subscriber's, answered as a
 * server answers them, through the shipped object and the whole pipeline, before rules that act on the second of
 * anything. */
#include "tests/bpf/rig.h"

#include "user/adapters/secret.h"
#include "user/config/config.h"
#include "user/pipeline.h"

#define SUBSCRIBER "192.0.2.1"
#define SERVER_ISN 5000
#define FORGED 3000

static const char strict_rules[] =
	"rule a { count = connections threshold = 2 window = 1h per = source action = limit for = 1h }\n"
	"rule b { count = open threshold = 2 window = 1s per = source action = limit for = 1h }\n"
	"rule c { count = waiting threshold = 2 window = 1s per = \"/24,/48\" action = limit for = 1h }\n"
	"rule d { count = handshakes threshold = 1 window = 1h per = source action = limit for = 1h }\n"
	"rule e { count = attempts threshold = 2 window = 1h per = source action = ban for = 1h }\n"
	"rule f { count = failures threshold = 2 window = 1h per = source action = ban for = 1h }\n"
	"rule g { count = failures threshold = 2 window = 1h per = \"/24,/48\" action = ban for = 1h }\n"
	"rule h { count = accounts threshold = 2 window = 1h per = source action = ban for = 1h }\n"
	"rule i { count = sources threshold = 1 window = 1h per = service action = alert for = 1h }\n";

struct edge {
	struct rig *rig;
	struct settings *settings;
	struct secret *secret;
	struct pipeline *pipeline;
	int decisions, successes;
	uint32_t random;
};

static void on_decision(void *context, const struct decision *decision, const struct ban *ban)
{
	struct edge *edge = context;

	(void)ban;
	edge->decisions++;
	fprintf(stderr, "# decided: %s\n", decision->reason);
}

static void on_attempt(void *context, const struct attempt *attempt)
{
	((struct edge *)context)->successes += attempt->outcome == OUTCOME_SUCCESS;
}

static void edge_open(struct edge *edge, struct rig *rig)
{
	struct pipeline_options options = {.datapath = rig->datapath,
					   .sink = {.context = edge, .attempt = on_attempt, .decision = on_decision}};
	struct fault fault = {0};

	*edge = (struct edge){.rig = rig, .random = 1};
	if (config_load_text("strict", strict_rules, &edge->settings, &fault))
		fail_msg("%s", fault.text);
	assert_int_equal(secret_new(&edge->secret, NULL, 7, NULL), 0);
	options.settings = edge->settings;
	options.digest = secret_digest(edge->secret);
	assert_int_equal(pipeline_new(&edge->pipeline, &options, &fault), 0);
	datapath_on_sample(rig->datapath, pipeline_sample, edge->pipeline);
}

static void edge_close(struct edge *edge)
{
	pipeline_free(edge->pipeline);
	secret_free(edge->secret);
	config_free(edge->settings);
}

static uint32_t draw(struct edge *edge)
{
	edge->random = edge->random * 1664525 + 1013904223;
	return edge->random >> 8 ^ edge->random << 16;
}

/* A SYN is answered with a number that the forger does not see; the rest with a reset. */
static void forge(struct edge *edge, struct packet_spec spec)
{
	uint8_t frame[PACKET_BYTES];
	struct ruling answer;

	spec.v6 = edge->rig->v6;
	edge->rig->now_ns += MILLISECOND;
	answer = rig_frame(edge->rig, GP_IN, frame, packet_build(&spec, frame));
	if (answer.drop || spec.flags & RST)
		return;
	rig_send(edge->rig, TCP(.from = spec.from, .from_port = spec.from_port, .reply = true,
				.flags = spec.flags & SYN ? SYN | ACK : RST,
				.seq = spec.flags & SYN ? draw(edge) : spec.ack, .ack = spec.seq + 1));
}

static void forge_one_of_each(struct edge *edge, const char *from, uint16_t port)
{
	const struct packet_spec kinds[] = {
		TCP(.flags = SYN),
		TCP(.flags = ACK),
		TCP(.flags = ACK | PSH, .payload = "a LOGIN alice guess\r\n"),
		TCP(.flags = RST),
		TCP(.flags = RST | ACK),
		TCP(.flags = FIN | ACK),
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct packet_spec spec = kinds[i];

		spec.from = from;
		spec.from_port = port;
		spec.seq = draw(edge);
		spec.ack = draw(edge);
		forge(edge, spec);
	}
}

static void no_ban(void *context, const struct prefix *target, uint32_t until)
{
	(void)target;
	(void)until;
	++*(int *)context;
}

static void expect_nobody_is_banned(struct edge *edge)
{
	int in_kernel = 0;

	edge->rig->now_ns += 10 * SECOND;
	pipeline_tick(edge->pipeline, edge->rig->now_ns);
	assert_int_equal(edge->decisions, 0);
	assert_int_equal(bans_count(enforcer_bans(pipeline_enforcer(edge->pipeline)), edge->rig->now_ns), 0);
	datapath_bans_each(edge->rig->datapath, no_ban, &in_kernel);
	assert_int_equal(in_kernel, 0);
}

static void subscriber_connects(struct edge *edge)
{
	rig_handshake(edge->rig, TCP(.from = SUBSCRIBER));
	rig_send(edge->rig, TCP(.from = SUBSCRIBER, .reply = true, .flags = ACK | PSH, .seq = SERVER_ISN + 1,
				.ack = 1001, .payload = "* OK ready\r\n"));
}

static void subscriber_logs_in(struct edge *edge)
{
	rig_send(edge->rig, TCP(.from = SUBSCRIBER, .flags = ACK | PSH, .seq = 1001, .ack = SERVER_ISN + 13,
				.payload = "a LOGIN alice right\r\n"));
	rig_send(edge->rig, TCP(.from = SUBSCRIBER, .reply = true, .flags = ACK | PSH, .seq = SERVER_ISN + 13,
				.ack = 1022, .payload = "a OK done\r\n"));
}

static void check_floods_in_random_names_ban_nobody(struct rig *rig)
{
	struct edge edge;
	char from[16];

	edge_open(&edge, rig);
	for (int i = 0; i < FORGED; i++) {
		snprintf(from, sizeof(from), "192.0.2.%u", draw(&edge) % 250 + 2);
		forge_one_of_each(&edge, from, (uint16_t)(1024 + draw(&edge) % 60000));
	}
	expect_nobody_is_banned(&edge);
	assert_int_equal(pipeline_totals(edge.pipeline)->connections, 0);
	assert_int_equal(rig_tally(rig, GP_TALLY_SOURCES_PROVEN), 0);
	edge_close(&edge);
}
ON_EVERY_ENGINE(floods_in_random_names_ban_nobody)

/* From every port but the one that he uses: who does not see his packets does not know it. */
static void check_floods_in_a_subscribers_name_ban_nobody_and_hide_nothing(struct rig *rig)
{
	struct edge edge;

	edge_open(&edge, rig);
	subscriber_connects(&edge);
	for (int i = 0; i < FORGED; i++)
		forge_one_of_each(&edge, SUBSCRIBER, (uint16_t)(40001 + draw(&edge) % 20000));
	expect_nobody_is_banned(&edge);
	assert_int_equal(judge_open_count(pipeline_judge(edge.pipeline)), 1);
	subscriber_logs_in(&edge);
	assert_int_equal(edge.successes, 1);
	assert_int_equal(pipeline_totals(edge.pipeline)->connections, 1);
	edge_close(&edge);
}
ON_EVERY_ENGINE(floods_in_a_subscribers_name_ban_nobody_and_hide_nothing)

/* Who guesses the port, too. One number in four thousand is near enough to be believed; what it says is out of order.
 */
static void check_floods_into_a_subscribers_connection_ban_nobody(struct rig *rig)
{
	struct edge edge;

	edge_open(&edge, rig);
	subscriber_connects(&edge);
	for (int i = 0; i < FORGED; i++)
		forge_one_of_each(&edge, SUBSCRIBER, 40000);
	subscriber_logs_in(&edge);
	expect_nobody_is_banned(&edge);
	edge_close(&edge);
}
ON_EVERY_ENGINE(floods_into_a_subscribers_connection_ban_nobody)

/* Does the strictness of these rules reach what is real? */
static void check_the_same_rules_act_on_who_is_real(struct rig *rig)
{
	struct edge edge;

	edge_open(&edge, rig);
	subscriber_connects(&edge);
	rig_handshake(rig, TCP(.from = SUBSCRIBER, .from_port = 40001));
	assert_int_equal(edge.decisions, 1);
	edge_close(&edge);
}
ON_EVERY_ENGINE(the_same_rules_act_on_who_is_real)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(floods_in_random_names_ban_nobody),
		cmocka_unit_test(floods_in_a_subscribers_name_ban_nobody_and_hide_nothing),
		cmocka_unit_test(floods_into_a_subscribers_connection_ban_nobody),
		cmocka_unit_test(the_same_rules_act_on_who_is_real),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
