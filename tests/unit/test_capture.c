/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/capture.h"
#include "user/adapters/capture_filter.h"

#define MAGIC_US 0xa1b2c3d4
#define MAGIC_NS 0xa1b23c4d

/* A capture file in memory. */
struct file {
	uint8_t bytes[4096];
	size_t length;
};

static void put(struct file *file, const void *bytes, size_t length)
{
	assert_true(file->length + length <= sizeof(file->bytes));
	memcpy(file->bytes + file->length, bytes, length);
	file->length += length;
}

static void put32(struct file *file, uint32_t word)
{
	put(file, &word, sizeof(word));
}

static void put_header(struct file *file, uint32_t magic, uint32_t linktype)
{
	const uint32_t words[] = {magic, 4 << 16 | 2, 0, 0, 65535, linktype};

	file->length = 0;
	put(file, words, sizeof(words));
}

static void put_frame(struct file *file, uint32_t seconds, uint32_t fraction, const void *bytes, size_t captured,
		      size_t length)
{
	put32(file, seconds);
	put32(file, fraction);
	put32(file, (uint32_t)captured);
	put32(file, (uint32_t)length);
	put(file, bytes, captured);
}

static int open_file(struct capture **ret_capture, const struct file *file, struct fault *fault)
{
	FILE *stream = fmemopen((void *)file->bytes, file->length, "r");

	assert_non_null(stream);
	return capture_open_stream(ret_capture, stream, "memory", fault);
}

static void an_ethernet_frame_comes_out_as_it_is(void **state)
{
	static const uint8_t bytes[60] = {1, 2, 3, [12] = 0x08, [13] = 0x00, [14] = 0x45};
	static const struct {
		uint32_t magic, fraction;
		uint64_t time_ns;
	} rows[] = {
		{MAGIC_US, 123456, 1772366400123456000ULL},
		{MAGIC_NS, 123456789, 1772366400123456789ULL},
	};
	struct capture *capture;
	struct frame frame;
	struct file file;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		put_header(&file, rows[i].magic, 1);
		put_frame(&file, 1772366400, rows[i].fraction, bytes, sizeof(bytes), 1514);
		assert_int_equal(open_file(&capture, &file, NULL), 0);
		assert_int_equal(capture_next(capture, &frame, NULL), 1);
		assert_true(frame.time_ns == rows[i].time_ns);
		assert_int_equal(frame.captured, sizeof(bytes));
		assert_int_equal(frame.length, 1514);
		assert_memory_equal(frame.bytes, bytes, sizeof(bytes));
		assert_int_equal(capture_next(capture, &frame, NULL), 0);
		assert_int_equal(capture_lost(capture), 0);
		capture_free(capture);
	}
}

static const struct link_row {
	const char *why;
	uint32_t linktype; /* https://www.tcpdump.org/linktypes.html */
	uint8_t header[20];
	size_t header_bytes;
	uint8_t version; /* first byte of the packet */
	uint16_t ethertype;
} link_rows[] = {
	{"Linux cooked", 113, {[14] = 0x08}, 16, 0x45, 0x0800},
	{"Linux cooked, IPv6", 113, {[14] = 0x86, [15] = 0xdd}, 16, 0x60, 0x86dd},
	{"Linux cooked, VLAN tag follows", 113, {[14] = 0x81}, 16, 0x00, 0x8100},
	{"Linux cooked 2", 276, {0x86, 0xdd}, 20, 0x60, 0x86dd},
	{"raw IPv4", 101, {0}, 0, 0x45, 0x0800},
	{"raw IPv6", 101, {0}, 0, 0x60, 0x86dd},
	{"raw nonsense", 101, {0}, 0, 0x15, 0x0000},
	{"IPv4 only", 228, {0}, 0, 0x45, 0x0800},
	{"IPv6 only", 229, {0}, 0, 0x60, 0x86dd},
	{"loopback, little endian", 0, {2}, 4, 0x45, 0x0800},
	{"loopback, big endian", 0, {0, 0, 0, 30}, 4, 0x60, 0x86dd},
	{"OpenBSD loopback", 108, {0, 0, 0, 24}, 4, 0x60, 0x86dd},
	{"loopback, not IP", 0, {23}, 4, 0x45, 0x0000},
	{"PPP", 9, {0x00, 0x21}, 2, 0x45, 0x0800},
	{"PPP in HDLC", 50, {0xff, 0x03, 0x00, 0x57}, 4, 0x60, 0x86dd},
	{"Cisco HDLC", 104, {0x0f, 0x00, 0x08, 0x00}, 4, 0x45, 0x0800},
};

static void check_link_row(const struct link_row *row)
{
	uint8_t bytes[64] = {0};
	struct capture *capture;
	struct frame frame;
	struct file file;

	memcpy(bytes, row->header, row->header_bytes);
	bytes[row->header_bytes] = row->version;
	bytes[row->header_bytes + 39] = 0xee;
	put_header(&file, MAGIC_US, row->linktype);
	put_frame(&file, 1, 0, bytes, row->header_bytes + 40, row->header_bytes + 100);
	assert_int_equal(open_file(&capture, &file, NULL), 0);
	assert_int_equal(capture_next(capture, &frame, NULL), 1);
	assert_int_equal(frame.captured, 14 + 40);
	assert_int_equal(frame.length, 14 + 100);
	assert_memory_equal(frame.bytes, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
	if (frame.bytes[12] << 8 != (row->ethertype & 0xff00) || frame.bytes[13] != (row->ethertype & 0xff))
		fail_msg("%s: EtherType %02x%02x", row->why, frame.bytes[12], frame.bytes[13]);
	assert_int_equal(frame.bytes[14], row->version);
	assert_int_equal(frame.bytes[14 + 39], 0xee);
	capture_free(capture);
}

static void every_link_type_gets_an_ethernet_header(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(link_rows) / sizeof(link_rows[0]); i++)
		check_link_row(&link_rows[i]);
}

static void a_frame_shorter_than_its_link_header_is_not_lost(void **state)
{
	static const uint8_t bytes[20];
	struct capture *capture;
	struct frame frame;
	struct file file;
	size_t i, length;

	(void)state;
	for (i = 0; i < sizeof(link_rows) / sizeof(link_rows[0]); i++) {
		for (length = 0; length < link_rows[i].header_bytes; length++) {
			put_header(&file, MAGIC_US, link_rows[i].linktype);
			put_frame(&file, 1, 0, bytes, length, length);
			assert_int_equal(open_file(&capture, &file, NULL), 0);
			assert_int_equal(capture_next(capture, &frame, NULL), 1);
			assert_int_equal(frame.captured, 14);
			assert_int_equal(frame.length, 14);
			capture_free(capture);
		}
	}
}

static void frames_before_the_damage_are_delivered(void **state)
{
	static const uint8_t bytes[60];
	struct capture *capture;
	struct frame frame;
	struct fault fault;
	struct file file;
	size_t cut;

	(void)state;
	put_header(&file, MAGIC_US, 1);
	put_frame(&file, 1, 0, bytes, sizeof(bytes), sizeof(bytes));
	put_frame(&file, 2, 0, bytes, sizeof(bytes), sizeof(bytes));
	for (cut = 1; cut < 16 + sizeof(bytes); cut++) {
		file.length--;
		assert_int_equal(open_file(&capture, &file, NULL), 0);
		assert_int_equal(capture_next(capture, &frame, NULL), 1);
		assert_int_equal(capture_next(capture, &frame, &fault), -EBADMSG);
		assert_non_null(strstr(fault.text, "only the first 1 frames were read"));
		assert_int_equal(capture_next(capture, &frame, &fault), 0);
		capture_free(capture);
	}
}

/* What follows a length that cannot be is not where a frame starts. */
static void nothing_is_read_behind_the_damage(void **state)
{
	static const uint8_t bytes[60];
	struct capture *capture;
	struct frame frame;
	struct file file;

	(void)state;
	put_header(&file, MAGIC_US, 1);
	put_frame(&file, 1, 0, bytes, 0, 0);
	memset(file.bytes + file.length - 8, 0xff, 8);
	put_frame(&file, 2, 0, bytes, sizeof(bytes), sizeof(bytes));
	assert_int_equal(open_file(&capture, &file, NULL), 0);
	assert_int_equal(capture_next(capture, &frame, NULL), -EBADMSG);
	assert_int_equal(capture_next(capture, &frame, NULL), 0);
	capture_free(capture);
}

static void what_is_not_a_capture_is_refused(void **state)
{
	struct capture *capture;
	struct fault fault;
	struct file file = {.length = 0};

	(void)state;
	put(&file, "# not a capture, but longer than its header", 40);
	assert_int_equal(open_file(&capture, &file, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "memory"));
	put_header(&file, MAGIC_US, 1);
	file.length = 23;
	assert_int_equal(open_file(&capture, &file, &fault), -EINVAL);
	put_header(&file, MAGIC_US, 105);
	assert_int_equal(open_file(&capture, &file, &fault), -ENOTSUP);
	assert_non_null(strstr(fault.text, "105"));
	assert_int_equal(capture_open_file(&capture, "/nonexistent.pcap", &fault), -ENOENT);
	assert_int_equal(capture_open_file(&capture, "/", &fault), -EINVAL);
	capture_free(NULL);
}

/* Blocks of draft-ietf-opsawg-pcapng. */
static void put_section(struct file *file)
{
	const uint32_t section[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28};

	put(file, section, sizeof(section));
}

/* Times in units of 10^-digits seconds. */
static void put_interface(struct file *file, uint32_t linktype, uint32_t snap_bytes, uint32_t digits)
{
	const uint32_t interface[] = {1, 32, linktype, snap_bytes, 1 << 16 | 9, digits, 0, 32};

	put(file, interface, sizeof(interface));
}

static void put_packet(struct file *file, uint32_t interface, uint64_t time)
{
	const uint32_t packet[] = {6, 48, interface, (uint32_t)(time >> 32), (uint32_t)time, 16, 64, 0, 0, 0, 0x45, 48};

	put(file, packet, sizeof(packet));
}

static void assert_time(struct capture *capture, uint64_t time_ns)
{
	struct frame frame;

	assert_int_equal(capture_next(capture, &frame, NULL), 1);
	assert_true(frame.time_ns == time_ns);
	assert_int_equal(frame.captured, 16);
	assert_int_equal(frame.length, 64);
}

static void pcapng_is_read(void **state)
{
	struct capture *capture;
	struct frame frame;
	struct file file = {.length = 0};

	(void)state;
	put_section(&file);
	put_interface(&file, 1, 65535, 9);
	put_packet(&file, 0, 1000000005);
	put_section(&file); /* as `cat` makes them */
	put_interface(&file, 1, 65535, 9);
	put_packet(&file, 0, 2000000007);
	assert_int_equal(open_file(&capture, &file, NULL), 0);
	assert_time(capture, 1000000005);
	assert_time(capture, 2000000007);
	assert_int_equal(capture_next(capture, &frame, NULL), 0);
	assert_int_equal(capture_frames(capture), 2);
	capture_free(capture);
}

static void interfaces_of_one_file_have_units_of_time_of_their_own(void **state)
{
	struct capture *capture;
	struct file file = {.length = 0};

	(void)state;
	put_section(&file);
	put_interface(&file, 1, 65535, 6);
	put_interface(&file, 1, 65535, 9);
	put_interface(&file, 1, 65535, 3);
	put_packet(&file, 0, 1772366400123456);
	put_packet(&file, 1, 1772366400123456789);
	put_packet(&file, 2, 1772366400124);
	assert_int_equal(open_file(&capture, &file, NULL), 0);
	assert_time(capture, 1772366400123456000);
	assert_time(capture, 1772366400123456789);
	assert_time(capture, 1772366400124000000);
	capture_free(capture);
}

/* What libpcap says of it is kept: it reads one link type and one snap length a file. */
static void a_file_of_two_kinds_of_interface_is_read_up_to_the_second(void **state)
{
	static const struct {
		uint32_t linktype, snap_bytes;
		const char *words;
	} rows[] = {{113, 65535, "type 113"}, {1, 1500, "snapshot length 1500"}};
	struct capture *capture;
	struct frame frame;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct file file = {.length = 0};

		put_section(&file);
		put_interface(&file, 1, 65535, 9);
		put_packet(&file, 0, 5);
		put_interface(&file, rows[i].linktype, rows[i].snap_bytes, 9);
		put_packet(&file, 1, 6);
		assert_int_equal(open_file(&capture, &file, NULL), 0);
		assert_time(capture, 5);
		assert_int_equal(capture_next(capture, &frame, &fault), -EBADMSG);
		assert_non_null(strstr(fault.text, rows[i].words));
		assert_non_null(strstr(fault.text, "only the first 1 frames"));
		assert_non_null(strstr(fault.text, "split it by interface"));
		capture_free(capture);
	}
}

static const struct {
	const char *why;
	bool passes;
	uint8_t frame[64]; /* from byte 12 on */
} filter_rows[] = {
	{"IPv4, to imap", true, {0x08, 0x00, 0x45, [11] = 6, [22] = 0x90, 0x10, 0x00, 143}},
	{"IPv4, from imap", true, {0x08, 0x00, 0x45, [11] = 6, [22] = 0x00, 143, 0x90, 0x10}},
	{"mail exchange is not judged", false, {0x08, 0x00, 0x45, [11] = 6, [22] = 0x90, 0x10, 0x00, 25}},
	{"UDP", false, {0x08, 0x00, 0x45, [11] = 17, [22] = 0x90, 0x10, 0x00, 143}},
	{"one tag", true, {0x81, 0x00, 0x00, 0x05, 0x08, 0x00, 0x45, [15] = 6, [26] = 0x90, 0x10, 0x00, 143}},
	{"two tags",
	 true,
	 {0x88, 0xa8, 0, 5, 0x81, 0x00, 0, 6, 0x08, 0x00, 0x45, [19] = 6, [30] = 0x90, 0x10, 0x00, 143}},
	{"two tags, another port",
	 false,
	 {0x88, 0xa8, 0, 5, 0x81, 0x00, 0, 6, 0x08, 0x00, 0x45, [19] = 6, [30] = 0x90, 0x10, 0x00, 80}},
	{"IPv6", true, {0x86, 0xdd, 0x60, [8] = 6, [42] = 0x90, 0x10, 0x03, 0xe1}},
	{"IPv6, another port", false, {0x86, 0xdd, 0x60, [8] = 6, [42] = 0x90, 0x10, 0x00, 80}},
	{"IPv6, extension header", true, {0x86, 0xdd, 0x60, [8] = 60}},
	{"IPv6, UDP", false, {0x86, 0xdd, 0x60, [8] = 17, [42] = 0x90, 0x10, 0x03, 0xe1}},
};

static void the_filter_lets_mail_through_and_little_else(void **state)
{
	static const uint16_t ports[] = {143, 993};
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 2048);
	struct bpf_program program;
	char text[2048];
	size_t i;

	(void)state;
	assert_int_equal(capture_filter_text(ports, 2, text, sizeof(text)), 0);
	assert_int_equal(pcap_compile(dead, &program, text, 1, PCAP_NETMASK_UNKNOWN), 0);
	for (i = 0; i < sizeof(filter_rows) / sizeof(filter_rows[0]); i++) {
		struct pcap_pkthdr header = {.caplen = 76, .len = 76};
		uint8_t frame[76] = {0};

		memcpy(frame + 12, filter_rows[i].frame, sizeof(filter_rows[i].frame));
		if (!pcap_offline_filter(&program, &header, frame) == filter_rows[i].passes)
			fail_msg("%s: %s", filter_rows[i].why, filter_rows[i].passes ? "held back" : "let through");
	}
	pcap_freecode(&program);
	pcap_close(dead);
}

static void a_filter_that_does_not_fit_is_refused(void **state)
{
	static const uint16_t ports[] = {143, 993};
	char text[2048];
	size_t size;

	(void)state;
	assert_int_equal(capture_filter_text(ports, 0, text, sizeof(text)), -EINVAL);
	assert_int_equal(capture_filter_text(ports, 2, text, sizeof(text)), 0);
	for (size = strlen(text); size > strlen(text) - 40; size--)
		assert_int_equal(capture_filter_text(ports, 2, text, size), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ethernet_frame_comes_out_as_it_is),
		cmocka_unit_test(every_link_type_gets_an_ethernet_header),
		cmocka_unit_test(a_frame_shorter_than_its_link_header_is_not_lost),
		cmocka_unit_test(frames_before_the_damage_are_delivered),
		cmocka_unit_test(nothing_is_read_behind_the_damage),
		cmocka_unit_test(what_is_not_a_capture_is_refused),
		cmocka_unit_test(pcapng_is_read),
		cmocka_unit_test(interfaces_of_one_file_have_units_of_time_of_their_own),
		cmocka_unit_test(a_file_of_two_kinds_of_interface_is_read_up_to_the_second),
		cmocka_unit_test(the_filter_lets_mail_through_and_little_else),
		cmocka_unit_test(a_filter_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
