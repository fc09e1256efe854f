/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/support/traffic.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define NETWORKS 12
#define HOSTS 8

const char *const traffic_named[TRAFFIC_NAMED] = {"192.0.2.1",   "192.0.2.2",   "192.0.2.3",
						  "192.0.2.200", "203.0.113.7", "203.0.113.8"};

uint32_t choose(struct choices *choices, uint32_t limit)
{
	const __u64 seed[2] = {0, 0};
	uint32_t value = 0;

	if (!choices->bytes) {
		choices->state += 0x9e3779b97f4a7c15ULL; /* splitmix64 */
		return (uint32_t)(gp_hash(choices->state, seed) >> 32) % limit;
	}
	for (uint32_t reach = 1; reach < limit && choices->left; reach <<= 8) {
		value = value << 8 | *choices->bytes++;
		choices->left--;
	}
	return value % limit;
}

/* One in `odds`. */
static bool seldom(struct choices *choices, uint32_t odds)
{
	return choose(choices, odds) == odds - 1;
}

static void client(struct choices *choices, char text[32])
{
	uint32_t which = choose(choices, 2 * TRAFFIC_NAMED + NETWORKS * HOSTS);

	if (which < 2 * TRAFFIC_NAMED) {
		snprintf(text, 32, "%s", traffic_named[which % TRAFFIC_NAMED]);
		return;
	}
	which -= 2 * TRAFFIC_NAMED;
	snprintf(text, 32, "10.%u.7.%u", which / HOSTS, which % HOSTS + 1);
}

/* What is no plain segment of a connection. */
static void disfigure(struct choices *choices, struct packet_spec *packet)
{
	static const uint8_t protocols[] = {1, 17, 50, 58};
	static const uint8_t extensions[] = {0, 43, 51, 60, 135, 139};

	switch (choose(choices, 9)) {
	case 0:
		packet->protocol = protocols[choose(choices, COUNT(protocols))];
		break;
	case 1:
		packet->tags = (int)choose(choices, 6);
		break;
	case 2:
		packet->pppoe = true;
		break;
	case 3:
		packet->options = (int)choose(choices, 11);
		break;
	case 4:
		packet->extensions = (int)choose(choices, 8);
		packet->extension = extensions[choose(choices, COUNT(extensions))];
		break;
	case 5:
		packet->first_fragment = true;
		packet->nested_fragment = seldom(choices, 2);
		break;
	case 6:
		packet->later_fragment = true;
		break;
	case 7:
		packet->data_offset = (uint8_t)(4 + choose(choices, 12));
		break;
	default:
		packet->ip_bytes = choose(choices, 64);
	}
}

static struct packet_spec segment(struct choices *choices)
{
	static const uint8_t flags[] = {SYN,       SYN,       SYN, SYN | ACK, SYN | ACK, ACK,       ACK,
					ACK | PSH, FIN | ACK, RST, RST | ACK, 0,         SYN | FIN, 0xff};
	static const uint16_t ports[] = {143, 143, 993, 587, 25, 80};
	struct packet_spec packet = {.flags = flags[choose(choices, COUNT(flags))]};

	packet.to = seldom(choices, 4) ? "198.51.100.26" : PACKET_SERVER;
	packet.from_port = (uint16_t)(40000 + choose(choices, 3));
	packet.to_port = ports[choose(choices, COUNT(ports))];
	packet.seq = 5000 + choose(choices, 3);
	packet.ack = 5000 + choose(choices, 4);
	packet.v6 = seldom(choices, 2);
	/* A server's answer, mostly; somebody may forge what looks like one, and send it the wrong way. */
	packet.reply = (packet.flags & (SYN | ACK)) == (SYN | ACK) ? !seldom(choices, 8) : seldom(choices, 4);
	if (packet.flags & PSH || seldom(choices, 16))
		packet.payload_bytes = choose(choices, 256) * choose(choices, 12);
	return packet;
}

static size_t mutate(struct choices *choices, uint8_t *frame, size_t length)
{
	const uint32_t headers = (uint32_t)(length < 100 ? length : 100) - 12;

	for (uint32_t changes = 1 + choose(choices, 4); changes; changes--)
		frame[12 + choose(choices, headers)] = (uint8_t)choose(choices, 256);
	if (seldom(choices, 2))
		length = 14 + choose(choices, (uint32_t)length - 13);
	return length;
}

/* What follows on it, if all goes well: SYN, SYN-ACK, ACK, data. */
static void answer(struct packet_spec *packet)
{
	const uint32_t seq = packet->seq;

	packet->reply = !packet->reply;
	packet->seq = packet->ack;
	packet->ack = seq + (packet->flags & (SYN | FIN) ? 1 : (uint32_t)packet->payload_bytes);
	packet->payload_bytes = packet->flags & ACK && !(packet->flags & SYN) ? 12 : 0;
	packet->flags = packet->flags == SYN ? SYN | ACK : ACK;
}

static struct packet_spec next(struct traffic *traffic)
{
	struct choices *choices = &traffic->choices;
	const uint32_t place = traffic->sent++ % TRAFFIC_REMEMBERED, which = choose(choices, 2 * TRAFFIC_REMEMBERED);
	struct packet_spec packet;

	if (which < TRAFFIC_REMEMBERED && traffic->remembered[which].packet.from) {
		memmove(traffic->remembered[place].from, traffic->remembered[which].from, 32);
		packet = traffic->remembered[which].packet;
		if (seldom(choices, 2))
			answer(&packet);
	} else {
		packet = segment(choices);
		client(choices, traffic->remembered[place].from);
	}
	packet.from = traffic->remembered[place].from;
	traffic->remembered[place].packet = packet;
	return packet;
}

size_t traffic_frame(struct traffic *traffic, uint8_t frame[PACKET_BYTES], enum gp_direction *ret_direction)
{
	struct choices *choices = &traffic->choices;
	struct packet_spec packet = next(traffic);
	size_t length;

	if (seldom(choices, 6))
		disfigure(choices, &packet);
	packet.pad = seldom(choices, 8) ? choose(choices, 100) : 0;
	length = packet_build(&packet, frame);
	*ret_direction = packet.reply ? GP_OUT : GP_IN;
	return seldom(choices, 8) ? mutate(choices, frame, length) : length;
}
