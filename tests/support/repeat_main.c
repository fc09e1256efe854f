/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage: repeat TIMES STEP_S FILE...
 *
 * One long capture (pcap, nanoseconds, Ethernet) of short ones, to standard output: what all files hold, as if they had
 * begun at once, TIMES times over, each time STEP_S seconds later and by other clients, so that no connection is the
 * same twice. Takes captures as tcpdump writes them here: little endian, micro- or nanoseconds, Ethernet. */
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1000000000ULL
#define MAGIC_US 0xa1b2c3d4
#define MAGIC_NS 0xa1b23c4d
#define START_S 1700000000ULL

struct frame {
	uint64_t time_ns; /* since the file's first */
	uint8_t *bytes;
	uint32_t captured, length;
	size_t client; /* where its address is; 0: none */
	bool is_v6;
};

struct turn {
	uint64_t time_ns;
	uint32_t copy, frame;
};

static struct frame *frames;
static size_t frames_count;

static unsigned int get16(const uint8_t *bytes)
{
	return (unsigned int)bytes[0] << 8 | bytes[1];
}

static bool is_mail(unsigned int port)
{
	return port == 143 || port == 993 || port == 110 || port == 995 || port == 587 || port == 465;
}

/* The other end of the connection is the mail server's port. */
static void find_client(struct frame *frame)
{
	const unsigned int type = frame->captured > 54 ? get16(frame->bytes + 12) : 0;
	const size_t transport = type == 0x0800 ? 34 : 54;

	if ((type != 0x0800 && type != 0x86dd) || frame->captured < transport + 20)
		return;
	frame->is_v6 = type == 0x86dd;
	if (is_mail(get16(frame->bytes + transport + 2)))
		frame->client = frame->is_v6 ? 22 : 26;
	else if (is_mail(get16(frame->bytes + transport)))
		frame->client = frame->is_v6 ? 38 : 30;
}

static bool read_file(const char *path)
{
	uint32_t header[6], record[4];
	FILE *file = fopen(path, "rb");
	uint64_t first_ns = 0;
	bool is_ns;

	if (!file || fread(header, sizeof(header), 1, file) != 1)
		return false;
	is_ns = le32toh(header[0]) == MAGIC_NS;
	if ((!is_ns && le32toh(header[0]) != MAGIC_US) || le32toh(header[5]) != 1)
		return false;
	while (fread(record, sizeof(record), 1, file) == 1) {
		struct frame frame = {.captured = le32toh(record[2]), .length = le32toh(record[3])};
		uint64_t time_ns = le32toh(record[0]) * NS_PER_S + le32toh(record[1]) * (is_ns ? 1ULL : 1000ULL);

		first_ns = first_ns ? first_ns : time_ns;
		frame.time_ns = time_ns > first_ns ? time_ns - first_ns : 0;
		frame.bytes = malloc(frame.captured + 1);
		if (!frame.bytes || fread(frame.bytes, 1, frame.captured, file) != frame.captured)
			break;
		find_client(&frame);
		if (frames_count % 1024 == 0)
			frames = realloc(frames, (frames_count + 1024) * sizeof(*frames));
		frames[frames_count++] = frame;
	}
	fclose(file);
	return true;
}

static int by_time(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->copy != y->copy)
		return x->copy < y->copy ? -1 : 1;
	return x->frame < y->frame ? -1 : x->frame > y->frame;
}

/* Checksums are left as they are: nobody who reads a capture minds. */
static void write_frame(const struct frame *frame, uint32_t copy, uint64_t time_ns)
{
	const uint32_t record[] = {htole32((uint32_t)(START_S + time_ns / NS_PER_S)), htole32(time_ns % NS_PER_S),
				   htole32(frame->captured), htole32(frame->length)};
	static uint8_t bytes[1 << 18];
	uint8_t *network = bytes + frame->client + (frame->is_v6 ? 4 : 0); /* of a /48, of a /16 */

	memcpy(bytes, frame->bytes, frame->captured);
	if (frame->client) {
		unsigned int shifted = get16(network) + copy;

		network[0] = (uint8_t)(shifted >> 8);
		network[1] = (uint8_t)shifted;
	}
	fwrite(record, sizeof(record), 1, stdout);
	fwrite(bytes, 1, frame->captured, stdout);
}

int main(int argc, char **argv)
{
	const uint32_t header[] = {htole32(MAGIC_NS), htole32(4 << 16 | 2), 0, 0, htole32(1 << 18), htole32(1)};
	const uint32_t times = argc > 4 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	const uint32_t clients = argc > 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
	struct turn *turns;

	if (!times || !clients)
		return fprintf(stderr, "usage: repeat TIMES STEP_S CLIENTS FILE...\n"), 2;
	for (int i = 4; i < argc; i++)
		if (!read_file(argv[i]))
			return fprintf(stderr, "repeat: %s cannot be used\n", argv[i]), 1;
	turns = calloc((size_t)times * frames_count + 1, sizeof(*turns));
	if (!turns)
		return 1;
	for (uint32_t copy = 0; copy < times; copy++)
		for (uint32_t i = 0; i < frames_count; i++)
			turns[copy * frames_count + i] = (struct turn){
				frames[i].time_ns + copy * strtoull(argv[2], NULL, 10) * NS_PER_S, copy, i};
	qsort(turns, times * frames_count, sizeof(*turns), by_time);
	fwrite(header, sizeof(header), 1, stdout);
	for (size_t i = 0; i < times * frames_count; i++)
		write_frame(&frames[turns[i].frame], turns[i].copy % clients, turns[i].time_ns);
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
