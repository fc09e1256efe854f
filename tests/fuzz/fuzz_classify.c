/* SPDX-License-Identifier: BSD-2-Clause */
/* A hostile conversation through nDPI. The input is a list of packets: direction and flags, length (two bytes),
 * payload; the first byte chooses port and address family. */
#include <stdlib.h>
#include <string.h>

#include "user/adapters/classify.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define IS_OUT 1
#define IS_RESTART 2
#define IS_AGAIN 4 /* a retransmission: the sequence number stays */

static const uint16_t ports[] = {143, 993, 110, 995, 587, 465, 25, 4711};

static void check_words(const struct classified *flow)
{
	struct classification known;
	const char *at;

	classified_read(flow, &known);
	for (at = known.sni; *at; at++) {
		if (*at <= 0x20 || *at >= 0x7f)
			abort();
	}
	if (strlen(known.ja3) != 0 && strlen(known.ja3) != 32)
		abort();
}

static void converse(struct classified *flow, struct gp_sample *sample, const uint8_t *bytes, size_t size)
{
	uint32_t seq[2] = {1, 1};
	size_t at = 0;

	while (size - at >= 3) {
		uint8_t flags = bytes[at];
		size_t length = ((size_t)bytes[at + 1] << 8 | bytes[at + 2]) % (GP_SAMPLE_BYTES + 1);

		at += 3;
		length = length < size - at ? length : size - at;
		if (flags & IS_RESTART)
			classified_restart(flow);
		sample->direction = flags & IS_OUT ? GP_OUT : GP_IN;
		sample->seq = seq[sample->direction];
		sample->ack = seq[!sample->direction];
		sample->tcp_flags = GP_ACK | GP_PSH;
		sample->captured_bytes = (uint16_t)length;
		classified_packet(flow, sample, bytes + at, at);
		if (!(flags & IS_AGAIN))
			seq[sample->direction] += (uint32_t)length;
		at += length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct classifier *classifier; /* takes long to make */
	struct gp_sample sample = {.client_port = 40112,
				   .client = {[10] = 0xff, 0xff, 192, 0, 2, 7},
				   .server = {[10] = 0xff, 0xff, 198, 51, 100, 25}};
	struct classified *flow;

	if (!classifier && classifier_new(&classifier, NULL))
		abort();
	if (size < 1 || classified_new(&flow, classifier))
		return 0;
	sample.server_port = ports[bytes[0] % 8];
	if (bytes[0] & 8)
		sample.client[0] = sample.server[0] = 0x20;
	converse(flow, &sample, bytes + 1, size - 1);
	check_words(flow);
	classified_free(flow);
	return 0;
}
