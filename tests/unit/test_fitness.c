/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of an interface before anything is attached to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "user/core/fitness.h"
#include "user/datapath/datapath_features.h"

struct said {
	int bad;
	char text[4096];
};

static void keep(void *context, enum finding finding, const char *text)
{
	struct said *said = context;
	size_t length = strlen(said->text);

	said->bad += finding == FINDING_BAD;
	snprintf(said->text + length, sizeof(said->text) - length, "%s%s\n", finding == FINDING_BAD ? "BAD " : "",
		 text);
}

/* A row is the usual card but for what follows. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define USUAL                                                                                                          \
	.name = "wan0", .driver = "mlx5_core", .is_up = true, .mtu = 1500, .queues = 8, .native = TOLD_YES,            \
	.frags = TOLD_YES

static void each_finding_has_words_and_what_to_do(void **state)
{
	static const struct {
		const char *why;
		struct interface_facts facts;
		int bad;
		const char *says; /* one of the findings */
	} rows[] = {
		{"a usual card is fine", {USUAL}, 0, "mlx5_core has native XDP"},
		{"its state is told", {USUAL}, 0, "driver mlx5_core, up, MTU 1500, 8 queues"},
		{"one that is down can be guarded", {USUAL, .is_up = false}, 0, "down"},
		{"no native XDP", {USUAL, .native = TOLD_NO, .frags = TOLD_NO}, 1, "BAD NO NATIVE XDP in mlx5_core"},
		{"but generic is asked for",
		 {USUAL, .native = TOLD_NO, .frags = TOLD_NO, .attach = ATTACH_GENERIC},
		 0,
		 "generic XDP is asked for"},
		{"generic where native would do",
		 {USUAL, .attach = ATTACH_GENERIC},
		 0,
		 "'attach = native' would use it"},
		{"jumbo frames and frags", {USUAL, .mtu = 9000}, 0, "several buffers (frags), too"},
		{"jumbo frames without frags", {USUAL, .mtu = 9000, .frags = TOLD_NO}, 1, "BAD MTU 9000 IS TOO LARGE"},
		{"what to do about it", {USUAL, .mtu = 9000, .frags = TOLD_NO}, 1, "ip link set dev wan0 mtu 1500"},
		{"just small enough", {USUAL, .mtu = 3498, .frags = TOLD_NO}, 0, ""},
		{"one byte more", {USUAL, .mtu = 3499, .frags = TOLD_NO}, 1, "MTU 3499"},
		{"drivers differ", {USUAL, .driver = "ixgbe", .mtu = 3051, .frags = TOLD_NO}, 1, "about 3050 bytes"},
		{"generic takes any size",
		 {USUAL, .mtu = 9000, .frags = TOLD_NO, .attach = ATTACH_GENERIC},
		 0,
		 "generic"},
		{"a kernel that does not tell: a known driver",
		 {USUAL, .native = UNTOLD, .frags = UNTOLD},
		 0,
		 "it is known to. '--try'"},
		{"an unknown one",
		 {USUAL, .driver = "e1000", .native = UNTOLD, .frags = UNTOLD},
		 0,
		 "e1000 has native XDP (6.3 and later can); it is not known to"},
		{"and jumbo frames", {USUAL, .mtu = 9000, .native = UNTOLD, .frags = UNTOLD}, 0, "may be too large"},
		{"queues to spare", {USUAL, .driver = "ena", .queues = 4, .queues_max = 8}, 0, "4 queues"},
		{"none to spare",
		 {USUAL, .driver = "ena", .queues = 8, .queues_max = 8},
		 1,
		 "BAD TOO MANY QUEUES: for native XDP ena may use at most half of its 8; 'ethtool -L wan0 combined 4'"},
		{"others need none", {USUAL, .queues_max = 8}, 0, "8 queues"},
		{"LRO", {USUAL, .lro = true}, 1, "ethtool -K wan0 lro off"},
		{"GRO in the card", {USUAL, .gro_hw = true}, 0, "ethtool -K wan0 rx-gro-hw off"},
		{"tags taken off", {USUAL, .rx_vlan = true}, 0, "ethtool -K wan0 rxvlan off"},
		{"a driver without a name", {USUAL, .driver = ""}, 0, "driver unknown"},
		{"somebody is there",
		 {USUAL, .occupant = {.id = 12, .name = "other"}},
		 1,
		 "BAD ANOTHER XDP PROGRAM, 'other' (id 12, native), is attached"},
		{"and is taken off so",
		 {USUAL, .occupant = {.id = 12, .name = "other"}},
		 1,
		 "'ip link set dev wan0 xdpdrv off'"},
		{"a generic one",
		 {USUAL, .occupant = {.id = 12, .generic = true}},
		 1,
		 "'?' (id 12, generic), is attached; one interface takes one: stop what attached it, or 'ip link set dev "
		 "wan0 xdpgeneric off'"},
		{"one held by a link", {USUAL, .occupant = {.id = 12, .link = 7}}, 1, "'bpftool link detach id 7'"},
		{"libxdp's", {USUAL, .occupant = {.id = 12, .name = "xdp_dispatcher"}}, 1, "xdp-loader unload -a wan0"},
		{"ourselves", {USUAL, .occupant = {.id = 12, .ours = true}}, 0, "gatepost is attached already"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct said said = {0};

		fitness_judge(&rows[i].facts, keep, &said);
		if (said.bad != rows[i].bad || !strstr(said.text, rows[i].says))
			fail_msg("%s: expected %d bad and '%s', got %d and:\n%s", rows[i].why, rows[i].bad,
				 rows[i].says, said.bad, said.text);
	}
}

static void everything_that_is_wrong_is_said_at_once(void **state)
{
	const struct interface_facts facts = {USUAL, .mtu = 9000, .frags = TOLD_NO, .lro = true,
					      .occupant = {.id = 3, .name = "other"}};
	struct said said = {0};

	(void)state;
	fitness_judge(&facts, keep, &said);
	assert_int_equal(said.bad, 3);
}

static void what_a_kernel_lacks_is_named_with_the_version_that_has_it(void **state)
{
	bool has[FEATURE_MAX];
	char text[256];

	(void)state;
	memset(has, true, sizeof(has));
	assert_string_equal(features_missing(has, text, sizeof(text)), "");
	has[FEATURE_COARSE_CLOCK] = has[FEATURE_FRAGS] = false;
	assert_string_equal(
		features_missing(has, text, sizeof(text)),
		"bpf_ktime_get_coarse_ns in XDP (Linux 5.11); XDP with packets in several buffers, xdp.frags "
		"(Linux 5.18)");
	memset(has, false, sizeof(has));
	assert_true(strlen(features_missing(has, text, sizeof(text))) < sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_finding_has_words_and_what_to_do),
		cmocka_unit_test(everything_that_is_wrong_is_said_at_once),
		cmocka_unit_test(what_a_kernel_lacks_is_named_with_the_version_that_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
