/* SPDX-License-Identifier: BSD-2-Clause */
/* The good name of sources: how many logged in lately, and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "user/core/duration.h"
#include "user/judge/success.h"

#define START (20000 * NS_PER_DAY)
#define SOURCES 256

static struct successes *open_successes(void)
{
	const struct success_settings settings = {
		.sources_max = SOURCES,
		.keep_ns = NS_PER_HOUR,
		.widest_v4_bits = 20,
		.widest_v6_bits = 44,
		.seed = 7,
	};
	struct successes *successes;

	assert_int_equal(successes_new(&successes, &settings), 0);
	return successes;
}

/* Of few networks, so that many share one. */
static uint64_t some_source(unsigned int *random)
{
	*random = *random * 1103515245 + 12345;
	if (*random & 1 << 20)
		return GP_SOURCE_V4 | 0xc6336000 | (*random >> 8 & 0x3fff);
	return 0x20010db800000000ULL | (*random >> 8 & 0x3fff) << 8;
}

struct noted {
	uint64_t source, last_ns;
};

static uint32_t count_plainly(const struct noted *noted, const struct prefix *target, uint64_t now_ns,
			      uint64_t *ret_last)
{
	uint32_t count = 0;

	*ret_last = 0;
	for (int i = 0; i < SOURCES; i++) {
		const struct prefix source = prefix_of_source(noted[i].source);

		if (!noted[i].last_ns || now_ns - noted[i].last_ns >= NS_PER_HOUR || !prefix_covers(target, &source))
			continue;
		count++;
		if (*ret_last < noted[i].last_ns)
			*ret_last = noted[i].last_ns;
	}
	return count;
}

/* What the table does when it is full: the one who logged in longest ago is forgotten. */
static void note_plainly(struct noted *noted, uint64_t source, uint64_t now_ns)
{
	int at = 0;

	for (int i = 0; i < SOURCES; i++) {
		if (noted[i].source == source && noted[i].last_ns) {
			at = i;
			break;
		}
		if (noted[i].last_ns < noted[at].last_ns)
			at = i;
	}
	noted[at] = (struct noted){source, now_ns};
}

static void a_prefix_holds_whom_a_plain_count_finds_there(void **state)
{
	static const uint8_t lengths[][2] = {{24, 48}, {32, 56}, {20, 44}, {28, 60}, {16, 32}, {32, 64}};
	struct successes *successes = open_successes();
	struct noted noted[SOURCES] = {{0}};
	unsigned int random = 1;
	uint64_t now_ns = START, last_ns, plain_last_ns;

	(void)state;
	for (int step = 0; step < 5000; step++) {
		const uint64_t source = some_source(&random);
		const uint8_t *length = lengths[step % 6];
		const struct prefix target = prefix_of(some_source(&random), length[0], length[1]);
		uint32_t plain;

		now_ns += random % 32 ? NS_PER_S : 5 * NS_PER_MINUTE;
		successes_note(successes, source, now_ns);
		note_plainly(noted, source, now_ns);
		plain = count_plainly(noted, &target, now_ns, &plain_last_ns);
		assert_int_equal(successes_inside(successes, &target, now_ns, &last_ns), plain);
		assert_int_equal(last_ns, plain_last_ns);
	}
	successes_free(successes);
}

static void a_success_is_forgotten_after_its_time(void **state)
{
	struct successes *successes = open_successes();
	const struct prefix target = prefix_of(GP_SOURCE_V4 | 0xc0000201, 24, 48);
	uint64_t last_ns;

	(void)state;
	successes_note(successes, GP_SOURCE_V4 | 0xc0000201, START);
	successes_note(successes, GP_SOURCE_V4 | 0xc0000202, START + 1);
	assert_int_equal(successes_inside(successes, &target, START + NS_PER_HOUR - 1, &last_ns), 2);
	assert_int_equal(successes_inside(successes, &target, START + NS_PER_HOUR, &last_ns), 1);
	assert_int_equal(last_ns, START + 1);
	assert_int_equal(successes_inside(successes, &target, START + NS_PER_HOUR + 1, &last_ns), 0);
	assert_int_equal(last_ns, 0);
	successes_free(successes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prefix_holds_whom_a_plain_count_finds_there),
		cmocka_unit_test(a_success_is_forgotten_after_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
