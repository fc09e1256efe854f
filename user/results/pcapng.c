/* SPDX-License-Identifier: BSD-2-Clause */
/* A block is its type, its length, a body, options and its length again; all of it in steps of four bytes. */
#include "user/results/pcapng.h"

#include <string.h>

#define BLOCK_SECTION 0x0a0d0d0a
#define BLOCK_INTERFACE 1
#define BLOCK_PACKET 6
#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define LINKTYPE_ETHERNET 1
#define AROUND_BYTES 12 /* type and both lengths */

enum option {
	OPTION_END,
	OPTION_COMMENT,
	OPTION_FLAGS = 2, /* of a packet */
	OPTION_NAME = 2, /* of an interface */
	OPTION_PROGRAM = 4, /* of a section */
	OPTION_VERDICT = 7, /* of a packet */
	OPTION_RESOLUTION = 9, /* of an interface */
};

#define BODY_BYTES 20 /* the longest: a packet's */

struct part {
	uint8_t *bytes;
	size_t room, size;
};

static size_t padded(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

static void put(struct part *part, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		part->bytes[part->size++] = (uint8_t)(value >> (8 * i));
}

/* There is always room for the end of the options. */
static void put_option(struct part *part, enum option option, const void *value, size_t size)
{
	const size_t end_bytes = option == OPTION_END ? 0 : 4;

	if (part->size + 4 + padded(size) + end_bytes > part->room)
		return;
	put(part, option, 2);
	put(part, size, 2);
	if (size)
		memcpy(part->bytes + part->size, value, size);
	memset(part->bytes + part->size + size, 0, padded(size) - size);
	part->size += padded(size);
}

static void put_text(struct part *part, enum option option, const char *text)
{
	put_option(part, option, text, strlen(text));
}

/* `body` and `middle` (may be empty) and `options`, in a block. */
static void write_block(const struct writer *to, uint32_t type, const struct part *body, const void *middle,
			size_t middle_bytes, const struct part *options)
{
	static const uint8_t zeros[4];
	const size_t total = AROUND_BYTES + body->size + padded(middle_bytes) + options->size;
	uint8_t bytes[AROUND_BYTES];
	struct part around = {bytes, sizeof(bytes), 0};

	put(&around, type, 4);
	put(&around, total, 4);
	put(&around, total, 4);
	to->write(to->context, bytes, 8);
	to->write(to->context, body->bytes, body->size);
	if (middle_bytes) {
		to->write(to->context, middle, middle_bytes);
		to->write(to->context, zeros, padded(middle_bytes) - middle_bytes);
	}
	to->write(to->context, options->bytes, options->size);
	to->write(to->context, bytes + 8, 4);
}

static void write_section(const struct writer *to, const char *program, const char *comment)
{
	uint8_t body_bytes[BODY_BYTES], option_bytes[PCAPNG_OPTIONS_BYTES];
	struct part body = {body_bytes, sizeof(body_bytes), 0}, options = {option_bytes, sizeof(option_bytes), 0};

	put(&body, BYTE_ORDER_MAGIC, 4);
	put(&body, 1, 2); /* version 1.0 */
	put(&body, 0, 2);
	put(&body, UINT64_MAX, 8); /* the section's length: to the end */
	put_text(&options, OPTION_COMMENT, comment);
	put_text(&options, OPTION_PROGRAM, program);
	put_option(&options, OPTION_END, NULL, 0);
	write_block(to, BLOCK_SECTION, &body, NULL, 0, &options);
}

static void write_interface(const struct writer *to)
{
	static const uint8_t nanoseconds = 9; /* 10^-9 */
	uint8_t body_bytes[BODY_BYTES], option_bytes[PCAPNG_OPTIONS_BYTES];
	struct part body = {body_bytes, sizeof(body_bytes), 0}, options = {option_bytes, sizeof(option_bytes), 0};

	put(&body, LINKTYPE_ETHERNET, 2);
	put(&body, 0, 2);
	put(&body, 0, 4); /* no snap length */
	put_text(&options, OPTION_NAME, "replay");
	put_option(&options, OPTION_RESOLUTION, &nanoseconds, sizeof(nanoseconds));
	put_option(&options, OPTION_END, NULL, 0);
	write_block(to, BLOCK_INTERFACE, &body, NULL, 0, &options);
}

void pcapng_start(const struct writer *to, const char *program, const char *comment)
{
	write_section(to, program, comment);
	write_interface(to);
}

static void put_flags(struct part *options, enum pcapng_direction direction)
{
	uint8_t bytes[4];
	struct part value = {bytes, sizeof(bytes), 0};

	put(&value, direction, 4);
	put_option(options, OPTION_FLAGS, value.bytes, value.size);
}

static void put_verdict(struct part *options, enum pcapng_hook hook, int64_t verdict)
{
	uint8_t bytes[9];
	struct part value = {bytes, sizeof(bytes), 0};

	put(&value, hook, 1);
	put(&value, (uint64_t)verdict, 8);
	put_option(options, OPTION_VERDICT, value.bytes, value.size);
}

void pcapng_packet(const struct writer *to, const struct pcapng_packet *packet)
{
	uint8_t body_bytes[BODY_BYTES], option_bytes[PCAPNG_OPTIONS_BYTES];
	struct part body = {body_bytes, sizeof(body_bytes), 0}, options = {option_bytes, sizeof(option_bytes), 0};

	put(&body, 0, 4); /* the interface */
	put(&body, packet->time_ns >> 32, 4);
	put(&body, packet->time_ns, 4);
	put(&body, packet->captured, 4);
	put(&body, packet->length, 4);
	put_flags(&options, packet->direction);
	put_verdict(&options, packet->hook, packet->verdict);
	for (size_t i = 0; i < packet->comments; i++)
		put_text(&options, OPTION_COMMENT, packet->comment[i]);
	put_option(&options, OPTION_END, NULL, 0);
	write_block(to, BLOCK_PACKET, &body, packet->bytes, packet->captured, &options);
}
