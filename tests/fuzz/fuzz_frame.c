/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of any bytes through the program, compiled natively: the parser must not read what is not there, and what
 * it says of a packet must hold. Input: records of { direction and time step, length (2 bytes), frame }. */
#include <stdlib.h>
#include <string.h>

#include "user/datapath/datapath.h"

#define SECOND 1000000000ULL

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void on_sample(void *context, const struct gp_sample *sample, const uint8_t *payload)
{
	uint8_t sum = 0;

	for (int i = 0; i < sample->captured_bytes; i++)
		sum ^= payload[i]; /* every byte is there to be read */
	*(uint8_t *)context = sum;
	require(sample->captured_bytes <= GP_SAMPLE_BYTES);
	require(sample->captured_bytes <= sample->payload_bytes);
	require(sample->service > GP_SERVICE_NONE && sample->service < GP_SERVICE_MAX);
	require(sample->flow && sample->packets_in + sample->packets_out > 0);
}

static struct datapath *datapath_for(uint8_t flags, void *context)
{
	const struct datapath_options options = {
		.bans_max = 64, .sources_max = 64, .flows_max = 64, .syns_max = 64, .native = true, .seed = {1, 2}};
	const struct server_settings servers[] = {
		{.port = 143, .service = GP_SERVICE_IMAP},
		{.port = 993, .service = GP_SERVICE_IMAPS},
		{.port = 587, .service = GP_SERVICE_SUBMISSION, .bits = 96, .address = {{[10] = 0xff, [11] = 0xff}}},
	};
	const struct gp_settings settings = {
		.flags = flags & (GP_OBSERVE | GP_ONE_WAY | GP_DROP_FRAGMENTS),
		.source = {1000000, 2000000},
		.judged = {10000000, 0},
		.retry = {1000000, 0},
		.prefix = {100000, 500000},
		.service = {10000, 100000},
		.prefix_v4_bits = 24,
		.prefix_v6_bits = 48,
		.proven_ticks = GP_TICKS(60 * SECOND),
		.flow_idle_beats = GP_BEATS(60 * SECOND),
		.flooded_ticks = GP_TICKS(5 * SECOND),
		.retry_min_pulses = 27,
		.retry_late_pulses = 74,
		.retry_max_pulses = 119,
	};
	const struct prefix banned = {GP_SOURCE_V4 | 0xc0000200, 32 + 24};
	struct datapath *datapath;
	bool taken_over;

	if (datapath_new(&datapath, &options, &taken_over, NULL))
		abort();
	datapath_settings(datapath, &settings);
	datapath_servers(datapath, servers, 3);
	if (flags & 0x80)
		datapath_ban(datapath, &banned, GP_ACTION_DROP, 1000, 1);
	datapath_on_sample(datapath, on_sample, context);
	return datapath;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct datapath *datapath;
	uint64_t now_ns = SECOND;
	uint8_t context;

	if (size < 1)
		return 0;
	datapath = datapath_for(bytes[0], &context);
	bytes++, size--;
	while (size > 3) {
		enum gp_direction direction = bytes[0] & 1 ? GP_OUT : GP_IN;
		size_t length = bytes[1] | (size_t)(bytes[2] & 7) << 8;
		enum gp_reason reason;
		bool drop;

		now_ns += (bytes[0] >> 1) * (SECOND / 16);
		bytes += 3, size -= 3;
		length = length < size ? length : size;
		if (!datapath_run(datapath, direction, bytes, length, now_ns, &drop, &reason))
			require(reason < GP_REASON_MAX && !(drop && direction == GP_OUT));
		bytes += length, size -= length;
	}
	datapath_free(datapath);
	return 0;
}
