/* SPDX-License-Identifier: BSD-2-Clause */
/* Scattering is a permutation of numbers of some width: multiplying by an odd number and folding the upper half onto
 * the lower one can both be undone, so no two sources meet, and nothing has to be remembered. */
#include "user/synth/place.h"

#include "user/synth/dice.h"

#define V4_BITS 96
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

/* `value` into the bits of `addr` that end before bit `end`; what is set there already is kept. */
static void put_bits(struct addr *addr, unsigned int end, unsigned int width, uint64_t value)
{
	for (unsigned int at = end; width && value; value >>= 1, width--) {
		at--;
		if (value & 1)
			addr->byte[at / 8] |= (uint8_t)(0x80 >> at % 8);
	}
}

struct addr place_of(const struct scenario_actor *actor, uint64_t source, uint64_t host)
{
	struct addr addr = actor->place.prefix;

	put_bits(&addr, actor->each_bits, actor->each_bits - actor->place.bits, scatter(source, width_of(actor)));
	if (actor->each_bits < 128)
		put_bits(&addr, 128, 128 - actor->each_bits, host | 1);
	return addr;
}
