/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "user/adapters/unpack.h"

#define PLAIN_BYTES 300000 /* more than every buffer on the way */

struct packed {
	const char *format;
	uint8_t *bytes;
	size_t length;
};

static uint8_t *plain;

/* Half of it can be compressed, half cannot. */
static int make_plain(void **state)
{
	uint32_t word = 1;

	(void)state;
	plain = malloc(PLAIN_BYTES);
	for (size_t i = 0; i < PLAIN_BYTES; i++) {
		word = word * 1664525 + 1013904223;
		plain[i] = i / 1000 % 2 ? 'a' : (uint8_t)(word >> 24);
	}
	return 0;
}

static int free_plain(void **state)
{
	(void)state;
	free(plain);
	return 0;
}

static struct packed pack_gzip(const uint8_t *from, size_t length)
{
	struct packed packed = {"gzip", malloc(length + 1000), 0};
	z_stream z = {.next_in = (Bytef *)from, .avail_in = (uInt)length};

	z.next_out = packed.bytes;
	z.avail_out = (uInt)length + 1000;
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed.length = z.total_out;
	deflateEnd(&z);
	return packed;
}

static struct packed pack_zstd(const uint8_t *from, size_t length)
{
	struct packed packed = {"zstd", malloc(ZSTD_compressBound(length)), 0};
	ZSTD_CCtx *context = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	packed.length = ZSTD_compress2(context, packed.bytes, ZSTD_compressBound(length), from, length);
	assert_false(ZSTD_isError(packed.length));
	ZSTD_freeCCtx(context);
	return packed;
}

static struct packed (*const pack[])(const uint8_t *, size_t) = {pack_gzip, pack_zstd};
#define FORMATS (sizeof(pack) / sizeof(pack[0]))

/* Bytes read into `to`; *ret_wrong: the words, "" when all was well. */
static size_t unpack(const void *bytes, size_t length, uint8_t *to, size_t size, char ret_wrong[100])
{
	FILE *stream = fmemopen((void *)bytes, length, "r");
	struct unpack *unpack;
	const char *wrong;
	size_t count;

	assert_int_equal(unpack_open(&stream, &unpack), 0);
	count = fread(to, 1, size, stream);
	wrong = unpack_wrong(unpack);
	snprintf(ret_wrong, 100, "%s", wrong ? wrong : "");
	assert_int_equal(!!ferror(stream), !!wrong);
	fclose(stream);
	return count;
}

static void what_was_packed_comes_out_again(void **state)
{
	uint8_t *to = malloc(2 * PLAIN_BYTES);
	char wrong[100];

	(void)state;
	for (size_t format = 0; format < FORMATS; format++) {
		struct packed packed = pack[format](plain, PLAIN_BYTES);

		assert_int_equal(unpack(packed.bytes, packed.length, to, 2 * PLAIN_BYTES, wrong), PLAIN_BYTES);
		assert_string_equal(wrong, "");
		assert_memory_equal(to, plain, PLAIN_BYTES);
		free(packed.bytes);
	}
	free(to);
}

/* `cat a.gz b.gz` and pzstd write such; the second begins where the first ends. */
static void streams_behind_one_another_are_one(void **state)
{
	static const uint8_t skipped[] = {0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'x', 'y', 'z'};
	uint8_t to[4096], both[8192];
	char wrong[100];

	(void)state;
	for (size_t format = 0; format < FORMATS; format++) {
		struct packed packed = pack[format](plain, 1500);
		const size_t front = format ? sizeof(skipped) : 0;

		memcpy(both, skipped, front);
		memcpy(both + front, packed.bytes, packed.length);
		memcpy(both + front + packed.length, packed.bytes, packed.length);
		assert_int_equal(unpack(both, front + 2 * packed.length, to, sizeof(to), wrong), 3000);
		assert_string_equal(wrong, "");
		assert_memory_equal(to, plain, 1500);
		assert_memory_equal(to + 1500, plain, 1500);
		free(packed.bytes);
	}
}

static void a_plain_stream_stays_as_it_is(void **state)
{
	static const uint8_t pcap[] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};
	FILE *stream = fmemopen((void *)pcap, sizeof(pcap), "r"), *before = stream;
	struct unpack *unpack;
	uint8_t to[16];

	(void)state;
	assert_int_equal(unpack_open(&stream, &unpack), 0);
	assert_null(unpack);
	assert_null(unpack_wrong(unpack));
	assert_ptr_equal(stream, before);
	assert_int_equal(fread(to, 1, sizeof(to), stream), sizeof(pcap));
	assert_memory_equal(to, pcap, sizeof(pcap));
	fclose(stream);
}

static void a_stream_cut_short_gives_what_is_there_and_says_so(void **state)
{
	uint8_t to[4096];
	char wrong[100];

	(void)state;
	for (size_t format = 0; format < FORMATS; format++) {
		struct packed packed = pack[format](plain, 2500);

		for (size_t length = 1; length < packed.length; length++) {
			const size_t count = unpack(packed.bytes, length, to, sizeof(to), wrong);

			assert_string_equal(wrong, "the compressed stream is cut short");
			assert_true(count <= 2500);
			assert_memory_equal(to, plain, count);
		}
		free(packed.bytes);
	}
}

/* A byte that is not part of what a checksum covers may do no harm; what comes out never differs unsaid. */
static void no_damaged_byte_goes_unnoticed(void **state)
{
	uint8_t to[65536];
	char wrong[100];

	(void)state;
	for (size_t format = 0; format < FORMATS; format++) {
		struct packed packed = pack[format](plain, 2500);

		for (size_t at = 1; at < packed.length; at++) {
			size_t count;

			packed.bytes[at] ^= 0x40;
			count = unpack(packed.bytes, packed.length, to, sizeof(to), wrong);
			if (!wrong[0] && (count != 2500 || memcmp(to, plain, 2500)))
				fail_msg("%s, byte %zu: %zu bytes", packed.format, at, count);
			packed.bytes[at] ^= 0x40;
		}
		free(packed.bytes);
	}
}

static void a_position_is_one_of_what_comes_out(void **state)
{
	struct packed packed = pack_gzip(plain, 100000);
	FILE *stream = fmemopen(packed.bytes, packed.length, "r");
	struct unpack *unpack;
	uint8_t to[70000];

	(void)state;
	assert_int_equal(unpack_open(&stream, &unpack), 0);
	assert_int_equal(fread(to, 1, sizeof(to), stream), sizeof(to));
	assert_int_equal(ftello(stream), sizeof(to));
	assert_int_equal(fseeko(stream, 0, SEEK_SET), -1);
	fclose(stream);
	free(packed.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_comes_out_again),
		cmocka_unit_test(streams_behind_one_another_are_one),
		cmocka_unit_test(a_plain_stream_stays_as_it_is),
		cmocka_unit_test(a_stream_cut_short_gives_what_is_there_and_says_so),
		cmocka_unit_test(no_damaged_byte_goes_unnoticed),
		cmocka_unit_test(a_position_is_one_of_what_comes_out),
	};

	return cmocka_run_group_tests(tests, make_plain, free_plain);
}
