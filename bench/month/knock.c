/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/month/knock.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <string.h>

#include "user/core/duration.h"

#define FRAME_BYTES (sizeof(struct ethhdr) + sizeof(struct ip6_hdr) + sizeof(struct tcphdr))
#define V4_SERVER 0xc6336419 /* 198.51.100.25, RFC 5737 */

static uint16_t port_of(enum gp_service service)
{
	switch (service) {
	case GP_SERVICE_IMAP:
		return 143;
	case GP_SERVICE_POP3:
		return 110;
	case GP_SERVICE_POP3S:
		return 995;
	case GP_SERVICE_SUBMISSION:
		return 587;
	case GP_SERVICE_SUBMISSIONS:
		return 465;
	default:
		return 993;
	}
}

static size_t put_ip(uint8_t *at, const struct arrival *arrival)
{
	if (addr_is_v4(&arrival->address)) {
		struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 60, .protocol = IPPROTO_TCP};

		ip.tot_len = htons(sizeof(ip) + sizeof(struct tcphdr));
		memcpy(&ip.saddr, arrival->address.byte + 12, sizeof(ip.saddr));
		ip.daddr = htonl(V4_SERVER);
		memcpy(at, &ip, sizeof(ip));
		return sizeof(ip);
	} else {
		struct ip6_hdr ip = {.ip6_flow = htonl(6u << 28), .ip6_nxt = IPPROTO_TCP, .ip6_hlim = 60};

		ip.ip6_plen = htons(sizeof(struct tcphdr));
		memcpy(&ip.ip6_src, arrival->address.byte, sizeof(ip.ip6_src));
		inet_pton(AF_INET6, "2001:db8::25", &ip.ip6_dst);
		memcpy(at, &ip, sizeof(ip));
		return sizeof(ip);
	}
}

static size_t syn_frame(uint8_t frame[FRAME_BYTES], const struct arrival *arrival)
{
	const struct ethhdr ethernet = {.h_dest = {2},
					.h_source = {2, 1},
					.h_proto = htons(addr_is_v4(&arrival->address) ? ETH_P_IP : ETH_P_IPV6)};
	const struct tcphdr tcp = {.source = htons(arrival->port),
				   .dest = htons(port_of(arrival->service)),
				   .seq = htonl((uint32_t)arrival->time_ns),
				   .doff = 5,
				   .syn = 1,
				   .window = htons(64240)};
	size_t length = sizeof(ethernet);

	memcpy(frame, &ethernet, sizeof(ethernet));
	length += put_ip(frame + length, arrival);
	memcpy(frame + length, &tcp, sizeof(tcp));
	return length + sizeof(tcp);
}

bool knock(struct datapath *datapath, const struct arrival *arrival, uint64_t now_ns)
{
	static const uint64_t again_ns[] = {0, 1 * NS_PER_S, 3 * NS_PER_S, 7 * NS_PER_S};
	uint8_t frame[FRAME_BYTES];
	const size_t length = syn_frame(frame, arrival);
	enum gp_reason reason;
	bool drop = true;

	for (size_t i = 0; i < sizeof(again_ns) / sizeof(*again_ns) && drop; i++)
		if (datapath_run(datapath, GP_IN, frame, length, now_ns + again_ns[i], &drop, &reason))
			return true; /* what the program does not understand passes */
	return !drop;
}
