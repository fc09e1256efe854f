/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/results/pcapng.h"

struct page {
	uint8_t bytes[16384];
	size_t size;
};

static void write_page(void *context, const void *bytes, size_t size)
{
	struct page *page = context;

	assert_true(page->size + size <= sizeof(page->bytes));
	memcpy(page->bytes + page->size, bytes, size);
	page->size += size;
}

/* What draft-ietf-opsawg-pcapng says, put down by hand. */
static void a_file_starts_with_its_section_and_interface(void **state)
{
	static const uint8_t expected[] =
		/* section header block */
		"\x0a\x0d\x0d\x0a"
		"\x34\0\0\0"
		"\x4d\x3c\x2b\x1a"
		"\x01\0\0\0"
		"\xff\xff\xff\xff\xff\xff\xff\xff"
		"\x01\0\x03\0"
		"why\0" /* opt_comment */
		"\x04\0\x08\0"
		"gatepost" /* shb_userappl */
		"\0\0\0\0" /* opt_endofopt */
		"\x34\0\0\0"
		/* interface description block */
		"\x01\0\0\0"
		"\x2c\0\0\0"
		"\x01\0\0\0"
		"\0\0\0\0" /* Ethernet, no snap length */
		"\x02\0\x06\0"
		"replay\0\0" /* if_name */
		"\x09\0\x01\0"
		"\x09\0\0\0" /* if_tsresol: 10^-9 */
		"\0\0\0\0"
		"\x2c\0\0\0";
	struct page page = {.size = 0};
	const struct writer to = {&page, write_page};

	(void)state;
	pcapng_start(&to, "gatepost", "why");
	assert_int_equal(page.size, sizeof(expected) - 1);
	assert_memory_equal(page.bytes, expected, page.size);
}

static void a_packet_carries_its_verdict_and_its_comments(void **state)
{
	static const uint8_t expected[] = "\x06\0\0\0"
					  "\x58\0\0\0"
					  "\0\0\0\0" /* enhanced packet block, interface 0 */
					  "\x88\x77\x66\x55"
					  "\x44\x33\x22\x11" /* time: the upper half first */
					  "\x05\0\0\0"
					  "\x40\0\0\0" /* captured, on the wire */
					  "frame\0\0\0"
					  "\x02\0\x04\0"
					  "\x01\0\0\0" /* epb_flags: inbound */
					  "\x07\0\x09\0"
					  "\x02"
					  "\x01\0\0\0\0\0\0\0"
					  "\0\0\0" /* epb_verdict: Linux_eBPF_XDP, XDP_DROP */
					  "\x01\0\x04\0"
					  "dark"
					  "\x01\0\x05\0"
					  "light\0\0\0"
					  "\0\0\0\0"
					  "\x58\0\0\0";
	static const char *const comments[] = {"dark", "light"};
	const struct pcapng_packet packet = {
		.time_ns = 0x5566778811223344,
		.bytes = (const uint8_t *)"frame",
		.captured = 5,
		.length = 64,
		.direction = PCAPNG_INBOUND,
		.hook = PCAPNG_XDP,
		.verdict = 1,
		.comment = comments,
		.comments = 2,
	};
	struct page page = {.size = 0};
	const struct writer to = {&page, write_page};

	(void)state;
	pcapng_packet(&to, &packet);
	assert_int_equal(page.size, sizeof(expected) - 1);
	assert_memory_equal(page.bytes, expected, page.size);
}

static uint32_t word_at(const struct page *page, size_t at)
{
	return (uint32_t)page->bytes[at] | (uint32_t)page->bytes[at + 1] << 8 | (uint32_t)page->bytes[at + 2] << 16 |
	       (uint32_t)page->bytes[at + 3] << 24;
}

static void a_negative_verdict_and_an_empty_frame_fit(void **state)
{
	const struct pcapng_packet packet = {.hook = PCAPNG_TC, .verdict = -1};
	struct page page = {.size = 0};
	const struct writer to = {&page, write_page};

	(void)state;
	pcapng_packet(&to, &packet);
	assert_int_equal(page.size, word_at(&page, 4));
	assert_int_equal(word_at(&page, page.size - 4), page.size);
	assert_int_equal(page.bytes[40], PCAPNG_TC);
	assert_memory_equal(page.bytes + 41, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
}

/* At every length of the first comment: the block ends where it says, and the options have their end. */
static void a_comment_that_does_not_fit_is_left_out(void **state)
{
	static char text[PCAPNG_OPTIONS_BYTES + 16];
	const char *const comments[] = {text, "after"};
	const struct pcapng_packet packet = {.comment = comments, .comments = 2};

	(void)state;
	for (size_t length = 0; length < sizeof(text) - 1; length++) {
		struct page page;
		const struct writer to = {&page, write_page};

		page.size = 0;
		memset(text, 'x', length);
		text[length] = '\0';
		pcapng_packet(&to, &packet);
		assert_true(page.size <= 32 + PCAPNG_OPTIONS_BYTES);
		assert_int_equal(page.size, word_at(&page, 4));
		assert_int_equal(word_at(&page, page.size - 4), page.size);
		assert_int_equal(word_at(&page, page.size - 8), 0);
		if (length + 64 < PCAPNG_OPTIONS_BYTES)
			assert_memory_equal(page.bytes + page.size - 16, "after\0\0\0", 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_starts_with_its_section_and_interface),
		cmocka_unit_test(a_packet_carries_its_verdict_and_its_comments),
		cmocka_unit_test(a_negative_verdict_and_an_empty_frame_fit),
		cmocka_unit_test(a_comment_that_does_not_fit_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
