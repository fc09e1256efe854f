/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/month/guard.h"

#include <string.h>

/* Of IPv4 the source itself; the finalizer of SplitMix64 mixes the halves of IPv6. */
uint64_t guard_address_key(const struct addr *address)
{
	uint64_t half[2];

	if (addr_is_v4(address))
		return addr_source(address);
	memcpy(half, address->byte, sizeof(half));
	half[1] ^= half[0] * 0x9e3779b97f4a7c15ULL;
	half[1] = (half[1] ^ half[1] >> 30) * 0xbf58476d1ce4e5b9ULL;
	half[1] = (half[1] ^ half[1] >> 27) * 0x94d049bb133111ebULL;
	return half[1] ^ half[1] >> 31;
}
