/* SPDX-License-Identifier: BSD-2-Clause */
/* nDPI has it: SHA-1 over both ends, the smaller first, in Base64. */
#include "user/adapters/classify.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <ndpi/ndpi_api.h>

/* nDPI 4.2 wants IPv4 addresses in host order, IPv6 ones in network order. */
static uint32_t v4_of(const struct addr *addr)
{
	uint32_t v4_be;

	memcpy(&v4_be, addr->byte + 12, sizeof(v4_be));
	return ntohl(v4_be);
}

static int hash_v6(const struct ends *ends, u_char *text)
{
	struct ndpi_in6_addr client, server;

	memcpy(&client, ends->client.byte, sizeof(client));
	memcpy(&server, ends->server.byte, sizeof(server));
	return ndpi_flowv6_flow_hash(IPPROTO_TCP, &client, &server, ends->client_port, ends->server_port, 0, 0, text,
				     COMMUNITY_ID_BYTES);
}

const char *community_id(const struct ends *ends, char text[COMMUNITY_ID_BYTES])
{
	int error = addr_is_v4(&ends->client)
			    ? ndpi_flowv4_flow_hash(IPPROTO_TCP, v4_of(&ends->client), v4_of(&ends->server),
						    ends->client_port, ends->server_port, 0, 0, (u_char *)text,
						    COMMUNITY_ID_BYTES)
			    : hash_v6(ends, (u_char *)text);

	if (error)
		text[0] = '\0';
	return text;
}
