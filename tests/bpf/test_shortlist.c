/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans that the short list answers for, and those that it does not: nobody can tell the difference. */
#include "tests/bpf/rig.h"

#define FLOOD 1600

static uint32_t hits_of(struct rig *rig, const char *text)
{
	const struct prefix target = rig_prefix(rig, text, 32, 64);
	uint32_t until, hits;

	assert_int_equal(datapath_ban_read(rig->datapath, &target, &until, &hits), 0);
	return hits;
}

static struct packet_spec host(char *text, size_t size, const char *format, uint32_t number)
{
	snprintf(text, size, format, number);
	return TCP(.from = text, .flags = ACK);
}

/* More of one /24 than a bucket can hold, each unbanned in the middle of the others. */
static void check_all_of_a_crowded_24_are_banned_until_they_are_unbanned(struct rig *rig)
{
	char text[32];

	for (uint32_t i = 0; i < 256; i++) {
		host(text, sizeof(text), "192.0.2.%u", i);
		rig_ban(rig, text, GP_ACTION_DROP, 600);
	}
	for (uint32_t i = 0; i < 256; i++) {
		const struct packet_spec spec = host(text, sizeof(text), "192.0.2.%u", i);
		const struct prefix target = rig_prefix(rig, text, 32, 64);

		EXPECT_DROP(rig, text, spec, BAN_SOURCE);
		EXPECT_DROP(rig, text, spec, BAN_SOURCE);
		assert_int_equal(datapath_unban(rig->datapath, &target), 0);
		EXPECT_PASS(rig, text, spec, STRAY);
		rig->now_ns += SECOND / 1000;
	}
}
ON_EVERY_ENGINE(all_of_a_crowded_24_are_banned_until_they_are_unbanned)

static void check_few_packets_are_counted_one_by_one(struct rig *rig)
{
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 600);
	for (int i = 0; i < 16; i++)
		EXPECT_DROP(rig, "one", TCP(.flags = SYN, .seq = 77), BAN_SOURCE);
	assert_int_equal(hits_of(rig, "192.0.2.1"), 16);
	rig->now_ns += SECOND / 100;
	EXPECT_DROP(rig, "a little later", TCP(.flags = SYN, .seq = 77), BAN_SOURCE);
	assert_int_equal(hits_of(rig, "192.0.2.1"), 17);
}
ON_EVERY_ENGINE(few_packets_are_counted_one_by_one)

static void check_a_flood_is_dropped_whole_and_counted_about(struct rig *rig)
{
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 600);
	for (uint32_t i = 0; i < FLOOD; i++)
		EXPECT_DROP(rig, "one of many", TCP(.flags = SYN, .seq = i), BAN_SOURCE);
	assert_int_equal(rig_counter(rig, GP_SERVICE_IMAP, GP_REASON_BAN_SOURCE).packets, FLOOD);
	assert_in_range(hits_of(rig, "192.0.2.1"), FLOOD - 64, FLOOD + 64);
}
ON_EVERY_ENGINE(a_flood_is_dropped_whole_and_counted_about)

/* The second packet of an instant that is not counted is answered for by the short list alone. */
static void send_uncounted(struct rig *rig, const char *why, bool drop, enum gp_reason reason)
{
	for (uint32_t i = 0; i < 40; i++)
		rig_expect(rig, why, TCP(.flags = ACK, .seq = i), drop, reason);
}

static void check_ends_are_kept_to_the_nanosecond(struct rig *rig)
{
	rig_ban(rig, "192.0.2.2", GP_ACTION_DROP, 30); /* of the same bucket */
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 600);
	send_uncounted(rig, "now", true, GP_REASON_BAN_SOURCE);
	rig->now_ns += 31 * SECOND;
	send_uncounted(rig, "after the neighbour's end", true, GP_REASON_BAN_SOURCE);
	datapath_sweep(rig->datapath, (uint32_t)(rig->now_ns / SECOND));
	send_uncounted(rig, "swept", true, GP_REASON_BAN_SOURCE);
	rig->now_ns = RIG_START + 600 * SECOND - 1;
	send_uncounted(rig, "a nanosecond before", true, GP_REASON_BAN_SOURCE);
	rig->now_ns += 1;
	send_uncounted(rig, "at the end", false, GP_REASON_STRAY);
	rig->now_ns += 1000000 * SECOND;
	send_uncounted(rig, "and long after", false, GP_REASON_STRAY);
}
ON_EVERY_ENGINE(ends_are_kept_to_the_nanosecond)

static void check_allowed_beats_banned_beside_it(struct rig *rig)
{
	const struct prefix target = rig_prefix(rig, "192.0.2.1", 32, 64);

	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 600);
	assert_int_equal(datapath_allow(rig->datapath, &target), 0);
	send_uncounted(rig, "allowed", false, GP_REASON_ALLOWED);
	assert_int_equal(datapath_disallow(rig->datapath, &target), 0);
	send_uncounted(rig, "no more", true, GP_REASON_BAN_SOURCE);
}
ON_EVERY_ENGINE(allowed_beats_banned_beside_it)

static void check_a_ban_that_becomes_a_limit_drops_no_data(struct rig *rig)
{
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 600);
	send_uncounted(rig, "banned", true, GP_REASON_BAN_SOURCE);
	rig_ban(rig, "192.0.2.1", GP_ACTION_LIMIT, 600);
	send_uncounted(rig, "limited", false, GP_REASON_STRAY);
	rig_ban(rig, "192.0.2.1", GP_ACTION_SHADOW_DROP, 600);
	send_uncounted(rig, "in shadow", false, GP_REASON_BAN_SOURCE);
	rig_ban(rig, "192.0.2.1", GP_ACTION_DROP, 600);
	send_uncounted(rig, "banned again", true, GP_REASON_BAN_SOURCE);
}
ON_EVERY_ENGINE(a_ban_that_becomes_a_limit_drops_no_data)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_a_crowded_24_are_banned_until_they_are_unbanned),
		cmocka_unit_test(few_packets_are_counted_one_by_one),
		cmocka_unit_test(a_flood_is_dropped_whole_and_counted_about),
		cmocka_unit_test(ends_are_kept_to_the_nanosecond),
		cmocka_unit_test(allowed_beats_banned_beside_it),
		cmocka_unit_test(a_ban_that_becomes_a_limit_drops_no_data),
	};

	if (!rig_is_permitted())
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
