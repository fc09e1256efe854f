/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of judgement: allowed beats banned beats limited; what observes drops nothing; bans end on time. */
#include "tests/bpf/rig.h"

#define NOBODY "203.0.113.9"

static void check_banned_source_is_dropped_and_counted(struct rig *rig)
{
	struct gp_counter counter;
	uint32_t until, hits;
	const struct prefix target = rig_prefix(rig, "192.0.2.1", 32, 64);

	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 60);
	EXPECT_DROP(rig, "its SYN", TCP(.flags = SYN), BAN_SOURCE);
	EXPECT_DROP(rig, "its data", TCP(.flags = ACK, .payload = "x", .to_port = 993), BAN_SOURCE);
	EXPECT_PASS(rig, "not for mail", TCP(.flags = SYN, .to_port = 22), NOT_MAIL);
	EXPECT_PASS(rig, "the neighbour", TCP(.from = "192.0.2.2", .flags = SYN), NEW_UNPROVEN);
	counter = rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_BAN_SOURCE);
	assert_int_equal(counter.packets, 1);
	assert_int_equal(counter.bytes, rig->v6 ? 74 : 54);
	assert_int_equal(counter.spared, 0);
	assert_int_equal(rig_counter(rig, GP_SERVICE_IMAPS, GP_REASON_BAN_SOURCE).packets, 1);
	assert_int_equal(datapath_ban_read(rig->datapath, &target, &until, &hits), 0);
	assert_int_equal(hits, 2);
	assert_int_equal(GP_BAN_SECONDS(until), 1060);
}
ON_EVERY_ENGINE(banned_source_is_dropped_and_counted)

static void check_one_v6_slash_64_is_one_source(struct rig *rig)
{
	struct prefix target = {0x20010db800010002, 64};

	assert_int_equal(datapath_ban(rig->datapath, &target, GP_ACTION_DROP, 2000, 1000), 0);
	EXPECT_DROP(rig, "another address of it",
		    TCP(.from = "2001:db8:1:2:ffff::7", .to = "2001:db8::25", .flags = SYN), BAN_SOURCE);
	EXPECT_PASS(rig, "the next /64", TCP(.from = "2001:db8:1:3::7", .to = "2001:db8::25", .flags = SYN),
		    NEW_UNPROVEN);
}
ON_EVERY_ENGINE(one_v6_slash_64_is_one_source)

static void check_expired_ban_lets_the_source_in(struct rig *rig)
{
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 60);
	rig->now_ns += 60 * SECOND - 1;
	EXPECT_DROP(rig, "a nanosecond before the end", TCP(.flags = SYN), BAN_SOURCE);
	rig->now_ns += 1;
	EXPECT_PASS(rig, "at the end", TCP(.flags = SYN), NEW_UNPROVEN);
}
ON_EVERY_ENGINE(expired_ban_lets_the_source_in)

static void check_unban_works_at_once(struct rig *rig)
{
	const struct prefix target = rig_prefix(rig, "192.0.2.1", 32, 64);

	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 60);
	EXPECT_DROP(rig, "banned", TCP(.flags = SYN), BAN_SOURCE);
	assert_int_equal(datapath_unban(rig->datapath, &target), 0);
	EXPECT_PASS(rig, "unbanned", TCP(.flags = SYN), NEW_UNPROVEN);
	assert_int_equal(datapath_unban(rig->datapath, &target), -ENOENT);
}
ON_EVERY_ENGINE(unban_works_at_once)

static void check_banned_prefix_covers_its_sources(struct rig *rig)
{
	const struct prefix target = rig_prefix(rig, "192.0.2.0", 24, 48);
	uint32_t until, hits;

	assert_int_equal(datapath_ban(rig->datapath, &target, GP_ACTION_DROP, 1060, 1000), 0);
	EXPECT_DROP(rig, "one of them", TCP(.flags = SYN), BAN_PREFIX);
	EXPECT_DROP(rig, "another", TCP(.from = "192.0.2.200", .flags = ACK), BAN_PREFIX);
	EXPECT_PASS(rig, "the next prefix", TCP(.from = "192.0.3.1", .flags = SYN), NEW_UNPROVEN);
	assert_int_equal(datapath_ban_read(rig->datapath, &target, &until, &hits), 0);
	assert_int_equal(hits, 2);
	rig->now_ns += 60 * SECOND;
	EXPECT_PASS(rig, "expired", TCP(.flags = SYN), NEW_UNPROVEN);
	assert_int_equal(datapath_ban(rig->datapath, &target, GP_ACTION_DROP, 2000, 1060), 0);
	EXPECT_DROP(rig, "banned again", TCP(.flags = SYN), BAN_PREFIX);
	assert_int_equal(datapath_unban(rig->datapath, &target), 0);
	EXPECT_PASS(rig, "unbanned", TCP(.flags = SYN), NEW_UNPROVEN);
	assert_int_equal(datapath_ban_read(rig->datapath, &target, &until, &hits), -ENOENT);
}
ON_EVERY_ENGINE(banned_prefix_covers_its_sources)

static void check_a_ban_on_the_source_is_asked_before_one_on_its_prefix(struct rig *rig)
{
	const struct prefix target = rig_prefix(rig, "192.0.2.0", 24, 48);

	assert_int_equal(datapath_ban(rig->datapath, &target, GP_ACTION_DROP, 1060, 1000), 0);
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 30);
	EXPECT_DROP(rig, "its own", TCP(.flags = SYN), BAN_SOURCE);
	rig->now_ns += 30 * SECOND;
	EXPECT_DROP(rig, "its own is over, the prefix's is not", TCP(.flags = SYN), BAN_PREFIX);
}
ON_EVERY_ENGINE(a_ban_on_the_source_is_asked_before_one_on_its_prefix)

static void check_a_weaker_word_on_the_source_is_no_shelter_from_its_prefix(struct rig *rig)
{
	const struct prefix target = rig_prefix(rig, "192.0.2.0", 24, 48);

	rig_ban(rig, "192.0.2.1", GP_ACTION_SHADOW_DROP, 60);
	rig_ban(rig, "192.0.2.2", GP_ACTION_LIMIT, 60);
	EXPECT_PASS(rig, "in shadow", TCP(.flags = ACK), BAN_SOURCE);
	assert_int_equal(datapath_ban(rig->datapath, &target, GP_ACTION_DROP, 1060, 1000), 0);
	EXPECT_DROP(rig, "its shadow", TCP(.flags = ACK), BAN_PREFIX);
	EXPECT_DROP(rig, "its limit", TCP(.from = "192.0.2.2", .flags = ACK), BAN_PREFIX);
	assert_int_equal(datapath_ban(rig->datapath, &target, GP_ACTION_SHADOW_DROP, 1060, 1000), 0);
	EXPECT_PASS(rig, "its own limit", TCP(.from = "192.0.2.2", .flags = SYN), NEW_UNPROVEN);
	EXPECT_DROP(rig, "its own limit", TCP(.from = "192.0.2.2", .flags = SYN), LIMIT_JUDGED);
}
ON_EVERY_ENGINE(a_weaker_word_on_the_source_is_no_shelter_from_its_prefix)

static void check_allow_beats_ban_and_limit(struct rig *rig)
{
	const struct prefix one = rig_prefix(rig, "192.0.2.1", 32, 64);
	const struct prefix many = rig_prefix(rig, "192.0.2.0", 24, 48);

	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 60);
	assert_int_equal(datapath_ban(rig->datapath, &many, GP_ACTION_DROP, 1060, 1000), 0);
	assert_int_equal(datapath_allow(rig->datapath, &one), 0);
	for (int i = 0; i < 100; i++)
		EXPECT_PASS(rig, "allowed", TCP(.flags = SYN), ALLOWED);
	EXPECT_DROP(rig, "the neighbour", TCP(.from = "192.0.2.2", .flags = SYN), BAN_PREFIX);
	assert_int_equal(datapath_allow(rig->datapath, &many), 0);
	EXPECT_PASS(rig, "the neighbour, allowed by prefix", TCP(.from = "192.0.2.2", .flags = SYN), ALLOWED);
	assert_int_equal(datapath_disallow(rig->datapath, &many), 0);
	assert_int_equal(datapath_disallow(rig->datapath, &one), 0);
	EXPECT_DROP(rig, "no longer allowed", TCP(.flags = SYN), BAN_SOURCE);
}
ON_EVERY_ENGINE(allow_beats_ban_and_limit)

static void check_ban_beats_limit_and_spends_nothing(struct rig *rig)
{
	const struct prefix target = rig_prefix(rig, "192.0.2.1", 32, 64);

	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 60);
	for (int i = 0; i < 50; i++)
		EXPECT_DROP(rig, "banned", TCP(.flags = SYN), BAN_SOURCE);
	assert_int_equal(datapath_unban(rig->datapath, &target), 0);
	EXPECT_PASS(rig, "its limit is untouched", TCP(.flags = SYN), NEW_UNPROVEN);
}
ON_EVERY_ENGINE(ban_beats_limit_and_spends_nothing)

/* The first packet of a tick tells what memory the others are thought to need: bpf/reach.bpf.h. */
static void check_who_comes_among_the_banned_is_judged_as_ever(struct rig *rig)
{
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 600);
	for (int tick = 0; tick < 2; tick++) {
		rig->now_ns += 100 * SECOND;
		EXPECT_DROP(rig, "the first of the tick", TCP(.flags = SYN), BAN_SOURCE);
		for (int i = 0; i < 3; i++)
			EXPECT_PASS(rig, "within the burst", TCP(.from = NOBODY, .flags = SYN, .seq = i), NEW_UNPROVEN);
		EXPECT_DROP(rig, "over it", TCP(.from = NOBODY, .flags = SYN, .seq = 3), LIMIT_SOURCE);
		EXPECT_PASS(rig, "data", TCP(.from = NOBODY, .flags = ACK, .payload = "x"), STRAY);
		rig->now_ns += SECOND;
		EXPECT_DROP(rig, "a tick later", TCP(.flags = SYN), BAN_SOURCE);
		EXPECT_DROP(rig, "and once more", TCP(.flags = SYN), BAN_SOURCE);
		rig->now_ns += SECOND / 10;
		EXPECT_PASS(rig, "another one, by whom the hunch changes", TCP(.from = "198.51.100.77", .flags = SYN),
			    NEW_UNPROVEN);
		EXPECT_PASS(rig, "it comes again", TCP(.from = NOBODY, .flags = SYN, .seq = 3), NEW_RETRIED);
	}
}
ON_EVERY_ENGINE(who_comes_among_the_banned_is_judged_as_ever)

static void check_a_flow_among_the_banned_is_followed_as_ever(struct rig *rig)
{
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 60);
	rig->now_ns += SECOND;
	EXPECT_DROP(rig, "the first of the tick", TCP(.flags = SYN), BAN_SOURCE);
	EXPECT_PASS(rig, "the server answers", TCP(.from = NOBODY, .reply = true, .flags = SYN | ACK, .seq = 100),
		    FLOW);
	EXPECT_PASS(rig, "a connection", TCP(.from = NOBODY, .flags = ACK, .ack = 101), FLOW);
	EXPECT_DROP(rig, "the banned one", TCP(.flags = ACK), BAN_SOURCE);
}
ON_EVERY_ENGINE(a_flow_among_the_banned_is_followed_as_ever)

static void check_observe_drops_nothing_and_says_what_it_would(struct rig *rig)
{
	struct gp_counter counter;

	rig->settings.flags = GP_OBSERVE | GP_DROP_FRAGMENTS;
	datapath_settings(rig->datapath, &rig->settings);
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 60);
	EXPECT_PASS(rig, "banned", TCP(.flags = SYN), BAN_SOURCE);
	EXPECT_PASS(rig, "a fragment", TCP(.from = NOBODY, .flags = SYN, .first_fragment = true), FRAGMENT);
	for (int i = 0; i < 3; i++)
		EXPECT_PASS(rig, "within the burst", TCP(.from = NOBODY, .flags = SYN), NEW_UNPROVEN);
	EXPECT_PASS(rig, "over the limit", TCP(.from = NOBODY, .flags = SYN), LIMIT_SOURCE);
	counter = rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_BAN_SOURCE);
	assert_int_equal(counter.packets, 0);
	assert_int_equal(counter.spared, 1);
	assert_int_equal(counter.spared_bytes, rig->v6 ? 74 : 54);
	assert_int_equal(rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_LIMIT_SOURCE).spared, 1);
	assert_int_equal(rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_NEW_UNPROVEN).packets, 3);
}
ON_EVERY_ENGINE(observe_drops_nothing_and_says_what_it_would)

static void check_shadow_ban_spares_but_limits_still_hold(struct rig *rig)
{
	rig_ban(rig, "192.0.2.1", GP_ACTION_SHADOW_DROP, 60);
	for (int i = 0; i < 3; i++)
		EXPECT_PASS(rig, "in shadow", TCP(.flags = SYN), BAN_SOURCE);
	EXPECT_DROP(rig, "over its limit", TCP(.flags = SYN, .seq = 9), LIMIT_SOURCE);
	assert_int_equal(rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_BAN_SOURCE).spared, 3);
	assert_int_equal(rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_BAN_SOURCE).packets, 0);
}
ON_EVERY_ENGINE(shadow_ban_spares_but_limits_still_hold)

static void check_judged_source_has_the_judged_limit_and_no_second_chance(struct rig *rig)
{
	rig_ban(rig, "192.0.2.1", GP_ACTION_LIMIT, 600);
	EXPECT_PASS(rig, "the one it has", TCP(.flags = SYN, .seq = 1), NEW_UNPROVEN);
	EXPECT_DROP(rig, "the second", TCP(.flags = SYN, .seq = 2), LIMIT_JUDGED);
	EXPECT_PASS(rig, "data of the first", TCP(.flags = ACK, .payload = "x"), STRAY);
	rig->now_ns += SECOND;
	EXPECT_DROP(rig, "the second again", TCP(.flags = SYN, .seq = 2), LIMIT_JUDGED);
	rig->now_ns += 59 * SECOND;
	EXPECT_PASS(rig, "a minute later", TCP(.flags = SYN, .seq = 3), NEW_UNPROVEN);
}
ON_EVERY_ENGINE(judged_source_has_the_judged_limit_and_no_second_chance)

static void check_fragments_to_mail_are_dropped_when_asked(struct rig *rig)
{
	EXPECT_PASS(rig, "not asked", TCP(.flags = SYN, .first_fragment = true), NEW_UNPROVEN);
	rig->settings.flags = GP_DROP_FRAGMENTS;
	datapath_settings(rig->datapath, &rig->settings);
	EXPECT_DROP(rig, "asked", TCP(.flags = SYN, .first_fragment = true), FRAGMENT);
	EXPECT_DROP(rig, "data", TCP(.flags = ACK, .payload = "a LOGIN", .first_fragment = true), FRAGMENT);
	EXPECT_DROP(rig, "with a header behind it that says it is whole",
		    TCP(.flags = ACK, .payload = "a LOGIN", .first_fragment = true, .nested_fragment = true), FRAGMENT);
	EXPECT_PASS(rig, "to another port", TCP(.flags = ACK, .to_port = 80, .first_fragment = true), NOT_MAIL);
	EXPECT_PASS(rig, "whole", TCP(.flags = SYN), NEW_UNPROVEN);
}
ON_EVERY_ENGINE(fragments_to_mail_are_dropped_when_asked)

/* The mirrored flags and the seed are the datapath's own: a reload must not lose a ban or the tables. */
static void check_reloaded_settings_count_at_once_and_keep_the_tables(struct rig *rig)
{
	const struct prefix many = rig_prefix(rig, "192.0.2.0", 24, 48);

	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 600);
	assert_int_equal(datapath_ban(rig->datapath, &many, GP_ACTION_DROP, 1600, 1000), 0);
	for (int i = 0; i < 3; i++) {
		rig->settings.flags = i % 2 ? 0 : GP_OBSERVE;
		rig->settings.seed[0] = (uint64_t)i;
		datapath_settings(rig->datapath, &rig->settings);
		rig_expect(rig, "the source", TCP(.flags = SYN), i % 2, GP_REASON_BAN_SOURCE);
		rig_expect(rig, "the prefix", TCP(.from = "192.0.2.2", .flags = SYN), i % 2, GP_REASON_BAN_PREFIX);
	}
}
ON_EVERY_ENGINE(reloaded_settings_count_at_once_and_keep_the_tables)

static void count_ban(void *context, const struct prefix *target, uint32_t until)
{
	(void)target;
	*(uint32_t *)context += GP_BAN_SECONDS(until);
}

/* Of IPv6 a /20 has more neighbourhoods than are written down. */
static void check_a_prefix_too_wide_for_bits_is_asked_all_the_same(struct rig *rig)
{
	const struct prefix wide = rig_prefix(rig, "192.0.2.1", 4, 20);

	assert_int_equal(datapath_ban(rig->datapath, &wide, GP_ACTION_DROP, 1300, 1000), 0);
	EXPECT_DROP(rig, "covered", TCP(.flags = SYN), BAN_PREFIX);
	assert_int_equal(datapath_unban(rig->datapath, &wide), 0);
	EXPECT_PASS(rig, "not any more", TCP(.flags = SYN), NEW_UNPROVEN);
}
ON_EVERY_ENGINE(a_prefix_too_wide_for_bits_is_asked_all_the_same)

static void check_every_ban_can_be_read_back(struct rig *rig)
{
	const struct prefix many = rig_prefix(rig, "192.0.2.0", 24, 48);
	const struct prefix more = rig_prefix(rig, "192.0.0.0", 16, 32);
	uint32_t until, hits, sum = 0;

	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 1);
	rig_ban(rig, "192.0.2.2", GP_ACTION_LIMIT, 20);
	assert_int_equal(datapath_ban(rig->datapath, &many, GP_ACTION_DROP, 1300, 1000), 0);
	assert_int_equal(datapath_ban_read(rig->datapath, &more, &until, &hits), -ENOENT);
	datapath_bans_each(rig->datapath, count_ban, &sum);
	assert_int_equal(sum, 1001 + 1020 + 1300);
	assert_int_equal(datapath_sweep(rig->datapath, 1001), 1);
	sum = 0;
	datapath_bans_each(rig->datapath, count_ban, &sum);
	assert_int_equal(sum, 1020 + 1300);
}
ON_EVERY_ENGINE(every_ban_can_be_read_back)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(banned_source_is_dropped_and_counted),
		cmocka_unit_test(one_v6_slash_64_is_one_source),
		cmocka_unit_test(expired_ban_lets_the_source_in),
		cmocka_unit_test(unban_works_at_once),
		cmocka_unit_test(banned_prefix_covers_its_sources),
		cmocka_unit_test(a_ban_on_the_source_is_asked_before_one_on_its_prefix),
		cmocka_unit_test(a_weaker_word_on_the_source_is_no_shelter_from_its_prefix),
		cmocka_unit_test(allow_beats_ban_and_limit),
		cmocka_unit_test(ban_beats_limit_and_spends_nothing),
		cmocka_unit_test(who_comes_among_the_banned_is_judged_as_ever),
		cmocka_unit_test(a_flow_among_the_banned_is_followed_as_ever),
		cmocka_unit_test(observe_drops_nothing_and_says_what_it_would),
		cmocka_unit_test(shadow_ban_spares_but_limits_still_hold),
		cmocka_unit_test(judged_source_has_the_judged_limit_and_no_second_chance),
		cmocka_unit_test(fragments_to_mail_are_dropped_when_asked),
		cmocka_unit_test(reloaded_settings_count_at_once_and_keep_the_tables),
		cmocka_unit_test(a_prefix_too_wide_for_bits_is_asked_all_the_same),
		cmocka_unit_test(every_ban_can_be_read_back),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, NULL, NULL) : SKIPPED;
}
