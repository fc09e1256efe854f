/* SPDX-License-Identifier: BSD-2-Clause */
/* From what an operator writes to what the kernel half reads: rates become intervals, spans become seconds. Rounding
 * is to the nearest microsecond; the limits that make it fit are checked where the configuration is read. */
#include "user/core/settings.h"

#include <stdio.h>
#include <string.h>

#include "user/ban/ban.h"
#include "user/core/duration.h"
#include "user/shape/servers.h"

/* RFC 6298, 2.1 and 5.7: the first retransmission of a SYN comes after 1 s, the later ones after 2, 4 and 8 s more.
 * A little less than the first, for coarse timers; a little more than the fourth. */
#define RETRY_MIN_MS 900
#define RETRY_MAX_MS 9000

#define US_PER_S 1000000ULL

struct gp_rate rate_to_kernel(const struct rate_settings *rate)
{
	struct gp_rate kernel = {0};
	uint64_t interval_us, burst_us;

	if (!rate->per_second_milli)
		return kernel;
	interval_us = (1000 * US_PER_S + rate->per_second_milli / 2) / rate->per_second_milli;
	if (!interval_us)
		interval_us = 1; /* 0 would mean no limit at all */
	burst_us = rate->burst ? (rate->burst - 1) * interval_us : 0;
	kernel.interval_us = interval_us < UINT32_MAX ? (__u32)interval_us : UINT32_MAX;
	kernel.burst_us = burst_us < UINT32_MAX ? (__u32)burst_us : UINT32_MAX;
	return kernel;
}

/* Rounded up: a span of half a second is not none. */
static __u32 seconds(uint64_t ns)
{
	const uint64_t s = ns / NS_PER_S + (ns % NS_PER_S != 0);

	return s < UINT32_MAX ? (__u32)s : UINT32_MAX;
}

void settings_to_kernel(const struct settings *settings, struct gp_settings *ret_kernel)
{
	ret_kernel->flags = (settings->enforce ? 0 : GP_OBSERVE) | (settings->one_way ? GP_ONE_WAY : 0) |
			    (settings->drop_fragments ? GP_DROP_FRAGMENTS : 0);
	ret_kernel->source = rate_to_kernel(&settings->source);
	ret_kernel->judged = rate_to_kernel(&settings->judged);
	ret_kernel->retry = rate_to_kernel(&settings->retry);
	ret_kernel->prefix = rate_to_kernel(&settings->prefix);
	ret_kernel->service = rate_to_kernel(&settings->service);
	ret_kernel->samples = rate_to_kernel(&settings->samples);
	ret_kernel->prefix_v4_bits = settings->prefix_v4_bits;
	ret_kernel->prefix_v6_bits = settings->prefix_v6_bits;
	ret_kernel->zero = 0;
	ret_kernel->proven_for_s = seconds(settings->proven_for_ns);
	ret_kernel->flow_idle_s = seconds(settings->flow_idle_ns);
	ret_kernel->retry_min_ms = RETRY_MIN_MS;
	ret_kernel->retry_max_ms = RETRY_MAX_MS;
}

const char *settings_profiles_dir(const struct settings *settings, char buffer[SETTINGS_PROFILES_BYTES])
{
	const bool beside = settings->profiles_dir[0] && settings->profiles_dir[0] != '/';

	snprintf(buffer, SETTINGS_PROFILES_BYTES, "%s%s%s", beside ? settings->state_dir : "", beside ? "/" : "",
		 settings->profiles_dir);
	return buffer;
}

/* A flow in the user half while its login is read: its record, nDPI's state, two streams in use. Measured: 1.7 KB
 * before the greeting, 3.8 KB after it, a quarter of that once it has been seen enough of. */
#define FLOW_BYTES 4096

/* In the kernel half a source has a limit word, a proof and a SYN to remember; its tables are filled to no more than
 * half. In the user half a ban is a record of bans and its place in two heaps. */
uint64_t settings_memory_bytes(const struct settings *settings)
{
	const uint64_t limit_bytes = sizeof(struct gp_limit_bucket) / GP_SLOTS + 2 * sizeof(__u64);
	const uint64_t ban_bytes = 2 * sizeof(struct gp_ban) + sizeof(struct ban) + 96;

	return settings->sources_max * 2 * limit_bytes + settings->bans_max * ban_bytes +
	       settings->flows_max * (2 * sizeof(struct gp_flow) + FLOW_BYTES) + servers_bytes(settings->servers_max) +
	       judge_memory_bytes(&settings->judge, &settings->rules);
}
