/* SPDX-License-Identifier: BSD-2-Clause */
/* Forges TCP packets as fast as the wire carries them, or so many a second: SYNs, data or resets to SERVER PORT in
 * the name of FROM, an address or a prefix (IPv6: of 32 bits or more) whose bits are then random, with random ports and
 * numbers and right checksums, out of DEVICE to the station MAC at the other end of its veth.
 *
 * Bounded: ends after SECONDS, at most 900, or when it is told to. What comes out goes into a veth and nowhere else:
 * its namespace is the test's. Mostly one CPU makes, carries and judges a packet within the same call. Where another
 * judges, it is the slower one, and the veth between them drops whatever comes, of everybody: then fewer are made. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/forge.h"
#include "tests/support/forge.skel.h"

#define SECONDS_MAX 900
#define BATCH 64 /* frames a redirect: what a network driver's poll takes at a time */
#define CALL_FRAMES (1u << 22) /* at full speed: between two calls is a pause of some 25 ms, in which nothing comes */
#define CALLS_A_SECOND 25 /* at a given speed; more do not fit in */
#define STEER_NS 10000000
#define LOST_OF 1000 /* one of so many may be lost on the wire */
#define FRAME_BYTES_MIN 60
#define DATA "a LOGIN alice guess\r\n"

struct forger {
	struct forge_bpf *bpf;
	const char *device;
	struct forge_layout layout;
	unsigned char frame[256];
	uint32_t frame_bytes;
	int family;
	unsigned char from[16], server[16];
	unsigned prefixlen;
	uint16_t port;
	uint8_t flags;
	const char *data;
};

static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
	(void)number;
	told_to_end = 1;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static uint32_t sum_words(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? at[i] : at[i] << 8;
	return sum;
}

static uint16_t check_of(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The bits of an address that are drawn for each frame are zero in the template. */
static void clear_host_bits(struct forger *forger)
{
	const unsigned first = forger->family == AF_INET ? 0 : 32;
	uint32_t mask = 0;

	for (unsigned bit = 0; bit < 32; bit++)
		if (first + bit >= forger->prefixlen)
			mask |= 0x80000000u >> bit;
	forger->layout.source_mask_be = htonl(mask);
	for (unsigned byte = 0; byte < 4; byte++)
		forger->from[first / 8 + byte] &= (unsigned char)~(mask >> (24 - 8 * byte));
}

static size_t put_ip(struct forger *forger, unsigned char *at, size_t tcp_bytes)
{
	const size_t offset = (size_t)(at - forger->frame);
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP};
	struct ip6_hdr ip6 = {0};

	if (forger->family == AF_INET) {
		forger->layout.source = (uint32_t)(offset + offsetof(struct iphdr, saddr));
		forger->layout.ip_check = (uint32_t)(offset + offsetof(struct iphdr, check));
		ip.tot_len = htons((uint16_t)(sizeof(ip) + tcp_bytes));
		memcpy(&ip.saddr, forger->from, 4);
		memcpy(&ip.daddr, forger->server, 4);
		ip.check = check_of(sum_words(&ip, sizeof(ip)));
		memcpy(at, &ip, sizeof(ip));
		return sizeof(ip);
	}
	forger->layout.source = (uint32_t)(offset + offsetof(struct ip6_hdr, ip6_src) + 4);
	ip6.ip6_flow = htonl(6u << 28);
	ip6.ip6_plen = htons((uint16_t)tcp_bytes);
	ip6.ip6_nxt = IPPROTO_TCP;
	ip6.ip6_hlim = 64;
	memcpy(&ip6.ip6_src, forger->from, 16);
	memcpy(&ip6.ip6_dst, forger->server, 16);
	memcpy(at, &ip6, sizeof(ip6));
	return sizeof(ip6);
}

static void put_tcp(struct forger *forger, unsigned char *at, size_t tcp_bytes)
{
	const size_t address_bytes = forger->family == AF_INET ? 4 : 16;
	struct tcphdr tcp = {.doff = sizeof(tcp) / 4, .window = htons(64240), .dest = htons(forger->port)};

	forger->layout.tcp = (uint32_t)(at - forger->frame);
	memcpy(at, &tcp, sizeof(tcp));
	at[13] = forger->flags;
	memcpy(at + sizeof(tcp), forger->data, strlen(forger->data));
	tcp.check = check_of(sum_words(forger->from, address_bytes) + sum_words(forger->server, address_bytes) +
			     IPPROTO_TCP + (uint32_t)tcp_bytes + sum_words(at, tcp_bytes));
	memcpy(at + offsetof(struct tcphdr, check), &tcp.check, sizeof(tcp.check));
}

static void frame_make(struct forger *forger, const unsigned char *device_mac, const struct ether_addr *to)
{
	struct ether_header *ethernet = (struct ether_header *)forger->frame;
	const size_t tcp_bytes = sizeof(struct tcphdr) + strlen(forger->data);
	size_t at = sizeof(*ethernet);

	memcpy(ethernet->ether_dhost, to, ETH_ALEN);
	memcpy(ethernet->ether_shost, device_mac, ETH_ALEN);
	ethernet->ether_type = htons(forger->family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	clear_host_bits(forger);
	at += put_ip(forger, forger->frame + at, tcp_bytes);
	put_tcp(forger, forger->frame + at, tcp_bytes);
	at += tcp_bytes;
	forger->frame_bytes = (uint32_t)(at < FRAME_BYTES_MIN ? FRAME_BYTES_MIN : at);
}

static bool kind_parse(struct forger *forger, const char *kind)
{
	forger->data = "";
	if (!strcmp(kind, "syn"))
		forger->flags = TH_SYN;
	else if (!strcmp(kind, "rst"))
		forger->flags = TH_RST;
	else if (!strcmp(kind, "rst-ack"))
		forger->flags = TH_RST | TH_ACK;
	else if (!strcmp(kind, "data"))
		forger->flags = TH_PUSH | TH_ACK;
	else
		return false;
	if (forger->flags & TH_ACK)
		forger->layout.is_data = 1;
	if (forger->flags & TH_PUSH)
		forger->data = DATA;
	return true;
}

static bool ends_parse(struct forger *forger, char *from, const char *server, const char *port)
{
	char *slash = strchr(from, '/');

	forger->family = strchr(server, ':') ? AF_INET6 : AF_INET;
	forger->prefixlen = forger->family == AF_INET ? 32 : 128;
	forger->port = (uint16_t)atoi(port);
	forger->layout.port = forger->port;
	if (slash) {
		*slash = 0;
		forger->prefixlen = (unsigned)atoi(slash + 1);
	}
	return inet_pton(forger->family, from, forger->from) == 1 &&
	       inet_pton(forger->family, server, forger->server) == 1 && forger->port &&
	       (forger->family == AF_INET || forger->prefixlen >= 32);
}

static int forger_load(struct forger *forger, uint32_t index)
{
	uint32_t only = 0;

	forger->bpf = forge_bpf__open();
	if (!forger->bpf)
		return -errno;
	memcpy((void *)&forger->bpf->rodata->layout, &forger->layout, sizeof(forger->layout));
	if (forge_bpf__load(forger->bpf) ||
	    bpf_map_update_elem(bpf_map__fd(forger->bpf->maps.device), &only, &index, BPF_ANY))
		return -errno;
	return 0;
}

static int send_frames(struct forger *forger, uint32_t count)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = forger->frame, .data_size_in = forger->frame_bytes,
		    .repeat = (int)count, .batch_size = BATCH, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	return bpf_prog_test_run_opts(bpf_program__fd(forger->bpf->progs.forge), &run) ? -errno : 0;
}

static void pace(double start_s, double due_s)
{
	double ahead_s = start_s + due_s - now_s();

	if (ahead_s > 0)
		nanosleep(&(struct timespec){.tv_sec = (time_t)ahead_s,
					     .tv_nsec = (long)((ahead_s - (double)(time_t)ahead_s) * 1e9)},
			  NULL);
}

struct wire {
	uint32_t sent, lost; /* modulo 2^32 */
};

static struct wire wire_counters(const char *device)
{
	struct wire wire = {0};
	struct ifaddrs *all, *at;

	if (getifaddrs(&all))
		return wire;
	for (at = all; at; at = at->ifa_next) {
		const struct rtnl_link_stats *stats = at->ifa_data;

		if (!stats || !at->ifa_addr || at->ifa_addr->sa_family != AF_PACKET || strcmp(at->ifa_name, device))
			continue;
		wire = (struct wire){stats->tx_packets, stats->tx_dropped};
	}
	freeifaddrs(all);
	return wire;
}

/* Slower by a quarter of the pause when the wire loses packets, faster by a turn when it does not. */
static void *steer(void *context)
{
	const struct forger *forger = context;
	struct wire before = wire_counters(forger->device), now;
	uint32_t idle = 0;

	while (!told_to_end) {
		nanosleep(&(struct timespec){.tv_nsec = STEER_NS}, NULL);
		now = wire_counters(forger->device);
		if ((uint64_t)(now.lost - before.lost) * LOST_OF > now.sent - before.sent)
			idle += idle / 4 + 8;
		else
			idle -= idle > 0;
		if (idle > FORGE_IDLE_MAX)
			idle = FORGE_IDLE_MAX;
		forger->bpf->bss->idle = idle;
		before = now;
	}
	return NULL;
}

/* Signals are for who sends. */
static int steer_begin(struct forger *forger)
{
	sigset_t all, before;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	error = pthread_create(&thread, NULL, steer, forger);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error ? -error : pthread_detach(thread);
}

static int flood(struct forger *forger, uint32_t pps, double seconds)
{
	const double start_s = now_s();
	const uint32_t frames = pps ? (pps + CALLS_A_SECOND - 1) / CALLS_A_SECOND : CALL_FRAMES;
	uint64_t sent = 0;
	int error = pps ? 0 : steer_begin(forger);

	while (!error && !told_to_end && now_s() - start_s < seconds) {
		if (pps)
			pace(start_s, (double)sent / pps);
		error = send_frames(forger, frames);
		sent += error ? 0 : frames;
	}
	printf("%llu packets in %.2f s, %.0f a second\n", (unsigned long long)sent, now_s() - start_s,
	       (double)sent / (now_s() - start_s));
	if (error && error != -EINTR)
		fprintf(stderr, "forge: %s\n", strerror(-error));
	return error && error != -EINTR;
}

static bool mac_read(const char *device, unsigned char *mac)
{
	char path[64], text[32] = "";
	struct ether_addr *address;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/address", device);
	file = fopen(path, "r");
	if (!file)
		return false;
	address = fgets(text, sizeof(text), file) ? ether_aton(text) : NULL;
	fclose(file);
	if (address)
		memcpy(mac, address, ETH_ALEN);
	return address;
}

int main(int argc, char **argv)
{
	struct forger forger = {0};
	unsigned char mac[ETH_ALEN] = {2, 0, 0, 0, 0, 1};
	const struct ether_addr *to = argc == 9 ? ether_aton(argv[2]) : NULL;
	const double seconds = argc == 9 ? atof(argv[8]) : 0;
	struct ether_addr station;
	uint32_t index;

	if (!to || !ends_parse(&forger, argv[3], argv[4], argv[5]) || !kind_parse(&forger, argv[6]) || seconds <= 0 ||
	    seconds > SECONDS_MAX) {
		fprintf(stderr, "usage: forge DEVICE MAC FROM[/LENGTH] SERVER PORT syn|data|rst|rst-ack PPS SECONDS\n"
				"       PPS 0 is as fast as the wire carries\n");
		return 2;
	}
	station = *to; /* ether_aton has one room for all */
	index = if_nametoindex(argv[1]);
	if (!index) {
		perror("forge: no such device");
		return 1;
	}
	forger.device = argv[1];
	mac_read(argv[1], mac);
	frame_make(&forger, mac, &station);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	if (forger_load(&forger, index)) {
		perror("forge: cannot load");
		return 1;
	}
	return flood(&forger, (uint32_t)atol(argv[7]), seconds);
}
