/* SPDX-License-Identifier: BSD-2-Clause */
/* A wire that changes every TCP packet on its way from NEAR to FAR, so that real clients send what only a hand-made
 * one would. The other direction and everything that is not TCP pass as they are. Modes:
 *   fragments[=BYTES]  each packet in IP fragments of that many bytes of TCP (default 24, a multiple of 8): the header
 *                      in two pieces, the payload in packets without ports. IPv6 hosts refuse less than 24 (RFC 8200:
 *                      the first fragment holds the whole header).
 *   options            IPv4: eight bytes of NOP options; IPv6: a destination options header with padding.
 * TCP checksums stay right: neither is part of the pseudo-header. Says "ready"; ends when it is killed. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_MAX_BYTES 2048
#define ADDED_BYTES 8 /* by either mode, and by the IPv6 fragment header */

struct frame {
	unsigned char bytes[FRAME_MAX_BYTES];
	size_t length;
};

static int open_iface(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct packet_mreq promiscuous = {.mr_type = PACKET_MR_PROMISC};
	int on = 1, sock = socket(AF_PACKET, SOCK_RAW, 0);

	address.sll_ifindex = promiscuous.mr_ifindex = if_nametoindex(name);
	if (sock < 0 || !address.sll_ifindex || setsockopt(sock, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
	    setsockopt(sock, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous)) ||
	    bind(sock, (struct sockaddr *)&address, sizeof(address))) {
		perror(name);
		exit(1);
	}
	return sock;
}

static void frame_send(int sock, const struct frame *frame)
{
	if (send(sock, frame->bytes, frame->length, 0) < 0)
		perror("mangle: send");
}

static void ip4_finish(struct frame *frame)
{
	struct iphdr *ip = (struct iphdr *)(frame->bytes + ETH_HLEN);
	uint16_t *words = (uint16_t *)ip;
	uint32_t sum = 0;

	ip->tot_len = htons(frame->length - ETH_HLEN);
	ip->check = 0;
	for (int i = 0; i < ip->ihl * 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = ~((sum & 0xffff) + (sum >> 16));
}

static void ip6_finish(struct frame *frame, uint8_t next_header)
{
	struct ip6_hdr *ip = (struct ip6_hdr *)(frame->bytes + ETH_HLEN);

	ip->ip6_plen = htons(frame->length - ETH_HLEN - sizeof(*ip));
	ip->ip6_nxt = next_header;
}

/* Send `frame` with ADDED_BYTES of options between its IP header of `header_end` bytes and TCP. */
static void options_send(int sock, const struct frame *frame, size_t header_end, int is_ip6)
{
	static const unsigned char nops[ADDED_BYTES] = {1, 1, 1, 1, 1, 1, 1, 1};
	static const unsigned char padding[ADDED_BYTES] = {IPPROTO_TCP, 0, 1, 4, 0, 0, 0, 0};
	struct frame out = {.length = frame->length + ADDED_BYTES};

	memcpy(out.bytes, frame->bytes, header_end);
	memcpy(out.bytes + header_end, is_ip6 ? padding : nops, ADDED_BYTES);
	memcpy(out.bytes + header_end + ADDED_BYTES, frame->bytes + header_end, frame->length - header_end);
	if (is_ip6) {
		ip6_finish(&out, IPPROTO_DSTOPTS);
	} else {
		((struct iphdr *)(out.bytes + ETH_HLEN))->ihl += ADDED_BYTES / 4;
		ip4_finish(&out);
	}
	frame_send(sock, &out);
}

static void fragments_send(int sock, const struct frame *frame, size_t header_end, int is_ip6, size_t piece_bytes)
{
	static uint32_t id = 1;
	size_t total = frame->length - header_end;

	id++;
	for (size_t offset = 0; offset < total; offset += piece_bytes) {
		int more = offset + piece_bytes < total;
		size_t length = more ? piece_bytes : total - offset, start = header_end;
		struct frame out = {0};

		memcpy(out.bytes, frame->bytes, header_end);
		if (is_ip6) {
			struct ip6_frag *fragment = (struct ip6_frag *)(out.bytes + header_end);

			fragment->ip6f_nxt = IPPROTO_TCP;
			fragment->ip6f_offlg = htons(offset | more);
			fragment->ip6f_ident = htonl(id);
			start += sizeof(*fragment);
		}
		memcpy(out.bytes + start, frame->bytes + header_end + offset, length);
		out.length = start + length;
		if (is_ip6) {
			ip6_finish(&out, IPPROTO_FRAGMENT);
		} else {
			struct iphdr *ip = (struct iphdr *)(out.bytes + ETH_HLEN);

			ip->id = htons(id);
			ip->frag_off = htons(offset / 8 | (more ? IP_MF : 0));
			ip4_finish(&out);
		}
		frame_send(sock, &out);
	}
}

/* `piece_bytes` 0: options. Takes the padding of short Ethernet frames off. */
static void mangle(int far, struct frame *frame, size_t piece_bytes)
{
	const struct ether_header *ether = (struct ether_header *)frame->bytes;
	const struct iphdr *ip4 = (struct iphdr *)(frame->bytes + ETH_HLEN);
	const struct ip6_hdr *ip6 = (struct ip6_hdr *)(frame->bytes + ETH_HLEN);
	int is_ip6 = ether->ether_type == htons(ETHERTYPE_IPV6);
	size_t header_end = ETH_HLEN + (is_ip6 ? sizeof(*ip6) : sizeof(*ip4));
	size_t length;

	if (frame->length <= header_end || frame->length + ADDED_BYTES > FRAME_MAX_BYTES ||
	    (is_ip6 ? ip6->ip6_nxt != IPPROTO_TCP
		    : ether->ether_type != htons(ETHERTYPE_IP) || ip4->ihl != 5 || ip4->protocol != IPPROTO_TCP)) {
		frame_send(far, frame);
		return;
	}
	length = is_ip6 ? header_end + ntohs(ip6->ip6_plen) : ETH_HLEN + (size_t)ntohs(ip4->tot_len);
	if (length < frame->length)
		frame->length = length;
	if (piece_bytes)
		fragments_send(far, frame, header_end, is_ip6, piece_bytes);
	else
		options_send(far, frame, header_end, is_ip6);
}

int main(int argc, char **argv)
{
	unsigned piece_bytes = 24;
	struct pollfd wires[2];

	if (argc == 4 && !strcmp(argv[1], "options"))
		piece_bytes = 0;
	else if (argc != 4 || strncmp(argv[1], "fragments", 9) ||
		 (argv[1][9] &&
		  (sscanf(argv[1], "fragments=%u", &piece_bytes) != 1 || !piece_bytes || piece_bytes % 8))) {
		fprintf(stderr, "usage: mangle fragments[=BYTES]|options NEAR FAR\n");
		return 2;
	}
	for (int i = 0; i < 2; i++)
		wires[i] = (struct pollfd){.fd = open_iface(argv[2 + i]), .events = POLLIN};
	puts("ready");
	fflush(stdout);
	while (poll(wires, 2, -1) > 0) {
		for (int i = 0; i < 2; i++) {
			struct frame frame;
			ssize_t got;

			if (!wires[i].revents || (got = recv(wires[i].fd, frame.bytes, FRAME_MAX_BYTES, 0)) <= 0)
				continue;
			frame.length = got;
			if (i == 0)
				mangle(wires[1].fd, &frame, piece_bytes);
			else
				frame_send(wires[0].fd, &frame);
		}
	}
	return 1;
}
