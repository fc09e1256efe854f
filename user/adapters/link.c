/* SPDX-License-Identifier: BSD-2-Clause */
/* Link headers, https://www.tcpdump.org/linktypes.html. Looks at no byte behind them but the IP version. */
#include "user/adapters/link.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd

static uint16_t be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* AF_INET is 2 everywhere, AF_INET6 is not; the writer's byte order is not known, but no family is above 255. */
static uint16_t ethertype_of_family(const uint8_t *bytes)
{
	switch (bytes[0] | bytes[3]) {
	case 2:
		return ETHERTYPE_IPV4;
	case 10: /* Linux */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		return ETHERTYPE_IPV6;
	default:
		return 0;
	}
}

/* RFC 1661 protocol numbers: 0x0021 IPv4, 0x0057 IPv6. */
static uint16_t ethertype_of_ppp(uint16_t protocol)
{
	return protocol == 0x0021 ? ETHERTYPE_IPV4 : protocol == 0x0057 ? ETHERTYPE_IPV6 : 0;
}

static uint16_t ethertype_of_version(uint8_t first)
{
	return first >> 4 == 4 ? ETHERTYPE_IPV4 : first >> 4 == 6 ? ETHERTYPE_IPV6 : 0;
}

static size_t header_bytes(enum link link)
{
	static const uint8_t bytes[] = {
		[LINK_ETHERNET] = 14, [LINK_SLL] = 16, [LINK_SLL2] = 20,      [LINK_RAW] = 0,
		[LINK_FAMILY] = 4,    [LINK_PPP] = 2,  [LINK_PPP_SERIAL] = 4, [LINK_CISCO_HDLC] = 4,
	};

	return bytes[link];
}

bool link_parse(enum link link, const uint8_t *bytes, size_t captured, size_t *ret_header_bytes,
		uint16_t *ret_ethertype)
{
	size_t length = header_bytes(link);
	uint16_t ethertype = 0;

	if (captured < length || !captured)
		return false;
	switch (link) {
	case LINK_ETHERNET:
		return false;
	case LINK_SLL:
		ethertype = be16(bytes + 14);
		break;
	case LINK_SLL2:
		ethertype = be16(bytes);
		break;
	case LINK_RAW:
		ethertype = ethertype_of_version(bytes[0]);
		break;
	case LINK_FAMILY:
		ethertype = ethertype_of_family(bytes);
		break;
	case LINK_PPP:
		ethertype = ethertype_of_ppp(be16(bytes));
		break;
	case LINK_PPP_SERIAL:
		ethertype = ethertype_of_ppp(be16(bytes + 2));
		break;
	case LINK_CISCO_HDLC:
		ethertype = be16(bytes + 2);
		break;
	}
	*ret_header_bytes = length;
	*ret_ethertype = ethertype;
	return true;
}
