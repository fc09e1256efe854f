/* SPDX-License-Identifier: BSD-2-Clause */
/* Proofs that the user half brings from before are as good to the program as its own. */
#include "tests/bpf/rig.h"

static uint64_t source_of(const struct rig *rig, const char *text)
{
	return packet_source(text, rig->v6);
}

static void strangers_take_all_room(struct rig *rig)
{
	rig->settings.service = rate_of(10000, 1);
	datapath_settings(rig->datapath, &rig->settings);
	EXPECT_PASS(rig, "the one for whom there is room", TCP(.from = "203.0.113.1", .flags = SYN), NEW_UNPROVEN);
	EXPECT_DROP(rig, "no room is left", TCP(.from = "203.0.113.2", .flags = SYN), LIMIT_SERVICE);
}

static void check_who_proved_himself_before_need_not_wait_behind_strangers(struct rig *rig)
{
	strangers_take_all_room(rig);
	datapath_prove(rig->datapath, source_of(rig, "192.0.2.1"), rig->now_ns, 6 * 86400 * SECOND);
	rig->settings.proven_ticks = GP_TICKS(7 * 86400 * SECOND);
	datapath_settings(rig->datapath, &rig->settings);
	assert_true(datapath_source_proven(rig->datapath, source_of(rig, "192.0.2.1"), rig->now_ns));
	EXPECT_PASS(rig, "proven six days ago", TCP(.flags = SYN), NEW_PROVEN);
	EXPECT_DROP(rig, "his neighbour is not", TCP(.from = "192.0.2.9", .flags = SYN), LIMIT_SERVICE);
	rig->now_ns += 86400 * SECOND + SECOND;
	EXPECT_PASS(rig, "proven, and heard of yesterday", TCP(.flags = SYN, .seq = 1), NEW_PROVEN);
	rig->now_ns += 7 * 86400 * SECOND + 60 * SECOND;
	EXPECT_PASS(rig, "there is room again", TCP(.from = "203.0.113.3", .flags = SYN), NEW_UNPROVEN);
	EXPECT_DROP(rig, "and none", TCP(.from = "203.0.113.4", .flags = SYN), LIMIT_SERVICE);
	EXPECT_DROP(rig, "a week later it is over", TCP(.flags = SYN, .seq = 2), LIMIT_SERVICE);
}

/* The machine came up after that: its clock is younger than the proof. */
static void check_a_proof_may_be_older_than_the_clock(struct rig *rig)
{
	rig->settings.proven_ticks = GP_TICKS(7 * 86400 * SECOND);
	rig->now_ns = 5 * SECOND;
	datapath_prove(rig->datapath, source_of(rig, "192.0.2.1"), rig->now_ns, 86400 * SECOND);
	strangers_take_all_room(rig);
	EXPECT_PASS(rig, "proven yesterday", TCP(.flags = SYN), NEW_PROVEN);
}

static void check_a_newer_proof_takes_the_place_of_the_older_one(struct rig *rig)
{
	const uint64_t source = source_of(rig, "192.0.2.1");

	rig->settings.proven_ticks = GP_TICKS(60 * SECOND);
	datapath_settings(rig->datapath, &rig->settings);
	datapath_prove(rig->datapath, source, rig->now_ns, 3600 * SECOND);
	assert_false(datapath_source_proven(rig->datapath, source, rig->now_ns));
	datapath_prove(rig->datapath, source, rig->now_ns, 30 * SECOND);
	assert_true(datapath_source_proven(rig->datapath, source, rig->now_ns));
}

/* In the order of their age, as they are read: where room is short, the latest ones stay. */
static void check_of_too_many_the_latest_are_kept(struct rig *rig)
{
	const uint32_t many = 200000;
	uint32_t late = 0, early = 0;

	rig->settings.proven_ticks = GP_TICKS(7 * 86400 * SECOND);
	datapath_settings(rig->datapath, &rig->settings);
	for (uint32_t i = 0; i < many; i++)
		datapath_prove(rig->datapath, GP_SOURCE_V4 + 1 + i, rig->now_ns, (many - i) * SECOND);
	for (uint32_t i = 0; i < 1000; i++) {
		early += datapath_source_proven(rig->datapath, GP_SOURCE_V4 + 1 + i, rig->now_ns);
		late += datapath_source_proven(rig->datapath, GP_SOURCE_V4 + many - i, rig->now_ns);
	}
	assert_true(late > 950);
	assert_true(early < 100); /* a tag of 18 bits is taken for another one now and then */
}

ON_EVERY_ENGINE(who_proved_himself_before_need_not_wait_behind_strangers)
ON_EVERY_ENGINE(a_proof_may_be_older_than_the_clock)
ON_EVERY_ENGINE(a_newer_proof_takes_the_place_of_the_older_one)
ON_EVERY_ENGINE(of_too_many_the_latest_are_kept)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_proved_himself_before_need_not_wait_behind_strangers),
		cmocka_unit_test(a_proof_may_be_older_than_the_clock),
		cmocka_unit_test(a_newer_proof_takes_the_place_of_the_older_one),
		cmocka_unit_test(of_too_many_the_latest_are_kept),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
