/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

static void take(const struct sockaddr *address, struct addr *ret_addr)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (address->sa_family == AF_INET6) {
		memcpy(ret_addr->byte, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
		return;
	}
	memcpy(ret_addr->byte, mapped, sizeof(mapped));
	memcpy(ret_addr->byte + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
}

int resolve(const char *host, struct addr *ret_addr, int max, struct fault *fault)
{
	const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int code = getaddrinfo(host, NULL, &wanted, &found), count = 0;

	if (code)
		return fault_set(fault, code == EAI_AGAIN ? EAGAIN : ENOENT, "%s: %s", host, gai_strerror(code));
	for (const struct addrinfo *at = found; at && count < max; at = at->ai_next)
		if (at->ai_family == AF_INET || at->ai_family == AF_INET6)
			take(at->ai_addr, &ret_addr[count++]);
	freeaddrinfo(found);
	return count ? count : fault_set(fault, ENOENT, "%s: has no address", host);
}
