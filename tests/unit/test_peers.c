/* SPDX-License-Identifier: BSD-2-Clause */
/* What fail2ban and CrowdSec are taken to do in a synthetic month, against what their files and code say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "bench/month/guard.h"
#include "user/core/duration.h"

#define START (20000 * NS_PER_DAY)

struct bench {
	struct guard *guard;
	struct addr address;
	unsigned bans;
	uint64_t from_ns; /* of the last one */
};

static void on_ban(void *context, unsigned index, uint64_t source, uint64_t from_ns, bool limit)
{
	struct bench *bench = context;

	assert_int_equal(index, 3);
	assert_int_equal(source, addr_source(&bench->address));
	assert_false(limit);
	bench->bans++;
	bench->from_ns = from_ns;
}

static struct bench bench_of(int error, struct guard *guard, const char *address)
{
	struct bench bench = {.guard = guard};

	assert_int_equal(error, 0);
	assert_int_equal(addr_parse(address, &bench.address), 0);
	return bench;
}

static void listen_to(struct bench *bench)
{
	bench->guard->listener = (struct guard_listener){.on_ban = on_ban, .context = bench, .index = 3};
}

static struct bench fail2ban(const struct fail2ban_settings *settings)
{
	struct guard *guard = NULL;
	const int error = peer_fail2ban_new(&guard, settings, 16);

	return bench_of(error, guard, "192.0.2.7");
}

static struct bench crowdsec(const struct crowdsec_settings *settings)
{
	struct guard *guard = NULL;
	const int error = peer_crowdsec_new(&guard, settings, 16);

	return bench_of(error, guard, "192.0.2.7");
}

static void lines(struct bench *bench, enum log_kind kind, unsigned count, uint64_t from_ns, uint64_t every_ns)
{
	for (unsigned i = 0; i < count; i++) {
		const struct log_line line = {
			.time_ns = from_ns + i * every_ns, .address = bench->address, .kind = kind};

		bench->guard->kind->read_line(bench->guard, &line);
	}
}

static bool passes(const struct bench *bench, uint64_t now_ns)
{
	const struct arrival arrival = {.time_ns = now_ns, .address = bench->address};

	return bench->guard->kind->passes(bench->guard, &arrival, false, now_ns) == PASSAGE_FREE;
}

static void over(struct bench *bench)
{
	bench->guard->kind->free(bench->guard);
}

static void fail2ban_bans_ten_minutes_at_the_fifth_failure_some_seconds_late(void **state)
{
	struct bench bench = fail2ban(&fail2ban_default);

	(void)state;
	listen_to(&bench);
	lines(&bench, LOG_DOVECOT_END, 4, START, NS_PER_S);
	assert_int_equal(bench.bans, 0);
	lines(&bench, LOG_DOVECOT_END, 1, START + 4 * NS_PER_S, 0);
	assert_int_equal(bench.bans, 1);
	assert_in_range(bench.from_ns, START + 5 * NS_PER_S, START + 7 * NS_PER_S);
	assert_true(passes(&bench, START + 4 * NS_PER_S + NS_PER_MS));
	assert_false(passes(&bench, START + 8 * NS_PER_S));
	assert_false(passes(&bench, START + 10 * NS_PER_MINUTE));
	assert_true(passes(&bench, START + 10 * NS_PER_MINUTE + 4 * NS_PER_S));
	over(&bench);
}

/* Ticket.adjustTime rounds 3.97 to 4, so that four in ten minutes, again and again, are not left alone. */
static void fail2ban_never_bans_one_failure_in_three_minutes(void **state)
{
	struct bench bench = fail2ban(&fail2ban_default);

	(void)state;
	listen_to(&bench);
	lines(&bench, LOG_POSTFIX_FAILURE, 480, START, 180 * NS_PER_S);
	assert_int_equal(bench.bans, 0);
	lines(&bench, LOG_POSTFIX_FAILURE, 5, START + 2 * NS_PER_DAY, 151 * NS_PER_S);
	assert_int_equal(bench.bans, 1);
	over(&bench);
}

static void fail2ban_has_a_jail_for_dovecot_and_one_for_postfix(void **state)
{
	struct bench bench = fail2ban(&fail2ban_default);

	(void)state;
	listen_to(&bench);
	lines(&bench, LOG_POSTFIX_FAILURE, 4, START, NS_PER_S);
	lines(&bench, LOG_DOVECOT_END, 4, START + 4 * NS_PER_S, NS_PER_S);
	lines(&bench, LOG_POSTFIX_LOST, 9, START + 8 * NS_PER_S, 0); /* only in mode ddos or aggressive */
	assert_int_equal(bench.bans, 0);
	over(&bench);
}

static void fail2ban_reads_single_failures_of_dovecot_only_when_they_are_logged(void **state)
{
	struct bench plain = fail2ban(&fail2ban_default), verbose = fail2ban(&fail2ban_tuned);

	(void)state;
	listen_to(&plain);
	listen_to(&verbose);
	lines(&plain, LOG_DOVECOT_FAILURE, 50, START, NS_PER_S);
	lines(&verbose, LOG_DOVECOT_FAILURE, 5, START, NS_PER_S);
	assert_int_equal(plain.bans, 0);
	assert_int_equal(verbose.bans, 1);
	over(&plain);
	over(&verbose);
}

static void fail2ban_increment_doubles_and_counts_the_known_faster(void **state)
{
	struct bench bench = fail2ban(&fail2ban_tuned);
	const uint64_t again_ns = START + 2 * NS_PER_HOUR;

	(void)state;
	listen_to(&bench);
	lines(&bench, LOG_POSTFIX_FAILURE, 5, START, 0);
	assert_true(passes(&bench, START + NS_PER_HOUR + NS_PER_MINUTE));
	lines(&bench, LOG_POSTFIX_FAILURE, 3, again_ns, 0); /* each counts as two */
	assert_int_equal(bench.bans, 2);
	assert_false(passes(&bench, again_ns + 2 * NS_PER_HOUR - NS_PER_S));
	assert_true(passes(&bench, again_ns + 2 * NS_PER_HOUR));
	over(&bench);
}

static void fail2ban_bans_one_address_of_a_64(void **state)
{
	struct bench bench = fail2ban(&fail2ban_default);
	struct bench neighbour = bench;

	(void)state;
	assert_int_equal(addr_parse("2001:db8::7", &bench.address), 0);
	assert_int_equal(addr_parse("2001:db8::8", &neighbour.address), 0);
	lines(&bench, LOG_POSTFIX_FAILURE, 5, START, 0);
	assert_false(passes(&bench, START + NS_PER_MINUTE));
	assert_true(passes(&neighbour, START + NS_PER_MINUTE));
	over(&bench);
}

static void crowdsec_bans_four_hours_from_the_poll_after_the_fourth_failure(void **state)
{
	struct bench bench = crowdsec(&crowdsec_default);

	(void)state;
	listen_to(&bench);
	lines(&bench, LOG_DOVECOT_END, 3, START, NS_PER_S);
	assert_int_equal(bench.bans, 0);
	lines(&bench, LOG_DOVECOT_END, 1, START + 3 * NS_PER_S, 0);
	assert_int_equal(bench.bans, 1);
	assert_int_equal(bench.from_ns, START + 10 * NS_PER_S);
	assert_true(passes(&bench, START + 10 * NS_PER_S - 1));
	assert_false(passes(&bench, START + 4 * NS_PER_HOUR));
	assert_true(passes(&bench, START + 4 * NS_PER_HOUR + 3 * NS_PER_S));
	over(&bench);
}

static void crowdsec_never_bans_one_failure_in_six_minutes(void **state)
{
	struct bench bench = crowdsec(&crowdsec_default);

	(void)state;
	listen_to(&bench);
	lines(&bench, LOG_DOVECOT_END, 240, START, 360 * NS_PER_S);
	assert_int_equal(bench.bans, 0);
	lines(&bench, LOG_DOVECOT_END, 20, START + NS_PER_DAY, 300 * NS_PER_S);
	assert_int_equal(bench.bans, 1);
	over(&bench);
}

static void crowdsec_forgets_six_failures_of_postfix_in_a_minute(void **state)
{
	struct bench bench = crowdsec(&crowdsec_default);

	(void)state;
	listen_to(&bench);
	lines(&bench, LOG_POSTFIX_FAILURE, 100, START, 10 * NS_PER_S);
	assert_int_equal(bench.bans, 0);
	lines(&bench, LOG_POSTFIX_FAILURE, 6, START + NS_PER_HOUR, NS_PER_S);
	assert_int_equal(bench.bans, 1);
	over(&bench);
}

static void crowdsec_tuned_sees_slow_guessing_and_bans_longer_each_time(void **state)
{
	struct bench bench = crowdsec(&crowdsec_tuned);
	const uint64_t again_ns = START + NS_PER_DAY;

	(void)state;
	listen_to(&bench);
	lines(&bench, LOG_DOVECOT_END, 5, START, 15 * NS_PER_MINUTE);
	assert_int_equal(bench.bans, 1);
	lines(&bench, LOG_DOVECOT_END, 5, again_ns, 15 * NS_PER_MINUTE);
	assert_int_equal(bench.bans, 2);
	assert_false(passes(&bench, again_ns + 8 * NS_PER_HOUR));
	over(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fail2ban_bans_ten_minutes_at_the_fifth_failure_some_seconds_late),
		cmocka_unit_test(fail2ban_never_bans_one_failure_in_three_minutes),
		cmocka_unit_test(fail2ban_has_a_jail_for_dovecot_and_one_for_postfix),
		cmocka_unit_test(fail2ban_reads_single_failures_of_dovecot_only_when_they_are_logged),
		cmocka_unit_test(fail2ban_increment_doubles_and_counts_the_known_faster),
		cmocka_unit_test(fail2ban_bans_one_address_of_a_64),
		cmocka_unit_test(crowdsec_bans_four_hours_from_the_poll_after_the_fourth_failure),
		cmocka_unit_test(crowdsec_never_bans_one_failure_in_six_minutes),
		cmocka_unit_test(crowdsec_forgets_six_failures_of_postfix_in_a_minute),
		cmocka_unit_test(crowdsec_tuned_sees_slow_guessing_and_bans_longer_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
