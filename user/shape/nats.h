/* SPDX-License-Identifier: BSD-2-Clause */
/* Shares and costs: a share of 1 costs nothing, one in e costs one nat. Polynomials instead of logf() and expf(): they
 * are right to three parts in a thousand, which is more than the shares themselves are worth, four times as fast, and
 * the same on every machine, whatever its mathematics library does; a replay must give the same lines everywhere. */
#ifndef GATEPOST_NATS_H
#define GATEPOST_NATS_H

#include <stdint.h>
#include <string.h>

#define LN_2 0.693147181F
#define LOG2_E 1.44269504F

/* -log(share), for 0 < share <= 1: the exponent is the integer part of the logarithm, and the mantissa is in [1, 2). */
static inline float nats_of(float share)
{
	uint32_t bits;
	float m, exponent;

	memcpy(&bits, &share, sizeof(bits));
	exponent = (float)((int32_t)(bits >> 23) - 127);
	bits = (bits & 0x7fffff) | 0x3f800000;
	memcpy(&m, &bits, sizeof(m));
	return -LN_2 * (exponent - 2.7868130F +
			(5.0469970F + (-3.4924950F + (1.5939040F + (-0.4048673F + 0.0432867F * m) * m) * m) * m) * m);
}

/* exp(-nats), for 0 <= nats; 0 from 80 on. */
static inline float share_of_nats(float nats)
{
	float power, rest, half;
	uint32_t whole, bits;

	if (!(nats < 80)) /* first: what cannot be does not fit an integer */
		return 0;
	power = nats * LOG2_E;
	whole = (uint32_t)power;
	rest = (float)whole + 1 - power; /* (0, 1] */
	bits = (126 - whole) << 23; /* 2 to the power of -(whole + 1) */
	memcpy(&half, &bits, sizeof(half));
	return half * (1 + rest * (0.6951786F + rest * (0.2264440F + rest * 0.0783774F)));
}

#endif
