/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a service has for sources that have not proven themselves: a budget of new connections, and, once that was
 * spent, the state of being flooded. A flood of random SYNs would win every connection that the budget still has, and
 * the servers would answer addresses that never asked. So until the flood is over each SYN has to come twice: that
 * costs a subscriber a second, and what is sent to random numbers nobody sends again.
 *
 * It begins when the budget is spent (its burst is the patience) and ends when for a while no more than half of the
 * rate was asked for, so that it does not flap. */
#ifndef GATEPOST_SERVICE_BPF_H
#define GATEPOST_SERVICE_BPF_H

#include "bpf/slot.bpf.h"

#define SERVICE_STEP (1u << 20) /* ticks, a second: how seldom a flood that goes on is written down */

INLINE int is_flooded(const struct gp_aggregate *aggregate, __u64 now)
{
	return now < READ_ONCE(aggregate->flooded_until);
}

INLINE void flood_declare(struct gp_aggregate *aggregate, const struct gp_settings *settings, __u64 now)
{
	__u64 until = now + settings->flooded_ticks;

	if (!settings->flooded_ticks || until - READ_ONCE(aggregate->flooded_until) < SERVICE_STEP)
		return;
	if (!is_flooded(aggregate, now))
		aggregate->flooded_since = now;
	aggregate->flooded_until = until;
}

/* Half the rate, with a second of it at once. The word moves only when it admits, so this is written seldom, too. */
INLINE int is_under_pressure(struct gp_aggregate *aggregate, const struct gp_settings *settings, __u64 now)
{
	struct gp_rate half = {settings->service.interval_ticks * 2, SERVICE_STEP};

	now &= GP_TIME_MASK;
	return gcra_is_spent(READ_ONCE(aggregate->pressure), &half, now) ||
	       !gcra_take(&aggregate->pressure, &half, half.burst_ticks, now);
}

/* Why the service does not want an unproven source's SYN, or 0. Spends nothing. `now` in ticks, not wrapped. */
INLINE __u32 service_refuses(struct gp_aggregate *aggregate, const struct gp_settings *settings, __u64 now)
{
	const struct gp_rate *rate = &settings->service;

	if (!rate->interval_ticks)
		return 0;
	if (is_flooded(aggregate, now)) {
		if (is_under_pressure(aggregate, settings, now))
			flood_declare(aggregate, settings, now);
		return GP_REASON_LIMIT_FIRST;
	}
	if (!gcra_is_spent(READ_ONCE(aggregate->fresh), rate, now & GP_TIME_MASK))
		return 0;
	flood_declare(aggregate, settings, now);
	return GP_REASON_LIMIT_SERVICE;
}

INLINE int service_take(struct gp_aggregate *aggregate, const struct gp_settings *settings, __u64 now)
{
	const struct gp_rate *rate = &settings->service;

	return !rate->interval_ticks || gcra_take(&aggregate->fresh, rate, rate->burst_ticks, now);
}

/* The lane of those who came again. Half of its burst is for those who have come for longer: who sends everything twice
 * has the lane, but not from them. */
INLINE int service_take_again(struct gp_aggregate *aggregate, const struct gp_settings *settings, __u32 age_pulses,
			      __u64 now)
{
	const struct gp_rate *rate = &settings->service;
	__u64 burst = age_pulses < settings->retry_late_pulses ? rate->burst_ticks / 2 : rate->burst_ticks;

	return !rate->interval_ticks || gcra_take(&aggregate->retried, rate, burst, now);
}

#endif
