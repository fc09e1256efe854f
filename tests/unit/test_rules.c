/* SPDX-License-Identifier: BSD-2-Clause */
/* What a rule may say, what it may not, and how it reads. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "user/core/duration.h"
#include "user/judge/rules.h"

#define RULE(...)                                                                                                      \
	{                                                                                                              \
		.name = "r", .count = COUNT_FAILURES, .threshold = 20, .window_ns = 10 * NS_PER_MINUTE,                \
		.action = ACTION_BAN, .for_ns = NS_PER_HOUR, .at_most_ns = 7 * NS_PER_DAY, __VA_ARGS__                 \
	}

#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#pragma GCC diagnostic ignored "-Woverride-init"

static void what_must_hold_between_the_fields(void **state)
{
	static const struct {
		const char *why;
		struct rule rule;
		const char *refused; /* NULL: fine */
	} rows[] = {
		{"failures of a source may ban", RULE(.per = PER_SOURCE), NULL},
		{"attempts may ban", RULE(.count = COUNT_ATTEMPTS), NULL},
		{"connections may not ban", RULE(.count = COUNT_CONNECTIONS), "never ban"},
		{"handshakes may not ban", RULE(.count = COUNT_HANDSHAKES), "never ban"},
		{"connections that are open may not ban", RULE(.count = COUNT_OPEN), "connections open do not show"},
		{"nor those that wait", RULE(.count = COUNT_WAITING), "without a login do not show"},
		{"they may limit", RULE(.count = COUNT_WAITING, .action = ACTION_LIMIT), NULL},
		{"also a prefix",
		 RULE(.count = COUNT_OPEN, .per = PER_PREFIX, .v4_bits = 24, .v6_bits = 48, .action = ACTION_LIMIT),
		 NULL},
		{"they have no account", RULE(.count = COUNT_OPEN, .per = PER_ACCOUNT, .action = ACTION_ALERT),
		 "no account"},
		{"and no JA4", RULE(.count = COUNT_WAITING, .per = PER_JA4, .action = ACTION_ALERT), "fingerprint"},
		{"connections may limit", RULE(.count = COUNT_CONNECTIONS, .action = ACTION_LIMIT), NULL},
		{"one attempt may not ban", RULE(.threshold = 1), "at least 2"},
		{"two attempts may ban", RULE(.threshold = 2), NULL},
		{"one attempt may alert", RULE(.threshold = 1, .action = ACTION_ALERT), NULL},
		{"an account cannot be banned", RULE(.per = PER_ACCOUNT), "want alert or observe"},
		{"an account cannot be limited", RULE(.per = PER_ACCOUNT, .action = ACTION_LIMIT),
		 "want alert or observe"},
		{"a JA3 cannot be banned", RULE(.per = PER_JA3), "want alert or observe"},
		{"nor a JA4", RULE(.per = PER_JA4), "want alert or observe"},
		{"a service cannot be banned", RULE(.per = PER_SERVICE), "want alert or observe"},
		{"an account may be told about", RULE(.per = PER_ACCOUNT, .action = ACTION_ALERT), NULL},
		{"connections have no account",
		 RULE(.count = COUNT_CONNECTIONS, .per = PER_ACCOUNT, .action = ACTION_ALERT), "no account"},
		{"connections have no JA3", RULE(.count = COUNT_CONNECTIONS, .per = PER_JA3, .action = ACTION_ALERT),
		 "fingerprint"},
		{"nor a JA4", RULE(.count = COUNT_CONNECTIONS, .per = PER_JA4, .action = ACTION_ALERT), "fingerprint"},
		{"handshakes have both", RULE(.count = COUNT_HANDSHAKES, .per = PER_JA4, .action = ACTION_ALERT), NULL},
		{"sources per source", RULE(.count = COUNT_SOURCES), "one source"},
		{"accounts per account", RULE(.count = COUNT_ACCOUNTS, .per = PER_ACCOUNT, .action = ACTION_ALERT),
		 "one account"},
		{"threshold 0", RULE(.threshold = 0), "'threshold'"},
		{"threshold at its limit", RULE(.threshold = RULE_THRESHOLD_MAX), NULL},
		{"threshold over it", RULE(.threshold = RULE_THRESHOLD_MAX + 1), "'threshold'"},
		{"no window", RULE(.window_ns = 0), "'window'"},
		{"a ban for no time", RULE(.for_ns = 0), "'for'"},
		{"a ladder that goes down", RULE(.at_most_ns = NS_PER_MINUTE), "'at_most'"},
		{"a prefix without length", RULE(.per = PER_PREFIX), "'per'"},
		{"a prefix", RULE(.per = PER_PREFIX, .v4_bits = 24, .v6_bits = 64), NULL},
		{"a prefix too long", RULE(.per = PER_PREFIX, .v4_bits = 33, .v6_bits = 64), "'per'"},
		{"what credit pays for, of a source", RULE(.despite_credit = true), NULL},
		{"of a prefix it pays for nothing",
		 RULE(.despite_credit = true, .per = PER_PREFIX, .v4_bits = 24, .v6_bits = 48), "credit pays"},
		{"nor for attempts", RULE(.despite_credit = true, .count = COUNT_ATTEMPTS), "credit pays"},
		{"unless for a limit", RULE(.action = ACTION_LIMIT, .unless_success_ns = NS_PER_DAY),
		 "'unless_success'"},
		{"no name", RULE(.name = ""), "name"},
		{"a name with a space", RULE(.name = "a b"), "name"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault fault = {.text = ""};
		const int result = rule_check(&rows[i].rule, &fault);

		if (result != (rows[i].refused ? -EINVAL : 0))
			fail_msg("%s: %d %s", rows[i].why, result, fault.text);
		if (rows[i].refused && !strstr(fault.text, rows[i].refused))
			fail_msg("%s: '%s' does not say '%s'", rows[i].why, fault.text, rows[i].refused);
	}
}

static void a_rule_reads_as_a_sentence(void **state)
{
	static const struct {
		struct rule rule;
		const char *text;
	} rows[] = {
		{RULE(.services = 1u << GP_SERVICE_IMAP | 1u << GP_SERVICE_IMAPS,
		      .unless_success_ns = 10 * NS_PER_MINUTE),
		 "ban 1h when 20 failures in 10m per source, on imap and imaps, twice as long each time, at most 7d, "
		 "unless a success in the last 10m"},
		{RULE(.at_most_ns = NS_PER_HOUR, .despite_credit = true),
		 "ban 1h when 20 failures in 10m per source, credit or not"},
		{RULE(.per = PER_PREFIX, .v4_bits = 24, .v6_bits = 48, .at_most_ns = NS_PER_HOUR, .shadow = true),
		 "ban 1h when 20 failures in 10m per /24,/48, in shadow"},
		{RULE(.per = PER_ACCOUNT, .count = COUNT_SOURCES, .action = ACTION_ALERT),
		 "alert when 20 sources in 10m per account"},
		{RULE(.per = PER_JA3, .action = ACTION_ALERT), "alert when 20 failures in 10m per JA3"},
		{RULE(.per = PER_JA4, .count = COUNT_ACCOUNTS, .action = ACTION_ALERT),
		 "alert when 20 accounts in 10m per JA4"},
		{RULE(.count = COUNT_OPEN, .action = ACTION_LIMIT, .at_most_ns = NS_PER_HOUR),
		 "limit 1h when 20 connections open for 10m per source"},
		{RULE(.count = COUNT_WAITING, .action = ACTION_LIMIT, .at_most_ns = NS_PER_HOUR),
		 "limit 1h when 20 connections without a login for 10m per source"},
	};
	char buffer[300], cut[10];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(rule_text(&rows[i].rule, buffer, sizeof(buffer)), rows[i].text);
	assert_string_equal(rule_text(&rows[0].rule, cut, sizeof(cut)), "ban 1h wh");
}

static void every_word_reads_back(void **state)
{
	enum count count;
	enum action action;

	(void)state;
	for (unsigned int i = COUNT_CONNECTIONS; i <= COUNT_SOURCES; i++) {
		assert_int_equal(count_parse(count_text((enum count)i), &count), 0);
		assert_int_equal(count, i);
	}
	for (unsigned int i = ACTION_OBSERVE; i <= ACTION_BAN; i++) {
		assert_int_equal(action_parse(action_text((enum action)i), &action), 0);
		assert_int_equal(action, i);
	}
	assert_int_equal(count_parse("", &count), -EINVAL);
	assert_int_equal(action_parse("Ban", &action), -EINVAL);
}

static void durations_carry_their_units(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t ns;
	} rows[] = {
		{"10m", 0, 10 * NS_PER_MINUTE},
		{"1h30m", 0, 90 * NS_PER_MINUTE},
		{"7d", 0, 7 * NS_PER_DAY},
		{"500ms", 0, 500 * NS_PER_MS},
		{"1d2h3m4s5ms", 0, NS_PER_DAY + 2 * NS_PER_HOUR + 3 * NS_PER_MINUTE + 4 * NS_PER_S + 5 * NS_PER_MS},
		{"0s", 0, 0},
		{"213503d", 0, 213503 * NS_PER_DAY},
		{"", -EINVAL, 0},
		{"10", -EINVAL, 0},
		{"m", -EINVAL, 0},
		{"10 m", -EINVAL, 0},
		{"10apples", -EINVAL, 0},
		{"30m1h", -EINVAL, 0},
		{"1m1m", -EINVAL, 0},
		{"-1m", -EINVAL, 0},
		{"1.5h", -EINVAL, 0},
		{"213504d", -ERANGE, 0},
		{"99999999999999999999s", -ERANGE, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t ns = 0;

		if (duration_parse(rows[i].text, &ns) != rows[i].result || ns != rows[i].ns)
			fail_msg("'%s'", rows[i].text);
	}
}

static void durations_are_written_as_they_are_read(void **state)
{
	static const char *const texts[] = {"10m", "1h30m", "7d", "500ms", "1d2h3m4s5ms", "0s"};
	char buffer[DURATION_TEXT_BYTES];
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(duration_parse(texts[i], &ns), 0);
		assert_string_equal(duration_text(ns, buffer, sizeof(buffer)), texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_must_hold_between_the_fields),
		cmocka_unit_test(a_rule_reads_as_a_sentence),
		cmocka_unit_test(every_word_reads_back),
		cmocka_unit_test(durations_carry_their_units),
		cmocka_unit_test(durations_are_written_as_they_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
