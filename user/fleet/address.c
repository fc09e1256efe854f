/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/fleet/address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/core/addr.h"

int fleet_address_of(const char *host, uint16_t port, struct fleet_address *ret_address)
{
	struct addr ignored;

	if (!port || addr_parse(host, &ignored))
		return -EINVAL;
	memset(ret_address, 0, sizeof(*ret_address));
	snprintf(ret_address->host, sizeof(ret_address->host), "%s", host);
	ret_address->port = port;
	snprintf(ret_address->text, sizeof(ret_address->text), strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
	return 0;
}

static int path_parse(const char *text, struct fleet_address *ret_address)
{
	if (strlen(text) >= sizeof(ret_address->host))
		return -EINVAL;
	memset(ret_address, 0, sizeof(*ret_address));
	strcpy(ret_address->host, text);
	strcpy(ret_address->text, text);
	return 0;
}

static bool port_parse(const char *text, uint16_t *ret_port)
{
	uint32_t port = 0;

	for (; *text >= '0' && *text <= '9' && port <= UINT16_MAX; text++)
		port = port * 10 + (uint32_t)(*text - '0');
	*ret_port = (uint16_t)port;
	return !*text && port && port <= UINT16_MAX;
}

int fleet_address_parse(const char *text, struct fleet_address *ret_address)
{
	char host[ADDR_TEXT_BYTES];
	const bool bracket = *text == '[';
	const char *begin = text + bracket, *end = strchr(begin, bracket ? ']' : ':');
	uint16_t port = FLEET_REDIS_PORT;

	if (*text == '/')
		return path_parse(text, ret_address);
	if (bracket && !end)
		return -EINVAL;
	if (!end)
		end = begin + strlen(begin);
	if ((size_t)(end - begin) >= sizeof(host))
		return -EINVAL;
	memcpy(host, begin, (size_t)(end - begin));
	host[end - begin] = '\0';
	if (bracket)
		end++;
	if (*end && (*end != ':' || !port_parse(end + 1, &port)))
		return -EINVAL;
	return fleet_address_of(host, port, ret_address);
}
