/* SPDX-License-Identifier: BSD-2-Clause */
/* Which row of the labels a connection is, and who is taken for an attacker. */
#include "tests/unit/stage.h"

static void of_rows_with_the_same_ends_it_is_the_last_that_had_begun(void **state)
{
	const struct ends ends = stage_ends("192.0.2.7", 4000), other = stage_ends("192.0.2.7", 4001);
	struct stage stage;

	(void)state;
	stage_open(&stage, STAGE_HEAD "192.0.2.7,4000,198.51.100.1,993,S,1700000100,0,a\n"
				      "192.0.2.7,4000,198.51.100.1,993,F,1700000000,0,a\n"
				      "192.0.2.6,4000,198.51.100.1,993,F,1700000000,0,a\n");
	assert_int_equal(truth_row(stage.truth, &ends, wall_ns(-10)), TRUTH_NONE);
	assert_int_equal(truth_row(stage.truth, &ends, wall_ns(-0.0005)), 1); /* another clock */
	assert_int_equal(truth_row(stage.truth, &ends, wall_ns(99)), 1);
	assert_int_equal(truth_row(stage.truth, &ends, wall_ns(100)), 0);
	assert_int_equal(truth_row(stage.truth, &ends, wall_ns(10000)), 0);
	assert_int_equal(truth_row(stage.truth, &other, wall_ns(100)), TRUTH_NONE);
	stage_close(&stage);
}

static void a_source_that_attacks_once_is_an_attacker(void **state)
{
	struct stage stage;
	uint32_t at;

	(void)state;
	stage_open(&stage, STAGE_HEAD "192.0.2.7,4000,198.51.100.1,993,S,1700000000,0,office\n"
				      "192.0.2.7,4001,198.51.100.1,993,F,1700000001,1,botnet\n"
				      "192.0.2.8,4001,198.51.100.1,993,F,1700000001,1,botnet\n"
				      "2001:db8::1,4001,198.51.100.1,993,F,1700000001,0,office\n"
				      "2001:db8::2,4001,198.51.100.1,993,F,1700000001,0,office\n");
	assert_int_equal(stage.truth->sources, 3); /* two addresses of one /64 are one */
	at = truth_source(stage.truth, GP_SOURCE_V4 | 0xc0000207);
	assert_int_not_equal(at, TRUTH_NONE);
	assert_true(stage.truth->source[at].attack && stage.truth->source[at].mixed);
	assert_string_equal(stage.truth->group[stage.truth->source[at].group].family, "botnet");
	at = truth_source(stage.truth, GP_SOURCE_V4 | 0xc0000208);
	assert_true(stage.truth->source[at].attack && !stage.truth->source[at].mixed);
	assert_int_equal(truth_source(stage.truth, GP_SOURCE_V4 | 0xc0000209), TRUTH_NONE);
	assert_string_equal(truth_how(stage.truth), "column attack");
	stage_close(&stage);
}

static void without_the_column_the_name_of_the_capture_tells(void **state)
{
	static const char text[] = "pcap,client_ip,client_port,server_ip,server_port,outcomes,t_first_syn\n"
				   "attack_hydra.pcap,192.0.2.7,4000,198.51.100.1,993,F,1700000000\n"
				   "legit.pcap,192.0.2.8,4000,198.51.100.1,993,F,1700000000\n";
	struct stage stage;

	(void)state;
	stage_open(&stage, text);
	assert_true(truth_is_attack(stage.truth, truth_at(stage.truth, 0)));
	assert_false(truth_is_attack(stage.truth, truth_at(stage.truth, 1)));
	assert_string_equal(truth_how(stage.truth), "captures called attack*");
	stage_close(&stage);
}

static void rows_of_other_captures_are_left_out(void **state)
{
	static const struct {
		const char *captures[3];
		size_t rows;
	} rows[] = {
		{{"/some/where/a.pcap"}, 2}, /* the one without a name is of any */
		{{"a.pcap", "b.pcap"}, 3},
		{{"-"}, 3},
		{{"c.pcap"}, 1},
	};
	static const char text[] = "pcap,client_ip,client_port,server_ip,server_port,outcomes,t_first_syn\n"
				   "a.pcap,192.0.2.7,4000,198.51.100.1,993,F,1700000000\n"
				   "captures/b.pcap,192.0.2.8,4000,198.51.100.1,993,F,1700000000\n"
				   ",192.0.2.9,4000,198.51.100.1,993,F,1700000000\n";
	struct stage stage;

	(void)state;
	stage_open(&stage, text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(truth_select(&stage.labels, (char *const *)(uintptr_t)rows[i].captures), rows[i].rows);
	stage_close(&stage);
}

static void an_aborted_exchange_gave_no_password(void **state)
{
	const struct label_row row = {.outcomes = "FAAST?"};

	(void)state;
	assert_int_equal(truth_attempts(&row), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_rows_with_the_same_ends_it_is_the_last_that_had_begun),
		cmocka_unit_test(a_source_that_attacks_once_is_an_attacker),
		cmocka_unit_test(without_the_column_the_name_of_the_capture_tells),
		cmocka_unit_test(rows_of_other_captures_are_left_out),
		cmocka_unit_test(an_aborted_exchange_gave_no_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
