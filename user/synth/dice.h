/* SPDX-License-Identifier: BSD-2-Clause */
/* Chance, from a seed, in whole numbers: the same on every machine, whatever its floating point and its mathematics
 * library do. splitmix64 (Steele, Lea, Flood 2014): a counter and a mix, so that any number of streams and of answers
 * to "what is user 4711 like?" come from one seed without memory. */
#ifndef GATEPOST_SYNTH_DICE_H
#define GATEPOST_SYNTH_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DICE_MILLION 1000000u /* shares are parts in a million */

struct dice {
	uint64_t state;
};

static inline uint64_t dice_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* What is always the same of two numbers under one seed. */
static inline uint64_t dice_hash(uint64_t seed, uint64_t a, uint64_t b)
{
	return dice_mix(dice_mix(dice_mix(seed + 0x9e3779b97f4a7c15ULL) + a) * 0x9e3779b97f4a7c15ULL + b);
}

static inline uint64_t dice_next(struct dice *dice)
{
	return dice_mix(dice->state += 0x9e3779b97f4a7c15ULL);
}

/* A random word as a number below `most` (Lemire 2019); the bias is below most / 2^64. */
static inline uint64_t dice_scale(uint64_t word, uint64_t most)
{
	return (uint64_t)((unsigned __int128)word * most >> 64);
}

static inline uint64_t dice_below(struct dice *dice, uint64_t most)
{
	return dice_scale(dice_next(dice), most);
}

static inline uint64_t dice_between(struct dice *dice, uint64_t least, uint64_t most)
{
	return least + dice_below(dice, most - least + 1);
}

static inline bool dice_share(struct dice *dice, uint32_t parts_in_a_million)
{
	return dice_below(dice, DICE_MILLION) < parts_in_a_million;
}

/* -ln(word / 2^64) in units of 2^-32, for word > 0: the leading zeros are the whole part of the logarithm, the rest is
 * a polynomial through Chebyshev's nodes, right to 5e-5. */
static inline uint64_t dice_nats(uint64_t word)
{
	const unsigned int zeros = (unsigned int)__builtin_clzll(word);
	const int64_t f = (int64_t)((word << zeros << 1) >> 33); /* the fraction of the mantissa, in units of 2^-31 */
	int64_t log2 = 192732170;

	log2 = -839267327 + (log2 * f >> 31);
	log2 = 1804363914 + (log2 * f >> 31);
	log2 = -3058002084 + (log2 * f >> 31);
	log2 = 6195140623 + (log2 * f >> 31); /* the sum is 2^32: the ends meet */
	log2 = (int64_t)((__int128)log2 * f >> 31);
	return (uint64_t)((unsigned __int128)(((uint64_t)(zeros + 1) << 32) - (uint64_t)log2) * 2977044472u >> 32);
}

/* Exponentially distributed with this mean: how long until something happens that happens at random. */
static inline uint64_t dice_wait(struct dice *dice, uint64_t mean)
{
	return (uint64_t)((unsigned __int128)dice_nats(dice_next(dice) | 1) * mean >> 32);
}

/* `count` random bytes, the same ones on machines of either byte order. */
static inline void dice_fill(struct dice *dice, uint8_t *bytes, size_t count)
{
	for (uint64_t word = 0; count; count--, word >>= 8) {
		if (!word)
			word = dice_next(dice) | 1ULL << 63;
		*bytes++ = (uint8_t)word;
	}
}

#endif
