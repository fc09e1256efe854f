/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets are whole, in order, and are what their labels say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/synth_rig.h"
#include "user/synth/label.h"
#include "user/synth/wire.h"

#define ETHERNET_BYTES 14
#define EVERYTHING                                                                                                     \
	"services = {\"imap 1\", \"imap starttls 1\", \"imaps 1\", \"pop3 1\", \"pop3 starttls 1\", \"pop3s 1\", "     \
	"\"submission 1\", \"submission starttls 1\", \"submissions 1\"} "
#define PEOPLE                                                                                                         \
	"population \"four\" { users = 100 addresses = \"10.0.0.0/16\" logins = \"20/d\" mistypes = 20% " EVERYTHING   \
	"}\npopulation \"six\" { users = 100 addresses = \"2001:db8:1::/48\" logins = \"20/d\" stale = 2% " EVERYTHING \
	"}\n"
#define TOOLS                                                                                                          \
	"attack \"a\" { lasts = 1h sources = 50 addresses = \"240.0.0.0/4\" tries = 3 per_connection = 3 "             \
	"unanswered = 20% known = 50% right = 10% " EVERYTHING "}\n"

struct tap {
	struct rig *rig;
	struct wire *wire;
	unsigned int labels, packets_in, packets_out, attempts, answered, unanswered;
};

static void on_over(void *context, const struct wire_label *label)
{
	struct tap *tap = context;

	tap->labels++;
	tap->packets_in += label->packets_in;
	tap->packets_out += label->packets_out;
	for (const char *letter = label->outcomes; *letter; letter++) {
		tap->attempts++;
		tap->answered += *letter != '?';
		tap->unanswered += *letter == '?';
	}
}

static struct tap *tap_new(const char *text, uint64_t seed)
{
	struct tap *tap = calloc(1, sizeof(*tap));

	tap->rig = rig_new(text, seed);
	assert_int_equal(wire_new(&tap->wire, tap->rig->world, tap->rig->scenario, seed, on_over, tap, NULL), 0);
	return tap;
}

static void tap_free(struct tap *tap)
{
	wire_free(tap->wire);
	rig_free(tap->rig);
	free(tap);
}

static uint64_t hash_of(const char *text, uint64_t seed)
{
	struct tap *tap = tap_new(text, seed);
	struct wire_frame frame;
	uint64_t hash = RIG_HASH;

	while (wire_next(tap->wire, &frame) == 1) {
		hash = rig_hash(hash, &frame.time_ns, sizeof(frame.time_ns));
		hash = rig_hash(hash, frame.bytes, frame.length);
	}
	tap_free(tap);
	return hash;
}

static void a_seed_gives_the_same_packets(void **state)
{
	(void)state;
	assert_true(hash_of("lasts = 30m\n" PEOPLE TOOLS, 1) == hash_of("lasts = 30m\n" PEOPLE TOOLS, 1));
	assert_true(hash_of("lasts = 30m\n" PEOPLE TOOLS, 1) != hash_of("lasts = 30m\n" PEOPLE TOOLS, 2));
}

/* ---- packets ----------------------------------------------------------------------------------------------------- */

static uint32_t sum(uint32_t so_far, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		so_far += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return so_far;
}

static bool sums_up(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return total == 0xffff;
}

static void check_frame(const struct wire_frame *frame)
{
	const uint8_t *ip = frame->bytes + ETHERNET_BYTES;
	const bool v4 = frame->bytes[12] == 0x08;
	const size_t header = v4 ? 20 : 40, tcp = frame->length - ETHERNET_BYTES - header;
	const size_t said = v4 ? (size_t)(ip[2] << 8 | ip[3]) - header : (size_t)(ip[4] << 8 | ip[5]);

	assert_int_equal(said, tcp);
	assert_true(frame->length <= 1514);
	assert_true(!v4 || sums_up(sum(0, ip, header)));
	assert_true(sums_up(sum((uint32_t)(6 + tcp), ip + (v4 ? 12 : 8), (v4 ? 8 : 32) + tcp)));
}

static void frames_are_whole_and_in_order(void **state)
{
	struct tap *tap = tap_new("lasts = 1h\n" PEOPLE TOOLS, 1);
	struct wire_frame frame;
	unsigned int frames = 0;
	uint64_t before_ns = 0;

	(void)state;
	for (; wire_next(tap->wire, &frame) == 1; frames++) {
		assert_true(frame.time_ns >= before_ns);
		before_ns = frame.time_ns;
		check_frame(&frame);
	}
	assert_int_equal(frames, tap->packets_in + tap->packets_out);
	assert_true(frames > 2000);
	tap_free(tap);
}

/* Per direction of the one connection there is: the numbers go on where they stopped, and no more is acknowledged than
 * was sent. */
static void a_connections_numbers_go_on(void **state)
{
	struct tap *tap = tap_new("lasts = 1h\n attack \"a\" { lasts = 1h addresses = \"240.0.0.0/4\" tries = 1 "
				  "services = {\"submission starttls 1\"} }",
				  1);
	uint32_t next[2] = {0};
	struct wire_frame frame;

	(void)state;
	while (wire_next(tap->wire, &frame) == 1) {
		const uint8_t *tcp = frame.bytes + ETHERNET_BYTES + 20;
		const bool out = tcp[0] << 8 == (587 & 0xff00) && tcp[1] == (587 & 0xff);
		const uint32_t seq = (uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7];
		const uint32_t ack = (uint32_t)tcp[8] << 24 | (uint32_t)tcp[9] << 16 | (uint32_t)tcp[10] << 8 | tcp[11];

		assert_true(tcp[13] & GP_SYN || seq == next[out]);
		assert_true(!(tcp[13] & GP_ACK) || ack == next[!out]);
		next[out] = seq + (uint32_t)(frame.length - ETHERNET_BYTES - 20 - (size_t)(tcp[12] >> 4) * 4) +
			    (tcp[13] & (GP_SYN | GP_FIN) ? 1 : 0);
	}
	assert_int_equal(tap->labels, 1);
	tap_free(tap);
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

static void every_connection_has_a_label_that_counts_its_logins(void **state)
{
	struct tap *tap = tap_new("lasts = 2h\n" PEOPLE TOOLS, 1);
	struct rig *again = rig_new("lasts = 2h\n" PEOPLE TOOLS, 1);
	unsigned int connections = 0, attempts = 0;
	struct wire_frame frame;

	(void)state;
	while (wire_next(tap->wire, &frame) == 1)
		;
	for (; rig_next(again); connections++)
		attempts += again->connection.attempts;
	assert_int_equal(tap->labels, connections);
	/* what is under way a minute after the end is cut off */
	assert_in_range(tap->attempts, attempts - 20, attempts);
	assert_true(tap->unanswered > 0);
	tap_free(tap);
	rig_free(again);
}

static void on_line(void *context, const struct wire_label *label)
{
	struct sentence *sentence = context;
	static struct scenario scenario;

	scenario.server[0].imap = SYNTH_DOVECOT;
	strcpy(scenario.actor[0].name, "bots");
	label_line(label, &scenario, "x.pcap", "story", sentence);
}

static void a_label_has_the_columns_of_its_header(void **state)
{
	struct rig *rig = rig_new("lasts = 1h\n attack \"bots\" { lasts = 1s addresses = \"198.18.0.0/15\" tries = 1 "
				  "services = {\"imaps 1\"} programs = {\"ncrack 1\"} }",
				  1);
	char text[LABEL_LINE_BYTES];
	struct sentence sentence = sentence_start(text, sizeof(text));
	unsigned int commas = 0, wanted = 0;
	struct wire_frame frame;
	struct wire *wire;

	(void)state;
	assert_int_equal(wire_new(&wire, rig->world, rig->scenario, 1, on_line, &sentence, NULL), 0);
	while (wire_next(wire, &frame) == 1)
		;
	for (const char *at = label_header(); *at; at++)
		wanted += *at == ',';
	for (const char *at = text; *at; at++)
		commas += *at == ',';
	assert_int_equal(commas, wanted);
	assert_memory_equal(text, "x.pcap,198.18.0.0,1024,192.0.2.10,993,dovecot,imap,0,1,F,", 57);
	assert_non_null(strstr(text, ",ncrack,synth,story,1.3,1302,0,done,1772438400."));
	assert_non_null(strstr(text, ",dovecot-imap.json,1,bots\n"));
	wire_free(wire);
	rig_free(rig);
}

static void a_forged_syn_is_answered_and_nothing_else(void **state)
{
	struct tap *tap = tap_new("lasts = 10s\n attack \"a\" { lasts = 10s sources = 1000000 addresses = "
				  "\"240.0.0.0/4\" rate = \"100/s\" leaves = syn }",
				  1);
	struct wire_frame frame;

	(void)state;
	while (wire_next(tap->wire, &frame) == 1)
		assert_true(frame.bytes[ETHERNET_BYTES + 20 + 13] & GP_SYN);
	assert_true(tap->labels > 500);
	assert_int_equal(tap->packets_in, tap->labels);
	assert_int_equal(tap->packets_out, tap->labels);
	assert_int_equal(tap->attempts, 0);
	tap_free(tap);
}

static void memory_is_bounded_by_what_is_open(void **state)
{
	struct tap *tap = tap_new("lasts = 30d\n population \"p\" { users = 10000000 addresses = \"0.0.0.0/4\" "
				  "logins = \"1/d\" stays = 1s }",
				  1);
	struct wire_frame frame;

	(void)state;
	for (unsigned int i = 0; i < 500000 && wire_next(tap->wire, &frame) == 1; i++)
		;
	assert_true(tap->labels > 10000);
	assert_true(wire_bytes(tap->wire) < 2 << 20);
	tap_free(tap);
}

/* ---- the scenarios that come with it ----------------------------------------------------------------------------- */

extern const char *const rules_scenarios[];

static void every_scenario_is_read_and_makes_packets(void **state)
{
	unsigned int scenarios = 0;

	(void)state;
	for (const char *const *at = rules_scenarios; *at; at += 2, scenarios++) {
		struct fault fault = {.line = 0};
		struct scenario *scenario;
		struct wire_frame frame;
		struct world *world;
		struct wire *wire;

		if (scenario_read(&scenario, at[0], at[1], &fault))
			fail_msg("%s:%u: %s", at[0], fault.line, fault.text);
		assert_int_equal(scenario_scale(scenario, 10000, &fault), 0);
		assert_int_equal(world_new(&world, scenario, 1, &fault), 0);
		assert_int_equal(wire_new(&wire, world, scenario, 1, NULL, NULL, &fault), 0);
		for (int i = 0; i < 500 && wire_next(wire, &frame) == 1; i++)
			check_frame(&frame);
		wire_free(wire);
		world_free(world);
		scenario_free(scenario);
	}
	assert_true(scenarios >= 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_gives_the_same_packets),
		cmocka_unit_test(frames_are_whole_and_in_order),
		cmocka_unit_test(a_connections_numbers_go_on),
		cmocka_unit_test(every_connection_has_a_label_that_counts_its_logins),
		cmocka_unit_test(a_label_has_the_columns_of_its_header),
		cmocka_unit_test(a_forged_syn_is_answered_and_nothing_else),
		cmocka_unit_test(memory_is_bounded_by_what_is_open),
		cmocka_unit_test(every_scenario_is_read_and_makes_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
