/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "user/replay/input.h"

#define FILES_MAX 40

/* Captures on disk; a frame tells by its bytes which one it is. */
struct files {
	char *directory;
	char path[FILES_MAX][96];
	char *list[FILES_MAX];
	size_t count;
	unsigned int told;
	char words[512]; /* of the last fault */
};

static int files_make(void **state)
{
	struct files *files = calloc(1, sizeof(*files));

	files->directory = strdup("/tmp/gatepost-input-XXXXXX");
	assert_non_null(mkdtemp(files->directory));
	*state = files;
	return 0;
}

static int files_remove(void **state)
{
	struct files *files = *state;

	for (size_t i = 0; i < files->count; i++)
		unlink(files->path[i]);
	rmdir(files->directory);
	free(files->directory);
	free(files);
	return 0;
}

static const char *name_next(struct files *files)
{
	char *path = files->path[files->count];

	snprintf(path, sizeof(files->path[0]), "%s/%zu", files->directory, files->count);
	files->list[files->count++] = path;
	return path;
}

/* Frames of 20 bytes at `second`s, up to a 0; the last `cut` bytes of the file are missing. */
static size_t capture_bytes(uint8_t *bytes, const uint32_t *second, uint8_t mark, size_t cut)
{
	const uint32_t header[] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1};
	size_t length = sizeof(header);

	memcpy(bytes, header, sizeof(header));
	for (; *second; second++) {
		const uint32_t record[] = {*second, 0, 20, 20};

		memcpy(bytes + length, record, sizeof(record));
		memset(bytes + length + sizeof(record), mark, 20);
		length += sizeof(record) + 20;
	}
	return length - cut;
}

static void add_capture(struct files *files, const uint32_t *second, uint8_t mark, size_t cut)
{
	uint8_t bytes[4096];
	const size_t length = capture_bytes(bytes, second, mark, cut);
	FILE *file = fopen(name_next(files), "w");

	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
}

static void add_packed(struct files *files, const uint32_t *second, uint8_t mark)
{
	uint8_t bytes[4096];
	const size_t length = capture_bytes(bytes, second, mark, 0);
	gzFile file = gzopen(name_next(files), "w");

	assert_int_equal(gzwrite(file, bytes, (unsigned int)length), length);
	gzclose(file);
}

static void on_unreadable(void *context, const struct fault *fault)
{
	struct files *files = context;
	char words[512];

	files->told++;
	strcpy(files->words, fault_text(fault, words, sizeof(words)));
}

static struct input *open_all(struct files *files)
{
	struct input *input;

	assert_int_equal(input_new(&input, files->list, files->count, on_unreadable, files), 0);
	return input;
}

/* "1a 2b": the frames, each as its second and its mark. */
static void assert_frames(struct files *files, const char *expected)
{
	struct input *input = open_all(files);
	char text[1024] = "", one[32];
	struct frame frame;

	while (input_next(input, &frame)) {
		snprintf(one, sizeof(one), "%s%llu%c", text[0] ? " " : "",
			 (unsigned long long)(frame.time_ns / 1000000000), frame.bytes[0]);
		strcat(text, one);
	}
	assert_int_equal(input_next(input, &frame), 0);
	assert_string_equal(text, expected);
	assert_int_equal(input_unreadable(input), files->told);
	input_free(input);
}

#define SECONDS(...) ((const uint32_t[]){__VA_ARGS__, 0})

static void frames_of_all_files_come_in_the_order_of_time(void **state)
{
	add_capture(*state, SECONDS(2, 5, 9), 'a', 0);
	add_capture(*state, SECONDS(1, 3, 4, 10), 'b', 0);
	add_packed(*state, SECONDS(6, 7, 8), 'c');
	assert_frames(*state, "1b 2a 3b 4b 5a 6c 7c 8c 9a 10b");
}

static void frames_of_one_time_come_in_the_order_of_the_files(void **state)
{
	add_capture(*state, SECONDS(1, 2, 2), 'a', 0);
	add_capture(*state, SECONDS(1, 2), 'b', 0);
	add_capture(*state, SECONDS(1, 2, 2), 'c', 0);
	assert_frames(*state, "1a 1b 1c 2a 2a 2b 2c 2c");
}

static void a_file_that_steps_back_keeps_its_own_order(void **state)
{
	add_capture(*state, SECONDS(5, 3, 6), 'a', 0);
	add_capture(*state, SECONDS(4, 7), 'b', 0);
	assert_frames(*state, "4b 5a 3a 6a 7b");
}

static void the_same_frame_in_two_files_is_two_frames(void **state)
{
	add_capture(*state, SECONDS(1, 2), 'a', 0);
	add_capture(*state, SECONDS(1, 2), 'a', 0);
	assert_frames(*state, "1a 1a 2a 2a");
}

static void many_files_merge(void **state)
{
	char expected[1024] = "", one[16];

	for (uint32_t i = 0; i < FILES_MAX; i++)
		add_capture(*state, SECONDS(1 + (i * 7) % FILES_MAX), 'a', 0);
	for (uint32_t i = 1; i <= FILES_MAX; i++) {
		snprintf(one, sizeof(one), "%s%ua", i > 1 ? " " : "", i);
		strcat(expected, one);
	}
	assert_frames(*state, expected);
}

static void a_file_that_is_not_there_takes_nothing_of_the_others(void **state)
{
	struct files *files = *state;

	add_capture(files, SECONDS(2), 'a', 0);
	name_next(files);
	add_capture(files, SECONDS(1), 'b', 0);
	assert_frames(files, "1b 2a");
	assert_int_equal(files->told, 1);
	assert_non_null(strstr(files->words, "/1: No such file"));
}

static void a_damaged_file_gives_what_is_before_the_damage(void **state)
{
	struct files *files = *state;

	add_capture(files, SECONDS(1, 3, 5), 'a', 7);
	add_capture(files, SECONDS(2, 4, 6), 'b', 0);
	assert_frames(files, "1a 2b 3a 4b 6b");
	assert_int_equal(files->told, 1);
	assert_non_null(strstr(files->words, "/0: only the first 2 frames were read, up to byte 125"));
}

static void an_empty_capture_is_no_damage(void **state)
{
	struct files *files = *state;

	add_capture(files, SECONDS(0), 'a', 0);
	assert_frames(files, "");
	assert_int_equal(files->told, 0);
}

static void all_bytes_are_read_at_the_end(void **state)
{
	struct input *input;
	uint64_t read_bytes, total_bytes;
	struct frame frame;

	add_capture(*state, SECONDS(1, 3), 'a', 0);
	add_packed(*state, SECONDS(2, 4), 'b');
	input = open_all(*state);
	input_progress(input, &read_bytes, &total_bytes);
	assert_true(total_bytes > 24 + 2 * 36 && total_bytes < 2 * (24 + 2 * 36));
	while (input_next(input, &frame))
		;
	input_progress(input, &read_bytes, &total_bytes);
	assert_true(read_bytes == total_bytes);
	input_free(input);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, files_make, files_remove)
	const struct CMUnitTest tests[] = {
		TEST(frames_of_all_files_come_in_the_order_of_time),
		TEST(frames_of_one_time_come_in_the_order_of_the_files),
		TEST(a_file_that_steps_back_keeps_its_own_order),
		TEST(the_same_frame_in_two_files_is_two_frames),
		TEST(many_files_merge),
		TEST(a_file_that_is_not_there_takes_nothing_of_the_others),
		TEST(a_damaged_file_gives_what_is_before_the_damage),
		TEST(an_empty_capture_is_no_damage),
		TEST(all_bytes_are_read_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
