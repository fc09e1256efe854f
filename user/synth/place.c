/* SPDX-License-Identifier: BSD-2-Clause */
/* Scattering is a permutation of numbers of some width: multiplying by an odd number and folding the upper half onto
 * the lower one can both be undone, so no two sources meet, and nothing has to be remembered. */
#include "user/synth/place.h"

#include <endian.h>
#include <string.h>

#include "user/synth/dice.h"

#define ADDRESS_BITS 128
#define WIDTH_MAX 32

static unsigned int width_of(const struct scenario_actor *actor)
{
	const unsigned int width = actor->each_bits - actor->place.bits;

	return width > WIDTH_MAX ? WIDTH_MAX : width;
}

uint64_t place_room(const struct scenario_actor *actor)
{
	return 1ULL << width_of(actor);
}

static uint64_t scatter(uint64_t number, unsigned int width)
{
	const uint64_t mask = (1ULL << width) - 1;

	for (int round = 0; round < 2 && width; round++) {
		number = number * 0x9e3779b97f4a7c15ULL & mask;
		number ^= number >> (width + 1) / 2;
	}
	return number;
}

static uint64_t load(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return be64toh(word);
}

static void store(uint64_t word, uint8_t *bytes)
{
	word = htobe64(word);
	memcpy(bytes, &word, sizeof(word));
}

struct addr place_of(const struct scenario_actor *actor, uint64_t source, uint64_t host)
{
	const unsigned int own = ADDRESS_BITS - actor->each_bits;
	unsigned __int128 bits =
		(unsigned __int128)load(actor->place.prefix.byte) << 64 | load(actor->place.prefix.byte + 8);
	struct addr addr;

	bits |= (unsigned __int128)scatter(source, width_of(actor)) << own;
	if (own)
		bits |= ((unsigned __int128)dice_mix(host) << 64 | host | 1) & (((unsigned __int128)1 << own) - 1);
	store((uint64_t)(bits >> 64), addr.byte);
	store((uint64_t)bits, addr.byte + 8);
	return addr;
}
