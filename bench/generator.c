/* SPDX-License-Identifier: BSD-2-Clause */
/* One template frame a family; bench/flood.bpf.c draws the rest of every frame. */
#include "bench/generator.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/flood.h"
#include "bench/flood.skel.h"
#include "bench/wire.h"

#define FIRST_FRAMES (1u << 17) /* of a round, to learn how many fill the rest of it */
#define FRAME_BYTES_MIN 60 /* 64 with the checksum that the wire adds */
#define DATA_BYTES 40 /* of payload, where there is any */

struct generator {
	struct flood_bpf *bpf;
	struct traffic traffic;
	struct flood_layout layout;
	unsigned char frame[FRAME_BYTES_MAX];
	uint32_t frame_bytes;
};

uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* How long this thread has waited for its CPU while others had it (kernel: Documentation/scheduler/sched-stats.rst).
 * 0 where the kernel does not say: then what else runs on the machine is in the figures. */
static uint64_t waited_ns(void)
{
	unsigned long long ran_ns, waited_ns = 0;
	FILE *schedstat = fopen("/proc/thread-self/schedstat", "r");

	if (!schedstat)
		return 0;
	if (fscanf(schedstat, "%llu %llu", &ran_ns, &waited_ns) != 2)
		waited_ns = 0;
	fclose(schedstat);
	return waited_ns;
}

uint64_t traffic_source(const struct traffic *traffic, uint32_t index)
{
	uint64_t word = flood_source(index & traffic->source_mask);

	return traffic->family == AF_INET ? GP_SOURCE_V4 | word : 0x20010db800000000ULL | word;
}

static uint16_t sum_of(const void *bytes, size_t length)
{
	const uint16_t *word = bytes;
	uint32_t sum = 0;

	for (size_t i = 0; i < length / 2; i++)
		sum += ntohs(word[i]);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static size_t frame_ipv4(struct generator *generator, unsigned char *at, size_t payload)
{
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP};

	ip.tot_len = htons((uint16_t)(sizeof(ip) + sizeof(struct tcphdr) + payload));
	inet_pton(AF_INET, "192.0.2.10", &ip.daddr);
	memcpy(at, &ip, sizeof(ip));
	generator->layout.ip_check = (uint32_t)(at - generator->frame) + 10;
	generator->layout.ip_check_base = sum_of(&ip, sizeof(ip));
	return sizeof(ip);
}

static size_t frame_ipv6(unsigned char *at, size_t payload)
{
	struct ip6_hdr ip = {0};

	ip.ip6_flow = htonl(6u << 28);
	ip.ip6_plen = htons((uint16_t)(sizeof(struct tcphdr) + payload));
	ip.ip6_nxt = IPPROTO_TCP;
	ip.ip6_hlim = 64;
	inet_pton(AF_INET6, "2001:db8::1", &ip.ip6_src);
	inet_pton(AF_INET6, "2001:db8:fa::10", &ip.ip6_dst);
	memcpy(at, &ip, sizeof(ip));
	return sizeof(ip);
}

/* Addressed to a station that is not there, unless a contestant takes its address: what the program under test passes
 * ends where the stack first looks. */
static void frame_make(struct generator *generator)
{
	const struct traffic *traffic = &generator->traffic;
	struct ethhdr ethernet = {.h_dest = {2, 0, 0, 0, 0, 0xee}, .h_source = {2, 0, 0, 0, 0, 0xaa}};
	struct tcphdr tcp = {.doff = sizeof(tcp) / 4, .window = htons(64240)};
	size_t at = sizeof(ethernet), payload = traffic->connected ? DATA_BYTES : 0;

	ethernet.h_proto = htons(traffic->family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	memcpy(generator->frame, &ethernet, sizeof(ethernet));
	generator->layout.source = at + 12; /* IPv4: the address; IPv6: its second 32 bits. The same place by luck */
	generator->layout.connected = traffic->connected;
	at += traffic->family == AF_INET ? frame_ipv4(generator, generator->frame + at, payload)
					 : frame_ipv6(generator->frame + at, payload);
	generator->layout.tcp = at;
	tcp.dest = htons(traffic->server_port);
	if (traffic->connected)
		tcp.ack_seq = htonl(FLOOD_SEQ + 1);
	memcpy(generator->frame + at, &tcp, sizeof(tcp));
	generator->frame[at + 13] = traffic->tcp_flags;
	at += sizeof(tcp) + payload;
	generator->frame_bytes = at < FRAME_BYTES_MIN ? FRAME_BYTES_MIN : at;
}

uint32_t generator_synack(const struct generator *generator, uint32_t index, unsigned char *frame)
{
	const struct flood_layout *layout = &generator->layout;
	struct iphdr *ip = (struct iphdr *)(frame + sizeof(struct ethhdr));
	struct tcphdr *tcp = (struct tcphdr *)(frame + layout->tcp);
	const uint32_t bytes = layout->tcp + sizeof(*tcp);

	memcpy(frame, generator->frame, bytes);
	ip->saddr = ip->daddr;
	ip->daddr = htonl(flood_source(index));
	ip->tot_len = htons((uint16_t)(bytes - sizeof(struct ethhdr)));
	tcp->source = tcp->dest;
	tcp->dest = htons(flood_port(index));
	tcp->seq = htonl(FLOOD_SEQ);
	tcp->syn = tcp->ack = 1;
	return bytes;
}

static int wires_connect(struct generator *generator)
{
	int map = bpf_map__fd(generator->bpf->maps.wires);

	for (uint32_t wire = 0; wire < FLOOD_WIRES; wire++) {
		uint32_t index = wire_generator_index(wire);

		if (index && bpf_map_update_elem(map, &wire, &index, BPF_ANY))
			return -errno;
	}
	return 0;
}

int generator_new(struct generator **ret_generator, const struct traffic *traffic)
{
	struct generator *generator = calloc(1, sizeof(*generator));
	int result;

	if (!generator)
		return -ENOMEM;
	generator->traffic = *traffic;
	frame_make(generator);
	generator->bpf = flood_bpf__open();
	if (!generator->bpf) {
		result = -errno;
		goto fail;
	}
	generator->bpf->rodata->layout = generator->layout;
	generator->bpf->rodata->source_mask = traffic->source_mask;
	result = flood_bpf__load(generator->bpf);
	if (!result)
		result = wires_connect(generator);
	if (result)
		goto fail;
	*ret_generator = generator;
	return 0;
fail:
	generator_free(generator);
	return result;
}

void generator_free(struct generator *generator)
{
	if (!generator)
		return;
	flood_bpf__destroy(generator->bpf);
	free(generator);
}

static int send_frames(struct generator *generator, uint32_t count)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = generator->frame, .data_size_in = generator->frame_bytes,
		    .repeat = count, .batch_size = GENERATOR_BATCH, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	return bpf_prog_test_run_opts(bpf_program__fd(generator->bpf->progs.flood), &run) ? -errno : 0;
}

/* Two calls a round, not many: each spends some 20 ms on its pool of pages. Ctrl-C ends one. */
int generator_send(struct generator *generator, unsigned wire, bool with_checksum, uint64_t for_ns, uint64_t *ret_sent,
		   uint64_t *ret_took_ns)
{
	uint64_t start_ns = bench_now_ns(), start_waited_ns = waited_ns(), took_ns;
	uint64_t rest = 0;
	int result;

	generator->bpf->bss->wire = wire;
	generator->bpf->bss->with_checksum = with_checksum && generator->layout.ip_check;
	result = send_frames(generator, FIRST_FRAMES);
	took_ns = bench_now_ns() - start_ns;
	if (!result && took_ns < for_ns) {
		rest = FIRST_FRAMES * (for_ns - took_ns) / took_ns + 1;
		result = send_frames(generator, rest);
	}
	if (result)
		return result;
	*ret_took_ns = bench_now_ns() - start_ns - (waited_ns() - start_waited_ns);
	*ret_sent = FIRST_FRAMES + rest;
	return 0;
}
