/* SPDX-License-Identifier: BSD-2-Clause */
/* A long wire: every frame between NEAR and FAR comes out at the other end MS milliseconds later, in order. (Not every
 * kernel has netem.) Says "ready"; ends when it is killed. What does not fit its memory is lost, as on a real one. */
#include <linux/if_packet.h>
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define FRAME_MAX_BYTES 2048
#define FRAMES_MAX 8192 /* under way */
#define NS_PER_MS 1000000LL

struct frame {
	int64_t due_ns;
	int to; /* socket */
	size_t length;
	unsigned char bytes[FRAME_MAX_BYTES];
};

struct wire {
	struct frame frame[FRAMES_MAX];
	unsigned int first, count;
	int64_t delay_ns;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

static int open_iface(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct packet_mreq promiscuous = {.mr_type = PACKET_MR_PROMISC};
	int on = 1, sock = socket(AF_PACKET, SOCK_RAW, 0);

	address.sll_ifindex = promiscuous.mr_ifindex = (int)if_nametoindex(name);
	if (sock < 0 || !address.sll_ifindex || setsockopt(sock, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
	    setsockopt(sock, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous)) ||
	    bind(sock, (struct sockaddr *)&address, sizeof(address))) {
		perror(name);
		exit(1);
	}
	return sock;
}

static void take(struct wire *wire, int from, int to)
{
	struct frame *frame = &wire->frame[(wire->first + wire->count) % FRAMES_MAX];
	ssize_t length;

	if (wire->count == FRAMES_MAX - 1) {
		recv(from, frame->bytes, sizeof(frame->bytes), MSG_DONTWAIT);
		return;
	}
	length = recv(from, frame->bytes, sizeof(frame->bytes), MSG_DONTWAIT);
	if (length <= 0)
		return;
	frame->length = (size_t)length;
	frame->to = to;
	frame->due_ns = now_ns() + wire->delay_ns;
	wire->count++;
}

/* Deliver what is due; return how long until the next one, in ns, or -1. */
static int64_t deliver(struct wire *wire)
{
	while (wire->count) {
		const struct frame *frame = &wire->frame[wire->first];
		const int64_t left_ns = frame->due_ns - now_ns();

		if (left_ns > 0)
			return left_ns;
		if (send(frame->to, frame->bytes, frame->length, 0) < 0)
			perror("delay: send");
		wire->first = (wire->first + 1) % FRAMES_MAX;
		wire->count--;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct wire *wire = calloc(1, sizeof(*wire));
	struct pollfd end[2] = {{.events = POLLIN}, {.events = POLLIN}};

	if (argc != 4 || !wire || atoi(argv[1]) < 1) {
		fputs("usage: delay MS NEAR FAR\n", stderr);
		return 2;
	}
	wire->delay_ns = atoi(argv[1]) * NS_PER_MS;
	for (int i = 0; i < 2; i++)
		end[i].fd = open_iface(argv[2 + i]);
	puts("ready");
	fflush(stdout);
	for (;;) {
		const int64_t left_ns = deliver(wire);
		const struct timespec wait = {.tv_sec = left_ns / (1000 * NS_PER_MS),
					      .tv_nsec = left_ns % (1000 * NS_PER_MS)};

		ppoll(end, 2, left_ns < 0 ? NULL : &wait, NULL);
		for (int i = 0; i < 2; i++)
			if (end[i].revents & POLLIN)
				take(wire, end[i].fd, end[!i].fd);
	}
}
