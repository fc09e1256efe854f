/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/results/annotate.h"

struct page {
	uint8_t bytes[32768];
	size_t size;
};

static struct page page;
static struct annotate *annotate;
static struct replay_listener listener;

static void write_page(void *context, const void *bytes, size_t size)
{
	(void)context;
	assert_true(page.size + size <= sizeof(page.bytes));
	memcpy(page.bytes + page.size, bytes, size);
	page.size += size;
}

static int start(void **state)
{
	const struct writer to = {NULL, write_page};

	(void)state;
	if (annotate_new(&annotate, &to, true))
		return -1;
	listener = annotate_listener(annotate);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	annotate_free(annotate);
	return 0;
}

static bool page_has(const char *bytes, size_t size)
{
	return memmem(page.bytes, page.size, bytes, size) != NULL;
}

static bool page_says(const char *words)
{
	return page_has(words, strlen(words));
}

/* One frame, and nothing else, is on the page then. */
static void frame(enum gp_reason reason, enum gp_direction direction, bool drop, bool spared)
{
	const struct frame frame = {.bytes = (const uint8_t *)"bytes of a frame", .captured = 16, .length = 16};
	const struct replay_verdict verdict = {reason, drop, spared, direction};

	page.size = 0;
	listener.frame(listener.context, &frame, &verdict);
}

static void attempt(unsigned int n)
{
	struct attempt attempt = {.n = n, .outcome = OUTCOME_FAILURE, .confidence = 1, .mechanism = "LOGIN"};

	attempt.ends.client_port = 40112;
	assert_int_equal(addr_parse("192.0.2.7", &attempt.ends.client), 0);
	attempt.ends.service = GP_SERVICE_IMAP;
	listener.attempt(listener.context, &attempt, 1);
}

static const struct {
	const char *what;
	enum gp_reason reason;
	enum gp_direction direction;
	bool drop, spared;
	const char *words;
	char flags; /* epb_flags */
	const char verdict[10]; /* epb_verdict */
} rows[] = {
	{"what passes the ingress", GP_REASON_NEW_PROVEN, GP_IN, false, false, "new connection, proven source", 1,
	 "\x02\x02\0\0\0\0\0\0\0"},
	{"what is dropped there", GP_REASON_BAN_SOURCE, GP_IN, true, false, "dropped: banned source", 1,
	 "\x02\x01\0\0\0\0\0\0\0"},
	{"what is spared there", GP_REASON_BAN_SOURCE, GP_IN, false, true, "would be dropped: banned source", 1,
	 "\x02\x02\0\0\0\0\0\0\0"},
	{"what the egress sees", GP_REASON_FLOW, GP_OUT, false, false, "packet of a connection", 2,
	 "\x01\xff\xff\xff\xff\xff\xff\xff\xff"},
	{"what is for nobody", GP_REASON_NOT_MAIL, GP_OUT, false, false, "not for a protected service", 0,
	 "\x02\x02\0\0\0\0\0\0\0"},
	{"what cannot be read", GP_REASON_CUT_SHORT, GP_IN, false, false, "cut short", 0, "\x02\x02\0\0\0\0\0\0\0"},
};

static void a_frame_says_whose_verdict_it_is_and_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char flags[8] = {2, 0, 4, 0, rows[i].flags}, verdict[13] = {7, 0, 9, 0};

		memcpy(verdict + 4, rows[i].verdict, 9);
		frame(rows[i].reason, rows[i].direction, rows[i].drop, rows[i].spared);
		if (!page_says(rows[i].words) || !page_has(flags, 8) || !page_has(verdict, 13))
			fail_msg("%s", rows[i].what);
	}
}

static void what_a_frame_brought_about_stands_on_it_and_not_on_the_next(void **state)
{
	static const struct rule rule = {.name = "stuffing"};
	struct decision decision = {.rule = &rule, .action = ACTION_BAN, .for_ns = 3600000000000, .reason = "why"};

	(void)state;
	assert_int_equal(prefix_parse("192.0.2.7", &decision.target), 0);
	attempt(3);
	listener.decision(listener.context, &decision, NULL, 1);
	frame(GP_REASON_FLOW, GP_OUT, false, false);
	assert_true(page_says("attempt 3 of 192.0.2.7 port 40112 at imap: failure (reply, confidence 1.00), LOGIN"));
	assert_true(page_says("decision of stuffing: ban 192.0.2.7 for 1h (enforce): why"));
	frame(GP_REASON_FLOW, GP_OUT, false, false);
	assert_false(page_says("attempt"));
	assert_false(page_says("decision"));
}

static void too_much_for_one_frame_is_counted(void **state)
{
	(void)state;
	for (unsigned int i = 1; i <= 8; i++)
		attempt(i);
	frame(GP_REASON_FLOW, GP_OUT, false, false);
	assert_true(page_says("attempt 8 of"));
	for (unsigned int i = 1; i <= 1000; i++)
		attempt(i);
	frame(GP_REASON_FLOW, GP_OUT, false, false);
	assert_true(page_says("attempt 7 of"));
	assert_false(page_says("attempt 8 of"));
	assert_true(page_says("and 993 more"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_says_whose_verdict_it_is_and_why),
		cmocka_unit_test(what_a_frame_brought_about_stands_on_it_and_not_on_the_next),
		cmocka_unit_test(too_much_for_one_frame_is_counted),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
